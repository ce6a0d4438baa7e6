"""A plan with one return sheet, keyed on its own member number, from the first file out to the history: all of it by its profile alone."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from schemas.layouts import INBOUND
from tests.workspaces import as_csv, bring, clr, extract, member, provider, referral, send, table

ALTURA, CEDRO = provider("ALTURA", "1234567893", "ECM", "xlsx"), provider("CEDRO", "1679576722", "ECM", "xlsx")
BONITA = provider("BONITA", "1245319599", "CS", "xlsx")
ANA, BEN, CARA, DORA, EVE = (f"9000000{number}A" for number in range(1, 6))
NUMBERS = {ANA: "0000101", BEN: "0000102", CARA: "0000201", DORA: "0000202", EVE: "0000999"}
SENT, CAME = "2025-09-05T09:00", "2025-10-31T20:00"
ECM_HEADINGS = (
    "Medical Record Number (MRN)",
    "Member Client Index Number (CIN)",
    "Member New Address Indicator",
    "Residential Address",
    "Residential City",
    "Residential Zip Code",
    "Member New Phone Number Indicator",
    "Member Phone Number",
    "Preferred Language Spoken",
    "Preferred Language Written",
    "POF Homelessness",
    "POF Avoidable Hospital or ED Utilization",
    "POF Serious Mental Health and/or SUD Needs",
    "POF Transitioning from Incarceration",
    "POF At Risk of LTC Institutionalization",
    "POF Nursing Facility Residents Transitioning to the Community",
    "POF Children in CCS or CCS Whole Child Model",
    "POF Child Welfare",
    "POF Birth Equity",
    "Authorization Number",
    "ECM Benefit Start Date",
    "ECM Benefit End Date",
    "Status of Member Engagement",
    "Member Dually Enrolled in Medicare",
    "Provider Type",
    "Date of Outreach Attempt",
    "Outreach Attempt Method",
    "Contact Reason",
    "Contact Outcome",
    "Time Spent Performing Outreach",
    "Recommendation for Discontinuation Date",
    "Discontinuation Reason Code",
    "Reauthorization Request",
    "Has Member Been Housed",
    "Housing Type",
    "Date Housed",
    "ECM Lead Care Manager Name",
    "ECM Lead Care Manager Phone Number",
    "ECM Provider Name",
    "ECM Provider NPI",
    "ECM Provider Phone Number",
    "Member Information RTF Production Date",
    "Member Information RTF Reporting Period",
    "Referral Status",
    "Date of Referral Status Update",
    "Reason for Referral Loop Closure",
)
MRN, CIN = ECM_HEADINGS[:2]
FILE = {"Member Information RTF Production Date": "10/31/2025", "Member Information RTF Reporting Period": "10/01/2025.10/31/2025"}
CS_FILE: dict[str, object] = {
    "Community Supports Provider RTF Production Date": "10/31/2025",
    "Community Supports Provider RTF Reporting Period": "10/01/2025.10/31/2025",
}
WHOSE = {"ECM Provider Name": "Altura Care", "ECM Provider NPI": "1234567893"}
REACHED_OUT = {"Status of Member Engagement": 2, "Referral Status": 4, "Date of Referral Status Update": "10/09/2025"}
CALL = {"Provider Type": 1, "Date of Outreach Attempt": "10/09/2025", "Outreach Attempt Method": 2, "Contact Outcome": 0}
SERVED = {
    "Status of Member Engagement": 3,
    "ECM Benefit Start Date": "10/15/2025",
    "Referral Status": 5,
    "Date of Referral Status Update": "10/15/2025",
    "Reason for Referral Loop Closure": 1,
}


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `clr init --profile merged` makes, with five members placed and their files made."""
    root = tmp_path_factory.mktemp("sent") / "plan"
    assert clr(root, "init", str(root), "--profile", "merged").code == 0
    with (root / "clr.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[collection]\nsettle_seconds = 0\n")
    (root / "providers.csv").write_bytes(extract("providers", (ALTURA, BONITA, CEDRO)))
    people = [
        member(cin, first, last) | {"plan_member_id": NUMBERS[cin]}
        for cin, first, last in (
            (ANA, "Ana", "One"),
            (BEN, "Ben", "Two"),
            (CARA, "Cara", "Three"),
            (DORA, "Dora", "Four"),
            (EVE, "Eve", "Five"),
        )
    ]
    meals = "Medically Tailored Meals/Medically-Supportive Food"
    placed = [
        referral("R-1", ANA, "ALTURA"),
        referral("R-2", BEN, "ALTURA"),
        referral("R-3", CARA, "BONITA", "CS", "Housing Deposits", authorization_number="0077001"),
        referral("R-4", DORA, "BONITA", "CS", "Housing Deposits", authorization_number="0077002"),
        referral("R-5", DORA, "BONITA", "CS", meals, authorization_number="0077003"),
        referral("R-9", EVE, "CEDRO"),
    ]
    bring(root, "members.csv", extract("members", people))
    bring(root, "referrals.csv", extract("referrals", placed))
    for command in (("intake",), ("emit", "mif"), ("emit", "asf")):
        assert clr(root, *command, as_of=SENT).code == 0
    return root


