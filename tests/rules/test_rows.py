"""Every rule on cells and rows: one file that breaks it and one that just does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import polars as pl
import pytest

from pipeline.offline import Checked
from schemas.layouts import LAYOUTS
from schemas.rule import Scope, Severity
from schemas.rules import RULES
from tests.rules.files import CLOSED, GOOD, NPI, as_csv, as_table, check, good_row, own_heading, rules_of

ERROR, WARNING, NOTE = Severity.ERROR.value, Severity.WARNING.value, Severity.NOTE.value
DISCONTINUED = {"discontinuation_date": "10/20/2025", "discontinuation_code": "14"}
ENROLLED = CLOSED | {"engagement": "Enrolled"}
ADDRESS = {"new_address": "Y", "address": "1 Main St", "city": "San Diego", "state": "CA", "zip": "92101"}


@dataclass(frozen=True, eq=False)
class Case:
    """The cells that make the second row of a file break a rule, and those with which it just does not.

    at: the element that the finding names. severity: when it is not the rule's own.
    """

    rule: str
    kind: str
    bad: dict[str, str]
    good: dict[str, str] = field(default_factory=dict)
    at: str = ""
    severity: str = ""
    profile: str = "dhcs"

    @property
    def element(self) -> str:
        return self.at or next(iter(self.bad))

    @property
    def loud(self) -> str:
        return self.severity or RULES[self.rule].severity.value

    def __str__(self) -> str:
        return f"{self.rule}-{self.kind}-{self.element}-{self.profile}"


def date_cases(kind: str, element: str, severity: str, good: str = "10/15/2025") -> list[Case]:
    texts = {
        "R119": "45945",
        "R120": "soon",
        "R121": "10/15/25",
        "R122": "09/31/2025",
        "R123": "15/10/2025",
        "R124": "10/15/2025 14:30",
        "R125": "10/14/2025, 10/15/2025",
        "R127": "10/15/1925",
        "R129": "10-15-2025",
    }
    if kind == "otf":
        del texts["R125"]  # several attempts have rules of their own
    return [Case(rule, kind, {element: text}, {element: good}, severity=severity) for rule, text in texts.items()]


PHONES = ("(760) 555-0100", "760-555-0100", "760.555.0100", "+1 760 555 0100", "17605550100", "7605550100.0")


def template_text_cases() -> list[Case]:
    """In every column that is needed it rejects the row, elsewhere it warns; beside each a text that is somebody's own words."""
    needed = {
        "member_last_name": "Na",
        "address": "1 Optional Way",
        "status_date": "10/15/2025",
        "discontinuation_reason": "See notes of 10/3",
    }
    optional = {"member_acuity": "None", "care_manager_name": "N. A. Select", "care_plan_revised": "10/15/2025", "homeless": "N"}
    texts = ("N/A", "Optional field", "see note", "Refer to the data dictionary", "Only populate if new", "MM/DD/YYYY", "(select one)")
    return [
        *(Case("R141", "rtf-ecm", {name: text}, {name: good}) for name, good in needed.items() for text in texts),
        *(Case("R141", "rtf-ecm", {name: text}, {name: good}, severity=WARNING) for name, good in optional.items() for text in texts),
        Case("R141", "rtf-cs", {"housing_type": "entered manually"}, {"housing_type": "Entered rehab in May"}, severity=WARNING),
        Case("R141", "rtf-cs", {"plan_member_id": "NA"}, severity=WARNING),
        Case("R141", "rtf-cs", {"service": "TBD"}),
        Case("R141", "otf", {"outreach_method": "Enter code"}),
        Case("R141", "otf", {"client_name": "tbd"}, {"client_name": "Na, Kim"}, severity=WARNING),
    ]


