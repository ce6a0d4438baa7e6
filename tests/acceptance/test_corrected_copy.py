"""The file given back is corrected and sent again: taken for what it is, missing nobody, and settling what it puts right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from schemas.layouts import INBOUND, RTF_ECM
from tests.workspaces import bring, clr, copied, extract, member, new_workspace, provider, referral, rtf, send

ALTURA = provider("ALTURA", "1234567893", "ECM", "xlsx")
PEOPLE = 24
HEADINGS = {name: element.header for name, element in INBOUND[RTF_ECM].elements().items()}
FIRST, FIRST_NIGHT = "2025-11-03T16:00", "2025-11-03T21:00"
SECOND, SECOND_NIGHT = "2025-11-04T16:00", "2025-11-04T21:00"
TWO_WRONG = {7: {"status_date": "10/32/2025"}, 9: {"referral_status": "2"}}  # no such day; declined without a reason
PUT_RIGHT = {7: {"status_date": "10/31/2025"}, 9: {"closure_reason": "2"}}


def october(wrong: Mapping[int, dict[str, str]]) -> bytes:
    """A row on everybody; the rows that are wrong by the number that Excel gives them."""
    said = {
        "member_first_name": "Ana",
        "member_last_name": "Rivera",
        "referral_status": "1",
        "status_date": "10/10/2025",
        "closure_reason": "",
    }
    return rtf(RTF_ECM, ALTURA, [said | {"cin": f"900000{row:02d}A"} | wrong.get(row, {}) for row in range(2, PEOPLE + 2)])


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan whose provider has sent a file with two wrong rows, and has its answer."""
    root = new_workspace(tmp_path_factory.mktemp("answered") / "plan", [ALTURA])
    people = range(2, PEOPLE + 2)
    bring(root, "members.csv", extract("members", [member(f"900000{row:02d}A", "Ana", "Rivera") for row in people]))
    bring(root, "referrals.csv", extract("referrals", [referral(f"R-{row}", f"900000{row:02d}A", "ALTURA") for row in people]))
    for command in ("intake", "emit mif"):
        assert clr(root, *command.split(), as_of="2025-09-05T09:00").code == 0
    receipt = comes(root, "october.csv", october(TWO_WRONG), FIRST, FIRST_NIGHT)
    assert (receipt["status"], receipt["rows"]["accepted"], receipt["rows"]["rejected"]) == ("ACCEPTED_WITH_ERRORS", PEOPLE - 2, 2)
    return root


@pytest.fixture
def plan(answered: Path, tmp_path: Path) -> Path:
    return copied(answered, tmp_path / "plan")


def comes(root: Path, name: str, content: bytes, at: str, night: str) -> dict[str, Any]:
    """A file is uploaded and the night's work done. Returns the receipt in the provider's mailbox."""
    send(root, "altura", name, content, at)
    clr(root, "run", "nightly", as_of=night)
    [path] = (root / "mailboxes" / "altura" / "from_plan").glob(f"{name}.S*.receipt.json")
    receipt: dict[str, Any] = json.loads(path.read_text())
    return receipt


def given_back(root: Path, name: str = "october.csv") -> openpyxl.Workbook:
    """The workbook with what to correct, as the provider opens it."""
    [path] = (root / "mailboxes" / "altura" / "from_plan").glob(f"{name}.S*.findings.xlsx")
    return openpyxl.load_workbook(path)


def corrected(book: openpyxl.Workbook, changes: Mapping[int, Mapping[str, str]], *, keep_others: bool = False) -> bytes:
    """The last sheet with its cells changed, the rows that were good deleted, and the workbook saved."""
    sheet = book.worksheets[-1]
    place = {cell.value: number for number, cell in enumerate(sheet[1], start=1)}
    for row in range(sheet.max_row, 1, -1):
        for name, text in changes.get(row, {}).items():
            sheet.cell(row, place[HEADINGS[name]]).value = text
        if row not in changes and not keep_others:
            sheet.delete_rows(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def findings(root: Path) -> dict[tuple[str, int], tuple[str | None, str | None]]:
    """Who settled each error or warning on a row, and when, by rule and row of the first file."""
    told = clr(root, "query", "--json", "SELECT * FROM findings WHERE row IS NOT NULL AND severity <> 'note'")
    return {(one["rule"], one["row"]): (one["settled_by"], one["settled_at"]) for one in told.json["rows"]}


def test_a_corrected_copy_is_accepted_misses_nobody_and_settles_the_findings(plan: Path) -> None:
    assert set(findings(plan).values()) == {(None, None)}
    receipt = comes(plan, "october, corrected by Kim.xlsx", corrected(given_back(plan), PUT_RIGHT), SECOND, SECOND_NIGHT)
    assert receipt["status"] == "ACCEPTED"
    assert receipt["rows"] == {"read": 2, "accepted": 2, "unchanged": 0, "duplicate": 0, "rejected": 0}
    assert (receipt["members_missing"], receipt["findings"]) == (0, {})
    first = json.loads(next((plan / "mailboxes/altura/from_plan").glob("october.csv.*.receipt.json")).read_text())
    assert (receipt["corrects"], receipt["findings_settled"]) == (first["submission_id"], 2)
    assert (first["corrects"], first["findings_settled"]) == (None, 0)
    settled = {key: by for key, (by, _) in findings(plan).items()}
    assert settled == dict.fromkeys(settled, receipt["submission_id"])
    assert len(settled) == 2
    assert clr(plan, "store", "verify", as_of=SECOND_NIGHT).code == 0
