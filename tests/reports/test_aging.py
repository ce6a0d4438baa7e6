"""Open loops by age: what the report says, against an oracle and through its files."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

from tests.reports import oracle
from tests.reports.plans import Truth
from tests.workspaces import clr, copied, new_workspace, provider

DAY = date(2026, 1, 20)
NOW = f"{DAY}T08:00"


def test_every_figure_is_the_oracles(quarter: tuple[Path, Truth]) -> None:
    root, truth = quarter
    told = clr(root, "report", "aging", "--json", "--dry-run", as_of=NOW).json
    wanted = oracle.aging(truth, DAY)
    [since] = {row["since"] for row in told["changes"]}

    assert {
        (row["referral_id"], row["loop"]): {name: row[name] for name in wanted[row["referral_id"], row["loop"]]} for row in told["loops"]
    } == wanted
    assert Counter({(row["on"], row["program"], row["provider_id"], row["bucket"]): row["open"] for row in told["trend"]}) == oracle.trend(
        truth, [*oracle.month_ends(DAY), DAY]
    )
    counts = ("open_before", "sent", "closed", "replaced", "open_now", "oldest_before", "oldest_now")
    assert {(row["program"], row["provider_id"]): tuple(row[name] for name in counts) for row in told["changes"]} == oracle.changes(
        truth, date.fromisoformat(since), DAY
    )
    assert since == "2025-12-31"


def test_what_was_open_at_the_end_of_a_month_is_told_of_that_month(quarter: tuple[Path, Truth]) -> None:
    root, truth = quarter
    told = clr(root, "report", "aging", "--period", "2025-11", "--json", "--dry-run", as_of=NOW).json
    end = date(2025, 11, 30)

    assert told["day"] == end.isoformat()
    assert {(row["referral_id"], row["loop"]) for row in told["loops"]} == {
        (one.referral["referral_id"], one.loop) for one in oracle.in_clr(truth) if oracle.is_open(one, end)
    }


def test_files_have_the_columns_that_programs_rely_on(quarter: tuple[Path, Truth], tmp_path: Path) -> None:
    root = copied(quarter[0], tmp_path / "plan")
    assert clr(root, "report", "aging", as_of=NOW).code == 0
    with (root / "reports" / DAY.isoformat() / "aging.csv").open(encoding="utf-8") as file:
        columns = csv.DictReader(file).fieldnames or []
    promised = ["plan", "program", "service", "provider_id", "referral_id", "loop", "cin", "sent_on", "status", "status_date", "days_open"]

    assert set(columns) >= {*promised, "days_since_update", "bucket"}
    page = (root / "reports" / DAY.isoformat() / "aging.html").read_text("utf-8")
    assert f"{len(oracle.aging(quarter[1], DAY))} loops are open" in page


def test_a_month_that_is_not_over_has_no_report(quarter: tuple[Path, Truth]) -> None:
    done = clr(quarter[0], "report", "aging", "--period", "2026-01", as_of=NOW)

    assert (done.code, done.err.strip()) == (2, "clr: 2026-01 is not over: its last day is 2026-01-31")


def test_a_plan_that_sent_nothing_is_told_so(tmp_path: Path) -> None:
    root = new_workspace(tmp_path / "plan", [provider("ALTURA", "1234567893")])

    assert clr(root, "report", "aging", as_of=NOW).code == 0
    assert "No loop is open: either nothing was sent" in (root / "reports" / DAY.isoformat() / "aging.html").read_text("utf-8")
    assert not (root / "store").exists()
