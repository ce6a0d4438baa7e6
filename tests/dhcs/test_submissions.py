"""The monthly submission to DHCS, through `clr dhcs`: what is told, what is told again, and what is found when it is checked."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.dhcs.plan import NOVEMBER, OCTOBER, REFERRALS, WITHDRAWN, ok
from tests.workspaces import bring, clr, extract, files, referral, table

EXPECTED = Path(__file__).with_name("expected")
FIRST, SECOND = "CLR_sunrise_202510_1.json", "CLR_sunrise_202511_1.json"
OUTBOX = Path("outbox/dhcs")


def content(root: Path, name: str) -> bytes:
    return (root / OUTBOX / name).read_bytes()


def records(root: Path, name: str) -> dict[str, dict[str, Any]]:
    """The records of a submission by key."""
    return {one["recordKey"]: one for one in json.loads(content(root, name))["records"]}


@pytest.mark.parametrize("name", [FIRST, SECOND])
def test_a_month_is_told_to_the_byte_as_before(november: Path, name: str) -> None:
    assert content(november, name) == (EXPECTED / name).read_bytes()


def test_every_kind_of_record_is_told(november: Path) -> None:
    kinds = {name: Counter(one["recordType"] for one in records(november, name).values()) for name in (FIRST, SECOND)}
    assert kinds == {FIRST: {"original": 5}, SECOND: {"replacement": 3, "void": 1}}


def test_the_counts_are_those_of_what_went_in(november: Path) -> None:
    """Plain Python over the extracts and the rows that the plan was played with."""
    stand: dict[str, dict[str, Any]] = {}
    for name in (FIRST, SECOND):
        stand |= records(november, name)
    stand = {key: one for key, one in stand.items() if one["recordType"] != "void"}
    told = json.loads(content(november, SECOND))["totals"]

    wanted = {one["referral_id"] for one in REFERRALS if one["service"] != "Sobering Centers"} - {"R-5"}
    assert (told["referrals"], told["loops"], len(stand)) == (len(wanted), len(wanted), len(wanted))
    reasons = Counter(one["closure"]["reason"] for one in stand.values() if "closure" in one)
    assert reasons == {"Services Received": 1, "Service Provider Declined": 1, "Authorization Denied": 2}
    assert {reason: number for reason, number in told["closuresByReason"].items() if number} == reasons
    statuses = Counter(one["authorization"]["authorizationStatus"] for one in stand.values())
    assert statuses == {"Approved": 2, "Denied": 2}
    assert {status: number for status, number in told["authorizationsByStatus"].items() if number} == statuses
    notified = {one["member"]["firstName"]: one["authorization"]["dateMemberNotified"] for one in stand.values()}
    assert notified == {"Ana": "10/03/2025", "Ben": "09/04/2025", "Cleo": "09/05/2025", "Dora": "11/21/2025"}
    heard = {one["member"]["firstName"]: one["closure"].get("dateReferringEntityNotified") for one in stand.values() if "closure" in one}
    assert heard["Ana"] == "11/05/2025"
    assert told["membersNotified"] == 4
    assert told["referringEntitiesNotified"] == sum(day is not None for day in heard.values())


def test_nothing_is_written_twice(october: Path) -> None:
    before = files(october)
    done = ok(clr(october, "dhcs", "build", as_of="2025-11-07T08:00"))
    assert done.out.startswith("nothing written: nothing has changed since the last submission for 2025-10")
    assert files(october) == before


def test_a_dry_run_writes_nothing(own: Path) -> None:
    bring(own, "referrals.csv", extract("referrals", [REFERRALS[1] | {"referral_date": "2025-08-31"}]))
    ok(clr(own, "intake", as_of="2025-11-07T08:00"))
    before = files(own)
    done = ok(clr(own, "dhcs", "build", "--dry-run", "--json", as_of="2025-11-07T09:00"))
    assert done.json["file"] == "outbox/dhcs/CLR_sunrise_202510_2.json"
    assert done.json["counts"] == {"original": 0, "replacement": 1, "void": 0, "held_back": 0}
    assert files(own) == before


def test_what_was_made_is_made_again_to_the_byte(november: Path) -> None:
    text = (november / "clr.toml").read_text("utf-8")
    (november / "clr.toml").write_text(text.replace(WITHDRAWN, ""), "utf-8")  # as the settings were then
    again = ok(clr(november, "dhcs", "build", "--period", "2025-10", "--known-at", OCTOBER, "--json", as_of="2026-01-20T08:00")).json
    (november / "clr.toml").write_text(text, "utf-8")
    assert again["file"] == "reports/2026-01-20_known_2025-11-06/" + FIRST
    assert (november / again["file"]).read_bytes() == content(november, FIRST)


@pytest.mark.parametrize(
    ("period", "why"),
    [
        ("2025-11", "2025-11 is not due yet: the files that tell of it are due by 2025-12-05 23:59"),
        ("2025-Q4", "this report is about a month, such as 2026-02"),
        ("2025-09", "2025-10 was submitted already: what 2025-09 lacks is told with the next month"),
    ],
)
def test_a_month_that_cannot_be_told_is_refused(october: Path, period: str, why: str) -> None:
    done = clr(october, "dhcs", "build", "--period", period, as_of=OCTOBER)
    assert (done.code, done.err.strip()) == (2, f"clr: {why}")


def test_a_month_without_referrals_is_said_to_have_none(before: Path) -> None:
    told = ok(clr(before, "dhcs", "build", "--period", "2025-08", "--known-at", "2025-09-06T08:00", as_of=OCTOBER))
    assert told.out.startswith("nothing written: there is no referral to tell of in 2025-08")


def test_what_was_only_tested_counts_as_never_sent(own: Path) -> None:
    with (own / "clr.toml").open("a", encoding="utf-8") as file:
        file.write('\n[dhcs]\nusage = "production"\n')
    built = ok(clr(own, "dhcs", "build", "--json", as_of="2025-11-07T08:00")).json
    assert (built["usage"], built["counts"]["original"]) == ("production", 5)
    header = json.loads((own / built["file"]).read_bytes())["header"]
    assert (header["usage"], header["sequence"]) == ("production", 2)


def test_a_record_that_breaks_the_schema_is_held_back_and_the_others_go(own: Path) -> None:
    bring(
        own,
        "referrals.csv",
        extract("referrals", [referral("R-8", "90000008A", "ALTURA"), REFERRALS[0] | {"referring_org_name": "Clinic"}]),
    )
    clr(own, "intake", as_of="2025-11-07T08:00")
    done = clr(own, "dhcs", "build", "--json", as_of="2025-11-07T09:00")
    assert (done.code, done.json["counts"]) == (3, {"original": 0, "replacement": 1, "void": 0, "held_back": 1})
    assert {one["referral_id"] for one in done.json["held_back"]} == {"R-8"}
    assert "member/firstName" in {one["place"] for one in done.json["held_back"]}
    found = table(own, "findings").filter(rule="D103")
    assert set(found["submission_id"]) == {"CLR_sunrise_202510_2"}
    assert clr(own, "dhcs", "check", as_of="2025-11-07T10:00").code == 3  # the history has one more


@pytest.mark.parametrize("name", [FIRST, SECOND])
def test_a_submission_agrees_with_schema_and_history(november: Path, name: str) -> None:
    checked = ok(clr(november, "dhcs", "check", str(november / OUTBOX / name), "--json", as_of="2026-01-20T08:00")).json
    assert (checked["breaks"], checked["differing"], checked["as_made"]) == ([], [], True)
    assert {one["what"] for one in checked["counts"] if one["file"]} >= {"referrals", "loops", "membersNotified"}


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (lambda told: told["records"].pop(0), {"records, original", "loops", "referrals", "membersNotified"}),
        (
            lambda told: told["records"][0]["closure"].update(reason="Other"),
            {"closuresByReason, Other", "closuresByReason, Services Received"},
        ),
        (lambda told: told["totals"].update(membersNotified=9), {"membersNotified"}),
        (lambda told: told["records"][1]["authorization"].update(dateMemberNotified=None), {"membersNotified"}),
    ],
)
def test_a_count_that_differs_is_named(own: Path, wrong: Any, what: set[str]) -> None:
    told = json.loads(content(own, FIRST))
    wrong(told)
    (own / OUTBOX / FIRST).write_text(json.dumps(told), "utf-8")
    done = clr(own, "dhcs", "check", "--json", as_of=NOVEMBER)
    assert (done.code, done.json["as_made"]) == (3, False)
    assert {one["what"] for one in done.json["differing"]} >= what


def test_a_place_that_breaks_the_schema_is_named_without_its_value(own: Path) -> None:
    told = json.loads(content(own, FIRST))
    told["records"][0]["member"]["cin"] = "SECRET"
    (own / OUTBOX / FIRST).write_text(json.dumps(told), "utf-8")
    done = clr(own, "dhcs", "check", "--json", as_of=NOVEMBER)
    assert done.json["breaks"] == ["records/0/member/cin: pattern"]
    assert "SECRET" not in done.out + done.err


RESPONSES = {
    "csv": "Record Key,Error Code,Text\n{key},E17,Plan member number not found\nD0000000000000000,E99,Unknown record\n",
    "json": '{{"errors": [{{"recordKey": "{key}", "errorCode": "E17", "message": "Plan member number not found"}}, '
    '{{"recordKey": "D0000000000000000", "errorCode": "E99", "message": "Unknown record"}}]}}',
}


@pytest.mark.parametrize("ending", RESPONSES)
def test_what_dhcs_refuses_is_a_finding_once(own: Path, tmp_path: Path, ending: str) -> None:
    key = next(iter(records(own, FIRST)))
    response = tmp_path / f"response.{ending}"
    response.write_text(RESPONSES[ending].format(key=key), "utf-8")
    counts = [ok(clr(own, "dhcs", "response", str(response), "--json", as_of=NOVEMBER), 3).json["counts"] for _ in range(2)]
    assert counts == [{"read": 2, "refused": 1, "unknown": 1, "new": 2}, {"read": 2, "refused": 1, "unknown": 1, "new": 0}]

    sql = (
        "SELECT f.rule, f.column, r.referral_id FROM findings f LEFT JOIN dhcs_records r ON f.value = r.record_key WHERE f.rule LIKE 'D1%'"
    )
    rows = ok(clr(own, "query", sql + " ORDER BY f.rule", "--json", as_of=NOVEMBER)).json["rows"]
    assert [tuple(row.values()) for row in rows] == [("D101", "E17", "R-1"), ("D102", "E99", None)]
    ok(clr(own, "store", "verify", as_of=NOVEMBER))


@pytest.mark.parametrize("text", ["no table at all", '{"errors": 3}', "Record Key,Text\nD1,x\n", "[1]"])
def test_a_response_that_says_nothing_is_refused(own: Path, tmp_path: Path, text: str) -> None:
    response = tmp_path / "response.csv"
    response.write_text(text, "utf-8")
    assert clr(own, "dhcs", "response", str(response), as_of=NOVEMBER).code == 2
