"""`clr check`: what was looked at and found good, then every mistake, as words or JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        _tell(shared, good, {"warnings": (), "notes": (), "mistakes": error.mistakes})
        if good:
            shared.terminal.say(NOT_ASKED)
        raise
    _tell(shared, found, {"warnings": workspace.warnings, "notes": workspace.notes, "mistakes": ()})
    return DONE if all(line.good for line in found) and not workspace.warnings else ATTENTION


def _tell(shared: Shared, found: Sequence[Line], said: Mapping[str, Sequence[Mistake]]) -> None:
    """Good things first, then whatever is not; mistakes stand on stderr, as every command tells them."""
    data = {"checks": [asdict(line) for line in found], **{name: [asdict(one) for one in of_name] for name, of_name in said.items()}}
    lines = [f"ok    {line.what}  {line.detail}".rstrip() for line in found if line.good]
    lines += [f"note  {one}" for one in said["notes"]] + [f"warn  {one}" for one in said["warnings"]]
    lines += [f"FAIL  {line.what}  {line.detail}" for line in found if not line.good]
    shared.terminal.result(data, lambda: shared.terminal.lines(lines))
