"""Decides which closures are to be told to who made the referral: the reason that stands, once, and as a correction where another was told.

What the plan closes by denying is told as a decision; when a loop is closed, and why, the history decides.
"""

from __future__ import annotations

import polars as pl

from config.settings import Settings
from pipeline.notice_facts import DAY, identified, is_open, is_told
from pipeline.recipients import MEMBER, REFERRING_ENTITY, made_by_member
from schemas.codes import ClosureReason
from schemas.notices import NoticeKind

OF_LOOP = ("referral_id", "loop")


def closures(
    steps: pl.DataFrame, assignments: pl.DataFrame, referrals: pl.DataFrame, known: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Facts (`pipeline.notice_facts.FACT`, `notice_id`) of every closure that was not told yet with the reason that stands.

    steps: `schemas.history.Closures`. The clock starts when the plan learns of a closure (CLR guidance, II.B.1), and does not start again
    when the reason is corrected before it was told: only the last reason is told then, and is due when the first was.
    """
    every = _steps(steps, assignments, referrals, settings)
    loop_closures = known.filter(pl.col("kind") == NoticeKind.LOOP_CLOSURE.value)
    told = (
        loop_closures.filter(is_told())
        .sort("known_at", "sent_at", "notice_id")
        .unique(OF_LOOP, keep="last", maintain_order=True)
        .select(*OF_LOOP, told_id="notice_id", told_reason="tells")
    )
    waiting = loop_closures.filter(is_open()).group_by(OF_LOOP).agg(waits_since=pl.col("trigger_at").min())
    told_step = pl.col("step").filter(pl.col("notice_id") == pl.col("told_id")).max().over(OF_LOOP).fill_null(0)
    fresh = (
        every.join(told, on=OF_LOOP, how="left", maintain_order="left")
        .join(waiting, on=OF_LOOP, how="left", maintain_order="left")
        .filter(pl.col("step") > told_step)
        .with_columns(began=pl.min_horizontal(pl.col("trigger_at").min().over(OF_LOOP), "waits_since"))
    )
    standing = fresh.filter((pl.col("step") == pl.col("step").max().over(OF_LOOP)) & pl.col("tells").ne_missing(pl.col("told_reason")))
    first, last = (pl.col(name).dt.convert_time_zone(settings.plan.time_zone).dt.strftime(DAY) for name in ("began", "known_at"))
    corrected_late = pl.format("the reason that stands came on {}, and the closure known since {} had not been told", last, first)
    return standing.with_columns(trigger_at="began", corrects="told_id", known_late=corrected_late).select(
        name for name in standing.columns if name not in ("step", "began", "waits_since", "told_id", "told_reason")
    )


def _steps(steps: pl.DataFrame, assignments: pl.DataFrame, referrals: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Each step of each closure as a fact of its own, with its `step`."""
    denied_by_plan = (pl.col("closure_reason") == ClosureReason.AUTHORIZATION_DENIED.value) & (pl.col("source") == "plan")
    facts = (
        steps.filter(~denied_by_plan)
        .join(assignments.select(*OF_LOOP, "provider_id"), on=OF_LOOP, how="left", maintain_order="left")
        .join(referrals.select("referral_id", "cin", "program", by_member=made_by_member()), on="referral_id", maintain_order="left")
        .select(
            "plan",
            *OF_LOOP,
            "cin",
            "program",
            "provider_id",
            "step",
            kind=pl.lit(NoticeKind.LOOP_CLOSURE.value),
            side=pl.when("by_member").then(pl.lit(MEMBER)).otherwise(pl.lit(REFERRING_ENTITY)),
            tells="closure_reason",
            tells_date="closed_on",
            trigger_at="received_at",
            known_at="received_at",
            known_by="submission_id",
            business_days=pl.lit(settings.profile.deadlines.closure_business_days),
            identity=pl.format("{} {}", "step", "closure_reason"),
        )
    )
    return identified(facts).hstack(facts.select("step"))
