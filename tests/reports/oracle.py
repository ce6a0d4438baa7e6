"""What reports have to say, in plain Python over the truth of a played plan: slow, written from the definitions alone, sharing no code."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from tests.reports.plans import Loop, Truth

STARTS = [0, 30, 60, 90]
NAMES = ["0-29", "30-59", "60-89", "90+"]
GOAL, GOAL_HOMELESS = 90, 60


def in_clr(truth: Truth) -> list[Loop]:
    """Loops with clocks: Sobering Centers have none."""
    return [one for one in truth.loops if one.referral["service"] != "Sobering Centers"]


def ended(one: Loop) -> date | None:
    """The day on which the provider was done with a loop."""
    ends = [day for day in (one.closure[0] if one.closure else None, one.replaced_on) if day]
    return min(ends, default=None)


def is_open(one: Loop, day: date) -> bool:
    end = ended(one)
    return one.sent_on <= day and (end is None or end > day)


def bucket(days: int) -> str:
    return [name for start, name in zip(STARTS, NAMES, strict=True) if days >= start][-1]


def aging(truth: Truth, day: date) -> dict[tuple[str, int], dict[str, object]]:
    """Open loops by referral and number: what the report says of each."""
    found: dict[tuple[str, int], dict[str, object]] = {}
    for one in in_clr(truth):
        if is_open(one, day):
            status, since, _ = max(one.told, key=lambda told: told[1], default=(None, one.sent_on, ""))
            days, homeless = (day - one.sent_on).days, one.referral["cin"] in truth.homeless
            goal = GOAL_HOMELESS if homeless else GOAL
            found[one.referral["referral_id"], one.loop] = {
                "provider_id": one.provider_id,
                "program": one.program,
                "service": one.referral["service"],
                "cin": one.referral["cin"],
                "sent_on": one.sent_on.isoformat(),
                "status": status,
                "days_open": days,
                "days_since_update": (day - since).days,
                "bucket": bucket(days),
                "homeless": homeless,
                "days_past_goal": max(0, days - goal),
            }
    return found


def trend(truth: Truth, days: list[date]) -> Counter[tuple[str, str, str, str]]:
    """Open loops by day, program, provider and bucket."""
    return Counter(
        (day.isoformat(), one.program, one.provider_id, bucket((day - one.sent_on).days))
        for day in days
        for one in in_clr(truth)
        if is_open(one, day)
    )


def changes(truth: Truth, since: date, day: date) -> dict[tuple[str, str], tuple[int, ...]]:
    """By program and provider: open then, sent, closed, replaced, open now, oldest then, oldest now; counted one by one."""
    found: dict[tuple[str, str], list[int]] = {}
    for one in in_clr(truth):
        end = ended(one)
        came = one.sent_on > since
        went = end is not None and since < end <= day
        closed = went and one.closure is not None and one.closure[0] == end
        told = [is_open(one, since), came, closed, went and not closed, is_open(one, day)]
        told += [is_open(one, since) and (since - one.sent_on).days >= 90, is_open(one, day) and (day - one.sent_on).days >= 90]
        counts = found.setdefault((one.program, one.provider_id), [0] * len(told))
        found[one.program, one.provider_id] = [count + more for count, more in zip(counts, told, strict=True)]
    return {pair: tuple(counts) for pair, counts in found.items() if counts[0] + counts[1]}


def month_ends(day: date, months: int = 12) -> list[date]:
    found = []
    for _ in range(months):
        day = day.replace(day=1) - timedelta(days=1)
        found.append(day)
    return found
