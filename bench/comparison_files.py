"""One clean Return Transmission File and, for each kind of fault, the same file with that fault alone.

Says nothing of what anybody should find in them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from schemas.layouts import LAYOUTS, RTF_ECM
from tests.rules.files import CLOSED, as_csv, as_workbook, good_row

ROWS = 20
FAULTY = 2  # which row, counted from 0: row 4 of the sheet, below the headings
MANY = 1_500

Headings = Mapping[str, str]  # element to heading
Row = Mapping[str, str]
Make = Callable[[Headings], bytes]


@dataclass(frozen=True)
class Fault:
    """A file with one kind of fault. kind: in words, as in the first column of the table. make: its content under given headings."""

    name: str
    kind: str
    make: Make


def headings_of_template() -> Headings:
    """The headings of the layout, as every template has them."""
    return {name: element.header for name, element in LAYOUTS[RTF_ECM].elements().items()}


def headings_of_fields() -> Headings:
    """Each element's short name as its heading, so that formulas over columns can be written."""
    return {name: name for name in LAYOUTS[RTF_ECM].elements()}


def _rows(**faulty: str) -> list[Row]:
    rows: list[Row] = [good_row(RTF_ECM, number) for number in range(1, ROWS + 1)]
    rows[FAULTY] = {**rows[FAULTY], **faulty}
    return rows


def _table(headings: Headings, rows: Sequence[Row]) -> list[list[str]]:
    return [list(headings.values()), *([row.get(name, "") for name in headings] for row in rows)]


def _text(headings: Headings, rows: Sequence[Row] | None = None) -> str:
    return as_csv(_table(headings, _rows() if rows is None else rows)).decode()


def _cells(**faulty: str) -> Make:
    return lambda headings: _text(headings, _rows(**faulty)).encode()


def _encoded(encoding: str) -> Make:
    return lambda headings: _text(headings, _rows(member_last_name="Peña")).encode(encoding)


def _table_changed(change: Callable[[list[list[str]], Headings], list[list[str]]]) -> Make:
    return lambda headings: as_csv(change(_table(headings, _rows()), headings))


def _place(headings: Headings, name: str) -> int:
    return list(headings).index(name)


def _without(table: list[list[str]], headings: Headings, name: str) -> list[list[str]]:
    place = _place(headings, name)
    return [[*row[:place], *row[place + 1 :]] for row in table]


def _renamed(table: list[list[str]], headings: Headings, name: str, heading: str) -> list[list[str]]:
    first = [heading if other == headings[name] else other for other in table[0]]
    return [first, *table[1:]]


def _twice(table: list[list[str]], headings: Headings, name: str) -> list[list[str]]:
    place = _place(headings, name)
    return [[*row, row[place]] for row in table]


def _row_of(table: list[list[str]], row: list[str]) -> list[list[str]]:
    return [*table[: FAULTY + 1], row, *table[FAULTY + 2 :]]


def _unclosed(headings: Headings) -> bytes:
    rows = _rows(member_last_name="O'Brien")
    return _text(headings, rows).replace("O'Brien", '"Brien', 1).encode()


def _day_cell(headings: Headings) -> bytes:
    table: list[list[object]] = [[cell or None for cell in row] for row in _table(headings, _rows())]
    table[FAULTY + 1][_place(headings, "status_date")] = date(2025, 10, 9)
    return as_workbook(RTF=table)


def _workbook_faulty(headings: Headings) -> bytes:
    title = [["Sunrise Health Plan: Return Transmission File"], []]
    return as_workbook(Instructions=[["Fill in the sheet RTF."]], RTF=[*title, *_table(headings, _rows(status_date="09/31/2025"))])


def _several(headings: Headings) -> bytes:
    rows = _rows(status_date="09/31/2025")
    rows[3] = {**rows[3], **CLOSED, "closure_reason": ""}
    rows[4] = {**rows[4], "provider_npi": "1234567890"}
    rows[5] = {**rows[5], "enrollment_start": "10/02/2025", "enrollment_end": "10/01/2025"}
    rows[6] = {**rows[6], **CLOSED}
    rows.append({**rows[6], "closure_reason": "Other"})
    return _text(headings, rows).encode()


def _heading_and_cell(headings: Headings) -> bytes:
    table = _table(headings, _rows(status_date="09/31/2025"))
    return as_csv(_without(table, headings, "provider_name"))


def _blank_lines(headings: Headings) -> bytes:
    lines = _text(headings, _rows(status_date="09/31/2025")).splitlines(keepends=True)
    return "".join([*lines[:2], "\r\n", *lines[2:]]).encode()


def _many(headings: Headings) -> bytes:
    return _text(headings, [{**good_row(RTF_ECM, number), "status_date": "09/31/2025"} for number in range(1, MANY + 1)]).encode()


def _scrambled(table: list[list[str]], _: Headings) -> list[list[str]]:
    return [list(reversed(row)) for row in table]


