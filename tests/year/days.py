"""The plan's days in plain Python: which are closed, when something is due that is counted in them, and when its clocks show what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Los_Angeles")
HOLIDAYS = {  # of CalHR, typed from its calendar; Independence Day of 2027 is a Sunday and moves, Christmas of 2027 a Saturday and does not
    date(2025, 11, 11), date(2025, 11, 27), date(2025, 11, 28), date(2025, 12, 25),
    date(2026, 1, 1), date(2026, 1, 19), date(2026, 2, 16), date(2026, 3, 31), date(2026, 5, 25), date(2026, 9, 7), date(2026, 11, 11),
    date(2026, 11, 26), date(2026, 11, 27), date(2026, 12, 25),
    date(2027, 1, 1), date(2027, 1, 18), date(2027, 2, 15), date(2027, 3, 31), date(2027, 5, 31), date(2027, 7, 5), date(2027, 9, 6),
    date(2027, 11, 11), date(2027, 11, 25), date(2027, 11, 26),
}  # fmt: skip


def at(moment: datetime) -> datetime:
    """A time on the plan's clocks as a moment; one that they show twice means the first, one that they skip comes as late as it would."""
    return moment.replace(tzinfo=ZONE).astimezone(UTC)


def end_of_business_day(moment: datetime, count: int) -> datetime:
    """The end of the so-manieth business day after the plan's day of a moment."""
    day = moment.astimezone(ZONE).date()
    while count:
        day += timedelta(days=1)
        count -= is_open(day)
    return at(datetime.combine(day, time(23, 59, 59)))


def is_open(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def next_evening(moment: datetime, evenings: Sequence[datetime]) -> datetime | None:
    """The first call at or after a moment; None when it comes after the last."""
    return next((evening for evening in evenings if evening >= moment), None)


def business_day_on_or_before(day: date) -> date:
    while not is_open(day):
        day -= timedelta(days=1)
    return day


def business_days_before(day: date, count: int) -> date:
    """The so-manieth business day before a day, which itself is never counted."""
    for _ in range(count):
        day = business_day_on_or_before(day - timedelta(days=1))
    return day
