"""Files as people really make them: what is said of each, which rows count, and which values were read.

Every file is the same small return file with one thing wrong with it, made by `openpyxl` or as text.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from config.load import load_profile
from pipeline.offline import Checked
from pipeline.validate import judge_for, read_values
from schemas.layouts import LAYOUTS
from tests.rules.files import CLOSED, as_csv, as_table, as_workbook, check, good_row

KIND = "rtf-ecm"
ROWS = [good_row(KIND, number) for number in (1, 2, 3)]
TABLE = as_table(KIND, ROWS)
WIDTH = len(TABLE[0])
NAMES = list(LAYOUTS[KIND].elements())
OCTOBER_10 = date(2025, 10, 10)
ISO = [{"status_date": f"2025-10-{day}"} for day in (10, 11, 12)]


def day(year: int, month: int, of_month: int, hour: int = 0, minute: int = 0) -> datetime:
    """A cell formatted as a date: Excel knows no time zones."""
    return datetime(year, month, of_month, hour, minute)  # noqa: DTZ001


def place(element: str) -> int:
    return NAMES.index(element)


def with_cells(*changes: dict[str, Any]) -> list[list[Any]]:
    """The table with other cells, row by row from the first."""
    table: list[list[Any]] = [list(row) for row in TABLE]
    for row, cells in zip(table[1:], changes, strict=False):
        for element, value in cells.items():
            row[place(element)] = value
    return table


def in_csv(*changes: dict[str, Any]) -> bytes:
    return as_csv(with_cells(*changes))


def in_workbook(*changes: dict[str, Any], arrange: Callable[[Workbook, Worksheet], object] | None = None) -> bytes:
    """The table as the sheet RTF, arranged by hand afterwards."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "RTF"
    for row in with_cells(*changes):
        sheet.append([value if value != "" else None for value in row])
    if arrange is not None:
        arrange(book, sheet)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def with_headings(**headings: str) -> bytes:
    table = with_cells()
    for element, heading in headings.items():
        table[0][place(element)] = heading
    return as_csv(table)


def dates_in_1904(book: Workbook, sheet: Worksheet) -> None:
    book.epoch = CALENDAR_MAC_1904
    sheet.cell(2, place("status_date") + 1).value = 44478


def trailing_blanks(_: Workbook, sheet: Worksheet) -> None:
    for row in range(5, 40):
        for column in range(1, WIDTH + 1):
            sheet.cell(row, column).value = " "


def filtered(_: Workbook, sheet: Worksheet) -> None:
    sheet.auto_filter.ref = f"A1:C{sheet.max_row}"
    sheet.auto_filter.add_filter_column(0, ["nobody"])
    for row in (2, 3):
        sheet.row_dimensions[row].hidden = True


def with_other_sheets(book: Workbook, _: Worksheet) -> None:
    for name, state in (("Instructions", "visible"), ("Lists", "hidden"), ("Contacts", "visible")):
        sheet = book.create_sheet(name, 0)
        sheet.sheet_state = state
        sheet.append(["Name", "Phone", "Enter one row for each member"])
        sheet.append(["Accepted", "7605550100"])


def merged_down(_: Workbook, sheet: Worksheet) -> None:
    column = place("member_last_name") + 1
    sheet.merge_cells(start_row=2, end_row=3, start_column=column, end_column=column)


def titled(rows: int) -> bytes:
    title: list[list[str]] = [["Altura Care: return file of October"]] + [[] for _ in range(rows - 1)]
    return as_workbook(RTF=[*title, *TABLE])


@dataclass(frozen=True)
class Mess:
    """A file, what is said of it (rule and row), how many rows count, and the values of one column."""

    name: str
    content: bytes
    said: list[tuple[str, int | None]] = field(default_factory=list)
    accepted: int = 3
    values: dict[str, list[Any]] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def dates(*days: int) -> dict[str, list[Any]]:
    return {"status_date": [date(2025, 10, day) for day in days]}


