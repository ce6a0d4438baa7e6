"""How loops ended and how long that took, and what became of referrals with whoever made them: two reports as data."""

from enum import StrEnum

import polars as pl

from schemas.columns import Table, described


class Level(StrEnum):
    """Whom a row speaks of."""

    PLAN = "plan"
    PROVIDER = "provider"
    ENTITY = "referring_entity"


class Outlier(StrEnum):
    """Which way a share differs from the plan's by more than chance."""

    ABOVE = "above"
    BELOW = "below"


LEVEL = "plan, provider or referring_entity: whom the row speaks of."
WHY_NOT = "Why a figure of the row is blank; null when none is."


class Closings(Table):
    """One row for each level, program, provider and reason for closure, of referrals made in the period."""

    plan: str = described("The plan.")
    period: str = described("When the referrals were made: a quarter, such as 2026-Q1, or a month.")
    level: str = described(LEVEL)
    program: str = described("ECM or CS.")
    provider_id: str = described("The provider; null for the plan.", nullable=True)
    provider_name: str = described("Its name.", nullable=True)
    closure_reason: str = described("Why loops closed.")
    closures: pl.Int64 = described("Loops closed for this reason.")
    closed: pl.Int64 = described("Loops closed for any.")
    share: pl.Float64 = described("The one of the other, 0 to 1.", nullable=True)
    low: pl.Float64 = described("Lower end of the 95 % Wilson interval of the share.", nullable=True)
    high: pl.Float64 = described("Its upper end.", nullable=True)
    plan_share: pl.Float64 = described("The same share over all providers of the program.", nullable=True)
    outlier: str = described("above or below, where the whole interval is; null where it is not, or was not looked at.", nullable=True)
    not_available: str = described(WHY_NOT, nullable=True)


class ClosingTimes(Table):
    """One row for each level, program, provider and measure: days from sending to the first outreach, or to closure."""

    plan: str = described("The plan.")
    period: str = described("When the referrals were made.")
    level: str = described(LEVEL)
    program: str = described("ECM or CS.")
    provider_id: str = described("The provider; null for the plan.", nullable=True)
    provider_name: str = described("Its name.", nullable=True)
    measure: str = described("first_outreach or closure.")
    loops: pl.Int64 = described("Loops sent.")
    reached: pl.Int64 = described("Of them, those that have come to it.")
    median_reached: pl.Int64 = described("Days within which half of those had.", nullable=True)
    p90_reached: pl.Int64 = described("Days within which nine in ten of those had.", nullable=True)
    median: pl.Int64 = described(
        "Days within which half of all loops come to it: Kaplan-Meier, open loops counted as long as seen.", nullable=True
    )
    p90: pl.Int64 = described("The same for nine in ten.", nullable=True)
    not_available: str = described(WHY_NOT, nullable=True)


class Denials(Table):
    """One row for each level, program and referring entity: what became of the referrals that it made in the period."""

    plan: str = described("The plan.")
    period: str = described("When the referrals were made.")
    level: str = described(LEVEL)
    program: str = described("ECM or CS.")
    referring_entity: str = described("Who referred; null for the plan as a whole.", nullable=True)
    referring_npi: str = described("Its NPI, where the plan knows it.", nullable=True)
    referred: pl.Int64 = described("Referrals made.")
    members: pl.Int64 = described("Members referred.")
    decided: pl.Int64 = described("Referrals approved or denied.")
    denied: pl.Int64 = described("Referrals denied.")
    share: pl.Float64 = described("Denied of decided, 0 to 1.", nullable=True)
    low: pl.Float64 = described("Lower end of the 95 % Wilson interval of the share.", nullable=True)
    high: pl.Float64 = described("Its upper end.", nullable=True)
    plan_share: pl.Float64 = described("The same share over all referrals of the program.", nullable=True)
    outlier: str = described("above or below, where the whole interval is; null where it is not, or was not looked at.", nullable=True)
    not_available: str = described(WHY_NOT, nullable=True)


class DenialReasons(Table):
    """One row for each program, referring entity and reason given for denials."""

    plan: str = described("The plan.")
    period: str = described("When the referrals were made.")
    program: str = described("ECM or CS.")
    referring_entity: str = described("Who referred.")
    referring_npi: str = described("Its NPI, where the plan knows it.", nullable=True)
    denial_reason: str = described("Why the plan denied, as its own systems say; null when they do not.", nullable=True)
    denied: pl.Int64 = described("Referrals denied for this reason.")
