"""Looks through the parts of a workbook before the library parses them: how far each sheet reaches, and which formulas it has.

Decides whether a part is safe to hand over. The library allots the whole rectangle between the outermost cells, and as many shared strings
as the part says it has, and ends the process when there is no such memory. What the cells hold is for `read_workbook`.

A worksheet in the form that the common writers use is looked through with regular expressions, several times as fast as parsing it; the
first thing that these do not know sends the whole sheet to the XML parser.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from pipeline.read_grid import ReadLimits, RefusedError, check_extent, too_long_cell
from pipeline.read_package import DAMAGED, Attributes, Package, local

# The size of every Excel sheet.
EXCEL_ROWS, EXCEL_COLUMNS = 1_048_576, 16_384
# What the library takes for each place of the rectangle, filled or not, and at the least for a shared string.
PLACE_BYTES, STRING_BYTES = 32, 64

PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
ROW = re.compile(r"[1-9][0-9]{0,6}")
COUNT = re.compile(r"[0-9]{1,18}")

# The start of a part in UTF-8 without a prefix before the names of its elements.
DECLARATION = (
    rb"""(?:\xef\xbb\xbf)?\s*"""
    rb"""(?:<\?xml version=["']1\.[01]["'](?: encoding=["'](?i:utf-8)["'])?(?: standalone=["'][a-z]+["'])?\s*\?>)?\s*"""
)
SHEET_START, SHEET_END = re.compile(DECLARATION + rb"<worksheet(?=[\s>])"), b"</worksheet>"
STRINGS_START = re.compile(DECLARATION + rb'<sst(?: xmlns="[^"<>]*")?(?: count="[0-9]+")?(?: uniqueCount="([0-9]+)")?>')
# Declarations, comments and CDATA, formulas, text in several runs, strings once more; prefixes; rows and cells that do not begin
# with their place.
IRREGULAR = (
    re.compile(rb"<[!?]"),
    re.compile(rb"<[fr][\s/>]"),
    re.compile(rb"<sst[\s/>]"),
    re.compile(rb":(?:c|row|si|sst)[\s/>]"),
    re.compile(rb'<row(?! r="[1-9][0-9]{0,6}")[\s/>]'),
    re.compile(rb'<c(?! r="[A-Z]{1,3}[1-9][0-9]{0,6}")[\s/>]'),
)
# Column and row of each cell that is not certainly blank.
FILLED = rb'(?: s="[0-9]++")?+(?: t="[A-Za-z]++")?+(?! ?/>|></c>)'
CELL_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})[1-9][0-9]{0,6}"' + FILLED)
CELL_ROW = re.compile(rb'<c r="[A-Z]{1,3}([1-9][0-9]{0,6})"' + FILLED)
ERROR = re.compile(rb"""(<(?:[^<>\s/:]+:)?c\s(?:[^<>]*?\s)?t\s*=\s*)(?:"e"|'e')""")


@dataclass(frozen=True)
class Extent:
    """The rectangle from A1 to the outermost cells that may hold a value, how many those are, and a count of the formulas."""

    rows: int = 0
    columns: int = 0
    cells: int = 0
    formulas: int = 0
    formulas_blank: int = 0
    formulas_first_blank: int | None = None


def copy_worksheet(package: Package, part: str, copy: IO[bytes], limits: ReadLimits) -> Extent:
    """Copy a worksheet part, its error cells (#N/A, #SPILL!) as texts, because the library drops the known and refuses the others.

    Raises RefusedError F005 over a limit and F010 for what no spreadsheet program writes.
    """
    pieces = map(_errors_as_texts, _pieces(package.chunks(part)))
    extent = regular_extent(_copied(pieces, copy), limits) or parsed_extent(package, part, limits)
    if extent.rows > EXCEL_ROWS or extent.columns > EXCEL_COLUMNS or extent.cells > extent.rows * extent.columns:
        raise RefusedError("F010", DAMAGED)
    check_extent(extent.rows, extent.columns, limits, PLACE_BYTES)
    return extent


def copy_strings(package: Package, part: str, copy: IO[bytes], limits: ReadLimits) -> None:
    """Copy the shared strings. Raises RefusedError F005 when one of them, or all together, are over a limit."""
    size = regular_strings(_copied(_pieces(package.chunks(part)), copy), limits)
    if size is None:
        size = parsed_strings(package, part, limits)
    if size > limits.unpacked_bytes:
        raise RefusedError("F005", f"The texts of the workbook need more than {limits.unpacked_bytes // 2**20:,} MiB.")


def regular_extent(pieces: Iterable[bytes], limits: ReadLimits) -> Extent | None:
    """The extent of a sheet without formulas; None at the first thing that the regular expressions might take wrongly.

    All pieces are drawn, also then.
    """
    regular, started, ended = True, False, False
    cells, rows, columns = 0, {0}, {0}
    for piece in pieces:
        if not started:
            head = SHEET_START.match(piece)
            regular, started = head is not None, True
            piece = piece[head.end() :] if head else piece
        regular = regular and _is_regular(piece, limits)
        if regular:
            letters = CELL_COLUMN.findall(piece)
            cells += len(letters)
            columns.update(_column(each.decode()) for each in set(letters))
            rows.update(map(int, set(CELL_ROW.findall(piece))))
        ended = piece.rstrip().endswith(SHEET_END) if piece else ended
    return Extent(max(rows), max(columns), cells) if regular and ended else None


def regular_strings(pieces: Iterable[bytes], limits: ReadLimits) -> int | None:
    """The bytes that shared strings of a single run each take at the most; None and all pieces drawn as above."""
    regular, started = True, False
    size = 0
    for piece in pieces:
        if not started:
            head = STRINGS_START.match(piece)
            regular, started = head is not None, True
            # The library sets aside room for as many as are declared before it reads the first.
            size = STRING_BYTES * int(head[1] or 0) if head else 0
            piece = piece[head.end() :] if head else piece
        regular = regular and _is_regular(piece, limits)
        size += len(piece) + STRING_BYTES * piece.count(b"<si")
    return size if regular else None


def parsed_strings(package: Package, part: str, limits: ReadLimits) -> int:
    """The same for any shared strings, by way of the XML parser."""
    length = size = 0

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal length, size
        if local(tag) == "si":
            length = 0
            size += STRING_BYTES
        elif local(tag) == "sst":
            declared = attributes.get("uniqueCount", "0")
            if not COUNT.fullmatch(declared):
                raise RefusedError("F010", DAMAGED)
            size += STRING_BYTES * int(declared)

    def text(data: str) -> None:
        nonlocal length, size
        length += len(data)
        size += len(data)
        if length > limits.cell_characters:
            raise too_long_cell(None, limits)

    package.walk(part, start, text=text)
    return size


def parsed_extent(package: Package, part: str, limits: ReadLimits) -> Extent:
    """The same for any worksheet, with its formulas, by way of the XML parser."""
    walk = _Walk(limits)
    package.walk(part, walk.start, walk.end, walk.text)
    return Extent(walk.rows, walk.columns, walk.cells, walk.formulas, walk.formulas_blank, walk.formulas_first_blank)


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut behind the end of a row where there is one and otherwise behind a tag, so that no tag is in two pieces."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        end = rest.rfind(b"row>") + 4 if b"row>" in rest else rest.rfind(b">") + 1
        if not end:
            raise RefusedError("F005", "A cell of the workbook has a text without an end.")
        yield rest[:end]
        rest = rest[end:]
    yield rest


def _errors_as_texts(piece: bytes) -> bytes:
    return ERROR.sub(rb'\1"str"', piece) if b'"e"' in piece or b"'e'" in piece else piece


def _copied(pieces: Iterable[bytes], copy: IO[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        copy.write(piece)
        yield piece


def _is_regular(piece: bytes, limits: ReadLimits) -> bool:
    if any(pattern.search(piece) for pattern in IRREGULAR):
        return False
    # A text over the limit covers one of these spans as a whole.
    span = max(limits.cell_characters // 2, 1)
    return all(piece.find(b"<", at, at + span) >= 0 for at in range(0, len(piece) - span, span))


class _Walk:
    """What an XML parser sees of a worksheet: the place of each cell with anything in it, and its formulas."""

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits
        self._row = self._column = self._length = 0
        self._in_row = self._reading = self._valued = self._formula = False
        self.rows = self.columns = self.cells = self.formulas = self.formulas_blank = 0
        self.formulas_first_blank: int | None = None

    def start(self, tag: str, attributes: Attributes) -> None:
        match local(tag):
            case "c":
                self._start_cell(attributes.get("r"))
            case "v" | "t":
                self._reading = self._valued = True
            case "row":
                self._start_row(attributes.get("r"))
            case "f":
                self._formula = True

    def text(self, data: str) -> None:
        if self._reading:
            self._length += len(data)
            if self._length > self._limits.cell_characters:
                raise too_long_cell(self._row, self._limits)

    def end(self, tag: str) -> None:
        match local(tag):
            case "c":
                self._end_cell()
            case "v" | "t":
                self._reading = False
            case "row":
                self._in_row = False

    def _start_row(self, number: str | None) -> None:
        if self._in_row or (number is not None and not ROW.fullmatch(number)):
            raise RefusedError("F010", DAMAGED)
        self._row = self._row + 1 if number is None else int(number)
        self._column, self._in_row = 0, True

    def _start_cell(self, place: str | None) -> None:
        """A cell that names no place stands after the one before."""
        named = PLACE.fullmatch(place or "")
        if not self._in_row or (place is not None and not named):
            raise RefusedError("F010", DAMAGED)
        self._column = _column(named[1]) if named else self._column + 1
        self._cell_row = int(named[2]) if named else self._row
        self._valued = self._formula = False
        self._length = 0

    def _end_cell(self) -> None:
        if self._valued:
            self.cells += 1
            self.rows, self.columns = max(self.rows, self._cell_row), max(self.columns, self._column)
        if self._formula:
            self.formulas += 1
            if not self._length:
                self.formulas_blank += 1
                self.formulas_first_blank = self.formulas_first_blank or self._cell_row


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
