"""The forecast: what a job added to the copy of a workspace, and so would add to the workspace itself.

Decides what counts as new, and what of it is shown: ids, kinds and days, and neither names nor CINs. It runs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from outputs.console import Terminal, records
from pipeline.run import Context
from pipeline.store import Snapshot
from pipeline.views import in_plan_time
from pipeline.workspace import Workspace
from schemas.history import LOOP
from schemas.lateness import LATE_CLASSES, Lateness

LATE_REPORT = "*/late.csv"  # in `reports/`, by day
LATE_KEY = ("period", "provider_id", "program")
LATE_NUMBERS = ("days_late", "members_expected", "members_missing", "consecutive_periods")
EVENTS = ("event_id", *LOOP[1:], "program", "provider_id", "status", "status_date", "closure_reason", "engagement", "source")
CLOSURES = (*LOOP[1:], "program", "provider_id", "status", "closed_on", "closure_reason", "closure_source")
NOTICES = ("notice_id", "kind", "recipient_kind", "channel", "referral_id", "loop", "provider_id", "due_at", "state")
LATE = (*LATE_KEY, "class", "due_at", "received_at", *LATE_NUMBERS)  # columns of `late.csv`, without names and contacts


@dataclass(frozen=True)
class Forecast:
    """What would come, moments in plan time.

    events: `EVENTS`, by referral and day. closures: `CLOSURES`, loops that are open now. notices: `NOTICES`, those that there are not yet.
    late: `LATE`, of the late-provider report all entries that are not in the one before, or are in another class there.
    """

    events: pl.DataFrame
    closures: pl.DataFrame
    notices: pl.DataFrame
    late: pl.DataFrame

    def as_data(self) -> dict[str, object]:
        """As JSON has it."""
        return {name: records(frame) for name, frame in self._lists().items()}

    def show(self, terminal: Terminal) -> None:
        """How many there are of each, then the first of each; of the late report those who are late."""
        counts = {name: frame.height for name, frame in self._lists().items()}
        if not any(counts.values()):
            terminal.line("forecast  nothing new")
            return
        terminal.counts("forecast", counts)
        for name, frame in (self._lists() | {"late": self.late.filter(pl.col("class").is_in(LATE_CLASSES))}).items():
            if frame.height:
                terminal.line("")
                terminal.excerpt(frame, name)

    def _lists(self) -> dict[str, pl.DataFrame]:
        return {"events": self.events, "closures": self.closures, "notices": self.notices, "late": self.late}


def forecast(context: Context) -> Forecast:
    """What the jobs of a dry run came to so far. Raises ValueError outside of one."""
    original = context.copy_of
    if original is None:
        raise ValueError("what a job would add can only be told of a copy")
    before, after = original.snapshot, context.snapshot()
    settings = context.workspace.settings
    return Forecast(
        in_plan_time(_new_events(before, after), settings),
        in_plan_time(_new_closures(before, after), settings),
        in_plan_time(_new_notices(before, after), settings),
        _new_late(original.workspace, context.workspace),
    )


def _new_events(before: Snapshot, after: Snapshot) -> pl.DataFrame:
    new = _touched("events", before, after).join(before.scan("events"), on="event_id", how="anti")
    return new.select(EVENTS).sort("referral_id", "loop", "status_date", "event_id").collect()


def _new_closures(before: Snapshot, after: Snapshot) -> pl.DataFrame:
    closed_before = before.scan("loops").filter(pl.col("closed_on").is_not_null())
    closed = _touched("loops", before, after).filter(pl.col("closed_on").is_not_null()).join(closed_before, on=list(LOOP), how="anti")
    return closed.select(CLOSURES).sort(LOOP[1:]).collect()


def _new_notices(before: Snapshot, after: Snapshot) -> pl.DataFrame:
    """New notices as their last version has them."""
    new = _touched("notices", before, after).join(before.scan("notices"), on="notice_id", how="anti")
    last = new.sort("run_id", maintain_order=True).unique("notice_id", keep="last", maintain_order=True)
    return last.select(NOTICES).sort("due_at", "notice_id").collect()


def _touched(table: str, before: Snapshot, after: Snapshot) -> pl.LazyFrame:
    """The rows that runs since `before` wrote: of a history of years only these are compared."""
    since = after.runs["run_id"].slice(before.runs.height)
    return after.scan(table).filter(pl.col("run_id").is_in(since.implode()))


def _new_late(original: Workspace, copy: Workspace) -> pl.DataFrame:
    made, known = (_last_report(workspace) for workspace in (copy, original))
    return made.join(known, on=[*LATE_KEY, "class"], how="anti", maintain_order="left")


def _last_report(workspace: Workspace) -> pl.DataFrame:
    """The entries of the last late-provider report in a workspace; of a copy, into which none is copied, of the one made there."""
    empty = pl.DataFrame(schema=dict.fromkeys(LATE, pl.String))
    made = sorted(workspace.folder("reports").glob(LATE_REPORT))
    texts = pl.read_csv(made[-1], infer_schema=False).select(LATE) if made else empty
    return texts.with_columns(pl.col(LATE_NUMBERS).cast(Lateness.polars_schema()["days_late"])).sort(LATE_KEY)
