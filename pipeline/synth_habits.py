"""How an invented provider fills in its files: which headings, which spellings of a list's values, which forms of dates.

All of it is right under the profile; mess and faults come afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from config.layout import template_elements
from config.profile import LayoutChoice, Profile
from pipeline.synth_referrals import Months
from schemas.codes import CLOSURE_REASONS, CS_SERVICES, REFERRAL_STATUSES, ClosureReason, CodeList, Program, ReferralStatus
from schemas.layouts import PROGRAM_OF


@dataclass(frozen=True)
class Engagements:
    """The words of a profile for a program's engagement, each beside the statuses that it agrees with."""

    waiting: str
    outreach: str
    by_reason: Mapping[str, str]
    other_closing: str

    def beside(self, status: ReferralStatus, reason: ClosureReason | None) -> str:
        """The engagement that agrees with a status."""
        if status is ReferralStatus.LOOP_CLOSED:
            return self.by_reason.get(str(reason), self.other_closing)
        return self.outreach if status is ReferralStatus.OUTREACH_INITIATED else self.waiting


@dataclass(frozen=True)
class Habits:
    """How one provider fills in its files.

    headings: the heading of each column, in order. numbers: values of lists are written as their numbers. statuses, reasons, services,
    engagements: how each value is written.
    """

    headings: Mapping[str, str]
    numbers: bool
    statuses: Mapping[str, str]
    reasons: Mapping[str, str]
    services: Mapping[str, str]
    engagements: Mapping[str, str]
    period: str
    real_dates: bool
    short_dates: bool
    capitals: bool
    title_rows: int

    def written(self, codes: CodeList, label: str) -> str:
        """A value of a list of no column above."""
        return next(code.code if self.numbers and code.code.isdigit() else label for code in codes.codes if code.label == label)


def engagements_of(profile: Profile, program: str) -> Engagements:
    """The words that agree with each status under a profile."""
    labels = profile.codes.engagement(program).labels
    closing = profile.closing
    if program == Program.ECM:
        by_reason = {reason: engagement for engagement, reason in closing.ecm_engagement_reasons.items()}
        closes: Sequence[str] = tuple(closing.ecm_engagement_reasons)
    else:
        closes = closing.cs_engagements
        by_reason = {ClosureReason.SERVICES_RECEIVED.value: closes[0]}
    waiting, outreach = [label for label in labels if label not in closes][:2]
    return Engagements(waiting, outreach, by_reason, closes[-1])


def habits_of(kind: str, file_format: str, calendar: Months, profile: Profile, rng: Random) -> Habits:
    """How a provider fills in a kind of file. A plan with a template of its own has its lists by number."""
    choice = profile.layouts.get(kind, LayoutChoice())
    elements = template_elements(kind, choice)
    aliased = rng.random() < 0.3
    headings = {
        name: rng.choice(element.aliases) if aliased and element.aliases and rng.random() < 0.4 else element.header
        for name, element in elements.items()
    }
    first, last = calendar.first, calendar.last
    numbers = bool(choice.columns)
    statuses, reasons = _spellings(REFERRAL_STATUSES, rng), _spellings(CLOSURE_REASONS, rng)
    engagement = profile.codes.engagement(PROGRAM_OF[kind])
    return Habits(
        headings=headings,
        numbers=numbers,
        statuses=_numbers(REFERRAL_STATUSES) if numbers else statuses,
        reasons=_numbers(CLOSURE_REASONS) if numbers else reasons,
        services=_aliases(CS_SERVICES, rng) if rng.random() < 0.2 else {label: label for label in CS_SERVICES.labels},
        engagements=_numbers(engagement) if numbers else {label: label for label in engagement.labels},
        period=rng.choice((f"{first:%m/%d/%Y}.{last:%m/%d/%Y}", f"{first:%m/%Y}", f"{first:%Y-%m}")),
        real_dates=file_format == "xlsx" and rng.random() < 0.6,
        short_dates=rng.random() < 0.2,
        capitals=rng.random() < 0.15,
        title_rows=2 if file_format == "xlsx" and rng.random() < 0.2 else 0,
    )


def _spellings(codes: CodeList, rng: Random) -> dict[str, str]:
    """One way of writing the values of a list: label, number, both, or capitals."""
    form = rng.choices(("{label}", "{code}", "{code}. {label}", "{capitals}"), (60, 15, 15, 10))[0]
    return {code.label: form.format(label=code.label, code=code.code, capitals=code.label.upper()) for code in codes.codes}


def _numbers(codes: CodeList) -> dict[str, str]:
    return {code.label: code.code or code.label for code in codes.codes}


def _aliases(codes: CodeList, rng: Random) -> dict[str, str]:
    """The values of a list by other names, HCPCS codes with their modifier among them."""
    return {code.label: rng.choice((code.label, *code.aliases)) for code in codes.codes}
