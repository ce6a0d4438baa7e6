"""Decides which referrals a provider is asked to work on an aging day: those that it has held open for too long.

How they are reported to the plan is the business of `pipeline.aging`; when providers are asked, of the schedule.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from config.settings import Settings
from pipeline.aging import in_bucket
from pipeline.holdings import holdings


def list_file(plan: pl.Expr, provider_id: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Name of the file with a provider's list of a day."""
    return pl.format("AGING_{}_{}_{}.csv", plan, provider_id, day.dt.strftime("%Y%m%d"))


def aging_list(loops: pl.DataFrame, members: pl.DataFrame, day: dt.date, settings: Settings) -> pl.DataFrame:
    """The loops to be worked, with their age on a day of the plan: open now, and as old as the first of `thresholds.aging_days`, or past
    their goal.

    loops: `schemas.history.Loops`. members: current versions. Returns `plan`, `program`, `service`, `provider_id`, `referral_id`, `loop`,
    `cin`, `sent_on`, `status`, `status_date`, `days_open`, `bucket` (such as 60-89) and `past_goal`, of each provider the oldest first. 30
    days are in the list of 30 days. Sobering Centers and loops not sent yet are in none.
    """
    first = min(settings.profile.thresholds.aging_days)
    return (
        holdings(loops, members, settings)
        .filter(pl.col("ended_on").is_null())
        .with_columns(days_open=(pl.lit(day, dtype=pl.Date) - pl.col("sent_on")).dt.total_days())
        .with_columns(past_goal=pl.col("days_open") > pl.col("goal_days"), bucket=in_bucket(pl.col("days_open"), settings))
        .filter((pl.col("days_open") >= first) | pl.col("past_goal"))
        .sort("provider_id", "sent_on", "referral_id", "loop")
        .select(
            *("plan", "program", "service", "provider_id", "referral_id", "loop", "cin", "sent_on", "status", "status_date"),
            *("days_open", "bucket", "past_goal"),
        )
    )
