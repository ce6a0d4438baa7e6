import csv
import datetime as dt
from io import StringIO
from typing import Any

import polars as pl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from outputs.findings_files import FILE_COLUMNS, MOST_COMMENTS, OwnSheet, findings_csv, findings_workbook
from schemas.codes import plain_words
from schemas.corrections import WHAT_TO_CORRECT
from schemas.findings import Findings
from schemas.layouts import LAYOUTS
from tests.outputs.conftest import opened

DAY = dt.date(2026, 3, 6)
HEADERS = ("CIN", "", "Referral Status", "Reason")
SHEET = pl.DataFrame(
    {
        "row": [2, 3, 4],
        "c1": ["90000001A", "90000002C", None],
        "c2": ["00012", None, "note"],
        "c3": ["Declined", "Pending", "Denied"],
        "c4": [None, "=1+1", "Other"],
    }
)
RED, YELLOW = "F8CBAD", "FFF2A8"


def finding(rule: str, severity: str, row: int | None, column: str | None, message: str, **others: Any) -> dict[str, Any]:
    return {
        "submission_id": "s1",
        "rule": rule,
        "severity": severity,
        "scope": "file" if row is None else "cell",
        "row": row,
        "line": None,
        "column": column,
        "message": message,
        "value": None,
    } | others


def findings(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=Findings.polars_schema())


FOUND = findings(
    finding("R313", "warning", 4, "Referral Status", "Read as Declined."),
    finding("R112", "note", 3, "CIN", "Read with a capital letter."),
    finding("R310", "error", 2, "Reason", "Reason is blank."),
    finding("R101", "error", 4, "CIN", "CIN is blank."),
)


def own(found: pl.DataFrame, sheet: pl.DataFrame = SHEET, headers: tuple[str, ...] = HEADERS) -> Worksheet:
    return opened(findings_workbook([OwnSheet("RTF", headers, sheet)], found, DAY))["RTF"]


def color(sheet: Worksheet, cell: str) -> str | None:
    fill = sheet[cell].fill
    return str(fill.fgColor.rgb)[2:] if fill.fill_type else None


def test_the_providers_own_cells_come_back_as_text_under_its_own_headings() -> None:
    sheet = own(FOUND)
    assert [cell.value for cell in sheet[1]] == ["CIN", None, "Referral Status", "Reason", WHAT_TO_CORRECT]
    assert [[cell.value for cell in row[:4]] for row in sheet.iter_rows(min_row=2)] == [
        ["90000001A", "00012", "Declined", None],
        ["90000002C", None, "Pending", "=1+1"],
        [None, "note", "Denied", "Other"],
    ]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    assert {cell.number_format for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"@"}


def test_the_added_column_lists_every_message_of_its_row_the_loudest_first() -> None:
    sheet = own(FOUND)
    assert [sheet.cell(row, 5).value for row in (2, 3, 4)] == [
        "R310 (error): Reason is blank.",
        "R112 (note): Read with a capital letter.",
        "R101 (error): CIN is blank.\nR313 (warning): Read as Declined.",
    ]
    assert sheet["E4"].alignment.wrap_text


def test_errors_are_red_warnings_yellow_and_all_else_unmarked() -> None:
    sheet = own(FOUND)
    marked = {cell.coordinate: color(sheet, cell.coordinate) for row in sheet.iter_rows(min_row=2) for cell in row}
    assert {cell: found for cell, found in marked.items() if found} == {"D2": RED, "E2": RED, "A4": RED, "C4": YELLOW, "E4": RED}


def test_marked_cells_have_their_messages_as_a_comment() -> None:
    sheet = own(FOUND)
    comments = {cell.coordinate: str(cell.comment.text) for row in sheet.iter_rows() for cell in row if cell.comment}
    assert comments == {"D2": "Reason is blank.", "A4": "CIN is blank.", "C4": "Read as Declined."}


def test_an_error_shows_over_a_warning_in_the_same_cell_and_both_are_told() -> None:
    sheet = own(findings(finding("R101", "warning", 2, "CIN", "First."), finding("R201", "error", 2, "CIN", "Second.")))
    assert color(sheet, "A2") == RED
    comment = sheet["A2"].comment
    assert comment is not None
    assert str(comment.text) == "Second.\nFirst."


