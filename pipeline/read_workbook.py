"""Reads the sheets of an Excel workbook (.xlsx) into grids of text, or says why that cannot be done safely.

Decides which parts hold sheets, strings and formats, and how a value is written as text. It looks at no name and no header of a sheet, and
leaves the parsing to calamine, which is given a new package of nothing but the parts that were looked through before.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from math import isfinite
from typing import IO, Any

import polars as pl
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from pipeline.read_extent import Extent, copy_strings, copy_worksheet
from pipeline.read_grid import Defect, ReadLimits, RefusedError, Sheet, clean, none_ragged
from pipeline.read_package import DAMAGE, DAMAGED, Attributes, Package, local, relations

MACRO = re.compile(rb"macroEnabled\.(?:main|12)|vnd\.ms-office\.vbaProject", re.IGNORECASE)
HIDDEN = frozenset({"hidden", "veryHidden"})
MAX_SHEETS = 256

# What a zip archive is that is not a workbook, by a part that it has.
OTHER_PACKAGES = (
    ("xl/workbook.bin", "an Excel binary workbook (.xlsb)"),
    ("word/document.xml", "a Word document"),
    ("ppt/presentation.xml", "a PowerPoint presentation"),
    ("content.xml", "an OpenDocument file (.ods)"),
)

# The new package (ECMA-376 part 1, 12.3).
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
# Packing costs time, and not packing the largest costs memory.
UNPACKED_BYTES, PACK_LEVEL = 64 * 2**20, 1

BLOCK_ROWS = 10_000
# Whole numbers up to here are exact; of a longer one the last digits are lost, and its text shows that.
EXACT = 2**53
# Excel keeps at most so many digits of a fraction that somebody typed; those behind are what binary arithmetic left over.
FRACTION_DIGITS = ".15g"

# Excel counts a 29 February 1900 that no calendar has, so from March 1900 on day 0 is the day before the 31st; Excel for Mac began in 1904.
DAY_ZERO, DAY_ZERO_1904 = date(1899, 12, 30), date(1904, 1, 1)

Value = int | float | str | bool | time | date | datetime | timedelta


@dataclass(frozen=True)
class _Workbook:
    """The parts of a workbook: (name, hidden, part) of each sheet, and what the cells refer to."""

    sheets: tuple[tuple[str, bool, str], ...]
    strings: str | None
    styles: str | None
    from_1904: bool


def read_workbook(content: bytes, limits: ReadLimits) -> tuple[tuple[Sheet, ...], tuple[Defect, ...]]:
    """Every worksheet in the order of the workbook, hidden ones marked, and the notes on it.

    Raises RefusedError with F001, F002, F003, F004, F005 or F010.
    """
    with damage_refused():
        package = Package(content, limits)
        workbook = _workbook(package)
        copy, extents = _copy(package, workbook, limits)
        # Without a sheet there is nothing that the library would take for a workbook.
        book = CalamineWorkbook.from_filelike(copy) if extents else None
        grids = [clean(_cells(book.get_sheet_by_index(at)), beside=2) for at in range(len(extents))] if book else []
    if all(cells.is_empty() for cells in grids):
        raise RefusedError("F002", "The workbook has no cell with anything in it.")
    named = list(zip(workbook.sheets, grids, extents, strict=True))
    day_zero = DAY_ZERO_1904 if workbook.from_1904 else DAY_ZERO
    sheets = tuple(Sheet(name, hidden, cells, none_ragged(), day_zero) for (name, hidden, _), cells, _ in named)
    return sheets, tuple(_formula_note(name, extent) for (name, _, _), _, extent in named if extent.formulas)


@contextmanager
def damage_refused() -> Iterator[None]:
    """Raise RefusedError F010 for whatever damage makes the parsers fail, a panic of the library among it."""
    try:
        yield
    except (*DAMAGE, CalamineError, OverflowError):
        raise RefusedError("F010", DAMAGED) from None
    except BaseException as panic:
        # Its class cannot be imported, and is no Exception.
        if type(panic).__name__ == "PanicException":
            raise RefusedError("F010", DAMAGED) from None
        raise


def _workbook(package: Package) -> _Workbook:
    for part, name in OTHER_PACKAGES:
        if package.has(part):
            raise _other(name)
    main = next((part for kind, part in relations(package, "").values() if kind == "officeDocument"), "xl/workbook.xml")
    if not package.has(main):
        raise _other("a zip archive")
    types = package.read("[Content_Types].xml") if package.has("[Content_Types].xml") else b""
    if MACRO.search(types) or any(name.endswith("vbaproject.bin") for name in package.names):
        raise RefusedError("F004", "The workbook has macros.")
    return _contents(package, main)


def _contents(package: Package, main: str) -> _Workbook:
    parts = relations(package, main)
    sheets: list[tuple[str, bool, str]] = []
    from_1904 = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal from_1904
        if local(tag) == "workbookPr":
            from_1904 = attributes.get("date1904", "0").lower() in ("1", "true")
        elif local(tag) == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            kind, part = parts.get(relation, ("", ""))
            if kind == "worksheet":
                sheets.append((attributes.get("name", ""), attributes.get("state") in HIDDEN, part))

    package.walk(main, start)
    if len(sheets) > MAX_SHEETS:
        raise RefusedError("F005", f"The workbook has more than {MAX_SHEETS} sheets.")
    if any(not package.has(part) for _, _, part in sheets):
        raise RefusedError("F010", DAMAGED)
    by_kind = {kind: part for kind, part in parts.values() if package.has(part)}
    return _Workbook(tuple(sheets), by_kind.get("sharedStrings"), by_kind.get("styles"), from_1904)


def _copy(package: Package, workbook: _Workbook, limits: ReadLimits) -> tuple[IO[bytes], list[Extent]]:
    """A package that holds the sheets by number and what their cells refer to, all looked through, and the extent of each sheet."""
    content = io.BytesIO()
    parts = {"worksheet": [f"worksheets/sheet{number}.xml" for number, _ in enumerate(workbook.sheets, start=1)]}
    packed = zipfile.ZIP_DEFLATED if package.unpacked_bytes > UNPACKED_BYTES else zipfile.ZIP_STORED
    with zipfile.ZipFile(content, "w", packed, compresslevel=PACK_LEVEL) as copy:
        if workbook.strings:
            parts["sharedStrings"] = ["sharedStrings.xml"]
            with copy.open("xl/sharedStrings.xml", "w") as strings:
                copy_strings(package, workbook.strings, strings, limits)
        if workbook.styles:
            package.walk(workbook.styles)
            parts["styles"] = ["styles.xml"]
            with copy.open("xl/styles.xml", "w") as styles:
                styles.writelines(package.chunks(workbook.styles))
        extents: list[Extent] = []
        for name, (_, _, part) in zip(parts["worksheet"], workbook.sheets, strict=True):
            with copy.open(f"xl/{name}", "w") as sheet:
                extents.append(copy_worksheet(package, part, sheet, limits))
        related = [(kind, name) for kind, names in parts.items() for name in names]
        copy.writestr("xl/_rels/workbook.xml.rels", _relations_xml(related))
        copy.writestr("xl/workbook.xml", _workbook_xml(len(extents), workbook.from_1904))
        copy.writestr("_rels/.rels", _relations_xml([("officeDocument", "xl/workbook.xml")]))
    content.seek(0)
    return content, extents


def _workbook_xml(sheets: int, from_1904: bool) -> str:
    tags = "".join(f'<sheet name="{number}" sheetId="{number}" r:id="rId{number}"/>' for number in range(1, sheets + 1))
    days = '<workbookPr date1904="1"/>' if from_1904 else ""
    return f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{days}<sheets>{tags}</sheets></workbook>'


def _relations_xml(related: list[tuple[str, str]]) -> str:
    tags = (f'<Relationship Id="rId{at}" Type="{OFFICE}/{kind}" Target="{name}"/>' for at, (kind, name) in enumerate(related, start=1))
    return f'<Relationships xmlns="{RELATIONS}">{"".join(tags)}</Relationships>'


def _cells(sheet: CalamineSheet) -> pl.DataFrame:
    """Int64 `row` and `line`, String `c1` to the last column that holds anything."""
    if sheet.start is None:
        return pl.DataFrame(schema={"row": pl.Int64, "line": pl.Int64})
    above, before = sheet.start
    rows = islice(sheet.iter_rows(), above, None)
    blocks: list[pl.DataFrame] = []
    while block := list(islice(rows, BLOCK_ROWS)):
        columns = enumerate(zip(*block, strict=True), start=before + 1)
        blocks.append(pl.DataFrame([_texts(f"c{number}", column) for number, column in columns]))
    cells = pl.concat(blocks)
    row = pl.int_range(above + 1, above + cells.height + 1, dtype=pl.Int64)
    blank = [pl.lit(None, dtype=pl.String).alias(f"c{number}") for number in range(1, before + 1)]
    # No cell may hold the character that its writer had to escape.
    texts = pl.all().str.replace_all("\0", "_x0000_", literal=True)
    return cells.select(row.alias("row"), row.alias("line"), *blank, texts)


def _texts(name: str, values: tuple[Value, ...]) -> pl.Series:
    if set(map(type, values)) != {str}:
        values = tuple(value if type(value) is str else TEXTS[type(value)](value) for value in values)
    return pl.Series(name, values, dtype=pl.String)


def _number_text(number: float) -> str:
    if number.is_integer():
        return str(int(number)) if abs(number) <= EXACT else f"{Decimal(repr(number)).normalize():E}"
    return f"{Decimal(format(number, FRACTION_DIGITS)):f}" if isfinite(number) else str(number)


def _moment_text(moment: datetime) -> str:
    """Fractions of a second are dropped, so that no time just before midnight moves to the next day."""
    clock = _clock_text(moment.time())
    return _date_text(moment.date()) if clock == "00:00:00" else f"{_date_text(moment.date())} {clock}"


@lru_cache(maxsize=4096)
def _date_text(day: date) -> str:
    return f"{day.month:02}/{day.day:02}/{day.year:04}"


def _clock_text(clock: time) -> str:
    return f"{clock.hour:02}:{clock.minute:02}:{clock.second:02}"


def _elapsed_text(elapsed: timedelta) -> str:
    seconds = int(elapsed.total_seconds())
    sign = "-" if seconds < 0 else ""
    return f"{sign}{abs(seconds) // 3600:02}:{abs(seconds) // 60 % 60:02}:{abs(seconds) % 60:02}"


# How the library's values are written.
TEXTS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "TRUE" if value else "FALSE",
    int: str,
    float: _number_text,
    datetime: _moment_text,
    date: _date_text,
    time: _clock_text,
    timedelta: _elapsed_text,
}


def _formula_note(name: str, extent: Extent) -> Defect:
    detail = f"Formulas in sheet {name!r}: {extent.formulas:,}."
    if extent.formulas_blank:
        detail += f" Without a stored value: {extent.formulas_blank:,}, the first in row {extent.formulas_first_blank:,}."
    return Defect("F023", detail, extent.formulas_first_blank)


def _other(name: str) -> RefusedError:
    return RefusedError("F001", f"This is {name}.")
