"""Decides which days a reporting period has: a month, `2026-02`, or a quarter, `2026-Q1`.

What a report counts in them is not decided here.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from config.settings import Settings
from pipeline.business_days import end_of_day, in_utc
from pipeline.holdings import plan_day

ONE_DAY = dt.timedelta(days=1)
SHAPE = re.compile(r"([0-9]{4})-(?:(0[1-9]|1[0-2])|Q([1-4]))")


@dataclass(frozen=True)
class Period:
    """A month or a quarter: its name, first and last day."""

    name: str
    first: dt.date
    last: dt.date


def period_of(name: str) -> Period:
    """The period of a name. Raises ValueError when it names neither a month nor a quarter."""
    found = SHAPE.fullmatch(name)
    if not found or found[1] == "0000":
        raise ValueError("a period is a month, such as 2026-02, or a quarter, such as 2026-Q1")
    year, month, quarter = int(found[1]), found[2], found[3]
    first = dt.date(year, int(month) if month else 3 * int(quarter) - 2, 1)
    return Period(name, first, _first_after(first, 1 if month else 3) - ONE_DAY)


def month_of(name: str) -> Period:
    """The month of a name. Raises ValueError when it names none."""
    if "Q" in name:
        raise ValueError("this report is about a month, such as 2026-02")
    return period_of(name)


def last_quarter(as_of: dt.datetime, settings: Settings) -> Period:
    """The last calendar quarter that is over."""
    day = plan_day(as_of, settings)
    last = day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1) - ONE_DAY
    return period_of(f"{last.year}-Q{(last.month + 2) // 3}")


def end_of(period: Period, settings: Settings, as_of: dt.datetime) -> dt.datetime:
    """The last moment of a period, in UTC. Raises ValueError while it is not over."""
    end = end_of_day(period.last, settings.plan.zone)
    if in_utc(as_of) <= end:
        raise ValueError(f"{period.name} is not over: its last day is {period.last}")
    return end


def _first_after(first: dt.date, months: int) -> dt.date:
    for _ in range(months):
        first = (first + dt.timedelta(days=31)).replace(day=1)
    return first
