"""The grid of text cells that every received file is turned into, whatever its format.

Decides what a blank cell is and which rows are kept; how the bytes of a format become cells is for the modules that read that format.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

# A cell costs at least its sixteen-byte view in memory: unpacked_bytes divided by this is the most cells that one file may hold.
CELL_BYTES = 16

# Characters with which a spreadsheet begins a formula. Our own outbound text files put an apostrophe before them; it goes again here.
# One apostrophe of several goes: a text that had its own before such a character was given one more.
NEUTRALISED = r"^'('*[=+\-@\t\r\x{FF1D}])"
BLANK_OR_NEUTRALISED = rf"^\s*$|{NEUTRALISED}"


@dataclass(frozen=True)
class ReadLimits:
    """How large a received file may be; the values come from the profile."""

    file_bytes: int = 50 * 2**20
    rows: int = 200_000
    columns: int = 512
    cell_characters: int = 65_536
    unpacked_bytes: int = 400 * 2**20


@dataclass(frozen=True)
class Defect:
    """What is wrong with a file as a whole: an id of the rule catalogue, and plain words that never quote a cell.

    `row` is numbered as Excel does (first record = 1), `line` is the physical line of a text file where it differs.
    """

    rule: str
    detail: str = ""
    row: int | None = None
    line: int | None = None


@dataclass(frozen=True)
class Sheet:
    """One sheet as text; a text file is one sheet without a name.

    cells: Int64 `row` and `line`, String `c1` to `cN` (c1 is column A); blank cells are null, wholly blank rows are left out.
    ragged: Int64 `row`, `line`, `expected`, `found`: the rows of `cells` whose number of fields is not N.
    day_zero: the day that the workbook counts days from; None where nothing says so.
    """

    name: str
    hidden: bool
    cells: pl.DataFrame
    ragged: pl.DataFrame
    day_zero: date | None = None


@dataclass(frozen=True)
class ReadFile:
    """What was found in a file. A defect whose rule is an error means that the file is rejected; sheets may then be empty."""

    format: str
    sheets: tuple[Sheet, ...]
    defects: tuple[Defect, ...]


class RefusedError(Exception):
    """The reading of one file stops here; raised inside the reading modules only, and caught in `read`."""

    def __init__(self, rule: str, detail: str, row: int | None = None, line: int | None = None) -> None:
        super().__init__(rule)
        self.defect = Defect(rule, detail, row, line)


def clean(cells: pl.DataFrame, beside: int) -> pl.DataFrame:
    """Blank cells to null, neutralising apostrophes off, wholly blank rows out; nothing else is trimmed.

    cells: any columns in the first `beside` places (`row`, `line`, …), String columns after them.
    """
    names = cells.columns[beside:]
    if not names or cells.is_empty():
        return cells.clear()
    # One pass over all cells as one long column costs half of what a pass over each column does, and most files need no change at all.
    if pl.concat([cells[name].rename("") for name in names], rechunk=False).str.contains(BLANK_OR_NEUTRALISED).any():
        text = pl.col(names)
        cells = cells.with_columns(pl.when(text.str.contains(r"\S")).then(text.str.replace(NEUTRALISED, "${1}")))
    if all(cells[name].null_count() for name in names):
        cells = cells.filter(~pl.all_horizontal(pl.col(names).is_null()))
    return cells


def none_ragged() -> pl.DataFrame:
    """The `ragged` frame of a sheet without such rows."""
    return pl.DataFrame(schema={"row": pl.Int64, "line": pl.Int64, "expected": pl.Int64, "found": pl.Int64})


def check_extent(rows: int, columns: int, limits: ReadLimits, cell_bytes: int = CELL_BYTES) -> None:
    """Raise RefusedError F005 when a grid of this size is over a limit. The header row is not counted."""
    if rows > limits.rows + 1:
        raise RefusedError("F005", f"The file has more than {limits.rows:,} rows.")
    if columns > limits.columns:
        raise RefusedError("F005", f"The file has more than {limits.columns:,} columns.")
    if rows * columns * cell_bytes > limits.unpacked_bytes:
        raise RefusedError(
            "F005",
            f"The file has {rows:,} rows of {columns:,} columns, more cells than {limits.unpacked_bytes // 2**20:,} MiB can hold.",
        )


def too_long_cell(row: int | None, limits: ReadLimits) -> RefusedError:
    """The refusal for a cell over the limit of characters."""
    return RefusedError("F005", f"A cell has more than {limits.cell_characters:,} characters. Shorten it.", row)
