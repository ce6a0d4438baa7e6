"""Decides what providers are told about referrals that they hold: those that are aging, and streamlined spans that are about to end.

Reminders of files are decided by `pipeline.file_notices`.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from config.settings import Settings
from pipeline.aging_list import aging_list
from pipeline.business_days import MOMENT, business_days_before, end_of_day, in_utc, start_of_day
from pipeline.decision_notices import DECIDED
from pipeline.notice_facts import SCHEDULE, identified
from pipeline.placement_notices import standing_loops
from pipeline.recipients import PROVIDER
from pipeline.schedule import last_aging_run
from schemas.codes import Program
from schemas.notices import NoticeKind

STREAMLINED_DAYS = 30  # calendar days from its start (ECM policy guide, streamlined authorization)


def aging(loops: pl.DataFrame, members: pl.DataFrame, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """Facts (`pipeline.notice_facts.FACT`, `notice_id`) of the last aging run: one for each provider that holds aging referrals.

    Ages are those of the run's day, however late it is worked on; what has closed since is left out. Source: Health Net / CHPIV notice.
    """
    run = last_aging_run(settings, as_of)
    if run is None:
        return identified(pl.DataFrame())
    ages = aging_list(loops, members, run.due_at.astimezone(settings.plan.zone).date(), settings)
    past_goal = pl.col("past_goal").sum()
    counted = ages.group_by("plan", "provider_id", maintain_order=True).agg(
        tells=pl.format("referrals: {}, past the goal: {}", pl.len(), past_goal),
    )
    return identified(
        counted.with_columns(
            kind=pl.lit(NoticeKind.AGING.value),
            side=pl.lit(PROVIDER),
            period=pl.lit(run.period),
            identity=pl.format("{} {}", "provider_id", pl.lit(run.period)),
            tells_date=pl.lit(run.due_at.astimezone(settings.plan.zone).date()),
            trigger_at=pl.lit(run.due_at),
            known_at=pl.lit(run.due_at),
            known_by=pl.lit(SCHEDULE),
            business_days=pl.lit(settings.profile.deadlines.aging_business_days),
        )
    )


def streamlined_endings(
    loops: pl.DataFrame, referrals: pl.DataFrame, versions: pl.DataFrame, settings: Settings, as_of: dt.datetime
) -> pl.DataFrame:
    """Facts (`pipeline.notice_facts.FACT`, `notice_id`) of ECM spans that end undecided: to the provider, some business days before day 30.

    They are queued one business day before they are due, so that they have gone by then. After day 30, once a decision is made, and once
    the loop has closed, there is nothing to remind of. Source: ECM policy guide.
    """
    known = versions.filter(pl.col("streamlined_start").is_not_null()).unique(
        ["referral_id", "streamlined_start", "provider_id"], keep="first", maintain_order=True
    )
    undecided = ~(pl.col("authorization_status").is_in(DECIDED) & pl.col("decision_at").is_not_null()).fill_null(value=False)
    spans = (
        referrals.filter((pl.col("program") == Program.ECM.value) & pl.col("streamlined_start").is_not_null() & undecided)
        .drop("provider_id", "known_from")
        .join(_open(loops), on="referral_id", maintain_order="left")
        .join(
            known.select("referral_id", "streamlined_start", "provider_id", "known_at", "known_by"),
            on=["referral_id", "streamlined_start", "provider_id"],
            how="left",
            maintain_order="left",
        )
        .filter(pl.col("streamlined_start").is_between(*_days_of_spans(settings, as_of)))
    )
    clocks = _clocks(spans["streamlined_start"], settings)
    facts = spans.join(clocks, on="streamlined_start", maintain_order="left").select(
        *("plan", "referral_id", "loop", "cin", "program", "provider_id", "trigger_at", "due_at", "known_by"),
        kind=pl.lit(NoticeKind.STREAMLINED_ENDING.value),
        side=pl.lit(PROVIDER),
        tells="authorization_status",
        tells_date="ends_on",
        known_at=pl.max_horizontal("trigger_at", "known_at"),
        identity=pl.format("{} {}", "provider_id", "streamlined_start"),
    )
    return identified(facts)


def _open(loops: pl.DataFrame) -> pl.DataFrame:
    standing = standing_loops(loops).filter(pl.col("closed_on").is_null() & pl.col("provider_id").is_not_null())
    return standing.select("referral_id", "loop", "provider_id")


def _days_of_spans(settings: Settings, as_of: dt.datetime) -> tuple[dt.date, dt.date]:
    """The first and the last start of a span that has begun and not ended."""
    today = in_utc(as_of).astimezone(settings.plan.zone).date()
    return today - dt.timedelta(days=STREAMLINED_DAYS), today


def _clocks(starts: pl.Series, settings: Settings) -> pl.DataFrame:
    """For each start of a span: its day 30, when its notice is queued, and when it is due."""
    calendar, zone = settings.profile.calendar, settings.plan.zone
    rows = []
    for start in starts.unique().sort().to_list():
        ends_on = start + dt.timedelta(days=STREAMLINED_DAYS)
        due_on = business_days_before(ends_on, settings.profile.deadlines.streamlined_ending_business_days, calendar)
        queued_on = business_days_before(due_on, 1, calendar)
        rows.append((start, ends_on, start_of_day(queued_on, zone), end_of_day(due_on, zone)))
    schema = pl.Schema({"streamlined_start": pl.Date(), "ends_on": pl.Date(), "trigger_at": MOMENT, "due_at": MOMENT})
    return pl.DataFrame(rows, schema=schema, orient="row")
