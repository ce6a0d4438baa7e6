"""Files that are rejected for their headings: what else is wrong with them is told in the same round, offline as on arrival."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from schemas.layouts import LAYOUTS
from schemas.submissions import SubmissionStatus
from tests.rules.files import as_csv, as_table, check, good_row
from tests.rules.known import Told, World, findings

KIND = "rtf-ecm"
WRONG_DAY = good_row(KIND, 1) | {"status_date": "13/10/2025"}
NO_REASON = good_row(KIND, 2) | {"referral_status": "Declined"}
HASTY = good_row(KIND, 3) | {"closure_reason": "Other"}
TABLE = as_table(KIND, [WRONG_DAY, NO_REASON, HASTY])
PLACES = {name: place for place, name in enumerate(LAYOUTS[KIND].elements())}


def lacking(*names: str) -> list[list[str]]:
    gone = {PLACES[name] for name in names}
    return [[cell for place, cell in enumerate(record) if place not in gone] for record in TABLE]


CASES: dict[str, tuple[list[list[str]], list[tuple[str, int | None]]]] = {
    "a column that rows need": (lacking("provider_npi"), [("F014", None), ("R123", 2), ("R310", 3), ("R311", 4)]),
    "the status": (lacking("referral_status"), [("F014", None), ("R123", 2)]),
    "all of the closed loop": (lacking("referral_status", "status_date", "closure_reason"), [("F012", None)]),
    "the day": (lacking("status_date"), [("F014", None)]),
    "two columns for the day": (
        [[*TABLE[0], "Date of Referral Status"], *([*record, ""] for record in TABLE[1:])],
        [("F013", None)],
    ),
    "two columns for the name": (
        [[*TABLE[0], "Member Last Name"], *([*record, ""] for record in TABLE[1:])],
        [("F013", None), ("R123", 2), ("R310", 3), ("R311", 4)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_round_tells_everything_that_can_be_told(case: str) -> None:
    table, expected = CASES[case]
    checked = check(as_csv(table))
    assert told(checked.findings.select("rule", "row").rows()) == expected
    assert (checked.status, checked.rows["rejected"]) == (SubmissionStatus.REJECTED, 3)


@pytest.mark.parametrize("case", CASES)
def test_it_is_told_on_arrival_as_offline(case: str) -> None:
    table, expected = CASES[case]
    file = Told([], content=as_csv(table))
    judgement = World().judge(file)
    assert told(findings(judgement, file).select("rule", "row").rows()) == expected
    assert judgement.submissions.select("status", "rows_read", "rows_rejected").row(0) == ("REJECTED", 3, 3)
    assert not judgement.observations.height


def test_packed_attempts_below_wrong_headings_are_no_fault() -> None:
    attempts = good_row("otf", 1) | {"outreach_date": "10/03/2025, 10/09/2025"}
    [headings, row] = as_table("otf", [attempts])
    place = list(LAYOUTS["otf"].elements()).index("provider_npi")
    content = as_csv([headings[:place] + headings[place + 1 :], row[:place] + row[place + 1 :]])
    file = Told([], kind="otf", content=content)
    assert check(content).findings["rule"].to_list() == ["F014"]
    assert findings(World().judge(file), file)["rule"].to_list() == ["F014"]


def told(rows: Sequence[tuple[str, int | None]]) -> list[tuple[str, int | None]]:
    return sorted(rows, key=lambda row: (row[1] or 0, row[0]))
