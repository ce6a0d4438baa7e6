"""Plans made up at random and played through `clr` for a quarter, with the truth about them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from schemas.layouts import RTF_CS, RTF_ECM
from tests.outreach.trackers import tracker
from tests.workspaces import ZONE, bring, clr, extract, member, new_workspace, provider, referral, rtf, send

ROSTER = {
    row["provider_id"]: row | {"contact_name": "Files Desk", "contact_email": f"files@{row['mailbox']}.example"}
    for row in (
        provider("ALTURA", "1234567893", "ECM"),
        provider("BONITA", "1245319599", "CS"),
        provider("CEDRO", "1003000126", "ECM;CS"),
        provider("DELMAR", "1730187485", "ECM"),
    )
}
HOLDERS = {"ECM": ("ALTURA", "CEDRO", "DELMAR"), "CS": ("BONITA", "CEDRO")}
TRACKING = ("ALTURA", "DELMAR")  # those who send outreach trackers
SERVICES = ("Housing Deposits", "Respite Services", "Sobering Centers")
REASONS = ("Services Received", "Unable to Reach Member", "Member No Longer Needs Services or Declines Services", "Other")
DENIALS = ("Enrolled in a duplicative service", "Clinical information missing", "")
CLINIC = {"referring_org_name": "County Clinic", "referring_org_npi": "1306849450", "referring_individual_name": "Lee, Kim, MD"}
ENTITIES: tuple[dict[str, str], ...] = (
    CLINIC | {"referral_type": "1", "referring_relationship": "1"},
    CLINIC | {"referral_type": "1", "referring_relationship": "1", "referring_org_name": "COUNTY CLINIC"},  # the NPI tells that it is one
    {"referral_type": "1", "referring_org_name": "Harbor Shelter", "referring_relationship": "2"},
    {"referral_type": "1", "referring_individual_name": "Rivera, Ana", "referring_relationship": "3", "referring_org_name": ""},
    {"referral_type": "2", "referring_org_name": "", "referring_relationship": "", "referring_individual_name": ""},
)
SENT = [datetime(2025, 10, 2, 9, tzinfo=ZONE), datetime(2025, 12, 2, 9, tzinfo=ZONE)]
CAME = [datetime(2025, 11, 4, 10, tzinfo=ZONE), datetime(2026, 1, 4, 10, tzinfo=ZONE)]
MIDWAY = "2025-11-30T08:00"
BAD_STATUS = "9"  # stands in no code list: R130


@dataclass
class Loop:
    """A placement as it truly went. told: status, its day, reason."""

    referral: dict[str, str]
    loop: int
    provider_id: str
    sent_on: date
    told: list[tuple[str, date, str]] = field(default_factory=list)
    attempts: list[tuple[date, bool]] = field(default_factory=list)
    replaced_on: date | None = None

    @property
    def program(self) -> str:
        return self.referral["program"]

    @property
    def closure(self) -> tuple[date, str] | None:
        return next(((day, reason) for _, day, reason in self.told if reason), None)


@dataclass
class Truth:
    """What happened: the referrals as they stand, their loops, the homeless, and the files with their rows and how many of them are bad."""

    referrals: list[dict[str, str]] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    homeless: set[str] = field(default_factory=set)
    files: list[tuple[str, str, str, int, int]] = field(default_factory=list)  # provider, program, period, rows, bad rows


def played(root: Path, seed: int, midway: Sequence[str] = (), count: int = 45) -> Truth:
    """A workspace in which a quarter has passed, and the truth about it. midway: reports that are made at `MIDWAY`, before more comes."""
    chance = random.Random(seed)
    truth = Truth()
    new_workspace(root, list(ROSTER.values()))
    coming = [_referral(chance, number) for number in range(count)]
    people = [member(one["cin"], f"First{number}", f"Last{number}") for number, one in enumerate(coming)]
    for person in people:
        person["homeless"] = chance.choice("YNNN")
    truth.homeless = {person["cin"] for person in people if person["homeless"] == "Y"}
    bring(root, "members.csv", extract("members", people))
    for turn, (sending, coming_in) in enumerate(zip(SENT, CAME, strict=True)):
        if turn == 1:
            _reassign(chance, truth)
        truth.referrals = [_as_known(one, sending) for one in coming if one["referral_date"] <= f"{sending:%Y-%m-%d}"]
        _send(root, truth, sending)
        _return(root, chance, truth, coming_in)
        for report in midway if turn == 0 else ():
            assert clr(root, "report", *report.split(), as_of=MIDWAY).code == 0
    return truth


def _referral(chance: random.Random, number: int) -> dict[str, str]:
    program = chance.choice(("ECM", "CS"))
    service = "ECM" if program == "ECM" else chance.choice(SERVICES)
    made = datetime(2025, 9, 10, 8, tzinfo=ZONE) + timedelta(days=chance.randrange(80))
    decided = made + timedelta(days=chance.randrange(12), hours=chance.randrange(9))
    row = referral(f"R-{number}", f"9{number:07d}A", chance.choice(HOLDERS[program]), program, service) | chance.choice(ENTITIES)
    row |= {
        "referral_date": f"{made:%Y-%m-%d}",
        "request_received_at": f"{made:%Y-%m-%dT%H:%M}",
        "decision_at": f"{decided:%Y-%m-%dT%H:%M}",
    }
    row |= {"assigned_at": f"{decided + timedelta(hours=2):%Y-%m-%dT%H:%M}", "expedited": chance.choice("YNNN")}
    row["authorization_effective"] = f"{decided:%Y-%m-%d}"
    if chance.random() < 0.25:
        row |= {"authorization_status": "Denied", "denial_reason": chance.choice(DENIALS), "provider_id": "", "assigned_at": ""}
    return row


def _as_known(row: dict[str, str], at: datetime) -> dict[str, str]:
    """A referral as the plan's own systems have it at a moment: one that is not decided yet is with nobody."""
    if row["assigned_at"] <= f"{at:%Y-%m-%dT%H:%M}" and row["decision_at"] <= f"{at:%Y-%m-%dT%H:%M}":
        return row
    undecided = dict.fromkeys(("decision_at", "denial_reason", "provider_id", "assigned_at", "authorization_effective"), "")
    return row | undecided | {"authorization_status": "Under Review"}


