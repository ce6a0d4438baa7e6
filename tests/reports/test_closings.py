"""How loops closed and which referrals were denied: what the reports say, against an oracle and through their files."""

from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from tests.reports import oracle
from tests.reports.plans import Truth
from tests.workspaces import clr

DAY = date(2026, 1, 20)
NOW = f"{DAY}T08:00"
FIRST, LAST = "2025-10-01", "2025-12-31"  # the last quarter then


def test_every_reason_is_the_oracles(quarter: tuple[Path, Truth]) -> None:
    root, truth = quarter
    told = clr(root, "report", "closures", "--json", "--dry-run", as_of=NOW).json
    rows = {(row["program"], row["provider_id"], row["closure_reason"]): row for row in told["closures"]}

    assert told["period"] == "2025-Q4"
    assert {key: (row["closures"], row["closed"], row["outlier"]) for key, row in rows.items()} == oracle.closings(truth, FIRST, LAST)
    for row in rows.values():
        assert row["share"] == pytest.approx(row["closures"] / row["closed"])
        assert (row["low"], row["high"]) == pytest.approx(oracle.wilson(row["closures"], row["closed"]))


def test_every_time_is_the_oracles(quarter: tuple[Path, Truth]) -> None:
    root, truth = quarter
    told = clr(root, "report", "closures", "--json", "--dry-run", as_of=NOW).json
    for measure in ("first_outreach", "closure"):
        wanted = oracle.waits(truth, FIRST, LAST, DAY, measure)
        rows = {(row["program"], row["provider_id"]): row for row in told["times"] if row["measure"] == measure}
        assert set(rows) == set(wanted)
        for key, waited in wanted.items():
            came = [one for one in waited if one[1]]
            half, nine = Fraction(1, 2), Fraction(9, 10)
            quantiles = [oracle.product_limit(of, share) for of in (came, waited) for share in (half, nine)]
            row = rows[key]
            assert (row["loops"], row["reached"]) == (len(waited), len(came))
            assert [row[name] for name in ("median_reached", "p90_reached", "median", "p90")] == quantiles
            assert (row["not_available"] is None) == (None not in quantiles)


def test_every_denial_is_the_oracles(quarter: tuple[Path, Truth]) -> None:
    root, truth = quarter
    told = clr(root, "report", "denials", "--json", "--dry-run", as_of=NOW).json
    wanted, reasons = oracle.denials(truth, FIRST, LAST), oracle.denial_reasons(truth, FIRST, LAST)

    def who(row: dict[str, str]) -> str:
        return row["referring_npi"] or row["referring_entity"]

    assert {(row["program"], who(row)): (row["referred"], row["decided"], row["denied"]) for row in told["denials"]} == wanted
    assert Counter({(row["program"], who(row), row["denial_reason"]): row["denied"] for row in told["reasons"]}) == reasons
    for row in told["denials"]:
        _, decided, denied = wanted[row["program"], who(row)]
        _, all_decided, all_denied = wanted[row["program"], None]
        assert row["share"] == (pytest.approx(denied / decided) if decided else None)
        if row["level"] == "referring_entity":
            assert row["outlier"] == (oracle.differs(denied, decided, all_denied / all_decided) if decided else None)


@pytest.mark.parametrize("report", ["closures", "denials"])
@pytest.mark.parametrize(
    ("period", "why"),
    [
        ("2026-Q1", "2026-Q1 is not over: its last day is 2026-03-31"),
        ("2026-01", "2026-01 is not over: its last day is 2026-01-31"),
        ("2026-13", "a period is a month, such as 2026-02, or a quarter, such as 2026-Q1"),
    ],
)
def test_a_period_that_is_not_over_has_no_report(report: str, period: str, why: str, quarter: tuple[Path, Truth]) -> None:
    done = clr(quarter[0], "report", report, "--period", period, as_of=NOW)

    assert (done.code, done.err.strip()) == (2, f"clr: {why}")
