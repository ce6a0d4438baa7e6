"""Code lists: the values that a cell may hold, and every lossless way of writing them.

Says which texts mean which label. Which columns use a list is the layouts' business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

import polars as pl

BLANKS_AND_PUNCTUATION = r"[\s!-/:-@\[-`{-~]+"  # ASCII only: a look-alike letter must never match by accident
PLURAL = r"\b([a-z]{2,}[a-rt-z])s\b"  # Service Received for Services Received
KELVIN_SIGN = "\u212a"  # the one look-alike that becomes an ASCII letter when made small


def plain(text: pl.Expr) -> pl.Expr:
    """Text without letter case, punctuation and repeated blanks: `5. Referral  Loop-Closed` is `5 referral loop closed`."""
    kept_apart = text.str.replace_all(KELVIN_SIGN, "\ufffd", literal=True)
    return kept_apart.str.to_lowercase().str.replace_all(BLANKS_AND_PUNCTUATION, " ").str.strip_chars(" ")


@lru_cache(maxsize=10_000)  # headings are the same words in every file
def plain_words(text: str) -> str:
    """The same as `plain`, for one Python string."""
    return re.sub(BLANKS_AND_PUNCTUATION, " ", text.replace(KELVIN_SIGN, "\ufffd").lower()).strip(" ")


@dataclass(frozen=True)
class Code:
    """One value of a code list: stored as its label, written in files as code, label or alias."""

    code: str
    label: str
    aliases: tuple[str, ...] = ()

    def spellings(self) -> tuple[str, ...]:
        """Every text that means this value; a code list compares them with `plain`."""
        return (self.label, self.code, f"{self.code} {self.label}", f"{self.label} {self.code}", *self.aliases)


@dataclass(frozen=True)
class CodeList:
    """The values of one column. Raises ValueError when one spelling would mean two labels."""

    name: str
    codes: tuple[Code, ...]

    def __post_init__(self) -> None:
        for spelling, label in self._spellings():
            if self.meanings[spelling] != label:
                raise ValueError(f"{self.name}: {spelling!r} means both {self.meanings[spelling]!r} and {label!r}")

    @cached_property
    def meanings(self) -> dict[str, str]:
        """Every accepted spelling, as `plain` leaves it, and the label that it means."""
        return dict(self._spellings())

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(code.label for code in self.codes)

    def allowed(self) -> str:
        """The list as a provider reads it: `1 Accepted; 2 Declined; …`."""
        return "; ".join(f"{code.code} {code.label}".strip() for code in self.codes)

    def parse(self, text: pl.Expr) -> pl.Expr:
        """The label that a text means; null where it means none."""
        words = plain(text)
        as_told = words.replace_strict(self.meanings, default=None, return_dtype=pl.String)
        in_other_number = words.str.replace_all(PLURAL, "${1}").replace_strict(self._by_singular, default=None, return_dtype=pl.String)
        return pl.coalesce(as_told, in_other_number)

    @cached_property
    def _by_singular(self) -> dict[str, str]:
        """Spellings with every word in the singular, where that leaves them with one meaning."""
        meant: dict[str, set[str]] = {}
        for spelling, label in self._spellings():
            meant.setdefault(re.sub(PLURAL, r"\1", spelling), set()).add(label)
        return {spelling: labels.pop() for spelling, labels in meant.items() if len(labels) == 1}

    def _spellings(self) -> list[tuple[str, str]]:
        return [(plain_words(spelling), code.label) for code in self.codes for spelling in code.spellings() if plain_words(spelling)]


class ReferralStatus(StrEnum):
    """Where a referral stands with its provider (DHCS CLR guidance, Table 4)."""

    ACCEPTED = "Accepted"  # will do outreach, has not begun
    DECLINED = "Declined"  # the provider turns it down
    PENDING = "Pending"  # received, not yet looked at
    OUTREACH_INITIATED = "Outreach Initiated"
    LOOP_CLOSED = "Referral Loop Closed"


class ClosureReason(StrEnum):
    """Why a referral loop closed (DHCS CLR guidance, Table 5)."""

    SERVICES_RECEIVED = "Services Received"
    PROVIDER_DECLINED = "Service Provider Declined"
    UNABLE_TO_REACH = "Unable to Reach Member"
    NO_LONGER_ELIGIBLE = "Member No Longer Eligible for Services"
    NO_LONGER_NEEDS = "Member No Longer Needs Services or Declines Services"
    OTHER = "Other"
    AUTHORIZATION_DENIED = "Authorization Denied"  # the plan's own; Table 12 leaves it out


class AuthorizationStatus(StrEnum):
    """The plan's decision about a referral (DHCS CLR guidance, Table 3)."""

    APPROVED = "Approved"
    UNDER_REVIEW = "Under Review"
    MORE_INFORMATION = "Need Additional Information from Referral Source"
    DENIED = "Denied"


