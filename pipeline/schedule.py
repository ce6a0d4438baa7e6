"""Decides which job is due when, from the cadence and the calendar of a profile.

Whether it was done already is not decided here, nor what a job does.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from config.profile import Calendar
from config.settings import Settings
from pipeline.business_days import ONE_DAY, business_day_on_or_before, closed_days, end_of_day, in_utc, nearest_business_day
from pipeline.lateness import rtf_due_at

NIGHT, LATE, MIF_SUPPLEMENT, MIF, ASF, AGING = "night", "late", "mif-supplement", "mif", "asf", "aging"
JOBS = (NIGHT, LATE, MIF_SUPPLEMENT, MIF, ASF, AGING)  # of several that are due at one moment, in this order
REACH = dt.timedelta(days=31)  # no closed time that moves a day is longer
PLANNED_AHEAD = dt.timedelta(days=45)  # more than a month, so that every monthly job is in it
DAY = "%a %Y-%m-%d"


@dataclass(frozen=True)
class Planned:
    """One job of one period.

    period: the month of a MIF or of an aging run (`2026-03`), the month that a late report is about, and for the others the day that
    the cadence names, moved or not: a job is done once for each. due_at: from when on, in UTC. why: how that moment came about, in words.
    """

    job: str
    period: str
    due_at: dt.datetime
    why: str


def planned(settings: Settings, since: dt.datetime, until: dt.datetime) -> tuple[Planned, ...]:
    """Every job that is due between two moments, both included, by due moment.

    Raises CalendarNotConfirmed when the calendar would have to move a day that has come and lies past its last confirmed year.
    """
    found = (one for day in _days(settings, since, until) for one in _of_day(day, settings))
    return tuple(sorted((one for one in found if since <= one.due_at <= until), key=_order))


def foreseen_until(settings: Settings, as_of: dt.datetime) -> dt.datetime:
    """How far ahead there is a plan: 45 days, but not past the last year of which the calendar is confirmed."""
    last_day = dt.date(settings.profile.calendar.confirmed_through, 12, 31)
    return max(in_utc(as_of), min(in_utc(as_of) + PLANNED_AHEAD, end_of_day(last_day, settings.plan.zone)))


def never_due(settings: Settings) -> dict[str, str]:
    """Jobs that the cadence does not ask for, with the setting that says so."""
    cadence = settings.profile.cadence
    absent = {
        MIF_SUPPLEMENT: (cadence.mif_supplement_weekday == "none", "cadence.mif_supplement_weekday is none"),
        ASF: (not cadence.asf_days, "cadence.asf_days is empty"),
        AGING: (not cadence.aging_day, "cadence.aging_day is 0"),
    }
    return {job: why for job, (is_absent, why) in absent.items() if is_absent}


def last_aging_run(settings: Settings, as_of: dt.datetime) -> Planned | None:
    """The newest aging run that was due by a moment; None where the cadence asks for none."""
    runs = (one for day in _days(settings, as_of - REACH, as_of) for one in _aging_runs(day, settings))
    return max((one for one in runs if one.due_at <= as_of), key=_order, default=None)


def plan_moment(day: dt.date, time_of_day: str, zone: ZoneInfo) -> dt.datetime:
    """A time of a day of the plan (`HH:MM`), in UTC.

    In the night when clocks go forward, a time that they leap over comes as long after midnight as ever; in the night when they go back,
    of a time that comes twice the first is meant.
    """
    return dt.datetime.combine(day, dt.time.fromisoformat(time_of_day), tzinfo=zone).astimezone(dt.UTC)


def _order(one: Planned) -> tuple[dt.datetime, int, str]:
    return one.due_at, JOBS.index(one.job), one.period


def _days(settings: Settings, since: dt.datetime, until: dt.datetime) -> Iterator[dt.date]:
    """Days whose jobs may be due in between, however they are moved. Of days ahead only those whose year is confirmed."""
    day, last = (in_utc(moment).astimezone(settings.plan.zone).date() for moment in (since, until))
    day -= REACH
    while day <= last + REACH:
        if day <= last or day.year <= settings.profile.calendar.confirmed_through:
            yield day
        day += ONE_DAY


def _of_day(day: dt.date, settings: Settings) -> Iterator[Planned]:
    """What the cadence asks for on a day, with the moment to which the calendar may move it."""
    cadence, zone = settings.profile.cadence, settings.plan.zone
    yield Planned(NIGHT, day.isoformat(), plan_moment(day, cadence.night_at, zone), f"every day at {cadence.night_at}")
    if _is_day_of_month(day, cadence.rtf_due_day):
        period = f"{day.replace(day=1) - ONE_DAY:%Y-%m}"
        due = rtf_due_at(period, settings)
        yield Planned(
            LATE, period, due + dt.timedelta(seconds=1), f"the files of {period} are due by the end of {day:{DAY}}, weekend or not"
        )
    if f"{day:%A}" == cadence.mif_supplement_weekday:
        yield _sent(MIF_SUPPLEMENT, day.isoformat(), (day, "before"), f"weekly, on {day:{DAY}}", settings)
    if _is_day_of_month(day, cadence.mif_day):
        yield _sent(MIF, f"{day:%Y-%m}", (day, "before"), f"no later than {day:{DAY}}", settings)
    if any(_is_day_of_month(day, number) for number in cadence.asf_days):
        yield _sent(ASF, day.isoformat(), (day, cadence.asf_days_move), f"about {day:{DAY}}", settings)
    yield from _aging_runs(day, settings)


def _aging_runs(day: dt.date, settings: Settings) -> Iterator[Planned]:
    asked = settings.profile.cadence.aging_day
    if asked and _is_day_of_month(day, asked):
        yield _sent(AGING, f"{day:%Y-%m}", (day, "before"), f"on {day:{DAY}}", settings)


def _sent(job: str, period: str, asked_for: tuple[dt.date, str], asked: str, settings: Settings) -> Planned:
    """A job at `send_at` of the day that the calendar makes of the one asked for. asked_for: the day, and how a closed one is moved."""
    (day, moves), calendar = asked_for, settings.profile.calendar
    kept_on = _moved(day, moves, calendar)
    why = asked if kept_on == day else f"{asked}, which is closed ({_closed_for(day, calendar)}): moved to {kept_on:{DAY}}"
    return Planned(job, period, plan_moment(kept_on, settings.profile.cadence.send_at, settings.plan.zone), why)


def _is_day_of_month(day: dt.date, number: int) -> bool:
    """Whether a day is the one of that number in its month; in a month without it, the last."""
    return day.day == min(number, monthrange(day.year, day.month)[1])


def _moved(day: dt.date, moves: str, calendar: Calendar) -> dt.date:
    if moves == "none":
        return day
    return business_day_on_or_before(day, calendar) if moves == "before" else nearest_business_day(day, calendar)


def _closed_for(day: dt.date, calendar: Calendar) -> str:
    return closed_days(calendar, day.year).get(day, f"{day:%A}")