CASES = [
    *(Case("R101", "rtf-ecm", {name: ""}) for name in ("cin", "member_last_name", "member_first_name", "production_date", "provider_name")),
    *(Case("R101", "rtf-ecm", {name: ""}) for name in ("provider_npi", "reporting_period")),
    *(Case("R101", "rtf-cs", {name: ""}) for name in ("service", "cin", "member_first_name", "provider_npi", "production_date")),
    *(Case("R101", "otf", {name: ""}) for name in GOOD["otf"]),
    Case("R101", "rtf-ecm", {"engagement": ""}, {"engagement": "Pending Outreach"}, profile="chpiv"),
    Case("R101", "rtf-cs", {"engagement": "\u00a0"}, {"engagement": "1"}, profile="chpiv"),
    Case("R101", "members", {"last_name": ""}),
    Case("R101", "referrals", {"referral_id": ""}),
    Case("R101", "providers", {"mailbox": ""}),
    Case("R101", "encounters", {"hcpcs": ""}),
    *(Case("R102", "rtf-ecm", ADDRESS | {name: ""}, ADDRESS, at=name) for name in ("address", "city", "state", "zip")),
    Case("R102", "rtf-cs", ADDRESS | {"new_address": "1", "zip": ""}, {"new_address": "N"}, at="zip"),
    Case("R103", "rtf-ecm", {"new_phone": "Yes"}, {"new_phone": "Yes", "phone": "7605550100"}, at="phone"),
    Case("R103", "rtf-cs", {"new_phone": "Y"}, {"new_phone": "0"}, at="phone"),
    Case("R110", "rtf-ecm", {"cin": "unknown"}),
    Case("R110", "rtf-cs", {"cin": "\uff190000002A"}),
    Case("R110", "otf", {"cin": "80000002A"}),
    Case("R110", "members", {"previous_cin": "none"}, {"previous_cin": "90000009A"}, severity=WARNING),
    Case("R111", "rtf-ecm", {"cin": "90000002A1"}),
    Case("R111", "rtf-cs", {"cin": "90000002A12345"}),
    Case("R112", "rtf-ecm", {"cin": "90000003a"}),
    Case("R113", "rtf-cs", {"cin": "90000002O"}),
    Case("R114", "rtf-ecm", {"provider_npi": "123-456-789"}),
    Case("R114", "referrals", {"referring_org_npi": "none"}, {"referring_org_npi": "1245319599"}, severity=WARNING),
    Case("R115", "rtf-cs", {"provider_npi": "1234567892"}),
    Case("R115", "providers", {"npi": "1234567892"}),
    Case("R116", "rtf-ecm", {"phone": "760-555-0100 x12"}, {"phone": "0000000000"}),
    Case("R116", "rtf-ecm", {"care_manager_phone": "the clinic"}, {"care_manager_phone": "7605550100"}, severity=WARNING),
    *date_cases("rtf-ecm", "status_date", ERROR),
    *date_cases("rtf-cs", "status_date", ERROR),
    *date_cases("otf", "outreach_date", ERROR),
    *date_cases("rtf-ecm", "care_plan_revised", WARNING),
    *date_cases("rtf-cs", "service_start", WARNING),
    *date_cases("referrals", "referral_date", ERROR),
    Case("R125", "rtf-cs", {"phone": "7605550100; 7605550101"}, {"phone": "7605550100"}),
    Case("R117", "rtf-ecm", {"reporting_period": "10/01/2025"}, {"reporting_period": "10/2025"}),
    Case("R126", "rtf-ecm", {"status_date": "2025-10-15"}, {"status_date": "10/15/2025"}),
    Case("R126", "rtf-cs", {"production_date": "10/31/2025 00:00:00"}),
    Case("R128", "rtf-ecm", {"status_date": "11/04/2025"}, {"status_date": "11/03/2025"}),
    Case("R128", "rtf-cs", {"housed_on": "11/04/2025"}, {"housed_on": "11/03/2025"}, severity=WARNING),
    Case("R128", "otf", {"outreach_date": "11/04/2025"}, {"outreach_date": "11/03/2025"}),
    Case("R130", "rtf-ecm", {"referral_status": "Open"}),
    Case("R130", "rtf-cs", {"referral_status": "Referral L\u043eop Closed"} | {"closure_reason": ""}),
    Case("R130", "rtf-cs", {"closure_reason": "Moved"} | {"referral_status": "5"}, CLOSED),
    Case("R130", "rtf-cs", {"service": "H0043"}, {"service": "H0043 U6"}),
    Case("R130", "rtf-ecm", {"engagement": "Happy"}, {"engagement": "Pending Outreach"}, severity=WARNING),
    Case("R130", "rtf-ecm", {"engagement": "Happy"}, {"engagement": "Pending Outreach"}, profile="chpiv"),
    Case("R130", "rtf-ecm", DISCONTINUED | {"discontinuation_code": "16"}, DISCONTINUED, at="discontinuation_code"),
    Case("R130", "otf", {"outreach_method": "Pigeon"}),
    Case("R130", "referrals", {"program": "Medicare"}),
    Case("R130", "referrals", {"authorization_status": "Maybe"}, {"authorization_status": "2"}, severity=WARNING),
    Case("R131", "rtf-ecm", {"homeless": "maybe"}, {"homeless": "No"}, severity=WARNING),
    Case("R131", "otf", {"outreach_successful": "perhaps"}),
    Case("R132", "rtf-ecm", {"in_person": "two"}, {"in_person": "2"}, severity=WARNING),
    Case("R132", "otf", {"minutes": "a while"}, {"minutes": "1 h 20 mins"}, severity=WARNING),
    Case("R133", "rtf-ecm", {"zip": "9210"}, {"zip": "92101-0001"}),
    Case("R134", "rtf-cs", {"state": "Calif"}, {"state": "ca"}),
    Case("R135", "rtf-ecm", {"reporting_period": "Oct-25"}, {"reporting_period": "10/01/2025.10/31/2025"}),
    Case("R135", "rtf-cs", {"reporting_period": "09/15/2025.10/14/2025"}, {"reporting_period": "2025-10"}),
    Case("R136", "rtf-cs", {"authorization_number": "6.45E+12"}, {"authorization_number": "0006450000000"}),
    Case("R137", "rtf-ecm", {"provider_tin": "12-345"}, {"provider_tin": "12-3456789"}, severity=WARNING),
    Case("R138", "rtf-ecm", {"care_manager_email": "kim"}, {"care_manager_email": "kim@clinic.example"}, severity=WARNING),
    *template_text_cases(),
    Case("R142", "rtf-ecm", {"cin": "9.0000002E+12"}, {"cin": "90000002E5"[:9]}),
    Case("R142", "rtf-cs", {"cin": "9000000200000"}),
    Case("R142", "otf", {"cin": "90000002"}),
    Case("R143", "rtf-ecm", {"phone": "5550100"}, {"phone": "7605550100"}),
    Case("R143", "rtf-ecm", {"provider_phone": "7.60555E+09"}, {"provider_phone": "7605550100"}, severity=WARNING),
    Case("R143", "rtf-ecm", {"provider_npi": "1.23457E+09"}),
    Case("R143", "otf", {"provider_npi": "123456789"}),
    Case("R143", "rtf-cs", {"plan_member_id": "6.45E+12"}, {"plan_member_id": "0006450000000"}, severity=WARNING),
    Case("R144", "rtf-ecm", {"cin": "0012345678"}),
    Case("R144", "rtf-cs", {"cin": "1EG4-TE5-MK73"}),
    Case("R144", "otf", {"cin": "123-45-6789A"}),
    Case("R145", "otf", {"outreach_date": "10/03/2025, 10/09/2025"}, {"outreach_date": "10/09/2025"}),
    Case("R145", "otf", {"outreach_date": "10/03/2025 10:00-10:20"}, {"outreach_date": "10/03/2025"}),
    Case("R146", "otf", {"outreach_date": "10/03/2025; 10/09/2025", "minutes": "25"}, {"outreach_date": "10/09/2025", "minutes": "25"}),
    Case("R146", "otf", {"outreach_date": "10/3, 10/9/2025"}),
    Case("R146", "otf", {"outreach_method": "Telephonic, In-Person"}),
    Case("R146", "otf", {"outreach_successful": "N; Y"}),
    Case("R146", "otf", {"minutes": "5, 20"}, {"minutes": "25"}),
    *(Case("R147", "rtf-ecm", {"phone": text}, {"phone": "7605550100"}) for text in PHONES),
    Case("R147", "rtf-cs", {"provider_phone": "0"}, {"provider_phone": "0000000000"}),
    Case("R148", "rtf-ecm", {"provider_npi": f"{NPI}.0"}),
    Case("R148", "rtf-cs", {"authorization_number": "64500.0"}, {"authorization_number": "64500.5"}),
    Case("R148", "rtf-ecm", {"referral_status": "4.0"}, {"referral_status": "4"}),
    Case("R139", "referrals", {"request_received_at": "02/30/2025"}, {"request_received_at": "2/28/2025 9:05"}, severity=WARNING),
    Case("R140", "providers", {"provider_id": "../P2"}),
    Case("R302", "rtf-ecm", {"status_date": ""}),
    Case("R302", "rtf-cs", {"status_date": ""}),
    Case("R303", "rtf-ecm", {"referral_status": ""}, {"referral_status": "Accepted"}),
    Case("R303", "rtf-cs", {"referral_status": "", "status_date": "", "closure_reason": "6"}, CLOSED),
    Case("R310", "rtf-ecm", {"closure_reason": "", "referral_status": "Declined"}, {"referral_status": "2", "closure_reason": "2"}),
    Case("R310", "rtf-cs", {"closure_reason": "", "referral_status": "5. Referral Loop Closed"}, CLOSED),
    Case("R311", "rtf-ecm", {"closure_reason": "Other", "referral_status": "Pending"}, {"referral_status": "Pending"}),
    Case("R311", "rtf-cs", {"closure_reason": "6"}),
    Case("R312", "rtf-ecm", CLOSED | {"closure_reason": "Authorization Denied"}, CLOSED, at="closure_reason"),
    Case("R312", "rtf-cs", CLOSED | {"closure_reason": "7"}, CLOSED, at="closure_reason"),
    Case("R313", "rtf-ecm", {"referral_status": "DENIED", "closure_reason": "2"}, {"referral_status": "Declined", "closure_reason": "2"}),
    Case("R320", "rtf-ecm", {"referral_status": "Pending", "engagement": "Excluded"}, {"engagement": "Pending Outreach"}),
    Case("R320", "rtf-cs", CLOSED | {"engagement": "1"}, CLOSED | {"engagement": "3"}),
    Case("R320", "rtf-cs", CLOSED | {"closure_reason": "6", "engagement": "2"}, CLOSED | {"engagement": "4"}, profile="chpiv"),
    Case("R321", "rtf-ecm", ENROLLED, ENROLLED | {"enrollment_start": "10/01/2025"}, at="enrollment_start"),
    Case(
        "R322",
        "rtf-ecm",
        {"enrollment_end": "09/30/2025", "enrollment_start": "10/01/2025"},
        {"enrollment_end": "10/01/2025", "enrollment_start": "10/01/2025"},
    ),
    Case("R323", "rtf-ecm", DISCONTINUED | {"discontinuation_code": ""}, DISCONTINUED, at="discontinuation_code"),
    Case("R323", "rtf-ecm", DISCONTINUED | {"discontinuation_date": ""}, DISCONTINUED, at="discontinuation_date"),
    Case("R350", "referrals", {"service": "Housing Deposits"}),
    Case("R350", "referrals", {"program": "CS"}, {"program": "CS", "service": "Transitional Rent"}, at="service"),
    Case("R351", "referrals", {"provider_id": "P1"}, {"provider_id": "P1", "assigned_at": "2025-09-04"}, at="assigned_at"),
    Case(
        "R352",
        "referrals",
        {"authorization_status": "Denied"},
        {"authorization_status": "Denied", "decision_at": "2025-09-04T10:00-07:00"},
        at="decision_at",
    ),
    Case(
        "R404",
        "rtf-ecm",
        {"engagement": "Declined", "referral_status": "", "status_date": ""},
        {"engagement": "Pending Outreach"},
        profile="chpiv",
    ),
]