def test_a_finding_on_a_whole_row_marks_the_added_cell_alone() -> None:
    sheet = own(findings(finding("R001", "error", 3, None, "Too many columns.", scope="row")))
    assert {cell.coordinate for row in sheet.iter_rows(min_row=2) for cell in row if cell.fill.fill_type} == {"E3"}


def test_of_two_equal_headings_the_first_is_marked() -> None:
    sheet = own(findings(finding("R101", "error", 2, "CIN", "Blank.")), SHEET, ("CIN", "", "CIN", "Reason"))
    assert (color(sheet, "A2"), color(sheet, "C2")) == (RED, None)


def test_the_sheet_has_a_filter_and_a_frozen_header() -> None:
    sheet = own(FOUND)
    assert (sheet.auto_filter.ref, sheet.freeze_panes) == ("A1:E4", "A2")


def test_every_row_stands_where_it_stood_and_what_is_above_the_headings_is_there() -> None:
    above = pl.DataFrame({"row": [1, 3], "c1": ["Altura Care", None], "c2": [None, "=1+1"], "c3": [None, "October"], "c4": [None, None]})
    moved = SHEET.with_columns(row=pl.Series([6, 7, 10]))
    found = FOUND.with_columns(row=pl.col("row").replace_strict({2: 6, 3: 7, 4: 10}))
    sheet = opened(findings_workbook([OwnSheet("RTF", HEADERS, moved, headings_on=5, above=above)], found, DAY))["RTF"]
    rows = {row[0].row: [cell.value for cell in row[:4]] for row in sheet.iter_rows() if any(cell.value for cell in row)}
    assert rows == {
        1: ["Altura Care", None, None, None],
        3: [None, "=1+1", "October", None],
        5: ["CIN", None, "Referral Status", "Reason"],
        6: ["90000001A", "00012", "Declined", None],
        7: ["90000002C", None, "Pending", "=1+1"],
        10: [None, "note", "Denied", "Other"],
    }
    assert sheet["B3"].data_type == "s"
    assert (color(sheet, "D6"), color(sheet, "A10"), color(sheet, "C10")) == (RED, RED, YELLOW)
    assert {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment} == {"D6", "A10", "C10"}
    assert (sheet.auto_filter.ref, sheet.freeze_panes) == ("A5:E10", "A6")


def test_the_added_column_of_an_earlier_round_is_replaced() -> None:
    sheet = own(FOUND, SHEET, ("CIN", "What To Correct ", "Referral Status", "Reason"))
    assert [cell.value for cell in sheet[1]] == ["CIN", "Referral Status", "Reason", WHAT_TO_CORRECT]
    assert [cell.value for cell in sheet[2]] == ["90000001A", "Declined", None, "R310 (error): Reason is blank."]
    assert (color(sheet, "C2"), color(sheet, "B4")) == (RED, YELLOW)


def test_the_added_column_says_which_submission_and_which_rows_it_answers() -> None:
    headers = ("CIN", "What to correct (S0123456789abcdef)", "Referral Status", "Reason")
    numbers = pl.DataFrame({"row": [2, 4], "number": [14, 17]})
    book = opened(findings_workbook([OwnSheet("RTF", headers, SHEET, numbers)], FOUND, DAY, "S1111111111111111"))
    assert [cell.value for cell in book["RTF"][1]] == ["CIN", "Referral Status", "Reason", "What to correct (S1111111111111111)"]
    assert [str(book["RTF"].cell(row, 4).value) for row in (2, 3, 4)] == [
        "Row 14: R310 (error): Reason is blank.",
        "R112 (note): Read with a capital letter.",
        "Row 17: R101 (error): CIN is blank.\nR313 (warning): Read as Declined.",
    ]


def test_no_added_heading_can_be_taken_for_a_column_of_a_layout() -> None:
    known = {
        plain_words(heading)
        for layout in LAYOUTS.values()
        for element in layout.elements().values()
        for heading in (element.name, element.header, *element.aliases)
    }
    assert not known & {plain_words(heading) for heading in (WHAT_TO_CORRECT, *(column.heading for column in FILE_COLUMNS))}


