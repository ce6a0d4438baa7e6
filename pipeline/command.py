"""What every command of `clr` has in common: its options, its moment taken for now, and what it says and ends with.

The clock and the environment are read here, and nowhere else.
"""

from __future__ import annotations

import errno
import functools
import inspect
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from config.errors import ConfigurationError
from outputs.console import Terminal
from pipeline.interruption import Stopped, listen

DONE, BUG, USAGE, ATTENTION, LOCKED, DAMAGED = 0, 1, 2, 3, 4, 5
PANIC = "PanicException"  # what the native code of polars raises on a file cut short; it is no Exception
DISK_TROUBLE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE}

OPTIONS: dict[str, tuple[Any, Any]] = {
    "workspace": (Annotated[Path, typer.Option("--workspace", envvar="CLR_WORKSPACE", help="The plan's folder.")], Path()),
    "as_of": (
        Annotated[str, typer.Option("--as-of", help="The moment taken for now, in plan time: 2026-03-05T21:00.", show_default="now")],
        "",
    ),
    "as_json": (Annotated[bool, typer.Option("--json", help="Result on stdout as one JSON object.")], False),
    "quiet": (Annotated[bool, typer.Option("--quiet", help="No talk on stderr.")], False),
    "verbose": (Annotated[bool, typer.Option("--verbose", help="More talk on stderr.")], False),
    "wait": (Annotated[float, typer.Option("--wait", help="Seconds to wait for the lock.")], 0.0),
    "dry_run": (Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write and send nothing.")], False),
}


class UsageError(Exception):
    """Raised when a command is asked for something that it cannot do; says what it can."""


@dataclass(frozen=True)
class Shared:
    """The options that every command has, and the terminal that it speaks to."""

    workspace: Path
    as_of: str
    as_json: bool
    quiet: bool
    verbose: bool
    wait: float
    dry_run: bool

    @functools.cached_property
    def terminal(self) -> Terminal:
        return Terminal(as_json=self.as_json, quiet=self.quiet, verbose=self.verbose)

    def now(self, time_zone: Any) -> datetime:
        """The moment taken for now, in UTC. Raises UsageError when `--as-of` is none."""
        if not self.as_of:
            return datetime.now(UTC)
        try:
            moment = datetime.fromisoformat(self.as_of)
        except ValueError:
            raise UsageError(f"--as-of {self.as_of}: a moment such as 2026-03-05T21:00 is needed") from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=time_zone)).astimezone(UTC)

    def say_out_of_reach(self, faults: Iterable[tuple[str, str]]) -> None:
        """One line for each mailbox and server that could not be reached, with the kind of fault."""
        for place, fault in faults:
            what = "out of reach" if " " in place or "/" in place else "mailbox out of reach"
            self.terminal.fault(f"{place}: {what} ({fault}); the others were served, and the next run tries again")

    def say_unwritten(self, faults: Iterable[tuple[str, str]]) -> None:
        """One line for each template that kept notices from being written, with their number."""
        by_template = Counter(fault for _, fault in faults)
        for fault, notices in by_template.items():
            self.terminal.fault(f"{fault}; notices that wait for it: {notices}")

    def outcome(self, context: Any, data: Mapping[str, object], show: Callable[[], None]) -> None:
        """The result of a job, while its context lasts; in a dry run with everything that the job would add to the workspace."""
        if not self.dry_run:
            self.terminal.result(data, show)
            return
        from pipeline.forecast import forecast

        coming = forecast(context)

        def show_all() -> None:
            show()
            coming.show(self.terminal)

        self.terminal.result({**data, **coming.as_data()}, show_all)

    @contextmanager
    def context(self) -> Iterator[Any]:
        """Open the workspace for a job, with progress shown while it lasts; what of its own files is not used is told in one line.

        In a dry run it is a copy, and the job may do there what it likes.
        """
        from pipeline.rehearsal import rehearsed
        from pipeline.workspace import open_workspace

        workspace = open_workspace(self.workspace)
        if workspace.warnings:
            more = len(workspace.warnings) - 1
            self.terminal.say(f"clr: {workspace.warnings[0]}" + (f" (and {more} more: `clr check` tells all)" if more else ""))
        with self.work_in(workspace) as context:
            if not self.dry_run:
                yield context
                return
            with rehearsed(context) as copy:
                yield copy

    @contextmanager
    def work_in(self, workspace: Any) -> Iterator[Any]:
        """What a job is given from outside, for a workspace that is open."""
        from pipeline.run import Context

        now = self.now(workspace.settings.plan.zone)
        with self.terminal.progress() as move:
            yield Context(workspace, now, os.environ, wait=self.wait, progress=move)


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., int]], Callable[..., None]]:
    """Register a command: a function of `Shared` and its own options, which returns the exit code."""

    def register(function: Callable[..., int]) -> Callable[..., None]:
        own = [one for one in inspect.signature(function, eval_str=True).parameters.values() if one.name != "shared"]
        shared = [
            inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for option, (annotation, default) in OPTIONS.items()
        ]

        @functools.wraps(function)
        def run(**given: Any) -> None:
            options = Shared(**{option: given.pop(option) for option in OPTIONS})
            raise typer.Exit(_ended(options, lambda: function(options, **given)))

        keyword = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
        run.__signature__ = inspect.Signature([*keyword, *shared])  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in [*keyword, *shared]}
        app.command(name)(run)
        return run

    return register


def _ended(shared: Shared, work: Callable[[], int]) -> int:
    """Run a command and turn what stops it into words and an exit code."""
    listen()
    terminal = shared.terminal
    try:
        return work()
    except (ConfigurationError, UsageError) as error:
        terminal.fault(f"clr: {error}")
        return USAGE
    except Stopped:
        terminal.fault("clr: stopped; what was not committed is undone, and the next run goes on from there")
        return ATTENTION
    except OSError as error:
        if error.errno in DISK_TROUBLE:
            terminal.fault(f"clr: {os.strerror(error.errno)}; nothing was committed, and the next run goes on from there")
            return ATTENTION
        return _bug(error)
    except Exception as error:
        return _known_stop(shared, error)
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        return _known_stop(shared, error)


def _known_stop(shared: Shared, error: BaseException) -> int:
    from pipeline.business_days import CalendarNotConfirmed
    from pipeline.run import Locked
    from pipeline.store import StoreDamaged

    for kind, code in ((Locked, LOCKED), (StoreDamaged, DAMAGED), (CalendarNotConfirmed, USAGE)):
        if isinstance(error, kind):
            shared.terminal.fault(f"clr: {error}")
            return code
    if damaged := _damages(shared.workspace):
        shared.terminal.fault(f"clr: the store is damaged: {damaged[0]}; nothing was committed. `clr store verify` lists every damage")
        return DAMAGED
    return _bug(error)


def _damages(workspace: Path) -> list[str]:
    """What is wrong with the store: looked for only once something has failed in a way that nobody expected."""
    from pipeline.store import StoreDamaged, damages, latest

    try:
        return damages(latest(workspace / "store"))
    except StoreDamaged as error:
        return [str(error)]


def _bug(error: BaseException) -> int:
    """A traceback without the error's text and without values: either may quote a member's data."""
    for frame in traceback.extract_tb(error.__traceback__):
        print(f"  {frame.filename}:{frame.lineno} in {frame.name}", file=sys.stderr)
    print(f"clr: a bug: {type(error).__name__}. Nothing was committed. Please report the lines above; they hold no data.", file=sys.stderr)
    return BUG
