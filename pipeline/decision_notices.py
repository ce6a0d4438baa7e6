"""Decides which authorization decisions are to be told, and to whom: referring entity, member, and a provider that serves already.

A decision that was changed or taken back before it was told is owed no more; a reason for denial that was changed later is a correction.
"""

from __future__ import annotations

import polars as pl

from config.settings import Settings
from pipeline.notice_facts import identified, is_told, plan_day, side
from pipeline.recipients import MEMBER, PROVIDER, REFERRING_ENTITY
from schemas.codes import AuthorizationStatus, Program, plain
from schemas.notices import NoticeKind

DENIED = AuthorizationStatus.DENIED.value
DECIDED = (AuthorizationStatus.APPROVED.value, DENIED)
DECISION = ("referral_id", "authorization_status", "decision_at", "denial_reason")
SAME_DECISION = ("referral_id", "side", "tells", "trigger_at")


def decisions(
    referrals: pl.DataFrame, versions: pl.DataFrame, holders: pl.DataFrame, providers: pl.DataFrame, known: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Facts (`pipeline.notice_facts.FACT`, `notice_id`) of every decision that stands (APL 21-011; CLR guidance, II.B.1).

    referrals: current versions; versions: all, the earliest first, with `known_at` and `known_by`; holders: the provider that each referral
    was placed with last. Whether a decision was told already does not matter here, save for what it corrects.
    """
    deadlines = settings.profile.deadlines
    decided = _decided(referrals, versions, settings)
    hours = decided.with_columns(hours=pl.lit(deadlines.decision_to_referrer_hours))
    told = pl.concat(
        [
            hours.with_columns(side=pl.lit(REFERRING_ENTITY)),
            decided.with_columns(side=pl.lit(MEMBER), business_days=pl.lit(deadlines.decision_to_member_business_days)),
            _to_providers(hours, referrals, holders, providers),
        ],
        how="diagonal",
    )
    return _with_corrected(identified(told), known)


def _decided(referrals: pl.DataFrame, versions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    first = versions.unique(DECISION, keep="first", maintain_order=True).select(*DECISION, "known_at", "known_by")
    reason = pl.when(pl.col("authorization_status") == DENIED).then("denial_reason")
    made = pl.format("{} {}", "authorization_status", pl.col("decision_at").dt.timestamp("us"))
    return (
        referrals.filter(pl.col("authorization_status").is_in(DECIDED) & pl.col("decision_at").is_not_null())
        .join(first, on=DECISION, how="left", nulls_equal=True, maintain_order="left")
        .select(
            "plan",
            "referral_id",
            "cin",
            "program",
            "known_at",
            "known_by",
            kind=pl.lit(NoticeKind.AUTHORIZATION_DECISION.value),
            tells="authorization_status",
            tells_date=plan_day("decision_at", settings),
            tells_reason=reason,
            trigger_at="decision_at",
            identity=pl.concat_str(made, reason, separator=" ", ignore_nulls=True),
        )
    )


def _to_providers(decided: pl.DataFrame, referrals: pl.DataFrame, holders: pl.DataFrame, providers: pl.DataFrame) -> pl.DataFrame:
    """A streamlined span lasts until the decision is told to the ECM provider (ECM policy guide): told if it did not refer itself."""
    serving = (
        referrals.filter((pl.col("program") == Program.ECM.value) & pl.col("streamlined_start").is_not_null())
        .join(holders, on="referral_id")
        .join(providers.select("provider_id", "npi", "name"), on="provider_id", how="left")
    )
    same_npi = pl.col("npi").is_not_null() & (pl.col("npi") == pl.col("referring_org_npi"))
    same_name = plain(pl.col("name")) == plain(pl.col("referring_org_name"))
    others = serving.filter(~(same_npi | same_name).fill_null(value=False)).select("referral_id", "provider_id")
    return decided.join(others, on="referral_id", maintain_order="left").with_columns(side=pl.lit(PROVIDER))


def _with_corrected(facts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The notice that told the same decision with another reason, if one went."""
    told = known.filter((pl.col("kind") == NoticeKind.AUTHORIZATION_DECISION.value) & is_told()).with_columns(side=side())
    last = told.sort("known_at", "sent_at", "notice_id").unique(SAME_DECISION, keep="last", maintain_order=True)
    joined = facts.drop("corrects").join(
        last.select(*SAME_DECISION, corrects="notice_id"), on=SAME_DECISION, how="left", maintain_order="left"
    )
    return joined.with_columns(corrects=pl.when(pl.col("corrects") != pl.col("notice_id")).then("corrects"))
