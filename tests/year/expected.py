"""A notice as the oracle expects it, and who is told, which way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tests.year.simulation import ROSTER, Referral

SOBERING = "Sobering Centers"
NAMES = {row["provider_id"]: row["name"] for row in ROSTER}
NPIS = {row["provider_id"]: row["npi"] for row in ROSTER}


@dataclass(frozen=True)
class Expected:
    """One notice that has to be there. corrects: what the notice that it corrects tells. late: whether it is queued too late."""

    kind: str
    recipient_kind: str
    recipient: str | None
    channel: str
    referral_id: str | None
    loop: int | None
    provider_id: str | None
    tells: str | None
    tells_date: date
    trigger_at: datetime
    known_at: datetime
    due_at: datetime
    queued_at: datetime
    corrects: str | None = None

    @property
    def late(self) -> bool:
        return self.due_at < self.queued_at


def recipient(referral: Referral, side: str) -> tuple[str, str | None, str]:
    """Who is told, by name, and the way: the portal for organizations and for whoever has an address, a person else."""
    person = referral.person
    number = person.cin[1:8]
    if side == "member":
        way = "manual" if person.homeless else "portal"
        return ("guardian", f"Gail Ward{number}", way) if person.guarded else ("member", f"First{number} Last{number}", way)
    if side == "pcp":
        return "pcp", {"other": "Poe, Dana, MD", "nameless": None}.get(person.pcp, "Roe, Pat, MD"), "manual"
    return "referring_entity", *{
        "clinic": ("County Clinic", "portal"),
        "silent clinic": ("Hill Clinic", "portal"),
        "jail": ("Valley Facility", "portal"),
        "inmate": ("Valley Facility", "portal"),
    }[referral.made_by]
