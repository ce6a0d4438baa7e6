"""Every golden month comes out as it stands in its folder, to the letter."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.golden.months import CASES, cases, expected, play


@pytest.mark.parametrize("name", cases())
def test_month_comes_out_as_expected(name: str, tmp_path: Path) -> None:
    came, wanted = play(name, tmp_path / "plan"), expected(name)
    differences = [
        line
        for path in sorted(came.keys() | wanted.keys())
        for line in difflib.unified_diff(
            wanted.get(path, "").splitlines(), came.get(path, "").splitlines(), f"expected/{path}", f"came/{path}", lineterm="", n=1
        )
    ]
    assert not differences, "\n".join(["(python -m tests.golden regenerate, once the difference is wanted)", *differences])


def test_every_month_tells_its_story() -> None:
    assert [name for name in cases() if not (CASES / name / "README.md").is_file()] == []
