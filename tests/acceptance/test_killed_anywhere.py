"""A command killed at any change of the disk, and run again, leaves what it would have left undisturbed: nothing is lost or doubled.

Commands are killed at some of their changes; `EVERY_CHANGE=1` kills them at each.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from pipeline.store import latest
from schemas.tables import TABLES
from tests.acceptance.conftest import CAME, STEPS
from tests.acceptance.killing import runner
from tests.workspaces import clr, copied, files

KILLS = 8  # of each command, spread over its changes
KILLED = {name: (name, as_of) for name, as_of in STEPS if name != "emit asf"}
KILLED["run due"] = ("emit mif", "2025-09-15T22:00")  # the day of the MIF, and the first night


@pytest.mark.parametrize("name", KILLED)
def test_command_killed_at_any_change_is_made_good_by_the_next_run(name: str, before: dict[str, Path], tmp_path: Path) -> None:
    arguments, (state, as_of) = name.split(), KILLED[name]
    with runner() as clr_in_child:
        undisturbed = copied(before[state], tmp_path / "undisturbed")
        count = clr_in_child.changes(undisturbed, arguments, as_of)
        wanted = outcome(undisturbed)
        assert count > KILLS
        for fatal in chosen(count):
            root = copied(before[state], tmp_path / "killed")
            clr_in_child.kill(root, arguments, as_of, fatal)
            clr_in_child.changes(root, arguments, as_of)
            came = outcome(root)
            shutil.rmtree(root)
            differing = [what for what in sorted(wanted.keys() | came.keys()) if wanted.get(what) != came.get(what)]
            assert differing == [], f"killed at change {fatal} of {count}"


def test_move_cut_off_between_its_two_steps_is_finished(before: dict[str, Path], tmp_path: Path) -> None:
    """On this machine a file is moved by a second name and the loss of the first: in between it has both."""
    root = copied(before["ingest"], tmp_path / "plan")
    folder = root / "mailboxes" / "altura" / "to_plan"
    moved = next((folder / "processed").glob("*october.csv"))
    os.link(moved, folder / "october.csv")
    assert clr(root, "collect", as_of=CAME).code == 0
    assert [path.name for path in folder.iterdir()] == ["processed"]
    assert moved.is_file()


def chosen(count: int) -> list[int]:
    """At which changes a command is killed, the first and the last among them."""
    if os.environ.get("EVERY_CHANGE") or count <= KILLS:
        return list(range(1, count + 1))
    return sorted({1 + round(place * (count - 1) / (KILLS - 1)) for place in range(KILLS)})


def outcome(root: Path) -> dict[str, object]:
    """Everything that a workspace amounts to: rows of every table, the runs, and every file outside the store."""
    snapshot = latest(root / "store")
    tables = {f"table {name}": sorted(map(str, snapshot.scan(name).collect().rows())) for name in TABLES}
    told = snapshot.runs.filter(pl.col("counts").str.replace(r'"files": \d+', "").str.contains("[1-9]"))  # not of extracts put away alone
    runs: dict[str, object] = {"runs": told.drop("versions", "digests").rows()}
    outside = {name: digest for name, digest in files(root).items() if not name.startswith(("store/", "logs/")) and name != "clr.toml"}
    return runs | tables | outside
