"""Invented Return Transmission Files: what a provider truthfully reports about every referral that it was sent.

Statuses walk legal ways, each step a row with its own date. What goes wrong in the files is planted afterwards.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from pipeline.synth_habits import Engagements, Habits
from pipeline.synth_people import PLACES, UNUSUAL_CIN_LETTERS, Record, phone
from pipeline.synth_referrals import Months
from schemas.codes import (
    OUTREACH_METHODS,
    PROVIDER_TYPES,
    AuthorizationStatus,
    ClosureReason,
    Program,
    ReferralStatus,
)
from schemas.layouts import PROGRAM_OF

Cell = str | int | date | None
PLAN_NAME = "Synthetic Health Plan"
ENROLLED = "Enrolled"
SENT_BY = 15  # day of the reporting month by which every MIF and ASF has gone out; what providers report comes after it

BLANK_CINS = 0.25  # of rows that another number tells of

S, C = ReferralStatus, ClosureReason
WAYS: tuple[tuple[int, tuple[ReferralStatus, ...]], ...] = (  # how often, and the statuses of one month (DHCS CLR guidance, Table 13)
    (12, (S.PENDING,)),
    (14, (S.ACCEPTED,)),
    (8, (S.OUTREACH_INITIATED,)),
    (10, (S.PENDING, S.ACCEPTED)),
    (12, (S.ACCEPTED, S.OUTREACH_INITIATED)),
    (8, (S.PENDING, S.ACCEPTED, S.OUTREACH_INITIATED)),
    (14, (S.ACCEPTED, S.OUTREACH_INITIATED, S.LOOP_CLOSED)),
    (9, (S.OUTREACH_INITIATED, S.LOOP_CLOSED)),
    (3, (S.LOOP_CLOSED,)),
    (7, (S.DECLINED,)),
    (3, (S.PENDING, S.DECLINED)),
)
REASONS = {
    S.LOOP_CLOSED: ((50, C.SERVICES_RECEIVED), (18, C.UNABLE_TO_REACH), (8, C.NO_LONGER_ELIGIBLE), (16, C.NO_LONGER_NEEDS), (8, C.OTHER)),
    S.DECLINED: ((80, C.PROVIDER_DECLINED), (20, C.OTHER)),
}


@dataclass(frozen=True)
class Fault:
    """Something planted: the rule that tells of it, the column of the layout (None: the row or the file) and what it is, in words."""

    rule: str
    element: str | None
    what: str


@dataclass(frozen=True)
class Row:
    """One row that a provider writes.

    referral_id, cin: what the plan will read there (None: nothing). status, reason, on: what the row says in canonical words.
    alone: whether it is the only row of its referral. extra_fields: how many fields too many it has.
    repeats: an earlier file said the same.
    """

    referral_id: str | None
    cin: str | None
    status: ReferralStatus
    reason: ClosureReason | None
    on: date
    alone: bool
    cells: Mapping[str, Cell]
    faults: tuple[Fault, ...] = ()
    extra_fields: int = 0
    repeats: bool = False


@dataclass(frozen=True)
class Reporter:
    """A provider as it writes one kind of file. key: the column that says whose row it is."""

    kind: str
    provider: Record
    habits: Habits
    engagements: Engagements
    calendar: Months
    produced_on: date
    key: str = "cin"

    @property
    def program(self) -> str:
        return PROGRAM_OF[self.kind]


@dataclass(frozen=True)
class Sheet:
    """The rows of one file, in order; those that the plan will miss are `expected` (referral_id, cin) less what the rows tell of."""

    reporter: Reporter
    rows: tuple[Row, ...]
    expected: tuple[tuple[str, str], ...] = ()
    extra_heading: str = ""
    told: tuple[Fault, ...] = field(default=())


def truthful_rows(reporter: Reporter, held: Sequence[tuple[Record, Record]], rng: Random) -> tuple[Row, ...]:
    """What the provider reports of the referrals that it holds. held: pairs of referral and member; rows come by member's name."""
    in_order = sorted(held, key=lambda pair: (pair[1]["last_name"], pair[1]["first_name"], pair[1]["cin"], pair[0]["referral_id"]))
    return tuple(row for referral, member in in_order for row in _rows_of(reporter, referral, member, rng))


def status_cells(reporter: Reporter, status: ReferralStatus, reason: ClosureReason | None, on: date) -> dict[str, Cell]:
    """The cells that say where a referral stands, and the engagement that agrees with it."""
    engagement = reporter.engagements.beside(status, reason)
    cells: dict[str, Cell] = {
        "referral_status": reporter.habits.statuses[status],
        "status_date": on,
        "closure_reason": reporter.habits.reasons[reason] if reason else None,
        "engagement": reporter.habits.engagements[engagement],
    }
    if reporter.program == Program.ECM:
        cells["enrollment_start"] = on if engagement == ENROLLED else None
    else:
        cells["service_start"] = on if reason is C.SERVICES_RECEIVED else None
    return cells


