"""Two years of a small plan: what truly happens to its referrals, and how the plan's systems and its providers tell of it.

The truth is made first, whole. It is then played day by day: extracts and return files are dropped as they come, and `clr run due` is
called in the evening, unless the machine is down. All people are made up.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from schemas.layouts import RTF_CS, RTF_ECM
from tests.workspaces import bring, clr, extract, new_workspace, provider, rtf, send, settings

FIRST, NIGHTS = date(2025, 11, 1), 730
LAST = FIRST + timedelta(days=NIGHTS - 1)
EVENING = time(22)
REFERRALS, SEED = 16, 5  # few, and such that everything happens all the same
DAY = timedelta(days=1)
SENT_BY_THEN = timedelta(days=45)  # by then a file has told the provider, whatever the plan's machine did
APART = timedelta(days=9)  # versions of one referral are never told within one outage

ROSTER = [
    provider("ALTURA", "1234567893", "ECM"),
    provider("BONITA", "1245319599", "CS", "pipe"),
    provider("CEDRO", "1003000126", "ECM;CS"),
    provider("DELMAR", "1730187485", "CS"),
]
OF_PROGRAM = {"ECM": ("ALTURA", "CEDRO"), "CS": ("BONITA", "CEDRO", "DELMAR")}
SERVICES = ("Housing Deposits", "Respite Services", "Recuperative Care (Medical Respite)")
MADE_BY = ("clinic", "clinic", "member", "jail", "plan", "clinic", "silent clinic", "inmate")
PCPS = ("other", "provider", "", "nameless", "other")
CLOSED = "Referral Loop Closed"
SERVED, OTHER, UNREACHED = "Services Received", "Other", "Unable to Reach Member"
DECLINED_BY_MEMBER, DECLINED = "Member No Longer Needs Services or Declines Services", "Service Provider Declined"
TRICKY = [  # days on which somebody decides: around changes of clocks, long weekends, leapless Februaries, and the turn of the year
    date(2025, 12, 24), date(2025, 12, 31), date(2026, 1, 16), date(2026, 2, 13), date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 8),
    date(2026, 3, 30), date(2026, 5, 22), date(2026, 7, 3), date(2026, 9, 4), date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 10),
    date(2026, 11, 25), date(2026, 12, 24), date(2026, 12, 31), date(2027, 1, 15), date(2027, 2, 26), date(2027, 3, 13), date(2027, 3, 14),
    date(2027, 5, 28), date(2027, 7, 2),
]  # fmt: skip
HOURS = (time(9, 30), time(1, 30), time(16, 45), time(2, 30), time(23, 10), time(12))
LAGS = (0, 0, 1, 0, 4, 0, 12)  # days until an extract tells of it

# What a provider reports of a loop, one step in each file: status, reason, and whether it speaks of the day of the step before.
Step = tuple[str, str, bool]
ENDS: dict[str, tuple[Step, ...]] = {
    "served": (("Accepted", "", False), ("Outreach Initiated", "", False), (CLOSED, SERVED, False)),
    "unreached": (("Pending", "", False), (CLOSED, UNREACHED, False), ("Outreach Initiated", "", False)),
    "declined": (("Pending", "", False), ("Declined", DECLINED, False)),
    "corrected": (("Accepted", "", False), (CLOSED, OTHER, False), (CLOSED, SERVED, True)),
    "wavering": ((CLOSED, OTHER, False), (CLOSED, DECLINED_BY_MEMBER, False), (CLOSED, OTHER, False), (CLOSED, OTHER, False)),
    "open": (("Pending", "", False), ("Accepted", "", False)),
    "late": (("Pending", "", False), ("Pending", "", False), (CLOSED, OTHER, False)),
    "nothing": (),
}
# Of each story: how the plan decides, what the first provider reports, and what happens then.
STORIES = (
    ("approved", "served", ""), ("approved", "declined", "elsewhere"), ("streamlined, approved", "served", ""),
    ("approved", "corrected", ""), ("denied", "", ""), ("approved", "unreached", "same again"), ("approved", "wavering", ""),
    ("approved", "open", "denied"), ("streamlined, denied", "nothing", ""), ("approved", "nothing", ""), ("approved", "late", "elsewhere"),
    ("sobering", "served", ""), ("asked back, approved", "corrected", ""), ("approved", "open", ""),
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """A member: who stands for them, where they live, and who their doctor is."""

    cin: str
    guarded: bool
    homeless: bool
    pcp: str


@dataclass(frozen=True)
class Version:
    """How a referral stands from a moment on, and when an extract tells; moments are in plan time."""

    told: datetime
    status: str
    decided: datetime | None = None
    provider: str = ""
    placed: datetime | None = None
    streamlined: date | None = None


@dataclass
class Referral:
    """A referral, with every version of it."""

    referral_id: str
    program: str
    service: str
    person: Person
    made_by: str
    story: tuple[str, str, str]
    versions: list[Version]


@dataclass(frozen=True)
class Row:
    """What a return file says of a loop."""

    referral_id: str
    loop: int
    status: str
    on: date
    reason: str


@dataclass(frozen=True)
class Upload:
    """A return file as it is put into a mailbox. kind: good, copy (the bytes of the one before), or wrong (of nobody of the plan's)."""

    at: datetime
    provider: str
    program: str
    period: str
    rows: tuple[Row, ...]
    kind: str
    with_stranger: bool = False


@dataclass
class Loop:
    """A placement while the truth is made: what its provider has still to report."""

    referral: Referral
    number: int
    provider: str
    told: datetime
    steps: list[Step]
    then: str = ""
    last_on: date | None = None


@dataclass
class Truth:
    """Everything that happens."""

    referrals: list[Referral] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)


