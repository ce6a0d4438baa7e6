"""What the monthly submission to DHCS says of each referral loop: every element of Tables 1 to 5, its place in the JSON, its form and need.

The JSON Schema and the submission itself are made from these declarations. DHCS hands its own schema out on request; how a plan puts that
in place of this one is a matter of its settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property

import polars as pl

from schemas.codes import SERVICES, ClosureReason, ReferralStatus
from schemas.columns import Moment, Need, Table, described
from schemas.dhcs import ELEMENTS, DhcsElement
from schemas.formats import CIN, INDICATOR, NPI, PHONE
from schemas.layouts import LAYOUTS

SECTIONS = {1: "member", 2: "referral", 3: "authorization", 4: "servicingProvider", 5: "closure"}
STATUSES = "statuses"  # rows 6 and 7 of Table 4 repeat: one for each status
OF_STATUS = ((4, 6), (4, 7))
GUIDANCE = "CLR guidance, Table {}"
DATE = "MM/DD/YYYY"
PATTERNS = {
    DATE: r"^(0[1-9]|1[0-2])/(0[1-9]|[12][0-9]|3[01])/[0-9]{4}$",
    PHONE.name: r"^[0-9]{10}$",
    NPI.name: r"^[0-9]{10}$",
    CIN.name: r"^9[0-9]{7}[A-Z]$",
}
NOT_CHASED = "A plan need not chase what nobody supplied."
NOT_YET = "Null until it has happened and there is evidence of it."
UNKNOWN_TO_PLAN = "Null where the plan found the member itself, or was not told."


class RecordType(StrEnum):
    """What a record does to the one that was sent before under its key."""

    ORIGINAL = "original"
    REPLACEMENT = "replacement"
    VOID = "void"


class Usage(StrEnum):
    """Whether DHCS shall count a submission."""

    TEST = "test"
    PRODUCTION = "production"


@dataclass(frozen=True)
class Property:
    """Where an element stands in a record. need: as the guidance says. blank: why a required one may be null, where it may."""

    table: int
    row: int
    name: str
    need: Need
    blank: str = ""

    @property
    def section(self) -> str:
        return STATUSES if (self.table, self.row) in OF_STATUS else SECTIONS[self.table]

    @property
    def path(self) -> str:
        """Section and name, as a plan's own mapping calls it."""
        return f"{self.section}.{self.name}"

    @cached_property
    def element(self) -> DhcsElement:
        return next(one for one in ELEMENTS if (one.table, one.row) == (self.table, self.row))

    @property
    def source(self) -> str:
        return GUIDANCE.format(self.table)

    @property
    def choices(self) -> tuple[str, ...]:
        """The labels of a coded element; none for others."""
        return _choices(self)

    @property
    def form(self) -> str:
        """Date, phone, NPI, CIN, Y/N, coded or text."""
        return _form(self)


def _p(table: int, row: int, name: str, need: str, blank: str = "") -> Property:
    return Property(table, row, name, Need(need), blank)


