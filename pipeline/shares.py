"""Decides whether a share differs from another by more than chance would have it.

Few cases prove nothing: from how many on a share is looked at, the profile says.
"""

from __future__ import annotations

import polars as pl

from schemas.closings import Outlier

Z = 1.959964  # standard deviations on either side of 95 % of a normal distribution


def with_share(counts: pl.DataFrame, part: str, whole: str, expected: str, least: int) -> pl.DataFrame:
    """Add `share`, `low`, `high`, `outlier` and `not_available` to counts.

    part, whole: columns of counts. expected: the column of the share to compare with. low, high: the Wilson score interval of 95 %, which
    holds for few cases too (E. B. Wilson, JASA 22, 1927). outlier: where the whole interval lies above or below. With fewer than `least`
    cases it is not looked at.
    """
    share = pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))
    cases = pl.col(whole).cast(pl.Float64)
    middle = (share + Z**2 / (2 * cases)) / (1 + Z**2 / cases)
    half = Z / (1 + Z**2 / cases) * (share * (1 - share) / cases + Z**2 / (4 * cases**2)).sqrt()
    low, high = (middle - half).clip(0, 1), (middle + half).clip(0, 1)
    enough = pl.col(whole) >= least
    outlier = (
        pl.when(enough & (low > pl.col(expected)))
        .then(pl.lit(Outlier.ABOVE.value))
        .when(enough & (high < pl.col(expected)))
        .then(pl.lit(Outlier.BELOW.value))
    )
    too_few = pl.when(pl.col(whole) == 0).then(pl.lit("no case")).when(~enough).then(pl.lit(f"fewer than {least} cases: not compared"))
    return counts.with_columns(share=share, low=low, high=high, outlier=outlier, not_available=too_few)
