"""`clr check`: what was looked at and found good, then every mistake, as words or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from config.errors import ConfigurationError, Mistake
from pipeline.command import ATTENTION, DONE, Shared
from pipeline.inspection import Line, inspect_files, inspect_workspace
from pipeline.workspace import open_workspace

NOT_ASKED = "calendar, keys and mailboxes are looked at once these mistakes are put right:"


def check_workspace(shared: Shared, provider_id: str) -> int:
    """Check a workspace and say what was found. Returns 0 when all is good, else 3. Raises ConfigurationError, having told what is good."""
    try:
        workspace = open_workspace(shared.workspace)
        with shared.work_in(workspace) as context:
            found = inspect_workspace(context, provider_id)
    except ConfigurationError as error:
        good = inspect_files(shared.workspace, error.mistakes)
        told = {"warnings": (), "notes": (), "mistakes": error.mistakes}
        shared.terminal.result(_data(good, told), lambda: _say_good(shared, good))
        raise
    told = {"warnings": workspace.warnings, "notes": workspace.notes, "mistakes": ()}
    shared.terminal.result(_data(found, told), lambda: shared.terminal.lines(_lines(found, told)))
    return DONE if all(line.good for line in found) and not workspace.warnings else ATTENTION


def _data(found: Sequence[Line], told: Mapping[str, Sequence[Mistake]]) -> dict[str, object]:
    return {"checks": [asdict(line) for line in found], **{name: [asdict(one) for one in of_name] for name, of_name in told.items()}}


def _lines(found: Sequence[Line], told: Mapping[str, Sequence[Mistake]]) -> Iterator[str]:
    """Good things first, then whatever is not."""
    yield from (f"ok    {line.what}  {line.detail}".rstrip() for line in found if line.good)
    yield from (f"note  {one}" for one in told["notes"])
    yield from (f"warn  {one}" for one in told["warnings"])
    yield from (f"FAIL  {line.what}  {line.detail}" for line in found if not line.good)


def _say_good(shared: Shared, found: Sequence[Line]) -> None:
    """Beside mistakes there is no result: what is good is talk, and the mistakes follow as every command tells them."""
    for line in found:
        shared.terminal.say(f"ok    {line.what}  {line.detail}")
    if found:
        shared.terminal.say(NOT_ASKED)
