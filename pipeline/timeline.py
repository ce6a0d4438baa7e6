"""The timeline of a referral: everything that is known of it, in the order in which the plan came to know it."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from config.settings import Settings
from pipeline.store import Snapshot
from pipeline.views import view

COLUMNS = ("at", "loop", "what", "detail", "provider_id", "source")


def timeline(
    snapshot: Snapshot, settings: Settings, as_of: datetime, *, referral_id: str = "", cin: str = ""
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A referral, or all referrals of a member.

    Returns where its loops stand, and the timeline: `at` (plan time), `referral_id`, `loop`, `what`, `detail`, `provider_id`, and `source`
    (the submission and row that told it).
    """
    chosen = pl.col("referral_id") == referral_id if referral_id else pl.col("cin") == cin
    referrals = snapshot.read("referrals").filter(chosen)
    ids = referrals["referral_id"].unique()
    of_them = pl.col("referral_id").is_in(ids.implode())
    loops = view(snapshot, "loops", settings, as_of).filter(of_them)
    parts = [
        _decisions(referrals),
        _told(snapshot, "assignments", of_them, "known_at", "placed", pl.col("program") + " " + pl.col("service")),
        _told(snapshot, "listings", of_them, "produced_at", "sent", pl.col("file_name")),
        _events(snapshot, of_them),
        _attempts(snapshot, of_them),
        _notices(snapshot, of_them, settings),
        _sent(snapshot, of_them),
        _came_back(snapshot, of_them),
    ]
    rows = pl.concat(parts, how="diagonal").with_columns(pl.col("at").dt.convert_time_zone(settings.plan.time_zone))
    shown = (
        "referral_id",
        "loop",
        "provider_id",
        "service",
        "sent_on",
        "status",
        "status_date",
        "closure_reason",
        "closed_on",
        "days_open",
    )
    return loops.select(shown), rows.select("at", "referral_id", *COLUMNS[1:]).sort("at", "referral_id", "loop", "what", nulls_last=False)


def _decisions(referrals: pl.DataFrame) -> pl.DataFrame:
    said = pl.concat_str(
        pl.col("authorization_status").fill_null("no decision"), pl.lit("; referred "), pl.col("referral_date").cast(pl.String)
    )
    return referrals.select("referral_id", "provider_id", at="known_from", what=pl.lit("referral"), detail=said, source=pl.lit("plan"))


def _told(snapshot: Snapshot, table: str, of_them: pl.Expr, at: str, what: str, detail: pl.Expr) -> pl.DataFrame:
    rows = snapshot.read(table).filter(of_them)
    return rows.select("referral_id", "loop", "provider_id", at=pl.col(at), what=pl.lit(what), detail=detail, source=pl.lit("plan"))


def _events(snapshot: Snapshot, of_them: pl.Expr) -> pl.DataFrame:
    detail = pl.concat_str(
        "status", pl.lit(" on "), pl.col("status_date").cast(pl.String), pl.concat_str(pl.lit(": "), "closure_reason").fill_null("")
    )
    place = pl.concat_str("source", pl.lit(" "), "submission_id", pl.concat_str(pl.lit(" row "), "row").fill_null(""))
    rows = snapshot.read("events").filter(of_them)
    return rows.select("referral_id", "loop", "provider_id", at="received_at", what=pl.lit("reported"), detail=detail, source=place)


def _attempts(snapshot: Snapshot, of_them: pl.Expr) -> pl.DataFrame:
    said = pl.when("successful").then(pl.lit(": reached")).otherwise(pl.lit(": not reached"))
    reached = pl.when(pl.col("successful").is_null()).then(pl.lit("")).otherwise(said)
    method = pl.col("method").fill_null("Approached")
    detail = pl.concat_str(method, pl.lit(" on "), pl.col("attempted_on").cast(pl.String), reached)
    place = pl.concat_str("submission_id", pl.lit(" row "), "row")
    rows = snapshot.read("outreach_attempts").filter(of_them)
    return rows.select("referral_id", "loop", "provider_id", at="received_at", what=pl.lit("outreach"), detail=detail, source=place)


def _notices(snapshot: Snapshot, of_them: pl.Expr, settings: Settings) -> pl.DataFrame:
    detail = pl.concat_str("kind", pl.lit(" to "), "recipient_kind", pl.lit(", due "), _due(settings))
    rows = snapshot.current("notices").filter(of_them)
    return rows.select("referral_id", "loop", "provider_id", at="trigger_at", what=pl.lit("notice owed"), detail=detail, source="notice_id")


def _sent(snapshot: Snapshot, of_them: pl.Expr) -> pl.DataFrame:
    late = pl.concat_str(pl.lit("; late: "), "late_because").fill_null("")
    detail = pl.concat_str("kind", pl.lit(" to "), "recipient_kind", pl.lit(" by "), "channel", late)
    rows = snapshot.current("notices").filter(of_them, pl.col("sent_at").is_not_null())
    return rows.select("referral_id", "loop", "provider_id", at="sent_at", what=pl.lit("notice sent"), detail=detail, source="notice_id")


def _came_back(snapshot: Snapshot, of_them: pl.Expr) -> pl.DataFrame:
    """What was told of notices once they were out: every time that one came back or was confirmed."""
    told = snapshot.read("notices").filter(of_them, pl.col("outcome").is_not_null())
    rows = told.unique(["notice_id", "outcome", "outcome_at", "reference"], keep="first", maintain_order=True)
    detail = pl.concat_str("kind", pl.lit(" to "), "recipient_kind", pl.lit(": "), "outcome")
    return rows.select(
        "referral_id", "loop", "provider_id", at="outcome_at", what=pl.lit("notice told of"), detail=detail, source="notice_id"
    )


def _due(settings: Settings) -> pl.Expr:
    return pl.col("due_at").dt.convert_time_zone(settings.plan.time_zone).dt.strftime("%Y-%m-%d %H:%M")
