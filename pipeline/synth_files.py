"""Invented files as bytes: the sheet of a provider as a workbook or as text, with the oddities of either.

Decides how cells are written, not what they say. Texts are left as a provider's own software leaves them: nothing is neutralized.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from io import BytesIO, StringIO

import xlsxwriter  # type: ignore[import-untyped] # has annotations, but does not say so

from pipeline.synth_returns import Cell, Habits, Sheet

SEPARATORS = {"csv": ",", "tab": "\t", "pipe": "|"}
ENDINGS = {"xlsx": "xlsx", "csv": "csv", "tab": "txt", "pipe": "txt"}
BYTE_ORDER_MARK = "\ufeff"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"  # a scan, say


def file_bytes(sheet: Sheet, file_format: str) -> bytes:
    """The file as a provider sends it: xlsx, csv, tab or pipe."""
    return _workbook(sheet) if file_format == "xlsx" else _text(sheet, SEPARATORS[file_format])


def row_number(sheet: Sheet, place: int) -> int:
    """The number that Excel gives to the row at a place, counted from 0, of the sheet."""
    return sheet.reporter.habits.title_rows + 2 + place


def table_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """A table as CSV in UTF-8."""
    written = StringIO()
    table = csv.DictWriter(written, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue().encode()


def _workbook(sheet: Sheet) -> bytes:
    written = BytesIO()
    habits, made_on = sheet.reporter.habits, sheet.reporter.produced_on
    book = xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime.combine(made_on, time())})
    page = book.add_worksheet("RTF")
    dated = book.add_format({"num_format": "mm/dd/yyyy"})
    if habits.title_rows:
        page.write_string(0, 0, f"Return Transmission File of {sheet.reporter.provider['name']}")
    for at, record in enumerate(_records(sheet), start=habits.title_rows):
        for place, cell in enumerate(record):
            if isinstance(cell, date):
                page.write_datetime(at, place, cell, dated)
            elif isinstance(cell, int):
                page.write_number(at, place, cell)
            elif cell:
                page.write_string(at, place, cell)
    book.close()
    return written.getvalue()


def _text(sheet: Sheet, separator: str) -> bytes:
    of_windows = len(sheet.rows) % 2 == 0
    written = StringIO()
    if of_windows and separator == ",":
        written.write(BYTE_ORDER_MARK)
    csv.writer(written, delimiter=separator, lineterminator="\r\n" if of_windows else "\n").writerows(_records(sheet))
    return written.getvalue().encode()


def _records(sheet: Sheet) -> Iterable[list[Cell]]:
    habits = sheet.reporter.habits
    extra = [sheet.extra_heading] if sheet.extra_heading else []
    yield [*habits.headings.values(), *extra]
    for row in sheet.rows:
        cells = [_as_written(row.cells.get(element), habits) for element in habits.headings]
        yield [*cells, *([""] if extra else []), *([""] * row.extra_fields)]


def _as_written(cell: Cell, habits: Habits) -> Cell:
    if not isinstance(cell, date) or habits.real_dates:
        return cell
    text = f"{cell:%m/%d/%Y}"
    return re.sub(r"\b0", "", text) if habits.short_dates else text
