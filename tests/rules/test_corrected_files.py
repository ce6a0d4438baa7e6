"""Corrections: which files are taken for corrections of which, what that spares them, and what it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from schemas.corrections import added_heading, answered, is_added
from schemas.submissions import Submissions
from tests.rules.files import as_csv, as_table, check, good_row, rules_of
from tests.rules.known import Told, World, findings, members, moment, placed

FIRST, SECOND, OTHERS = "S0123456789abcdef", "S1111111111111111", "S2222222222222222"
CROWD = [placed(f"R-{number}", f"9{number:07d}A") for number in range(1, 31)]
WORLD = World(loops=CROWD, members=members(*({"cin": loop["cin"]} for loop in CROWD)))
BAD = {"status_date": ""}


def before(**changed: object) -> dict[str, object]:
    """A submission of Altura as it stands: thirty rows on October, received in November."""
    told: dict[str, object] = {
        "submission_id": FIRST,
        "plan": "sunrise",
        "provider_id": "ALTURA",
        "file_name": "october.csv",
        "sha256": "a",
    }
    told |= {"kind": "rtf-ecm", "period": "2025-10", "received_at": moment("2025-11-03T16:00"), "ruleset": "2025-07", "status": "ACCEPTED"}
    told |= {f"rows_{name}": 0 for name in ("accepted", "unchanged", "duplicate", "rejected")}
    return told | {"rows_read": 30, "rows_accepted": 30, "warnings": 0, "members_missing": 0} | changed


def world(*submissions: dict[str, object]) -> World:
    return replace(WORLD, submissions=pl.DataFrame(list(submissions), schema=Submissions.polars_schema()))


def corrections(
    *rows: dict[str, str], heading: str = added_heading(FIRST), cells: Sequence[str] = (), kind: str = "rtf-ecm", **told: Any
) -> Told:
    """A file with an added column at its end."""
    table = as_table(kind, [good_row("rtf-ecm", number) | row for number, row in enumerate(rows, start=1)])
    added = [heading, *cells, *[""] * (len(rows) - len(cells))]
    content = as_csv([[*row, cell] for row, cell in zip(table, added, strict=True)])
    return Told((), at="2025-11-04T16:00", content=content, **({"name": SECOND} | told))


def judged(known: World, file: Told) -> tuple[dict[str, Any], list[str]]:
    """The verdict, and the rules that the file breaks as a whole."""
    judgement = known.judge(file)
    return judgement.submissions.row(0, named=True), rules_of(findings(judgement, file).filter(pl.col("row").is_null()))


def test_two_rows_that_answer_a_file_are_corrections_of_it() -> None:
    verdict, broken = judged(world(before()), corrections({}, {}))
    assert (verdict["status"], verdict["corrects"], verdict["members_missing"], broken) == ("ACCEPTED", FIRST, 0, [])


def test_the_same_rows_without_the_heading_are_held_for_being_few() -> None:
    verdict, broken = judged(world(before()), corrections({}, {}, heading="What to correct"))
    assert (verdict["status"], verdict["corrects"], broken) == ("HELD", None, ["F020"])


@pytest.mark.parametrize(
    "heading",
    [
        "What to correct (S0123456789ABCDEF)",
        " what to  correct [s0123456789abcdef] ",
        "WHAT_TO_CORRECT S0123456789abcdef",
        "What to correct (S0123456789abcdef)2",  # as Excel writes the heading of a table that has it twice
        "What to correct (S0123456789abcdef) 2",
    ],
)
def test_a_heading_names_its_file_however_it_is_written(heading: str) -> None:
    assert (answered(heading), is_added(heading)) == (FIRST, True)


@pytest.mark.parametrize("heading", ["What to correct (S0123456789abcde)", "What to correct next", "Correct (S0123456789abcdef)", "CIN"])
def test_a_heading_of_the_senders_own_is_none_of_ours(heading: str) -> None:
    assert (answered(heading), is_added(heading)) == (None, False)


def test_the_added_column_is_not_told_of_as_unused_with_or_without_a_submission() -> None:
    for heading in (added_heading(FIRST), added_heading("")):
        assert rules_of(check(corrections({}, heading=heading).content or b"").findings) == []


@pytest.mark.parametrize(
    ("known", "rule"),
    [
        pytest.param({"submission_id": OTHERS}, "F031", id="nobody's"),
        pytest.param({"provider_id": "BONITA"}, "F031", id="another provider's"),
        pytest.param({"received_at": moment("2025-11-04T16:01")}, "F031", id="received later"),
        pytest.param({"period": "2025-09"}, "F032", id="of another month"),
        pytest.param({"kind": "rtf-cs"}, "F032", id="of another kind"),
    ],
)
def test_a_file_that_answers_no_file_of_its_own_is_an_ordinary_one(known: dict[str, object], rule: str) -> None:
    last = before(submission_id="S3", received_at=moment("2025-10-03T16:00"))
    verdict, broken = judged(world(last, before(**known)), corrections({}, {}))
    assert (verdict["status"], verdict["corrects"]) == ("HELD", None)
    assert {rule, "F020"} == set(broken)


def test_a_file_of_somebody_else_is_told_of_in_the_words_of_an_unknown_one() -> None:
    files = [corrections({}, {})]
    said = []
    for known in (world(), world(before(provider_id="BONITA"))):
        found = findings(known.judge(*files), *files)
        said.append(found.filter(pl.col("rule") == "F031").row(0))
    assert said[0] == said[1]


@pytest.mark.parametrize("known", [{"period": None}, {"kind": None, "period": None, "status": "REJECTED"}])
def test_a_file_that_did_not_tell_what_it_was_can_be_corrected(known: dict[str, object]) -> None:
    verdict, _ = judged(world(before(**known)), corrections({}))
    assert verdict["corrects"] == FIRST


def test_a_file_that_answers_two_is_an_ordinary_one() -> None:
    table = as_table("rtf-ecm", [good_row("rtf-ecm", 1)])
    content = as_csv([[*table[0], added_heading(FIRST), added_heading(OTHERS)], [*table[1], "Row 2: x", ""]])
    verdict, broken = judged(world(before(), before(submission_id=OTHERS)), Told((), at="2025-11-04T16:00", content=content))
    assert (verdict["corrects"], broken) == (None, ["F020", "F033"])


def test_corrections_are_held_too_when_more_than_half_of_their_rows_are_rejected() -> None:
    verdict, broken = judged(world(before()), corrections({}, BAD, BAD))
    assert (verdict["status"], verdict["corrects"], broken) == ("HELD", FIRST, ["F019"])
    verdict, broken = judged(world(before()), corrections(BAD))
    assert (verdict["status"], verdict["corrects"], broken) == ("REJECTED", FIRST, ["F018"])


def test_later_files_are_compared_with_the_last_complete_one_and_never_with_corrections() -> None:
    few = before(submission_id=SECOND, rows_read=20, rows_accepted=20, corrects=FIRST, received_at=moment("2025-11-04T16:00"))
    twelve = Told([good_row("rtf-ecm", number) for number in range(1, 13)], at="2025-11-05T16:00", name="S9")
    assert judged(world(before(), few), twelve)[0]["status"] == "HELD"  # twelve are less than half of thirty
    assert judged(world(few), twelve)[0]["status"] == "ACCEPTED"


def test_each_row_says_which_row_it_corrects_and_rows_emptied_by_their_sender_are_none() -> None:
    cells = ["Row 17: R302 (error): x", "done", "Row 4", "  row 5: x", "Row 0: x", "Row 99999999999999999999: x"]
    file = corrections({}, {}, {}, {}, {}, {}, cells=cells)
    emptied = (file.content or b"") + b"," * len(as_table("rtf-ecm", [])[0]) + b"Row 8: x\n"
    judgement = world(before()).judge(replace(file, content=emptied))
    assert judgement.rows.sort("row").select("row", "corrects_row").rows() == [(2, 17), (3, None), (4, 4), (5, 5), (6, None), (7, None)]
