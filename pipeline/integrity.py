"""Integrity: whether store and archive are what was committed, whether every row is accounted for, and the derived tables made anew."""

from __future__ import annotations

import polars as pl

from pipeline import archive, store
from pipeline.contacts import contact_changes
from pipeline.history import fold
from pipeline.run import Context, lock, start
from pipeline.store import Snapshot
from schemas.submissions import RowOutcome, SubmissionStatus

COUNTS = [f"rows_{outcome.value}" for outcome in RowOutcome]


def verify(context: Context) -> list[str]:
    """What is wrong, in words; nothing when all is as it was committed."""
    snapshot = context.snapshot()
    damaged = store.damages(snapshot)
    if damaged:
        return damaged
    found = archive.damages(context.workspace.folder("archive"), snapshot.read("arrivals")["sha256"])
    return found + _unaccounted(snapshot) + _differing(context, snapshot)


def rebuild(context: Context) -> dict[str, int]:
    """Compute the derived tables from the facts, and let the result stand. Returns how many rows of each differed."""
    with lock(context):
        job = start(context, "rebuild")
        fresh = _derived(context, job.before)
        changed = {table: _differences(job.before.read(table), rows) for table, rows in fresh.items()}
        if any(changed.values()):
            for table, rows in fresh.items():
                job.run.overwrite(table, rows)
            job.commit(changed, attention=True)
        return changed


def compact(context: Context) -> dict[str, int]:
    """Put the small files of every table together now, rather than when there are many. Returns how many files fewer each table has."""
    with lock(context):
        job = start(context, "compact")
        fewer = {table: job.run.put_together(table) for table in sorted(job.before.versions)}
        if any(fewer.values()):
            job.commit(fewer, attention=False)
        return {table: count for table, count in fewer.items() if count}


def _derived(context: Context, snapshot: Snapshot) -> dict[str, pl.DataFrame]:
    """The derived tables by name, from the facts."""
    settings = context.workspace.settings
    facts = (snapshot.read("assignments"), snapshot.read("listings"), snapshot.read("observations"))
    folded = fold(*facts, closing=settings.profile.closing, time_zone=settings.plan.time_zone)
    return {"events": folded.events, "loops": folded.loops, "contact_changes": contact_changes(snapshot.read("contact_reports"))}


def _differences(stored: pl.DataFrame, computed: pl.DataFrame) -> int:
    columns = computed.columns
    one, other = stored.select(columns), computed
    return (
        one.join(other, on=columns, how="anti", nulls_equal=True).height + other.join(one, on=columns, how="anti", nulls_equal=True).height
    )


def _unaccounted(snapshot: Snapshot) -> list[str]:
    """Submissions whose rows do not add up, or differ from what became of each row."""
    submissions = snapshot.current("submissions")
    gaps = submissions.filter(pl.col("rows_read") != pl.sum_horizontal(*COUNTS))["submission_id"].to_list()
    rows = snapshot.read("rows").group_by("submission_id").agg(stored=pl.len().cast(pl.Int64))
    kept = submissions.filter(~pl.col("status").is_in([SubmissionStatus.HELD.value, SubmissionStatus.DUPLICATE.value]))
    differing = kept.join(rows, on="submission_id", how="left").filter(pl.col("rows_read") != pl.col("stored").fill_null(0))
    return [f"rows of {name} are not accounted for" for name in sorted({*gaps, *differing["submission_id"]})]


def _differing(context: Context, snapshot: Snapshot) -> list[str]:
    counts = {table: _differences(snapshot.read(table), rows) for table, rows in _derived(context, snapshot).items()}
    return [
        f"{count} rows of {table} are not what the facts say; `clr store rebuild` makes them anew"
        for table, count in counts.items()
        if count
    ]
