"""Faults of the plan's own extracts: rules that speak of nothing else, and how a row of an extract breaks each.

An extract of this kind is taken in after the others of its plan; what its other rows say is sound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from config.profile import Profile
from pipeline.synth_habits import Engagements, Habits
from pipeline.synth_history_defects import UNKNOWN_CIN
from pipeline.synth_people import Record, american
from pipeline.synth_referrals import Months, referrals
from pipeline.synth_returns import Cell, Fault, Reporter, Row, Sheet
from pipeline.synth_setting import Setting
from pipeline.validate import judge_for
from schemas.codes import AuthorizationStatus, ReferralStatus
from schemas.layouts import EXTRACT_KEYS, EXTRACTS

UNKNOWN_PROVIDER = "NOBODY"
OF_NO_ROW = ("R354", "R355")  # told of the extracts together, since a member may stand in one and the referral in another
NO_WORDS = Engagements("", "", {}, "")


@dataclass(frozen=True)
class ExtractDefect:
    """How a row of an extract goes wrong. spoil: the rows in place of a sound one; None where that row cannot go wrong so."""

    rule: str
    kind: str
    element: str
    what: str
    spoil: Callable[[Record, Random], list[Record] | None]


def extract_sheet(
    defect: ExtractDefect, provider: Record, people: Sequence[Record], profile: Profile, calendar: Months, rng: Random
) -> tuple[Sheet, Setting, tuple[Fault, ...]] | None:
    """An extract with the fault in one row, and what is told of no row; None where these dice do not show it."""
    sound = _sound(defect.kind, provider, people, calendar, rng)
    judge = judge_for(defect.kind, profile)
    headings = {name: element.header for name, element in judge.elements.items()}
    habits = Habits(headings, False, {}, {}, {}, {}, "", False, False, False, 0)
    reporter = Reporter(defect.kind, provider, habits, NO_WORDS, calendar, calendar.today, EXTRACT_KEYS[defect.kind])
    setting = Setting(reporter, judge, profile.layouts["rtf-ecm"], (), (), frozenset(), engagement_closes=False, is_text=True)
    place = rng.randrange(len(sound))
    made = defect.spoil(sound[place], rng)
    if made is None:
        return None
    fault = Fault(defect.rule, defect.element, defect.what)
    wrong = tuple(replace(_row(record, calendar), faults=() if defect.rule in OF_NO_ROW else (fault,)) for record in made)
    rows = (*(_row(one, calendar) for one in sound[:place]), *wrong, *(_row(one, calendar) for one in sound[place + 1 :]))
    return Sheet(reporter, rows), setting, (fault,) if defect.rule in OF_NO_ROW else ()


def _sound(kind: str, provider: Record, people: Sequence[Record], calendar: Months, rng: Random) -> list[Record]:
    """The rows of an extract, of people and providers of whom no other one tells."""
    if kind == "referrals":
        made = referrals(len(people), [provider], people, rng, calendar)
        return [one | {"referral_id": f"X{provider['provider_id']}{at}"} for at, one in enumerate(made)]
    if kind == "providers":
        names = [f"{provider['provider_id']}X{at}" for at in range(len(people))]
        return [provider | {"provider_id": name, "mailbox": name.lower()} for name in names]
    if kind == "encounters":
        on = {"service_date": american(calendar.first), "received_on": american(calendar.first + timedelta(days=9)), "hcpcs": "G9012"}
        named = [{"encounter_id": f"X{provider['provider_id']}{at}", "cin": one["cin"]} for at, one in enumerate(people)]
        return [one | on | {"provider_npi": provider["npi"], "modifiers": "U1"} for one in named]
    return list(people)


def _row(record: Mapping[str, Cell], calendar: Months) -> Row:
    """A record as a row of a sheet; it says nothing of where a referral stands."""
    return Row(None, str(record.get("cin", "")), ReferralStatus.PENDING, None, calendar.first, alone=True, cells=record)


def _with(element: str, text: str) -> Callable[[Record, Random], list[Record] | None]:
    return lambda record, _: [record | {element: text}]


def _where(condition: Callable[[Record], bool], **cells: str) -> Callable[[Record, Random], list[Record] | None]:
    return lambda record, _: [record | cells] if condition(record) else None


def _twice(kind: str) -> ExtractDefect:
    """Two rows of one key that differ in what is free."""
    changed = {"referrals": "referring_org_name", "members": "address", "providers": "contact_name", "encounters": "modifiers"}[kind]

    def spoil(record: Record, _: Random) -> list[Record]:
        return [record, record | {changed: "U6" if kind == "encounters" else "12 Birch St"}]

    return ExtractDefect("R353", kind, EXTRACT_KEYS[kind], "two rows of one key that differ", spoil)


def _other_program(record: Record, _: Random) -> list[Record]:
    return [record | {"program": "CS" if record["program"] == "ECM" else "ECM"}]


def _is_placed(record: Record) -> bool:
    return record["provider_id"] != ""


def _is_decided(record: Record) -> bool:
    return record["authorization_status"] in (AuthorizationStatus.APPROVED, AuthorizationStatus.DENIED)


EXTRACT_DEFECTS = (
    *(
        ExtractDefect("R139", "referrals", element, "no moment", _with(element, "02/30/2026 09:05"))
        for element in ("request_received_at", "decision_at", "assigned_at")
    ),
    *(
        ExtractDefect("R140", "providers", element, "a blank in a name for files", _with(element, "Altura Care"))
        for element in ("provider_id", "mailbox")
    ),
    ExtractDefect("R350", "referrals", "service", "a service of the other program", _other_program),
    ExtractDefect("R351", "referrals", "assigned_at", "a placement without its moment", _where(_is_placed, assigned_at="")),
    ExtractDefect("R352", "referrals", "decision_at", "a decision without its moment", _where(_is_decided, decision_at="")),
    *(_twice(kind) for kind in EXTRACTS),
    ExtractDefect(
        "R354", "referrals", "provider_id", "a provider that the roster does not have", _where(_is_placed, provider_id=UNKNOWN_PROVIDER)
    ),
    ExtractDefect("R355", "referrals", "cin", "a member of whom no extract tells", _with("cin", UNKNOWN_CIN)),
)
