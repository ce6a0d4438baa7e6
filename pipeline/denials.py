"""Decides which referrals of a period were denied, by who made them and for which reasons.

Who is told of a denial is decided elsewhere.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from config.settings import Settings
from pipeline.business_days import in_utc
from pipeline.periods import Period
from pipeline.persons import with_person
from pipeline.recipients import IDENTIFIED_BY_PLAN, made_by_member
from pipeline.shares import with_share
from schemas.closings import DenialReasons, Denials, Level
from schemas.codes import SOBERING_CENTERS, AuthorizationStatus, plain

BY_PLAN, BY_MEMBER, NOT_NAMED = "Identified by the plan", "Member or family", "Not named"
APPROVED, DENIED = AuthorizationStatus.APPROVED.value, AuthorizationStatus.DENIED.value
ENTITY = ("plan", "program", "entity")


@dataclass(frozen=True)
class DenialReport:
    """What became of the referrals of a period: `schemas.closings.Denials` and `DenialReasons`."""

    period: Period
    denials: pl.DataFrame
    reasons: pl.DataFrame


def denials(referrals: pl.DataFrame, members: pl.DataFrame, settings: Settings, as_of: dt.datetime, period: Period) -> DenialReport:
    """Volume referred and share denied by referring entity, with reasons, of referrals made in the period (CLR guidance, Figure 2).

    referrals, members: current versions. A decision after the moment is none yet. Sobering Centers are outside closed-loop referral.
    """
    made = referrals.filter(pl.col("referral_date").is_between(period.first, period.last) & (pl.col("service") != SOBERING_CENTERS))
    told = with_person(with_referring_entity(made), members).pipe(with_decision, as_of)
    return DenialReport(period, _shares(told, settings, period), _reasons(told, period))


def with_decision(referrals: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Add `decision`: Approved, Denied, or null while it was under way at the moment."""
    made = pl.col("authorization_status").is_in([APPROVED, DENIED]) & (pl.col("decision_at") <= in_utc(as_of)).fill_null(value=True)
    return referrals.with_columns(decision=pl.when(made).then("authorization_status"))


def with_referring_entity(referrals: pl.DataFrame) -> pl.DataFrame:
    """Add `entity` (what tells one from another), `referring_entity` (its name) and `referring_npi`.

    An NPI says that two spellings are one organization; without one the name does, letter case and punctuation aside. Members and families
    are one entity, and so is the plan where it identified the member itself.
    """
    name = pl.coalesce("referring_org_name", "referring_individual_name")
    npi = pl.when(pl.col("referring_org_name").is_not_null() | pl.col("referring_org_npi").is_not_null()).then("referring_org_npi")
    own = (
        pl.when(pl.col("referral_type").eq_missing(IDENTIFIED_BY_PLAN))
        .then(pl.lit(BY_PLAN))
        .when(made_by_member())
        .then(pl.lit(BY_MEMBER))
        .when(name.is_null() & npi.is_null())
        .then(pl.lit(NOT_NAMED))
    )
    named = referrals.with_columns(
        entity=pl.coalesce(own, npi, plain(name)),
        referring_entity=pl.coalesce(own, name, npi),
        referring_npi=pl.when(own.is_null()).then(npi),
    )
    # One that is written in several ways is called as it was in its latest referral.
    latest = pl.col("referring_entity").sort_by("referral_date", "referral_id").last().over("entity")
    return named.with_columns(referring_entity=latest)


def _shares(told: pl.DataFrame, settings: Settings, period: Period) -> pl.DataFrame:
    of_plan = told.group_by("plan", "program").agg(*_counts()).with_columns(level=pl.lit(Level.PLAN.value))
    shares = of_plan.select("plan", "program", plan_share=pl.when(pl.col("decided") > 0).then(pl.col("denied") / pl.col("decided")))
    by_entity = (
        told.group_by(ENTITY)
        .agg(*_counts(), pl.col("referring_entity").first(), pl.col("referring_npi").first())
        .with_columns(level=pl.lit(Level.ENTITY.value))
        .join(shares, on=["plan", "program"], how="left")
    )
    every = with_share(
        pl.concat([of_plan, by_entity], how="diagonal"), "denied", "decided", "plan_share", settings.profile.thresholds.outlier_cases
    )
    undecided = pl.when(pl.col("decided") == 0).then(pl.lit("no decision yet"))
    why = pl.coalesce(undecided, pl.when(pl.col("level") == Level.ENTITY.value).then("not_available"))
    return (
        every.with_columns(not_available=why, period=pl.lit(period.name))
        .sort(pl.col("level") == Level.ENTITY.value, "program", "referring_entity", "entity", nulls_last=False)
        .select(pl.col(name).cast(dtype) for name, dtype in Denials.polars_schema().items())
    )


def _counts() -> list[pl.Expr]:
    return [
        pl.len().cast(pl.Int64).alias("referred"),
        pl.col("person").n_unique().cast(pl.Int64).alias("members"),
        pl.col("decision").is_not_null().sum().cast(pl.Int64).alias("decided"),
        (pl.col("decision") == DENIED).sum().cast(pl.Int64).alias("denied"),
    ]


def _reasons(told: pl.DataFrame, period: Period) -> pl.DataFrame:
    return (
        told.filter(pl.col("decision") == DENIED)
        .group_by(*ENTITY, "denial_reason")
        .agg(pl.col("referring_entity").first(), pl.col("referring_npi").first(), denied=pl.len())
        .with_columns(period=pl.lit(period.name))
        .sort("program", "referring_entity", "entity", "denied", "denial_reason", descending=[False, False, False, True, False])
        .select(pl.col(name).cast(dtype) for name, dtype in DenialReasons.polars_schema().items())
    )
