"""Initial Outreach Trackers of ECM providers: each attempt counts once, and none of them counts as a return file."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from schemas.layouts import INBOUND
from schemas.rules import RULES
from tests.workspaces import as_csv, bring, clr, extract, member, new_workspace, provider, referral, send, settings, table

ALTURA = provider("ALTURA", "1234567893")
BONITA = provider("BONITA", "1679576722", "ECM;CS")
ANA, LUIS, MAYA = "90000001A", "90000002A", "90000003A"
NIGHT = "2025-10-31T20:00"


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ana and Luis are with Altura for ECM; Maya is with Bonita, for housing alone."""
    root = new_workspace(tmp_path_factory.mktemp("sent") / "plan", (ALTURA, BONITA))
    people = (member(ANA, "Ana", "Rivera"), member(LUIS, "Luis", "Moreno"), member(MAYA, "Maya", "Castro"))
    placed = (
        referral("R-1", ANA, "ALTURA"),
        referral("R-2", LUIS, "ALTURA"),
        referral("R-3", MAYA, "BONITA", program="CS", service="Housing Deposits"),
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


def attempt(cin: str = ANA, **cells: str) -> dict[str, str]:
    """A row of a tracker: a call on October 9 that nobody answered."""
    told = {"cin": cin, "provider_type": "Clinical", "outreach_date": "10/09/2025", "outreach_method": "Telephonic"}
    return told | {"outreach_successful": "N", "minutes": "5"} | cells


def tracker(rows: tuple[dict[str, str], ...], by: dict[str, str] = ALTURA) -> bytes:
    headers = {name: element.header for name, element in INBOUND["otf"].elements().items()}
    own = {"provider_name": by["name"], "provider_npi": by["npi"]}
    return as_csv(list(headers.values()), [{headers[name]: text for name, text in (own | row).items()} for row in rows])


def reports(root: Path, *rows: dict[str, str], at: str = NIGHT, by: dict[str, str] = ALTURA) -> dict[str, object]:
    """A provider sends a tracker, and the plan takes it in. Returns its receipt."""
    return takes_in(root, f"tracker-{at[:10]}.csv", tracker(rows, by), at, by)


def takes_in(root: Path, name: str, content: bytes, at: str, by: dict[str, str] = ALTURA) -> dict[str, object]:
    send(root, by["mailbox"], name, content, at)
    assert clr(root, "collect", as_of=at).code == 0
    assert clr(root, "ingest", as_of=at).code in (0, 3)
    [path] = (root / "outbox" / by["provider_id"]).glob(f"{name}.*.receipt.json")
    receipt: dict[str, object] = json.loads(path.read_text("utf-8"))
    return receipt


def rows(accepted: int = 0, unchanged: int = 0, duplicate: int = 0, rejected: int = 0) -> dict[str, int]:
    told = {"accepted": accepted, "unchanged": unchanged, "duplicate": duplicate, "rejected": rejected}
    return told | {"read": sum(told.values())}


def test_attempts_are_kept_with_the_loop_that_they_belong_to(plan: Path) -> None:
    receipt = reports(
        plan, attempt(), attempt(LUIS, outreach_method="1", outreach_successful="Y", minutes="1 h 20 mins"), attempt(minutes="")
    )
    assert (receipt["kind"], receipt["status"], receipt["rows"]) == ("otf", "ACCEPTED", rows(accepted=3))
    assert (receipt["period"], receipt["due_at"], receipt["on_time"]) == (None, None, None)
    told = table(plan, "outreach_attempts").sort("row")
    columns = ("cin", "referral_id", "loop", "provider_id", "method", "successful", "provider_type", "minutes", "row")
    assert told.select(columns).rows() == [
        (ANA, "R-1", 1, "ALTURA", "Telephonic", False, "Clinical", 5, 2),
        (LUIS, "R-2", 1, "ALTURA", "In-Person", True, "Clinical", 80, 3),
        (ANA, "R-1", 1, "ALTURA", "Telephonic", False, "Clinical", None, 4),
    ]
    assert told["attempted_on"].cast(str).unique().to_list() == ["2025-10-09"]
    assert told["submission_id"].unique().to_list() == [receipt["submission_id"]]
    assert clr(plan, "store", "verify", as_of=NIGHT).code == 0


def test_a_repeated_row_is_a_duplicate_and_a_known_attempt_is_unchanged(plan: Path) -> None:
    assert reports(plan, attempt(), attempt())["rows"] == rows(accepted=1, duplicate=1)
    again = reports(plan, attempt(client_name="Rivera, Ana"), attempt(outreach_date="10/10/2025"), at="2025-11-01T20:00")
    assert again["rows"] == rows(accepted=1, unchanged=1)
    assert table(plan, "outreach_attempts").height == 2
    assert table(plan, "outreach_attempts")["attempt_id"].n_unique() == 2


def test_the_same_attempt_in_other_words_is_unchanged_within_one_file_too(plan: Path) -> None:
    assert reports(plan, attempt(), attempt(outreach_method="2"))["rows"] == rows(accepted=1, unchanged=1)


@pytest.mark.parametrize("cin", [MAYA, "90000009A"], ids=["a member of somebody else", "nobody's member"])
def test_a_member_who_was_not_sent_for_ecm_is_rejected_in_the_same_words(plan: Path, cin: str) -> None:
    receipt = reports(plan, attempt(), attempt(cin))
    assert receipt["rows"] == rows(accepted=1, rejected=1)
    [finding] = table(plan, "findings").filter(rule="R201").iter_rows(named=True)
    assert (finding["row"], finding["message"]) == (3, RULES["R201"].message)


def test_a_provider_speaks_only_for_members_that_it_was_sent_for_ecm(plan: Path) -> None:
    receipt = reports(plan, attempt(MAYA), by=BONITA)
    assert (receipt["status"], receipt["findings"]) == ("REJECTED", {"F018": 1, "R201": 1})


def test_bad_cells_reject_their_rows_and_come_back_as_findings(plan: Path) -> None:
    receipt = reports(plan, attempt(), attempt(outreach_date="11/09/2025"), attempt(LUIS, provider_npi=BONITA["npi"]), attempt(LUIS))
    assert receipt["status"] == "ACCEPTED_WITH_ERRORS"
    assert receipt["findings"] == {"R128": 1, "R204": 1}
    [path] = (plan / "outbox" / "ALTURA").glob("*.findings.csv")
    told = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert [(row["row"], row["column"]) for row in told] == [
        ("3", "Date of Outreach Attempt"),
        ("4", "ECM Provider National Provider Identifier (NPI)"),
    ]


def test_a_held_tracker_counts_once_it_is_released(plan: Path) -> None:
    receipt = reports(plan, attempt(), attempt(MAYA), attempt(MAYA, minutes="6"))
    assert receipt["status"] == "HELD"
    assert table(plan, "outreach_attempts").is_empty()
    assert clr(plan, "ingest", "--release", str(receipt["submission_id"]), as_of="2025-11-01T09:00").code == 3
    assert table(plan, "outreach_attempts").height == 1


def test_a_tracker_is_no_return_file_of_the_period(plan: Path) -> None:
    reports(plan, attempt(), attempt(LUIS))
    late = clr(plan, "report", "late", "--json", as_of="2025-11-06T06:00").json["late"]
    assert {row["provider_id"]: row["class"] for row in late if row["program"] == "ECM"}["ALTURA"] == "missing"


def test_attempts_stand_on_the_timeline_of_their_referral(plan: Path) -> None:
    reports(plan, attempt())
    told = clr(plan, "referral", "show", "R-1", "--json", as_of=NIGHT).json["timeline"]
    assert [row["detail"] for row in told if row["what"] == "outreach"] == ["Telephonic on 2025-10-09: not reached"]


def test_the_offline_check_judges_trackers_by_the_same_rules(plan: Path, tmp_path: Path) -> None:
    path = tmp_path / "tracker.csv"
    path.write_bytes(tracker((attempt(), attempt(), attempt(outreach_method="2"), attempt(LUIS, outreach_method="Pigeon"))))
    checked = clr(plan, "validate", str(path), "--json", as_of=NIGHT).json
    assert (checked["kind"], checked["status"]) == ("otf", "ACCEPTED_WITH_ERRORS")
    assert checked["rows"] == rows(accepted=1, duplicate=1, unchanged=1, rejected=1)
    assert {finding["rule"] for finding in checked["findings"]} == {"R130", "R331"}