def test_findings_on_the_file_stand_on_a_sheet_before_it() -> None:
    found = pl.concat([FOUND, findings(finding("F029", "warning", None, None, "Members missing."))])
    book = opened(findings_workbook([OwnSheet("RTF", HEADERS, SHEET)], found, DAY))
    assert book.sheetnames == ["File", "RTF"]
    assert [cell.value for cell in book["File"][2]] == ["F029", "warning", None, "Members missing."]


def test_without_findings_on_the_file_there_is_no_such_sheet() -> None:
    assert opened(findings_workbook([OwnSheet("RTF", HEADERS, SHEET)], FOUND, DAY)).sheetnames == ["RTF"]


def test_a_file_that_could_not_be_read_has_that_sheet_alone() -> None:
    found = findings(finding("F010", "error", None, None, "The workbook is damaged."))
    book = opened(findings_workbook([], found, DAY))
    assert book.sheetnames == ["File"]
    assert book["File"]["D2"].value == "The workbook is damaged."


def test_a_finding_on_a_row_that_the_sheet_does_not_have_is_not_lost() -> None:
    found = findings(finding("R002", "error", 6, None, "Headings repeated."))
    book = opened(findings_workbook([OwnSheet("RTF", HEADERS, SHEET)], found, DAY))
    assert [cell.value for cell in book["File"][2]] == ["R002", "error", "6", "Headings repeated."]


def test_a_providers_sheet_called_file_keeps_its_name() -> None:
    found = findings(finding("F010", "error", None, None, "Message."))
    assert opened(findings_workbook([OwnSheet("file", HEADERS, SHEET)], found, DAY)).sheetnames == ["File findings", "file"]


def test_hostile_cells_and_headings_are_text(hostile: str) -> None:
    sheet = own(findings(finding("R101", "error", 2, hostile, hostile)), SHEET.with_columns(c1=pl.lit(hostile)), (hostile, "b", "c", "d"))
    assert [(sheet[cell].value, sheet[cell].data_type) for cell in ("A1", "A2")] == [(hostile, "s")] * 2
    comment = sheet["A2"].comment
    assert comment is not None
    assert str(comment.text).strip() == hostile.strip()


def test_a_very_faulty_file_gets_every_message_but_no_more_comments_than_excel_bears() -> None:
    rows = MOST_COMMENTS + 5
    sheet = pl.DataFrame({"row": range(2, rows + 2), "c1": ["x"] * rows}, schema={"row": pl.Int64, "c1": pl.String})
    found = findings(*(finding("R110", "error", row, "CIN", "Not a CIN.") for row in range(2, rows + 2)))
    written = own(found, sheet, ("CIN",))
    assert sum(cell.comment is not None for cell in written["A"]) == MOST_COMMENTS
    assert [color(written, f"A{rows + 1}"), written.cell(rows + 1, 2).value] == [RED, "R110 (error): Not a CIN."]


def test_the_order_of_the_findings_does_not_change_the_bytes() -> None:
    both = [findings_workbook([OwnSheet("RTF", HEADERS, SHEET)], found, DAY) for found in (FOUND, FOUND.reverse())]
    assert both[0] == both[1]
    assert findings_csv(FOUND) == findings_csv(FOUND.reverse())


def test_the_list_of_findings_has_their_columns_and_order() -> None:
    found = pl.concat([FOUND, findings(finding("F029", "warning", None, None, "Members missing."))])
    heading, *rows = csv.reader(StringIO(findings_csv(found).decode(), newline=""))
    assert heading == ["rule", "severity", "scope", "row", "line", "column", "message", "value", "sheet"]
    assert [row[0] for row in rows] == ["F029", "R310", "R112", "R101", "R313"]
    assert rows[0] == ["F029", "warning", "file", "", "", "", "Members missing.", "", ""]


@pytest.mark.parametrize("column", ["column", "message", "value"])
def test_the_list_of_findings_holds_no_formula(column: str) -> None:
    found = findings(finding("R110", "error", 2, "CIN", "Not a CIN.") | {column: "=1+1"})
    (row,) = csv.DictReader(StringIO(findings_csv(found).decode(), newline=""))
    assert row[column] == "'=1+1"