def truth(seed: int = SEED, count: int = REFERRALS) -> Truth:
    """What happens to so many referrals, and what their providers report."""
    chance = random.Random(seed)
    made = Truth([_referral(number, count, chance) for number in range(count)])
    loops = [_loop(one, 1, ENDS[one.story[1]], one.story[2]) for one in made.referrals if one.versions[-1].provider]
    month = FIRST.replace(day=1)
    while (month := _next(month)) < LAST - timedelta(days=20):
        for pair in [(row["provider_id"], program) for row in ROSTER for program in row["programs"].split(";")]:
            _report(made, loops, pair, month, chance)
    made.uploads.sort(key=lambda one: (one.at, one.provider, one.program))
    return made


def outages(seed: int = 1) -> frozenset[date]:
    """Nights on which the machine is down: one to five in a row, about once in three weeks, some on purpose."""
    chance = random.Random(seed)
    down: set[date] = set()
    day = FIRST + timedelta(days=9)
    while day < LAST - timedelta(days=15):
        length = chance.randint(1, 5)
        down.update(day + number * DAY for number in range(length))
        day += timedelta(days=length + chance.randint(10, 32))
    return frozenset(down)


def new_plan(root: Path) -> Path:
    """The plan before its first night; whoever can be told by it is told by the portal."""
    new_workspace(root, ROSTER)
    return _set_up(root)


def copied(source: Path, root: Path) -> Path:
    """A copy of the plan with mailboxes of its own."""
    shutil.copytree(source, root)
    return _set_up(root)


def _set_up(root: Path) -> Path:
    channels = 'referring_entity = "portal"\nmember = "portal"\nguardian = "portal"\n'
    before, _, after = settings(root).partition("[notices]\n")
    (root / "clr.toml").write_text(f"{before}[notices]\n{channels}{after[after.index('[') - 1 :]}", "utf-8")
    return root


