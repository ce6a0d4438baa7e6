import csv
import datetime as dt
from io import StringIO

import fastexcel
import polars as pl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from outputs.cells import restored
from outputs.information_files import ReturnSheet, information_text, information_workbook
from pipeline.read import read
from pipeline.read_grid import ReadLimits
from schemas.asf import Asf
from schemas.codes import CLOSURE_REASONS, CS_SERVICES, REFERRAL_STATUSES
from schemas.formats import DATE
from schemas.mif import Mif
from schemas.rtf import DISCONTINUATION_REASONS, RtfCs, RtfEcm
from tests.outputs.conftest import opened

DAY = dt.date(2026, 3, 5)
ROWS = pl.DataFrame({"cin": ["90000001A", "90000002C"], "plan_member_id": ["00012", None], "member_last_name": ["Núñez", ""]})
KNOWN = pl.DataFrame({"cin": ["90000001A", "90000002C"], "member_last_name": ["Núñez", "Day"]})
CHOICES = {
    "referral_status": REFERRAL_STATUSES.labels,
    "closure_reason": CLOSURE_REASONS.labels[:-1],
    "discontinuation_code": DISCONTINUATION_REASONS.labels,
    "new_address": ("Y", "N"),
    "engagement": ("Enrolled", "Declined, by phone"),
}
ANSWER = ReturnSheet(RtfEcm.elements(), KNOWN, CHOICES)


@pytest.fixture(scope="module")
def content() -> bytes:
    return information_workbook(Mif, ROWS, "MIF", ANSWER, DAY)


def headings(sheet: Worksheet) -> list[object]:
    return [cell.value for cell in sheet[1]]


def offered(sheet: Worksheet, layout: type[RtfEcm], name: str, row: int) -> str | None:
    """What the drop-down of a cell offers, as a list or as a range."""
    letters = sheet.cell(row, list(layout.elements()).index(name) + 1).coordinate
    found = [rule for rule in sheet.data_validations.dataValidation if rule.type == "list" and letters in rule.sqref]
    return found[0].formula1 if found else None


def test_the_first_sheet_has_the_layouts_headings_and_the_rows_in_their_columns(content: bytes) -> None:
    sheet = opened(content)["MIF"]
    assert opened(content).sheetnames[:2] == ["MIF", "RTF"]
    assert headings(sheet) == [element.header for element in Mif.elements().values()]
    place = {name: number for number, name in enumerate(Mif.elements())}
    first = [cell.value for cell in sheet[2]]
    assert (first[place["cin"]], first[place["plan_member_id"]], first[place["member_last_name"]]) == ("90000001A", "00012", "Núñez")
    assert sum(value is not None for value in first) == 3


def test_the_second_sheet_is_the_answer_filled_with_what_the_plan_knows(content: bytes) -> None:
    sheet = opened(content)["RTF"]
    assert headings(sheet) == [element.header for element in RtfEcm.elements().values()]
    place = {name: number for number, name in enumerate(RtfEcm.elements())}
    assert [cell.value for cell in sheet[3]].count(None) == len(place) - 2
    assert sheet.cell(3, place["member_last_name"] + 1).value == "Day"


def test_another_reader_sees_the_same_text(content: bytes) -> None:
    read = fastexcel.read_excel(content).load_sheet("MIF", dtypes="string").to_polars()
    assert read["Managed Care Plan Member ID Number"].to_list() == ["00012", None]


@pytest.mark.parametrize("name", ["MIF", "RTF"])
def test_headers_are_frozen_and_bold_and_every_column_is_text_far_below_the_rows(content: bytes, name: str) -> None:
    sheet = opened(content)[name]
    assert sheet.freeze_panes == "A2"
    assert all(cell.font.bold for cell in sheet[1])
    assert {cell.number_format for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"@"}
    columns = sheet.column_dimensions.values()
    assert sum(int(column.max or 0) - int(column.min or 0) + 1 for column in columns) == sheet.max_column
    assert {column.number_format for column in columns} == {"@"}
    assert all(12 <= column.width < 34 for column in columns)


@pytest.mark.parametrize("row", [2, 3, 503])
@pytest.mark.parametrize("name", ["referral_status", "closure_reason", "new_address"])
def test_short_lists_stand_in_the_drop_down_also_on_empty_rows(content: bytes, name: str, row: int) -> None:
    assert offered(opened(content)["RTF"], RtfEcm, name, row) == '"' + ",".join(CHOICES[name]) + '"'


@pytest.mark.parametrize("name", ["discontinuation_code", "engagement"], ids=["more than 255 characters", "a comma in a value"])
def test_a_list_that_a_cell_cannot_hold_stands_on_a_hidden_sheet(content: bytes, name: str) -> None:
    book = opened(content)
    range_ = offered(book["RTF"], RtfEcm, name, 503)
    assert range_ is not None
    where, cells = range_.split("!")
    assert (where, book["Lists"].sheet_state) == ("Lists", "hidden")
    assert tuple(row[0].value for row in book["Lists"][cells.replace("$", "")]) == CHOICES[name]


