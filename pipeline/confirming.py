"""Confirming: files of vendors and bounce reports come back, and what a person has sent by hand is written down.

What a confirmation does to a notice is decided by `pipeline.confirmations`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from re import fullmatch

import polars as pl

from pipeline.archive import keep
from pipeline.confirmations import confirmed, read_confirmations, sent_by_hand
from pipeline.queues import publish_queues
from pipeline.run import Context, Job, lock, start

JOB = "notices-confirm"
LARGEST = 50 * 1024 * 1024  # bytes


@dataclass
class Told:
    """What a confirmation file did. counts: rows. faults: rows that changed nothing, by number, and why."""

    counts: dict[str, int] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)

    @property
    def attention(self) -> bool:
        return bool(self.faults or self.counts["came_back"])


def confirm(context: Context, path: Path) -> Told:
    """Take a confirmation file in, and keep it in the archive. The same file a second time changes nothing.

    Raises ValueError when it is no such file.
    """
    if path.stat().st_size > LARGEST:
        raise ValueError(f"is larger than {LARGEST} bytes")
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not text in UTF-8") from None
    settings = context.workspace.settings
    rows, bad = read_confirmations(text, settings, context.as_of)
    with lock(context):
        job = start(context, JOB)
        known = job.before.current("notices")
        result = confirmed(known, job.before.read("notices"), rows, settings)
        counts = {"rows": len(rows) + len(bad), "delivered": result.delivered, "came_back": result.came_back, "repeated": result.repeated}
        counts |= {why: sum(one[2] == why for one in result.doubtful) for why in ("unknown", "unexpected")} | {"unreadable": len(bad)}
        told = Told(counts, [*bad, *((row, f"{_named(notice_id)}: {why}") for row, notice_id, why in result.doubtful)])
        if result.versions.height:
            keep(context.workspace.folder("archive"), content)
            last = result.versions.unique("notice_id", keep="last", maintain_order=True)
            _commit(job, known, result.versions, last, counts, attention=told.attention)
    return told


def confirm_by_hand(context: Context, notice_id: str, how: str, evidence: str, at: dt.datetime) -> bool:
    """Write down that a person has sent a notice. Returns False when the ledger says so already. Raises ValueError when it cannot be."""
    if at > context.as_of:
        raise ValueError("--at lies in the future")
    with lock(context):
        job = start(context, JOB)
        known = job.before.current("notices")
        notice = known.filter(pl.col("notice_id") == notice_id)
        if notice.is_empty():
            raise ValueError(f"{notice_id}: no such notice")
        try:
            after = sent_by_hand(notice, how, evidence, at, context.workspace.settings)
        except ValueError as error:
            raise ValueError(f"{notice_id} {error}") from None
        if after.height:
            _commit(job, known, after, after, {"sent": 1}, attention=False)
    return bool(after.height)


def _commit(job: Job, known: pl.DataFrame, versions: pl.DataFrame, last: pl.DataFrame, counts: dict[str, int], *, attention: bool) -> None:
    job.run.append("notices", versions)
    publish_queues(job, pl.concat([known.join(last, on="notice_id", how="anti"), last]))
    job.commit(counts, attention=attention)


def _named(notice_id: str) -> str:
    """A number as ours are; whatever else stands in that cell is not repeated."""
    return notice_id if fullmatch(r"N[0-9a-f]{16}", notice_id) else "a number that is none of ours"
