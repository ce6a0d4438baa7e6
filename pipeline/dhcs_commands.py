"""The commands of `clr dhcs`: what each is asked for, and how its result is shown. The work is done elsewhere."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.command import ATTENTION, DONE, Shared, UsageError, command
from pipeline.reports import wrong_usage

if TYPE_CHECKING:
    from pipeline.dhcs_build import Built
    from pipeline.dhcs_check import Checked

app = typer.Typer(no_args_is_help=True, help="The monthly submission to DHCS.")
PeriodOption = Annotated[str, typer.Option("--period", help="Month, YYYY-MM; the last one due when left out.")]
KnownOption = Annotated[str, typer.Option("--known-at", help="Make again what was made then, into the reports: 2026-03-06T08:00.")]
FileOption = Annotated[Path | None, typer.Argument(metavar="FILE", help="A submission; the last one made when left out.")]


@command(app, "build")
def dhcs_build(shared: Shared, period: PeriodOption = "", known_at: KnownOption = "") -> int:
    """Write the month's submission: what was not yet told, as originals, replacements and voids."""
    from pipeline.dhcs_build import build

    with shared.context() as context, wrong_usage():
        zone = context.workspace.settings.plan.zone
        built = build(context, period, replace(shared, as_of=known_at).now(zone) if known_at else None)
    shared.terminal.result(asdict(built), lambda: _show_built(shared, built))
    for one in built.broken:
        shared.terminal.fault(f"not written, for the schema is not kept: {one}")
    if built.held_back:
        records = built.counts["held_back"]
        shared.terminal.fault(f"records that do not keep the schema and were held back: {records}; `--json` lists them")
    return ATTENTION if built.attention else DONE


@command(app, "check")
def dhcs_check(shared: Shared, file: FileOption = None) -> int:
    """Hold a submission against its schema, and its counts against the history as known when it was made."""
    from pipeline.dhcs_check import check

    _there(file)
    with shared.context() as context, wrong_usage():
        checked = check(context, file)
    data = asdict(checked) | {"differing": checked.differing}
    shared.terminal.result(data, lambda: _show_checked(shared, checked))
    return ATTENTION if checked.attention else DONE


@command(app, "response")
def dhcs_response(shared: Shared, file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSON, as DHCS sent it.")]) -> int:
    """Take in a response of DHCS: every record that it refuses becomes a finding."""
    from pipeline.dhcs_response import load_response

    _there(file)
    with shared.context() as context, wrong_usage():
        counts = load_response(context, file)
    shared.terminal.result({"counts": counts}, lambda: shared.terminal.counts("response", counts))
    return ATTENTION if counts["read"] else DONE


def _there(file: Path | None) -> None:
    if file is not None and not file.is_file():
        raise UsageError(f"{file}: no such file")


def _show_built(shared: Shared, built: Built) -> None:
    shared.terminal.line(f"{built.file} ({built.usage})" if built.file else f"nothing written: {built.why}")
    shared.terminal.counts(f"dhcs {built.period}", dict(built.counts))


def _show_checked(shared: Shared, checked: Checked) -> None:
    import polars as pl

    shared.terminal.lines(checked.breaks)
    shared.terminal.line("as it was made" if checked.as_made else "not as it was made: its bytes are others")
    shared.terminal.table(pl.DataFrame(list(checked.counts)), f"{checked.file}: {len(checked.differing)} counts differ")
