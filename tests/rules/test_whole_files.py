"""Every rule on files as a whole: one that breaks it and, where more than a good file is needed, one that just does not."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from config.load import load_profile
from config.profile import LayoutChoice
from pipeline.offline import Checked, check_file
from pipeline.read import ReadLimits, read
from schemas.layouts import LAYOUTS
from schemas.rule import Scope
from schemas.rules import RULES
from schemas.submissions import SubmissionStatus
from tests.rules.files import TODAY, as_csv, as_table, as_workbook, check, good_row, own_heading, rules_of

ROWS = [good_row("rtf-ecm", number) for number in (1, 2, 3)]
TABLE = as_table("rtf-ecm", ROWS)
CSV = as_csv(TABLE)
WORKBOOK = as_workbook(RTF=TABLE)
TOLD_BY_BOTH = ("cin", "member_last_name", "member_first_name", "referral_status", "status_date", "closure_reason")
OUTCOME = ("referral_status", "status_date", "closure_reason")


def headings(*names: str) -> list[str]:
    return [own_heading(LAYOUTS["rtf-ecm"].elements()[name].header) for name in names]


def without(*names: str) -> list[list[str]]:
    """The good table without some columns."""
    gone = {TABLE[0].index(heading) for heading in headings(*names)}
    return [[text for place, text in enumerate(row) if place not in gone] for row in TABLE]


def with_part(name: str, part: bytes) -> bytes:
    content = io.BytesIO(WORKBOOK)
    with zipfile.ZipFile(content, "a") as packed:
        packed.writestr(name, part)
    return content.getvalue()


def with_cells(**cells: str) -> bytes:
    """The good file with other cells in its third row."""
    return as_csv(as_table("rtf-ecm", [*ROWS[:2], ROWS[2] | cells]))


UNREADABLE: dict[str, Any] = {
    "F001": b"%PDF-1.7\n",
    "F002": b"",
    "F003": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
    "F004": with_part("xl/vbaProject.bin", b"x"),
    "F006": CSV.decode().encode("utf-16"),
    "F007": CSV.replace(b"Ana", b'"Ana', 1),
    "F008": CSV.replace(b",", b";"),
    "F009": CSV.rstrip()[: CSV.rstrip().rindex(b"Altura") + 3],
    "F010": WORKBOOK[: len(WORKBOOK) // 2],
    "F011": b"name,telephone,town,street,zip\nAna,7605550100,San Diego,Main St,92101\n",
    "F012": as_csv(without(*OUTCOME)),
    "F013": as_csv([[*TABLE[0], "CIN"], *([*row, ""] for row in TABLE[1:])]),
    "F014": as_csv(without("provider_npi")),
    "F015": as_workbook(October=TABLE, Copy=TABLE),
    "F016": with_cells(reporting_period="09/2025"),
    "F017": as_csv(TABLE[:1]),
    "F034": as_csv([headings(*TOLD_BY_BOTH), ["90000001A", "Rivera", "Ana", "Pending", "10/10/2025", ""]]),
    "F018": as_csv(as_table("rtf-ecm", [row | {"status_date": ""} for row in ROWS])),
}
READABLE: dict[str, Any] = {
    "F019": as_csv(as_table("rtf-ecm", [row | {"status_date": ""} for row in ROWS[:2]] + ROWS[2:])),
    "F022": with_cells(member_first_name="Jos\u00e9").decode().encode("cp1252"),
    "F024": as_csv([[*TABLE[0], "SSN"], *([*row, "123-45-6789"] for row in TABLE[1:])]),
    "F027": with_cells(production_date="10/30/2025"),
    "F033": as_csv([[*TABLE[0], *(f"What to correct (S{digit * 16})" for digit in "01")], *([*row, "", ""] for row in TABLE[1:])]),
}


def only(checked: Checked, rule: str) -> dict[str, Any]:
    """The one finding on the file; what its rows say is beside it."""
    of_file = checked.findings.filter(checked.findings["row"].is_null())
    assert rules_of(of_file) == [rule]
    return of_file.row(0, named=True)


def test_good_files_break_no_rule() -> None:
    for content, name in (
        (CSV, "rtf.csv"),
        (WORKBOOK, "rtf.xlsx"),
        (CSV.replace(b",", b"|"), "rtf.txt"),
        (CSV.replace(b",", b"\t"), "rtf.tsv"),
    ):
        checked = check(content, name)
        assert (checked.kind, checked.status, checked.period) == ("rtf-ecm", SubmissionStatus.ACCEPTED, "2025-10")
        assert checked.findings.is_empty(), name


@pytest.mark.parametrize("rule", UNREADABLE)
def test_a_file_that_cannot_be_taken_is_rejected_by_one_rule_and_every_row_is_accounted_for(rule: str) -> None:
    content = UNREADABLE[rule]
    checked = check(content, "rtf.xlsx" if content[:2] == b"PK" or rule in ("F001", "F003") else "rtf.csv")
    found = only(checked, rule)
    assert (found["severity"], found["scope"], found["column"], found["line"]) == ("error", "file", None, None)
    assert checked.status is SubmissionStatus.REJECTED
    assert checked.rows["read"] == checked.rows["rejected"]
    assert checked.rows["accepted"] == 0


@pytest.mark.parametrize("rule", READABLE)
def test_a_file_that_only_looks_odd_is_read(rule: str) -> None:
    checked = check(READABLE[rule])
    found = only(checked, rule)
    assert found["severity"] == RULES[rule].severity.value
    assert checked.rows["read"] == 3
    assert (checked.status is SubmissionStatus.HELD) == (rule == "F019")


def test_a_file_over_a_limit_is_refused_and_one_at_the_limit_is_not() -> None:
    assert only(check(CSV, limits=ReadLimits(rows=2)), "F005")["severity"] == "error"
    assert check(CSV, limits=ReadLimits(rows=3)).findings.is_empty()


def test_half_of_the_rows_rejected_is_not_more_than_half() -> None:
    bad = good_row("rtf-ecm", 4) | {"status_date": ""}
    checked = check(as_csv(as_table("rtf-ecm", [bad, ROWS[0]])))
    assert rules_of(checked.findings) == ["R302"]
    assert checked.status is SubmissionStatus.ACCEPTED_WITH_ERRORS


def test_a_name_that_says_otherwise_is_remarked_on() -> None:
    assert only(check(CSV, "rtf.xlsx"), "F021")["severity"] == "warning"
    assert only(check(WORKBOOK, "rtf.csv"), "F021")["severity"] == "warning"


def test_a_name_not_as_agreed_is_a_warning_and_the_file_counts() -> None:
    dhcs = load_profile("dhcs")
    agreed = dhcs.model_copy(update={"layouts": dhcs.layouts | {"rtf-ecm": LayoutChoice(file_name=r"RTF_[0-9]{6}\.csv")}})
    file = read(CSV, "rtf.csv", ReadLimits())
    assert only(check_file(file, None, agreed, TODAY, "october.csv"), "F025")["severity"] == "warning"
    assert check_file(file, None, agreed, TODAY, "RTF_202510.csv").findings.is_empty()


def test_formulas_are_noted() -> None:
    table: list[list[object]] = [list(row) for row in TABLE]
    table[1][TABLE[0].index(headings("member_acuity")[0])] = "=1+1"
    assert only(check(as_workbook(RTF=table), "rtf.xlsx"), "F023")["severity"] == "note"


def test_a_hidden_sheet_is_read_and_named() -> None:
    found = only(check(as_workbook(Notes=[["see the other sheet"]], hidden_rtf=TABLE), "rtf.xlsx"), "F030")
    assert "hidden_rtf" in found["message"]


def test_the_three_columns_of_closed_loop_referral_are_asked_for_once() -> None:
    assert rules_of(check(UNREADABLE["F012"]).findings) == ["F012"]
    found = only(check(as_csv(without("closure_reason"))), "F014")
    assert "Reason for Referral Loop Closure" in found["message"]


def test_a_column_that_only_some_profiles_need_may_be_left_out_elsewhere() -> None:
    content = as_csv(without("engagement"))
    assert check(content).findings.is_empty()
    assert "Member ECM Status" in only(check(content, profile="chpiv"), "F014")["message"]


def test_a_column_that_the_file_does_not_have_is_named_by_the_layouts_heading() -> None:
    table = without("phone", "new_phone")
    changed = [[*table[0], "Member New Phone Number Indicator"], [*table[1], "Y"], *([*row, "N"] for row in table[2:])]
    found = check(as_csv(changed)).findings
    assert found.select("rule", "row", "column").rows() == [("R103", 2, "Member Phone Number")]
    assert found["message"][0].startswith("Member Phone Number is blank")


def test_what_was_not_asked_for_is_named_by_its_heading_and_never_echoed() -> None:
    found = check(READABLE["F024"]).findings
    assert "SSN" in found["message"][0]
    assert "123-45-6789" not in str(found.to_dicts())


def test_the_plans_own_file_sent_back_is_named() -> None:
    elements = LAYOUTS["mif"].elements()
    own = [[element.header for element in elements.values()], ["x"] * len(elements)]
    found = only(check(as_workbook(MIF=own), "mif.xlsx"), "F011")
    assert "fill in its sheet RTF" in found["message"]
    answered = check(as_workbook(MIF=own, RTF=TABLE), "mif.xlsx")
    assert (answered.kind, answered.findings.height, answered.rows["accepted"]) == ("rtf-ecm", 0, 3)


@pytest.mark.parametrize("height", [29, 30])
def test_headings_are_looked_for_in_thirty_rows(height: int) -> None:
    title = [["Altura Care", *[""] * (len(TABLE[0]) - 1)]] * height
    assert check(as_csv([*title, *TABLE])).kind == ("rtf-ecm" if height < 30 else None)


@pytest.mark.parametrize("kind", ["rtf-ecm", "rtf-cs", "otf", "members", "referrals", "encounters"])
def test_a_file_is_known_by_its_headings_in_any_order(kind: str) -> None:
    table = [list(reversed(row)) for row in as_table(kind, [good_row(kind, 1)])]
    checked = check(as_csv(table))
    assert (checked.kind, checked.findings.to_dicts()) == (kind, [])


OF_THE_PLAN = {"F020", "F026", "F028", "F029", "F031", "F032"}


def test_every_rule_on_files_is_broken_by_some_file_above_or_needs_the_plan() -> None:
    special = {"F005", "F021", "F023", "F025", "F030"}
    of_files = {rule.id for rule in RULES.values() if rule.scope is Scope.FILE}
    assert {*UNREADABLE, *READABLE} | special | OF_THE_PLAN == of_files
    assert {rule.id for rule in RULES.values() if rule.scope is Scope.FILE and rule.needs_plan} == OF_THE_PLAN


def test_a_file_that_is_no_layout_is_told_what_was_looked_for_and_what_comes_nearest() -> None:
    nothing = only(check(UNREADABLE["F011"]), "F011")["message"]
    assert "Return Transmission File for ECM (rtf-ecm)" in nothing
    assert "Initial Outreach Tracker (otf)" in nothing
    near = only(check(b"CIN,Last Name,Town\n90000001A,Rivera,Hemet\n"), "F011")["message"]
    assert "Row 1 comes nearest" in near
    assert "it has Member Client Index Number (CIN), Member Last Name, but not Member First Name" in near
    assert "Rivera" not in near
    too_low = only(check(as_csv([*[["Altura Care", *[""] * (len(TABLE[0]) - 1)]] * 30, *TABLE])), "F011")["message"]
    assert "Row 31 has headings of the Return Transmission File for ECM" in too_low


def test_a_kind_that_cannot_be_told_is_named_with_what_would_tell() -> None:
    message = only(check(UNREADABLE["F034"]), "F034")["message"]
    assert "Return Transmission File for ECM (rtf-ecm) would have" in message
    assert "Return Transmission File for Community Supports (rtf-cs) would have Community Supports Service" in message
    assert check(UNREADABLE["F034"], kind="rtf-cs").kind == "rtf-cs"
    told = as_csv([[*headings(*TOLD_BY_BOTH), "ECM Provider Name"], ["90000001A", "Rivera", "Ana", "Pending", "10/10/2025", "", "Altura"]])
    assert rules_of(check(told).findings) == ["F014"]


def test_a_misspelt_heading_is_named_beside_the_one_that_is_missed() -> None:
    table = [list(row) for row in TABLE]
    table[0][table[0].index(headings("member_last_name")[0])] = "Member Last Nmae"
    table[0][table[0].index(headings("member_acuity")[0])] = "Member Acuty Level"
    found = {row["rule"]: row["message"] for row in check(as_csv(table)).findings.iter_rows(named=True)}
    assert "Member Last Name (is it “Member Last Nmae”?)" in found["F014"]
    assert "Member Acuty Level (did you mean Member Acuity Level?)" in found["F024"]


def test_sheets_and_columns_that_compete_are_all_named() -> None:
    assert "October (rtf-ecm), Copy (rtf-ecm)" in only(check(UNREADABLE["F015"], "rtf.xlsx"), "F015")["message"]
    assert "“MEMBER_CLIENT_INDEX_NUMBER_(CIN)” and “CIN”" in only(check(UNREADABLE["F013"]), "F013")["message"]
