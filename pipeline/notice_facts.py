"""Decides what every notice has, whatever it tells: its name, when it is due, and why it is late where it is late when it is queued.

What is owed is decided by the modules of each kind; to whom, and which way, by `pipeline.recipients`.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from config.settings import Settings
from pipeline import business_days
from pipeline.business_days import MOMENT, in_utc
from pipeline.names import digest_names
from pipeline.recipients import GUARDIAN, MEMBER
from schemas.notices import NoticeKind, NoticeState

# A fact is a notice without its recipient: one row for each thing that somebody is owed. due_at, or hours, or business_days after
# trigger_at say when. known_late: why, in words, where the plan knew of it after it was due; by default when it came.
FACT = pl.Schema(
    dict.fromkeys(("plan", "kind", "side", "referral_id"), pl.String)
    | {"loop": pl.Int64}
    | dict.fromkeys(("program", "provider_id", "provider_npi", "cin", "period", "identity", "tells"), pl.String)
    | {"tells_date": pl.Date, "tells_reason": pl.String}
    | dict.fromkeys(("trigger_at", "known_at"), MOMENT)
    | {"known_by": pl.String, "due_at": MOMENT, "hours": pl.Int64, "business_days": pl.Int64}
    | dict.fromkeys(("known_late", "corrects"), pl.String)
)
IDENTITY = ("kind", "side", "plan", "referral_id", "loop", "identity")
SCHEDULE = "schedule"  # evidence of what no file told, but the plan's own calendar
DAY = "%b %-d, %Y"
HOUR = "%b %-d, %Y %H:%M"
TRIGGERS = {
    NoticeKind.AUTHORIZATION_DECISION.value: "decision",
    NoticeKind.LOOP_CLOSURE.value: "closure",
    NoticeKind.ASSIGNMENT.value: "assignment",
    NoticeKind.PCP_ASSIGNMENT.value: "assignment",
    NoticeKind.REREFERRAL.value: "assignment",
    NoticeKind.PENDING_UPDATE.value: "referral whose update was due from",
    NoticeKind.STREAMLINED_ENDING.value: "streamlined span whose reminder was due from",
}


def identified(facts: pl.DataFrame) -> pl.DataFrame:
    """Facts with every column of `FACT`, and `notice_id`: it follows from what is told, to which side, about which loop."""
    whole = pl.concat([pl.DataFrame(schema=FACT), facts.select(name for name in FACT if name in facts.columns)], how="diagonal_relaxed")
    cast = whole.select(pl.col(name).cast(dtype) for name, dtype in FACT.items())
    return cast.with_columns(notice_id=digest_names("N", cast.select(IDENTITY)))


def is_told() -> pl.Expr:
    """Whether a notice has gone, or is on its way and cannot be called back."""
    under_way = (pl.col("state") == NoticeState.QUEUED.value) & pl.col("sent_as").is_not_null()
    return (pl.col("state") == NoticeState.SENT.value) | under_way


def is_open() -> pl.Expr:
    """Whether a notice can still be held back."""
    return (pl.col("state") != NoticeState.CANCELLED.value) & ~is_told()


def side() -> pl.Expr:
    """The side of the referral that a notice went to: who stands in for the member stands on the member's."""
    return pl.col("recipient_kind").replace({GUARDIAN: MEMBER})


def plan_day(moment: str, settings: Settings) -> pl.Expr:
    """The day of a moment in plan time."""
    return pl.col(moment).dt.convert_time_zone(settings.plan.time_zone).dt.date()


def day_starts(day: pl.Expr, settings: Settings) -> pl.Expr:
    """The first moment of a day in plan time."""
    local = day.cast(pl.Datetime("us")).dt.replace_time_zone(settings.plan.time_zone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC")


def with_due_times(facts: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Fill `due_at` where it follows from hours or business days. Raises CalendarNotConfirmed when a due day is past the confirmed year."""
    calendar, zone = settings.profile.calendar, settings.plan.zone
    elapsed = pl.col("trigger_at") + pl.duration(hours="hours")
    fixed = facts.with_columns(due_at=pl.coalesce("due_at", elapsed)).filter(pl.col("business_days").is_null())
    counted = [
        same.with_columns(due_at=business_days.due_dates(same["trigger_at"], same["business_days"][0], calendar, zone))
        for same in facts.filter(pl.col("business_days").is_not_null()).partition_by("business_days", maintain_order=True)
    ]
    return pl.concat([fixed, *counted])


def with_lateness(facts: pl.DataFrame, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """Add `late_because` to facts that are late when they are queued: what is told came late to the plan, or was worked on late."""
    of = pl.col("kind").replace_strict(TRIGGERS, default="notice of", return_dtype=pl.String)
    moments = [pl.col("trigger_at"), pl.col("known_at"), pl.col("due_at"), pl.lit(as_of).cast(MOMENT)]
    happened, came, due, now = (moment.dt.convert_time_zone(settings.plan.time_zone) for moment in moments)
    came_late = pl.format("the {} of {} came to the plan on {}", of, happened.dt.strftime(DAY), came.dt.strftime(DAY))
    told = [moment.dt.strftime(HOUR) for moment in (came, due, now)]
    worked_late = pl.format("known since {} and due by {}, but no run queued it before {}", *told)
    return facts.with_columns(
        late_because=pl.when(pl.col("due_at") < pl.col("known_at"))
        .then(pl.coalesce("known_late", came_late))
        .when(pl.col("due_at") < in_utc(as_of))
        .then(worked_late)
    )
