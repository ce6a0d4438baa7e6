"""Decides what a confirmation does to a notice: what a vendor delivered is shown to have arrived, and what came back is due again.

It reads no file and asks nobody. What was sent before, and when, is kept in the ledger's earlier versions.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import polars as pl

from config.settings import Settings
from pipeline.fates import QUEUED, SENT, Fate, next_versions
from schemas.notices import Notices, NoticeState

DELIVERED, CAME_BACK = "delivered", ("returned", "bounced")
OUTCOMES = (DELIVERED, *CAME_BACK)
NEEDED = ("notice_id", "outcome", "at")
REFERENCE = "reference"
LONGEST_REFERENCE = 200  # characters
UNKNOWN, UNEXPECTED = "unknown", "unexpected"
BY_HAND = "manual"
END_OF_DAY = dt.time(23, 59, 59)


@dataclass(frozen=True)
class Confirmation:
    """One row of a confirmation file: what became of a notice, when, and what who says so calls it."""

    row: int
    notice_id: str
    outcome: str
    at: dt.datetime
    reference: str


@dataclass
class Confirmed:
    """What confirmations do. versions: next versions of notices, as `schemas.notices.Notices`, in their order.

    doubtful: rows, by number, that change nothing, and why: a notice that is not known, or not out. repeated: rows told before.
    """

    versions: pl.DataFrame
    doubtful: list[tuple[int, str, str]] = field(default_factory=list)
    repeated: int = 0
    delivered: int = 0
    came_back: int = 0


def read_confirmations(text: str, settings: Settings, as_of: dt.datetime) -> tuple[list[Confirmation], list[tuple[int, str]]]:
    """The rows of a confirmation file as text (CSV with headings), and what is wrong with the others, by row as Excel numbers it.

    A day without a time counts to its end. Raises ValueError when a heading is missing.
    """
    try:
        rows = list(csv.reader(StringIO(text, newline="")))
    except csv.Error:
        raise ValueError("is no table: text with commas is needed") from None
    headings = [name.strip().lower() for name in rows[0]] if rows else []
    if missing := [name for name in NEEDED if name not in headings]:
        raise ValueError(f"no column {' and '.join(missing)}; needed are {', '.join(NEEDED)}, and {REFERENCE} may be there")
    good: list[Confirmation] = []
    bad: list[tuple[int, str]] = []
    for number, row in enumerate(rows[1:], start=2):
        told = dict.fromkeys(headings, "") | {name: cell.strip() for name, cell in zip(headings, row, strict=False)}
        if not any(told.values()):
            continue
        try:
            good.append(_confirmation(number, told, settings, as_of))
        except ValueError as error:
            bad.append((number, str(error)))
    return good, bad


def confirmed(known: pl.DataFrame, told_before: pl.DataFrame, rows: list[Confirmation], settings: Settings) -> Confirmed:
    """What rows of a file do to the ledger. known: current versions. told_before: every version there has been."""
    standing = {row["notice_id"]: row for row in known.iter_rows(named=True)}
    outcomes = told_before.filter(pl.col("outcome").is_not_null()).select("notice_id", "outcome", "outcome_at", "reference")
    before = set(outcomes.iter_rows())
    result = Confirmed(Notices.no_rows())
    versions: list[dict[str, Any]] = []
    for one in rows:
        if (one.notice_id, one.outcome, one.at, one.reference) in before:
            result.repeated += 1
            continue
        notice = standing.get(one.notice_id)
        if notice is None:
            result.doubtful.append((one.row, one.notice_id, UNKNOWN))
            continue
        after = _after(notice, one, settings)
        if after is None:
            result.doubtful.append((one.row, one.notice_id, UNEXPECTED))
            continue
        before.add((one.notice_id, one.outcome, one.at, one.reference))
        standing[one.notice_id] = after
        versions.append(after)
        result.delivered += one.outcome == DELIVERED
        result.came_back += one.outcome in CAME_BACK
    result.versions = pl.DataFrame(versions, schema=Notices.polars_schema(), orient="row")
    return result


def sent_by_hand(notice: pl.DataFrame, how: str, evidence: str, at: dt.datetime, settings: Settings) -> pl.DataFrame:
    """The next version of a notice that a person has sent; no rows when this is what the ledger says already.

    notice: its current version, one row. Raises ValueError when it went another way, or is on its way.
    """
    shown = f"{how}: {evidence}"
    row = notice.row(0, named=True)
    if row["state"] == SENT and (row["evidence"], row["sent_at"]) == (shown, at):
        return notice.clear()
    if row["state"] in (SENT, NoticeState.CANCELLED.value):
        raise ValueError(f"is {row['state']} already: {row['evidence'] or row['why_cancelled']}")
    if row["sent_as"] is not None:
        raise ValueError(f"is on its way as {row['sent_as']}")
    fate = Fate(row["notice_id"], SENT, evidence=shown)
    return next_versions(notice, [fate], settings, at).with_columns(channel=pl.lit(BY_HAND))


def _confirmation(number: int, told: Mapping[str, str], settings: Settings, as_of: dt.datetime) -> Confirmation:
    outcome = told["outcome"].lower()
    if outcome not in OUTCOMES:
        raise ValueError(f"outcome: allowed are {', '.join(OUTCOMES)}")
    if not told["notice_id"]:
        raise ValueError("notice_id is blank")
    at = moment(told["at"], settings)
    if at > as_of:
        raise ValueError("at lies in the future")
    return Confirmation(number, told["notice_id"], outcome, at, told.get(REFERENCE, "")[:LONGEST_REFERENCE])


def moment(text: str, settings: Settings) -> dt.datetime:
    """A moment in UTC: ISO with offset or in plan time; a day without a time counts to its end. Raises ValueError."""
    try:
        if len(text) == len("2026-03-05"):
            at = dt.datetime.combine(dt.date.fromisoformat(text), END_OF_DAY)
        else:
            at = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("at: a moment such as 2026-03-05T21:00, or a day, is needed") from None
    return (at if at.tzinfo else at.replace(tzinfo=settings.plan.zone)).astimezone(dt.UTC)


def _after(notice: Mapping[str, Any], told: Confirmation, settings: Settings) -> dict[str, Any] | None:
    """The next version of a notice; None where what is told cannot be: it is not out, or was sent anew since."""
    under_way = notice["state"] == QUEUED and notice["sent_as"] is not None
    if not under_way and notice["state"] != SENT:
        return None
    if told.outcome in CAME_BACK and notice["sent_at"] is not None and told.at < notice["sent_at"]:
        return None
    what = {"outcome": told.outcome, "outcome_at": told.at, "reference": told.reference}
    day = told.at.astimezone(settings.plan.zone).date()
    shown = "; ".join(_texts(notice["evidence"], f"{told.outcome} on {day} ({told.reference})"))
    if told.outcome in CAME_BACK:
        why = f"{told.outcome} on {day}: {told.reference}"
        gone = {"sent_at": None, "sent_as": None, "state": NoticeState.MANUAL.value, "why_manual": why}
        return {**notice, **what, **gone, "evidence": shown}
    if under_way:
        frame = pl.DataFrame([dict(notice)], schema=Notices.polars_schema(), orient="row")
        arrived = next_versions(frame, [Fate(notice["notice_id"], SENT, evidence=shown)], settings, told.at)
        return {**arrived.row(0, named=True), **what}
    return {**notice, **what, "evidence": shown}


def _texts(*texts: str | None) -> Iterator[str]:
    yield from (text for text in texts if text)
