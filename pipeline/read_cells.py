"""Reads the cells of one worksheet part into a grid of text at their own places: row 1 is Excel's row 1, c1 is column A.

Decides which elements are cells and where they stand. How a stored value is written as text is for `read_values`.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache, partial

import polars as pl

from pipeline.read_grid import CELL_BYTES, ReadLimits, RefusedError, check_extent, too_long_cell
from pipeline.read_package import DAMAGED, MAX_DEPTH, Attributes, Package
from pipeline.read_values import CellFormat, iso_text, number_text, serial_text, unescaped

# The size of every Excel sheet.
EXCEL_ROWS, EXCEL_COLUMNS = 1_048_576, 16_384
BLOCK_CELLS = 500_000
DIGITS = "0123456789"
TRUE = frozenset({"1", "true"})


@dataclass
class Formulas:
    """How many cells of a sheet hold a formula, and how many of these no stored value."""

    count: int = 0
    blank: int = 0
    first_blank: int | None = None

    def described(self, sheet: str) -> str:
        """Words for the person who sent the workbook."""
        text = f"Formulas in sheet {sheet!r}: {self.count:,}. The values that Excel stored last were read."
        if self.blank:
            text += f" Without a stored value: {self.blank:,} (first in row {self.first_blank:,}). Open the file in Excel and save it."
        return text


class Grid:
    """The text cells of a sheet as they come in: kept in blocks of polars strings, because Python's take three times the memory."""

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits
        self._pending: dict[int, tuple[list[int], list[str]]] = defaultdict(lambda: ([], []))
        self._blocks: dict[int, list[pl.DataFrame]] = defaultdict(list)
        self._waiting = self._cells = self._rows = self._last_row = 0

    def put(self, row: int, column: int, text: str) -> None:
        """Add the text of one cell; places count from 1. Of two texts in one place the later one stays."""
        if len(text) > self._limits.cell_characters:
            raise too_long_cell(row, self._limits)
        rows, texts = self._pending[column]
        rows.append(row)
        texts.append(text)
        if row != self._last_row:
            self._last_row = row
            self._rows += 1
        self._waiting += 1
        if self._waiting == BLOCK_CELLS:
            self._flush()

    def frame(self) -> pl.DataFrame:
        """Int64 `row` and `line`, String `c1` to the last column that holds anything."""
        self._flush()
        blocks = {column: pl.concat(frames) for column, frames in self._blocks.items()}
        rows = pl.concat([frame["row"] for frame in blocks.values()]).unique().sort() if blocks else pl.Series(dtype=pl.Int64)
        width = max(blocks, default=0)
        check_extent(len(rows), width, self._limits)
        empty = pl.repeat(None, len(rows), dtype=pl.String, eager=True)
        columns = [rows.alias("row"), rows.alias("line")]
        for column in range(1, width + 1):
            block = blocks.get(column)
            cells = empty if block is None else empty.clone().scatter(rows.search_sorted(block["row"]), block["text"])
            columns.append(cells.alias(f"c{column}"))
        return pl.DataFrame(columns)

    def _flush(self) -> None:
        self._cells += self._waiting
        if self._cells * CELL_BYTES > self._limits.unpacked_bytes:
            raise RefusedError("F005", f"A sheet has more than {self._cells:,} cells. Split it into several files.")
        check_extent(min(self._rows, EXCEL_ROWS), max(self._pending, default=0), self._limits)
        for column, (rows, texts) in self._pending.items():
            self._blocks[column].append(pl.DataFrame({"row": rows, "text": texts}, schema={"row": pl.Int64, "text": pl.String}))
        self._pending.clear()
        self._waiting = 0


def read_cells(
    package: Package, part: str, strings: list[str], formats: list[CellFormat], limits: ReadLimits, *, from_1904: bool
) -> tuple[pl.DataFrame, Formulas]:
    """The grid (`row`, `line`, `c1` to `cN`) and the formulas of one worksheet part.

    strings, formats: what the cells refer to by position. Raises RefusedError F005 over a limit and F010 for what no spreadsheet
    program writes.
    """
    sheet = _Worksheet(_Values(strings, formats, from_1904), Grid(limits))
    package.walk_flat(part, sheet.start, sheet.end, sheet.text)
    return sheet.grid.frame(), sheet.formulas


class _Values:
    """Turns what a cell stores into text, by the cell's type and style."""

    def __init__(self, strings: list[str], formats: list[CellFormat], from_1904: bool) -> None:
        self._strings = strings
        self._dated = {str(at): shown_as for at, shown_as in enumerate(formats) if shown_as is not CellFormat.NUMBER}
        # The same few dates fill whole columns.
        self._serial = lru_cache(maxsize=65_536)(partial(serial_text, from_1904=from_1904))

    def text(self, stored: str, kind: str, style: str) -> str:
        if kind == "s":
            at = int(stored)
            if not 0 <= at < len(self._strings):
                raise RefusedError("F010", DAMAGED)
            return self._strings[at]
        if kind == "n":
            shown_as = self._dated.get(style)
            return number_text(stored) if shown_as is None else self._serial(stored, shown_as)
        if kind == "b":
            return "TRUE" if stored in TRUE else "FALSE"
        if kind == "d":
            return iso_text(stored)
        return stored if kind == "e" else unescaped(stored)


class _Worksheet:
    """The state between the tags of one sheet: where the next cell stands and which text belongs to it."""

    def __init__(self, values: _Values, grid: Grid) -> None:
        self.grid = grid
        self.formulas = Formulas()
        self._values = values
        self._prefix: str | None = None
        self._depth = 0
        self._row, self._row_name, self._column = 0, "0", 0
        self._kind = self._style = ""
        self._in_cell = self._formula = self._phonetic = False
        self._pieces: list[str] = []
        self._collecting = False

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
        elif name == "f" and self._in_cell:
            self._formula = True
        elif name == "rPh":
            self._phonetic = True
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise RefusedError("F010", DAMAGED)

    def text(self, data: str) -> None:
        if self._collecting:
            self._pieces.append(data)

    def end(self, tag: str) -> None:
        self._depth -= 1
        name = tag.removeprefix(self._prefix or "")
        if name == "c":
            self._end_cell()
        elif name in ("v", "t"):
            self._collecting = False
        elif name == "rPh":
            self._phonetic = False

    def _start_row(self, number: str | None) -> None:
        self._row = self._row + 1 if number is None else _row(number)
        self._row_name = str(self._row)
        self._column = 0

    def _start_cell(self, attributes: Attributes) -> None:
        place = attributes.get("r")
        if place is None:
            self._column += 1
        else:
            letters = place.rstrip(DIGITS)
            self._column = _column(letters)
            number = place[len(letters) :]
            if number != self._row_name:
                self._row, self._row_name = _row(number), number
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._in_cell, self._formula = True, False
        self._pieces.clear()

    def _end_cell(self) -> None:
        stored = "".join(self._pieces)
        if stored:
            self.grid.put(self._row, self._column, self._values.text(stored, self._kind, self._style))
        if self._formula:
            self.formulas.count += 1
            if not stored:
                self.formulas.blank += 1
                self.formulas.first_blank = self.formulas.first_blank or self._row
        self._in_cell = False


def _row(digits: str) -> int:
    if digits.isdecimal() and len(digits) <= 7 and 1 <= int(digits) <= EXCEL_ROWS:
        return int(digits)
    raise RefusedError("F010", DAMAGED)


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    if letters.isascii() and letters.isupper() and letters.isalpha() and 1 <= number <= EXCEL_COLUMNS:
        return number
    raise RefusedError("F010", DAMAGED)