MESSES = [
    # Where the table stands
    Mess("title rows above the header", titled(3)),
    Mess("header in row 30", titled(29)),
    Mess("header in row 31", titled(30), [("F011", None)], accepted=0),
    Mess("other sheets before it, one hidden", in_workbook(arrange=with_other_sheets)),
    Mess("blank rows with blanks in them below", in_workbook(arrange=trailing_blanks)),
    Mess("rows that a filter hides", in_workbook(arrange=filtered)),
    Mess(
        "a cell merged over two rows",
        in_workbook(arrange=merged_down),
        [("R101", 3)],
        accepted=2,
        values={"member_last_name": ["Rivera", None, "Rivera"]},
    ),
    # What the headings look like
    Mess("misspelt heading that is known", with_headings(address="Member Resdidential Address", zip="Member Resdential Zip Code")),
    Mess(
        "no blank before the bracket", with_headings(provider_tin="ECM Provider Tax ID Number(TIN)", cin="Member Client Index Number(CIN)")
    ),
    Mess("blanks around the slash", with_headings(telephonic="Telephonic / Video")),
    Mess("line breaks and blanks in a heading", with_headings(status_date=" Date of\nReferral  Status\u00a0Update ")),
    Mess("zero-width marks in a heading", with_headings(referral_status="\ufeffReferral\u200b Status\u200b")),
    # Dates
    Mess("dates as text, ISO", in_csv(*ISO), [("R126", row) for row in (2, 3, 4)], values=dates(10, 11, 12)),
    Mess(
        "a date, a day number and a text in one column",
        in_workbook({"status_date": day(2025, 10, 10)}, {"status_date": 45941}, {"status_date": "10/12/2025"}),
        [("R118", 3)],
        values=dates(10, 11, 12),
    ),
    Mess("a day number as text in a workbook", in_workbook({"status_date": "45940"}), [("R118", 2)], values=dates(10, 10, 10)),
    Mess(
        "day numbers that count from 1904",
        in_workbook({}, {"status_date": day(2025, 10, 11)}, arrange=dates_in_1904),
        [("R118", 2)],
        values=dates(10, 11, 10),
    ),
    Mess("a number that is no day", in_workbook({"status_date": 4594}, {"status_date": 92101}), [("R120", 2), ("R120", 3)], accepted=1),
    Mess("a day number with a time", in_workbook({"status_date": 45940.5}), [("R119", 2)], accepted=2),
    Mess("a day number in a text file", in_csv({"status_date": "45940"}), [("R119", 2)], accepted=2),
    Mess("the month as a day number", in_workbook({"reporting_period": 45931}), [("R117", 2), ("R118", 2)]),
    Mess("a time of day", in_workbook({"status_date": day(2025, 10, 10, 23, 59)}), [("R124", 2)], accepted=2),
    Mess("a time of day with a zone", in_csv({"status_date": "2025-10-10T23:30:00-07:00"}), [("R124", 2)], accepted=2),
    Mess("midnight", in_csv({"status_date": "2025-10-10 00:00:00"}), [("R126", 2)], values=dates(10, 10, 10)),
    Mess("dashes between month and day", in_csv({"status_date": "10-10-2025"}), [("R129", 2)], accepted=2),
    # Codes and labels
    Mess(
        "codes, labels, both, and any case",
        in_csv(
            CLOSED | {"referral_status": "5"},
            CLOSED | {"referral_status": "5. Referral Loop Closed", "closure_reason": "1"},
            CLOSED | {"referral_status": "REFERRAL  LOOP-CLOSED", "closure_reason": "services received"},
        ),
        values={"referral_status": ["Referral Loop Closed"] * 3, "closure_reason": ["Services Received"] * 3},
    ),
    Mess(
        "singular for plural, and TRUE",
        in_workbook(CLOSED | {"closure_reason": "Service received", "homeless": True}, {"referral_status": "Pending (3)"}),
        values={"closure_reason": ["Services Received", None, None], "homeless": ["Y", None, None]},
    ),
    Mess("a code as a number", in_workbook({"referral_status": 4}), values={"referral_status": ["Outreach Initiated"] * 3}),
    Mess("a code with .0", in_csv({"referral_status": "4.0"}), [("R148", 2)], values={"referral_status": ["Outreach Initiated"] * 3}),
    Mess("a Cyrillic letter in the status", in_csv({"referral_status": "Outreach Initi\u0430ted"}), [("R130", 2)], accepted=2),
    Mess("a Cyrillic letter in the CIN", in_csv({"cin": "90000001\u0410"}), [("R110", 2)], accepted=2),
    # Characters
    Mess(
        "zero-width marks around a value",
        in_csv({"referral_status": "\u200bPending\ufeff", "cin": "\u00a090000001A\u200b"}),
        values={"referral_status": ["Pending", "Outreach Initiated", "Outreach Initiated"]},
    ),
    Mess("full-width digits", in_csv({"cin": "\uff19\uff10\uff10\uff10\uff10\uff10\uff10\uff11A"}), [("R110", 2)], accepted=2),
    Mess("full-width digits in a date", in_csv({"status_date": "\uff11\uff10/10/2025"}), [("R120", 2)], accepted=2),
    Mess(
        "Windows-1252",
        in_csv({"member_last_name": "Mu\u00f1oz"}).decode().encode("cp1252"),
        [("F022", None)],
        values={"member_last_name": ["Mu\u00f1oz", "Rivera", "Rivera"]},
    ),
    Mess("a byte-order mark", b"\xef\xbb\xbf" + in_csv()),
    Mess(
        "a line break in a quoted cell",
        in_csv({"member_acuity": "high,\nsince May"}, {"status_date": ""}),
        [("R302", 3)],
        accepted=2,
        values={"member_acuity": ["high,\nsince May", None, None]},
    ),
    # Numbers
    Mess("a CIN that Excel took for a number", in_workbook({"cin": 9000000100000}), [("R142", 2)], accepted=2),
    Mess("a CIN in scientific notation", in_csv({"cin": "9.0000001E+12"}), [("R142", 2)], accepted=2),
    Mess("a medical record number for the CIN", in_workbook({"cin": 12345678}), [("R144", 2)], accepted=2),
    Mess("a Medicare number for the CIN", in_csv({"cin": "1EG4TE5MK73"}), [("R144", 2)], accepted=2),
    Mess("an NPI as a number", in_workbook({"provider_npi": 1234567893}), values={"provider_npi": ["1234567893"] * 3}),
    Mess("an NPI in scientific notation", in_csv({"provider_npi": "1.23457E+09"}), [("R143", 2)], accepted=2),
    Mess("an NPI with .0", in_csv({"provider_npi": "1234567893.0"}), [("R148", 2)], values={"provider_npi": ["1234567893"] * 3}),
    Mess(
        "phone numbers in every dress",
        in_workbook({"provider_phone": 9095550100}, {"provider_phone": "(909) 555-0100"}, {"provider_phone": 0}),
        [("R147", 3), ("R147", 4)],
        values={"provider_phone": ["9095550100", "9095550100", "0000000000"]},
    ),
    Mess("a phone number without its zeros", in_workbook({"phone": 95550100}), [("R143", 2)], accepted=2),
    Mess("two phone numbers", in_csv({"provider_phone": "9095550100, 9095550101"}), [("R125", 2)], values={"provider_phone": [None] * 3}),
    # What a filler leaves behind
    Mess(
        "template text in optional columns",
        in_csv({"member_acuity": "Optional field", "care_plan_revised": "N/A", "homeless": "see note"}),
        [("R141", 2)] * 3,
        values={"member_acuity": [None] * 3, "care_plan_revised": [None] * 3, "homeless": [None] * 3},
    ),
    Mess(
        "template text where a value must be", in_csv({"status_date": "MM/DD/YYYY"}, {"cin": "Refer to MIF"}), [("R141", 2), ("R141", 3)], 1
    ),
    Mess(
        "people called Na and None",
        in_csv({"member_last_name": "Na"}, {"member_first_name": "None"}),
        values={"member_last_name": ["Na", "Rivera", "Rivera"], "member_first_name": ["Ana", "None", "Ana"]},
    ),
]


