"""Laws of reading: both ways through a text or a sheet give the same cells, and no bytes at all make `read` fail."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date
from functools import cache

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from polars.testing import assert_frame_equal
from xlsxwriter import Workbook as QuickWorkbook  # type: ignore[import-untyped] # has annotations, but does not say so

from pipeline.read import ReadFile, ReadLimits, read
from pipeline.read_extent import parsed_extent, regular_extent
from pipeline.read_grid import RefusedError
from pipeline.read_package import Package
from pipeline.read_text import _regular, _tolerant

LIMITS = ReadLimits()
SMALL = ReadLimits(file_bytes=2**20, rows=50, columns=20, cell_characters=2000, unpacked_bytes=2**20)

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\N{FULLWIDTH EQUALS SIGN}")
CELL = st.text(alphabet=st.sampled_from("ab9 ',\"|\t=-\n\ré\u00a0\x1c\u200b#\\"), max_size=5)
WELL_FORMED = st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=6))
LINES = st.lists(st.text(alphabet=st.sampled_from('ab,"\n\r '), max_size=9), max_size=8).map("".join)


def both_ways(text: str, delimiter: str) -> tuple[pl.DataFrame | None, pl.DataFrame | str]:
    try:
        slow: pl.DataFrame | str = _tolerant(text, delimiter, LIMITS)
    except RefusedError as refusal:
        slow = refusal.defect.rule
    return _regular(text, delimiter, LIMITS), slow


def check_equal(fast: pl.DataFrame | None, slow: pl.DataFrame | str) -> None:
    if fast is not None:
        assert isinstance(slow, pl.DataFrame)
        if fast.is_empty():
            assert slow.is_empty()
        else:
            assert_frame_equal(fast, slow)


@settings(max_examples=300, deadline=None)
@given(
    rows=WELL_FORMED,
    delimiter=st.sampled_from(",\t|"),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_both_ways_through_a_well_formed_text_give_the_same_cells(rows: list[list[str]], delimiter: str, quoting: int, end: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)  # type: ignore[arg-type] # csv's own constants
    fast, slow = both_ways(out.getvalue(), delimiter)
    check_equal(fast, slow)
    assert isinstance(slow, pl.DataFrame)
    one_line = not any("\n" in cell or "\r" in cell for row in rows for cell in row)
    if one_line:
        assert fast is not None


@settings(max_examples=500, deadline=None)
@given(text=LINES)
def test_both_ways_through_any_text_give_the_same_cells(text: str) -> None:
    check_equal(*both_ways(text, ","))


@settings(max_examples=100, deadline=None)
@given(rows=WELL_FORMED)
def test_what_was_written_is_what_is_read(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    slow = both_ways(out.getvalue(), ",")[1]
    assert isinstance(slow, pl.DataFrame)
    found = {row: cells for row, _, _, *cells in slow.rows()}
    for number, row in enumerate(rows, start=1):
        written = [None if not cell.strip(" \u00a0\n\r\t") else cell for cell in row]
        written = [cell[1:] if cell and cell[0] == "'" and cell.lstrip("'")[:1] in FORMULA_STARTS else cell for cell in written]
        assert found.get(number, [None] * len(row)) == written


VALUE = st.one_of(
    st.none(),
    st.text(alphabet=st.sampled_from("ab9 &<>'\"_x000D\né"), max_size=8),
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e20, max_value=1e20),
    st.booleans(),
    st.dates(),
)
SHEET = st.lists(st.lists(VALUE, max_size=5), min_size=1, max_size=6)


def with_openpyxl(rows: list[list[object]]) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append([f"'{value}" if isinstance(value, str) and value.startswith("=") else value for value in row])
    book.save(content)
    return content.getvalue()


def with_xlsxwriter(rows: list[list[object]]) -> bytes:
    content = io.BytesIO()
    with QuickWorkbook(content, {"constant_memory": True, "strings_to_formulas": False, "default_date_format": "mm/dd/yyyy"}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(at, column, value)
    return content.getvalue()


@settings(max_examples=60, deadline=None)
@given(rows=SHEET)
@pytest.mark.parametrize("write", [with_openpyxl, with_xlsxwriter])
def test_both_ways_through_a_sheet_find_the_same_extent(rows: list[list[object]], write: Callable[[list[list[object]]], bytes]) -> None:
    package = Package(write(rows), LIMITS)
    xml = package.read("xl/worksheets/sheet1.xml")
    assert regular_extent([xml], LIMITS) == parsed_extent(package, "xl/worksheets/sheet1.xml", LIMITS)


# Days before March 1900 are counted in two ways.
DAYS = st.dates(min_value=date(1900, 3, 1))
TEXTS = st.text(alphabet=st.sampled_from('ab9 &<>"_x\né'), max_size=8)
EXACT = st.lists(st.one_of(st.none(), TEXTS, st.integers(-(2**53), 2**53), st.booleans(), DAYS), max_size=5)


def as_read(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, date):
        return f"{value:%m/%d/}{value.year:04}"
    return None if value is None or not str(value).strip() else str(value)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(EXACT, min_size=1, max_size=6))
@pytest.mark.parametrize("write", [with_openpyxl, with_xlsxwriter])
def test_what_was_written_into_a_sheet_is_read(rows: list[list[object]], write: Callable[[list[list[object]]], bytes]) -> None:
    written = {(row, at): as_read(cell) for row, cells in enumerate(rows, 1) for at, cell in enumerate(cells, 1)}
    found = read(write(rows), "rtf.xlsx", LIMITS)
    sheet = found.sheets[0].cells.rows() if found.sheets else []
    cells = {(row, at): text for row, _, *texts in sheet for at, text in enumerate(texts, 1)}
    assert {place: text for place, text in cells.items() if text} == {place: text for place, text in written.items() if text}


@cache
def sound_files() -> tuple[bytes, ...]:
    rows: list[list[object]] = [["cin", "status", 1.5, True], ["91234567A", 'say "x", then\ny', None, "é"], [9, None, "x", "=1"]]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return (with_openpyxl(rows), with_xlsxwriter(rows), text.getvalue().encode())


def check_returned(result: object) -> None:
    assert isinstance(result, ReadFile)
    errors = [defect for defect in result.defects if defect.rule < "F020"]
    assert bool(errors) == (result.sheets == ())
    for sheet in result.sheets:
        assert sheet.cells.columns[:2] == ["row", "line"]
        assert set(sheet.cells.dtypes[2:]) <= {pl.String()}
        assert sheet.cells["row"].is_sorted()
        assert sheet.cells["row"].n_unique() == sheet.cells.height
        assert set(sheet.ragged["row"]) <= set(sheet.cells["row"])


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=300), start=st.sampled_from([b"", b"PK\x03\x04", b"\xef\xbb\xbf", b"a,b\n"]))
def test_any_bytes_are_answered(content: bytes, start: bytes) -> None:
    check_returned(read(start + content, "rtf.csv", SMALL))


@settings(max_examples=200, deadline=None)
@given(data=st.data(), which=st.integers(0, 2))
def test_cut_and_changed_files_are_answered(data: st.DataObject, which: int) -> None:
    content = bytearray(sound_files()[which][: data.draw(st.integers(0, 10_000))])
    for _ in range(data.draw(st.integers(0, 4))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    check_returned(read(bytes(content), "rtf.xlsx", SMALL))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), which=st.integers(0, 1), part=st.integers(0, 20))
def test_workbooks_with_changed_parts_are_answered(data: st.DataObject, which: int, part: int) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sound_files()[which])) as package, zipfile.ZipFile(content, "w") as changed:
        names = package.namelist()
        for name in names:
            xml = bytearray(package.read(name))
            if name == names[part % len(names)]:
                for _ in range(data.draw(st.integers(1, 4))):
                    at = data.draw(st.integers(0, len(xml) - 1))
                    xml[at : at + data.draw(st.integers(0, 9))] = data.draw(
                        st.sampled_from([b"", b"<", b"/>", b"9", b"\xff", b'"', b"<c>", b"&x;", b"A", b"1e999"])
                    )
            changed.writestr(name, bytes(xml))
    check_returned(read(content.getvalue(), "rtf.xlsx", SMALL))