def _as_headings(headings: Headings, to: Callable[[str], str]) -> bytes:
    return _text({name: to(heading) for name, heading in headings.items()}).encode()


CLOSING = {**CLOSED, "closure_reason": ""}
ENROLLED = {"enrollment_start": "10/02/2025", "enrollment_end": "10/01/2025"}
FAULTS = (
    Fault("clean.csv", "none: a clean CSV file", _cells()),
    Fault("clean.xlsx", "none: a clean workbook with a real date cell", _day_cell),
    Fault(
        "pdf.csv",
        "another type of file (a PDF called .csv)",
        lambda _: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n",
    ),
    Fault("renamed.csv", "a workbook called .csv", _day_cell),
    Fault("empty.csv", "an empty file", lambda _: b""),
    Fault("headings.csv", "headings and no rows", lambda headings: _text(headings, []).encode()),
    Fault("semicolons.csv", "semicolons between the columns", lambda headings: _text(headings).replace(",", ";").encode()),
    Fault("cut.csv", "last line cut off", lambda headings: _text(headings).encode()[:-60]),
    Fault("quote.csv", "a quotation mark not closed (row 4)", _unclosed),
    Fault("windows.csv", "Windows-1252 with an ñ", _encoded("cp1252")),
    Fault("bom.csv", "UTF-8 with a byte order mark", _encoded("utf-8-sig")),
    Fault("utf16.csv", "UTF-16", _encoded("utf-16")),
    Fault("title.csv", "title rows above the headings", lambda headings: f"Sunrise Health Plan\r\n\r\n{_text(headings)}".encode()),
    Fault("case.csv", "headings in capitals", lambda headings: _as_headings(headings, str.upper)),
    Fault("misspelt.csv", "a misspelt heading", _table_changed(lambda table, own: _renamed(table, own, "status_date", "Staus Dat"))),
    Fault("order.csv", "columns in another order", _table_changed(_scrambled)),
    Fault("twice.csv", "a column twice", _table_changed(lambda table, own: _twice(table, own, "status_date"))),
    Fault("missing.csv", "a required column missing", _table_changed(lambda table, own: _without(table, own, "provider_npi"))),
    Fault("extra.csv", "a column that nobody knows", _table_changed(lambda table, _: [[*row, "Remarks"] for row in table])),
    Fault("few.csv", "a row with too few columns (row 4)", _table_changed(lambda table, _: _row_of(table, table[FAULTY + 1][:-2]))),
    Fault("more.csv", "a row with too many columns (row 4)", _table_changed(lambda table, _: _row_of(table, [*table[FAULTY + 1], "x"]))),
    Fault("blank.csv", "a required cell blank (row 4)", _cells(member_last_name="")),
    Fault("list.csv", "a value not in the list (row 4)", _cells(referral_status="Contacted")),
    Fault("code.csv", "the code where the list has labels (row 4)", _cells(referral_status="1")),
    Fault("spelling.csv", "a label in other spelling (row 4)", _cells(referral_status="outreach  initiated")),
    Fault("day.csv", "a day that does not exist (row 4)", _cells(status_date="09/31/2025")),
    Fault("year.csv", "a year with two digits (row 4)", _cells(status_date="10/09/25")),
    Fault("european.csv", "day before month (row 4)", _cells(status_date="31/10/2025")),
    Fault("number.csv", "Excel's day number (row 4)", _cells(status_date="45939")),
    Fault("future.csv", "a date in the future (row 4)", _cells(status_date="10/09/2026")),
    Fault("digit.csv", "a wrong check digit (row 4)", _cells(provider_npi="1234567890")),
    Fault("scientific.csv", "a number shortened by Excel (row 4)", _cells(provider_npi="1.23457E+09")),
    Fault("reason.csv", "a conditional field missing: closing without a reason (row 4)", _cells(**CLOSING)),
    Fault("pair.csv", "a combination that is forbidden: a reason without closing (row 4)", _cells(closure_reason="Other")),
    Fault("dates.csv", "dates out of order (row 4)", _cells(**ENROLLED)),
    Fault("repeated.csv", "a row repeated (rows 4 and 22)", lambda headings: _text(headings, [*_rows(), _rows()[FAULTY]]).encode()),
    Fault(
        "contradict.csv",
        "two rows that contradict each other (rows 4 and 22)",
        lambda headings: _text(headings, [*_rows(**CLOSED), {**_rows(**CLOSED)[FAULTY], "closure_reason": "Other"}]).encode(),
    ),
    Fault("levels.csv", "several at once: day, closing, check digit, order of dates, contradiction (rows 4 to 8, 22)", _several),
    Fault("heading-and-cell.csv", "a required column missing, and a wrong day in row 4", _heading_and_cell),
    Fault("lines.csv", "a wrong day in row 5, below a blank line", _blank_lines),
    Fault("sheet.xlsx", "a wrong day in row 6 of the second sheet, below title rows", _workbook_faulty),
    Fault("many.csv", "1,500 wrong days", _many),
)
