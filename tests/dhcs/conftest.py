"""The plan after each of its months: played once, and only read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.dhcs.plan import NOVEMBER, OCTOBER, begun, gone_on, ok, withdrawn
from tests.workspaces import clr


@pytest.fixture(scope="package")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """At the end of October, before anything was submitted."""
    return begun(tmp_path_factory.mktemp("dhcs") / "plan")


@pytest.fixture(scope="package")
def october(before: Path) -> Path:
    """The same place, once October was submitted."""
    ok(clr(before, "dhcs", "build", as_of=OCTOBER))
    return before


@pytest.fixture(scope="package")
def november(october: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it a month later, with November submitted. Its mailboxes are those of the first."""
    root = tmp_path_factory.mktemp("later") / "plan"
    shutil.copytree(october, root)
    text = (root / "clr.toml").read_text("utf-8")
    (root / "clr.toml").write_text(text.replace(str(october), str(root)), "utf-8")
    ok(clr(withdrawn(gone_on(root)), "dhcs", "build", as_of=NOVEMBER))
    return root


@pytest.fixture
def own(october: Path, tmp_path: Path) -> Path:
    """A copy of October's workspace to do with as one likes."""
    return Path(shutil.copytree(october, tmp_path / "plan"))
