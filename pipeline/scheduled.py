"""The commands of `clr run`: the scheduled jobs, what each is asked for, and how its result is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.command import ATTENTION, DONE, Shared, command

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from pipeline.backlog import Standing, Task
    from pipeline.due import Outlook
    from pipeline.jobs import Done
    from pipeline.run import Context
    from pipeline.schedule import Planned

app = typer.Typer(no_args_is_help=True, help="The scheduled jobs.")
DAY = "%a %Y-%m-%d"
MOMENT = f"{DAY} %H:%M"


@command(app, "nightly")
def run_nightly(shared: Shared) -> int:
    """Take in, answer, queue notices, say who is late."""
    from pipeline.jobs import nightly

    return _run(shared, nightly)


@command(app, "monthly")
def run_monthly(shared: Shared) -> int:
    """Take in extracts, send MIF and ASF, queue notices, say who is late."""
    from pipeline.jobs import monthly

    return _run(shared, monthly)


@command(app, "due")
def run_due(
    shared: Shared,
    explain: Annotated[bool, typer.Option("--explain", help="Only say of each job why it is or is not due.")] = False,
) -> int:
    """Do what the calendar says is due and was not done yet, each once; with --dry-run, first the plan of the next 45 days."""
    from pipeline import due

    with shared.context() as context:
        if explain:
            shared.terminal.result(*_outlook(shared, context, due.outlook(context), explain=True))
            return DONE
        if shared.dry_run:
            return _rehearse(shared, context, due.outlook(context))
        return _tell_done(shared, context, due.run_due(context))


def _run(shared: Shared, job: Callable[[Context], Done]) -> int:
    with shared.context() as context:
        done = job(context)
        told = {"steps": done.counts, "out_of_reach": dict(done.out_of_reach)}
        shared.outcome(context, told, lambda: shared.terminal.steps(done.counts))
    shared.say_out_of_reach(done.out_of_reach)
    shared.say_unwritten(done.unwritten)
    return ATTENTION if done.attention else DONE


def _tell_done(shared: Shared, context: Context, done: Sequence[tuple[Task, Done]]) -> int:
    shared.terminal.result(_data(done, context), lambda: _show_done(shared, done))
    if not (done or shared.as_json):
        shared.terminal.say("nothing is due that was not done; `clr run due --explain` says why")
    return _ended(shared, done)


def _rehearse(shared: Shared, context: Context, foreseen: Outlook) -> int:
    """Show the plan, then do in the copy what is due now, and show what came of it. No mailbox is asked when nothing is due."""
    from pipeline.due import run_due
    from pipeline.forecast import forecast

    plan, show_plan = _outlook(shared, context, foreseen, explain=False)
    done = run_due(context) if foreseen.tasks else []
    coming = forecast(context)

    def show() -> None:
        show_plan()
        if done:
            shared.terminal.line("")
            _show_done(shared, done)
            coming.show(shared.terminal)

    shared.terminal.result(plan | _data(done, context) | coming.as_data(), show)
    return _ended(shared, done)


def _data(done: Sequence[tuple[Task, Done]], context: Context) -> dict[str, object]:
    told = [_as_data(task, context) | {"attention": one.attention, "steps": one.counts} for task, one in done]
    return {"done": told, "out_of_reach": _out_of_reach(done)}


def _show_done(shared: Shared, done: Sequence[tuple[Task, Done]]) -> None:
    for task, one in done:
        shared.terminal.line(f"{task.planned.job} {task.planned.period}{_made_up_for(task)}")
        shared.terminal.steps({f"  {step}": counts for step, counts in one.counts.items()})


def _ended(shared: Shared, done: Sequence[tuple[Task, Done]]) -> int:
    shared.say_out_of_reach(_out_of_reach(done).items())
    shared.say_unwritten(dict.fromkeys(fault for _, one in done for fault in one.unwritten))
    return ATTENTION if any(one.attention for _, one in done) else DONE


def _out_of_reach(done: Sequence[tuple[Task, Done]]) -> dict[str, str]:
    return dict(fault for _, one in done for fault in one.out_of_reach)


def _outlook(shared: Shared, context: Context, foreseen: Outlook, *, explain: bool) -> tuple[dict[str, object], Callable[[], None]]:
    """The schedule as data, and what shows it."""
    from pipeline.backlog import AHEAD, nearest_now
    from pipeline.schedule import PLANNED_AHEAD, never_due

    settings = context.workspace.settings
    told = nearest_now(foreseen.standings) if explain else [one for one in foreseen.standings if one.state == AHEAD]
    never = never_due(settings)
    data: dict[str, object] = {
        "begins": _local(foreseen.begins, context),
        "until": _local(foreseen.until, context),
        "due": [_as_data(task, context) for task in foreseen.tasks],
        "explained" if explain else "plan": [
            _named(one.planned, context) | {"state": one.state, "told": _stands(one, context)} for one in told
        ],
        "never": never,
    }

    def show() -> None:
        rows = _explained(told, context) if explain else _plan(foreseen.tasks, told, context)
        shared.terminal.table(rows, f"Schedule since {_local(foreseen.begins, context):{DAY}}")
        shared.terminal.lines(f"{job} is never due: {why}" for job, why in never.items())
        if foreseen.until < context.as_of + PLANNED_AHEAD:
            year = settings.profile.calendar.confirmed_through
            shared.terminal.line(f"nothing is planned past {year}, the last year confirmed: see to the next, then raise confirmed_through")

    return data, show


def _plan(tasks: Sequence[Task], ahead: Sequence[Standing], context: Context) -> pl.DataFrame:
    """What is due now, then what comes, by due moment; of the nights, which are all alike, the next alone."""
    import polars as pl

    from pipeline.schedule import NIGHT

    nights = [one for one in ahead if one.planned.job == NIGHT]
    rows = [("now", task.planned.job, task.planned.period, task.planned.why + _made_up_for(task)) for task in tasks]
    for one in ahead:
        if one not in nights[1:]:
            rows.append((f"{_local(one.planned.due_at, context):{MOMENT}}", one.planned.job, one.planned.period, one.planned.why))
    return pl.DataFrame(rows, schema=dict.fromkeys(("due", "job", "period", "why"), pl.String), orient="row")


def _explained(told: Sequence[Standing], context: Context) -> pl.DataFrame:
    """How each job stands, by job and due moment."""
    import polars as pl

    from pipeline.schedule import JOBS

    rows = [
        (one.planned.job, one.planned.period, f"{_local(one.planned.due_at, context):{MOMENT}}", _stands(one, context), one.planned.why)
        for job in JOBS
        for one in told
        if one.planned.job == job
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("job", "period", "due", "stands", "why"), pl.String), orient="row")


def _as_data(task: Task, context: Context) -> dict[str, object]:
    return _named(task.planned, context) | {"made_up_for": [_named(one, context) for one in task.missed]}


def _named(one: Planned, context: Context) -> dict[str, object]:
    return {"job": one.job, "period": one.period, "due_at": _local(one.due_at, context), "why": one.why}


def _standing(one: Standing, context: Context) -> dict[str, object]:
    done_at = None if one.done_at is None else _local(one.done_at, context)
    return _named(one.planned, context) | {"state": one.state, "told": one.told, "done_at": done_at}


def _stands(one: Standing, context: Context) -> str:
    return one.told if one.done_at is None else f"{one.told} on {_local(one.done_at, context):{MOMENT}}"


def _made_up_for(task: Task) -> str:
    """What else a task does, in words: of several of a job the first and the last."""
    told = []
    for job in dict.fromkeys(one.job for one in task.missed):
        periods = [one.period for one in task.missed if one.job == job]
        told.append(f"{job} {periods[0]}" if len(periods) == 1 else f"{job} {periods[0]} to {periods[-1]} ({len(periods)})")
    return f"; makes up for {', '.join(told)}" if told else ""


def _local(moment: datetime, context: Context) -> datetime:
    return moment.astimezone(context.workspace.settings.plan.zone)