def play(root: Path, made: Truth, nights: Sequence[date], shuffled: int = 0, every_night: Callable[[date], None] = lambda _: None) -> None:
    """Drop everything as it comes, and call `clr run due` in the evening of the nights named.

    shuffled: a seed; when given, files come under other names and in other parts, so that they are processed in another order.
    """
    coming = sorted(_drops(root, made, shuffled), key=lambda one: one[0])
    for night in nights:
        evening = datetime.combine(night, EVENING)
        while coming and coming[0][0] <= evening:
            coming.pop(0)[1]()
        done = clr(root, "run", "due", "--quiet", "--json", as_of=f"{evening:%Y-%m-%dT%H:%M}")
        assert done.code in (0, 3), f"{night}: {done.err}"
        every_night(night)


def all_nights(down: Collection[date]) -> list[date]:
    """The nights of the two years but those on which the machine is down."""
    days = (FIRST + number * DAY for number in range(NIGHTS))
    return [day for day in days if day not in down]


def _referral(number: int, count: int, chance: random.Random) -> Referral:
    story = STORIES[number % len(STORIES)]
    made_by = MADE_BY[number % len(MADE_BY)]
    program = "CS" if story[0] == "sobering" or (number % 2 and not story[0].startswith("streamlined")) else "ECM"
    service = "ECM" if program == "ECM" else "Sobering Centers" if story[0] == "sobering" else chance.choice(SERVICES)
    holder = chance.choice(OF_PROGRAM[program])
    npi = next(row["npi"] for row in ROSTER if row["provider_id"] == holder)
    pcp = PCPS[number % len(PCPS)]
    person = Person(f"9{number:07d}A", number % 4 == 1, number % 7 == 2, npi if pcp == "provider" else pcp)
    day = FIRST + timedelta(days=4) + number * (timedelta(days=NIGHTS - 110) / count)
    near = min(TRICKY, key=lambda tricky: abs(tricky - day))
    decided = datetime.combine(near if abs(near - day) <= timedelta(days=7) else day, HOURS[number % len(HOURS)])
    told = _evening_after(decided) + LAGS[number % len(LAGS)] * DAY
    placed = told + timedelta(days=3, hours=-10) if number % 9 == 4 else decided + timedelta(minutes=45)
    return Referral(f"R-{number:03}", program, service, person, made_by, story, _versions(story[0], decided, told, placed, holder))


def _versions(how: str, decided: datetime, told: datetime, placed: datetime, holder: str) -> list[Version]:
    if how == "denied":
        return [Version(told, "Denied", decided)]
    if how.startswith("streamlined"):
        status = how.split(", ")[1].title()
        begun = Version(told, "Under Review", None, holder, placed, decided.date())
        later = told + timedelta(days=27 if status == "Approved" else 14)
        return [begun, Version(later, status, later - timedelta(hours=9), holder, placed, decided.date())]
    if how.startswith("asked back"):
        asked = Version(told, "Need Additional Information from Referral Source")
        later = told + timedelta(days=15)
        return [asked, Version(later, "Approved", later - timedelta(days=1), holder, later - timedelta(hours=2))]
    return [Version(told, "Approved", decided, holder, placed)]


def _loop(referral: Referral, number: int, steps: Sequence[Step], then: str) -> Loop:
    last = referral.versions[-1]
    return Loop(referral, number, last.provider, last.told, list(steps), then)


def _report(made: Truth, loops: list[Loop], pair: tuple[str, str], month: date, chance: random.Random) -> None:
    """The files that a provider sends in the first days of a month about the month before, and what the plan does about them."""
    holder, program = pair
    manner = chance.choice(["in time", "in time", "in time", "late", "twice", "wrong first", "not at all", "with a stranger"])
    at = datetime.combine(month + chance.randint(0, 3) * DAY, time(chance.randint(7, 20), 15))
    sent = at + timedelta(days=8) if manner == "late" else at
    own = [one for one in loops if (one.provider, one.referral.program) == pair and one.steps and one.told + SENT_BY_THEN <= at]
    if not own or manner == "not at all":
        return
    rows = tuple(_row(one, sent.date()) for one in own)
    upload = Upload(sent, holder, program, f"{month - DAY:%m/%Y}", rows, "good", manner == "with a stranger" and len(rows) > 1)
    if manner == "wrong first":
        made.uploads.append(replace(upload, kind="wrong"))
        upload = replace(upload, at=sent + timedelta(days=7))
    made.uploads.append(upload)
    if manner == "twice":
        made.uploads.append(replace(upload, at=upload.at + timedelta(days=chance.randint(0, 3), hours=1), kind="copy"))
    for one in own:
        if not one.steps or one.then in ("denied", "elsewhere"):
            _go_on(one, loops, upload.at, chance)


