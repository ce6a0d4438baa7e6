"""Decides when a member hears that a referral is still open: on the plan's schedule, once for each step, until it closes.

What the update says of it beside its status is not decided here.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from config.settings import Settings
from pipeline.business_days import in_utc
from pipeline.notice_facts import SCHEDULE, day_starts, identified, plan_day
from pipeline.placement_notices import standing_loops
from pipeline.recipients import MEMBER
from schemas.codes import CLOSING_STATUSES, AuthorizationStatus, ReferralStatus
from schemas.notices import NoticeKind


def pending_updates(
    loops: pl.DataFrame, assignments: pl.DataFrame, referrals: pl.DataFrame, versions: pl.DataFrame, settings: Settings, as_of: dt.datetime
) -> pl.DataFrame:
    """Facts (`pipeline.notice_facts.FACT`, `notice_id`) of the newest step of each open referral (CLR guidance, II.B.2).

    Pending is what has no known closure, whatever its status, waiting for a provider included. Days are counted from the placement, and
    without one from the day of the referral. A step that was missed is made up for until the next one comes, and then by that one.
    """
    every = settings.profile.cadence.pending_update_days
    if not every:
        return identified(pl.DataFrame())
    today = in_utc(as_of).astimezone(settings.plan.zone).date()
    waiting = pl.concat(
        [_open(loops, assignments, referrals, settings), _unplaced(assignments, referrals, versions)], how="diagonal_relaxed"
    )
    step = (pl.lit(today) - pl.col("since")).dt.total_days() // every
    stepped = (
        waiting.with_columns(step=step)
        .filter(pl.col("step") >= 1)
        .with_columns(tells_date=pl.col("since") + pl.duration(days=pl.col("step") * every))
        .with_columns(trigger_at=day_starts(pl.col("tells_date"), settings))
    )
    return identified(
        stepped.with_columns(
            kind=pl.lit(NoticeKind.PENDING_UPDATE.value),
            side=pl.lit(MEMBER),
            known_at=pl.max_horizontal("trigger_at", "known_at"),
            known_by=pl.lit(SCHEDULE),
            business_days=pl.lit(settings.profile.deadlines.pending_update_business_days),
            identity=pl.format("day {}", pl.col("step") * every),
        )
    )


def _open(loops: pl.DataFrame, assignments: pl.DataFrame, referrals: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Loops without a known closure, each the last of its referral: `since` the placement."""
    known = assignments.select("referral_id", "loop", "known_at")
    reported = pl.col("status").is_not_null() & ~pl.col("status").is_in(CLOSING_STATUSES)  # one that did not close tells a member nothing
    return (
        standing_loops(loops)
        .filter(pl.col("closed_on").is_null() & pl.col("provider_id").is_not_null() & pl.col("assigned_at").is_not_null())
        .join(known, on=["referral_id", "loop"], how="left", maintain_order="left")
        .drop("cin")
        .join(referrals.select("referral_id", "cin"), on="referral_id", maintain_order="left")
        .select(
            *("plan", "referral_id", "loop", "program", "provider_id", "cin", "known_at"),
            since=plan_day("assigned_at", settings),
            tells=pl.when(reported).then("status").otherwise(pl.lit(ReferralStatus.PENDING.value)),
        )
    )


def _unplaced(assignments: pl.DataFrame, referrals: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Referrals that no provider was asked to serve and that are not denied: `since` the day on which they were made."""
    first = versions.unique("referral_id", keep="first", maintain_order=True).select("referral_id", "known_at")
    return (
        referrals.filter(
            pl.col("authorization_status").ne_missing(AuthorizationStatus.DENIED.value) & pl.col("referral_date").is_not_null()
        )
        .join(assignments, on="referral_id", how="anti", maintain_order="left")
        .join(first, on="referral_id", how="left", maintain_order="left")
        .select(
            *("plan", "referral_id", "program", "cin", "known_at"),
            since="referral_date",
            tells=pl.col("authorization_status").fill_null(AuthorizationStatus.UNDER_REVIEW.value),
        )
    )
