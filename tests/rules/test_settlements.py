"""Settlements: which later row or file puts a finding right, by the order of receipt, and what never does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pipeline.settlements import pairs, settlements
from schemas.corrections import Settlements
from schemas.findings import Findings
from schemas.submissions import Rows, Submissions

ANA, BEN = "90000001A", "90000002A"


def file(name: str, day: int, **more: Any) -> dict[str, Any]:
    """A merged file of Altura on October, received on a day of November."""
    told = {"submission_id": name, "plan": "sunrise", "provider_id": "ALTURA", "kind": "rtf-cs", "period": "2025-10", "status": "ACCEPTED"}
    return told | {"received_at": datetime(2025, 11, day, tzinfo=UTC)} | more


def row(name: str, number: int, cin: str = ANA, **more: Any) -> dict[str, Any]:
    told = {"plan": "sunrise", "submission_id": name, "kind": "rtf-cs", "row": number, "outcome": "accepted", "cin": cin}
    return told | {"service": "Housing Deposits"} | more


def finding(name: str, rule: str, number: int | None = None, column: str | None = None, severity: str = "error") -> dict[str, Any]:
    return {"submission_id": name, "rule": rule, "row": number, "column": column, "severity": severity, "scope": "row", "message": "x"}


def settled(
    files: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    findings: list[dict[str, Any]],
    known: pl.DataFrame | None = None,
    covering: frozenset[str] = frozenset(),
) -> list[tuple[str, int | None, str]]:
    """Rule, row and settler of what a run that judges all these files settles."""
    submissions = pl.DataFrame(files, schema=Submissions.polars_schema())
    told = settlements(
        pairs(submissions, submissions["submission_id"]),
        submissions,
        pl.DataFrame(rows, schema=Rows.polars_schema()),
        pl.DataFrame(findings, schema=Findings.polars_schema()),
        Settlements.no_rows() if known is None else known,
        covering,
        {},
    )
    return told.select("rule", "row", "settled_by").rows()


@pytest.mark.parametrize(
    ("later", "settler"),
    [
        ([file("S2", 4)], ["S2"]),
        ([file("S2", 2)], []),  # received before: it was judged later, and knew nothing of it
        ([file("S3", 5), file("S2", 4)], ["S2"]),  # the first that was received, whichever was judged first
        ([file("S2", 4, status="HELD"), file("S3", 5)], ["S3"]),
        ([file("S2", 4, status="REJECTED")], []),
        ([file("S2", 4, status="DUPLICATE")], []),
        ([file("S2", 4, provider_id="BONITA")], []),
        ([file("S2", 4, period="2025-11")], []),
        ([file("S2", 4, kind="rtf-ecm")], []),
    ],
)
def test_a_finding_is_settled_by_the_first_later_file_of_its_provider_kind_and_period(
    later: list[dict[str, Any]], settler: list[str]
) -> None:
    rows = [row("S1", 2, outcome="rejected"), *(row(one["submission_id"], 2) for one in later)]
    assert [by for _, _, by in settled([file("S1", 3), *later], rows, [finding("S1", "R302", 2)])] == settler


@pytest.mark.parametrize(
    ("rows", "found", "is_settled"),
    [
        pytest.param([row("S2", 9)], [], True, id="right on another row"),
        pytest.param([row("S2", 9, BEN)], [], False, id="another member"),
        pytest.param([row("S2", 9, service="Day Habilitation Programs")], [], False, id="another service"),
        pytest.param([row("S2", 9, service=None)], [], False, id="no service"),
        pytest.param([row("S2", 9, outcome="rejected")], [finding("S2", "R120", 9)], False, id="rejected for something else"),
        pytest.param([row("S2", 9)], [finding("S2", "R203", 9, "last name", "warning")], False, id="the same, as another writes it"),
        pytest.param([row("S2", 9)], [finding("S2", "R203", 9, "First name", "warning")], True, id="the same rule elsewhere"),
        pytest.param([row("S2", 9)], [finding("S2", "R203", 8, "Last Name", "warning")], True, id="the same on another row"),
        pytest.param([row("S2", 8), row("S2", 9, outcome="rejected")], [], False, id="one of two rows rejected"),
        pytest.param([row("S2", 9, outcome="unchanged")], [], True, id="nothing new"),
    ],
)
def test_a_row_that_stands_for_it_must_be_right_in_that_column(
    rows: list[dict[str, Any]], found: list[dict[str, Any]], is_settled: bool
) -> None:
    told = [finding("S1", "R203", 2, "Last Name", "warning"), *found]
    assert ("R203", 2, "S2") in settled([file("S1", 3), file("S2", 4)], [row("S1", 2), *rows], told) or not is_settled
    assert bool(settled([file("S1", 3), file("S2", 4)], [row("S1", 2), *rows], told)) == is_settled


def test_a_row_with_a_number_stands_for_that_row_alone_and_for_no_other_of_its_member() -> None:
    files = [file("S1", 3), file("S2", 4, corrects="S1")]
    told = [finding("S1", "R302", 2), finding("S1", "R302", 3)]
    wrong = [row("S1", 2, outcome="rejected"), row("S1", 3, outcome="rejected")]
    assert settled(files, [*wrong, row("S2", 2, corrects_row=3)], told) == [("R302", 3, "S2")]
    assert settled(files, [*wrong, row("S2", 2)], told) == [("R302", 2, "S2"), ("R302", 3, "S2")]


def test_a_number_leads_through_copies_of_copies_to_whoever_the_row_says_that_it_is() -> None:
    files = [file("S1", 3), file("S2", 4, corrects="S1"), file("S3", 5, corrects="S2"), file("S4", 6, corrects="S3")]
    links = [row("S1", 7, outcome="rejected"), *(row(f"S{n}", n, BEN, outcome="rejected", corrects_row=at) for n, at in ((2, 7), (3, 2)))]
    told = [finding("S1", "R201", 7), finding("S2", "R201", 2), finding("S3", "R201", 3)]
    rows = [*links, row("S4", 2, "90000003A", corrects_row=3)]
    assert settled(files, rows, told) == [("R201", 7, "S4"), ("R201", 2, "S4"), ("R201", 3, "S4")]


def test_a_file_that_told_no_period_is_settled_by_what_corrects_it_and_by_nothing_else() -> None:
    first = file("S1", 3, period=None, status="REJECTED")
    for rule, corrects in (("F014", "S1"), ("F014", None)):
        expected = [(rule, None, "S2")] if corrects else []
        assert settled([first, file("S2", 4, corrects=corrects)], [], [finding("S1", rule)]) == expected


@pytest.mark.parametrize(
    ("rule", "corrects", "covering", "is_settled"),
    [
        ("F025", "S1", False, True),
        ("F020", "S1", True, False),
        ("F020", None, False, True),
        ("F029", "S1", False, False),
        ("F029", "S1", True, True),
        ("F029", None, False, True),
        ("F019", "S1", True, False),  # a row of the first file is still wrong
        ("F019", None, False, True),
    ],
)
def test_what_a_finding_on_a_file_needs(rule: str, corrects: str | None, covering: bool, is_settled: bool) -> None:
    files = [file("S1", 3, status="HELD" if rule == "F019" else "ACCEPTED"), file("S2", 4, corrects=corrects)]
    told = [finding("S1", rule, severity="warning"), finding("S1", "R302", 2)]
    told_by = settled(files, [row("S1", 2, outcome="rejected")], told, covering=frozenset({"S2"} if covering else ()))
    assert told_by == ([(rule, None, "S2")] if is_settled else [])
    assert settled(files, [], [*told, finding("S2", rule, severity="warning")], covering=frozenset({"S2"})) == []


def test_a_file_of_one_sheet_breaks_what_a_file_of_two_broke() -> None:
    of_two = [row("S1", 2, sheet="RTF"), row("S1", 2, sheet="OTF", kind="otf")]
    files, told = [file("S1", 3), file("S2", 4)], [finding("S1", "F029", severity="warning"), finding("S2", "F029", severity="warning")]
    assert settled(files, [*of_two, row("S2", 2)], told) == []
    assert settled(files, [*of_two, row("S2", 2)], told[:1]) == [("F029", None, "S2")]


def test_what_is_wrong_with_a_tracker_is_settled_only_by_a_file_that_has_one() -> None:
    tracker = finding("S1", "F024", severity="warning") | {"sheet": "OTF"}
    of_two = [row("S1", 2, sheet="RTF"), row("S1", 2, sheet="OTF", kind="otf")]
    files = [file("S1", 3), file("S2", 4)]
    assert settled(files, [*of_two, row("S2", 2)], [tracker]) == []
    assert settled(files, [*of_two, row("S2", 2, sheet="A"), row("S2", 2, sheet="B", kind="otf")], [tracker]) == [("F024", None, "S2")]


def test_notes_are_nothing_to_settle_and_nothing_is_settled_twice() -> None:
    files, rows = [file("S1", 3), file("S2", 4)], [row("S1", 2), row("S2", 2)]
    assert settled(files, rows, [finding("S1", "R402", 2, severity="note")]) == []
    key = {"plan": "sunrise", "submission_id": "S1", "row": 2, "rule": "R203"}
    known = pl.DataFrame([key | {"settled_by": "S0", "settled_at": datetime(2025, 11, 5, tzinfo=UTC)}], schema=Settlements.polars_schema())
    assert settled(files, rows, [finding("S1", "R203", 2, severity="warning")], known) == []
    assert settled(files, rows, [finding("S1", "R203", 2, severity="warning")]) == [("R203", 2, "S2")]


def test_no_pair_has_only_files_that_were_judged_before() -> None:
    submissions = pl.DataFrame([file("S1", 3), file("S2", 4), file("S3", 5)], schema=Submissions.polars_schema())
    fresh = pairs(submissions, pl.Series(["S3"]))
    assert fresh.select("submission_id", "later").sort("submission_id").rows() == [("S1", "S3"), ("S2", "S3")]
    late = pairs(submissions, pl.Series(["S1"]))  # came out of turn: what was judged before may settle it
    assert late.select("submission_id", "later", "is_fresh").sort("later").rows() == [("S1", "S2", False), ("S1", "S3", False)]
