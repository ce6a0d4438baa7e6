"""The plan that tests of outreach send trackers to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.outreach.trackers import sent_plan
from tests.workspaces import settings


@pytest.fixture(scope="package")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sent_plan(tmp_path_factory.mktemp("sent") / "plan")


@pytest.fixture
def plan(sent: Path, tmp_path: Path) -> Path:
    root = tmp_path / "plan"
    shutil.copytree(sent, root)
    (root / "clr.toml").write_text(settings(root), "utf-8")
    return root
