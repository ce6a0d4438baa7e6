"""The goals of a plan: the track of members without a home is never the slower one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspaces import clr, new_workspace, provider


@pytest.mark.parametrize(("days", "code"), [(90, 0), (91, 2)])
def test_the_faster_track_is_no_slower(days: int, code: int, tmp_path: Path) -> None:
    root = new_workspace(tmp_path / "plan", [provider("ALTURA", "1234567893")])
    with (root / "clr.toml").open("a") as file:
        file.write(f"[thresholds]\nhomeless_resolve_days = {days}\n")
    done = clr(root, "report", "aging", as_of="2026-01-20T08:00")

    assert done.code == code
    assert ("thresholds.homeless_resolve_days" in done.err and "would be no faster" in done.err) == (code == 2)
