"""`python -m tests.golden regenerate`: let every golden month expect what the program does now.

Refuses while anything below tests/golden is uncommitted, so that what changed can be seen, and taken back, by git alone.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.golden.months import CASES, cases, play, record


def main(arguments: list[str]) -> int:
    if arguments != ["regenerate"]:
        sys.stderr.write("python -m tests.golden regenerate\n")
        return 2
    command = ["git", "status", "--porcelain", "--untracked-files=all", "--", str(CASES)]
    if dirty := subprocess.run(command, cwd=CASES, capture_output=True, text=True, check=True).stdout:
        sys.stderr.write(f"commit these first, so that the difference shows:\n{dirty}")
        return 3
    for name in cases():
        with tempfile.TemporaryDirectory() as folder:
            record(name, play(name, Path(folder) / "plan"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
