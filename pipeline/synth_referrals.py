"""Invented referrals: who referred whom for what, what the plan decided, and with whom it placed the referral.

All of it happens in the month before the reporting period. What providers then answer is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from pipeline.synth_people import FIRST_NAMES, LAST_NAMES, Record, american, distinct_npis, phone
from schemas.codes import ECM_SERVICE, SOBERING_CENTERS, AuthorizationStatus, Program

SHARE_OF_MEMBERS = 0.85  # of the referrals is the first of its member
SOBERING_SHARE = 0.04
FACILITY = "Valley Detention Facility"
PARTNERS = ("Borderlands Food Bank", "Casa Abierta", "Inland Shelter Alliance", "Promotoras del Valle")
CLINICS = ("Arroyo Family Clinic", "Mesa Verde Hospital", "Palo Verde Pediatrics", "Sunrise Behavioral Health")


@dataclass(frozen=True)
class Months:
    """The calendar of a synthetic plan. first, last: of the reporting period; due_day: the last on which its files are on time."""

    today: date
    first: date
    due_day: int
    zone: ZoneInfo

    @property
    def last(self) -> date:
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def before(self) -> date:
        """The first day of the month before the reporting period, when everything was referred."""
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def name(self) -> str:
        return f"{self.first:%Y%m}"


def months(as_of: datetime, time_zone: str, due_day: int) -> Months:
    """The calendar when `as_of` is now: the reporting period is the month before."""
    zone = ZoneInfo(time_zone)
    today = as_of.astimezone(zone).date()
    return Months(today, (today.replace(day=1) - timedelta(days=1)).replace(day=1), due_day, zone)


def referrals(number: int, roster: Sequence[Record], members: Sequence[Record], rng: Random, calendar: Months) -> list[Record]:
    """Referrals: `schemas.referrals.Referrals` as texts. No member is referred twice for the same service.

    members: at least as many; some are referred for several services, and some for none.
    """
    new = round(number * SHARE_OF_MEMBERS)
    weights = [rng.uniform(0.5, 2.0) for _ in roster]
    npis = dict(zip(CLINICS, distinct_npis(len(CLINICS), rng), strict=True))
    taken: set[tuple[str, str]] = set()
    made = []
    for place in range(number):
        provider = rng.choices(roster, weights)[0]
        service = _service(provider, rng)
        member = members[place] if place < new else next(_others(members, rng.randrange(number), service, taken))
        taken.add((member["cin"], service))
        program = Program.ECM if service == ECM_SERVICE else Program.CS
        named = {"referral_id": f"R{calendar.before:%y}{place + 1:06}", "program": program.value, "service": service, "cin": member["cin"]}
        made.append(named | _source(member, npis, rng, calendar) | _decision(provider, program, rng, calendar))
    return made


def numbered(referred: Sequence[Record], rng: Random) -> list[Record]:
    """The referrals of a plan that gives every request its number, whose providers tell their referrals by it."""
    return [one if one["authorization_number"] else one | {"authorization_number": f"645{rng.randrange(10**10):010}"} for one in referred]


def is_listed(referral: Record) -> bool:
    """Whether a MIF or ASF lists the referral for a provider that has to report on it."""
    if not referral["provider_id"] or referral["authorization_status"] == AuthorizationStatus.DENIED:
        return False
    approved = referral["authorization_status"] == AuthorizationStatus.APPROVED
    return referral["program"] == Program.CS or approved or bool(referral["streamlined_start"])


def _others(members: Sequence[Record], start: int, service: str, taken: set[tuple[str, str]]) -> Iterator[Record]:
    """Members who were not yet referred for a service, from one of them on."""
    in_turn = (members[(start + place) % len(members)] for place in range(len(members)))
    return (member for member in in_turn if (member["cin"], service) not in taken)


def _service(provider: Record, rng: Random) -> str:
    offered = provider["services"].split(";")
    if SOBERING_CENTERS in offered:
        offered.remove(SOBERING_CENTERS)
        if rng.random() < SOBERING_SHARE:
            return SOBERING_CENTERS
    if ECM_SERVICE in offered and (len(offered) == 1 or rng.random() < 0.5):
        return ECM_SERVICE
    return rng.choice([service for service in offered if service != ECM_SERVICE])


def _source(member: Record, npis: dict[str, str], rng: Random, calendar: Months) -> Record:
    """Who referred: a clinic, a community organization, the member or guardian, the plan, or a correctional facility."""
    who = rng.choices(("clinic", "partner", "self", "plan", "facility"), (40, 25, 17, 12, 6))[0]
    title = rng.choice(("MD", "LCSW", "RN", "CHW"))
    person = f"{rng.choice(LAST_NAMES)}, {rng.choice(FIRST_NAMES)}, {title}"
    organization = {"clinic": rng.choice(CLINICS), "partner": rng.choice(PARTNERS), "facility": FACILITY}.get(who, "")
    if who == "self":
        guarded = member["guardian_last_name"] != ""
        last, first = ("guardian_last_name", "guardian_first_name") if guarded else ("last_name", "first_name")
        person = f"{member[last]}, {member[first]}"
    contacted = who not in ("plan", "facility") and rng.random() < 0.85
    relationship = {"clinic": "Medical provider", "partner": "Social services provider", "self": "Member/family", "facility": "Other"}
    release = american(calendar.first + timedelta(days=rng.randrange(20))) if who == "facility" else ""
    return {
        "referral_type": "Identified by the MCP" if who == "plan" else "Community Referral",
        "referring_org_name": organization,
        "referring_org_npi": npis.get(organization, ""),
        "referring_individual_name": "" if who == "plan" else person,
        "referring_individual_phone": phone(rng) if contacted or who == "facility" else "",
        "referring_individual_email": f"{who}{rng.randrange(1000)}@referrer.example" if contacted and rng.random() < 0.7 else "",
        "referring_relationship": relationship.get(who, ""),
        "justice_involved": "Y" if who == "facility" else "N",
        "release_date": release,
    }


def _decision(provider: Record, program: Program, rng: Random, calendar: Months) -> Record:
    """What the plan decided and when, and the placement."""
    status = rng.choices(list(AuthorizationStatus), (84, 7, 4, 5))[0]
    approved, denied = status is AuthorizationStatus.APPROVED, status is AuthorizationStatus.DENIED
    referred = calendar.before + timedelta(days=rng.randrange(14))
    expedited = rng.random() < 0.08
    decided = referred + timedelta(days=rng.randint(0, 2) if expedited else rng.randint(1, 5))
    assigned = (decided if approved else referred) + timedelta(days=rng.randint(0, 3))
    placed = not denied or rng.random() < 0.5
    streamlined = None
    if program is Program.ECM and not approved and not denied and rng.random() < 0.5:
        streamlined = calendar.first - timedelta(days=rng.randint(1, 11))  # so late that every day until the 15th lies in the span
        assigned = streamlined
    effective = decided if approved else None
    return {
        "referral_date": american(referred),
        "request_received_at": _moment(referred, rng, calendar),
        "authorization_status": status.value,
        "authorization_number": f"645{rng.randrange(10**10):010}" if approved else "",
        "authorization_effective": american(effective) if effective else "",
        "authorization_end": american(effective + timedelta(days=364 if program is Program.ECM else 180)) if effective else "",
        "decision_at": _moment(decided, rng, calendar) if approved or denied else "",
        "denial_reason": rng.choice(("Not eligible for the service", "Receives a duplicative service")) if denied else "",
        "member_notified_on": american(decided + timedelta(days=1)) if (approved or denied) and rng.random() < 0.9 else "",
        "expedited": "Y" if expedited else "N",
        "streamlined_start": american(streamlined) if streamlined else "",
        "provider_id": provider["provider_id"] if placed else "",
        "assigned_at": _moment(assigned, rng, calendar) if placed else "",
    }


def _moment(day: date, rng: Random, calendar: Months) -> str:
    working_hours = time(rng.randint(8, 16), rng.randrange(60))
    return datetime.combine(day, working_hours, calendar.zone).isoformat(timespec="minutes")