def test_a_drop_down_asks_before_it_takes_another_value_and_blocks_nothing(content: bytes) -> None:
    assert {rule.errorStyle for rule in opened(content)["RTF"].data_validations.dataValidation if rule.type == "list"} == {"warning"}


def test_date_columns_say_how_to_write_a_date_and_block_nothing(content: bytes) -> None:
    sheet = opened(content)["RTF"]
    hints = [rule for rule in sheet.data_validations.dataValidation if rule.type in (None, "none")]
    dates = [number for number, element in enumerate(RtfEcm.elements().values(), start=1) if element.format == DATE]
    assert len(hints) == len(dates)
    for number in dates:
        (hint,) = [rule for rule in hints if sheet.cell(503, number).coordinate in rule.sqref]
        assert "MM/DD/YYYY" in str(hint.prompt)


def test_columns_that_the_provider_fills_in_look_different(content: bytes) -> None:
    sheet = opened(content)["RTF"]
    colors = {name: sheet.cell(1, number).fill.fgColor.rgb for number, name in enumerate(RtfEcm.elements(), start=1)}
    assert colors["cin"] == colors["member_last_name"] != colors["referral_status"]


def test_the_authorization_status_file_answers_with_its_own_layout() -> None:
    answer = ReturnSheet(RtfCs.elements(), KNOWN, {"service": CS_SERVICES.labels})
    book = opened(information_workbook(Asf, ROWS, "ASF", answer, DAY))
    assert headings(book["RTF"]) == [element.header for element in RtfCs.elements().values()]
    assert [cell.value for cell in book["Lists"]["A"]] == list(CS_SERVICES.labels)


def test_a_hostile_cell_is_text_on_both_sheets(hostile: str) -> None:
    rows = pl.DataFrame({"cin": [hostile]})
    book = opened(information_workbook(Mif, rows, "MIF", ReturnSheet(RtfEcm.elements(), rows, {}), DAY))
    cells = [book["MIF"]["C2"], book["RTF"]["C2"]]
    assert [(cell.value, cell.data_type) for cell in cells] == [(hostile, "s")] * 2


def test_no_rows_give_a_workbook_that_can_still_be_answered() -> None:
    book = opened(information_workbook(Mif, pl.DataFrame(), "MIF", ReturnSheet(RtfEcm.elements(), pl.DataFrame(), CHOICES), DAY))
    assert (book["MIF"].max_row, book["RTF"].max_row) == (1, 1)
    assert offered(book["RTF"], RtfEcm, "referral_status", 2) is not None


def test_the_same_rows_give_the_same_bytes_and_other_rows_others(content: bytes) -> None:
    assert information_workbook(Mif, ROWS, "MIF", ANSWER, DAY) == content
    assert information_workbook(Mif, ROWS, "MIF", ANSWER, dt.date(2026, 3, 6)) != content
    assert information_workbook(Mif, ROWS.reverse(), "MIF", ANSWER, DAY) != content


@pytest.mark.parametrize("separator", [",", "|"])
def test_a_text_file_has_the_layouts_headings_and_gives_each_text_back(separator: str, hostile: str) -> None:
    written = information_text(Mif, pl.DataFrame({"cin": [hostile], "member_first_name": ["Ann"]}), separator)
    heading, row = csv.reader(StringIO(written.decode("utf-8-sig"), newline=""), delimiter=separator)
    assert heading == [element.header for element in Mif.elements().values()]
    assert (row[0], pl.select(restored(pl.lit(row[2]))).item()) == ("Ann", hostile)
    assert row[2][0] not in "=+-@\t\r\N{FULLWIDTH EQUALS SIGN}"


@pytest.mark.parametrize("separator", [",", "|"])
def test_our_own_reading_takes_the_apostrophes_off_again(separator: str, hostile: str) -> None:
    written = information_text(Mif, pl.DataFrame({"cin": [hostile], "member_first_name": ["Ann"]}), separator)
    (sheet,) = read(written, "file.csv", ReadLimits()).sheets
    assert hostile.strip() in [str(cell).strip() for cell in sheet.cells.row(1)]


def test_a_csv_file_tells_excel_that_it_is_utf_8_and_a_pipe_file_is_bare() -> None:
    assert information_text(Mif, ROWS, ",").startswith(b"\xef\xbb\xbfMember First Name,Member Last Name,")
    assert information_text(Mif, ROWS, "|").startswith(b"Member First Name|Member Last Name|")


def test_lines_of_a_text_file_end_as_rfc_4180_says_and_blank_cells_are_bare() -> None:
    lines = information_text(Mif, ROWS, "|").split(b"\r\n")
    assert len(lines) == 4
    assert lines[2].startswith(b"||90000002C||")
    assert lines[3] == b""


def test_the_same_rows_give_the_same_text() -> None:
    assert information_text(Mif, ROWS, ",") == information_text(Mif, ROWS, ",")