def values_of(checked: Checked) -> pl.DataFrame:
    assert checked.table is not None
    return read_values(checked.table.rows, judge_for(KIND, load_profile("dhcs")))


@pytest.mark.parametrize("mess", MESSES, ids=str)
def test_a_file_as_people_make_them_is_read_without_guessing_and_what_was_done_is_said(mess: Mess) -> None:
    checked = check(mess.content, "rtf.xlsx" if mess.content.startswith(b"PK") else "rtf.csv")
    assert sorted(checked.findings.select("rule", "row").rows(), key=str) == sorted(
        [*mess.said, *([("F019", None)] if 0 < mess.accepted < 2 else [])], key=str
    )
    assert checked.rows["accepted"] == mess.accepted
    assert checked.rows["read"] == (3 if checked.kind else 0)
    values = values_of(checked) if mess.values else pl.DataFrame()
    assert {element: values[element].to_list() for element in mess.values} == mess.values


def test_a_day_number_is_named_with_its_heading_and_comes_back_as_it_was_written() -> None:
    found = check(in_workbook({"status_date": 45941}), "rtf.xlsx").findings.row(0, named=True)
    assert (found["rule"], found["severity"], found["value"]) == ("R118", "note", "45941")
    assert found["column"] == "DATE_OF_REFERRAL_STATUS_UPDATE"
    assert "DATE_OF_REFERRAL_STATUS_UPDATE" in found["message"]


@pytest.mark.parametrize("days", [0, 1, 60, 20_000])
def test_every_day_number_of_this_century_is_the_day_that_excel_shows(days: int) -> None:
    shown = date(2000, 1, 1) + timedelta(days=days)
    content = in_workbook({"enrollment_start": shown}, {"enrollment_start": 36526 + days})
    checked = check(content, "rtf.xlsx")
    assert values_of(checked)["enrollment_start"].to_list() == [shown, shown, None]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (6457220000000, []),
        ("645722000000012345", []),  # as text
        (645722000000012345, [("R136", 2)]),  # of a number Excel keeps fifteen digits
        ("6.45722E+12", [("R136", 2)]),
    ],
)
def test_an_authorization_number_is_taken_with_all_of_its_digits_or_not_at_all(number: object, said: list[tuple[str, int]]) -> None:
    table: list[list[object]] = [list(row) for row in as_table("rtf-cs", [good_row("rtf-cs", place) for place in (1, 2, 3)])]
    table[1][list(LAYOUTS["rtf-cs"].elements()).index("authorization_number")] = number
    checked = check(as_workbook(RTF=table), "rtf.xlsx")
    assert checked.findings.select("rule", "row").rows() == said
    assert checked.rows["rejected"] == len(said)
