"""The scheduled jobs, and the small ones that they are made of: notices, the late-provider report, the night and the month.

A job calls the stages in order and says what each did; what is true, the stages decide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from outputs.files import write_file
from outputs.late_report import Details, late_csv, late_files_csv, late_members_csv, late_page, late_workbook
from pipeline.aging_files import hand_out_aging_lists
from pipeline.collect import collect
from pipeline.destinations import destinations
from pipeline.emit import emit
from pipeline.file_notices import files_matter
from pipeline.follow_up import follow_up_notes
from pipeline.history import fold
from pipeline.ingest import ingest
from pipeline.intake import intake
from pipeline.lateness import ExchangeRecord, last_due_period, lateness
from pipeline.notices import OPEN_STATES, Owed, notice_changes, overdue
from pipeline.queues import publish_queues
from pipeline.refused import refused_files
from pipeline.report_folders import day_folder
from pipeline.run import Context, lock, start
from pipeline.sending import send
from pipeline.store import Snapshot
from schemas.notices import NoticeState


@dataclass
class Done:
    """What a job did: counts by step, and whether something needs a person. The others: as `pipeline.sending.Sent`."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    out_of_reach: list[tuple[str, str]] = field(default_factory=list)
    unwritten: list[tuple[str, str]] = field(default_factory=list)
    attention: bool = False

    def step(self, name: str, counts: dict[str, int], *, attention: bool) -> None:
        """Add what one step did."""
        self.counts[name] = counts
        self.attention = self.attention or attention


@dataclass(frozen=True)
class LateReport:
    """The late-provider exception report of a period: `schemas.lateness.Lateness`, `LateMembers` and `LateFiles`."""

    period: str
    lateness: pl.DataFrame
    members: pl.DataFrame
    files: pl.DataFrame


def build_notices(context: Context) -> tuple[dict[str, int], bool]:
    """Queue every notice that is owed and not queued yet, and write the queue. Returns counts, and whether any is overdue."""
    with lock(context):
        job = start(context, "notices")
        known = job.before.current("notices")
        owed = _owed(job.before, known, context)
        changes = notice_changes(owed, known, context.workspace.settings, context.as_of)
        fresh = changes.rows
        standing = pl.concat([known.join(fresh, on="notice_id", how="anti", maintain_order="left"), fresh])
        queue = overdue(standing.filter(pl.col("state").is_in(OPEN_STATES)), context.as_of)
        counts = {"new": changes.new.height, "cancelled": changes.cancelled.height, "settled": changes.settled.height}
        counts |= {"open": queue.height, "manual": queue.filter(pl.col("state") == NoticeState.MANUAL).height}
        counts["overdue"] = int(queue["overdue"].sum())
        if fresh.height:
            publish_queues(job, standing)
            hand_out_aging_lists(job, changes.new, owed)
            job.run.append("notices", fresh)
            job.commit(counts, attention=counts["overdue"] > 0)
    return counts, counts["overdue"] > 0


def report_late(context: Context, period: str | None = None, known_at: datetime | None = None) -> LateReport:
    """Write the late-provider exception report of a period, the last due one when none is named.

    known_at: when the plan knew what the report stands on; what it knows now when left out. The notes of the last report are carried on.
    Raises ValueError for a period that is not due yet.
    """
    settings = context.workspace.settings
    named = period or last_due_period(context.as_of, settings)
    snapshot = context.snapshot().known_at(known_at) if known_at else context.snapshot()
    exchange = _exchange(snapshot, context)
    judged, members = lateness(exchange, named, settings, context.as_of)
    report = LateReport(
        named, judged, members, refused_files(exchange.submissions, snapshot.read("findings"), named, settings, context.as_of)
    )
    _write_report(context, report, known_at or context.as_of)
    return report


def nightly(context: Context) -> Done:
    """Every night: take extracts and provider files in, answer, queue what is owed, say who is late."""
    destinations(context.workspace, context.environment)  # a key that is missing is found before anything is touched
    done = Done()
    take_in(context, done)
    answer(context, done)
    say_who_is_late(context, done)
    return done


