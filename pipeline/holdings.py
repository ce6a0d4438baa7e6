"""Decides from when to when a provider held a loop: sent to it, until it closed or the referral was placed with another.

What follows from that, how old it is or whether it was in time, the reports decide.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from config.settings import Settings
from pipeline.business_days import in_utc
from pipeline.persons import with_person
from schemas.codes import SOBERING_CENTERS
from schemas.history import LOOP

CLOSED, REPLACED = "closed", "replaced"


def holdings(loops: pl.DataFrame, members: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Loops that were sent to a provider, with how long it held them and by when they should close.

    loops: `schemas.history.Loops`. members: current versions. Adds `ended_on` (day; null while open), `ended_by` (closed, replaced or
    null), `homeless`, `goal_days`. A referral placed anew leaves its earlier loop, which no file of that provider lists any more. Sobering
    Centers have no clocks (DHCS FAQ), and are left out.
    """
    placed_on = pl.col("assigned_at").dt.convert_time_zone(settings.plan.time_zone).dt.date()
    next_on = placed_on.shift(-1).over("plan", "referral_id", order_by="loop")
    closed_first = pl.col("closed_on") <= pl.col("next_on").fill_null(dt.date.max)
    held = (
        loops.with_columns(next_on=next_on)
        .filter(pl.col("sent_on").is_not_null() & pl.col("provider_id").is_not_null() & (pl.col("service") != SOBERING_CENTERS))
        .with_columns(
            ended_on=pl.min_horizontal("closed_on", "next_on"),
            ended_by=pl.when(closed_first).then(pl.lit(CLOSED)).when(pl.col("next_on").is_not_null()).then(pl.lit(REPLACED)),
        )
        .drop("next_on")
    )
    goal = pl.when("homeless").then(settings.profile.thresholds.homeless_resolve_days).otherwise(settings.profile.thresholds.resolve_days)
    return _with_homeless(held, members).with_columns(goal_days=goal.cast(pl.Int64)).sort(LOOP)


def open_on(held: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Those of `holdings` that are open at the end of a day."""
    return held.filter((pl.col("sent_on") <= day) & (pl.col("ended_on").is_null() | (pl.col("ended_on") > day)))


def plan_day(moment: dt.datetime, settings: Settings) -> dt.date:
    """The day of a moment, in plan time."""
    return in_utc(moment).astimezone(settings.plan.zone).date()


def with_provider(frame: pl.DataFrame, providers: pl.DataFrame) -> pl.DataFrame:
    """Add `provider_name`, `contact_name` and `contact_email`; a provider who is not on the roster is called by its identifier."""
    known = providers.select("provider_id", "contact_name", "contact_email", provider_name="name")
    return frame.join(known, on="provider_id", how="left", maintain_order="left").with_columns(
        provider_name=pl.coalesce("provider_name", "provider_id")
    )


def _with_homeless(held: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """By the member's record of today, whatever CIN the loop was sent under."""
    without_home = members.filter(pl.col("homeless") == "Y").select(person="cin", homeless=pl.lit(value=True)).unique()
    known = with_person(held, members).join(without_home, on="person", how="left", maintain_order="left")
    return known.with_columns(pl.col("homeless").fill_null(value=False)).drop("person")