FIRST_ROW = 2  # below the headings


@cache
def checked_together(kind: str, profile: str, which: str) -> tuple[Checked, dict[Case, int]]:
    """One file with a row for every case of a kind and a profile, bad or good, and the row of each."""
    cases = [case for case in CASES if (case.kind, case.profile) == (kind, profile)]
    rows = [good_row(kind, 1000 + place, profile) | getattr(case, which) for place, case in enumerate(cases)]
    checked = check(as_csv(as_table(kind, rows)), profile=profile, kind=kind)
    return checked, {case: place for place, case in enumerate(cases, start=FIRST_ROW)}


def findings_on(case: Case, which: str) -> list[dict[str, Any]]:
    """What is said of the case's row."""
    checked, rows = checked_together(case.kind, case.profile, which)
    return checked.findings.filter(pl.col("row") == rows[case]).to_dicts()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_rule_speaks_of_the_row_and_the_column_that_break_it(case: Case) -> None:
    (found,) = findings_on(case, "bad")
    assert found["rule"] == case.rule
    assert found["column"] == own_heading(LAYOUTS[case.kind].elements()[case.element].header)
    assert (found["severity"], found["scope"]) == (case.loud, RULES[case.rule].scope.value)
    cells = good_row(case.kind, 1) | case.bad
    assert found["value"] == (cells.get(case.element, "").strip("\u00a0") or None)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_row_that_just_keeps_the_rule_is_not_spoken_of(case: Case) -> None:
    assert findings_on(case, "good") == []


