"""Decides which providers are reminded of their Return Transmission File, and which are told that it is late or leaves members out.

How a provider stands is judged by `pipeline.lateness`; the report of it is for the plan, and made elsewhere.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from config.settings import Settings
from pipeline.business_days import end_of_day, in_utc, start_of_day
from pipeline.lateness import ExchangeRecord, judged_by_now, last_due_period, next_due_period, rtf_due_at
from pipeline.notice_facts import SCHEDULE, identified, is_open
from pipeline.recipients import PROVIDER
from schemas.lateness import LATE_CLASSES, LatenessClass
from schemas.notices import NoticeKind

NOTHING_ACCEPTED = (LatenessClass.MISSING.value, LatenessClass.REJECTED.value)
ONE_DAY = dt.timedelta(days=1)


def file_notices(record: ExchangeRecord, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """Facts (`pipeline.notice_facts.FACT`, `notice_id`) about files: reminders of those due next, and who is late with those due last.

    One for each provider, program and period. Nobody is reminded of a file that was accepted, and excused providers and those from whom
    nothing is due hear nothing. Of several periods that went by unnoticed only the last is told, as in the late report.
    """
    return pl.concat([_reminders(record, settings, as_of), _late(record, settings, as_of)])


def files_matter(known: pl.DataFrame, settings: Settings, as_of: dt.datetime) -> bool:
    """Whether files have to be looked at now: to remind, to find who is late for the first time, or to hold back what has not gone.

    known: current versions of all notices. Once lateness was told for a period, nobody becomes late with it any more.
    """
    of_files = known.filter(pl.col("kind").is_in([NoticeKind.RTF_REMINDER.value, NoticeKind.RTF_LATE.value]))
    told = of_files.filter((pl.col("kind") == NoticeKind.RTF_LATE.value) & (pl.col("period") == last_due_period(as_of, settings)))
    lead = settings.profile.cadence.rtf_reminder_days
    reminding = bool(lead) and in_utc(as_of) >= _reminded_from(next_due_period(as_of, settings), settings)
    return reminding or told.is_empty() or of_files.filter(is_open()).height > 0


def _reminded_from(period: str, settings: Settings) -> dt.datetime:
    due_on = rtf_due_at(period, settings).astimezone(settings.plan.zone).date()
    return start_of_day(due_on - settings.profile.cadence.rtf_reminder_days * ONE_DAY, settings.plan.zone)


def _reminders(record: ExchangeRecord, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """Queued so many days before the due day, and due the day before it: on the day itself it is too late to gather a file."""
    lead = settings.profile.cadence.rtf_reminder_days
    period, zone = next_due_period(as_of, settings), settings.plan.zone
    due_on = rtf_due_at(period, settings).astimezone(zone).date()
    begins = _reminded_from(period, settings)
    if not lead or in_utc(as_of) < begins:
        return identified(pl.DataFrame())
    owing = judged_by_now(record, period, settings, as_of).filter(pl.col("class_").is_in(NOTHING_ACCEPTED))
    reminded = owing.with_columns(tells=pl.lit(None, dtype=pl.String), due_at=pl.lit(end_of_day(due_on - ONE_DAY, zone)))
    return _facts(reminded, NoticeKind.RTF_REMINDER, period, begins, due_on, settings)


def _late(record: ExchangeRecord, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    period = last_due_period(as_of, settings)
    due_at = rtf_due_at(period, settings)
    judged = judged_by_now(record, period, settings, as_of).filter(pl.col("class_").is_in(LATE_CLASSES))
    days = pl.lit(settings.profile.deadlines.rtf_late_business_days)
    told = judged.drop("due_at").with_columns(tells="class_", business_days=days)
    return _facts(told, NoticeKind.RTF_LATE, period, due_at, due_at.astimezone(settings.plan.zone).date(), settings)


def _facts(judged: pl.DataFrame, kind: NoticeKind, period: str, begins: dt.datetime, due_on: dt.date, settings: Settings) -> pl.DataFrame:
    return identified(
        judged.with_columns(
            plan=pl.lit(settings.plan.id),
            kind=pl.lit(kind.value),
            side=pl.lit(PROVIDER),
            period=pl.lit(period),
            identity=pl.format("{} {} {}", "provider_id", "program", pl.lit(period)),
            tells_date=pl.lit(due_on),
            trigger_at=pl.lit(begins),
            known_at=pl.lit(begins),
            known_by=pl.lit(SCHEDULE),
        )
    )
