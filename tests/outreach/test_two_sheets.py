"""A workbook with a return file and an outreach tracker: one submission, both sheets read, each row accounted for where it stands."""

from __future__ import annotations

import csv
import json
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl

from tests.outreach.trackers import ALTURA, ANA, LUIS, MAYA, NIGHT, attempt, rows, takes_in, tracker
from tests.workspaces import clr, rtf, table

NAMES = {ANA: ("Ana", "Rivera"), LUIS: ("Luis", "Moreno")}


def status(cin: str = ANA, **cells: str) -> dict[str, str]:
    """A row of a return file: accepted on October 10."""
    first, last = NAMES.get(cin, ("Maya", "Castro"))
    said = {"cin": cin, "member_first_name": first, "member_last_name": last}
    return said | {"referral_status": "Accepted", "status_date": "10/10/2025"} | cells


def workbook(returned: list[dict[str, str]], attempts: list[dict[str, str]], *, without: str = "") -> bytes:
    """Both as sheets of one workbook; `without` takes a column from the tracker."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, content in (("RTF", rtf("rtf-ecm", ALTURA, returned)), ("OTF", tracker(tuple(attempts)))):
        sheet = book.create_sheet(name)
        for row in csv.reader(StringIO(content.decode(), newline="")):
            sheet.append([cell or None for cell in row])
        for place, cell in enumerate(sheet[1], start=1):
            if name == "OTF" and cell.value == without:
                sheet.delete_cols(place)
                break
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def sends(root: Path, content: bytes, at: str = NIGHT) -> dict[str, Any]:
    return takes_in(root, f"october-{at[:10]}.xlsx", content, at)


def findings(root: Path) -> list[tuple[str, str, str]]:
    """Sheet, row and rule of every finding that the provider reads."""
    [path] = (root / "outbox" / "ALTURA").glob("*.findings.csv")
    return [(row["sheet"], row["row"], row["rule"]) for row in csv.DictReader(path.read_text("utf-8").splitlines())]


def test_both_sheets_are_read_and_their_rows_counted_together(plan: Path) -> None:
    receipt = sends(plan, workbook([status(), status(LUIS)], [attempt(), attempt(), attempt(LUIS)]))
    assert (receipt["kind"], receipt["period"], receipt["status"]) == ("rtf-ecm", "2025-10", "ACCEPTED")
    assert receipt["rows"] == rows(accepted=4, duplicate=1)
    told = table(plan, "rows").sort("kind", "row").select("kind", "row", "outcome").rows()
    assert told == [
        ("otf", 2, "accepted"),
        ("otf", 3, "duplicate"),
        ("otf", 4, "accepted"),
        ("rtf-ecm", 2, "accepted"),
        ("rtf-ecm", 3, "accepted"),
    ]
    assert table(plan, "events").height == 2
    assert table(plan, "outreach_attempts")["submission_id"].to_list() == [receipt["submission_id"]] * 2
    assert clr(plan, "store", "verify", as_of=NIGHT).code == 0


def test_findings_name_their_sheet(plan: Path) -> None:
    receipt = sends(plan, workbook([status(), status(LUIS, status_date="10/10/25")], [attempt(), attempt(LUIS, outreach_method="Pigeon")]))
    assert receipt["status"] == "ACCEPTED_WITH_ERRORS"
    assert receipt["rows"] == rows(accepted=2, rejected=2)
    assert findings(plan) == [("OTF", "3", "R130"), ("RTF", "3", "R121")]
    stored = table(plan, "findings").sort("rule")
    assert stored.select("submission_id", "sheet", "row").rows() == [
        (receipt["submission_id"], "RTF", 3),
        (receipt["submission_id"], "OTF", 3),
    ]


def test_the_workbook_comes_back_with_what_to_correct_on_each_sheet(plan: Path) -> None:
    sends(plan, workbook([status(), status(LUIS, status_date="10/10/25")], [attempt(), attempt(LUIS, outreach_method="Pigeon")]))
    [path] = (plan / "outbox" / "ALTURA").glob("*.findings.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["RTF", "OTF"]
    added = {sheet.title: [str(row[-1].value or "")[:11] for row in sheet.iter_rows(min_row=2)] for sheet in book.worksheets}
    assert added == {"RTF": ["", "Row 3: R121"], "OTF": ["", "Row 3: R130"]}


def test_a_corrected_copy_settles_what_was_found_on_each_of_its_sheets(plan: Path) -> None:
    first = sends(plan, workbook([status(), status(LUIS, status_date="10/10/25")], [attempt(), attempt(LUIS, outreach_method="Pigeon")]))
    [path] = (plan / "outbox" / "ALTURA").glob("*.findings.xlsx")
    book = openpyxl.load_workbook(path)
    for sheet, right in (("RTF", "10/10/2025"), ("OTF", "Telephonic")):
        wrong = next(cell for cell in book[sheet][3] if cell.value in ("10/10/25", "Pigeon"))
        wrong.value = right
        book[sheet].delete_rows(2)
    written = BytesIO()
    book.save(written)
    receipt = sends(plan, written.getvalue(), "2025-11-04T21:00")
    assert (receipt["status"], receipt["rows"], receipt["corrects"]) == ("ACCEPTED", rows(accepted=2), first["submission_id"])
    settled = table(plan, "settlements").sort("sheet").select("sheet", "row", "rule").rows()
    assert settled == [("OTF", 3, "R130"), ("RTF", 3, "R121")]
    told = table(plan, "rows").filter(submission_id=receipt["submission_id"]).sort("sheet")
    assert told.select("sheet", "kind", "row", "corrects_row").rows() == [("OTF", "otf", 2, 3), ("RTF", "rtf-ecm", 2, 3)]


def test_a_bad_tracker_neither_rejects_nor_holds_the_return_file(plan: Path) -> None:
    receipt = sends(plan, workbook([status()], [attempt(MAYA), attempt(MAYA, minutes="6"), attempt(MAYA, minutes="7")]))
    assert receipt["status"] == "ACCEPTED_WITH_ERRORS"
    assert receipt["rows"] == rows(accepted=1, rejected=3)
    assert table(plan, "events").height == 1


def test_a_tracker_that_cannot_be_read_leaves_the_return_file_alone(plan: Path) -> None:
    receipt = sends(plan, workbook([status()], [attempt(), attempt(LUIS)], without="Outreach Attempt Method"))
    assert (receipt["status"], receipt["rows"]) == ("ACCEPTED_WITH_ERRORS", rows(accepted=1, rejected=2))
    assert ("OTF", "", "F014") in findings(plan)
    assert table(plan, "outreach_attempts").is_empty()


def test_a_rejected_return_file_takes_its_tracker_with_it(plan: Path) -> None:
    receipt = sends(plan, workbook([status(MAYA)], [attempt(), attempt(LUIS)]))
    assert (receipt["status"], receipt["rows"]) == ("REJECTED", rows(rejected=3))
    assert table(plan, "outreach_attempts").is_empty()
    assert clr(plan, "store", "verify", as_of=NIGHT).code == 0


def test_a_held_return_file_keeps_its_tracker_waiting(plan: Path) -> None:
    receipt = sends(plan, workbook([status(), status(MAYA), status(MAYA, status_date="10/11/2025")], [attempt(), attempt(LUIS)]))
    assert receipt["status"] == "HELD"
    assert table(plan, "outreach_attempts").is_empty()
    clr(plan, "ingest", "--release", receipt["submission_id"], as_of="2025-11-01T09:00")
    assert table(plan, "outreach_attempts").height == 2
    assert table(plan, "events").height == 1


def test_a_member_of_the_tracker_alone_is_missing_from_the_return_file(plan: Path) -> None:
    receipt = sends(plan, workbook([status()], [attempt(), attempt(LUIS)]))
    assert receipt["members_missing"] == 1


def test_unusual_numbers_are_those_of_the_return_file(plan: Path) -> None:
    many = [attempt(outreach_date=f"10/{day:02}/2025") for day in range(1, 31)]
    assert sends(plan, workbook([status(), status(LUIS)], many))["rows"]["read"] == 32
    later = "2025-11-02T20:00"
    alone = rtf("rtf-ecm", ALTURA, [status(status_date="10/12/2025"), status(LUIS)])
    assert takes_in(plan, "alone.csv", alone, later)["status"] == "ACCEPTED"


def test_the_same_workbook_again_is_a_duplicate_in_all_its_rows(plan: Path) -> None:
    content = workbook([status()], [attempt(), attempt(LUIS)])
    sends(plan, content)
    again = sends(plan, content, "2025-11-02T20:00")
    assert (again["status"], again["rows"]) == ("DUPLICATE", rows(duplicate=3))


def test_an_empty_tracker_is_passed_over_and_beside_an_empty_return_file_it_is_read_alone(plan: Path) -> None:
    assert sends(plan, workbook([status()], []))["findings"] == {"F029": 1}
    alone = sends(plan, workbook([], [attempt()]), "2025-11-02T20:00")
    assert (alone["kind"], alone["rows"]) == ("otf", rows(accepted=1))


def test_the_offline_check_reads_both_sheets(plan: Path, tmp_path: Path) -> None:
    path = tmp_path / "both.xlsx"
    path.write_bytes(workbook([status(), status(LUIS, status_date="10/10/25")], [attempt(), attempt(LUIS, outreach_method="Pigeon")]))
    checked = clr(plan, "validate", str(path), "--json", as_of=NIGHT).json
    assert (checked["status"], checked["rows"]) == ("ACCEPTED_WITH_ERRORS", rows(accepted=2, rejected=2))
    assert [(one["sheet"], one["row"], one["rule"]) for one in checked["findings"]] == [("OTF", 3, "R130"), ("RTF", 3, "R121")]
    text = clr(plan, "validate", str(path), as_of=NIGHT)
    assert "sheet OTF, row 3" in text.out
    assert json.dumps(checked)