def _rows_of(reporter: Reporter, referral: Record, member: Record, rng: Random) -> list[Row]:
    way = rng.choices([way for _, way in WAYS], [weight for weight, _ in WAYS])[0]
    if referral["authorization_status"] != AuthorizationStatus.APPROVED:
        way = (S.PENDING,)
    days = (reporter.calendar.last - reporter.calendar.first).days + 1 - SENT_BY
    steps = [reporter.calendar.first + timedelta(days=SENT_BY + day) for day in sorted(rng.sample(range(days), len(way)))]
    known = _known_cells(reporter, referral, member, rng) | _contact_cells(rng)
    cin = str(known["cin"])
    if reporter.key != "cin" and cin[8] not in UNUSUAL_CIN_LETTERS and rng.random() < BLANK_CINS:
        known["cin"] = None
    known |= _ecm_cells(reporter, member, steps[-1], rng) if reporter.program == Program.ECM else _cs_cells(reporter, steps[-1], rng)
    rows = []
    for status, on in zip(way, steps, strict=True):
        reason = None
        if status in REASONS:
            reason = rng.choices([reason for _, reason in REASONS[status]], [weight for weight, _ in REASONS[status]])[0]
        cells = known | status_cells(reporter, status, reason, on) | _attempt_cells(reporter, status, reason, on, rng)
        own = {name: cells[name] for name in reporter.habits.headings if name in cells}
        rows.append(Row(referral["referral_id"], cin, status, reason, on, len(way) == 1, own))
    return rows


def _known_cells(reporter: Reporter, referral: Record, member: Record, rng: Random) -> dict[str, Cell]:
    """Who the row is about and who reports, as the MIF or ASF said it."""
    written = _capitals if reporter.habits.capitals else str
    cells: dict[str, Cell] = {
        "plan_name": PLAN_NAME,
        "cin": member["previous_cin"] if member["previous_cin"] and rng.random() < 0.5 else member["cin"],
        "member_last_name": written(member["last_name"]),
        "member_first_name": written(member["first_name"]),
        "homeless": member["homeless"],
        "production_date": reporter.produced_on,
        "reporting_period": reporter.habits.period,
        "provider_name": reporter.provider["name"],
        "provider_npi": reporter.provider["npi"],
        "provider_phone": reporter.provider["phone"],
    }
    cells |= {"plan_member_id": member["plan_member_id"], "authorization_number": referral["authorization_number"]}
    if reporter.program == Program.CS:
        cells["service"] = reporter.habits.services[referral["service"]]
    else:
        cells["provider_tin"] = reporter.provider["tin"]
    return cells


def _contact_cells(rng: Random) -> dict[str, Cell]:
    """New contact data, of a few members."""
    moved, called = rng.random() < 0.04, rng.random() < 0.05
    cells: dict[str, Cell] = {"new_address": "Y" if moved else "N", "new_phone": "Y" if called else "N"}
    if moved:
        address = f"{rng.randrange(100, 9999)} {rng.choice(PLACES)} Ave"
        cells |= {"address": address, "city": "El Centro", "state": "CA", "zip": "92243"}
    return cells | ({"phone": phone(rng)} if called else {})


def _ecm_cells(reporter: Reporter, member: Record, latest: date, rng: Random) -> dict[str, Cell]:
    cells: dict[str, Cell] = {"member_acuity": rng.choice(("Low", "Medium", "High")), "in_person": rng.randrange(4)}
    cells |= {"telephonic": rng.randrange(6), "care_manager_name": f"{reporter.provider['contact_name']}, CHW"}
    if rng.random() < 0.6:
        cells |= {"care_manager_phone": reporter.provider["phone"], "care_manager_email": reporter.provider["contact_email"]}
    cells |= {"language_spoken": member["language_spoken"], "language_written": member["language_written"]}
    cells |= {"pof_homelessness": "1" if member["homeless"] == "Y" else "0", "dual": rng.choice(("0", "1", None))}
    return cells | ({"latest_encounter": latest} if rng.random() < 0.5 else {})


def _attempt_cells(reporter: Reporter, status: ReferralStatus, reason: ClosureReason | None, on: date, rng: Random) -> dict[str, Cell]:
    """The attempt beside the status, where a plan has return file and tracker in one sheet."""
    habits = reporter.habits
    if "outreach_successful" not in habits.headings or status not in (S.OUTREACH_INITIATED, S.LOOP_CLOSED):
        return {}
    reached = reason is not C.UNABLE_TO_REACH and (status is S.LOOP_CLOSED or rng.random() < 0.4)
    return {
        "outreach_provider_type": habits.written(PROVIDER_TYPES, rng.choice(PROVIDER_TYPES.labels)),
        "outreach_date": on,
        "outreach_method": habits.written(OUTREACH_METHODS, rng.choice(OUTREACH_METHODS.labels)),
        "outreach_reason": "Enrollment",
        "outreach_successful": "1" if reached else "0",
        "outreach_minutes": rng.choice((20, 45, None)),
    }


def _cs_cells(reporter: Reporter, latest: date, rng: Random) -> dict[str, Cell]:
    cells: dict[str, Cell] = {"reauthorization": rng.choice(("N", None))}
    if rng.random() < 0.5:
        method = reporter.habits.written(OUTREACH_METHODS, rng.choice(OUTREACH_METHODS.labels))
        cells |= {"outreach_method": method, "outreach_provider_type": "2", "outreach_date": latest}
    return cells


def _capitals(text: str) -> str:
    """Capitals without accents, as older systems write names."""
    return "".join(mark for mark in unicodedata.normalize("NFKD", text.upper()) if not unicodedata.combining(mark))
