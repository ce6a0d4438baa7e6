"""Invented files as bytes: the sheets of a provider as a workbook or as text, with the mess of either.

Decides how cells are written, not what they say. Texts are left as a provider's own software leaves them: nothing is neutralized.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from io import BytesIO, StringIO
from typing import Any

import xlsxwriter  # type: ignore[import-untyped] # has annotations, but does not say so

from pipeline.synth_habits import Habits
from pipeline.synth_mess import PLAIN, Mess, american, short
from pipeline.synth_returns import PLAN_NAME, Cell, Sheet
from schemas.codes import CLOSURE_REASONS, REFERRAL_STATUSES

SEPARATORS = {"csv": ",", "tab": "\t", "pipe": "|"}
ENDINGS = {"xlsx": "xlsx", "csv": "csv", "tab": "txt", "pipe": "txt"}
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"  # a scan, say
SHEET, SHEET_BESIDE = "RTF", "OTF"
FIGURES = re.compile(r"[1-9][0-9]{0,14}|0")
TITLE = "Informe mensual de la compañía"  # an accent, so that every encoding shows

INSTRUCTIONS = [["How to fill in this file"], ["One row for each status of each member."], ["Do not change the headings."]]
LISTS = [["Status", "Reason"], *([a.label, b.label] for a, b in zip(REFERRAL_STATUSES.codes, CLOSURE_REASONS.codes, strict=False))]


def file_bytes(sheet: Sheet, file_format: str, mess: Mess = PLAIN, beside: Sheet | None = None) -> bytes:
    """The file as a provider sends it: xlsx, csv, tab or pipe. beside: an outreach tracker on a second sheet of a workbook."""
    return _workbook(sheet, mess, beside) if file_format == "xlsx" else _text(sheet, SEPARATORS[file_format], mess)


def usual_mess(sheet: Sheet, file_format: str) -> Mess:
    """How a provider writes its monthly file: titles by its habits, and text as its system writes it."""
    of_windows = file_format != "xlsx" and len(sheet.rows) % 2 == 0
    encoding = "utf-8-sig" if of_windows and file_format == "csv" else "utf-8"
    return Mess(
        "usual",
        above=sheet.reporter.habits.title_rows,
        extra_heading=sheet.extra_heading,
        encoding=encoding,
        line_end="\r\n" if of_windows else "\n",
    )


def row_number(mess: Mess, place: int) -> int:
    """The number that Excel gives to the row at a place, counted from 0, of a sheet."""
    return mess.above + 2 + place * (2 if mess.gaps else 1)


def table_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """A table as CSV in UTF-8."""
    written = StringIO()
    table = csv.DictWriter(written, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue().encode()


def records(sheet: Sheet, mess: Mess) -> Iterator[list[Cell]]:
    """The rows of a sheet from its very first on, as they are written."""
    habits = sheet.reporter.habits
    for above in range(mess.above):
        yield [TITLE if not above else None]
    yield _widened([*habits.headings.values(), *([mess.extra_heading] if mess.extra_heading else []), *mess.added], mess)
    for place, row in enumerate(sheet.rows):
        cells = [_as_written(row.cells.get(name), habits, mess, place) for name in habits.headings]
        own: list[Cell] = ["called twice" if place % 2 else None] if mess.extra_heading else []
        yield [*_widened([*cells, *own, *([None] * len(mess.added))], mess), *([""] * row.extra_fields)]
        if mess.gaps:
            yield []
    blank: list[Cell] = [None] * len(habits.headings)
    yield from (blank for _ in range(mess.below))


def _widened(cells: list[Cell], mess: Mess) -> list[Cell]:
    return [*cells[:3], None, *cells[3:], None] if mess.blank_columns else cells


def _as_written(cell: Cell, habits: Habits, mess: Mess, place: int) -> Cell:
    if isinstance(cell, date):
        if mess.dates:
            return mess.dates[place % len(mess.dates)](cell)
        return cell if habits.real_dates else short(cell) if habits.short_dates else american(cell)
    return f"{mess.around}{cell}{mess.around}" if mess.around and isinstance(cell, str) and cell else cell


def _workbook(sheet: Sheet, mess: Mess, beside: Sheet | None) -> bytes:
    written = BytesIO()
    book = xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime.combine(sheet.reporter.produced_on, time())})
    dated = book.add_format({"num_format": "mm/dd/yyyy"})
    if mess.sheets or mess.hidden_sheet:
        _fill(book.add_worksheet("Instructions"), INSTRUCTIONS, dated, PLAIN)
    page = book.add_worksheet(SHEET)
    _fill(page, records(sheet, mess), dated, mess, _names(sheet))
    if beside is not None:
        _fill(book.add_worksheet(SHEET_BESIDE), records(beside, mess), dated, mess, _names(beside))
    if mess.hidden_sheet:
        page.hide()
    if mess.sheets:
        lists = book.add_worksheet("Lists")
        _fill(lists, LISTS, dated, PLAIN)
        lists.very_hidden()
    if mess.hidden_rows:
        page.set_row(row_number(mess, 0) - 1, None, None, {"hidden": True})
        page.autofilter(mess.above, 0, mess.above + len(sheet.rows), len(sheet.reporter.habits.headings) - 1)
    book.close()
    return written.getvalue()


def _fill(page: Any, rows: Iterable[Sequence[Cell]], dated: Any, mess: Mess, names: tuple[str, ...] = ()) -> None:
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            if isinstance(cell, date):
                page.write_datetime(at, place, cell, dated)
            elif isinstance(cell, int):
                page.write_number(at, place, cell)
            elif cell is None and mess.below:
                page.write_blank(at, place, None, dated)
            elif cell and mess.numbers and FIGURES.fullmatch(cell):
                page.write_number(at, place, int(cell))
            elif cell and mess.formulas and cell in names:
                page.write_formula(at, place, f'=TRIM("{cell} ")', None, cell)
            elif cell:
                page.write_string(at, place, cell)


def _text(sheet: Sheet, separator: str, mess: Mess) -> bytes:
    written = StringIO(newline="")
    table = csv.writer(
        written, delimiter=separator, lineterminator=mess.line_end, quoting=csv.QUOTE_ALL if mess.quoted else csv.QUOTE_MINIMAL
    )
    for row in records(sheet, mess):
        texts = [american(cell) if isinstance(cell, date) else cell for cell in row]
        table.writerow([_broken(cell, sheet) for cell in texts] if mess.broken_lines else texts)
    text = written.getvalue()
    return (text.removesuffix(mess.line_end) if mess.open_end else text).encode(mess.encoding)


def _broken(cell: Cell, sheet: Sheet) -> Cell:
    """The names of plan and provider on several lines."""
    return cell.replace(" ", "\n") if isinstance(cell, str) and cell in _names(sheet) else cell


def _names(sheet: Sheet) -> tuple[str, str]:
    return (PLAN_NAME, sheet.reporter.provider["name"])
