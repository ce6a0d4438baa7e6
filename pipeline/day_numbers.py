"""Day numbers: the dates of a workbook whose cells are not formatted as dates, so that only Excel's count of days stands there.

Decides which numbers are days, by the calendar that the workbook says it counts by. A text file says none, so nothing is read there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from schemas.columns import Element
from schemas.formats import DATE, PERIOD

DAY_READ = "R118"
DAY_NUMBER = r"^[0-9]{5}$"
YEARS = (2000, 2099)  # another number of five digits is no day of a referral
ROW_FAILURE = pl.Schema(dict.fromkeys(("row", "line"), pl.Int64()) | dict.fromkeys(("rule", "detail", "element", "value"), pl.String()))


def read_day_numbers(rows: pl.DataFrame, elements: Mapping[str, Element], day_zero: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Write day numbers in columns of dates as `MM/DD/YYYY`.

    rows: `row`, `line`, one cleaned String column for each element. day_zero: the day with the number 0.
    Returns the rows, and `ROW_FAILURE`: a note for each cell that was read so, with the number as `value`.
    """
    notes = [pl.DataFrame(schema=ROW_FAILURE)]
    columns = {}
    for name, element in elements.items():
        if element.format.name not in (DATE.name, PERIOD.name) or not rows[name].str.contains(DAY_NUMBER).any():
            continue
        numbers = pl.col(name).str.extract(f"({DAY_NUMBER})").cast(pl.Int32)
        day = pl.lit(day_zero) + pl.duration(days=numbers)
        is_day = day.dt.year().is_between(*YEARS) & ((day.dt.day() == 1) if element.format == PERIOD else pl.lit(value=True))
        columns[name] = pl.when(is_day).then(day.dt.strftime("%m/%d/%Y")).otherwise(pl.col(name))
        told = {"rule": pl.lit(DAY_READ), "detail": pl.lit(""), "element": pl.lit(name), "value": pl.col(name)}
        notes.append(rows.filter(is_day).select("row", "line", **told))
    return rows.with_columns(**columns), pl.concat(notes)
