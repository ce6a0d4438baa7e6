"""What reports have to say, in plain Python over the truth of a played plan: slow, written from the definitions alone, sharing no code."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from tests.reports.plans import Loop, Truth
from tests.workspaces import ZONE

STARTS = [0, 30, 60, 90]
NAMES = ["0-29", "30-59", "60-89", "90+"]
GOAL, GOAL_HOMELESS = 90, 60
BAD_RULE = "R130"  # a status that stands in no code list


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


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The two shares p that lie 1.959964 standard errors from part/whole: the roots of (part/whole - p)^2 = z^2 p(1-p)/whole."""
    share, z2 = part / whole, 1.959964**2
    a, b, c = 1 + z2 / whole, -(2 * share + z2 / whole), share * share
    root = max(0.0, b * b - 4 * a * c) ** 0.5
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def differs(part: int, whole: int, plan: float) -> str | None:
    """Ten cases are looked at."""
    if whole < 10:
        return None
    low, high = wilson(part, whole)
    return "above" if low > plan else "below" if high < plan else None


def begun(truth: Truth, first: str, last: str) -> list[dict[str, str]]:
    return [row for row in truth.referrals if first <= row["referral_date"] <= last and row["service"] != "Sobering Centers"]


def closings(truth: Truth, first: str, last: str) -> dict[tuple[str, str | None, str], tuple[int, int, str | None]]:
    """By program, provider (None for the plan) and reason: closures, all closures, and whether the share differs from the plan's."""
    made = {row["referral_id"]: row for row in begun(truth, first, last)}
    ends = [(one.program, one.provider_id, one.closure[1]) for one in truth.loops if one.referral["referral_id"] in made and one.closure]
    denied = [(row["program"], None, "Authorization Denied") for row in made.values() if row["authorization_status"] == "Denied"]
    found: dict[tuple[str, str | None, str], tuple[int, int, str | None]] = {}
    for program in ("ECM", "CS"):
        every = [end for end in [*ends, *denied] if end[0] == program]
        for reason in {end[2] for end in every}:
            found[program, None, reason] = (sum(end[2] == reason for end in every), len(every), None)
        held = [end for end in ends if end[0] == program]
        for provider_id in {end[1] for end in held}:
            own = [end for end in held if end[1] == provider_id]
            for reason in {end[2] for end in held}:
                part, plan = sum(end[2] == reason for end in own), sum(end[2] == reason for end in held) / len(held)
                found[program, provider_id, reason] = (part, len(own), differs(part, len(own), plan))
    return found


def waits(truth: Truth, first: str, last: str, day: date, measure: str) -> dict[tuple[str, str | None], list[tuple[int, bool]]]:
    """By program and provider (None for the plan): days waited, and whether it came."""
    made = {row["referral_id"] for row in begun(truth, first, last)}
    found: dict[tuple[str, str | None], list[tuple[int, bool]]] = {}
    for one in truth.loops:
        if one.referral["referral_id"] in made:
            outreach = min(
                [on for on, _ in one.attempts] + [on for status, on, _ in one.told if status == "Outreach Initiated"], default=None
            )
            end = ended(one)
            closed = end is not None and one.closure is not None and one.closure[0] == end
            came, until = (closed, end or day) if measure == "closure" else (outreach is not None, outreach or end or day)
            for provider_id in (None, one.provider_id):
                found.setdefault((one.program, provider_id), []).append((max(0, (until - one.sent_on).days), came))
    return found


def product_limit(waited: list[tuple[int, bool]], share: Fraction) -> int | None:
    """The first day by which that share has come to it, each day's chance taken from those still waiting at its beginning."""
    left = Fraction(1)
    for day in sorted({days for days, came in waited if came}):
        at_risk = sum(days >= day for days, _ in waited)
        left *= 1 - Fraction(sum(days == day and came for days, came in waited), at_risk)
        if left <= 1 - share:
            return day
    return None


def entity(row: dict[str, str]) -> str:
    if row["referral_type"] == "2":
        return "Identified by the plan"
    if row["referring_relationship"] == "3":
        return "Member or family"
    return row.get("referring_org_npi") or row["referring_org_name"]


def denials(truth: Truth, first: str, last: str) -> dict[tuple[str, str | None], tuple[int, ...]]:
    """By program and referring entity (None for the plan): referred, decided, denied."""
    found: dict[tuple[str, str | None], list[int]] = {}
    for row in begun(truth, first, last):
        for who in (None, entity(row)):
            counts = found.setdefault((row["program"], who), [0, 0, 0])
            told = (True, row["authorization_status"] != "Under Review", row["authorization_status"] == "Denied")
            found[row["program"], who] = [count + more for count, more in zip(counts, told, strict=True)]
    return {key: tuple(counts) for key, counts in found.items()}


