"""What is measured of a month: every figure against an oracle, and no figure where nothing can be counted."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.reports import oracle
from tests.reports.conftest import SEEDS
from tests.reports.plans import HOLDERS, TRACKING, Truth
from tests.workspaces import clr, copied, new_workspace, provider

NOW = "2026-01-20T08:00"
MONTHS = {"2025-11": (date(2025, 11, 1), date(2025, 11, 30)), "2025-12": (date(2025, 12, 1), date(2025, 12, 31))}
COUNTS = ("outreach_attempts_year_to_date", "outreach_successes_year_to_date")


def measured(root: Path, period: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = clr(root, "report", "monitoring", "--period", period, "--json", "--dry-run", as_of=NOW).json["monitoring"]
    return rows


def key(row: dict[str, Any], truth: Truth) -> tuple[str | None, ...]:
    """Referring entities go by their NPI where there is one."""
    names = {one["referring_org_name"]: one["referring_org_npi"] for one in truth.referrals if one.get("referring_org_npi")}
    return row["measure"], row["program"], row["provider_id"], names.get(row["referring_entity"], row["referring_entity"]), row["detail"]


@pytest.mark.parametrize("period", MONTHS)
def test_every_figure_is_the_oracles(period: str, quarter: tuple[Path, Truth]) -> None:
    root, truth = quarter
    rows = {key(row, truth): row for row in measured(root, period)}
    wanted = oracle.monitoring(truth, *MONTHS[period])
    counts = {name: row for name, row in rows.items() if name[0] in COUNTS and row["value"] is not None}

    assert {
        name: (row["numerator"], row["denominator"])
        for name, row in rows.items()
        if row["unit"] == "share" and row["numerator"] is not None
    } == wanted
    for name, (part, whole) in wanted.items():
        assert rows[name]["value"] == pytest.approx(part / whole)
    told = {name[1:]: figure for name, figure in wanted.items() if name[0] == "outreach_success_share_year_to_date"}
    assert {name[1:]: row["value"] for name, row in counts.items() if name[0] == COUNTS[0]} == {
        who: whole for who, (_, whole) in told.items()
    }
    assert {name[1:]: row["value"] for name, row in counts.items() if name[0] == COUNTS[1]} == {
        who: part for who, (part, _) in told.items()
    }


def test_what_cannot_be_counted_says_why_and_is_never_nought(quarter: tuple[Path, Truth]) -> None:
    root, _ = quarter
    rows = measured(root, "2025-12")
    none = [row for row in rows if row["value"] is None]
    silent = [row["provider_id"] for row in none if row["measure"] == COUNTS[0] and row["provider_id"]]

    assert all(row["not_available"] and row["numerator"] is None for row in none)
    assert all(row["not_available"] is None and row["value"] is not None for row in rows if row not in none)
    assert {row["not_available"] for row in none if row["measure"] in ("notices_in_time", "late_notices")} == {
        "no notice was due in the month"
    }
    assert set(silent) == set(HOLDERS["ECM"]) - set(TRACKING)


@pytest.mark.parametrize("quarter", SEEDS[:1], indirect=True)
def test_notices_that_nobody_sent_are_late(quarter: tuple[Path, Truth], tmp_path: Path) -> None:
    root = copied(quarter[0], tmp_path / "plan")
    clr(root, "notices", "build", as_of=NOW)
    owed = clr(root, "query", "SELECT kind, due_at FROM notices WHERE state <> 'cancelled'", "--json", as_of=NOW).json["rows"]
    due = [row["kind"] for row in owed if row["due_at"].startswith("2025-12")]
    assert clr(root, "report", "monitoring", "--period", "2025-12", as_of=NOW).code == 0
    with (root / "reports/2026-01-20/monitoring.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["detail"] and row["measure"].endswith(("late_notices", "notices_in_time"))]

    assert {kind: due.count(kind) for kind in due} == {
        kind: sum(int(row["numerator"]) for row in rows if row["detail"] == kind and row["measure"] == "late_notices") for kind in set(due)
    }
    assert {(row["numerator"], row["value"]) for row in rows if row["measure"] == "notices_in_time"} == {("0", "0.0")}


def test_a_plan_without_data_has_reasons_and_no_figures(tmp_path: Path) -> None:
    root = new_workspace(tmp_path / "plan", [provider("ALTURA", "1234567893")])
    rows = measured(root, "2025-12")

    assert rows
    assert all(row["value"] is None and row["not_available"] for row in rows)


def test_a_month_that_is_not_over_has_no_report(quarter: tuple[Path, Truth]) -> None:
    done = clr(quarter[0], "report", "monitoring", "--period", "2026-01", as_of=NOW)

    assert (done.code, done.err.strip()) == (2, "clr: 2026-01 is not over: its last day is 2026-01-31")
    assert clr(quarter[0], "report", "monitoring", "--period", "2025-Q4", as_of=NOW).code == 2
