"""The product-limit estimate: laws that it keeps, and an example worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.survival import kaplan_meier, reached_within
from tests.reports import oracle

WAITS = st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=30)


def frame(waited: list[tuple[int, bool]]) -> pl.DataFrame:
    return pl.DataFrame(waited, schema={"days": pl.Int64, "reached": pl.Boolean}, orient="row")


def test_textbook_example() -> None:
    """Freireich's 6-MP patients: remissions in weeks, as every textbook prints them."""
    lost = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
    curve = kaplan_meier(frame([(weeks, True) for weeks in (6, 6, 6, 7, 10, 13, 16, 22, 23)] + [(weeks, False) for weeks in lost]))

    assert curve["days"].to_list() == [6, 7, 10, 13, 16, 22, 23]
    assert curve["at_risk"].to_list() == [21, 17, 15, 12, 11, 7, 6]
    assert curve["survival"].to_list() == pytest.approx([0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], abs=5e-5)
    assert (reached_within(curve, 0.5), reached_within(curve, 0.9)) == (23, None)


@given(WAITS, st.sampled_from([Fraction(1, 2), Fraction(9, 10)]))
def test_it_is_the_product_of_the_chances_of_each_day(waited: list[tuple[int, bool]], share: Fraction) -> None:
    assert reached_within(kaplan_meier(frame(waited)), float(share)) == oracle.product_limit(waited, share)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30))
def test_when_all_have_come_to_it_it_is_the_plain_share_still_waiting(days: list[int]) -> None:
    curve = kaplan_meier(frame([(one, True) for one in days]))

    for day, left in curve.select("days", "survival").iter_rows():
        assert left == pytest.approx(sum(one > day for one in days) / len(days))


@given(WAITS)
def test_who_is_seen_longer_never_makes_it_look_faster(waited: list[tuple[int, bool]]) -> None:
    longer = [(days if came else days + 50, came) for days, came in waited]
    sooner, later = (reached_within(kaplan_meier(frame(one)), 0.5) for one in (waited, longer))

    assert later is None or (sooner is not None and sooner <= later)
