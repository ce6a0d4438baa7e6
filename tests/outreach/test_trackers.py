"""Initial Outreach Trackers of ECM providers: each attempt counts once, and none of them counts as a return file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from schemas.rules import RULES
from tests.outreach.trackers import ANA, BONITA, LUIS, MAYA, NIGHT, attempt, reports, rows, tracker
from tests.workspaces import clr, table


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
    assert (finding["row"], finding["message"]) == (3, RULES["R201"].text.replace("{column}", finding["column"]))


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
