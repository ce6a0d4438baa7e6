"""Decides how long open loops have waited with their providers: their buckets, the trend over the months, and what has changed.

It makes nobody hurry: notices to providers are owed elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from config.settings import Settings
from pipeline.holdings import CLOSED, REPLACED, holdings, open_on, plan_day, with_provider
from pipeline.lateness import last_due_period, period_before, rtf_due_at
from schemas.aging import Aging, AgingChange, AgingTrend

MONTHS_BACK = 12  # of the trend
PAIR = ("program", "provider_id")


@dataclass(frozen=True)
class AgingReport:
    """The aging report of a day: `schemas.aging.Aging` (the oldest first), `AgingTrend` and `AgingChange`."""

    day: dt.date
    loops: pl.DataFrame
    trend: pl.DataFrame
    changes: pl.DataFrame


def aging(
    loops: pl.DataFrame, events: pl.DataFrame, members: pl.DataFrame, providers: pl.DataFrame, settings: Settings, as_of: dt.datetime
) -> AgingReport:
    """How the open loops stand at a moment.

    loops, events: `schemas.history.Loops` and `Events`, of nothing that happened later. members, providers: current versions. Days are
    those of the plan; the day itself is not over, but counts as if it were. DHCS CLR guidance, Figure 2: pending at 30, 60 and 90 days
    by provider, and the trend.
    """
    day = plan_day(as_of, settings)
    held = holdings(loops, members, settings)
    return AgingReport(
        day,
        _open_loops(open_on(held, day), events, providers, settings, as_of),
        _trend(held, day, settings),
        _changes(held, providers, day, settings),
    )


def bucket_names(ages: Sequence[int]) -> list[str]:
    """The names of the buckets that begin at these ages, and of the first, which begins at 0: `0-29`, `30-59` … `90+`."""
    starts = [0, *ages]
    ends = [f"-{start - 1}" for start in ages]
    return [f"{start}{end}" for start, end in zip(starts, [*ends, "+"], strict=True)]


def in_bucket(days: pl.Expr, settings: Settings) -> pl.Expr:
    """The bucket of an age in days."""
    ages = settings.profile.thresholds.aging_days
    names = bucket_names(ages)
    bucket = pl.lit(names[0])
    for start, name in zip(ages, names[1:], strict=True):
        bucket = pl.when(days >= start).then(pl.lit(name)).otherwise(bucket)
    return bucket


def month_ends(day: dt.date, months: int = MONTHS_BACK) -> list[dt.date]:
    """The last days of so many months before a day, the earliest first."""
    found: list[dt.date] = []
    for _ in range(months):
        day = day.replace(day=1) - dt.timedelta(days=1)
        found.append(day)
    return found[::-1]


def _open_loops(
    still_open: pl.DataFrame, events: pl.DataFrame, providers: pl.DataFrame, settings: Settings, as_of: dt.datetime
) -> pl.DataFrame:
    day = plan_day(as_of, settings)
    told = events.filter(~pl.col("voided")).group_by("plan", "referral_id", "loop").agg(told_at=pl.col("received_at").max())
    due_before = rtf_due_at(period_before(last_due_period(as_of, settings)), settings)
    heard = (pl.col("told_at") > due_before).fill_null(value=False)
    sent_since = pl.col("sent_on") > plan_day(due_before, settings)
    days_open = _days(pl.col("sent_on"), day)
    return (
        with_provider(still_open, providers)
        .join(told, on=["plan", "referral_id", "loop"], how="left", maintain_order="left")
        .with_columns(
            days_open=days_open,
            days_since_update=_days(pl.coalesce("status_date", "sent_on"), day).clip(lower_bound=0),
            bucket=in_bucket(days_open, settings),
            days_past_goal=(days_open - pl.col("goal_days")).clip(lower_bound=0),
            stale=~heard & ~sent_since,
        )
        .select(pl.col(name).cast(dtype) for name, dtype in Aging.polars_schema().items())
        .sort("days_open", "provider_id", "program", "service", "referral_id", "loop", descending=[True, *[False] * 5])
    )


def _trend(held: pl.DataFrame, day: dt.date, settings: Settings) -> pl.DataFrame:
    """Days before the first sending have no rows: nothing could be open."""
    days = [*month_ends(day), day]
    counted = [
        open_on(held, on)
        .with_columns(on=pl.lit(on, dtype=pl.Date), bucket=in_bucket(_days(pl.col("sent_on"), on), settings))
        .group_by("plan", "on", *PAIR, "bucket")
        .agg(open=pl.len())
        for on in days
    ]
    columns = [pl.col(name).cast(dtype) for name, dtype in AgingTrend.polars_schema().items()]
    return pl.concat(part.select(columns) for part in counted).sort("on", *PAIR, _place(settings))


def _changes(held: pl.DataFrame, providers: pl.DataFrame, day: dt.date, settings: Settings) -> pl.DataFrame:
    [since] = month_ends(day, 1)
    oldest = settings.profile.thresholds.aging_days[-1]
    before, now = (
        ((pl.col("sent_on") <= on) & (pl.col("ended_on").is_null() | (pl.col("ended_on") > on))).fill_null(value=False)
        for on in (since, day)
    )
    # What had ended before it was sent was never open, and neither came nor went.
    never_open = (pl.col("ended_on") <= since).fill_null(value=False)
    sent = (pl.col("sent_on") > since) & (pl.col("sent_on") <= day) & ~never_open
    ended = (before | sent) & (pl.col("ended_on") > since) & (pl.col("ended_on") <= day)
    counted = held.group_by("plan", *PAIR).agg(
        open_before=before.sum(),
        sent=sent.sum(),
        closed=(ended & (pl.col("ended_by") == CLOSED)).fill_null(value=False).sum(),
        replaced=(ended & (pl.col("ended_by") == REPLACED)).fill_null(value=False).sum(),
        open_now=now.sum(),
        oldest_before=(before & (_days(pl.col("sent_on"), since) >= oldest)).sum(),
        oldest_now=(now & (_days(pl.col("sent_on"), day) >= oldest)).sum(),
    )
    return (
        with_provider(counted.filter(pl.sum_horizontal("open_before", "sent") > 0), providers)
        .with_columns(since=pl.lit(since, dtype=pl.Date))
        .select(pl.col(name).cast(dtype) for name, dtype in AgingChange.polars_schema().items())
        .sort(PAIR)
    )


def _days(since: pl.Expr, day: dt.date) -> pl.Expr:
    return (pl.lit(day, dtype=pl.Date) - since).dt.total_days()


def _place(settings: Settings) -> pl.Expr:
    """Buckets sort by age, not by name."""
    names = bucket_names(settings.profile.thresholds.aging_days)
    return pl.col("bucket").replace_strict(names, range(len(names)), return_dtype=pl.Int64)
