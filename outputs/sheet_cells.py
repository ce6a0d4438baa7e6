"""The cells of a worksheet as SpreadsheetML: what each value of a frame looks like inside an .xlsx file.

Texts are always texts, never formulas, links or numbers; how cells look is a style number, and everything else about a workbook stands
elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # of a worksheet, the header counted
POINTS_OF_A_LINE, MOST_POINTS = 15, 405  # of a row's height; Excel allows 409
LONGEST_TEXT = 32_767  # UTF-16 units in a cell
CUT = "[cut]"  # stands at the end of a text that was longer; Excel refuses a workbook with a longer one
FIRST_REAL_DAY = pl.date(1900, 3, 1)  # Excel believes in 29 February 1900, so earlier days would be off by one
DAYS_BEFORE_1970 = 25_569
MICROSECONDS_OF_A_DAY = 86_400_000_000

# A text may hold no control character, and none that XML turns into another: Excel writes them as _xHHHH_ (ECMA-376, ST_Xstring).
_CONTROLS = [chr(code) for code in (*range(0x09), *range(0x0B, 0x20), 0xFFFE, 0xFFFF)]
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {character: f"_x{ord(character):04X}_" for character in _CONTROLS}
_NEEDS_ESCAPE = r"[&<>\x00-\x08\x0B-\x1F\x{FFFE}\x{FFFF}]|_x[0-9A-Fa-f]{4}"
_TEXT = (' t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>")
_NUMBER = ("><v>", "</v></c>")
_ELEMENTS = {pl.String(): _TEXT, pl.Boolean(): (' t="b"><v>', "</v></c>")}
_ASTRAL = r"[\x{10000}-\x{10FFFF}]"  # characters of two UTF-16 units


def sheet_data(
    header: Sequence[tuple[str, int]],
    rows: pl.DataFrame,
    styles: Sequence[int],
    marks: Mapping[int, Mapping[int, int]],
    lines: Sequence[int],
    numbers: Sequence[int],
    above: Sequence[tuple[int, Sequence[str | None]]] = (),
    above_style: int = 0,
) -> str:
    """The content of a sheet: one header row, then the rows of the frame.

    header: text and style of each heading. rows: a column for each heading, in order; String, Boolean, integer, float, Date or Datetime
    without a zone; null and "" are empty cells. styles: one for each column. marks: by column and row, both counted
    from 0, the styles of cells that look otherwise, empty ones among them. lines: how high the header and each row are, in lines.
    numbers: where the header and each row stand, counted from 1, ascending. above: numbers and texts of rows before the header.
    Raises ValueError when a worksheet cannot hold so many rows or columns.
    """
    if numbers[-1] > MOST_ROWS or len(header) > MOST_COLUMNS:
        raise ValueError(f"a worksheet holds {MOST_ROWS:,} rows and {MOST_COLUMNS:,} columns, the header counted")
    openings = [_opening(number, height) for number, height in zip(numbers, lines, strict=True)]
    headings = pl.DataFrame({str(place): [text] for place, (text, _) in enumerate(header)})
    parts = [_rows(_texts(texts), [above_style] * len(texts), {}, [_opening(number, 1)], [number]) for number, texts in above]
    parts.append(_rows(headings, [style for _, style in header], {}, openings[:1], numbers[:1]))
    parts.append(_rows(rows, styles, marks, openings[1:], numbers[1:]))
    return "".join(parts)


def column_letters(place: int) -> str:
    """The letters of a column, counted from 0: A, B, …, Z, AA."""
    letters = ""
    while place >= 0:
        letters = chr(ord("A") + place % 26) + letters
        place = place // 26 - 1
    return letters


def _texts(row: Sequence[str | None]) -> pl.DataFrame:
    return pl.DataFrame({str(place): pl.Series([text], dtype=pl.String) for place, text in enumerate(row)})


def _opening(number: int, lines: int) -> str:
    if lines <= 1:
        return f'<row r="{number}">'
    return f'<row r="{number}" ht="{min(lines * POINTS_OF_A_LINE, MOST_POINTS)}">'


def _rows(
    rows: pl.DataFrame, styles: Sequence[int], marks: Mapping[int, Mapping[int, int]], openings: Sequence[str], numbers: Sequence[int]
) -> str:
    # Plain Python: for the few hundred rows of most sheets it takes a third of what as many polars expressions as columns take.
    columns = [
        _cells(column, column_letters(place), numbers, styles[place], marks.get(place, {})) for place, column in enumerate(_writable(rows))
    ]
    return "".join([f"{opening}{''.join(cells)}</row>" for opening, cells in zip(openings, zip(*columns, strict=True), strict=True)])


def _cells(column: pl.Series, letters: str, numbers: Sequence[int], style: int, marks: Mapping[int, int]) -> list[str]:
    """The cells of one column; "" where a cell is empty."""
    kind, end = _ELEMENTS.get(column.dtype, _NUMBER)
    values = _numbers(column).to_list()
    beginning, middle = f'<c r="{letters}', f'" s="{style}"{kind}'
    cells = [f"{beginning}{number}{middle}{value}{end}" if value else "" for number, value in zip(numbers, values, strict=True)]
    for row, mark in marks.items():
        content = f"{kind}{values[row]}{end}" if values[row] else "/>"
        cells[row] = f'{beginning}{numbers[row]}" s="{mark}"{content}'
    return cells


def _numbers(column: pl.Series) -> pl.Series:
    """Numbers as text; days and times as days since the end of 1899; null for what a worksheet has no number for."""
    dtype, value = column.dtype, pl.col(column.name)
    if dtype == pl.String:
        return column
    if dtype == pl.Boolean:
        number = value.cast(pl.Int8)
    elif dtype == pl.Date:
        number = pl.when(value >= FIRST_REAL_DAY).then(value.cast(pl.Int32) + DAYS_BEFORE_1970)
    elif isinstance(dtype, pl.Datetime):
        since_1970 = value.dt.cast_time_unit("us").cast(pl.Int64) / MICROSECONDS_OF_A_DAY
        number = pl.when(value.dt.date() >= FIRST_REAL_DAY).then(since_1970 + DAYS_BEFORE_1970)
    elif dtype.is_float():
        number = pl.when(value.is_finite()).then(value)
    else:
        number = value
    return column.to_frame().select(number.cast(pl.String)).to_series()


def _writable(rows: pl.DataFrame) -> pl.DataFrame:
    """Texts as a cell may hold them. A look at all texts at once saves the work, for nearly no sheet has anything to change."""
    texts = [column.rename("") for column in rows if column.dtype == pl.String]
    if not texts:
        return rows
    every = pl.concat(texts, rechunk=False)
    if (every.str.len_bytes() > LONGEST_TEXT).any():
        rows = rows.with_columns(_cut(pl.col(pl.String)))
    if every.str.contains(_NEEDS_ESCAPE).any():
        # An underscore that would begin an escape is escaped itself; the pattern leaves out the closing one, which may begin the next.
        rows = rows.with_columns(pl.col(pl.String).str.replace_all("_(x[0-9A-Fa-f]{4})", "_x005F_${1}").str.replace_many(_ESCAPES))
    return rows


def _cut(text: pl.Expr) -> pl.Expr:
    units = text.str.len_chars() + text.str.count_matches(_ASTRAL)
    room = LONGEST_TEXT - len(CUT)
    kept = pl.when(text.str.contains(_ASTRAL)).then(text.str.slice(0, room // 2)).otherwise(text.str.slice(0, room))
    return pl.when(units <= LONGEST_TEXT).then(text).otherwise(kept + CUT)