@pytest.mark.parametrize(("kind", "profile"), sorted({(case.kind, case.profile) for case in CASES}))
def test_errors_reject_their_rows_and_warnings_do_not(kind: str, profile: str) -> None:
    checked, rows = checked_together(kind, profile, "bad")
    rejected = sum(case.loud == ERROR for case in rows)
    assert checked.rows == {"read": len(rows), "accepted": len(rows) - rejected, "unchanged": 0, "duplicate": 0, "rejected": rejected}
    assert checked_together(kind, profile, "good")[0].rows["accepted"] == len(rows)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_message_names_the_column_and_quotes_no_cell(case: Case) -> None:
    (found,) = findings_on(case, "bad")
    heading = own_heading(LAYOUTS[case.kind].elements()[case.element].header)
    assert "{" not in found["message"]
    assert ("{column}" in RULES[case.rule].text) == (heading in found["message"])
    if found["value"] and len(found["value"]) > 2 and found["value"] not in RULES[case.rule].text:
        assert found["value"] not in found["message"].replace(heading, "")


@pytest.mark.parametrize("case", [case for case in CASES if "{allowed}" in RULES[case.rule].text], ids=str)
def test_a_message_says_what_is_allowed(case: Case) -> None:
    (found,) = findings_on(case, "bad")
    template = RULES[case.rule].text
    before, _, after = template.replace("{column}", str(found["column"])).partition("{allowed}")
    assert len(found["message"].removeprefix(before).removesuffix(after)) > 4


