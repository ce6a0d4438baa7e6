"""An Excel workbook becomes the same grid of text, each cell at its own place."""

import io
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook

from pipeline.read import ReadFile, ReadLimits, read


def workbook(cells: Mapping[str, Any], formats: Mapping[str, str] | None = None) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    for place, value in cells.items():
        sheet[place] = value
    for place, code in (formats or {}).items():
        sheet[place].number_format = code
    return saved(book)


def saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def read_workbook(content: bytes, limits: ReadLimits | None = None) -> ReadFile:
    return read(content, "rtf.xlsx", limits or ReadLimits())


def column(content: bytes, name: str = "c1") -> list[str | None]:
    return read_workbook(content).sheets[0].cells[name].to_list()


def test_rows_and_columns_keep_the_places_that_excel_shows() -> None:
    (sheet,) = read_workbook(workbook({"C4": "cin", "D4": "status", "C6": "91234567A"})).sheets
    assert sheet.cells.columns == ["row", "line", "c1", "c2", "c3", "c4"]
    assert sheet.cells.rows() == [(4, 4, None, None, "cin", "status"), (6, 6, None, None, "91234567A", None)]


def test_a_date_and_text_that_looks_like_one_are_told_apart_cell_by_cell() -> None:
    afternoon = datetime.combine(date(2025, 7, 3), time(13, 5, 9))
    cells = {"A1": date(2025, 7, 1), "A2": "2025-07-01 00:00:00", "A3": "07/02/2025", "A4": afternoon}
    assert column(workbook(cells)) == ["07/01/2025", "2025-07-01 00:00:00", "07/02/2025", "07/03/2025 13:05:09"]


def test_numbers_are_written_in_full_digits() -> None:
    cells = {"A1": 123456789012, "A2": 12.0, "A3": 1.5, "A4": 9.5e20, "A5": "007", "A6": 0.1 + 0.2, "A7": 1e-7}
    assert column(workbook(cells)) == ["123456789012", "12", "1.5", "950000000000000000000", "007", "0.3", "0.0000001"]


def test_booleans_and_errors_are_read_as_excel_shows_them() -> None:
    assert column(workbook({"A1": True, "A2": False, "A3": "#N/A"})) == ["TRUE", "FALSE", "#N/A"]