@pytest.fixture
def plan(sent: Path, tmp_path: Path) -> Path:
    root = tmp_path / "plan"
    shutil.copytree(sent, root)
    (root / "clr.toml").write_text((root / "clr.toml").read_text("utf-8").replace(str(sent), str(root)), "utf-8")
    return root


def workbook(root: Path, provider_id: str) -> openpyxl.Workbook:
    """The file that the plan made for a provider."""
    [path] = (root / "outbox" / provider_id).glob("?[IS]F_*.xlsx")
    return openpyxl.load_workbook(path)


def headings(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for cell in sheet[1]]


def told(sheet: Worksheet) -> list[dict[str, Any]]:
    """What the plan has filled in, row by row."""
    return [{name: cell.value for name, cell in zip(headings(sheet), row, strict=True) if cell.value} for row in sheet.iter_rows(min_row=2)]


def answered(root: Path, provider_id: str, rows: Sequence[Mapping[str, object]], own_column: str = "Age Group") -> bytes:
    """The plan's own workbook with rows of the provider's on its answer sheet, and a column that the sheet does not have."""
    book = workbook(root, provider_id)
    sheet = book["RTF"]
    sheet.delete_rows(2, sheet.max_row)
    sheet.cell(1, sheet.max_column + 1).value = own_column
    places = {name: place for place, name in enumerate(headings(sheet), start=1)}
    for number, row in enumerate(rows, start=2):
        for name, value in row.items():
            sheet.cell(number, places[name]).value = value  # type: ignore[assignment]
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def takes_in(root: Path, provider_id: str, content: bytes, at: str = CAME) -> dict[str, Any]:
    """The provider sends its workbook back. Returns its receipt."""
    name = f"return-{at[:10]}.xlsx"
    send(root, provider_id.lower(), name, content, at)
    assert clr(root, "collect", as_of=at).code == 0
    assert clr(root, "ingest", as_of=at).code in (0, 3)
    [path] = (root / "outbox" / provider_id).glob(f"{name}.*.receipt.json")
    receipt: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return receipt