def test_the_reason_that_only_the_plan_may_give_is_never_offered() -> None:
    bad = as_csv(as_table("rtf-ecm", [good_row("rtf-ecm", 1), good_row("rtf-ecm", 2) | CLOSED | {"closure_reason": "8"}]))
    message = check(bad).findings["message"][0]
    assert "6 Other" in message
    assert "Authorization Denied" not in message


def test_a_row_with_many_faults_hears_of_all_of_them_at_once() -> None:
    bad = {"cin": "x", "provider_npi": "1234567890", "status_date": "soon", "new_phone": "Y", "homeless": "?", "closure_reason": "9"}
    checked = check(as_csv(as_table("rtf-ecm", [good_row("rtf-ecm", 1), good_row("rtf-ecm", 2) | bad])))
    assert rules_of(checked.findings) == ["R103", "R110", "R115", "R120", "R130", "R131", "R311"]
    assert set(checked.findings["row"]) == {3}


def test_of_two_rows_that_contradict_each_other_neither_counts() -> None:
    rows = [good_row("rtf-ecm", 1), good_row("rtf-ecm", 2) | CLOSED, good_row("rtf-ecm", 2) | CLOSED | {"closure_reason": "6"}]
    checked = check(as_csv(as_table("rtf-ecm", [*rows, good_row("rtf-ecm", 3)])))
    assert checked.findings.select("rule", "row", "column", "severity").rows() == [
        ("R330", row, "REASON_FOR_REFERRAL_LOOP_CLOSURE", ERROR) for row in (3, 4)
    ]
    assert checked.rows["rejected"] == 2


