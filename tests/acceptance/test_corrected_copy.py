"""The file given back is corrected and sent again: taken for what it is, missing nobody, and settling what it puts right."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from schemas.corrections import added_heading
from schemas.layouts import INBOUND, RTF_ECM
from tests.workspaces import bring, clr, copied, extract, member, new_workspace, provider, referral, rtf, send, table

ALTURA = provider("ALTURA", "1234567893", "ECM", "xlsx")
PEOPLE = range(2, 26)
HEADINGS = {name: element.header for name, element in INBOUND[RTF_ECM].elements().items()}
FIRST, FIRST_NIGHT = "2025-11-03T16:00", "2025-11-03T21:00"
SECOND, SECOND_NIGHT = "2025-11-04T16:00", "2025-11-04T21:00"
THIRD_NIGHT, AFTER_DUE = "2025-11-05T21:00", "2025-11-06T09:00"
# No such day; declined without a reason; nobody's CIN, so that somebody is missing.
WRONG = {7: {"status_date": "10/32/2025"}, 9: {"referral_status": "2"}, 11: {"cin": "90000099A"}}
RIGHT = {7: {"status_date": "10/31/2025"}, 9: {"closure_reason": "2"}, 11: {"cin": "90000011A"}}
OPEN = {("R122", 7), ("R310", 9), ("R201", 11), ("F029", None)}
Changes = dict[int, dict[str, str]]


def october(wrong: Changes) -> bytes:
    """A row on everybody, by the number that Excel gives it, with cells that are wrong."""
    said = {"member_first_name": "Ana", "member_last_name": "Rivera", "referral_status": "1", "status_date": "10/10/2025"}
    said |= {"closure_reason": ""}
    return rtf(RTF_ECM, ALTURA, [said | {"cin": f"900000{row:02d}A"} | wrong.get(row, {}) for row in PEOPLE])


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan that has sent its provider a list of twenty-four members."""
    root = new_workspace(tmp_path_factory.mktemp("listed") / "plan", [ALTURA])
    bring(root, "members.csv", extract("members", [member(f"900000{row:02d}A", "Ana", "Rivera") for row in PEOPLE]))
    bring(root, "referrals.csv", extract("referrals", [referral(f"R-{row}", f"900000{row:02d}A", "ALTURA") for row in PEOPLE]))
    for command in ("intake", "emit mif"):
        assert clr(root, *command.split(), as_of="2025-09-05T09:00").code == 0
    return root


