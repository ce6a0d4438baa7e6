"""The history: observations folded, in receipt order, into events, closures and the state of each loop.

A pure function of what was observed: neither the order of processing nor repetition can change it. When a notice is due for a
closure is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from config.profile import Closing
from pipeline.closure import with_closing
from pipeline.names import digest_names
from schemas.codes import STATUS_ORDER, ReferralStatus
from schemas.history import LOOP, RECEIPT_ORDER, Closures, Events, Loops

FACT = (*LOOP, "status", "status_date", "closure_reason", "engagement")


@dataclass(frozen=True)
class Folded:
    """What the observations of some loops amount to: `schemas.history.Events`, `Closures` and `Loops`, each sorted by its key."""

    events: pl.DataFrame
    closures: pl.DataFrame
    loops: pl.DataFrame


def fold(assignments: pl.DataFrame, listings: pl.DataFrame, observations: pl.DataFrame, closing: Closing, time_zone: str) -> Folded:
    """Fold loops from everything known of them.

    assignments, listings, observations: all rows of the loops to be folded (`schemas.history`); observations of other loops are ignored.
    """
    ordered = with_closing(observations.join(assignments.select(LOOP), on=LOOP, how="semi"), closing).sort(
        *LOOP, *RECEIPT_ORDER, nulls_last=False
    )
    counted = _without_overruled(ordered)
    closures = _closures(counted)
    return Folded(_events(counted), closures, _loops(assignments, listings, counted, closures, time_zone))


def _without_overruled(ordered: pl.DataFrame) -> pl.DataFrame:
    """Encounters speak only where the Return Transmission File says nothing of the loop's end (DHCS CLR guidance, data sources)."""
    told_by_provider = ((pl.col("source") == "rtf") & pl.col("closes")).any().over(LOOP)
    return ordered.filter((pl.col("source") != "encounter") | ~told_by_provider)


def _closures(ordered: pl.DataFrame) -> pl.DataFrame:
    """The first closing, then each told closing of a provider whose reason is another than the one that stands.

    What the plan closed by denying the authorization, a provider cannot change.
    """
    closings = ordered.filter("closes").with_columns(
        place=pl.int_range(pl.len()).over(LOOP), first_source=pl.col("source").first().over(LOOP)
    )
    corrects = (pl.col("source") == "rtf") & ~pl.col("derived") & (pl.col("first_source") != "plan")
    steps = (
        closings.filter((pl.col("place") == 0) | corrects)
        .filter((pl.col("closing_reason") != pl.col("closing_reason").shift(1).over(LOOP)).fill_null(value=True))
        .with_columns(
            step=pl.int_range(1, pl.len() + 1).over(LOOP),
            status=pl.when("derived").then(pl.lit(ReferralStatus.LOOP_CLOSED.value)).otherwise("status"),
        )
    )
    renamed = steps.drop("closure_reason").rename({"status_date": "closed_on", "closing_reason": "closure_reason"})
    return renamed.select(Closures.polars_schema().names()).sort(*LOOP, "step")


def _events(ordered: pl.DataFrame) -> pl.DataFrame:
    """Each fact once, with its first telling. A row without a status is a fact only where its engagement closes the open loop."""
    closed_before = pl.col("closes").cast(pl.Int64).cum_sum().shift(1, fill_value=0).over(LOOP) > 0
    silent = pl.col("status").is_null()
    facts = ordered.filter(~silent | (pl.col("closes") & ~closed_before)).with_columns(
        derived=silent,
        status=pl.when(silent).then(pl.lit(ReferralStatus.LOOP_CLOSED.value)).otherwise("status"),
        closure_reason=pl.when(silent).then("closing_reason").otherwise("closure_reason"),
    )
    said_before = pl.int_range(pl.len()).over(*LOOP, "status", "status_date", "closure_reason") > 0
    first_told = facts.unique(FACT, keep="first", maintain_order=True).filter(pl.col("engagement").is_not_null() | ~said_before)
    events = first_told.with_columns(event_id=_event_id(first_told), voided=pl.lit(value=False))
    return events.select(Events.polars_schema().names()).sort("event_id")


def _event_id(events: pl.DataFrame) -> pl.Series:
    """A name that follows from what the event says, so that a replay gives the same."""
    return digest_names(
        "E", events.select(*LOOP, "source", "status", pl.col("status_date").cast(pl.String), "closure_reason", "engagement")
    )


def _loops(
    assignments: pl.DataFrame, listings: pl.DataFrame, ordered: pl.DataFrame, closures: pl.DataFrame, time_zone: str
) -> pl.DataFrame:
    sent = listings.group_by(LOOP).agg(sent_on=pl.col("produced_at").min().dt.convert_time_zone(time_zone).dt.date())
    rank = pl.col("status").replace_strict(
        {status: place for place, status in enumerate(STATUS_ORDER)}, default=None, return_dtype=pl.Int64
    )
    latest = (
        ordered.filter(pl.col("status").is_not_null())
        .with_columns(rank=rank)
        .sort(*LOOP, "status_date", "rank", *RECEIPT_ORDER, nulls_last=False)
        .unique(LOOP, keep="last", maintain_order=True)
        .select(*LOOP, "status", "status_date")
    )
    told = (
        ordered.filter(pl.col("source") == "rtf")
        .group_by(LOOP)
        .agg(engagement=pl.col("engagement").drop_nulls().last(), last_reported_at=pl.col("received_at").max())
    )
    standing = closures.group_by(LOOP).agg(
        closed_status=pl.col("status").last(),
        closure_reason=pl.col("closure_reason").last(),
        closed_on=pl.col("closed_on").last(),
        closure_received_at=pl.col("received_at").last(),
        closure_source=pl.col("source").last(),
        corrections=pl.len().cast(pl.Int64) - 1,
    )
    joined = assignments
    for part in (sent, latest, told, standing):
        joined = joined.join(part, on=LOOP, how="left", maintain_order="left")
    complete = joined.with_columns(
        status=pl.coalesce("closed_status", "status"),
        status_date=pl.coalesce("closed_on", "status_date"),
        corrections=pl.col("corrections").fill_null(0),
    )
    return complete.select(Loops.polars_schema().names()).sort(LOOP)
