"""What stands in a cell is shown to its sender and kept in the store; nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.layouts import INBOUND, RTF_CS, RTF_ECM
from tests.acceptance.conftest import CAME, ROSTER
from tests.workspaces import as_csv, clr_process, copied, rtf, send

MARKER = "xq7poison"
HOLDS_PHI = {"archive", "store", "quarantine", "mailboxes", "outbox"}  # private folders; below a mailbox, its own provider's files
PRIVATE = ("archive", "store", "quarantine", "outbox", "reports", "logs")
COMMANDS = ("collect", "ingest", "deliver", "run nightly")
RUNS_FIRST = """
import sys
from pipeline.cli import main
given = sys.argv[1:]
for words in {commands}:
    sys.argv = ["clr", *words]
    try:
        main()
    except SystemExit as ended:
        assert ended.code in (0, 3), words
sys.argv = ["clr", *given]
"""


@pytest.fixture(scope="module", params=["text", "json"])
def told(request: pytest.FixtureRequest, before: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A workspace that has taken in poisoned files, and everything that its commands said."""
    root = copied(before["collect"], tmp_path_factory.mktemp("poisoned") / "plan")
    for path in root.glob("mailboxes/*/to_plan/*.csv"):
        path.unlink()
    send(root, "altura", "all of it.csv", everywhere(RTF_ECM), "2025-10-31T10:00")
    send(root, "bonita", "all of it.csv", everywhere(RTF_CS), "2025-10-31T10:00")
    ana = {"cin": "90000001A", "member_last_name": MARKER, "member_first_name": "Ana", "referral_status": "5", "status_date": "10/15/2025"}
    good = rtf(RTF_ECM, ROSTER[0], [ana | {"closure_reason": "1", "care_manager_name": MARKER, "member_pof": MARKER}])
    send(root, "altura", "some of it.csv", good, "2025-10-31T11:00")
    send(root, "altura", "cut off.csv", good + f'90000001A,"{MARKER}'.encode(), "2025-10-31T12:00")
    options = ["--json"] if request.param == "json" else ["--verbose"]
    *first, last = [[*command.split(), *options] for command in COMMANDS]
    placed = [[*words, "--workspace", str(root), "--as-of", CAME] for words in first]
    process = clr_process(root, *last, as_of=CAME, before=RUNS_FIRST.format(commands=placed))
    said = process.communicate(timeout=240)
    assert process.returncode in (0, 3), said[-1]
    return root, "".join(said)


def everywhere(kind: str) -> bytes:
    """A file whose every cell, and one heading, holds the marker."""
    headers = [element.header for element in INBOUND[kind].elements().values()]
    return as_csv([*headers, f"Column {MARKER}"], [dict.fromkeys([*headers, f"Column {MARKER}"], f"{MARKER} {row}") for row in range(3)])


def test_no_cell_is_shown_but_to_its_sender(told: tuple[Path, str]) -> None:
    root, said = told
    assert MARKER not in said
    for path in (path for path in root.rglob("*") if path.is_file()):
        place = path.relative_to(root)
        assert MARKER not in str(place)
        if place.parts[0] not in HOLDS_PHI:
            assert MARKER.encode() not in path.read_bytes(), place


def test_the_sender_is_shown_its_own_cells(told: tuple[Path, str]) -> None:
    """Else the test above would pass with files that nobody had read."""
    root, _ = told
    answers = [path.read_bytes() for path in root.glob("mailboxes/*/from_plan/*.findings.csv")]
    assert len(answers) == 4
    assert sum(MARKER.encode() in content for content in answers) >= 3


def test_receipts_and_reasons_hold_no_cell(told: tuple[Path, str]) -> None:
    root, _ = told
    receipts = list(root.glob("mailboxes/*/from_plan/*.receipt.json"))
    assert len(receipts) == 4
    assert all(MARKER.encode() not in path.read_bytes() for path in receipts)


def test_folders_of_the_workspace_are_private(told: tuple[Path, str]) -> None:
    root, _ = told
    assert [name for name in PRIVATE if (root / name).stat().st_mode & 0o077] == []
