"""How long something takes when it has not happened everywhere yet: the product-limit estimate of Kaplan and Meier.

What is waited for, and from when on, the reports decide.
"""

from __future__ import annotations

import polars as pl

ALMOST = 1e-9  # two ways of multiplying the same shares differ by less


def kaplan_meier(waits: pl.DataFrame) -> pl.DataFrame:
    """The share that has not come to it yet after each day on which one did.

    waits: `days` (waited), `reached` (Boolean; else it was not seen any longer). One that is last seen on a day counts as waiting through
    it. Returns `days`, `at_risk`, `reached`, `survival`, by days. E. L. Kaplan, P. Meier: Nonparametric estimation from incomplete
    observations, JASA 53 (1958).
    """
    by_day = waits.group_by("days").agg(reached=pl.col("reached").sum().cast(pl.Int64), left=pl.len().cast(pl.Int64)).sort("days")
    at_risk = pl.lit(waits.height, dtype=pl.Int64) - pl.col("left").cum_sum().shift(1, fill_value=0)
    return (
        by_day.with_columns(at_risk=at_risk)
        .with_columns(survival=(1 - pl.col("reached") / pl.col("at_risk")).cum_prod())
        .filter(pl.col("reached") > 0)
        .select("days", "at_risk", "reached", "survival")
    )


def reached_within(curve: pl.DataFrame, share: float) -> int | None:
    """The first day by which so large a share has come to it; None when the curve does not go down so far. curve: of `kaplan_meier`."""
    return curve.filter(pl.col("survival") <= 1 - share + ALMOST)["days"].min()  # type: ignore[return-value]  # of integers