class Program(StrEnum):
    """The two programs whose referrals are tracked."""

    ECM = "ECM"
    CS = "CS"


CLOSING_STATUSES = (ReferralStatus.DECLINED.value, ReferralStatus.LOOP_CLOSED.value)
STATUS_ORDER = (  # which of several statuses of one date is the later one
    ReferralStatus.PENDING.value,
    ReferralStatus.ACCEPTED.value,
    ReferralStatus.OUTREACH_INITIATED.value,
    ReferralStatus.DECLINED.value,
    ReferralStatus.LOOP_CLOSED.value,
)
DENIED_FOR_DECLINED = "Denied"  # Appendix B and one plan's notice say Denied where the tables say Declined

REFERRAL_STATUSES = CodeList(
    "Referral Status",
    (
        Code("1", ReferralStatus.ACCEPTED),
        Code("2", ReferralStatus.DECLINED, (DENIED_FOR_DECLINED,)),
        Code("3", ReferralStatus.PENDING),
        Code("4", ReferralStatus.OUTREACH_INITIATED),
        Code("5", ReferralStatus.LOOP_CLOSED),
    ),
)
CLOSURE_REASONS = CodeList(
    "Reason for Referral Loop Closure",
    (
        Code("1", ClosureReason.SERVICES_RECEIVED),
        Code("2", ClosureReason.PROVIDER_DECLINED),
        Code("3", ClosureReason.UNABLE_TO_REACH),
        Code("4", ClosureReason.NO_LONGER_ELIGIBLE),
        Code("5", ClosureReason.NO_LONGER_NEEDS, ("Member No Longer Needs Services",)),
        Code("6", ClosureReason.OTHER),
        Code("7", ClosureReason.AUTHORIZATION_DENIED),
    ),
)
PROVIDER_CLOSURE_REASONS = CodeList(  # those that a provider may choose
    CLOSURE_REASONS.name, tuple(code for code in CLOSURE_REASONS.codes if code.label != ClosureReason.AUTHORIZATION_DENIED)
)
AUTHORIZATION_STATUSES = CodeList(
    "Referral Authorization Status",
    (
        Code("1", AuthorizationStatus.APPROVED),
        Code("2", AuthorizationStatus.UNDER_REVIEW),
        Code("3", AuthorizationStatus.MORE_INFORMATION),
        Code("4", AuthorizationStatus.DENIED),
    ),
)
PROGRAMS = CodeList("Program", (Code("ECM", Program.ECM), Code("CS", Program.CS, ("Community Supports",))))
REFERRAL_TYPES = CodeList("Referral Type", (Code("1", "Community Referral"), Code("2", "Identified by the MCP")))
RELATIONSHIPS = CodeList(
    "Referring Individual Relationship to Member",
    (
        Code("1", "Medical provider"),
        Code("2", "Social services provider"),
        Code("3", "Member/family", ("Member or family", "Member", "Family")),
        Code("4", "Other"),
    ),
)
OUTREACH_METHODS = CodeList("Outreach Attempt Method", (Code("1", "In-Person"), Code("2", "Telephonic"), Code("3", "Electronic")))
PROVIDER_TYPES = CodeList("Provider Type", (Code("1", "Clinical", ("Clinical staff",)), Code("2", "Non-clinical", ("Non-clinical staff",))))
YES_NO = CodeList("Yes or no", (Code("Y", "Y", ("Yes", "1", "True")), Code("N", "N", ("No", "0", "False"))))
OUTREACH_OUTCOMES = CodeList(
    "Outreach Attempt Successful",
    (Code("Y", "Y", ("Yes", "1", "True", "Successful", "Reached")), Code("N", "N", ("No", "0", "False", "Unsuccessful", "Not Reached"))),
)
FILE_FORMATS = CodeList("File format", (Code("xlsx", "xlsx"), Code("csv", "csv"), Code("pipe", "pipe", ("txt",))))