PROPERTIES = (
    _p(1, 1, "firstName", "R"),
    _p(1, 2, "lastName", "R"),
    _p(1, 3, "cin", "R"),
    _p(1, 4, "planMemberId", "R"),
    _p(1, 5, "dateOfBirth", "R"),
    _p(1, 6, "primaryPhone", "R"),
    _p(1, 7, "residentialAddress", "R", NOT_CHASED),
    _p(1, 8, "email", "O"),
    _p(1, 9, "languageSpoken", "O"),
    _p(1, 10, "languageWritten", "O"),
    _p(1, 11, "genderCode", "R", NOT_CHASED),
    _p(1, 12, "raceEthnicityCode", "R", NOT_CHASED),
    _p(1, 13, "homelessnessIndicator", "R", NOT_CHASED),
    _p(1, 14, "guardianFirstName", "C"),
    _p(1, 15, "guardianLastName", "C"),
    _p(1, 16, "guardianPhone", "C"),
    _p(2, 1, "dateOfReferral", "R"),
    _p(2, 2, "referredService", "R"),
    _p(2, 3, "referringOrganizationName", "C"),
    _p(2, 4, "referringOrganizationNpi", "C"),
    _p(2, 5, "referringIndividualName", "R", UNKNOWN_TO_PLAN),
    _p(2, 6, "referringIndividualPhone", "R"),
    _p(2, 7, "referringIndividualEmail", "O"),
    _p(2, 8, "referringIndividualRelationship", "C"),
    _p(2, 9, "referralType", "C"),
    _p(3, 1, "dateRequestReceived", "C"),
    _p(3, 2, "authorizationStatus", "C"),
    _p(3, 3, "authorizationEffectiveDate", "C"),
    _p(3, 4, "authorizationEndDate", "C"),
    _p(3, 5, "dateOfDecision", "C"),
    _p(3, 6, "dateMemberNotified", "R", NOT_YET),
    _p(4, 1, "dateReferralSent", "R", NOT_YET),
    _p(4, 2, "organizationName", "R"),
    _p(4, 3, "organizationNpi", "C"),
    _p(4, 4, "providerName", "R"),
    _p(4, 5, "providerPhone", "R"),
    _p(4, 6, "status", "R"),
    _p(4, 7, "date", "R"),
    _p(5, 1, "reason", "C"),
    _p(5, 2, "dateReferringEntityNotified", "C"),
)


@cache
def _form(one: Property) -> str:
    if _choices(one):
        return "coded"
    if any(word in one.element.name for word in ("Date of", "Date ")) or one.element.name.endswith(" Date"):
        return DATE
    for kind, column in one.element.held.items():
        if kind in LAYOUTS:
            name = LAYOUTS[kind].elements()[column].format.name
            return name if name in (PHONE.name, NPI.name, CIN.name, INDICATOR.name) else "text"
    return "text"


@cache
def _choices(one: Property) -> tuple[str, ...]:
    named = {(4, 6): tuple(ReferralStatus), (5, 1): tuple(ClosureReason), (2, 2): SERVICES.labels}
    if (one.table, one.row) in named:
        return tuple(str(label) for label in named[one.table, one.row])
    formats = [LAYOUTS[kind].elements()[column].format for kind, column in one.element.held.items() if kind in LAYOUTS]
    return next((form.choices for form in formats if form.choices and form.name != INDICATOR.name), ())


def of_section(section: str) -> tuple[Property, ...]:
    """The elements of a section, in the order of their table."""
    return tuple(one for one in PROPERTIES if one.section == section)


def paths() -> Mapping[str, Property]:
    """Every element by its path."""
    return {one.path: one for one in PROPERTIES}


class DhcsSubmissions(Table):
    """One row for each submission made. Key: `plan`, `period`, `sequence`."""

    plan: str = described("The plan.")
    period: str = described("The month that it is about.")
    sequence: pl.Int64 = described("Counts the submissions of the period from 1, tests among them.")
    file_name: str = described("Its name in the outbox.")
    usage: str = described("test or production.")
    sha256: str = described("Digest.")
    originals: pl.Int64 = described("Records sent for the first time.")
    replacements: pl.Int64 = described("Records that stand in place of earlier ones.")
    voids: pl.Int64 = described("Records taken back.")
    produced_at: Moment = described("When it was made.")


class DhcsRecords(Table):
    """One row for each record of each submission; the last one of a key stands. Key: `plan`, `usage`, `record_key`."""

    plan: str = described("The plan.")
    period: str = described("The month of its submission.")
    sequence: pl.Int64 = described("Number of its submission.")
    usage: str = described("test or production: what was tested only was never sent.")
    record_key: str = described("Name of the loop towards DHCS, derived from plan, referral and loop.")
    record_type: str = described("original, replacement or void.")
    referral_id: str = described("The referral.")
    loop: pl.Int64 = described("The loop; 1 as well for a referral that is not placed yet.")
    content: str = described("What was told, as JSON; blank for a void.")
    produced_at: Moment = described("When its submission was made.")
