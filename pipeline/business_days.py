"""Decides which days are business days of the plan, and when something is due that is counted in business days or in hours.

It does not decide how many days anything takes, nor on which day of the month files go: those stand in the profile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays
import polars as pl

from config.profile import Calendar

MOMENT = pl.Datetime("us", "UTC")
END_OF_DAY = dt.time(23, 59, 59)  # a due day lasts until then, in plan time
SATURDAY, SUNDAY = 5, 6
ONE_DAY = dt.timedelta(days=1)
NAMES_KNOWN = range(2025, 2031)  # closed-loop referral began in 2025; a name that never occurs in these years is a slip of the pen
CLOSED_BY_PLAN = "Closed by the plan"


class CalendarNotConfirmed(Exception):
    """Raised when a day is needed that lies past the year through which the plan has confirmed its calendar."""


def check_calendar(calendar: Calendar) -> list[str]:
    """What is wrong with a calendar, in words; empty when nothing is.

    Found are names that the `holidays` library does not know, holidays of the confirmed years about which the calendar says nothing,
    and Saturdays moved that are not observed.
    """
    listed = {"observed": calendar.observed, "not_observed": calendar.not_observed, "saturday_to_friday": calendar.saturday_to_friday}
    known = _known_names(max(calendar.confirmed_through, NAMES_KNOWN[-1]))
    unknown = [
        f"calendar.{key}: {name!r} is no holiday of the United States or California; allowed: {', '.join(sorted(known))}"
        for key, names in listed.items()
        for name in names
        if name not in known
    ]
    unmoved = [
        f"calendar.saturday_to_friday: {name!r} is not observed" for name in calendar.saturday_to_friday if name not in calendar.observed
    ]
    return unknown + unmoved + _undecided(calendar)


def closed_days(calendar: Calendar, year: int) -> Mapping[dt.date, str]:
    """The closed days of a year apart from weekends, with their names, by date.

    A holiday on a Sunday moves to Monday. One on a Saturday stays there, unless the calendar moves it to Friday. Raises
    CalendarNotConfirmed for a year not confirmed, ValueError for an observed name that the `holidays` library does not know.
    """
    if year > calendar.confirmed_through:
        raise CalendarNotConfirmed(
            f"calendar {calendar.version} is confirmed through {calendar.confirmed_through}, but a day of {year} is needed: "
            "look at its holidays, then raise calendar.confirmed_through"
        )
    return _closed_days(calendar, year)


def is_business_day(day: dt.date, calendar: Calendar) -> bool:
    """Whether the plan works on a day. Raises CalendarNotConfirmed, as everything below does."""
    return day not in closed_days(calendar, day.year) and day.weekday() < SATURDAY


def business_days_after(day: dt.date, n: int, calendar: Calendar) -> dt.date:
    """The n-th business day after a day, which itself is never counted, closed or not. n is 1 or more."""
    if n < 1:
        raise ValueError("business days are counted from 1")
    for _ in range(n):
        day += ONE_DAY
        while not is_business_day(day, calendar):
            day += ONE_DAY
    return day


def business_days_before(day: dt.date, n: int, calendar: Calendar) -> dt.date:
    """The n-th business day before a day, which itself is never counted, closed or not. n is 1 or more."""
    if n < 1:
        raise ValueError("business days are counted from 1")
    for _ in range(n):
        day = business_day_on_or_before(day - ONE_DAY, calendar)
    return day


def business_day_on_or_before(day: dt.date, calendar: Calendar) -> dt.date:
    """The day itself, or the last business day before it."""
    while not is_business_day(day, calendar):
        day -= ONE_DAY
    return day


def nearest_business_day(day: dt.date, calendar: Calendar) -> dt.date:
    """The business day nearest to a day; of two equally near, the earlier."""
    distance = dt.timedelta()
    while True:
        for near in (day - distance, day + distance):
            if is_business_day(near, calendar):
                return near
        distance += ONE_DAY


def end_of_day(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The last second of a day of the plan, in UTC."""
    return dt.datetime.combine(day, END_OF_DAY, tzinfo=zone).astimezone(dt.UTC)