def monthly(context: Context) -> Done:
    """Every month: take extracts in, send each provider its files, queue what is owed, say who is late."""
    destinations(context.workspace, context.environment)  # a key that is missing is found before anything is touched
    done = Done()
    taken = intake(context)
    done.step("intake", taken.counts, attention=taken.attention)
    for kind in ("mif", "asf"):
        done.step(f"emit {kind}", emit(context, kind).counts, attention=False)
    answer(context, done)
    say_who_is_late(context, done)
    return done


def take_in(context: Context, done: Done) -> None:
    """Take in the plan's extracts and the providers' files, and judge them."""
    taken = intake(context)
    done.step("intake", taken.counts, attention=taken.attention)
    collected = collect(context)
    done.out_of_reach.extend(collected.out_of_reach)
    done.step("collect", collected.counts, attention=collected.attention)
    ingested = ingest(context)
    done.step("ingest", ingested.counts, attention=ingested.attention)


def answer(context: Context, done: Done) -> None:
    """Queue the notices that are owed, send them, and deliver what waits in the outbox."""
    counts, late = build_notices(context)
    done.step("notices", counts, attention=late)
    hand_over(context, done)


def hand_over(context: Context, done: Done) -> None:
    """Send the notices that are queued, and deliver what waits in the outbox."""
    delivered, sent = send(context)
    done.out_of_reach.extend(one for one in (*delivered.out_of_reach, *sent.out_of_reach) if one not in done.out_of_reach)
    done.unwritten.extend(sent.unwritten)
    done.step("deliver", delivered.counts, attention=delivered.attention)
    done.step("send", sent.counts, attention=sent.attention)


def say_who_is_late(context: Context, done: Done, period: str | None = None) -> LateReport:
    """Make the late-provider exception report of a period, the last due one when none is named."""
    report = report_late(context, period)
    classes = dict(report.lateness.group_by("class_").len().sort("class_").iter_rows())
    done.step(f"late {report.period}", classes, attention=False)  # late providers are the report's news, not a fault of the run
    return report


def _owed(snapshot: Snapshot, known: pl.DataFrame, context: Context) -> Owed:
    settings = context.workspace.settings
    assignments = snapshot.read("assignments")
    folded = fold(assignments, snapshot.read("listings"), snapshot.read("observations"), settings.profile.closing, settings.plan.time_zone)
    return Owed(
        referrals=snapshot.current("referrals"),
        members=snapshot.current("members"),
        providers=context.workspace.roster,
        assignments=assignments,
        closures=folded.closures,
        versions=snapshot.scan("referrals").collect(),
        loops=snapshot.read("loops"),
        exchange=_exchange(snapshot, context) if files_matter(known, settings, context.as_of) else None,
    )


def _exchange(snapshot: Snapshot, context: Context) -> ExchangeRecord:
    return ExchangeRecord(
        providers=context.workspace.roster,
        members=snapshot.current("members"),
        listings=snapshot.read("listings"),
        loops=snapshot.read("loops"),
        submissions=snapshot.current("submissions"),
        rows=snapshot.read("rows"),
        outages=context.workspace.outages,
    )


def _write_report(context: Context, report: LateReport, known_at: datetime) -> None:
    plan = context.workspace.settings.plan
    today = context.as_of.astimezone(plan.zone).date()
    reports = context.workspace.folder("reports")
    folder = day_folder(context, known_at)
    roster = context.workspace.roster
    details = Details(report.files, roster.select("provider_id", "contact_name", "phone"), follow_up_notes(reports, today))
    judged, members, now = report.lateness, report.members, context.as_of.astimezone(plan.zone)
    makers: dict[str, Callable[[], bytes]] = {
        "late.csv": lambda: late_csv(judged, plan.zone),
        "late_members.csv": lambda: late_members_csv(members),
        "late_files.csv": lambda: late_files_csv(report.files, plan.zone),
        "late.xlsx": lambda: late_workbook(judged, members, plan.zone, today, details),
        "late.html": lambda: late_page(judged, members, plan.name, report.period, now, details),
    }
    for name, make in makers.items():
        write_file(folder / name, make())
