"""New phone numbers, addresses and homes that providers report: to the plan as a file, to other providers as a supplement."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from pipeline.store import latest
from tests.workspaces import bring, clr, extract, member, new_workspace, provider, referral, rtf, send, settings, table

ALTURA = provider("ALTURA", "1234567893", "ECM;CS")
BONITA = provider("BONITA", "1679576722", "ECM;CS")
ANA, LUIS = "90000001A", "90000002A"
OPEN = {"referral_status": "Accepted", "status_date": "10/10/2025"}
SAID = {"cin": ANA, "member_first_name": "Ana", "member_last_name": "Rivera"} | OPEN
MOVED = {"new_address": "Y", "address": "12 Oak Ave", "city": "El Centro", "state": "CA", "zip": "92243"}
CALLED = {"new_phone": "Y", "phone": "7605550101"}
HOUSING = {"service": "Housing Deposits"}
NIGHT = "2025-10-31T20:00"


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ana is with Altura for ECM and with Bonita for housing, Luis with Altura; both have been sent."""
    root = new_workspace(tmp_path_factory.mktemp("sent") / "plan", (ALTURA, BONITA))
    people = (member(ANA, "Ana", "Rivera") | {"phone": "6195550100"}, member(LUIS, "Luis", "Moreno"))
    placed = (
        referral("R-1", ANA, "ALTURA"),
        referral("R-2", ANA, "BONITA", program="CS", service="Housing Deposits"),
        referral("R-3", LUIS, "ALTURA"),
    )
    bring(root, "members.csv", extract("members", people))
    bring(root, "referrals.csv", extract("referrals", placed))
    for command in (("intake",), ("emit", "mif"), ("emit", "asf"), ("deliver",)):
        assert clr(root, *command, as_of="2025-09-05T09:00").code == 0
    return root


@pytest.fixture
def plan(sent: Path, tmp_path: Path) -> Path:
    root = tmp_path / "plan"
    shutil.copytree(sent, root)
    (root / "clr.toml").write_text(settings(root), "utf-8")
    return root


def reports(root: Path, *rows: dict[str, str], at: str = NIGHT, kind: str = "rtf-ecm", by: dict[str, str] = ALTURA) -> None:
    """A provider sends a file, and the plan takes it in."""
    made = f"{at[5:7]}/{at[8:10]}/{at[:4]}"
    send(root, by["mailbox"], f"{at}.csv", rtf(kind, by, [SAID | row for row in rows], made=made), at)
    assert clr(root, "collect", as_of=at).code == 0
    assert clr(root, "ingest", as_of=at).code in (0, 3)


def told(root: Path, day: str = "20251031") -> list[dict[str, str]]:
    """What the plan's own systems find of a day."""
    path = root / "outbox" / "plan" / f"contact_changes_{day}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def phones(root: Path, day: str = "20251031") -> list[str]:
    return [row["phone"] for row in told(root, day) if row["what"] == "phone"]


def supplements(root: Path, kind: str, mailbox: str, at: str = "2025-11-10T09:00") -> dict[str, tuple[str, str]]:
    """Supplemental phone number and address by CIN on the next MIF or ASF."""
    assert clr(root, "emit", kind, as_of=at).code == 0
    [path] = (root / "outbox" / mailbox.upper()).glob(f"{kind.upper()}_*_{at[:10].replace('-', '')}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["Medi-Cal Member Client Index Number (CIN)"]: (row["Supplemental Phone Number"], row["Supplemental Address"]) for row in rows
    }


def test_a_provider_that_says_of_the_home_what_the_plan_holds_tells_nothing_new(plan: Path) -> None:
    reports(plan, CALLED | {"homeless": "N"})
    assert [row["what"] for row in told(plan)] == ["phone"]


def test_new_address_phone_and_home_reach_the_plan_and_leave_its_member_data_alone(plan: Path) -> None:
    members = table(plan, "members")
    reports(plan, MOVED | CALLED | {"homeless": "Y"})
    changes = {row["what"]: row for row in told(plan)}
    assert set(changes) == {"address", "phone", "homeless"}
    assert [changes["address"][name] for name in ("address", "city", "state", "zip")] == ["12 Oak Ave", "El Centro", "CA", "92243"]
    assert changes["phone"]["phone"] == "7605550101"
    assert changes["homeless"]["homeless"] == "Y"
    assert {(row["plan"], row["cin"], row["referral_id"], row["provider_id"]) for row in told(plan)} == {("sunrise", ANA, "R-1", "ALTURA")}
    assert {row["received_at"] for row in told(plan)} == {"2025-10-31T20:00:00-07:00"}
    assert {row["row"] for row in told(plan)} == {"2"}
    assert table(plan, "members").equals(members)


