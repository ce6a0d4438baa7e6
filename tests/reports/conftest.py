"""Plans that reports are made of: played once, and only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reports.plans import Truth, played

SEEDS = (1, 2, 3)
MADE_MIDWAY = ("aging", "closures", "denials --period 2025-10", "monitoring")


@pytest.fixture(scope="package", params=SEEDS)
def quarter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """A workspace after a quarter, and the truth about it."""
    root = tmp_path_factory.mktemp(f"quarter-{request.param}") / "plan"
    return root, played(root, request.param, MADE_MIDWAY if request.param == SEEDS[0] else ())