def test_rows_of_different_days_or_services_do_not_contradict_each_other() -> None:
    rows = [good_row("rtf-cs", 2) | CLOSED, good_row("rtf-cs", 2) | CLOSED | {"closure_reason": "6", "service": "Transitional Rent"}]
    assert check(as_csv(as_table("rtf-cs", rows))).findings.is_empty()


def test_a_row_repeated_is_counted_once() -> None:
    rows = [good_row("rtf-cs", 1), good_row("rtf-cs", 2), good_row("rtf-cs", 1)]
    checked = check(as_csv(as_table("rtf-cs", rows)))
    assert checked.findings.select("rule", "row", "column", "severity").rows() == [("R331", 4, None, NOTE)]
    assert checked.rows == {"read": 3, "accepted": 2, "unchanged": 0, "duplicate": 1, "rejected": 0}


def test_two_statuses_of_one_member_are_two_rows() -> None:
    rows = [good_row("rtf-cs", 1), good_row("rtf-cs", 1) | {"referral_status": "Pending", "status_date": "10/05/2025"}]
    checked = check(as_csv(as_table("rtf-cs", rows)))
    assert checked.findings.is_empty()
    assert checked.rows["accepted"] == 2


@pytest.mark.parametrize(
    ("kind", "key"), [("members", "cin"), ("referrals", "referral_id"), ("providers", "provider_id"), ("encounters", "encounter_id")]
)
def test_two_rows_of_an_extract_with_one_key_and_different_words_are_both_left_out(kind: str, key: str) -> None:
    other = {"members": "city", "referrals": "denial_reason", "providers": "contact_name", "encounters": "modifiers"}[kind]
    rows = [good_row(kind, 1), good_row(kind, 1) | {other: "x"}, good_row(kind, 2), good_row(kind, 3), good_row(kind, 3)]
    checked = check(as_csv(as_table(kind, rows)), kind=kind)
    assert checked.findings.select("rule", "row", "column").rows() == [("R353", 2, own_heading(key)), ("R353", 3, own_heading(key))]


def test_a_row_with_a_field_too_many_is_told_by_its_number_alone() -> None:
    table = as_table("rtf-ecm", [good_row("rtf-ecm", number) for number in (1, 2, 3)])
    table[2].insert(3, "x")
    checked = check(as_csv(table))
    assert checked.findings.select("rule", "row", "column", "severity").rows() == [("R001", 3, None, ERROR)]
    assert checked.rows["rejected"] == 1
    width = len(table[0])
    assert f"{width + 1} columns instead of {width}" in checked.findings["message"][0]


def test_headings_repeated_in_the_body_are_told_by_their_row_alone() -> None:
    table = as_table("rtf-cs", [good_row("rtf-cs", number) for number in (1, 2)])
    checked = check(as_csv([*table[:2], table[0], table[2]]))
    assert checked.findings.select("rule", "row", "column", "severity").rows() == [("R002", 3, None, ERROR)]


def test_rows_are_numbered_as_excel_does_below_a_title_and_blank_rows() -> None:
    table = as_table("rtf-ecm", [good_row("rtf-ecm", 1), good_row("rtf-ecm", 2) | {"status_date": ""}])
    blank = [""] * len(table[0])
    title = ["Altura Care", *blank[1:]]
    found = check(as_csv([title, blank, table[0], table[1], blank, table[2]])).findings
    assert found.select("rule", "row").rows() == [("R302", 6)]


ELSEWHERE = {rule.id for rule in RULES.values() if rule.scope is Scope.FILE or rule.needs_plan}


def test_every_rule_on_rows_that_needs_no_plan_is_broken_by_some_file_above() -> None:
    special = {"R001", "R002", "R118", "R330", "R331", "R353"}  # each has tests of its own
    assert {case.rule for case in CASES} | special == set(RULES) - ELSEWHERE
