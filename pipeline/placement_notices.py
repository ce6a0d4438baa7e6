"""Decides who is told where a referral was placed: member, referring entity, and for ECM the PCP; a further placement is a re-referral.

Only the placement that stands is told: a provider that the referral was taken from, or that will not serve, is named to nobody.
"""

from __future__ import annotations

import polars as pl

from config.settings import Settings
from pipeline.notice_facts import identified, plan_day
from pipeline.recipients import MEMBER, PCP, REFERRING_ENTITY, made_by_provider
from schemas.codes import ClosureReason, Program
from schemas.notices import NoticeKind

OF_LOOP = ("referral_id", "loop")
NOT_SERVED = (ClosureReason.PROVIDER_DECLINED.value, ClosureReason.AUTHORIZATION_DENIED.value)


def standing_loops(assignments: pl.DataFrame) -> pl.DataFrame:
    """The last loop of each referral; those before it are history."""
    return assignments.sort(OF_LOOP).unique("referral_id", keep="last", maintain_order=True)


def placements(
    assignments: pl.DataFrame,
    closures: pl.DataFrame,
    providers: pl.DataFrame,
    referrals: pl.DataFrame,
    versions: pl.DataFrame,
    settings: Settings,
) -> pl.DataFrame:
    """Facts (`pipeline.notice_facts.FACT`, `notice_id`) of the placement of each referral that stands.

    assignments, closures: as in `schemas.history`. referrals: current versions; versions: all, with `known_at` and `known_by`.
    Sources: Health Net / CHPIV notice (assignment), ECM policy guide (PCP), CLR guidance, use case 2 (re-referral).
    """
    deadlines = settings.profile.deadlines
    placed = _placed(assignments, closures, providers, referrals, versions, settings)
    first = pl.col("loop") == 1
    hears_of_first = pl.lit(value=True) if deadlines.assignment_to_referrer == "anybody" else pl.col("by_provider")
    to_pcp = placed.filter(pl.col("program") == Program.ECM.value).with_columns(
        side=pl.lit(PCP),
        kind=pl.lit(NoticeKind.PCP_ASSIGNMENT.value),
        business_days=pl.lit(deadlines.pcp_assignment_business_days),
    )
    to_referrer = placed.filter(~first | hears_of_first).with_columns(side=pl.lit(REFERRING_ENTITY))
    return identified(pl.concat([placed.with_columns(side=pl.lit(MEMBER)), to_referrer, to_pcp]))


def _placed(
    assignments: pl.DataFrame,
    closures: pl.DataFrame,
    providers: pl.DataFrame,
    referrals: pl.DataFrame,
    versions: pl.DataFrame,
    settings: Settings,
) -> pl.DataFrame:
    deadlines = settings.profile.deadlines
    again = pl.col("loop") > 1
    told = versions.select("referral_id", "known_at", "known_by").unique(["referral_id", "known_at"], keep="first", maintain_order=True)
    not_served = closures.sort(*OF_LOOP, "step").unique(OF_LOOP, keep="last").filter(pl.col("closure_reason").is_in(NOT_SERVED))
    placed_once = versions.filter(pl.col("provider_id").is_not_null()).select("referral_id").unique()
    taken_back = referrals.filter(pl.col("provider_id").is_null()).join(placed_once, on="referral_id", how="semi")
    here = referrals.join(taken_back, on="referral_id", how="anti").select("referral_id", "cin", by_provider=made_by_provider())
    return (
        standing_loops(assignments)
        .filter(pl.col("provider_id").is_not_null() & pl.col("assigned_at").is_not_null())
        .join(not_served, on=OF_LOOP, how="anti", maintain_order="left")
        .drop("cin")
        .join(here, on="referral_id", maintain_order="left")
        .join(providers.select("provider_id", provider_npi="npi", name="name"), on="provider_id", how="left", maintain_order="left")
        .join(told, on=["referral_id", "known_at"], how="left", maintain_order="left")
        .select(
            "plan",
            *OF_LOOP,
            "cin",
            "program",
            "provider_id",
            "provider_npi",
            "by_provider",
            "known_at",
            "known_by",
            kind=pl.when(again).then(pl.lit(NoticeKind.REREFERRAL.value)).otherwise(pl.lit(NoticeKind.ASSIGNMENT.value)),
            tells=pl.coalesce("name", "provider_id"),
            tells_date=plan_day("assigned_at", settings),
            trigger_at="assigned_at",
            business_days=pl.when(again).then(deadlines.rereferral_business_days).otherwise(deadlines.assignment_business_days),
            identity="provider_id",
        )
    )
