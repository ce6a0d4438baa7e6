"""The commands that move notices: `clr notices …`, and `clr deliver`; what each is asked for, and how its result is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.command import ATTENTION, DONE, Shared, command

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
