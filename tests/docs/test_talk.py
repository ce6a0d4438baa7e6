"""What cron's mail holds: the page on operations promises that a quiet command is not a silent one."""

import subprocess
import sys
from pathlib import Path


def test_a_quiet_command_still_says_in_one_line_why_it_ended(tmp_path: Path) -> None:
    folder = tmp_path / ("long-name-" * 12)
    ended = subprocess.run(
        [sys.executable, "-m", "pipeline", "check", "--quiet", "--workspace", folder], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == [f"clr: {folder}/clr.toml: no such file; `clr init` makes a workspace, --workspace names one"]