def start_of_day(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The first moment of a day of the plan, in UTC."""
    return dt.datetime.combine(day, dt.time(), tzinfo=zone).astimezone(dt.UTC)


def in_utc(moment: dt.datetime) -> dt.datetime:
    """A moment in UTC, as frames hold it. Raises ValueError when it does not say its time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone has no day")
    return moment.astimezone(dt.UTC)


def due_after_business_days(trigger: dt.datetime, n: int, calendar: Calendar, zone: ZoneInfo) -> dt.datetime:
    """The end of the n-th business day after the plan's day of the trigger, in UTC. The trigger is aware."""
    return end_of_day(business_days_after(in_utc(trigger).astimezone(zone).date(), n, calendar), zone)


def due_after_hours(trigger: dt.datetime, hours: int) -> dt.datetime:
    """So many elapsed hours after the trigger, in UTC, whatever the clocks do meanwhile. The trigger is aware."""
    return in_utc(trigger) + dt.timedelta(hours=hours)


def due_dates(triggers: pl.Series, n: int, calendar: Calendar, zone: ZoneInfo) -> pl.Series:
    """`due_after_business_days` for many triggers (Datetime, microseconds, UTC), counted once for each day; null stays null."""
    days = triggers.dt.convert_time_zone(zone.key).dt.date()
    due = {day: end_of_day(business_days_after(day, n, calendar), zone) for day in days.unique().drop_nulls().sort()}
    return days.replace_strict(
        pl.Series(list(due), dtype=pl.Date), pl.Series(list(due.values()), dtype=MOMENT), default=None, return_dtype=MOMENT
    ).rename(triggers.name)


@lru_cache(maxsize=64)
def _closed_days(calendar: Calendar, year: int) -> Mapping[dt.date, str]:
    if unknown := sorted(set(calendar.observed) - _known_names(max(year, NAMES_KNOWN[-1]))):
        raise ValueError(f"calendar.observed: {unknown[0]!r} is no holiday of the United States or California")
    closed = dict.fromkeys(calendar.closed, CLOSED_BY_PLAN)
    for day, names in chain.from_iterable(_named_days(near) for near in (year, year + 1)):  # New Year's Day may be kept the Friday before
        for name in names:
            if name in calendar.observed:
                closed.setdefault(_kept_on(day, name, calendar), name)
    return MappingProxyType({day: name for day, name in sorted(closed.items()) if day.year == year})


def _kept_on(day: dt.date, name: str, calendar: Calendar) -> dt.date:
    if day.weekday() == SUNDAY:
        return day + ONE_DAY
    if day.weekday() == SATURDAY and name in calendar.saturday_to_friday:
        return day - ONE_DAY
    return day


def _undecided(calendar: Calendar) -> list[str]:
    """A holiday that the library lists and the calendar passes over is neither open nor closed: somebody has to say."""
    decided = {*calendar.observed, *calendar.not_observed}
    undecided: dict[str, dt.date] = {}
    for year in range(NAMES_KNOWN[0], calendar.confirmed_through + 1):
        for day, names in _named_days(year):
            if not decided.intersection(names):
                undecided.setdefault(names[0], day)
    return [f"calendar: {name!r} ({day}) must stand in `observed` or in `not_observed`" for name, day in undecided.items()]


def _known_names(last_year: int) -> set[str]:
    return {name for year in range(NAMES_KNOWN[0], last_year + 1) for _, names in _named_days(year) for name in names}


@lru_cache(maxsize=256)
def _named_days(year: int) -> tuple[tuple[dt.date, tuple[str, ...]], ...]:
    """The library's holidays of a year on their own dates; one day may have several names, California's first."""
    return tuple(sorted((day, tuple(names)) for day, names in _listed(year)))


def _listed(year: int) -> Iterator[tuple[dt.date, list[str]]]:
    # The language is named because the library else takes it from the environment, and Diwali would not be called so.
    california = holidays.country_holidays("US", subdiv="CA", years=year, observed=False, language="en_US")
    federal = holidays.country_holidays("US", years=year, observed=False, language="en_US")
    for day in {*california, *federal}:
        ours = [name for name in california.get_list(day) if name]
        yield day, ours + [name for name in federal.get_list(day) if name and name not in ours]
