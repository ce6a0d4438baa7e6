"""Moments as the plan's own systems write them become moments in UTC, or are refused."""

from datetime import UTC, datetime

import polars as pl
import pytest

from pipeline.extracts import moment
from schemas.formats import MOMENT

PACIFIC = "America/Los_Angeles"


def read(text: str, time_zone: str = PACIFIC) -> datetime | None:
    found: datetime | None = pl.select(moment(pl.lit(text), time_zone)).item()
    return found


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-05", "2026-03-05T08:00"),
        ("03/05/2026", "2026-03-05T08:00"),
        ("3/5/2026 9:05", "2026-03-05T17:05"),
        ("12/25/2026 21:00:30", "2026-12-26T05:00:30"),
        ("2026-03-05 10:00:00.5", "2026-03-05T18:00:00.500000"),
        ("2026-03-05 10:00:00.123456789", "2026-03-05T18:00:00.123456"),
    ],
)
def test_a_moment_without_an_offset_is_in_plan_time(text: str, expected: str) -> None:
    assert read(text) == utc(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-05T10:00Z", "2026-03-05T10:00"),
        ("2026-03-05T10:00:00-08:00", "2026-03-05T18:00"),
        ("2026-03-05T10:00:00-0800", "2026-03-05T18:00"),
        ("2026-03-05 10:00:00 +0530", "2026-03-05T04:30"),
        ("3/5/2026 23:30 -07:00", "2026-03-06T06:30"),
        ("2026-03-05 -08:00", "2026-03-05T08:00"),
    ],
)
def test_an_offset_says_where_the_clock_stood(text: str, expected: str) -> None:
    assert read(text, "Asia/Tokyo") == utc(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("03/08/2026 01:59", "2026-03-08T09:59"),
        ("03/08/2026 02:30", "2026-03-08T10:30"),  # a time that no clock showed
        ("03/08/2026 03:00", "2026-03-08T10:00"),
        ("11/01/2026 00:59", "2026-11-01T07:59"),
        ("11/01/2026 01:30", "2026-11-01T08:30"),  # the first of the two
        ("11/01/2026 02:00", "2026-11-01T10:00"),
        ("2026-11-01T01:30:00-08:00", "2026-11-01T09:30"),
    ],
)
def test_clock_changes_neither_lose_nor_move_a_moment(text: str, expected: str) -> None:
    assert read(text) == utc(expected)


@pytest.mark.parametrize("text", ["02/30/2026 10:00", "13/01/2026", "2026-03-05T25:00", "2026-03-05T10:61", "2026-03-05T10:00+25:00"])
def test_a_moment_that_no_calendar_and_no_clock_has_is_refused_and_not_lost(text: str) -> None:
    assert read(text) is None
    assert pl.select(MOMENT.parse(pl.lit(text))).item() is None


@pytest.mark.parametrize(
    "text",
    ["", "10:00", "yesterday", "2026-03-05T", "26-03-05", "1999-12-31", "\uff12\uff10\uff12\uff16-03-05", " 2026-03-05", "2026-03-05x"],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    assert read(text) is None
    assert pl.select(MOMENT.parse(pl.lit(text))).item() is None


@pytest.mark.parametrize("text", ["2026-03-05", "3/5/2026 9:05", "2026-03-05T10:00:00-0800", "2026-03-05 10:00:00 +0000"])
def test_whatever_the_layout_accepts_has_a_moment(text: str) -> None:
    assert pl.select(MOMENT.parse(pl.lit(text))).item() == text
    assert read(text) is not None
