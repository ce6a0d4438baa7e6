"""What the calendar asks for, worked out evening by evening in plain Python: updates to members, lists and reminders to providers.

Rules: the state's guidance (updates to members while a referral is open), the notice of CHPIV and Health Net (aging lists), the ECM policy
guide (streamlined spans), and the plan's cadence. It shares no code with the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from tests.year.days import ZONE, at, business_day_on_or_before, business_days_before, end_of_business_day, is_open, next_evening
from tests.year.expected import NAMES, SOBERING, Expected, recipient
from tests.year.simulation import DAY, FIRST, ROSTER, Referral, Truth, Upload

CLOSING = ("Declined", "Referral Loop Closed")
ORDER = ("Pending", "Accepted", "Outreach Initiated", *CLOSING)
PAIRS = [(row["provider_id"], program) for row in ROSTER for program in row["programs"].split(";")]
TAKES_IN = ("night", "late", "aging")
JOBS = ("night", "late", "mif", "asf", "aging")  # of those due at one moment, in this order


@dataclass
class Held:
    """A loop: who holds it since when, when the plan knew, and what was told of it by which evening."""

    referral: Referral
    number: int
    holder: str
    placed: datetime
    known: datetime
    told: list[tuple[datetime, date, str]] = field(default_factory=list)
    steps: list[tuple[datetime, str]] = field(default_factory=list)
    listed: list[datetime] = field(default_factory=list)

    @property
    def pair(self) -> tuple[str, str]:
        return self.holder, self.referral.program

    def closed(self, evening: datetime) -> tuple[datetime, str] | None:
        """When the plan learned of the closure that stands, and its reason."""
        return next((step for step in reversed(self.steps) if step[0] <= evening), None)

    def served(self, evening: datetime) -> bool:
        end = self.closed(evening)
        return end is None or end[1] == "Services Received"

    def status(self, evening: datetime) -> str:
        """What a member is told of an open loop."""
        told = [(on, ORDER.index(status)) for seen, on, status in self.told if seen <= evening]
        latest = ORDER[max(told)[1]] if told else "Pending"
        return "Pending" if latest in CLOSING else latest


@dataclass
class Plan:
    """What the plan knows as evenings go by. seen: when each file was seen. lists: the lists made for each provider and program."""

    loops: list[Held]
    files: dict[tuple[str, str], list[tuple[datetime, Upload]]]
    lists: dict[tuple[str, str], list[tuple[datetime, list[Held]]]]


def asked_by_calendar(made: Truth, evenings: Sequence[datetime]) -> list[Expected]:
    """Every notice that time alone asks for, when `clr run due` is called in these evenings."""
    plan = Plan(_loops(made, evenings), {pair: [] for pair in PAIRS}, {pair: [] for pair in PAIRS})
    for upload in made.uploads:
        if (seen := next_evening(at(upload.at), evenings)) is not None:
            plan.files[upload.provider, upload.program].append((seen, upload))
    found: dict[tuple[object, ...], Expected] = {}
    before = at(datetime.combine(FIRST, time())) - timedelta(seconds=1)
    for evening in evenings:
        for kind, sees in _emissions(before, evening):
            _send(kind, plan, evening, evening if sees else before)
        before = evening
        for key, one in _asked(plan, evening):
            found.setdefault(key, one)
    return list(found.values())


def _loops(made: Truth, evenings: Sequence[datetime]) -> list[Held]:
    found: list[Held] = []
    for referral in made.referrals:
        own: list[Held] = []
        for version in referral.versions:
            known = next_evening(at(version.told), evenings)
            if known is None:
                continue
            if version.provider and version.placed and (not own or (own[-1].holder, own[-1].placed) != (version.provider, version.placed)):
                own.append(Held(referral, len(own) + 1, version.provider, version.placed, known))
            if version.status == "Denied" and own:
                own[-1].steps.append((known, "Authorization Denied"))
        for upload in (one for one in made.uploads if one.kind == "good"):
            seen = next_evening(at(upload.at), evenings)
            for row in upload.rows if seen else ():
                if row.referral_id == referral.referral_id and row.loop <= len(own) and seen is not None:
                    held = own[row.loop - 1]
                    held.told.append((seen, row.on, row.status))
                    stands = held.closed(seen)
                    by_plan = stands is not None and stands[1] == "Authorization Denied"
                    if row.status in CLOSING and not by_plan and (stands is None or stands[1] != row.reason):
                        held.steps.append((seen, row.reason))
        for held in own:
            by_provider = [step for step in held.steps if step[1] != "Authorization Denied"]
            denied = [step for step in held.steps if step[1] == "Authorization Denied"]
            first = min(held.steps, default=None)
            held.steps = denied[:1] if first in denied else by_provider
        found += own
    return found


def _emissions(before: datetime, evening: datetime) -> list[tuple[str, bool]]:
    """The lists made in an evening, and whether what lay in the mailboxes had been taken in by then."""
    due: dict[str, datetime] = {}
    day = before.astimezone(ZONE).date() - 20 * DAY
    while day <= evening.astimezone(ZONE).date() + 20 * DAY:
        for job, moment in _due_on(day):
            if before < moment <= evening:
                due[job] = min(moment, due.get(job, moment))
        day += DAY
    order = sorted(due, key=lambda job: (due[job], JOBS.index(job)))
    return [(job, any(one in TAKES_IN for one in order[: order.index(job)])) for job in order if job in ("mif", "asf")]


def _due_on(day: date) -> Iterator[tuple[str, datetime]]:
    yield "night", at(datetime.combine(day, time(21)))
    if day.day == 6:
        yield "late", at(datetime.combine(day, time()))
    if day.day == 15:
        yield "mif", at(datetime.combine(business_day_on_or_before(day), time(6)))
    if day.day in (10, 20):
        yield "asf", at(datetime.combine(_nearest(day), time(6)))
    if day.day == 12:
        yield "aging", _aging_run(day)


def _aging_run(day: date) -> datetime:
    return at(datetime.combine(business_day_on_or_before(day), time(6)))


def _nearest(day: date) -> date:
    return next(near for distance in range(9) for near in (day - distance * DAY, day + distance * DAY) if is_open(near))


def _send(kind: str, plan: Plan, evening: datetime, seen: datetime) -> None:
    program = "ECM" if kind == "mif" else "CS"
    today = evening.astimezone(ZONE).date()
    made: dict[tuple[str, str], list[Held]] = {}
    for held in _last(plan.loops, evening):
        if held.referral.program == program and _is_listed(held, today, evening, seen):
            held.listed.append(evening)
            made.setdefault(held.pair, []).append(held)
    for pair, listed in made.items():
        plan.lists[pair].append((evening, listed))


def _is_listed(held: Held, today: date, evening: datetime, seen: datetime) -> bool:
    version = [one for one in held.referral.versions if at(one.told) <= evening][-1]
    if held.referral.program == "ECM":
        span = version.streamlined is not None and version.streamlined <= today <= version.streamlined + 30 * DAY
        return (version.status == "Approved" or (span and version.status != "Denied")) and held.served(seen)
    if version.status != "Denied":
        return held.served(seen)
    denied = held.closed(evening)
    return denied is not None and not (held.listed and held.listed[-1] >= denied[0])


def _last(loops: list[Held], evening: datetime) -> list[Held]:
    """The last loop of each referral that the plan knows of."""
    return list({held.referral.referral_id: held for held in loops if held.known <= evening}.values())


Found = Iterator[tuple[tuple[object, ...], Expected]]


def _asked(plan: Plan, evening: datetime) -> Found:
    today = evening.astimezone(ZONE).date()
    for held in _last(plan.loops, evening):
        if held.referral.service != SOBERING and held.closed(evening) is None:
            yield from _update(held, today, evening)
            yield from _ending(held, today, evening)
    yield from _aging(plan.loops, today, evening)
    month = today.replace(day=1)
    due = at(datetime.combine(month + 4 * DAY, time(23, 59, 59)))
    last = month if due < evening else (month - DAY).replace(day=1)  # first day of the month in which the last files were due
    coming = (last + 31 * DAY).replace(day=1)
    yield from _late(plan, last, evening)
    if evening >= at(datetime.combine(coming - DAY, time())):  # five days before the fifth
        yield from _reminders(plan, coming, evening)


def _update(held: Held, today: date, evening: datetime) -> Found:
    since = held.placed.date()
    step = (today - since).days // 60
    if step >= 1:
        on = since + 60 * step * DAY
        trigger = at(datetime.combine(on, time()))
        who = recipient(held.referral, "member")
        about = (held.referral.referral_id, held.number, held.holder)
        due = end_of_business_day(trigger, 2)
        yield (
            ("update", *about, step),
            Expected("pending_update", *who, *about, held.status(evening), on, trigger, max(trigger, held.known), due, evening),
        )


def _ending(held: Held, today: date, evening: datetime) -> Found:
    version = [one for one in held.referral.versions if at(one.told) <= evening][-1]
    begun = version.streamlined
    if begun is None or version.status != "Under Review" or not begun <= today <= begun + 30 * DAY:
        return
    due_on = business_days_before(begun + 30 * DAY, 5)
    trigger = at(datetime.combine(business_days_before(due_on, 1), time()))
    if trigger <= evening:
        about = (held.referral.referral_id, held.number, held.holder)
        due = at(datetime.combine(due_on, time(23, 59, 59)))
        who = ("provider", NAMES[held.holder], "sftp")
        yield (
            ("ending", *about),
            Expected("streamlined_ending", *who, *about, version.status, begun + 30 * DAY, trigger, max(trigger, held.known), due, evening),
        )


def _aging(loops: list[Held], today: date, evening: datetime) -> Found:
    run = max(
        moment for day in (today.replace(day=12), (today.replace(day=1) - DAY).replace(day=12)) if (moment := _aging_run(day)) <= evening
    )
    day = run.astimezone(ZONE).date()
    if run < at(datetime.combine(FIRST, time())):
        return
    ages: dict[str, list[bool]] = {}
    known = [held for held in loops if held.known <= evening]
    for held in known:
        replaced = any(one.referral is held.referral and one.number > held.number for one in known)
        if held.referral.service == SOBERING or replaced or held.closed(evening) or not held.listed:
            continue
        age = (day - held.listed[0].astimezone(ZONE).date()).days
        if age >= 30:
            ages.setdefault(held.holder, []).append(age > (60 if held.referral.person.homeless else 90))
    for holder, past in sorted(ages.items()):
        tells = f"referrals: {len(past)}, past the goal: {sum(past)}"
        due = end_of_business_day(run, 1)
        yield (
            ("aging", holder, day),
            Expected("aging", "provider", NAMES[holder], "sftp", None, None, holder, tells, day, run, run, due, evening),
        )


def _late(plan: Plan, month: date, evening: datetime) -> Found:
    due = at(datetime.combine(month + 4 * DAY, time(23, 59, 59)))
    for pair in PAIRS:
        stands = _class(plan, pair, month, evening)
        if stands in ("missing", "rejected", "late", "incomplete"):
            day = month + 4 * DAY
            yield (
                ("late", *pair, month),
                Expected(
                    "rtf_late", "provider", NAMES[pair[0]], "sftp", None, None, pair[0], stands, day, due, due,
                    end_of_business_day(due, 1), evening,
                ),
            )  # fmt: skip


def _reminders(plan: Plan, month: date, evening: datetime) -> Found:
    begins, due = at(datetime.combine(month - DAY, time())), at(datetime.combine(month + 3 * DAY, time(23, 59, 59)))
    for pair in PAIRS:
        if _class(plan, pair, month, evening) in ("missing", "rejected"):
            yield (
                ("reminder", *pair, month),
                Expected(
                    "rtf_reminder", "provider", NAMES[pair[0]], "sftp", None, None, pair[0], None, month + 4 * DAY, begins, begins, due,
                    evening,
                ),
            )  # fmt: skip


def _class(plan: Plan, pair: tuple[str, str], month: date, evening: datetime) -> str:
    """How a provider stands with the file that is due in a month, as known in an evening."""
    due = at(datetime.combine(month + 4 * DAY, time(23, 59, 59)))
    came = [(seen, one) for seen, one in plan.files[pair] if one.period == f"{month - DAY:%m/%Y}" and seen <= evening]
    accepted = [(seen, one) for seen, one in came if one.kind == "good"]
    refused = [one for seen, one in came if one.kind == "wrong" and seen <= due]
    cutoff = min((seen for seen, _ in accepted), default=due)
    lists = [listed for produced, listed in plan.lists[pair] if produced.astimezone(ZONE).date() < month and produced <= evening]
    expected = [held for held in (lists[-1] if lists else []) if held.referral.service != SOBERING]
    expected = [held for held in expected if (end := held.closed(evening)) is None or end[0] >= cutoff]
    if not expected:
        return "nothing due"
    if not accepted:
        return "rejected" if refused else "missing"
    if cutoff > due:
        return "late"
    reported = {(row.referral_id, row.loop) for _, one in accepted for row in one.rows}
    return "incomplete" if any((held.referral.referral_id, held.number) not in reported for held in expected) else "on time"
