"""Late files: what each late provider is told of its own lateness, as a file for its mailbox.

Decides what stands in it and when it goes again; who is late, `lateness` has decided, and how the notice reads, the notices.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from outputs.tables import table_csv
from pipeline.jobs import LateReport
from pipeline.names import digest
from pipeline.run import Context, lock, start
from pipeline.views import in_plan_time
from schemas.lateness import LATE_CLASSES

PAIR = ["provider_id", "program"]
KIND = "late"
# Nothing that changes from one day to the next by itself: the same news is the same file, and goes once.
COLUMNS = (
    "plan",
    "period",
    "provider_id",
    "program",
    "class",
    "due_at",
    "received_at",
    "members_expected",
    "members_missing",
    "consecutive_periods",
    "refused_because",
    "cin",
    "referral_id",
)


def hand_out_late_files(context: Context, report: LateReport) -> dict[str, int]:
    """Put `late_<plan>_<provider>_<period>.csv` into the outbox of each late provider on the roster, unless it has these very bytes.

    One row for each member that it left out, or one alone for a program where nothing came. Returns the number of files and rows.
    """
    with lock(context):
        job = start(context, "late-files", report.period)
        made = dict(job.before.current("deliveries").select(pl.concat_str("provider_id", pl.lit("/"), "file_name"), "sha256").iter_rows())
        counts = {"files": 0, "rows": 0}
        for provider_id, rows in _by_provider(context, report):
            name = f"late_{context.workspace.plan}_{provider_id}_{report.period}.csv"
            content = table_csv(rows)
            if made.get(f"{provider_id}/{name}") != digest(content):
                job.deliver(provider_id, name, content, kind=KIND, rows=rows.height)
                counts = {"files": counts["files"] + 1, "rows": counts["rows"] + rows.height}
        if counts["files"]:
            job.commit(counts, attention=False)
    return counts


def _by_provider(context: Context, report: LateReport) -> Iterator[tuple[str, pl.DataFrame]]:
    """Each late provider that has a mailbox, with its own rows alone."""
    known = context.workspace.roster.select("provider_id")
    why = report.files.group_by(PAIR, maintain_order=True).agg(pl.col("refused_because").last())
    members = report.members.select(*PAIR, "cin", "referral_id")
    late = (
        in_plan_time(report.lateness, context.workspace.settings)
        .filter(pl.col("class_").is_in(LATE_CLASSES))
        .join(known, on="provider_id", how="semi", maintain_order="left")
        .join(why, on=PAIR, how="left", maintain_order="left")
        .join(members, on=PAIR, how="left", maintain_order="left_right")
        .rename({"class_": "class"})
        .select(COLUMNS)
    )
    for part in late.partition_by("provider_id", maintain_order=True):
        yield part["provider_id"][0], part
