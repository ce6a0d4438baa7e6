"""The late report as people work with it: notes that stay, what was refused and why, and each provider's own rows."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from schemas.layouts import RTF_ECM
from tests.reports.conftest import SEEDS
from tests.reports.plans import ROSTER, Truth
from tests.workspaces import clr, copied, rtf, send

NOW, NEXT = "2026-01-07T08:00", "2026-01-08T08:00"  # the files of December were due on the 5th
STRANGER = {"cin": "99999999X", "member_last_name": "No", "member_first_name": "One", "referral_status": "1", "status_date": "12/20/2025"}
pytestmark = pytest.mark.parametrize("quarter", SEEDS[:1], indirect=True)


def cells(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Rows of the work queue by provider and program."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for sheet in openpyxl.load_workbook(path):
        headings, *rows = sheet.iter_rows(values_only=True)
        if "Follow-up" in headings:
            told = [dict(zip(map(str, headings), row, strict=True)) for row in rows]
            found |= {(str(row["Provider ID"]), str(row["Program"])): row for row in told}
    return found


def write(path: Path, provider_id: str, note: str) -> None:
    """Somebody notes something in the last column of a provider's rows."""
    book = openpyxl.load_workbook(path)
    for sheet in book:
        headings = [cell.value for cell in sheet[1]]
        for row in sheet.iter_rows(min_row=2) if "Follow-up" in headings else ():
            if row[headings.index("Provider ID")].value == provider_id:
                row[headings.index("Follow-up")].value = note
    book.save(path)


@pytest.fixture
def root(quarter: tuple[Path, Truth], tmp_path: Path) -> Path:
    root = copied(quarter[0], tmp_path / "plan")
    assert clr(root, "report", "late", as_of=NOW).code == 0
    return root


def test_notes_are_carried_on_to_the_next_report_and_kept_by_the_same_one(root: Path) -> None:
    write(root / "reports/2026-01-07/late.xlsx", "ALTURA", "Called Ms. Diaz: new staff, file by Friday")
    for as_of in (NOW, NEXT):
        assert clr(root, "report", "late", as_of=as_of).code == 0
        notes = {pair: row["Follow-up"] for pair, row in cells(root / f"reports/{as_of[:10]}/late.xlsx").items()}
        assert notes["ALTURA", "ECM"] == "Called Ms. Diaz: new staff, file by Friday"
        assert {note for (provider_id, _), note in notes.items() if provider_id != "ALTURA"} == {None}


def test_a_workbook_that_cannot_be_read_is_put_aside_and_the_one_before_is_read(root: Path) -> None:
    write(root / "reports/2026-01-07/late.xlsx", "DELMAR", "Wrote on Monday")
    assert clr(root, "report", "late", as_of=NEXT).code == 0
    path = root / "reports/2026-01-08/late.xlsx"
    path.write_bytes(b"half a workbook")
    assert clr(root, "report", "late", as_of=NEXT).code == 0

    assert cells(path)["DELMAR", "ECM"]["Follow-up"] == "Wrote on Monday"
    assert path.with_name("late.unread.xlsx").read_bytes() == b"half a workbook"


def test_what_was_refused_is_told_with_the_reason_and_whom_to_call(root: Path) -> None:
    content = rtf(RTF_ECM, ROSTER["ALTURA"], [STRANGER], period="12/2025")
    send(root, "altura", "again.csv", content, "2026-01-05T10:00")
    assert clr(root, "collect", as_of="2026-01-05T20:00").code == 0
    [refused] = clr(root, "ingest", "--json", as_of="2026-01-05T20:00").json["submissions"]
    [told] = clr(root, "report", "late", "--json", as_of=NOW).json["files"]
    row = cells(root / "reports/2026-01-07/late.xlsx")["ALTURA", "ECM"]

    assert (told["submission_id"], told["status"], told["rows_rejected"]) == (refused["submission_id"], "REJECTED", 1)
    assert "R201 Not a member on your list" in told["refused_because"]
    assert row["What was refused, and why"] == f"{told['submission_id']} rejected: {told['refused_because']}"
    assert (row["Contact"], row["E-mail"]) == ("Files Desk", "files@altura.example")


def test_each_late_provider_gets_its_own_rows_once(root: Path) -> None:
    told = clr(root, "report", "late", "--deliver", "--json", as_of=NOW).json
    late = [row for row in told["late"] if row["class"] not in ("on_time", "nothing_due", "excused")]
    names = {row["provider_id"]: f"late_sunrise_{row['provider_id']}_2025-12.csv" for row in late}
    boxes = {path.parent.name: path.name for path in root.glob("outbox/*/late_*.csv")}

    assert boxes == names
    assert told["handed_out"]["files"] == len(names) > 0
    for provider_id, name in names.items():
        rows = list(csv.DictReader((root / "outbox" / provider_id / name).read_text("utf-8").splitlines()))
        assert {row["provider_id"] for row in rows} == {provider_id}
        assert {row["cin"] for row in rows if row["cin"]} == {row["cin"] for row in told["members"] if row["provider_id"] == provider_id}
    assert clr(root, "deliver", as_of=NOW).code == 0
    assert clr(root, "report", "late", "--deliver", "--json", as_of=NEXT).json["handed_out"]["files"] == 0
    assert {path.name for path in root.glob("mailboxes/*/from_plan/late_*.csv")} == set(names.values())


def test_the_report_of_then_is_made_again_to_the_byte(root: Path) -> None:
    folder = root / "reports/2026-01-07"
    sent = {path.name: path.read_bytes() for path in folder.iterdir()}
    content = rtf(RTF_ECM, ROSTER["ALTURA"], [STRANGER], period="12/2025")
    send(root, "altura", "later.csv", content, "2026-01-09T10:00")
    clr(root, "collect", as_of="2026-01-09T20:00")
    clr(root, "ingest", as_of="2026-01-09T20:00")
    assert clr(root, "report", "late", "--known-at", NOW, as_of=NOW).code == 0

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == sent
