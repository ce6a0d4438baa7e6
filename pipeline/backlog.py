"""Decides which planned jobs are still to be done now, in which order, and says of every other why it is not.

When a job is due is decided by the schedule; what was done is told by the stamps that the runs left.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from pipeline.schedule import AGING, ASF, LATE, MIF, MIF_SUPPLEMENT, NIGHT, Planned

# A full list says everything that an earlier one would have said, a night takes in whatever lies there, and a late report counts the
# periods in a row: of what was missed only the newest is done, and makes up for the others. A supplement has nothing left to say once a
# full list is made. The first of these jobs that is to be done does it.
MADE_UP_FOR_BY = {NIGHT: (NIGHT,), LATE: (LATE,), MIF_SUPPLEMENT: (MIF, MIF_SUPPLEMENT), MIF: (MIF,), ASF: (ASF,), AGING: (AGING,)}
DUE, MISSED, DONE, MADE_UP_FOR, BEFORE, AHEAD = "due", "missed", "done", "made up for", "before the beginning", "ahead"


@dataclass(frozen=True)
class Stamp:
    """A job that was done: for which period, at which moment taken for now, by which run."""

    job: str
    period: str
    as_of: dt.datetime
    run_id: str


@dataclass(frozen=True)
class Task:
    """A job to be done now. missed: earlier ones that it makes up for, by due moment."""

    planned: Planned
    missed: tuple[Planned, ...] = ()

    @property
    def waits_since(self) -> dt.datetime:
        return min(one.due_at for one in (self.planned, *self.missed))


@dataclass(frozen=True)
class Standing:
    """How a planned job stands. state: one of the words above. told: the same with its circumstances. done_at: the moment taken for now."""

    planned: Planned
    state: str
    told: str
    done_at: dt.datetime | None = None


def backlog(plan: Sequence[Planned], stamps: Sequence[Stamp]) -> tuple[Task, ...]:
    """What is to be done now, in the order in which it was first due.

    plan: what is due by now, in the order of the schedule. A task that makes up for several takes the place of the first: what was due
    before another job was done before it all the same.
    """
    is_settled = _settled_by(stamps)
    owed = [one for one in plan if not is_settled(one)]
    newest = {one.job: one for one in owed}
    missed: dict[Planned, list[Planned]] = {}
    for one in owed:
        doing = next(newest[job] for job in MADE_UP_FOR_BY[one.job] if job in newest)
        missed.setdefault(doing, []).extend([] if one is doing else [one])
    tasks = [Task(one, tuple(earlier)) for one, earlier in missed.items()]
    return tuple(sorted(tasks, key=lambda task: task.waits_since))


def settled_until(stamps: Sequence[Stamp], jobs: Collection[str]) -> dt.datetime | None:
    """Up to when everything planned is done or made up for: each of these jobs was done since. None while one never was."""
    last_done = _last_done(stamps)
    return min(last_done[job] for job in jobs) if last_done.keys() >= set(jobs) else None


def standings(plan: Sequence[Planned], stamps: Sequence[Stamp], begins: dt.datetime, as_of: dt.datetime) -> tuple[Standing, ...]:
    """How everything planned stands at a moment, in the order of the plan. begins: what was due before is nobody's business."""
    done = {(stamp.job, stamp.period): stamp for stamp in stamps}
    tasks = backlog([one for one in plan if begins <= one.due_at <= as_of], stamps)
    now = {task.planned for task in tasks}
    by = {one: task.planned for task in tasks for one in task.missed}

    def stands(one: Planned) -> Standing:
        if stamp := done.get((one.job, one.period)):
            return Standing(one, DONE, f"done by run {stamp.run_id}", stamp.as_of)
        if one.due_at > as_of:
            return Standing(one, AHEAD, "not due yet")
        if one.due_at < begins:
            return Standing(one, BEFORE, "was due before the schedule began")
        if one in now:
            return Standing(one, DUE, "due, and not done yet")
        if one in by:
            return Standing(one, MISSED, f"missed; {by[one].job} {by[one].period} makes up for it")
        return Standing(one, MADE_UP_FOR, "missed; a later one made up for it")

    return tuple(stands(one) for one in plan)


def nearest_now(told: Sequence[Standing]) -> tuple[Standing, ...]:
    """Of each job what explains its standing: the last that is over, done or not, what was missed since, what is
    due, and the next ahead; in the order given.
    """
    kept: list[int] = []
    for job in MADE_UP_FOR_BY:
        places = [place for place, one in enumerate(told) if one.planned.job == job]
        over = [place for place in places if told[place].state in (DONE, MADE_UP_FOR, BEFORE)]
        ahead = [place for place in places if told[place].state == AHEAD]
        since, until = max(over, default=0), min(ahead, default=len(told))
        kept += [place for place in places if since <= place <= until]
    return tuple(told[place] for place in sorted(kept))


def _settled_by(stamps: Sequence[Stamp]) -> Callable[[Planned], bool]:
    """Whether a job was done, or made up for by one that was done after it was due."""
    done = {(stamp.job, stamp.period) for stamp in stamps}
    last_done = _last_done(stamps)

    def is_settled(one: Planned) -> bool:
        return (one.job, one.period) in done or any(job in last_done and last_done[job] >= one.due_at for job in MADE_UP_FOR_BY[one.job])

    return is_settled


def _last_done(stamps: Sequence[Stamp]) -> dict[str, dt.datetime]:
    """The last moment taken for now at which each job was done."""
    last_done: dict[str, dt.datetime] = {}
    for stamp in stamps:
        last_done[stamp.job] = max(stamp.as_of, last_done.get(stamp.job, stamp.as_of))
    return last_done