@pytest.fixture(scope="module")
def answered(listed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same plan when its provider has sent a file with three wrong rows, and has its answer."""
    root = copied(listed, tmp_path_factory.mktemp("answered") / "plan")
    receipt = comes(root, "october.csv", october(WRONG), FIRST, FIRST_NIGHT)
    assert (receipt["status"], receipt["rows"]["rejected"], receipt["members_missing"]) == ("ACCEPTED_WITH_ERRORS", 3, 1)
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


def takes_in(root: Path, name: str, content: bytes, at: str) -> dict[str, Any]:
    """The same by hand and sooner. Returns the receipt in the outbox."""
    path = root.parent / name
    path.write_bytes(content)
    assert clr(root, "ingest", str(path), "--provider", "ALTURA", "--reason", "by mail", as_of=at).code in (0, 3)
    [told] = (root / "outbox" / "ALTURA").glob(f"{name}.S*.receipt.json")
    receipt: dict[str, Any] = json.loads(told.read_text())
    return receipt


def given_back(root: Path, name: str = "october.csv") -> openpyxl.Workbook:
    """The workbook with what to correct, as the provider opens it."""
    [path] = root.glob(f"**/{name}.S*.findings.xlsx")
    return openpyxl.load_workbook(path)


def corrected(book: openpyxl.Workbook, changes: Changes, *, keep_others: bool = False) -> openpyxl.Workbook:
    """The last sheet with its cells changed, and the rows that were good deleted."""
    sheet = book.worksheets[-1]
    place = {cell.value: number for number, cell in enumerate(sheet[1], start=1)}
    for row in range(sheet.max_row, 1, -1):
        for name, text in changes.get(row, {}).items():
            sheet.cell(row, place[HEADINGS[name]]).value = text
        if row not in changes and not keep_others:
            sheet.delete_rows(row)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def as_text(book: openpyxl.Workbook) -> bytes:
    """The last sheet copied into a text file."""
    text = StringIO(newline="")
    csv.writer(text).writerows([[cell.value for cell in row] for row in book.worksheets[-1].iter_rows()])
    return text.getvalue().encode()


def chosen(changes: Changes, *rows: int) -> Changes:
    return {row: changes[row] for row in rows}


def unsettled(root: Path, name: str = "october.csv") -> set[tuple[str, int | None]]:
    """Rule and row of every error or warning on a file that nobody has put right."""
    told = clr(root, "query", "--json", f"SELECT f.* FROM findings f JOIN submissions s USING (submission_id) WHERE s.file_name = '{name}'")
    return {(one["rule"], one["row"]) for one in told.json["rows"] if one["severity"] != "note" and one["settled_by"] is None}


def october_in_the_late_report(root: Path) -> tuple[str, int]:
    """How the provider stands for October after the due time, and how many members are missing."""
    told = clr(root, "report", "late", "--period", "2025-10", as_of=AFTER_DUE)
    assert told.code in (0, 3), told.err
    [row] = csv.DictReader((root / "reports" / AFTER_DUE[:10] / "late.csv").read_text().splitlines())
    return row["class"], int(row["members_missing"])


def test_a_corrected_copy_is_accepted_misses_nobody_and_settles_the_findings(plan: Path) -> None:
    assert unsettled(plan) == OPEN
    [told] = (plan / "mailboxes/altura/from_plan").glob("october.csv.*.receipt.json")
    first = json.loads(told.read_text())
    assert (first["corrects"], first["findings_settled"]) == (None, 0)
    copy = saved(corrected(given_back(plan), chosen(RIGHT, 7, 9)))
    (plan / "copy.xlsx").write_bytes(copy)
    checked = clr(plan, "validate", str(plan / "copy.xlsx"), "--json", as_of=SECOND)
    assert (checked.code, checked.json["corrects"]) == (0, first["submission_id"])
    receipt = comes(plan, "october, corrected by Kim.xlsx", copy, SECOND, SECOND_NIGHT)
    assert receipt["status"] == "ACCEPTED"
    assert receipt["rows"] == {"read": 2, "accepted": 2, "unchanged": 0, "duplicate": 0, "rejected": 0}
    assert (receipt["members_missing"], receipt["findings"]) == (0, {})
    assert (receipt["corrects"], receipt["findings_settled"]) == (first["submission_id"], 2)
    assert unsettled(plan) == OPEN - {("R122", 7), ("R310", 9)}
    settled = table(plan, "settlements").sort("row")
    assert settled.select("submission_id", "row", "settled_by").rows() == [
        (first["submission_id"], 7, receipt["submission_id"]),
        (first["submission_id"], 9, receipt["submission_id"]),
    ]
    stored = table(plan, "submissions").filter(submission_id=receipt["submission_id"])
    assert settled["settled_at"].unique().to_list() == stored["received_at"].to_list()
    assert clr(plan, "store", "verify", as_of=SECOND_NIGHT).code == 0
    assert clr(plan, "store", "rebuild", "--json", as_of=SECOND_NIGHT).code == 0
    assert october_in_the_late_report(plan) == ("incomplete", 1)


def test_the_last_correction_settles_that_somebody_was_missing(plan: Path) -> None:
    receipt = takes_in(plan, "copy.csv", as_text(corrected(given_back(plan), RIGHT)), SECOND_NIGHT)
    assert (receipt["status"], receipt["rows"]["accepted"], receipt["findings_settled"]) == ("ACCEPTED", 3, 4)
    assert unsettled(plan) == set()
    assert october_in_the_late_report(plan) == ("on_time", 0)


def test_a_second_sending_of_the_copy_settles_nothing_again(plan: Path) -> None:
    copy = as_text(corrected(given_back(plan), RIGHT))
    first = takes_in(plan, "copy.csv", copy, SECOND_NIGHT)
    again = takes_in(plan, "again.csv", copy, THIRD_NIGHT)
    assert (again["status"], again["corrects"], again["findings_settled"]) == ("DUPLICATE", first["corrects"], 0)
    assert table(plan, "settlements")["settled_by"].unique().to_list() == [first["submission_id"]]


def test_all_rows_may_come_back_sorted_and_with_the_messages_cleared(plan: Path) -> None:
    sheet = corrected(given_back(plan), RIGHT, keep_others=True).worksheets[-1]
    heading, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    book = openpyxl.Workbook()
    for row in [heading, *([*row[:-1], None] for row in reversed(rows))]:
        book.worksheets[0].append(row)
    receipt = takes_in(plan, "sorted.xlsx", saved(book), SECOND_NIGHT)
    assert (receipt["status"], receipt["rows"]["accepted"], receipt["rows"]["unchanged"]) == ("ACCEPTED", 3, 21)
    assert unsettled(plan) == {("R201", 11)}  # without its number nothing says which row stands for nobody's CIN


def test_a_message_that_is_left_on_a_row_puts_nothing_right_by_itself(plan: Path) -> None:
    receipt = takes_in(plan, "copy.csv", as_text(corrected(given_back(plan), chosen(WRONG, 7, 9) | chosen(RIGHT, 11))), SECOND_NIGHT)
    assert (receipt["status"], receipt["findings_settled"]) == ("HELD", 0)
    assert unsettled(plan) == OPEN


def test_what_the_first_correction_got_wrong_is_corrected_in_its_own_copy(plan: Path) -> None:
    still_wrong = RIGHT | {9: {"closure_reason": "77"}}
    second = takes_in(plan, "second.csv", as_text(corrected(given_back(plan), still_wrong)), SECOND_NIGHT)
    assert (second["status"], second["findings_settled"]) == ("ACCEPTED_WITH_ERRORS", 3)
    book = given_back(plan, "second.csv")
    assert [cell.value for cell in book.worksheets[-1][1]][-1] == added_heading(second["submission_id"])
    assert [cell.value for cell in book.worksheets[-1][1]].count(added_heading(second["corrects"])) == 0
    third = takes_in(plan, "third.csv", as_text(corrected(book, {3: {"closure_reason": "2", "cin": "90000010A"}})), THIRD_NIGHT)
    assert third["corrects"] == second["submission_id"]
    assert unsettled(plan) == set() == unsettled(plan, "second.csv")  # by its number alone: the CIN is another one now


def test_a_complete_file_without_the_heading_settles_what_it_says_right(plan: Path) -> None:
    receipt = takes_in(plan, "again.csv", october({9: WRONG[9], 7: RIGHT[7]}), SECOND_NIGHT)
    assert (receipt["corrects"], receipt["status"]) == (None, "ACCEPTED_WITH_ERRORS")
    assert unsettled(plan) == {("R310", 9), ("R201", 11)}


def all_of(rows: Iterable[int], changes: dict[str, str]) -> Changes:
    return dict.fromkeys(rows, changes)


def test_corrected_rows_of_a_held_file_are_taken_and_the_others_wait_for_their_release(listed: Path, tmp_path: Path) -> None:
    plan = copied(listed, tmp_path / "plan")
    wrong = PEOPLE[:14]
    first = takes_in(plan, "october.csv", october(all_of(wrong, {"status_date": "soon"})), FIRST_NIGHT)
    assert first["status"] == "HELD"
    copy = corrected(given_back(plan), all_of(wrong, {"status_date": "10/11/2025"}))
    cleared = as_text(copy).replace(b"Row ", b"was row ")  # no number is left: it goes by member and service
    receipt = takes_in(plan, "copy.csv", cleared, SECOND_NIGHT)
    assert (receipt["status"], receipt["rows"]["accepted"], receipt["members_missing"]) == ("ACCEPTED", 14, 0)
    assert (receipt["corrects"], unsettled(plan)) == (first["submission_id"], set())
    assert october_in_the_late_report(plan) == ("incomplete", 10)
    assert clr(plan, "ingest", "--release", first["submission_id"], as_of=AFTER_DUE).code == 3
    assert october_in_the_late_report(plan) == ("on_time", 0)
    assert unsettled(plan) == set()


@pytest.mark.parametrize(("at", "stands"), [(SECOND_NIGHT, ("incomplete", 22)), ("2025-11-06T08:00", ("late", 22))])
def test_corrected_rows_of_a_rejected_file_count_alone(listed: Path, tmp_path: Path, at: str, stands: tuple[str, int]) -> None:
    plan = copied(listed, tmp_path / "plan")
    first = takes_in(plan, "october.csv", october(all_of(PEOPLE, {"status_date": "soon"})), FIRST_NIGHT)
    assert first["status"] == "REJECTED"
    receipt = takes_in(plan, "copy.csv", as_text(corrected(given_back(plan), all_of([3, 4], {"status_date": "10/11/2025"}))), at)
    assert (receipt["status"], receipt["rows"]["accepted"], receipt["members_missing"]) == ("ACCEPTED", 2, 0)
    assert unsettled(plan) == {("R120", row) for row in PEOPLE if row not in (3, 4)} | {("F018", None)}
    assert october_in_the_late_report(plan) == stands


def test_a_copy_that_was_checked_offline_still_says_what_it_corrects(plan: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.xlsx"
    copy.write_bytes(saved(corrected(given_back(plan), chosen(WRONG, 9) | chosen(RIGHT, 11))))
    assert clr(plan, "validate", str(copy), "--format", "xlsx", as_of=SECOND).code == 3
    again = openpyxl.load_workbook(tmp_path / "copy.xlsx.findings.xlsx").worksheets[-1]
    [heading, declined, other] = [str(row[-1].value or "") for row in again.iter_rows()]
    assert (heading, other) == (given_back(plan).worksheets[-1][1][-1].value, "")
    assert declined.startswith("Row 9: R310 (error): ")
