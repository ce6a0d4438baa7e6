"""A report that was sent can be made again, to the byte, whatever has come since."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.reports.conftest import MADE_MIDWAY, SEEDS
from tests.reports.plans import MIDWAY, Truth
from tests.workspaces import clr, copied

FOLDER = f"reports/{MIDWAY[:10]}"


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("quarter", SEEDS[:1], indirect=True)
def test_report_made_again_as_known_then_is_the_same_to_the_byte(quarter: tuple[Path, Truth], tmp_path: Path) -> None:
    root = copied(quarter[0], tmp_path / "plan")
    sent = digests(root / FOLDER)
    for path in (root / FOLDER).iterdir():
        path.unlink()
    for report in MADE_MIDWAY:
        assert clr(root, "report", *report.split(), "--known-at", MIDWAY, as_of=MIDWAY).code == 0

    assert {Path(name).suffix for name in sent} == {".csv", ".xlsx", ".html"}
    assert digests(root / FOLDER) == sent


@pytest.mark.parametrize("quarter", SEEDS[:1], indirect=True)
def test_later_knowledge_of_the_same_moment_has_a_folder_of_its_own(quarter: tuple[Path, Truth], tmp_path: Path) -> None:
    root = copied(quarter[0], tmp_path / "plan")
    sent = digests(root / FOLDER)
    assert clr(root, "report", "aging", "--known-at", "2026-01-20T08:00", as_of=MIDWAY).code == 0

    assert digests(root / FOLDER) == sent
    assert digests(root / f"{FOLDER}_known_2026-01-20")["aging.csv"] != sent["aging.csv"]
