"""Views: the tables of the store as people ask for them, now or as known at an earlier moment."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import polars.selectors as cs

from config.settings import Settings
from pipeline.contacts import contact_changes
from pipeline.history import fold
from pipeline.notices import overdue
from pipeline.notified import notified
from pipeline.store import Snapshot
from schemas.corrections import FINDING
from schemas.tables import DERIVED, RUNS, TABLES, VERSION_KEYS

VERSIONED_IN_FULL = ("members", "referrals", "providers", "encounters")  # shown with all their versions, by `known_from`
NOTIFIED = "notified"  # follows from notices and referrals, and is not stored
VIEWS = (*TABLES, RUNS, NOTIFIED)


def view(snapshot: Snapshot, name: str, settings: Settings, as_of: datetime, known_at: datetime | None = None) -> pl.DataFrame:
    """One table. known_at: only what the plan knew then, so that a report can be made again. Raises KeyError for an unknown name."""
    if name not in VIEWS:
        raise KeyError(name)
    known = snapshot.known_at(known_at) if known_at else snapshot
    now = known_at or as_of
    if name == RUNS:
        return known.runs.drop("versions", "digests")
    if name == NOTIFIED:
        return notified(known.current("notices"), known.current("referrals"), known.read("loops"), settings)
    if name in DERIVED and known_at:
        return _with_days_open(_as_known(known, name, settings, now), settings, now)
    if name in VERSION_KEYS and name not in VERSIONED_IN_FULL:
        rows = known.current(name)
    else:
        key = VERSION_KEYS.get(name, ())
        rows = known.read(name).sort([*key, "known_from"] if key else _sort_key(name))
    if name == "notices":
        return overdue(rows, now)
    if name == "findings":
        return rows.join(known.read("settlements").drop("plan"), on=FINDING, how="left", nulls_equal=True, maintain_order="left")
    return _with_days_open(rows, settings, now) if name == "loops" else rows


def _as_known(known: Snapshot, name: str, settings: Settings, moment: datetime) -> pl.DataFrame:
    if name == "contact_changes":
        return contact_changes(known.read("contact_reports").filter(pl.col("received_at") <= moment))
    observations = known.read("observations").filter(pl.col("received_at") <= moment)
    folded = fold(known.read("assignments"), known.read("listings"), observations, settings.profile.closing, settings.plan.time_zone)
    return folded.loops if name == "loops" else folded.events


def _with_days_open(rows: pl.DataFrame, settings: Settings, now: datetime) -> pl.DataFrame:
    """Days from sending to closing, or until today."""
    if "sent_on" not in rows.columns:
        return rows
    today = now.astimezone(settings.plan.zone).date()
    days = (pl.coalesce("closed_on", pl.lit(today)) - pl.col("sent_on")).dt.total_days()
    return rows.with_columns(days_open=days.clip(lower_bound=0))


def _sort_key(name: str) -> list[str]:
    """Every column, in the table's own order: rows that are equal in all of them cannot be told apart."""
    return [column for column in TABLES[name].names() if column != "run_id"]


def in_plan_time(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The same rows with every moment in plan time, as people read them."""
    return rows.with_columns(cs.datetime(time_zone="*").dt.convert_time_zone(settings.plan.time_zone))
