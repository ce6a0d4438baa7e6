"""Decides for which reasons the loops of a period's referrals closed with each provider, and how long they took.

It judges nobody: a share that differs from the plan's is a question to ask (DHCS CLR guidance, II.C, Figure 2).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from config.settings import Settings
from pipeline.holdings import CLOSED, holdings, plan_day, with_provider
from pipeline.periods import Period
from pipeline.shares import with_share
from pipeline.survival import kaplan_meier, reached_within
from schemas.closings import Closings, ClosingTimes, Level
from schemas.codes import SOBERING_CENTERS, ClosureReason, ReferralStatus
from schemas.history import LOOP

HALF, NINE_IN_TEN = 0.5, 0.9
FIRST_OUTREACH, CLOSURE = "first_outreach", "closure"


@dataclass(frozen=True)
class ClosingReport:
    """How the referrals of a period went: `schemas.closings.Closings` and `ClosingTimes`."""

    period: Period
    closings: pl.DataFrame
    times: pl.DataFrame


@dataclass(frozen=True)
class Told:
    """What closings are worked out from, all of it known and happened by the moment of the report.

    loops, events: as in `schemas.history`. attempts: `schemas.outreach`. referrals, members, providers: current versions.
    """

    loops: pl.DataFrame
    events: pl.DataFrame
    attempts: pl.DataFrame
    referrals: pl.DataFrame
    members: pl.DataFrame
    providers: pl.DataFrame


def closings(told: Told, settings: Settings, as_of: dt.datetime, period: Period) -> ClosingReport:
    """Reasons and times of the loops whose referrals were made in the period, as they stand at the moment."""
    begun = told.referrals.filter(pl.col("referral_date").is_between(period.first, period.last)).select("plan", "referral_id")
    loops = told.loops.join(begun, on=["plan", "referral_id"], how="semi").filter(pl.col("service") != SOBERING_CENTERS)
    return ClosingReport(
        period,
        _reasons(loops, told.providers, settings).pipe(_as_table, Closings.polars_schema(), period),
        _times(loops, told, settings, as_of).pipe(_as_table, ClosingTimes.polars_schema(), period),
    )


def first_outreach(loops: pl.DataFrame, events: pl.DataFrame, attempts: pl.DataFrame) -> pl.DataFrame:
    """Add `outreach_on` to loops: the day of the first attempt, or of the status that says there was one, whichever is earlier."""
    said = events.filter((pl.col("status") == ReferralStatus.OUTREACH_INITIATED.value) & ~pl.col("voided"))
    days = pl.concat([said.select(*LOOP, on="status_date"), attempts.select(*LOOP, on="attempted_on")])
    return loops.join(days.group_by(LOOP).agg(outreach_on=pl.col("on").min()), on=LOOP, how="left", maintain_order="left")


def _reasons(loops: pl.DataFrame, providers: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Every provider with every reason of its program: that there is none is a figure too. Denied authorizations are the plan's alone."""
    closed = loops.filter(pl.col("closed_on").is_not_null())
    held = closed.filter(pl.col("provider_id").is_not_null() & (pl.col("closure_reason") != ClosureReason.AUTHORIZATION_DENIED.value))
    of_plan = _counted(closed, ("plan", "program")).with_columns(provider_id=pl.lit(None, dtype=pl.String), level=pl.lit(Level.PLAN.value))
    of_all = _counted(held, ("plan", "program")).select(
        "plan", "program", "closure_reason", plan_share=pl.col("closures") / pl.col("closed")
    )
    by_provider = (
        held.select("plan", "program", "provider_id")
        .unique()
        .join(of_all, on=["plan", "program"])
        .join(_counted(held, ("plan", "program", "provider_id")), on=["plan", "program", "provider_id", "closure_reason"], how="left")
        .with_columns(
            closures=pl.col("closures").fill_null(0),
            closed=pl.col("closed").max().over("plan", "program", "provider_id"),
            level=pl.lit(Level.PROVIDER.value),
        )
    )
    least = settings.profile.thresholds.outlier_cases
    every = with_share(pl.concat([of_plan, by_provider], how="diagonal"), "closures", "closed", "plan_share", least)
    not_compared = pl.when(pl.col("level") == Level.PROVIDER.value).then("not_available")
    return with_provider(every.with_columns(not_available=not_compared), providers).sort(
        "level", "program", "provider_id", "closure_reason", nulls_last=False
    )


def _counted(closed: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    counts = closed.group_by(*by, "closure_reason").agg(closures=pl.len().cast(pl.Int64))
    return counts.with_columns(closed=pl.col("closures").sum().over(by))


def _times(loops: pl.DataFrame, told: Told, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    day = plan_day(as_of, settings)
    held = first_outreach(holdings(loops, told.members, settings), told.events, told.attempts)
    seen_until = pl.coalesce("ended_on", pl.lit(day))
    ends = {
        FIRST_OUTREACH: (pl.col("outreach_on").is_not_null(), pl.coalesce("outreach_on", seen_until)),
        CLOSURE: (pl.col("ended_by").eq_missing(CLOSED), seen_until),
    }
    rows: list[dict[str, object]] = []
    for measure, (reached, until) in ends.items():
        days = (until - pl.col("sent_on")).dt.total_days().clip(lower_bound=0)
        waits = held.with_columns(reached=reached, days=days)
        for program in waits.partition_by("program", maintain_order=True):
            rows.append(_estimate(program, measure, Level.PLAN))
            rows.extend(_estimate(one, measure, Level.PROVIDER) for one in program.partition_by("provider_id", maintain_order=True))
    schema = pl.Schema({name: dtype for name, dtype in ClosingTimes.polars_schema().items() if name not in ("period", "provider_name")})
    return with_provider(pl.DataFrame(rows, schema=schema), told.providers).sort(
        "measure", "level", "program", "provider_id", nulls_last=False
    )


def _estimate(waits: pl.DataFrame, measure: str, level: Level) -> dict[str, object]:
    """One row of `ClosingTimes`. Among those that have come to it, the estimate is the plain quantile."""
    curve, plain = kaplan_meier(waits), kaplan_meier(waits.filter("reached"))
    came = int(waits["reached"].sum())
    why = "none has come to it yet" if not came else _not_reached(curve)
    return {
        "plan": waits["plan"][0],
        "level": level.value,
        "program": waits["program"][0],
        "provider_id": waits["provider_id"][0] if level is Level.PROVIDER else None,
        "measure": measure,
        "loops": waits.height,
        "reached": came,
        "median_reached": reached_within(plain, HALF),
        "p90_reached": reached_within(plain, NINE_IN_TEN),
        "median": reached_within(curve, HALF),
        "p90": reached_within(curve, NINE_IN_TEN),
        "not_available": why,
    }


def _not_reached(curve: pl.DataFrame) -> str | None:
    if reached_within(curve, HALF) is None:
        return "fewer than half have come to it yet"
    return "fewer than nine in ten have come to it yet" if reached_within(curve, NINE_IN_TEN) is None else None


def _as_table(rows: pl.DataFrame, schema: pl.Schema, period: Period) -> pl.DataFrame:
    return rows.with_columns(period=pl.lit(period.name)).select(pl.col(name).cast(dtype) for name, dtype in schema.items())