def _row(loop: Loop, sent: date) -> Row:
    status, reason, same_day = loop.steps.pop(0)
    loop.last_on = loop.last_on if same_day and loop.last_on else sent - timedelta(days=3)
    return Row(loop.referral.referral_id, loop.number, status, loop.last_on, reason)


def _go_on(loop: Loop, loops: list[Loop], at: datetime, chance: random.Random) -> None:
    """What the plan does once a provider has reported: place the referral anew, or deny it after all."""
    referral, then, loop.then = loop.referral, loop.then, ""
    told = datetime.combine(at.date() + APART, time(20))
    if told > datetime.combine(LAST, time()) - timedelta(days=60):
        return
    last = referral.versions[-1]
    if then == "denied":
        referral.versions.append(replace(last, told=told, status="Denied", decided=told - timedelta(days=1, hours=5)))
        loop.steps.append((CLOSED, OTHER, False))  # which comes too late to matter
    elif then:
        others = [one for one in OF_PROGRAM[referral.program] if one != loop.provider]
        holder = loop.provider if then == "same again" else chance.choice(others)
        referral.versions.append(replace(last, told=told, provider=holder, placed=told - timedelta(days=2, hours=9)))
        loops.append(_loop(referral, loop.number + 1, ENDS["served"], ""))


def _drops(root: Path, made: Truth, shuffled: int) -> Iterator[tuple[datetime, Callable[[], object]]]:
    """Every file with the moment at which it comes."""
    chance = random.Random(shuffled)
    by_moment: dict[datetime, list[tuple[Referral, Version]]] = {}
    for referral in made.referrals:
        for version in referral.versions:
            by_moment.setdefault(version.told, []).append((referral, version))
    for moment, told in by_moment.items():
        parts = [[one] for one in told] if shuffled else [told]
        for number, part in enumerate(parts):
            name = f"{moment:%Y%m%d%H%M}_{chance.random():.6f}_{number}" if shuffled else f"{moment:%Y%m%d%H%M}"
            members = extract("members", [_member(one.person) for one, _ in part])
            referrals = extract("referrals", [_as_extracted(one, version) for one, version in part])
            yield moment, lambda name=name, content=members: bring(root, f"{name}_members.csv", content)  # type: ignore[misc]
            yield moment, lambda name=name, content=referrals: bring(root, f"{name}_referrals.csv", content)  # type: ignore[misc]
    people = {one.referral_id: one for one in made.referrals}
    for number, upload in enumerate(made.uploads):
        name = f"{chance.random():.6f}.csv" if shuffled else f"{upload.program}_{upload.period.replace('/', '')}_{number}.csv"
        content = _return_file(upload, people)
        yield (
            upload.at,
            lambda upload=upload, name=name, content=content: send(  # type: ignore[misc]
                root, upload.provider.lower(), name, content, f"{upload.at:%Y-%m-%dT%H:%M}"
            ),
        )


def _member(person: Person) -> dict[str, str]:
    number = person.cin[1:8]
    told = {"cin": person.cin, "plan_member_id": f"M{number}", "first_name": f"First{number}", "last_name": f"Last{number}"}
    told |= {"date_of_birth": "1980-02-03", "phone": "6195550100", "homeless": "Y" if person.homeless else "N"}
    told |= {"address": "No fixed current address"} if person.homeless else {"address": "1 Main St", "city": "San Diego", "zip": "92101"}
    guardian = {"guardian_first_name": "Gail", "guardian_last_name": f"Ward{number}", "guardian_phone": "6195550177"}
    return told | (guardian if person.guarded else {}) | _pcp(person)


