"""Tables for other programs and other people: a frame as CSV, Parquet or an Excel workbook.

Decides how values are written; which table, and as known when, is for the callers.
"""

from __future__ import annotations

from datetime import UTC, date
from io import BytesIO

import polars as pl

from outputs import workbooks
from outputs.cells import neutralised
from outputs.workbooks import Column, Sheet, Style, workbook

MADE_ON = date(2025, 7, 1)  # a table as known at one moment is the same file whenever it is made; the day is that of the first ruleset
NARROWEST, WIDEST = 10, 32  # characters of a column
_WIDTHS = {Style.DAY: 12, Style.MOMENT: 17, Style.MOMENT_UTC: 22, Style.GENERAL: NARROWEST, Style.TEXT: 16}


def table_csv(frame: pl.DataFrame) -> bytes:
    """The frame as CSV in UTF-8 without byte-order mark: for programs, which would take the mark for part of the first heading.

    Days and moments in ISO 8601, moments in the zone of their column (UTC as Z); null and "" are blank; no text is a formula.
    """
    texts = [_text(name, dtype).alias(name) for name, dtype in frame.schema.items()]
    return frame.select(texts).write_csv(line_terminator="\n").encode()


def table_parquet(frame: pl.DataFrame) -> bytes:
    """The frame as Parquet, types and all."""
    written = BytesIO()
    frame.write_parquet(written, compression="zstd", statistics=True)
    return written.getvalue()


def table_workbook(frame: pl.DataFrame, name: str) -> bytes:
    """The frame as a workbook of one sheet: texts typed as text, numbers and days real, moments real and in UTC.

    Raises ValueError when the frame has more rows than a worksheet holds.
    """
    sheet = table_sheet(workbooks.sheet_name(name), frame, {column: column for column in frame.columns})
    return workbook((sheet,), MADE_ON)


def table_sheet(name: str, frame: pl.DataFrame, headings: dict[str, str]) -> Sheet:
    """A sheet with a filter over the frame's columns that have a heading, in the order of the headings."""
    chosen = frame.select(list(headings))
    styles = {column: _style(dtype) for column, dtype in chosen.schema.items()}
    columns = tuple(Column(headings[column], _width(headings[column], style), style) for column, style in styles.items())
    rows = chosen.with_columns(_value(column, dtype) for column, dtype in chosen.schema.items())
    return Sheet(name, columns, rows, filtered=True)


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        if dtype.time_zone is None:
            return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.f")
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").str.replace(r"\+00:00$", "Z")
    if dtype == pl.Date:
        return column.dt.strftime("%Y-%m-%d")
    if dtype == pl.String:
        return pl.when(column != "").then(neutralised(column))
    return column


def _value(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        return column.dt.convert_time_zone(str(UTC)).dt.replace_time_zone(None)
    return column if _is_plain(dtype) else column.cast(pl.String)


def _style(dtype: pl.DataType) -> Style:
    if isinstance(dtype, pl.Datetime):
        return Style.MOMENT if dtype.time_zone is None else Style.MOMENT_UTC
    if dtype == pl.Date:
        return Style.DAY
    return Style.GENERAL if _is_plain(dtype) and dtype != pl.String else Style.TEXT


def _is_plain(dtype: pl.DataType) -> bool:
    """Whether a worksheet can hold the values as they are."""
    return dtype.is_integer() or dtype.is_float() or dtype in (pl.String, pl.Boolean, pl.Date) or isinstance(dtype, pl.Datetime)


def _width(heading: str, style: Style) -> int:
    return min(max(len(heading) + 4, _WIDTHS[style]), WIDEST)
