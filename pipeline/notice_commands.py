"""The commands that move notices: `clr notices …`, and `clr deliver`; what each is asked for, and how its result is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.command import ATTENTION, DONE, Shared, UsageError, command

if TYPE_CHECKING:
    from pipeline.deliver import Delivered
    from pipeline.sending import Sent

app = typer.Typer(no_args_is_help=True, help="The notice queues and their deadlines.")


@command(app, "build")
def notices_build(shared: Shared) -> int:
    """Queue every notice that is owed."""
    from pipeline.jobs import build_notices

    with shared.context() as context:
        counts, late = build_notices(context)
    shared.terminal.result({"counts": counts}, lambda: shared.terminal.counts("notices", counts))
    return ATTENTION if late else DONE


@command(app, "list")
def notices_list(
    shared: Shared,
    state: Annotated[str, typer.Option("--state", help="queued, manual, sent, failed or cancelled.")] = "",
) -> int:
    """Show notices with their deadlines, the most urgent first."""
    import polars as pl

    from outputs.console import records
    from pipeline.views import in_plan_time, view

    with shared.context() as context:
        settings = context.workspace.settings
        rows = in_plan_time(view(context.snapshot(), "notices", settings, context.as_of), settings)
    chosen = rows.filter(pl.col("state") == state) if state else rows
    urgent = chosen.sort("due_at", "notice_id")
    shown = ("notice_id", "kind", "recipient_kind", "recipient", "channel", "referral_id", "loop", "due_at", "state", "overdue")
    shared.terminal.result({"notices": records(urgent)}, lambda: shared.terminal.table(urgent.select(shown)))
    return ATTENTION if bool(chosen["overdue"].any()) else DONE


@command(app, "send")
def notices_send(shared: Shared) -> int:
    """Send the notices that are queued, each by its channel."""
    from pipeline.sending import send

    with shared.context() as context:
        delivered, sent = send(context, everything=False)
        shared.outcome(context, _data(delivered, sent), lambda: shared.terminal.counts("send", sent.counts))
    return _told(shared, delivered, sent)


@command(app, "confirm")
def notices_confirm(
    shared: Shared,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="What a vendor or a mail server says became of notices.")] = None,
    notice: Annotated[str, typer.Option("--notice", metavar="ID", help="One notice that a person has sent.")] = "",
    how: Annotated[str, typer.Option("--how", help="How: fax, telephone, by hand.")] = "",
    evidence: Annotated[str, typer.Option("--evidence", help="What shows it: a transmission report, a ticket.")] = "",
    at: Annotated[str, typer.Option("--at", help="When, in plan time: 2026-03-05T21:00; now when left out.")] = "",
) -> int:
    """Write down what became of notices: from a file, or of one that a person has sent."""
    from pipeline.confirming import confirm

    if (file is None) == (not notice):
        raise UsageError("a file or --notice is needed, not both")
    if notice:
        return _confirm_one(shared, notice, how, evidence, at)
    if file is None or not file.is_file():
        raise UsageError(f"{file}: no such file")
    with shared.context() as context:
        try:
            told = confirm(context, file)
        except ValueError as error:
            raise UsageError(f"{file}: {error}") from None
        data = {"counts": told.counts, "faults": [{"row": row, "why": why} for row, why in told.faults]}
        shared.outcome(context, data, lambda: shared.terminal.counts("confirm", told.counts))
    for row, why in told.faults:
        shared.terminal.fault(f"row {row}: {why}; nothing was changed by it")
    return ATTENTION if told.attention else DONE


def _confirm_one(shared: Shared, notice: str, how: str, evidence: str, at: str) -> int:
    from pipeline.confirmations import moment
    from pipeline.confirming import confirm_by_hand

    if not (how and evidence):
        raise UsageError("--notice needs --how and --evidence")
    with shared.context() as context:
        try:
            when = moment(at, context.workspace.settings) if at else context.as_of
            changed = confirm_by_hand(context, notice, how, evidence, when)
        except ValueError as error:
            raise UsageError(str(error)) from None
        counts = {"sent": int(changed), "repeated": int(not changed)}
        shared.outcome(context, {"counts": counts}, lambda: shared.terminal.counts("confirm", counts))
    return DONE


def deliver(shared: Shared) -> int:
    """Send the notices that are queued, and put files of the outbox where they belong."""
    from pipeline.sending import send

    with shared.context() as context:
        delivered, sent = send(context)

    def show() -> None:
        shared.terminal.counts("deliver", delivered.counts)
        shared.terminal.counts("send", sent.counts)

    shared.terminal.result(_data(delivered, sent) | {"counts": delivered.counts}, show)
    return _told(shared, delivered, sent)


def _data(delivered: Delivered, sent: Sent) -> dict[str, object]:
    return {
        "counts": sent.counts,
        "notices": sent.counts,
        "out_of_reach": dict([*delivered.out_of_reach, *sent.out_of_reach]),
        "lost": delivered.lost,
        "unwritten": dict(sent.unwritten),
    }


def _told(shared: Shared, delivered: Delivered, sent: Sent) -> int:
    """Say on stderr what needs a person. Returns the exit code."""
    shared.say_out_of_reach([*delivered.out_of_reach, *sent.out_of_reach])
    shared.say_unwritten(sent.unwritten)
    if sent.counts["failed"]:
        shared.terminal.fault(f"notices that the mail server refused for good: {sent.counts['failed']}; see outbox/notices/manual.csv")
    if sent.put_off:
        shared.terminal.fault(f"notices that the mail server asked to be given later: {sent.put_off}; the next run tries again")
    if delivered.lost:
        shared.terminal.fault(f"{delivered.lost} files are no longer in the outbox as they were made: restore them from the backup")
    return ATTENTION if delivered.attention or sent.attention else DONE
