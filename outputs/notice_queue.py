"""The queue of notices: what goes to a mailing house, a portal or the person who works the manual queue.

Decides the file's columns and order; which notices are due, to whom and by when, the pipeline has decided.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import polars as pl

from outputs.tables import table_csv
from schemas.notices import FATE, Notices

# The ledger's own: how the deadline came about, and what became of it.
INTERNAL = frozenset({"known_at", "known_by", "calendar_version", *FATE})
# Not stored, and written when the frame has them: what depends on the moment asked about, and on what recipients read.
BESIDE = ("overdue", "language", "needs_translation")


def notice_queue(notices: pl.DataFrame, zone: ZoneInfo) -> bytes:
    """The notices as CSV, the most urgent first, moments in plan time with their offset.

    notices: columns of `Notices`, and those of `BESIDE` that are known.
    """
    columns = [name for name in Notices.polars_schema() if name not in INTERNAL]
    columns += [name for name in BESIDE if name in notices.columns]
    in_plan_time = pl.col("trigger_at", "due_at").dt.convert_time_zone(str(zone))
    return table_csv(notices.sort("due_at", "notice_id", maintain_order=True).select(columns).with_columns(in_plan_time))
