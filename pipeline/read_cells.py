"""The cells of one worksheet while they come in: each stored value becomes text and goes to its own place in the grid.

Decides what a cell's type and style make of its stored value, and holds the sheet to the limits. How cells stand in the XML is for
`read_worksheet`.
"""

from functools import lru_cache

import polars as pl

from pipeline.read_grid import ReadLimits, RefusedError, check_extent, too_long_cell
from pipeline.read_package import DAMAGED
from pipeline.read_values import CellFormat, iso_text, number_text, serial_text, unescaped

# The size of every Excel sheet.
EXCEL_ROWS, EXCEL_COLUMNS = 1_048_576, 16_384

# One cell as it stands in the XML: letters and digits of its place, style, type, formula, stored value, and text that stands inline.
Cell = tuple[str, str, str, str, str, str, str]
CELL = ("letters", "digits", "style", "kind", "formula", "value", "inline")
TRUE = frozenset({"1", "true"})


class Values:
    """What the cells of a workbook refer to: shared strings and formats by position, and the system that counts its days."""

    def __init__(self, strings: pl.Series, formats: list[CellFormat], *, from_1904: bool) -> None:
        self._strings = strings
        self._dated = {str(at): shown_as for at, shown_as in enumerate(formats) if shown_as is not CellFormat.NUMBER}
        self._from_1904 = from_1904

    def texts(self, cells: pl.DataFrame) -> pl.Series:
        """The text of each cell. cells: String `stored`, `kind` (the type: n, s, str, inlineStr, b, e, d) and `style`."""
        kind, stored, style = pl.col("kind"), pl.col("stored"), pl.col("style")
        plain = (
            pl.when(kind == "n")
            .then(~style.is_in(list(self._dated)) & stored.str.contains("^-?[0-9]+$"))
            .otherwise((kind == "e") | (kind.is_in(["str", "inlineStr"]) & ~stored.str.contains("_x", literal=True)))
        )
        cells = cells.with_columns(
            pl.when(plain).then(stored).alias("text"), pl.when(kind == "s").then(stored).cast(pl.Int64, strict=False).alias("at")
        )
        shared = cells["at"]
        if (cells["kind"] == "s").sum() != shared.is_between(0, len(self._strings) - 1).sum():
            raise RefusedError("F010", DAMAGED)
        cells = cells.with_columns(text=pl.coalesce("text", self._strings.gather(shared)))
        others = cells.filter(pl.col("text").is_null()).select("stored", "kind", "style").unique()
        if others.is_empty():
            return cells["text"]
        # The same few dates fill whole columns: each different value is written once.
        written = others.with_columns(pl.Series("written", [self._text(*other) for other in others.rows()], dtype=pl.String))
        cells = cells.join(written, on=["stored", "kind", "style"], how="left", maintain_order="left")
        return cells.select(pl.coalesce("text", "written")).to_series()

    def _text(self, stored: str, kind: str, style: str) -> str:
        if kind == "n":
            shown_as = self._dated.get(style)
            return number_text(stored) if shown_as is None else serial_text(stored, shown_as, from_1904=self._from_1904)
        if kind == "b":
            return "TRUE" if stored in TRUE else "FALSE"
        return iso_text(stored) if kind == "d" else unescaped(stored)


class Grid:
    """The text cells of one sheet, and a count of its formulas."""

    def __init__(self, values: Values, limits: ReadLimits) -> None:
        self._values = values
        self._limits = limits
        self._blocks: list[pl.DataFrame] = []
        self.formulas = self.formulas_blank = 0
        self.formulas_first_blank: int | None = None

    def put(self, cells: list[Cell]) -> None:
        """Add cells; of two in one place the later one stays. RefusedError F005 over a limit, F010 for a place that no sheet has."""
        if not cells:
            return
        columns = [pl.Series(name, texts, dtype=pl.String) for name, texts in zip(CELL, zip(*cells, strict=True), strict=True)]
        block = pl.DataFrame(columns).select(
            _rows(columns[1]).alias("row"),
            _columns(columns[0]).alias("column"),
            "style",
            pl.col("kind").replace("", "n"),
            "formula",
            stored=pl.col("value") + pl.col("inline"),
        )
        self._count_formulas(block.filter(pl.col("formula") != ""))
        block = block.filter(pl.col("stored") != "")
        if block.is_empty():
            return
        check_extent(1, max(block["column"].unique()), self._limits)
        block = block.select("row", "column", self._values.texts(block).alias("text"))
        long = block.filter(pl.col("text").str.len_chars() > self._limits.cell_characters)
        if long.height:
            raise too_long_cell(long["row"][0], self._limits)
        self._blocks.append(block)

    def check_length(self, row: int, characters: int) -> None:
        """RefusedError F005 for a cell that is already too long while it is still coming in."""
        if characters > self._limits.cell_characters:
            raise too_long_cell(row, self._limits)

    def frame(self) -> pl.DataFrame:
        """Int64 `row` and `line`, String `c1` to the last column that holds anything."""
        if not self._blocks:
            return pl.DataFrame(schema={"row": pl.Int64, "line": pl.Int64})
        cells = pl.concat(self._blocks)
        rows = cells["row"].unique().sort()
        width = max(cells["column"].unique())
        check_extent(len(rows), width, self._limits)
        # All columns below each other in one series: each cell's place in it follows from its row and column.
        places = (cells["column"] - 1) * len(rows) + rows.search_sorted(cells["row"])
        text = pl.repeat(None, len(rows) * width, dtype=pl.String, eager=True).scatter(places, cells["text"])
        columns = [text.slice(number * len(rows), len(rows)).alias(f"c{number + 1}") for number in range(width)]
        return pl.DataFrame([rows.alias("row"), rows.alias("line"), *columns])

    def _count_formulas(self, cells: pl.DataFrame) -> None:
        blank = cells.filter(pl.col("stored") == "")
        self.formulas += cells.height
        self.formulas_blank += blank.height
        if blank.height and self.formulas_first_blank is None:
            self.formulas_first_blank = blank["row"][0]


def _rows(digits: pl.Series) -> pl.Series:
    rows = digits.cast(pl.Int64, strict=False)
    if not rows.is_between(1, EXCEL_ROWS).fill_null(False).all():
        raise RefusedError("F010", DAMAGED)
    return rows


def _columns(letters: pl.Series) -> pl.Series:
    names = letters.unique().to_list()
    return letters.replace_strict(names, [_column(name) for name in names], return_dtype=pl.Int64)


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    number = 0
    for letter in letters[:4]:
        number = number * 26 + ord(letter) - ord("A") + 1
    if letters.isascii() and letters.isupper() and letters.isalpha() and number <= EXCEL_COLUMNS:
        return number
    raise RefusedError("F010", DAMAGED)
