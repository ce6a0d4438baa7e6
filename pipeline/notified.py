"""Decides the days on which somebody counts as notified: of the decision (DHCS Table 3) and of the closure of a loop (DHCS Table 5).

Each follows from the evidence in the ledger of notices, so it goes when what was sent comes back. Nothing of it is stored.
"""

from __future__ import annotations

import polars as pl

from config.settings import Settings
from pipeline.confirmations import DELIVERED
from pipeline.fates import SENT
from schemas.notices import NoticeKind, RecipientKind

MEMBERS_SIDE = (RecipientKind.MEMBER.value, RecipientKind.GUARDIAN.value)


def notified(notices: pl.DataFrame, referrals: pl.DataFrame, loops: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The days, one row for each loop, and one for each referral that has none; all frames as they stand.

    Returns `plan`, `referral_id`, `loop`, `member_notified_on` (that the member was told of the decision that stands: the day that the
    plan's extract names, else that of our notice), `member_notice`, `referring_entity_notified_on` (of the loop's closure), and
    `referring_entity_notice`; the notices are named by `notice_id`. A notice counts on the day that it was sent, or, where somebody has
    confirmed that it arrived, on the day that they name.
    """
    gone = notices.filter(pl.col("state") == SENT).with_columns(day=_day(settings)).sort("day", "notice_id")
    decisions = gone.filter(
        (pl.col("kind") == NoticeKind.AUTHORIZATION_DECISION.value) & pl.col("recipient_kind").is_in(MEMBERS_SIDE)
    ).select("referral_id", decision_at="trigger_at", told_on="day", member_notice="notice_id")
    closures = gone.filter(
        (pl.col("kind") == NoticeKind.LOOP_CLOSURE.value) & (pl.col("recipient_kind") == RecipientKind.REFERRING_ENTITY.value)
    ).select("referral_id", "loop", referring_entity_notified_on="day", referring_entity_notice="notice_id")
    first_decisions = decisions.unique(["referral_id", "decision_at"], keep="first", maintain_order=True)
    first_closures = closures.unique(["referral_id", "loop"], keep="first", maintain_order=True)
    return (
        referrals.select("plan", "referral_id", "decision_at", "member_notified_on")
        .join(loops.select("referral_id", "loop"), on="referral_id", how="left", maintain_order="left")
        .join(first_decisions, on=["referral_id", "decision_at"], how="left", maintain_order="left")
        .join(first_closures, on=["referral_id", "loop"], how="left", maintain_order="left")
        .select(
            "plan",
            "referral_id",
            "loop",
            "member_notice",
            "referring_entity_notified_on",
            "referring_entity_notice",
            member_notified_on=pl.coalesce("member_notified_on", "told_on"),
        )
        .select(
            "plan", "referral_id", "loop", "member_notified_on", "member_notice", "referring_entity_notified_on", "referring_entity_notice"
        )
        .sort("referral_id", "loop", nulls_last=False)
    )


def _day(settings: Settings) -> pl.Expr:
    at = pl.when(pl.col("outcome") == DELIVERED).then("outcome_at").otherwise("sent_at")
    return at.dt.convert_time_zone(settings.plan.time_zone).dt.date()
