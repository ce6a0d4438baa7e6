"""Decides what the ledger says of a notice after something has happened to it: the next version of its row, and why it was late if it was.

Who sends, and how, is not known here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import polars as pl

from config.settings import Settings
from pipeline import business_days
from schemas.notices import Notices, NoticeState

DAY = "%Y-%m-%d %H:%M"
SENT, QUEUED = NoticeState.SENT.value, NoticeState.QUEUED.value
LAID_DOWN = ("sftp", "print", "portal")  # channels that are done once their files lie where they belong


@dataclass(frozen=True)
class Fate:
    """What became of one notice in the hands of its channel.

    state: queued while it is on its way, or waits for the next attempt. sent_as: what it goes as. evidence: what shows that it went.
    tried: the kind of fault of a failed attempt.
    """

    notice_id: str
    state: str
    sent_as: str | None = None
    evidence: str | None = None
    tried: str | None = None
    why_manual: str | None = None


FATES = pl.Schema(dict.fromkeys(("notice_id", "state", "sent_as", "evidence", "tried", "why_manual"), pl.String))


def next_versions(notices: pl.DataFrame, fates: Sequence[Fate], settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """The next version of each notice that has a fate, as `schemas.notices.Notices`; a first attempt is never restamped."""
    told = pl.DataFrame([asdict(one) for one in fates], schema=FATES, orient="row")
    zone = settings.plan.zone
    said = pl.format("{}: {}", pl.lit(as_of.astimezone(zone).strftime(DAY)), "tried_now")
    sent = pl.col("state_now") == SENT
    rows = notices.join(told, on="notice_id", how="inner", suffix="_now", maintain_order="left").with_columns(
        tried=pl.coalesce("tried", pl.when(pl.col("tried_now").is_not_null()).then(said)),
    )
    return rows.with_columns(
        state="state_now",
        sent_as=pl.when(pl.col("state_now").is_in([SENT, QUEUED])).then(pl.coalesce("sent_as_now", "sent_as")),
        sent_at=pl.when(sent).then(pl.lit(as_of).cast(pl.Datetime("us", "UTC"))),
        evidence=pl.coalesce("evidence_now", "evidence"),
        late_because=pl.when(sent & (pl.col("due_at") < business_days.in_utc(as_of)))
        .then(pl.coalesce("late_because", why_late(pl.lit(as_of.astimezone(zone).strftime(DAY)))))
        .otherwise("late_because"),
        why_manual="why_manual_now",
    ).select(Notices.polars_schema().names())


def why_late(went: pl.Expr) -> pl.Expr:
    """Why a notice that goes after its due time did not go before, from what its ledger says. went: the moment, as text."""
    return (
        pl.when(pl.col("outcome").is_not_null())
        .then(pl.format("what was sent before came back: {}", "outcome"))
        .when(pl.col("tried").is_not_null())
        .then(pl.format("the first attempt failed, {}", "tried"))
        .when(pl.col("why_manual").is_not_null())
        .then(pl.format("waited for a person: {}", "why_manual"))
        .otherwise(pl.format("no run sent it before {}", went))
    )


def laid_down(notices: pl.DataFrame, deliveries: pl.DataFrame, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """The next version of notices whose files, every one of them, lie in their mailbox or at the vendor's now.

    notices: current versions. deliveries: current versions, those of this run among them.
    """
    under_way = notices.filter((pl.col("state") == QUEUED) & pl.col("channel").is_in(LAID_DOWN) & pl.col("sent_as").is_not_null())
    files = deliveries.with_columns(sent_as=stem()).join(under_way, on="sent_as", how="semi")
    there = files.group_by("sent_as").agg(
        there=pl.col("delivered_at").is_not_null().all(), files=pl.len(), sha256=pl.col("sha256").sort_by("file_name").first()
    )
    arrived = under_way.join(there.filter("there"), on="sent_as", how="inner", maintain_order="left")
    evidence = pl.format("{} lies there: {} files, the first sha256 {}", "sent_as", "files", pl.col("sha256").str.head(16))
    told = arrived.select("notice_id", "sent_as", evidence=evidence).rows()
    return next_versions(arrived.select(notices.columns), [Fate(one, SENT, name, shown) for one, name, shown in told], settings, as_of)


def stem() -> pl.Expr:
    """A file's name without its ending: what files of one notice, or of one batch, have in common."""
    return pl.col("file_name").str.replace(r"\.[A-Za-z0-9]+$", "")
