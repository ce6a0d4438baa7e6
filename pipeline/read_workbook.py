"""Reads the sheets of an Excel workbook (.xlsx) into grids of text, or says why that cannot be done safely.

Decides which parts hold sheets, strings and formats. It looks at no name and no header of a sheet.

It walks the XML itself: the calamine engine gives no difference between a date and text that looks like one, drops the place of the first
column and every error cell, and allots the whole rectangle between the outermost cells before anybody can ask how large it is.
"""

import re
from dataclasses import dataclass

import polars as pl

from pipeline.read_cells import Values
from pipeline.read_grid import Defect, ReadLimits, RefusedError, Sheet, check_extent, clean, none_ragged, too_long_cell
from pipeline.read_package import DAMAGE, DAMAGED, Attributes, Package, local, relations
from pipeline.read_values import CellFormat, cell_format, unescaped
from pipeline.read_worksheet import read_worksheet

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
    try:
        package = Package(content, limits)
        workbook = _workbook(package)
        return _sheets(package, workbook, limits)
    except DAMAGE:
        raise RefusedError("F010", DAMAGED) from None


def _workbook(package: Package) -> _Workbook:
    for part, name in OTHER_PACKAGES:
        if package.has(part):
            raise _other(name)
    main = next((part for kind, part in relations(package, "").values() if kind == "officeDocument"), "xl/workbook.xml")
    if not package.has(main):
        raise _other("a zip archive")
    types = package.read("[Content_Types].xml") if package.has("[Content_Types].xml") else b""
    if MACRO.search(types) or any(name.endswith("vbaproject.bin") for name in package.names):
        raise RefusedError("F004", "The workbook has macros. Save it as an Excel workbook without macros (.xlsx).")
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
        raise RefusedError("F005", f"The workbook has more than {MAX_SHEETS} sheets. Save only the sheet that was asked for.")
    if any(not package.has(part) for _, _, part in sheets):
        raise RefusedError("F010", DAMAGED)
    by_kind = {kind: part for kind, part in parts.values() if package.has(part)}
    return _Workbook(tuple(sheets), by_kind.get("sharedStrings"), by_kind.get("styles"), from_1904)


def _sheets(package: Package, workbook: _Workbook, limits: ReadLimits) -> tuple[tuple[Sheet, ...], tuple[Defect, ...]]:
    strings = _strings(package, workbook.strings, limits) if workbook.strings else pl.Series(dtype=pl.String)
    formats = _formats(package, workbook.styles) if workbook.styles else []
    values = Values(strings, formats, from_1904=workbook.from_1904)
    sheets: list[Sheet] = []
    notes: list[Defect] = []
    for name, hidden, part in workbook.sheets:
        cells, formulas = read_worksheet(package, part, name, values, limits)
        cells = clean(cells, beside=2)
        check_extent(cells.height, cells.width - 2, limits)
        sheets.append(Sheet(name, hidden, cells, none_ragged()))
        notes.extend(formulas)
    if all(sheet.cells.is_empty() for sheet in sheets):
        raise RefusedError("F002", "The workbook has no cell with anything in it.")
    return tuple(sheets), tuple(notes)


def _strings(package: Package, part: str, limits: ReadLimits) -> pl.Series:
    """The shared strings, without the phonetic runs that stand beside them. Their memory is held to the limit on unpacked bytes."""
    strings: list[str] = []
    pieces: list[str] = []
    length = taken = 0
    reading = phonetic = False

    def start(tag: str, _: Attributes) -> None:
        nonlocal reading, phonetic
        name = local(tag)
        if name == "t":
            reading = not phonetic
        elif name == "rPh":
            phonetic = True

    def text(data: str) -> None:
        nonlocal length
        if reading:
            pieces.append(data)
            length += len(data)
            if length > limits.cell_characters:
                raise too_long_cell(None, limits)

    def end(tag: str) -> None:
        nonlocal reading, phonetic, length, taken
        name = local(tag)
        if name == "t":
            reading = False
        elif name == "rPh":
            phonetic = False
        elif name == "si":
            string = unescaped("".join(pieces))
            pieces.clear()
            length = 0
            taken += 64 + len(string)
            if taken > limits.unpacked_bytes:
                raise RefusedError("F005", f"The texts of the workbook need more than {limits.unpacked_bytes // 2**20:,} MiB.")
            strings.append(string)

    package.walk(part, start, end, text)
    return pl.Series(strings, dtype=pl.String)


def _formats(package: Package, part: str) -> list[CellFormat]:
    """What each cell style shows its number as, by the style's position."""
    codes: dict[str, str] = {}
    ids: list[str] = []
    inside = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal inside
        match local(tag):
            case "numFmt":
                codes.setdefault(attributes.get("numFmtId", ""), attributes.get("formatCode", ""))
            case "cellXfs":
                inside = True
            case "xf" if inside:
                ids.append(attributes.get("numFmtId", "0"))

    def end(tag: str) -> None:
        nonlocal inside
        if local(tag) == "cellXfs":
            inside = False

    package.walk(part, start, end)
    return [cell_format(number, codes.get(number)) for number in ids]


def _other(name: str) -> RefusedError:
    return RefusedError("F001", f"This is {name}. Save it as an Excel workbook (.xlsx) or as .csv and send it again.")
