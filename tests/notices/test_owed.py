"""From files to the ledger: half a year of nights in which every kind of notice falls due. All people are made up."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from pipeline.store import latest
from tests.workspaces import bring, clr, copied, extract, member, new_workspace, provider, referral, rtf, send

ALTURA = provider("ALTURA", "1234567893", "ECM")
BONITA = provider("BONITA", "1245319599", "ECM")
UNDECIDED = {"authorization_status": "Under Review", "decision_at": "", "authorization_effective": "", "authorization_end": ""}
MEMBERS = [
    member("90000001A", "Ana", "One") | {"pcp_name": "Poe, Dana, MD", "pcp_npi": "1111111112"},
    member("90000002A", "Ben", "Two") | {"city": ""},
    member("90000003A", "Cleo", "Three"),
]

REFERRALS = [
    referral("R-1", "90000001A", "ALTURA"),
    referral("R-2", "90000002A", "ALTURA") | {"authorization_status": "Denied", "denial_reason": "not eligible"},
    referral("R-3", "90000003A", "BONITA") | UNDECIDED | {"assigned_at": "2025-09-04T10:00", "streamlined_start": "2025-09-04"},
]
NIGHTS = ("2025-09-05", "2025-09-26", "2025-10-02", "2025-10-06", "2025-10-10", "2025-11-03")


def months(root: Path, nights: Sequence[str] = NIGHTS) -> Path:
    """A plan that sends its MIF on September 5 and hears nothing of its providers."""
    new_workspace(root, [ALTURA, BONITA])
    bring(root, "members.csv", extract("members", MEMBERS))
    bring(root, "referrals.csv", extract("referrals", REFERRALS))
    assert clr(root, "intake", as_of="2025-09-05T08:00").code == 0
    assert clr(root, "emit", "mif", as_of="2025-09-05T09:00").code == 0
    for night in nights:
        done = clr(root, "run", "nightly", "--quiet", as_of=f"{night}T21:00")
        assert done.code in (0, 3), done.err
    return root


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return months(tmp_path_factory.mktemp("owed") / "plan")


def ledger(root: Path) -> pl.DataFrame:
    return latest(root / "store").current("notices")


def test_every_kind_is_owed_once(plan: Path) -> None:
    told = Counter(ledger(plan).select(pl.format("{} {}", "kind", "recipient_kind")).to_series())
    assert told == {
        "authorization_decision referring_entity": 2,
        "authorization_decision member": 2,
        "assignment member": 2,
        "assignment referring_entity": 2,
        "pcp_assignment pcp": 1,
        "streamlined_ending provider": 1,  # of R-3, five business days before Saturday, October 4: Monday, September 29
        "rtf_reminder provider": 4,  # of September and October
        "rtf_late provider": 2,
        "aging provider": 2,
        "pending_update member": 2,  # sixty days after September 4
    }


def test_each_says_what_started_it_and_by_when(plan: Path) -> None:
    rows = ledger(plan).filter(
        pl.col("provider_id") == "BONITA", pl.col("referral_id").is_null() | (pl.col("kind") == "streamlined_ending")
    )
    zone = pl.col("trigger_at", "due_at").dt.convert_time_zone("America/Los_Angeles").dt.strftime("%m-%d %H:%M")
    assert rows.sort("due_at").with_columns(zone).select("kind", "period", "trigger_at", "due_at", "known_by", "state").rows() == [
        ("streamlined_ending", None, "09-26 00:00", "09-29 23:59", "000001-intake", "sent"),
        ("rtf_reminder", "2025-09", "09-30 00:00", "10-04 23:59", "schedule", "sent"),
        ("rtf_late", "2025-09", "10-05 23:59", "10-06 23:59", "schedule", "sent"),
        ("aging", "2025-10", "10-10 06:00", "10-13 23:59", "schedule", "sent"),
        ("rtf_reminder", "2025-10", "10-31 00:00", "11-04 23:59", "schedule", "sent"),
    ]
    assert rows["late_because"].null_count() == rows.height
    assert rows["sent_at"].null_count() == 0


def test_the_list_behind_an_aging_notice_lies_in_the_providers_own_folder(plan: Path) -> None:
    listed = {path.parent.parent.name: path for path in sorted(plan.glob("mailboxes/*/from_plan/AGING_*"))}
    assert {name: path.name for name, path in listed.items()} == {
        "altura": "AGING_sunrise_ALTURA_20251010.csv",
        "bonita": "AGING_sunrise_BONITA_20251010.csv",
    }
    [row] = csv.DictReader(listed["bonita"].read_text("utf-8").splitlines())
    assert row | {"referral_id": "R-3", "sent_on": "2025-09-05", "days_open": "35", "bucket": "30-59", "past_goal": "false"} == row
    [letter] = [text for path in plan.glob("mailboxes/bonita/from_plan/NOTICE_*.txt") if "AGING_" in (text := path.read_text("utf-8"))]
    assert listed["bonita"].name in letter


def test_who_cannot_be_reached_is_on_the_exception_list(plan: Path) -> None:
    rows = list(csv.DictReader((plan / "outbox/notices/exceptions.csv").read_text("utf-8").splitlines()))
    ben = [row for row in rows if row["cin"] == "90000002A"]
    assert [(row["recipient"], row["why"], row["referrals"], row["notices"]) for row in ben] == [
        ("Ben Two", "no contact on file: the address on file has no city", "R-2", "1")
    ]


def test_a_night_repeated_and_a_rebuild_change_nothing(plan: Path) -> None:
    before = latest(plan / "store").read("notices")
    assert clr(plan, "run", "nightly", "--quiet", as_of=f"{NIGHTS[-1]}T21:00").code in (0, 3)
    assert clr(plan, "store", "rebuild", as_of=f"{NIGHTS[-1]}T22:00").code == 0
    assert latest(plan / "store").read("notices").equals(before)


def test_the_same_files_give_the_same_ledger_elsewhere(tmp_path: Path) -> None:
    one, other = (ledger(months(tmp_path / name, NIGHTS[3:4])) for name in ("one", "other"))
    assert one.height > 0
    assert one.equals(other)


def test_a_closure_ends_the_updates(plan: Path, tmp_path: Path) -> None:
    later = copied(plan, tmp_path / "plan")
    row = {"cin": "90000001A", "member_last_name": "One", "member_first_name": "Ana", "status_date": "11/20/2025"}
    closed = [row | {"referral_status": "5", "closure_reason": "1"}]
    send(later, "altura", "november.csv", rtf("rtf-ecm", ALTURA, closed, "11/2025", "12/01/2025"), "2025-12-01T16:00")
    assert clr(later, "run", "nightly", "--quiet", as_of="2026-01-05T21:00").code in (0, 3)
    updates = ledger(later).filter(kind="pending_update")
    assert dict(updates.group_by("referral_id").len().rows()) == {"R-1": 1, "R-3": 2}
    closure = ledger(later).filter(kind="loop_closure").row(0, named=True)
    assert (closure["referral_id"], closure["recipient_kind"], closure["tells"]) == ("R-1", "referring_entity", "Services Received")
