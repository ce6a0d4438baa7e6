"""When a share differs from another by more than chance."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.shares import with_share


@pytest.mark.parametrize(
    ("part", "whole", "expected", "outlier", "why"),
    [
        (9, 12, 0.2, "above", None),
        (0, 40, 0.2, "below", None),
        (3, 12, 0.2, None, None),
        (9, 9, 0.2, None, "fewer than 10 cases: not compared"),
        (0, 0, 0.2, None, "no case"),
        (9, 12, None, None, None),
    ],
)
def test_a_share_is_an_outlier_when_its_whole_interval_is(part: int, whole: int, expected: float | None, outlier: str, why: str) -> None:
    counts = pl.DataFrame({"part": [part], "whole": [whole], "expected": [expected]}, schema_overrides={"expected": pl.Float64})
    [row] = with_share(counts, "part", "whole", "expected", 10).to_dicts()

    assert (row["outlier"], row["not_available"]) == (outlier, why)


def test_nothing_of_nothing_is_no_share() -> None:
    [row] = with_share(pl.DataFrame({"part": [0], "whole": [0], "expected": [0.5]}), "part", "whole", "expected", 1).to_dicts()

    assert (row["share"], row["low"], row["high"]) == (None, None, None)