# The HCPCS code with its modifier stands for the service; the code alone never does, save for sobering centers.
SOBERING_CENTERS = "Sobering Centers"  # outside closed-loop referral: no clocks, no notices, never late (DHCS FAQ)
ECM_SERVICE = "ECM"
SERVICES = CodeList(
    "Referred Service",
    (
        Code("ECM", ECM_SERVICE, ("Enhanced Care Management",)),
        Code("", "Housing Transition Navigation Services", ("Housing Transition Navigation", "H0043 U6", "H2016 U6")),
        Code("", "Housing Deposits", ("H0044 U2",)),
        Code(
            "",
            "Housing Tenancy and Sustaining Services",
            ("Housing Tenancy and Sustaining", "T2040 U6", "T2041 U6", "T2050 U6", "T2051 U6"),
        ),
        Code("", "Transitional Rent"),
        Code("", "Short-Term Post-Hospitalization Housing", ("H0043 U3", "H0044 U3")),
        Code("", "Recuperative Care (Medical Respite)", ("Recuperative Care", "Medical Respite", "T2033 U6")),
        Code("", "Respite Services", ("Respite", "Caregiver Respite", "H0045 U6", "S5151 U6", "S9125 U6")),
        Code(
            "",
            "Day Habilitation Programs",
            (
                "Day Habilitation",
                "T2012 U6",
                "T2014 U6",
                "T2018 U6",
                "T2020 U6",
                "H2014 U6",
                "H2024 U6",
                "H2026 U6",
                "H2038 U6",
            ),
        ),
        Code(
            "",
            "Assisted Living Facility Transitions",
            ("Nursing Facility Transition/Diversion to Assisted Living Facilities", "T2038 U4", "H2022 U5"),
        ),
        Code(
            "",
            "Community or Home Transition Services",
            ("Community Transition Services/Nursing Facility Transition to a Home", "T2038 U5", "H0044 U5"),
        ),
        Code("", "Personal Care and Homemaker Services", ("S5130 U6", "T1019 U6")),
        Code("", "Environmental Accessibility Adaptations", ("Home Modifications", "S5165 U6")),
        Code("", "Asthma Remediation", ("S5165 U5",)),
        Code(
            "",
            "Medically Tailored Meals/Medically-Supportive Food",
            (
                "Medically Tailored Meals",
                "Medically Supportive Food",
                "S5170 U6",
                "S9470 U6",
                "S9977 U6",
                "S9452 U5",
                "S9452 U6",
                "S9977 U4",
                "S9977 U5",
                "S9977 U7",
                "S9977 U8",
                "S9977 U9",
            ),
        ),
        Code("", SOBERING_CENTERS, ("Sobering Center", "H0014 U6", "H0014")),
    ),
)
CS_SERVICES = CodeList("Community Supports Service", tuple(code for code in SERVICES.codes if code.label != ECM_SERVICE))