def test_contact_data_without_its_indicator_is_no_change(plan: Path) -> None:
    reports(plan, MOVED | CALLED | {"new_address": "N", "new_phone": ""})
    assert told(plan) == []
    assert table(plan, "contact_changes").is_empty()


def test_a_rejected_row_changes_nothing_and_one_that_says_no_more_than_its_contacts_does(plan: Path) -> None:
    reports(plan, OPEN)
    reports(plan, CALLED, CALLED | {"cin": LUIS, "member_first_name": "Somebody", "member_last_name": "Else"}, at="2025-11-01T20:00")
    assert sorted(table(plan, "rows")["outcome"]) == ["accepted", "rejected", "unchanged"]
    assert [row["cin"] for row in told(plan, "20251101")] == [ANA]


def test_a_held_file_changes_nothing_until_it_is_released(plan: Path) -> None:
    stranger = SAID | {"cin": "90000009A"}
    reports(plan, CALLED, stranger, stranger | {"status_date": "10/11/2025"})
    assert told(plan) == []
    [held] = table(plan, "submissions")["submission_id"]
    assert clr(plan, "ingest", "--release", held, as_of="2025-11-02T09:00").code == 3
    assert phones(plan, "20251102") == ["7605550101"]


def test_the_same_said_again_is_no_new_change_and_what_is_said_after_another_is(plan: Path) -> None:
    reports(plan, CALLED, CALLED | {"status_date": "10/11/2025"})
    assert phones(plan) == ["7605550101"]
    reports(plan, CALLED, at="2025-11-01T20:00")
    assert told(plan, "20251101") == []
    reports(plan, CALLED | {"phone": "7605550102"}, at="2025-11-02T20:00")
    reports(plan, CALLED, at="2025-11-03T20:00")
    assert [phones(plan, day) for day in ("20251102", "20251103")] == [["7605550102"], ["7605550101"]]
    assert table(plan, "contact_changes")["change_id"].n_unique() == 3


def test_each_provider_speaks_for_itself(plan: Path) -> None:
    reports(plan, CALLED)
    reports(plan, CALLED | HOUSING, at="2025-11-01T20:00", kind="rtf-cs", by=BONITA)
    assert [(row["provider_id"], row["referral_id"]) for row in told(plan) + told(plan, "20251101")] == [
        ("ALTURA", "R-1"),
        ("BONITA", "R-2"),
    ]


def test_the_file_of_a_day_keeps_what_an_earlier_run_of_the_day_wrote(plan: Path) -> None:
    reports(plan, CALLED, at="2025-10-31T12:00")
    reports(plan, MOVED, at="2025-10-31T20:00")
    reports(plan, {"homeless": "Y"}, at="2025-11-01T09:00")
    assert [row["what"] for row in told(plan)] == ["phone", "address"]
    assert [row["what"] for row in told(plan, "20251101")] == ["homeless"]


def test_a_day_without_changes_has_no_file_and_replays_change_none(plan: Path) -> None:
    reports(plan, CALLED)
    before = (plan / "outbox/plan/contact_changes_20251031.csv").read_bytes()
    reports(plan, OPEN | {"status_date": "10/12/2025"}, at="2025-11-01T20:00")
    assert clr(plan, "ingest", as_of="2025-11-02T20:00").code == 0
    assert [path.name for path in (plan / "outbox/plan").iterdir()] == ["contact_changes_20251031.csv"]
    assert (plan / "outbox/plan/contact_changes_20251031.csv").read_bytes() == before