def denial_reasons(truth: Truth, first: str, last: str) -> Counter[tuple[str, str, str | None]]:
    denied = [row for row in begun(truth, first, last) if row["authorization_status"] == "Denied"]
    return Counter((row["program"], entity(row), row["denial_reason"] or None) for row in denied)


CLOSED_DAYS = [date(2025, 11, 11), date(2025, 11, 27), date(2025, 11, 28), date(2025, 12, 25), date(2026, 1, 1)]  # from September on


def business_days_after(day: date, number: int) -> date:
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5 and day not in CLOSED_DAYS
    return day


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


Figure = tuple[int, int]  # of how many so many


class Tally:
    """Figures by measure, program, provider, referring entity and detail."""

    def __init__(self) -> None:
        self.figures: dict[tuple[str | None, ...], Figure] = {}

    def add(self, measure: str, met: bool, *whose: tuple[str | None, ...]) -> None:
        for who in whose:
            program, provider_id, referring, detail = (*who, None, None, None)[:4]
            part, whole = self.figures.get((measure, program, provider_id, referring, detail), (0, 0))
            self.figures[measure, program, provider_id, referring, detail] = (part + met, whole + 1)


def monitoring(truth: Truth, first: date, last: date) -> dict[tuple[str | None, ...], Figure]:
    """Every share of a month but those of notices; the loops and the attempts of the year are those of its end."""
    tally = Tally()
    _referrals(truth, first, last, tally)
    _loops(truth, first, last, tally)
    for provider_id, program, period, rows, bad in truth.files:
        if period == f"{last:%Y-%m}":
            for number in range(rows):
                tally.add("rejected_rows", number < bad, (program,), (program, provider_id))
                if bad:
                    tally.add("rows_with_rule", number < bad, (program, provider_id, None, BAD_RULE))
    return tally.figures


def _referrals(truth: Truth, first: date, last: date, tally: Tally) -> None:
    for row in truth.referrals:
        if row["service"] == "Sobering Centers":
            continue
        program, provider_id = row["program"], row["provider_id"]
        asked, decided = moment(row["request_received_at"]), moment(row["decision_at"]) if row["decision_at"] else None
        if first <= date.fromisoformat(row["referral_date"]) <= last:
            tally.add("community_share", row["referral_type"] == "1", (program,))
            if decided:
                tally.add("denied_share", row["authorization_status"] == "Denied", (program,), (program, None, entity(row)))
        if row["expedited"] == "Y":
            measure, due = "expedited_decisions_in_time", (asked.astimezone(UTC) + timedelta(hours=72)).astimezone(ZONE)
        else:
            measure, due = "routine_decisions_in_time", datetime.combine(business_days_after(asked.date(), 5), time.max, tzinfo=ZONE)
        if first <= due.date() <= last:
            tally.add(measure, decided is not None and decided <= due, (program,))
        if program == "ECM" and decided and row["authorization_status"] == "Approved":
            due_on = business_days_after(decided.date(), 10)
            sent = [one.sent_on for one in truth.loops if one.referral is row]
            if first <= due_on <= last:
                tally.add("first_mif_in_time", bool(sent) and min(sent) <= due_on, (program,), (program, provider_id))


def _loops(truth: Truth, first: date, last: date, tally: Tally) -> None:
    for one in in_clr(truth):
        whose, end = ((one.program,), (one.program, one.provider_id)), ended(one)
        for measure, days in (("closed_in_time", GOAL), ("closed_in_time_without_home", GOAL_HOMELESS)):
            due = one.sent_on + timedelta(days=days)
            counts = first <= due <= last and (days == GOAL or one.referral["cin"] in truth.homeless)
            closed = end is not None and one.closure is not None and one.closure[0] == end
            if counts and not (end is not None and end <= due and not closed):
                tally.add(measure, closed and end is not None and end <= due, *whose)
        for age in (30, 60, 90) if is_open(one, last) else ():
            met = (last - one.sent_on).days >= age
            tally.add("open_loops_by_age", met, *((program, *who, *[None] * (2 - len(who)), f"{age}+ days") for program, *who in whose))
        for on, reached in one.attempts:
            if date(last.year, 1, 1) <= on <= last:
                tally.add("outreach_success_share_year_to_date", reached, *whose)
