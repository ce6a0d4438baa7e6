"""Finds the cells in the XML of one worksheet, and their places: row 1 is Excel's row 1, c1 is column A.

Decides which elements are cells. What a cell's stored value becomes as text is for `read_cells`.

A sheet in the form that the common writers use is cut by one regular expression, four times as fast as parsing; the first thing
that it does not know sends the whole sheet to the XML parser.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from xml.sax.saxutils import unescape

import polars as pl

from pipeline.read_cells import Cell, Grid, Values
from pipeline.read_grid import Defect, ReadLimits, RefusedError
from pipeline.read_package import DAMAGED, MAX_DEPTH, Attributes, Package

DIGITS = "0123456789"
CELL_START, ROW_END = b'<c r="', b"</row>"
BLOCK_CELLS = 100_000
MAX_ROW_BYTES = 2**26
SHEET_END = b"</worksheet>"

# The start of a sheet in UTF-8 without a prefix before the names of its elements.
REGULAR_START = re.compile(
    rb"""(?:\xef\xbb\xbf)?\s*"""
    rb"""(?:<\?xml version=["']1\.[01]["'](?: encoding=["'](?i:utf-8)["'])?(?: standalone=["'][a-z]+["'])?\s*\?>)?\s*"""
    rb"""<worksheet[\s>]"""
)
REGULAR_CELL = re.compile(
    r'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]{1,5})")?(?: t="([A-Za-z]{1,9})")?(?: ?/>|>'
    r"(<f(?: [^<>]*)?(?:/>|>[^<]*</f>))?"
    r'(?:<v>([^<\r]*)</v>|<v ?/>|<is><t(?: xml:space="preserve")?>([^<\r]*)</t></is>|<is><t ?/></is>)?'
    r"</c>)"
)
# Declarations, comments, CDATA, and characters by number.
IRREGULAR = (b"<!", b"&#")
# Cells that name no place stand after the one before, so that even a blank one counts.
PLACELESS = re.compile(rb'<c(?! r=")[\s/>]')
NAMED_CHARACTERS = {"&quot;": '"', "&apos;": "'"}


def read_worksheet(package: Package, part: str, name: str, values: Values, limits: ReadLimits) -> tuple[pl.DataFrame, tuple[Defect, ...]]:
    """The grid (`row`, `line`, `c1` to `cN`) of a worksheet part, and a note when it has formulas.

    Raises RefusedError F005 over a limit and F010 for what no spreadsheet program writes.
    """
    grid = Grid(values, limits)
    if not _put_regular(package.chunks(part), grid):
        grid = Grid(values, limits)
        sheet = _Worksheet(grid)
        package.walk_flat(part, sheet.start, sheet.end, sheet.text)
        sheet.flush()
    return grid.frame(), _formula_note(name, grid)


def _formula_note(name: str, grid: Grid) -> tuple[Defect, ...]:
    if not grid.formulas:
        return ()
    detail = f"Formulas in sheet {name!r}: {grid.formulas:,}. The values that Excel stored last were read."
    if grid.formulas_blank:
        detail += f" Without a stored value: {grid.formulas_blank:,}, the first in row {grid.formulas_first_blank:,}."
        detail += " Open the file in Excel, save it and send it again."
    return (Defect("F023", detail, grid.formulas_first_blank),)


def _put_regular(chunks: Iterable[bytes], grid: Grid) -> bool:
    """Put all cells of a sheet into the grid; False at the first thing that the regular expression might take wrongly."""
    rest, start = b"", True
    for chunk in chunks:
        rest += chunk
        if (start and not REGULAR_START.match(rest)) or len(rest) > MAX_ROW_BYTES:
            return False
        # Cut behind the end of a row, so that no cell is cut in two.
        rows, end, rest = rest.rpartition(ROW_END)
        if not _put_rows(rows + end, grid):
            return False
        start = False
    return rest.rstrip().endswith(SHEET_END) and _put_rows(rest, grid)


def _put_rows(xml: bytes, grid: Grid) -> bool:
    if any(mark in xml for mark in IRREGULAR) or PLACELESS.search(xml):
        return False
    cells: list[Cell] = REGULAR_CELL.findall(xml.decode())
    if len(cells) != xml.count(CELL_START):
        return False
    cells = [cell for cell in cells if cell[4] or cell[5] or cell[6]]
    if b"&" in xml:
        cells = [(*cell[:5], unescape(cell[5], NAMED_CHARACTERS), unescape(cell[6], NAMED_CHARACTERS)) for cell in cells]
    grid.put(cells)
    return True


class _Worksheet:
    """The XML parser's state between the tags of one sheet: where the next cell stands and which text belongs to it."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._prefix: str | None = None
        self._depth = 0
        self._row, self._letters, self._digits = 0, "", ""
        self._kind = self._style = self._formula = ""
        self._in_cell = self._phonetic = self._collecting = False
        self._pieces: list[str] = []
        self._length = 0
        self._cells: list[Cell] = []

    def start(self, tag: str, attributes: Attributes) -> None:
        if self._prefix is None:
            self._prefix = tag[: tag.find(":") + 1]
        name = tag.removeprefix(self._prefix)
        if name == "c":
            self._start_cell(attributes)
        elif name == "v" or (name == "t" and not self._phonetic):
            self._collecting = self._in_cell
        elif name == "row":
            self._start_row(attributes.get("r"))
        elif name == "f":
            self._formula = name
        elif name == "rPh":
            self._phonetic = True
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise RefusedError("F010", DAMAGED)

    def text(self, data: str) -> None:
        if self._collecting:
            self._pieces.append(data)
            self._length += len(data)
            self._grid.check_length(self._row, self._length)

    def end(self, tag: str) -> None:
        self._depth -= 1
        name = tag.removeprefix(self._prefix or "")
        if name == "c":
            self._end_cell()
        elif name in ("v", "t"):
            self._collecting = False
        elif name == "rPh":
            self._phonetic = False

    def flush(self) -> None:
        """Hand over the cells that are still held back."""
        self._grid.put(self._cells)
        self._cells = []

    def _start_row(self, number: str | None) -> None:
        self._row = self._row + 1 if number is None else int(number)
        self._letters = ""

    def _start_cell(self, attributes: Attributes) -> None:
        place = attributes.get("r")
        if place is None:
            self._letters, self._digits = _letters_after(self._letters), str(self._row)
        else:
            self._letters = place.rstrip(DIGITS)
            self._digits = place[len(self._letters) :]
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._in_cell, self._formula = True, ""
        self._pieces.clear()
        self._length = 0

    def _end_cell(self) -> None:
        stored = "".join(self._pieces)
        if stored or self._formula:
            self._cells.append((self._letters, self._digits, self._style, self._kind, self._formula, stored, ""))
            if len(self._cells) == BLOCK_CELLS:
                self.flush()
        self._in_cell = False


@lru_cache(maxsize=1024)
def _letters_after(letters: str) -> str:
    """The name of the next column: A after nothing, AA after Z."""
    kept = letters.rstrip("Z")
    following = f"{kept[:-1]}{chr(ord(kept[-1]) + 1)}" if kept else "A"
    return following + "A" * (len(letters) - len(kept))
