"""The work that is due: what the schedule asks for by now and no run has done yet, each job once for each period.

What is due when is decided by the schedule, what of it is still to be done by the backlog; this module does it, and leaves a stamp.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.backlog import Stamp, Standing, Task, backlog, settled_until, standings
from pipeline.destinations import destinations
from pipeline.emit import emit
from pipeline.intake import intake
from pipeline.jobs import Done, answer, hand_over, say_who_is_late, take_in
from pipeline.late_files import hand_out_late_files
from pipeline.run import Context, lock, start
from pipeline.schedule import (
    AGING,
    ASF,
    JOBS,
    LATE,
    MIF,
    MIF_SUPPLEMENT,
    NIGHT,
    PLANNED_AHEAD,
    Planned,
    foreseen_until,
    never_due,
    plan_moment,
    planned,
)
from pipeline.store import Snapshot

SCHEDULE = "schedule"  # the run that says since which day the schedule is kept; its period is that day
MIDNIGHT = "00:00"


@dataclass(frozen=True)
class Outlook:
    """What the schedule says at a moment.

    begins: since when it is kept. tasks: what is to be done now, in order. standings: how every planned job stands, from 45 days ago, or
    from the beginning if that is longer ago, to `until`.
    """

    begins: dt.datetime
    until: dt.datetime
    tasks: tuple[Task, ...]
    standings: tuple[Standing, ...]


def run_due(context: Context) -> list[tuple[Task, Done]]:
    """Do what is due and was not done yet, in the order in which it was first due. Returns each task with what was done.

    The first run of all begins the schedule: nothing that was due before that day is made up for. A task is stamped once it is complete,
    so that one which failed or was interrupted is due again. All of it happens under one lock, which is not even asked for when there is
    nothing to do. Raises whatever a stage does.
    """
    snapshot = context.snapshot()
    tasks = _tasks(snapshot, context)
    if _begins(snapshot, context) is not None and not tasks:
        return []
    destinations(context.workspace, context.environment)  # a key that is missing is found before anything is touched
    with lock(context) as held:
        if _begins(held.snapshot(), held) is None:
            start(held, SCHEDULE, _today(held).isoformat()).commit({}, attention=False)
        elif held.snapshot().runs.height > snapshot.runs.height:  # another call was quicker
            tasks = _tasks(held.snapshot(), held)
        return [(task, _do(held, task)) for task in tasks]


def outlook(context: Context) -> Outlook:
    """What would be done now, and how everything planned stands; nothing is done."""
    settings, now = context.workspace.settings, context.as_of
    snapshot = context.snapshot()
    begins = _begins(snapshot, context) or _start_of(_today(context), context)
    until = foreseen_until(settings, now)
    plan = planned(settings, min(begins, now - PLANNED_AHEAD), until)
    return Outlook(begins, until, _tasks(snapshot, context), standings(plan, _stamps(snapshot), begins, now))


def _do(context: Context, task: Task) -> Done:
    done = Done()
    STEPS[task.planned.job](context, task.planned, done)
    counts = {"made_up_for": len(task.missed), "out_of_reach": len(done.out_of_reach)}
    start(context, task.planned.job, task.planned.period).commit(counts, attention=done.attention)
    return done


def _night(context: Context, _: Planned, done: Done) -> None:
    take_in(context, done)
    answer(context, done)


def _late(context: Context, one: Planned, done: Done) -> None:
    take_in(context, done)  # what lay in a mailbox in time was seen in time, and must not be reported as missing
    report = say_who_is_late(context, done, one.period)
    done.step("late files", hand_out_late_files(context, report), attention=False)


def _tell_of_aging(context: Context, _: Planned, done: Done) -> None:
    take_in(context, done)  # nobody is asked about a referral whose closure lies in the mailbox
    answer(context, done)


def _send(context: Context, one: Planned, done: Done) -> None:
    kind = "asf" if one.job == ASF else "mif"
    taken = intake(context)
    done.step("intake", taken.counts, attention=taken.attention)
    before = context.snapshot().runs.filter(job=f"emit-{kind}", period=one.period)
    if before.is_empty():  # else a run was interrupted after it had made the files, perhaps on another day
        emitted = emit(context, kind, supplemental=one.job == MIF_SUPPLEMENT, period=one.period)
        done.step(f"emit {kind}", emitted.counts, attention=False)
    hand_over(context, done)


STEPS: dict[str, Callable[[Context, Planned, Done], None]] = {
    NIGHT: _night,
    LATE: _late,
    MIF_SUPPLEMENT: _send,
    MIF: _send,
    ASF: _send,
    AGING: _tell_of_aging,
}


def _tasks(snapshot: Snapshot, context: Context) -> tuple[Task, ...]:
    begins = _begins(snapshot, context) or _start_of(_today(context), context)
    stamps = _stamps(snapshot)
    open_since = max(begins, settled_until(stamps, set(JOBS) - set(never_due(context.workspace.settings))) or begins)
    return backlog(planned(context.workspace.settings, open_since, context.as_of), stamps)


def _begins(snapshot: Snapshot, context: Context) -> dt.datetime | None:
    """The first moment of the day on which the schedule was begun; None before that."""
    days = snapshot.runs.filter(job=SCHEDULE)["period"]
    return None if days.is_empty() else _start_of(dt.date.fromisoformat(days[0]), context)


def _stamps(snapshot: Snapshot) -> Sequence[Stamp]:
    stamped = snapshot.runs.filter(pl.col("job").is_in(JOBS) & pl.col("period").is_not_null())
    return [Stamp(*row) for row in stamped.select("job", "period", "as_of", "run_id").iter_rows()]


def _today(context: Context) -> dt.date:
    return context.as_of.astimezone(context.workspace.settings.plan.zone).date()


def _start_of(day: dt.date, context: Context) -> dt.datetime:
    return plan_moment(day, MIDNIGHT, context.workspace.settings.plan.zone)