def findings(root: Path, provider_id: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for path in sorted((root / "outbox" / provider_id).glob("*.findings.csv")):
        found += csv.DictReader(path.read_text("utf-8-sig").splitlines())
    return found


def rules(root: Path, provider_id: str) -> list[tuple[str, str, str]]:
    return [(one["row"], one["rule"], one["column"]) for one in findings(root, provider_id)]


def statuses(root: Path) -> list[tuple[Any, ...]]:
    return table(root, "loops").sort("referral_id").select("referral_id", "status", "closure_reason", "engagement").rows()


def test_the_answer_sheet_has_the_plans_headings_in_the_plans_order_and_what_the_plan_knows(sent: Path) -> None:
    sheet = workbook(sent, "ALTURA")["RTF"]
    assert headings(sheet) == list(ECM_HEADINGS)
    assert told(sheet) == [{MRN: NUMBERS[cin], CIN: cin} | WHOSE for cin in (ANA, BEN)]
    of_services = workbook(sent, "BONITA")["RTF"]
    assert "Community Supports Service" not in headings(of_services)
    assert [row["Authorization Number"] for row in told(of_services)] == ["0077002", "0077003", "0077001"]


def test_numeric_codes_attempts_and_a_number_without_its_zeros_arrive_in_the_history(plan: Path) -> None:
    rows = [
        {MRN: "0000101", "Age Group": "21+"} | FILE | WHOSE | REACHED_OUT | CALL | {"Time Spent Performing Outreach": "10 mins"},
        {MRN: "0000101"} | FILE | WHOSE | REACHED_OUT | CALL | {"Date of Outreach Attempt": "10/12/2025", "Contact Outcome": 1},
        {MRN: 102} | FILE | WHOSE | SERVED | CALL | {"Outreach Attempt Method": "Pigeon"},
    ]
    content = answered(plan, "ALTURA", rows)
    receipt = takes_in(plan, "ALTURA", content)
    assert (receipt["kind"], receipt["period"], receipt["status"]) == ("rtf-ecm", "2025-10", "ACCEPTED")
    assert receipt["rows"] == {"read": 3, "accepted": 2, "unchanged": 1, "duplicate": 0, "rejected": 0}
    assert receipt["members_missing"] == 0
    assert statuses(plan)[:2] == [
        ("R-1", "Outreach Initiated", None, "Currently in Outreach"),
        ("R-2", "Referral Loop Closed", "Services Received", "Enrolled"),
    ]
    assert table(plan, "events").select("cin", "provider_id").unique().sort("cin").rows() == [(ANA, "ALTURA"), (BEN, "ALTURA")]
    attempts = table(plan, "outreach_attempts").sort("row")
    assert attempts.select("cin", "referral_id", "method", "successful", "provider_type", "minutes").rows() == [
        (ANA, "R-1", "Telephonic", False, "Clinical", 10),
        (ANA, "R-1", "Telephonic", True, "Clinical", None),
        (BEN, "R-2", None, False, "Clinical", None),
    ]
    timeline = clr(plan, "referral", "show", "R-2", "--json", as_of=CAME).json["timeline"]
    assert [one["detail"] for one in timeline if one["what"] == "outreach"] == ["Approached on 2025-10-09: not reached"]
    assert rules(plan, "ALTURA") == [("4", "R130", "Outreach Attempt Method")]
    assert [one["severity"] for one in findings(plan, "ALTURA")] == ["warning"]


def test_an_attempt_that_comes_again_next_month_is_kept_once(plan: Path) -> None:
    october = {MRN: "0000101"} | FILE | WHOSE | REACHED_OUT | CALL
    takes_in(plan, "ALTURA", answered(plan, "ALTURA", [october]))
    before = table(plan, "outreach_attempts")
    november = FILE | {"Member Information RTF Reporting Period": "11/01/2025.11/30/2025"}
    later = {"Date of Outreach Attempt": "11/04/2025"}
    again = [october | november, october | november | later]
    receipt = takes_in(plan, "ALTURA", answered(plan, "ALTURA", again), "2025-11-30T20:00")
    assert receipt["rows"]["rejected"] == 0
    after = table(plan, "outreach_attempts").sort("attempted_on")
    assert after.height == 2
    assert after.head(1).equals(before)
    assert clr(plan, "store", "verify", as_of="2025-11-30T20:00").code == 0


def test_nobody_learns_who_is_a_member_and_no_status_is_given_to_the_wrong_one(plan: Path) -> None:
    rows = [
        {MRN: "0000101", CIN: BEN} | FILE | WHOSE | REACHED_OUT,
        {MRN: "0000101", CIN: EVE} | FILE | WHOSE | REACHED_OUT,
        {MRN: "0000999", CIN: EVE} | FILE | WHOSE | REACHED_OUT,
        {MRN: "0000555", CIN: ANA} | FILE | WHOSE | REACHED_OUT,
        {CIN: ANA} | FILE | WHOSE | REACHED_OUT,
        {MRN: "1.02E+11"} | FILE | WHOSE | REACHED_OUT,
        *({MRN: number} | FILE | WHOSE | REACHED_OUT | {"Referral Status": code} for number in ("0000101", "102") for code in (1, 3, 4, 4)),
    ]
    receipt = takes_in(plan, "ALTURA", answered(plan, "ALTURA", rows))
    assert receipt["status"] == "ACCEPTED_WITH_ERRORS"
    found = [one for one in findings(plan, "ALTURA") if one["severity"] == "error"]
    assert [(one["row"], one["rule"], one["column"]) for one in found] == [
        ("2", "R205", CIN),
        ("3", "R205", CIN),
        ("4", "R201", MRN),
        ("5", "R201", MRN),
        ("6", "R101", MRN),
        ("7", "R136", MRN),
    ]
    assert len({one["message"] for one in found[:2]}) == 1
    assert len({one["message"] for one in found[2:4]}) == 1
    assert table(plan, "events").filter(cin=EVE).is_empty()


def test_the_offline_check_agrees(plan: Path, tmp_path: Path) -> None:
    rows = [
        {MRN: "0000101"} | FILE | WHOSE | REACHED_OUT | CALL,
        {MRN: 101} | FILE | WHOSE | SERVED | CALL | {"Reason for Referral Loop Closure": 3},
        {MRN: "0000101"} | FILE | WHOSE | SERVED | CALL,
        {MRN: "102"} | FILE | WHOSE | REACHED_OUT | CALL | {"Time Spent Performing Outreach": "long"},
        {MRN: "102"} | FILE | WHOSE | REACHED_OUT | CALL | {"Date of Outreach Attempt": "10/20/2025"},
    ]
    path = tmp_path / "return.xlsx"
    path.write_bytes(answered(plan, "ALTURA", rows))
    done = clr(plan, "validate", str(path), "--profile", "merged", "--format", "json", as_of=CAME)
    receipt = takes_in(plan, "ALTURA", path.read_bytes())
    offline = [(str(one["row"]), one["rule"], one["column"]) for one in done.json["findings"]]
    assert offline == rules(plan, "ALTURA")
    assert {("3", "R330"), ("4", "R330"), ("5", "R132")} <= {(row, rule) for row, rule, _ in offline}
    assert (done.json["status"], done.json["rows"]) == (receipt["status"], receipt["rows"])
    assert {"R205", "R206", "R207"} <= set(done.json["not_judged"])


@pytest.mark.parametrize("without", ["", "Client Name"])
def test_a_tracker_is_still_a_tracker_and_tells_no_attempt_twice(plan: Path, without: str) -> None:
    takes_in(plan, "ALTURA", answered(plan, "ALTURA", [{MRN: "0000101"} | FILE | WHOSE | REACHED_OUT | CALL]))
    own = {"provider_name": "Altura Care", "provider_npi": "1234567893"}
    attempt = own | {"cin": ANA, "provider_type": "1", "outreach_date": "10/09/2025", "outreach_method": "2", "outreach_successful": "0"}
    headers = {name: element.header for name, element in INBOUND["otf"].elements().items() if element.header != without}
    rows = [{headers[name]: text for name, text in row.items()} for row in (attempt, attempt | {"outreach_date": "10/10/2025"})]
    send(plan, "altura", "tracker.csv", as_csv(list(headers.values()), rows), "2025-11-01T08:00")
    assert clr(plan, "collect", as_of="2025-11-01T09:00").code == 0
    assert clr(plan, "ingest", as_of="2025-11-01T09:00").code == 0
    told = table(plan, "submissions").sort("received_at").select("kind", "status", "rows_accepted", "rows_unchanged").rows()
    assert told == [("rtf-ecm", "ACCEPTED", 1, 0), ("otf", "ACCEPTED", 1, 1)]
    assert table(plan, "outreach_attempts").height == 2


def test_a_file_without_services_is_told_by_authorization_number_or_by_there_being_one_referral(plan: Path) -> None:
    own: dict[str, object] = CS_FILE | {"Community Supports Provider Name": "Bonita Care", "Community Supports Provider NPI": "1245319599"}
    delivering = {"Status of Member Engagement": 3, "Referral Status": 5, "Date of Referral Status Update": "10/15/2025"}
    served = own | delivering | {"Reason for Referral Loop Closure": 1}
    number = "Authorization Number"
    call = {"Provider Type": 2, "Date of Outreach Attempt": "10/02/2025", "Outreach Attempt Method": 1}
    rows = [
        served | {MRN: "0000201"} | call,
        served | {MRN: "202", number: 77003},
        served | {MRN: "0000202"},
        served | {MRN: "0000202", number: "0077001"},
        served | {MRN: "0000202", number: "0099999"},
        served | {MRN: "0000202", number: "0077002", "Community Supports Service": "H0044 U2"},
        served | {MRN: "0000202", number: "0077002", "Community Supports Service": "Asthma Remediation"},
        served | {MRN: "0000999", number: "0077002"},
        *(own | {MRN: "0000201"} | {"Referral Status": code, "Date of Referral Status Update": "10/02/2025"} for code in (3, 1, 4)),
    ]
    receipt = takes_in(plan, "BONITA", answered(plan, "BONITA", rows, "Community Supports Service"))
    assert receipt["rows"] == {"read": 11, "accepted": 6, "unchanged": 0, "duplicate": 0, "rejected": 5}
    errors = [(one["row"], one["rule"], one["column"]) for one in findings(plan, "BONITA") if one["severity"] == "error"]
    assert errors == [
        ("4", "R206", number),
        ("5", "R207", number),
        ("6", "R207", number),
        ("8", "R207", number),
        ("9", "R201", MRN),
    ]
    closed = ("Referral Loop Closed", "Services Received", "Currently Delivering Services")
    assert statuses(plan)[2:5] == [("R-3", *closed), ("R-4", *closed), ("R-5", *closed)]
    assert table(plan, "events").filter(referral_id="R-5")["service"].to_list() == ["Medically Tailored Meals/Medically-Supportive Food"]
    attempts = table(plan, "outreach_attempts")
    assert attempts.select("referral_id", "method", "successful", "provider_type").rows() == [("R-3", "In-Person", None, "Non-clinical")]
