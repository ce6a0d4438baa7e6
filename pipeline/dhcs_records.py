"""Decides what the record of each referral loop says to DHCS at the end of a month: which loops have one, and what stands in it.

Whether it is told as an original, a replacement or a void is not decided here, nor how it is written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from config.settings import Settings
from pipeline.names import digest_name
from pipeline.notified import notified
from schemas.codes import CLOSING_STATUSES, SOBERING_CENTERS, STATUS_ORDER, AuthorizationStatus
from schemas.columns import Need
from schemas.dhcs_submission import DATE, SECTIONS, STATUSES, Property, of_section
from schemas.history import LOOP

PHONE_UNKNOWN = "0000000000"  # CLR guidance, Tables 1, 2 and 4
NO_ADDRESS = "No fixed current address"  # CLR guidance, Table 1: where the member has no home and none other is known
DECIDED = (AuthorizationStatus.APPROVED.value, AuthorizationStatus.DENIED.value)
UNDECIDED = ("authorization_effective", "authorization_end", "decision_at", "member_notified_on")
ORIGINS = {1: "members", 2: "referrals", 3: "referrals", 4: "providers", 5: "referrals"}  # whose columns a table's elements are
OF_US = {(3, 6): "member_told_on", (4, 1): "sent_on", (5, 1): "reason", (5, 2): "referrer_told_on"}  # worked out here


@dataclass(frozen=True)
class Standing:
    """What records are made of, all of it known and happened by the end of the month.

    referrals, members, providers, notices: current versions. loops, events: as in `schemas.history`.
    """

    referrals: pl.DataFrame
    members: pl.DataFrame
    providers: pl.DataFrame
    notices: pl.DataFrame
    loops: pl.DataFrame
    events: pl.DataFrame


@dataclass(frozen=True)
class Record:
    """What is told of one loop under its key. content: sections as `schemas.dhcs_submission` declares them."""

    key: str
    referral_id: str
    loop: int
    content: Mapping[str, Any]


def records(standing: Standing, settings: Settings, end: dt.datetime) -> list[Record]:
    """The record of every loop, and of every referral without one, by referral and loop. end: the last moment of the month.

    Sobering Centers are outside of closed-loop referrals, and so is what was made before `dhcs.referrals_since`.
    """
    told = told_loops(standing, settings, end)
    statuses = _statuses(standing)
    whole = (
        told.join(
            standing.members.rename(lambda name: f"members.{name}"), left_on="cin", right_on="members.cin", how="left", coalesce=False
        )
        .join(
            standing.providers.rename(lambda name: f"providers.{name}"),
            left_on="provider_id",
            right_on="providers.provider_id",
            how="left",
            coalesce=False,
        )
        .sort("referral_id", "loop")
    )
    return [_record(row, statuses.get((row["referral_id"], row["loop"]), [])) for row in whole.iter_rows(named=True)]


def told_loops(standing: Standing, settings: Settings, end: dt.datetime) -> pl.DataFrame:
    """The loops that are told, one row for each: the referral as it stood then, `loop`, `provider_id`, and the columns of `OF_US`."""
    day = end.astimezone(settings.plan.zone).date()
    made = standing.referrals.filter(
        pl.col("referral_date").is_between(settings.dhcs.referrals_since, day),
        pl.col("service") != SOBERING_CENTERS,
        ~pl.col("referral_id").is_in(list(settings.dhcs.withdrawn)),
    ).pipe(_as_decided, end, day)
    moments = pl.col("request_received_at", "decision_at").dt.convert_time_zone(settings.plan.time_zone).dt.date()
    placed = standing.loops.select(*LOOP, "provider_id", "sent_on", "closed_on")
    return (
        made.drop("provider_id")
        .with_columns(moments)
        .join(placed, on=["plan", "referral_id"], how="left", maintain_order="left")
        .with_columns(loop=pl.col("loop").fill_null(1))
        .join(_told_on(standing, made, settings, day), on=["referral_id", "loop"], how="left", maintain_order="left")
        .join(_reasons(standing), on=["referral_id", "loop"], how="left", maintain_order="left")
    )


def _as_decided(referrals: pl.DataFrame, end: dt.datetime, day: dt.date) -> pl.DataFrame:
    """Referrals without what the plan decided only after the month."""
    later = (pl.col("decision_at") > end).fill_null(value=False) & pl.col("authorization_status").is_in(DECIDED)
    under_review = pl.lit(AuthorizationStatus.UNDER_REVIEW.value)
    return referrals.with_columns(
        authorization_status=pl.when(later).then(under_review).otherwise("authorization_status"),
        request_received_at=pl.when(pl.col("request_received_at") <= end).then("request_received_at"),
        member_notified_on=pl.when(pl.col("member_notified_on") <= day).then("member_notified_on"),
    ).with_columns(pl.when(~later).then(name).alias(name) for name in UNDECIDED)


def _told_on(standing: Standing, made: pl.DataFrame, settings: Settings, day: dt.date) -> pl.DataFrame:
    """The days of `pipeline.notified` that lie in the month or before it, by referral and loop."""
    told = notified(standing.notices, made, standing.loops, settings)
    days = {"member_told_on": "member_notified_on", "referrer_told_on": "referring_entity_notified_on"}
    return told.select(
        "referral_id",
        pl.col("loop").fill_null(1),
        **{name: pl.when(pl.col(column) <= day).then(column) for name, column in days.items()},
    )


def _counted(standing: Standing) -> pl.DataFrame:
    """Statuses that stand: of a closed loop its closing, and what came before it; of an open one all."""
    ends = standing.loops.select(*LOOP, "closed_on", standing_reason="closure_reason", standing_status="status")
    events = standing.events.filter(~pl.col("voided") & pl.col("status").is_not_null()).join(ends, on=list(LOOP))
    closing = pl.col("status").is_in(CLOSING_STATUSES)
    before = ~closing & (pl.col("status_date") <= pl.col("closed_on"))
    open_ones = events.filter(pl.col("closed_on").is_null() | before).select(
        *LOOP, "status", "status_date", "closure_reason", "received_at"
    )
    ended = ends.filter(pl.col("closed_on").is_not_null()).select(
        *LOOP,
        status="standing_status",
        status_date="closed_on",
        closure_reason="standing_reason",
        received_at=pl.lit(None, dtype=events.schema["received_at"]),
    )
    rank = pl.col("status").replace_strict({status: place for place, status in enumerate(STATUS_ORDER)}, return_dtype=pl.Int64)
    return (
        pl.concat([open_ones, ended])
        .with_columns(rank=rank)
        .sort(*LOOP, "status_date", "rank", "received_at", "closure_reason", nulls_last=True)
        .unique([*LOOP, "status", "status_date"], keep="last", maintain_order=True)
    )


def _reasons(standing: Standing) -> pl.DataFrame:
    """Why a loop closed, or why the last closing status says that it did where the plan's rule asks for more."""
    closing = _counted(standing).filter(pl.col("status").is_in(CLOSING_STATUSES))
    return closing.group_by("referral_id", "loop", maintain_order=True).agg(reason=pl.col("closure_reason").last())