def test_changes_do_not_depend_on_the_order_of_processing(plan: Path) -> None:
    """A file received first and held, then another that says something else; released, the first comes before it."""
    stranger = SAID | {"cin": "90000009A"}
    reports(plan, CALLED, stranger, stranger | {"status_date": "10/11/2025"}, at="2025-10-30T20:00")
    reports(plan, CALLED, at="2025-10-31T20:00")
    reports(plan, CALLED | {"phone": "7605550102"}, at="2025-11-01T20:00")
    [held] = table(plan, "submissions").filter(status="HELD")["submission_id"]
    clr(plan, "ingest", "--release", held, as_of="2025-11-02T09:00")
    changes = table(plan, "contact_changes").sort("received_at")
    assert changes["phone"].to_list() == ["7605550101", "7605550102"]
    assert changes["submission_id"].to_list()[0] == held
    assert told(plan, "20251102") == []
    assert clr(plan, "store", "rebuild", "--json", as_of="2025-11-03T09:00").json == {
        "changed": {"events": 0, "loops": 0, "contact_changes": 0}
    }


def test_later_files_to_every_provider_of_the_member_carry_what_was_reported_last(plan: Path) -> None:
    reports(plan, MOVED | CALLED)
    reports(plan, CALLED | {"phone": "7605550102"} | HOUSING, at="2025-11-01T20:00", kind="rtf-cs", by=BONITA)
    supplement = ("7605550102", "12 Oak Ave, El Centro, CA 92243")
    assert supplements(plan, "mif", "altura") == {ANA: supplement, LUIS: ("", "")}
    assert supplements(plan, "asf", "bonita") == {ANA: supplement}


@pytest.mark.parametrize(
    ("said", "supplement"),
    [
        (CALLED | {"phone": "6195550100"}, ("", "")),
        (MOVED | {"address": "1 MAIN ST.", "city": "San Diego", "zip": "92101"}, ("", "")),
        (MOVED | {"address": "1 Main St", "city": "San Diego", "zip": "92102"}, ("", "1 Main St, San Diego, CA 92102")),
        (CALLED | {"phone": "0000000000"}, ("", "")),
    ],
    ids=["the plan's own number", "the plan's own address", "another zip code", "number not known"],
)
def test_a_supplement_says_only_what_the_plan_does_not_say_itself(plan: Path, said: dict[str, str], supplement: tuple[str, str]) -> None:
    reports(plan, said)
    assert supplements(plan, "mif", "altura")[ANA] == supplement


def test_a_supplement_goes_once_the_plan_has_taken_it_over(plan: Path) -> None:
    reports(plan, CALLED)
    bring(plan, "members.csv", extract("members", [member(ANA, "Ana", "Rivera") | {"phone": "7605550101"}]))
    assert clr(plan, "intake", as_of="2025-11-05T08:00").code == 0
    assert supplements(plan, "mif", "altura")[ANA] == ("", "")


def test_a_supplement_follows_the_member_to_another_cin(plan: Path) -> None:
    reports(plan, CALLED)
    renamed = "90000003A"
    bring(plan, "members.csv", extract("members", [member(renamed, "Ana", "Rivera") | {"previous_cin": ANA}]))
    bring(plan, "referrals.csv", extract("referrals", [referral("R-4", renamed, "BONITA", program="CS", service="Asthma Remediation")]))
    assert clr(plan, "intake", as_of="2025-11-05T08:00").code == 0
    assert supplements(plan, "asf", "bonita")[renamed] == ("7605550101", "")


def test_changes_are_asked_for_exported_verified_and_made_anew(plan: Path, tmp_path: Path) -> None:
    reports(plan, CALLED)
    reports(plan, CALLED | {"phone": "7605550102"}, at="2025-11-02T20:00")
    query = clr(plan, "query", "SELECT phone FROM contact_changes ORDER BY received_at", "--json", as_of="2025-11-03T09:00")
    assert query.json == {"rows": [{"phone": "7605550101"}, {"phone": "7605550102"}]}
    out = tmp_path / "changes.csv"
    known = ("export", "contact_changes", "--out", str(out), "--known-at", "2025-11-01T09:00")
    assert clr(plan, *known, as_of="2025-11-03T09:00").code == 0
    assert [row["phone"] for row in csv.DictReader(out.read_text("utf-8").splitlines())] == ["7605550101"]
    assert clr(plan, "store", "verify", as_of="2025-11-03T09:00").code == 0
    assert latest(plan / "store").versions["contact_changes"] == 1
    assert clr(plan, "store", "rebuild", as_of="2025-11-03T09:00").code == 0