def _pcp(person: Person) -> dict[str, str]:
    if person.pcp == "other":
        return {"pcp_name": "Poe, Dana, MD", "pcp_npi": "1111111112", "pcp_phone": "6195550102"}
    if person.pcp == "nameless":
        return {"pcp_npi": "1111111112"}
    return {"pcp_name": "Roe, Pat, MD", "pcp_npi": person.pcp} if person.pcp else {}


REFERRERS: Mapping[str, dict[str, str]] = {
    "clinic": {"referral_type": "1", "referring_org_name": "County Clinic", "referring_relationship": "1"}
    | {"referring_individual_email": "kim@clinic.example"},
    "silent clinic": {"referral_type": "1", "referring_org_name": "Hill Clinic", "referring_relationship": "1"}
    | {"referring_individual_phone": "6195550111"},
    "member": {"referral_type": "1", "referring_relationship": "3"},
    "plan": {"referral_type": "2"},
    "jail": {"referral_type": "1", "referring_org_name": "Valley Facility", "referring_relationship": "Other", "justice_involved": "Y"}
    | {"referring_individual_email": "reentry@valley.example"},
    "inmate": {"referral_type": "1", "referring_org_name": "Valley Facility", "referring_relationship": "3", "justice_involved": "Y"}
    | {"referring_individual_email": "reentry@valley.example"},
}


def _as_extracted(referral: Referral, version: Version) -> dict[str, str]:
    told = {"referral_id": referral.referral_id, "program": referral.program, "service": referral.service, "cin": referral.person.cin}
    told |= {"referral_date": f"{referral.versions[0].told - timedelta(days=20):%Y-%m-%d}", **REFERRERS[referral.made_by]}
    told |= {"authorization_status": version.status}
    if version.decided:
        told["decision_at"] = f"{version.decided:%Y-%m-%dT%H:%M}"
    if version.status == "Denied":
        told["denial_reason"] = "not eligible"
    if version.status == "Approved":
        told |= {"authorization_effective": f"{version.decided:%Y-%m-%d}", "authorization_end": "2028-12-31"}
    if version.streamlined:
        told["streamlined_start"] = f"{version.streamlined:%Y-%m-%d}"
    if version.provider and version.placed:
        told |= {"provider_id": version.provider, "assigned_at": f"{version.placed:%Y-%m-%dT%H:%M}"}
    return told


def _return_file(upload: Upload, referrals: Mapping[str, Referral]) -> bytes:
    row = next(one for one in ROSTER if one["provider_id"] == upload.provider)
    rows = [_returned(referrals[one.referral_id], one, wrong=upload.kind == "wrong") for one in upload.rows]
    if upload.with_stranger:
        rows.append({**rows[0], "cin": "98888888A", "member_last_name": "Nobody", "member_first_name": "Ned"})
    kind = RTF_ECM if upload.program == "ECM" else RTF_CS
    return rtf(kind, row, rows, upload.period, f"{upload.rows[0].on + timedelta(days=1):%m/%d/%Y}")


def _returned(referral: Referral, row: Row, *, wrong: bool) -> dict[str, str]:
    number = referral.person.cin[1:8]
    cin = f"97{row.referral_id[2:]:>06}B" if wrong else referral.person.cin
    told = {"cin": cin, "member_last_name": f"Last{number}", "member_first_name": f"First{number}"}
    told |= {"service": referral.service} if referral.program == "CS" else {}
    return told | {"referral_status": row.status, "status_date": f"{row.on:%m/%d/%Y}", "closure_reason": row.reason}


def _evening_after(moment: datetime) -> datetime:
    """The next moment at which extracts come: eight in the evening."""
    evening = datetime.combine(moment.date(), time(20))
    return evening if moment <= evening - timedelta(hours=1) else evening + DAY


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
