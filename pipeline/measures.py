"""How cases become figures: of the plan, and of everybody whom they are told of; what cannot be computed says why.

Which cases there are, `monitoring` decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas.codes import Program
from schemas.monitoring import Measure, Monitoring

SHARE = "share"
BY_PROGRAM = ("program",)
PROGRAMS = (Program.ECM.value, Program.CS.value)
COLUMNS = Monitoring.polars_schema()


def shares(
    cases: pl.DataFrame, measure: Measure, levels: Sequence[Sequence[str]], why_none: str, *, goal: float | None = None
) -> pl.DataFrame:
    """The share of cases that are met.

    cases: `met`, and the columns of the levels. levels: what to group by, each a figure of its own. Where one is the program alone, a
    program without a case says why there is no figure.
    """
    counts = [
        cases.group_by(level).agg(numerator=pl.col("met").sum().cast(pl.Int64), denominator=pl.len().cast(pl.Int64)) for level in levels
    ]
    figures = ratios(pl.concat(counts, how="diagonal_relaxed"), measure, why_none, goal=goal)
    return pl.concat([figures, unknown(without_case(cases), measure, SHARE, why_none)]) if BY_PROGRAM in levels else figures


def numbers(cases: pl.DataFrame, measure: Measure, levels: Sequence[Sequence[str]], why_none: str, unit: str) -> pl.DataFrame:
    """The number of cases that are met, by the same levels; a program without a case is not known to have none."""
    counts = [cases.group_by(level).agg(numerator=pl.col("met").sum().cast(pl.Int64)) for level in levels]
    counted = pl.concat(counts, how="diagonal_relaxed").with_columns(value=pl.col("numerator").cast(pl.Float64))
    figures = _completed(counted, measure, unit, why_none, None)
    return pl.concat([figures, unknown(without_case(cases), measure, unit, why_none)]) if BY_PROGRAM in levels else figures


def ratios(counts: pl.DataFrame, measure: Measure, why_none: str, *, goal: float | None = None) -> pl.DataFrame:
    """Shares of what is counted already: `numerator`, `denominator`, and whose they are. Of nothing there is no share."""
    some = pl.when(pl.col("denominator") > 0)
    told = counts.with_columns(numerator=some.then("numerator"), denominator=some.then("denominator"))
    return _completed(told.with_columns(value=pl.col("numerator") / pl.col("denominator")), measure, SHARE, why_none, goal)


def unknown(whose: pl.DataFrame, measure: Measure, unit: str, why: str) -> pl.DataFrame:
    """Rows without a figure. whose: columns that say whose they would be."""
    return _completed(whose.with_columns(value=pl.lit(None, dtype=pl.Float64)), measure, unit, why, None)


def without_case(cases: pl.DataFrame) -> pl.DataFrame:
    """The programs that no case is of: `program`."""
    return pl.DataFrame({"program": PROGRAMS}).join(cases, on="program", how="anti", maintain_order="left")


def _completed(figures: pl.DataFrame, measure: Measure, unit: str, why_none: str, goal: float | None) -> pl.DataFrame:
    told = figures.with_columns(
        measure=pl.lit(measure.value),
        unit=pl.lit(unit),
        goal=pl.lit(goal, dtype=pl.Float64),
        not_available=pl.when(pl.col("value").is_null()).then(pl.lit(why_none)),
    )
    lacking = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in COLUMNS.items() if name not in told.columns]
    return told.with_columns(lacking).select(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items())