def _send(root: Path, truth: Truth, at: datetime) -> None:
    bring(root, f"referrals-{at:%Y%m%d}.csv", extract("referrals", truth.referrals))
    for command in ("intake", "emit mif", "emit asf"):
        assert clr(root, *command.split(), as_of=f"{at:%Y-%m-%dT%H:%M}").code == 0
    held = {(one.referral["referral_id"], one.provider_id) for one in truth.loops}
    for row in truth.referrals:
        if row["provider_id"] and (row["referral_id"], row["provider_id"]) not in held:
            before = sum(one.referral["referral_id"] == row["referral_id"] for one in truth.loops)
            truth.loops.append(Loop(row, before + 1, row["provider_id"], at.date()))


def _reassign(chance: random.Random, truth: Truth) -> None:
    """Some referrals, open or declined, go to another provider on November 28."""
    last = [one for one in truth.loops if one.closure is None or one.closure[1] != "Services Received"]
    for one in chance.sample(last, 4):
        others = [name for name in HOLDERS[one.program] if name != one.provider_id]
        one.replaced_on = date(2025, 11, 28)
        one.referral["provider_id"] = chance.choice(others)
        one.referral["assigned_at"] = "2025-11-28T10:00"


def _return(root: Path, chance: random.Random, truth: Truth, at: datetime) -> None:
    last = at.date().replace(day=1) - timedelta(days=1)
    for provider_id in ROSTER:
        for program, holders in HOLDERS.items():
            held = [one for one in truth.loops if one.program == program and one.provider_id == provider_id and not one.replaced_on]
            still = [one for one in held if one.closure is None]
            if provider_id in holders and still:
                _return_file(root, chance, truth, provider_id, program, [one for one in still if chance.random() < 0.8] or still, last, at)
        if provider_id in TRACKING:
            _return_tracker(root, chance, provider_id, [one for one in truth.loops if one.provider_id == provider_id], last, at)
    moment = f"{at:%Y-%m-%dT%H:%M}"
    assert clr(root, "collect", as_of=moment).code == 0
    assert clr(root, "ingest", as_of=moment).code in (0, 3)


def _return_file(
    root: Path, chance: random.Random, truth: Truth, provider_id: str, program: str, told: list[Loop], last: date, at: datetime
) -> None:
    rows = [_row(chance, one, last) for one in told]
    bad = 1 if len(rows) >= 3 else 0
    for row, one in zip(rows[:bad], told, strict=False):
        row |= {"referral_status": BAD_STATUS, "closure_reason": ""}
        one.told.pop()
    kind = RTF_ECM if program == "ECM" else RTF_CS
    content = rtf(kind, ROSTER[provider_id], rows, period=f"{last:%m/%Y}", made=f"{at:%m/%d/%Y}")
    send(root, ROSTER[provider_id]["mailbox"], f"{kind}-{last:%Y%m}.csv", content, f"{at - timedelta(hours=1):%Y-%m-%dT%H:%M}")
    truth.files.append((provider_id, program, f"{last:%Y-%m}", len(rows), bad))


def _row(chance: random.Random, one: Loop, last: date) -> dict[str, str]:
    """What a provider tells of a loop, often a month late."""
    first = max([one.sent_on, last.replace(day=1) - timedelta(days=30), *(day + timedelta(days=1) for _, day, _ in one.told)])
    day = first + timedelta(days=chance.randrange((last - first).days + 1))
    status = chance.choice(["Pending", "Accepted", "Outreach Initiated", "Outreach Initiated", "Declined", "Referral Loop Closed"])
    reason = "Service Provider Declined" if status == "Declined" else chance.choice(REASONS) if status == "Referral Loop Closed" else ""
    one.told.append((status, day, reason))
    number = int(one.referral["cin"][1:8])
    who = {"cin": one.referral["cin"], "member_last_name": f"Last{number}", "member_first_name": f"First{number}"}
    about = who | ({"service": one.referral["service"]} if one.program == "CS" else {})
    return about | {"referral_status": status, "status_date": f"{day:%m/%d/%Y}", "closure_reason": reason}


def _return_tracker(root: Path, chance: random.Random, provider_id: str, held: list[Loop], last: date, at: datetime) -> None:
    rows = []
    for minutes, one in enumerate(held, start=1):
        if chance.random() < 0.6 and one.sent_on <= last and not one.replaced_on:
            first = max(one.sent_on, last.replace(day=1))
            day, reached = first + timedelta(days=chance.randrange((last - first).days + 1)), chance.random() < 0.4
            one.attempts.append((day, reached))
            told = {"cin": one.referral["cin"], "provider_type": "Clinical", "outreach_method": "Telephonic", "minutes": str(minutes)}
            rows.append(told | {"outreach_date": f"{day:%m/%d/%Y}", "outreach_successful": "Y" if reached else "N"})
    if rows:
        content = tracker(tuple(rows), ROSTER[provider_id])
        send(root, ROSTER[provider_id]["mailbox"], f"tracker-{last:%Y%m}.csv", content, f"{at - timedelta(hours=1):%Y-%m-%dT%H:%M}")
