"""The suite's own promise: what is skipped on a developer's machine fails on CI."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SKIPPED_TEST = "import pytest\ndef test_of_a_server():\n    pytest.skip('no server')\n"
SKIPPED_MODULE = "import pytest\npytest.importorskip('no_such_package')\n"
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_known():\n    raise AssertionError\n"


@pytest.mark.parametrize("source", [SKIPPED_TEST, SKIPPED_MODULE], ids=["test", "module"])
def test_a_skip_fails_on_ci_and_says_why(tmp_path: Path, source: str) -> None:
    ended, output = _suite(tmp_path, source, ci="true")
    assert ended != 0
    assert "nothing is skipped on CI" in output


def test_a_skip_elsewhere_is_a_skip(tmp_path: Path) -> None:
    ended, output = _suite(tmp_path, SKIPPED_TEST, ci="")
    assert (ended, "1 skipped" in output) == (0, True)


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    ended, output = _suite(tmp_path, EXPECTED_FAILURE, ci="true")
    assert (ended, "1 xfailed" in output) == (0, True)


def _suite(folder: Path, source: str, ci: str) -> tuple[int, str]:
    shutil.copy(CONFTEST, folder)
    (folder / "test_it.py").write_text(source, encoding="utf-8")
    command: list[str | Path] = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", folder, "-c", os.devnull, folder]
    done = subprocess.run(command, cwd=folder, env={**os.environ, "CI": ci}, check=False, capture_output=True, encoding="utf-8")
    return done.returncode, done.stdout + done.stderr
