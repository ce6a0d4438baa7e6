"""The plan's own extracts: which rows are new versions, which placements are new loops, and which loops a denial closes.

One row of an extract is one thing as it stands: an unchanged row is nothing, an absent row is no deletion.
"""

from __future__ import annotations

import polars as pl

from pipeline.names import digest_names
from schemas.codes import AuthorizationStatus, ClosureReason, ReferralStatus
from schemas.formats import MOMENT, MOMENT_PARTS, day_of_moment
from schemas.history import Assignments, Observations
from schemas.layouts import EXTRACTS
from schemas.tables import UTC_MOMENT, VERSION_KEYS, version_schema


def moments(values: pl.DataFrame, kind: str, time_zone: str) -> pl.DataFrame:
    """Turn the moments of an extract, still text, into UTC; a moment without an offset is in plan time, a bare date its midnight."""
    names = [name for name, element in EXTRACTS[kind].elements().items() if element.format == MOMENT]
    return values.with_columns(moment(pl.col(name), time_zone).alias(name) for name in names)


def moment(text: pl.Expr, time_zone: str) -> pl.Expr:
    """A moment as written, with or without time of day and offset, in UTC; null where it is none."""
    hours, minutes, seconds = (text.str.extract(MOMENT_PARTS, group).cast(pl.Int64).fill_null(0) for group in (3, 4, 5))
    microseconds = text.str.extract(MOMENT_PARTS, 6).str.pad_end(6, "0").str.head(6).cast(pl.Int64).fill_null(0)
    clock = pl.duration(hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds, time_unit="us")
    local = day_of_moment(text).cast(pl.Datetime("us")) + clock
    offset = text.str.extract(MOMENT_PARTS, 7)
    ahead = pl.duration(
        hours=offset.str.slice(1, 2).cast(pl.Int64, strict=False), minutes=offset.str.slice(-2, 2).cast(pl.Int64, strict=False)
    )
    absolute = pl.when(offset == "Z").then(local).when(offset.str.starts_with("+")).then(local - ahead).otherwise(local + ahead)
    # a wall-clock time that a clock change skips or repeats is read as the earlier of its two meanings
    in_zone = local.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    skipped = (local + pl.duration(hours=1)).dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    in_plan_time = pl.coalesce(in_zone, skipped).dt.convert_time_zone("UTC")
    return pl.when(offset.is_null()).then(in_plan_time).otherwise(absolute.dt.replace_time_zone("UTC")).cast(UTC_MOMENT)


def new_versions(values: pl.DataFrame, current: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Rows that are not what is known already.

    values: accepted rows with `plan`, `extra` and `known_from`; current: the rows that stand. Returns `version_schema(kind)`, by key.
    """
    schema = version_schema(EXTRACTS[kind])
    told = [name for name in schema if name != "known_from"]
    rows = values.select(pl.col(name).cast(dtype) for name, dtype in schema.items()).unique(
        VERSION_KEYS[kind], keep="last", maintain_order=True
    )
    return rows.join(current, on=told, how="anti", nulls_equal=True, maintain_order="left").sort(VERSION_KEYS[kind])


def new_assignments(referrals: pl.DataFrame, assignments: pl.DataFrame, loops: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Loops that new versions of referrals open: a first provider, another provider, or the same one again after its loop closed.

    referrals: new versions; assignments, loops: those known. Returns `schemas.history.Assignments`.
    A referral denied before it was placed has one loop without a provider.
    """
    last = assignments.sort("referral_id", "loop").unique(["plan", "referral_id"], keep="last", maintain_order=True)
    closed = loops.select("plan", "referral_id", "loop", "closed_on")
    known = last.join(closed, on=["plan", "referral_id", "loop"], how="left").select(
        "plan", "referral_id", last_loop="loop", last_provider="provider_id", last_assigned_at="assigned_at", closed_on="closed_on"
    )
    placed = pl.col("provider_id").is_not_null() & pl.col("assigned_at").is_not_null()
    denied = pl.col("authorization_status") == AuthorizationStatus.DENIED
    elsewhere = pl.col("provider_id").ne_missing(pl.col("last_provider"))
    assigned_on = pl.col("assigned_at").dt.convert_time_zone(time_zone).dt.date()
    again = (pl.col("assigned_at") > pl.col("last_assigned_at")) & (assigned_on >= pl.col("closed_on"))
    first = pl.col("last_loop").is_null()
    opens = pl.when(placed).then(first | elsewhere | again.fill_null(value=False)).otherwise(first & denied.fill_null(value=False))
    opened = referrals.join(known, on=["plan", "referral_id"], how="left", maintain_order="left").filter(opens)
    return opened.select(
        "plan",
        "referral_id",
        (pl.col("last_loop").fill_null(0) + 1).alias("loop"),
        "program",
        "service",
        "cin",
        pl.when(placed).then("provider_id").alias("provider_id"),
        pl.when(placed).then("assigned_at").alias("assigned_at"),
        pl.col("known_from").alias("known_at"),
    ).select(Assignments.polars_schema().names())


def denials(referrals: pl.DataFrame, assignments: pl.DataFrame, known: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """The plan's own closures: a denied referral closes its last loop, with reason Authorization Denied (DHCS CLR guidance, Table 5).

    referrals: new versions; assignments: all, the new ones included; known: observations already made.
    Returns `schemas.history.Observations`.
    """
    last = assignments.sort("referral_id", "loop").unique(["plan", "referral_id"], keep="last", maintain_order=True)
    denied = referrals.filter((pl.col("authorization_status") == AuthorizationStatus.DENIED) & pl.col("decision_at").is_not_null())
    told = denied.select("plan", "referral_id", "decision_at", "known_from").join(
        last, on=["plan", "referral_id"], how="inner", maintain_order="left"
    )
    named = told.with_columns(observation_id=digest_names("O", told.select("plan", "referral_id", "loop", "decision_at")))
    return (
        named.join(known.select("observation_id"), on="observation_id", how="anti", maintain_order="left")
        .with_columns(
            provider_id=pl.lit(None, dtype=pl.String),
            status=pl.lit(ReferralStatus.LOOP_CLOSED.value),
            status_date=pl.col("decision_at").dt.convert_time_zone(time_zone).dt.date(),
            closure_reason=pl.lit(ClosureReason.AUTHORIZATION_DENIED.value),
            engagement=pl.lit(None, dtype=pl.String),
            source=pl.lit("plan"),
            received_at="known_from",
            submission_id=pl.lit("plan"),
            row=pl.lit(None, dtype=pl.Int64),
        )
        .select(Observations.polars_schema().names())
    )