def _statuses(standing: Standing) -> dict[tuple[str, int], list[dict[str, str]]]:
    found: dict[tuple[str, int], list[dict[str, str]]] = {}
    for row in _counted(standing).iter_rows(named=True):
        told = {"status": row["status"], "date": _text(row["status_date"])}
        found.setdefault((row["referral_id"], row["loop"]), []).append(told)
    return found


def _record(row: Mapping[str, Any], statuses: list[dict[str, str]]) -> Record:
    content: dict[str, Any] = {}
    for section in SECTIONS.values():
        told = {one.name: value for one in of_section(section) if (value := _value(one, row)) is not None or one.need is Need.REQUIRED}
        if section == "servicingProvider":
            content[section] = told if row["provider_id"] is not None else None
            content[STATUSES] = statuses
        elif section != "closure" or row["reason"] is not None:
            content[section] = told
    return Record(record_key(row["plan"], row["referral_id"], row["loop"]), row["referral_id"], row["loop"], content)


def record_key(plan: str, referral_id: str, loop: int) -> str:
    """The name of a loop towards DHCS."""
    return digest_name("D", plan, referral_id, str(loop))


def _value(one: Property, row: Mapping[str, Any]) -> str | None:
    place = (one.table, one.row)
    origin = ORIGINS[one.table]
    own = f"{origin}.{one.element.held[origin]}" if origin != "referrals" and origin in one.element.held else ""
    column = OF_US.get(place) or own or one.element.held["referrals"]
    if place == (1, 3):
        column = "cin"
    value = row[column]
    if place == (1, 7):
        return _address(row)
    if value is None and one.form == "phone" and one.need is Need.REQUIRED:
        return PHONE_UNKNOWN
    return _text(value) if one.form == DATE and value is not None else value


def _address(row: Mapping[str, Any]) -> str | None:
    """On one line, as it is written on an envelope."""
    street, city, state, code = (row[f"members.{part}"] for part in ("address", "city", "state", "zip"))
    if street is None:
        return NO_ADDRESS if row["members.homeless"] == "Y" else None
    place = " ".join(part for part in (state, code) if part)
    return ", ".join(part for part in (street, city, place) if part)


def _text(value: dt.date) -> str:
    return f"{value:%m/%d/%Y}"
