"""Rules that only the plan can judge: whose member it is, what is known of the loop, and how the file compares with the last."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from pipeline.judgement import Judgement
from schemas.rule import Scope
from schemas.rules import RULES
from schemas.submissions import Submissions, SubmissionStatus
from tests.rules.files import CLOSED, as_csv, as_table, good_row, own_heading, rules_of
from tests.rules.known import PLAN, Told, World, findings, members, moment, observed, placed, roster, settings

ANA, BEN, CLEO = ({"cin": f"9000000{number}A"} for number in (1, 2, 3))
A1, B1, C1 = placed("R-1", ANA["cin"]), placed("R-2", BEN["cin"]), placed("R-3", CLEO["cin"], "BONITA")
WORLD = World(loops=[A1, B1, C1], members=members(ANA, BEN, CLEO))
CLOSED_BEFORE = observed(A1, "Referral Loop Closed", "2025-09-20", "Services Received")
OTHER_NPI = {"provider_npi": "1245319599"}


def row(number: int, **cells: str) -> dict[str, str]:
    return good_row("rtf-ecm", number) | cells


def told(world: World, *rows: dict[str, str], provider_id: str = "ALTURA", kind: str = "rtf-ecm") -> tuple[Judgement, pl.DataFrame]:
    file = Told(rows, provider_id, kind)
    judgement = world.judge(file)
    return judgement, findings(judgement, file)


def of_rows(found: pl.DataFrame) -> list[tuple[object, ...]]:
    """Rule, row, column and severity of the findings on rows."""
    return found.filter(pl.col("row").is_not_null()).select("rule", "row", "column", "severity").rows()


def heading(name: str) -> str:
    return own_heading(
        {"cin": "Member Client Index Number (CIN)", "status": "Referral Status", "date": "Date of Referral Status Update"}[name]
    )


def test_rows_about_members_that_were_sent_break_no_rule() -> None:
    judgement, found = told(WORLD, row(1), row(2))
    assert found.is_empty()
    assert judgement.submissions.select("status", "rows_read", "rows_accepted", "members_missing").rows() == [("ACCEPTED", 2, 2, 0)]
    assert judgement.observations.select("referral_id", "loop", "status").rows() == [
        ("R-1", 1, "Outreach Initiated"),
        ("R-2", 1, "Outreach Initiated"),
    ]


@pytest.mark.parametrize(
    "stranger",
    [
        pytest.param({"cin": "90000009A"}, id="known to nobody"),
        pytest.param({"cin": CLEO["cin"]}, id="another provider's"),
        pytest.param(
            {"cin": CLEO["cin"], "member_first_name": "Zoe", "member_last_name": "Zimmer"}, id="another provider's by another name"
        ),
    ],
)
def test_an_unknown_member_and_another_providers_get_the_same_words(stranger: dict[str, str]) -> None:
    _, found = told(WORLD, row(1), row(2, **stranger))
    assert of_rows(found) == [("R201", 3, heading("cin"), "error")]
    unknown = told(WORLD, row(1), row(2, cin="90000009A"))[1]
    assert found.drop("value").filter(pl.col("row") == 3).to_dicts() == unknown.drop("value").filter(pl.col("row") == 3).to_dicts()


@pytest.mark.parametrize("cells", [{"referral_status": "", "status_date": ""}, {"status_date": "01/01/2024"}, OTHER_NPI])
def test_nothing_else_in_a_row_tells_an_unknown_member_from_another_providers(cells: dict[str, str]) -> None:
    ways = [told(WORLD, row(1), row(2, cin=cin, **cells))[1].drop("value").to_dicts() for cin in ("90000009A", CLEO["cin"])]
    assert ways[0] == ways[1]


def test_a_member_whose_loop_was_not_sent_yet_is_not_known_either() -> None:
    unsent = replace(WORLD, sent={("R-2", 1): None})
    assert of_rows(told(unsent, row(1), row(2))[1]) == [("R201", 3, heading("cin"), "error")]
    after = replace(WORLD, sent={("R-2", 1): moment("2025-11-03T16:01")})
    assert of_rows(told(after, row(1), row(2))[1]) == [("R201", 3, heading("cin"), "error")]
    just = replace(WORLD, sent={("R-2", 1): moment("2025-11-03T16:00")})
    assert [rule for rule, *_ in of_rows(told(just, row(1), row(2))[1])] == ["R315"]


def test_a_service_that_was_not_referred_is_not_on_the_list() -> None:
    housing = placed("R-4", ANA["cin"], service="Housing Deposits")
    world = replace(WORLD, loops=[housing])
    rows = [good_row("rtf-cs", 1), good_row("rtf-cs", 1) | {"service": "Transitional Rent"}]
    assert of_rows(told(world, *rows, kind="rtf-cs")[1]) == [("R201", 3, heading("cin"), "error")]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("ANA", "Rivera Jr.", []),
        ("Ána", "RIVÉRA", []),
        (" ana ", "rivera iii", []),
        ("An-a", "Rive'ra", []),
        ("Anna", "Rivera", [("R203", 3, "MEMBER_FIRST_NAME", "warning")]),
        ("Ana", "Rivers", [("R203", 3, "MEMBER_LAST_NAME", "warning")]),
        ("Rivera", "Ana", [("R202", 3, "MEMBER_LAST_NAME", "error")]),
        ("Zoe", "Zimmer", [("R202", 3, "MEMBER_LAST_NAME", "error")]),
    ],
)
def test_names_are_compared_without_case_accents_and_suffixes(first: str, last: str, expected: list[tuple[object, ...]]) -> None:
    _, found = told(WORLD, row(1), row(2, member_first_name=first, member_last_name=last))
    assert of_rows(found) == expected


def test_an_npi_of_another_provider_is_an_error() -> None:
    _, found = told(WORLD, row(1), row(2, **OTHER_NPI))
    assert of_rows(found) == [("R204", 3, own_heading("ECM Provider National Provider Identifier (NPI)"), "error")]
    assert told(replace(WORLD, loops=[placed("R-3", ANA["cin"], "BONITA")]), row(1, **OTHER_NPI), provider_id="BONITA")[1].is_empty()


def test_a_blank_status_is_an_error_while_the_loop_is_open() -> None:
    silent = {"referral_status": "", "status_date": ""}
    _, found = told(WORLD, row(1), row(2, **silent))
    assert of_rows(found) == [("R301", 3, heading("status"), "error")]
    assert "1 Accepted; 2 Declined" in found["message"][0]
    closed = replace(WORLD, observations=[CLOSED_BEFORE])
    judgement, found = told(closed, row(1, **silent), row(2))
    assert of_rows(found) == []
    assert judgement.submissions.select("rows_unchanged", "rows_accepted").rows() == [(1, 1)]


def test_a_blank_status_needs_no_plan_where_the_engagement_closes() -> None:
    world = replace(WORLD, settings=settings("chpiv"))
    silent = {"referral_status": "", "status_date": ""}
    judgement, found = told(world, row(1, engagement="Pending Outreach"), row(2, engagement="Excluded", **silent))
    assert of_rows(found) == [("R404", 3, own_heading("Member ECM Status"), "note")]
    assert judgement.submissions["rows_accepted"].to_list() == [2]


def test_a_status_before_the_day_of_sending_is_a_warning() -> None:
    assert of_rows(told(WORLD, row(1), row(2, status_date="09/04/2025"))[1]) == [("R315", 3, heading("date"), "warning")]
    assert of_rows(told(WORLD, row(1), row(2, status_date="09/05/2025"))[1]) == []


def test_a_status_of_tomorrow_is_judged_by_the_day_in_plan_time() -> None:
    late = Told([row(1, status_date="11/03/2025"), row(2, status_date="11/04/2025")], at="2025-11-03T23:30")  # the 4th in UTC
    assert of_rows(findings(WORLD.judge(late), late)) == [("R128", 3, heading("date"), "error")]


CLOSED_WORLD = replace(WORLD, observations=[CLOSED_BEFORE])


@pytest.mark.parametrize(
    ("cells", "expected", "outcome"),
    [
        ({"status_date": "09/21/2025"}, [("R401", 2, "REFERRAL_STATUS", "warning")], "accepted"),
        ({"status_date": "09/19/2025"}, [], "accepted"),
        (CLOSED | {"status_date": "09/20/2025"}, [], "unchanged"),
        (CLOSED | {"status_date": "09/25/2025"}, [("R402", 2, own_heading("Date of Referral Status Update"), "note")], "unchanged"),
        (
            CLOSED | {"closure_reason": "6", "status_date": "09/25/2025"},
            [("R403", 2, own_heading("Reason for Referral Loop Closure"), "note")],
            "accepted",
        ),
    ],
)
def test_what_a_row_says_against_a_closure(cells: dict[str, str], expected: list[tuple[object, ...]], outcome: str) -> None:
    judgement, found = told(CLOSED_WORLD, row(1, **cells), row(2))
    assert of_rows(found) == expected
    assert judgement.rows["outcome"].to_list() == [outcome, "accepted"]


@pytest.mark.parametrize("cells", [CLOSED, {"referral_status": "Pending"}])
def test_what_the_plan_closed_no_row_can_change(cells: dict[str, str]) -> None:
    denial = observed(A1, "Referral Loop Closed", "2025-09-20", "Authorization Denied", source="plan", submission_id="plan", row=None)
    _, found = told(replace(WORLD, observations=[denial]), row(1, **cells), row(2))
    assert of_rows(found) == [("R405", 2, "REFERRAL_STATUS", "warning")]


def before(rows_read: int, **more: object) -> pl.DataFrame:
    """The provider's last accepted file."""
    told = dict.fromkeys(Submissions.polars_schema().names()) | {"submission_id": "S0", "plan": PLAN, "provider_id": "ALTURA"}
    told |= {"file_name": "x", "sha256": "x", "kind": "rtf-ecm", "period": "2025-09", "received_at": moment("2025-10-03T09:00")}
    told |= {"ruleset": "x", "status": "ACCEPTED", "rows_read": rows_read, "rows_accepted": rows_read, "rows_unchanged": 0}
    told |= {"rows_duplicate": 0, "rows_rejected": 0, "warnings": 0, "members_missing": 0} | more
    return pl.DataFrame([told], schema=Submissions.polars_schema())


CROWD = [placed(f"R-{number}", f"9000{number:04d}A") for number in range(100, 120)]


@pytest.mark.parametrize(
    ("last", "now", "held"),
    [
        (before(20), 9, True),
        (before(20), 10, False),  # half is not less than half
        (before(19), 1, False),  # too few to compare with
        (before(20, kind="rtf-cs"), 1, False),
        (before(20, provider_id="BONITA"), 1, False),
        (before(20, status="REJECTED"), 1, False),
        (before(20, status="HELD"), 1, False),
        (pl.concat([before(4), before(20, submission_id="S00", received_at=moment("2025-09-03T09:00"))]), 3, False),  # the last one counts
    ],
)
def test_a_file_far_smaller_than_the_last_accepted_one_is_held(last: pl.DataFrame, now: int, held: bool) -> None:
    world = replace(WORLD, loops=CROWD, members=members(*({"cin": loop["cin"]} for loop in CROWD)), submissions=last)
    file = Told([row(100 + number, cin=CROWD[number]["cin"]) for number in range(now)])
    judgement = world.judge(file)
    found = findings(judgement, file)
    assert judgement.submissions["status"].to_list() == [SubmissionStatus.HELD.value if held else SubmissionStatus.ACCEPTED.value]
    assert ("F020" in rules_of(found)) == held
    assert (judgement.observations.height, judgement.rows.height) == ((0, 0) if held else (now, now))
    released = world.judge(file, hold=False)
    assert released.submissions["status"].to_list() == [SubmissionStatus.ACCEPTED.value]
    assert released.observations.height == now


def test_a_file_of_another_program_is_named() -> None:
    world = replace(WORLD, roster=roster({"provider_id": "ALTURA", "programs": "CS"}))
    file = Told([row(1), row(2)])
    of_file = findings(world.judge(file), file).filter(pl.col("row").is_null())
    assert of_file.select("rule", "severity", "column").rows() == [("F028", "warning", None)]
    assert "ECM" in of_file["message"][0]


def test_members_of_the_plans_last_file_who_are_left_out_are_counted() -> None:
    judgement, found = told(WORLD, row(1))
    assert found.select("rule", "row", "severity").rows() == [("F029", None, "warning")]
    assert found["message"][0].startswith("1 of the members")
    assert judgement.submissions.select("members_missing", "warnings", "status").rows() == [(1, 1, "ACCEPTED")]


def test_a_file_of_nobodys_rows_is_rejected_and_keeps_nothing() -> None:
    judgement, found = told(WORLD, row(1), row(2), provider_id="BONITA")
    assert {"F018", "R201", "R204"} == set(rules_of(found))
    assert judgement.submissions["status"].to_list() == ["REJECTED"]
    assert judgement.observations.is_empty()
    assert judgement.rows["outcome"].to_list() == ["rejected", "rejected"]


def test_a_file_of_two_periods_changes_nothing() -> None:
    judgement, found = told(WORLD, row(1), row(2, reporting_period="09/2025"))
    assert rules_of(found) == ["F016"]
    assert judgement.observations.is_empty()
    assert judgement.submissions.select("status", "rows_read", "rows_rejected").rows() == [("REJECTED", 2, 2)]


def test_no_files_no_verdicts() -> None:
    judgement = WORLD.judge()
    assert [frame.height for frame in (judgement.submissions, judgement.rows, judgement.observations, judgement.failures)] == [0, 0, 0, 0]


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", as_csv(as_table("rtf-ecm", []))])
def test_a_file_without_rows_is_judged_beside_good_ones(content: bytes) -> None:
    judgement = WORLD.judge(Told([row(1), row(2)]), Told([], "BONITA", name="S2", content=content))
    verdicts = judgement.submissions.sort("submission_id")
    assert verdicts.select("status", "rows_read", "rows_accepted").rows() == [("ACCEPTED", 2, 2), ("REJECTED", 0, 0)]
    alone = WORLD.judge(Told([], "BONITA", name="S2", content=content))
    assert alone.submissions.to_dicts() == verdicts.filter(pl.col("submission_id") == "S2").to_dicts()


def test_every_rule_that_needs_the_plan_is_broken_here_or_at_the_intake() -> None:
    here = {"R201", "R202", "R203", "R204", "R301", "R315", "R401", "R402", "R403", "R405", "F020", "F028", "F029", "F031", "F032"}
    elsewhere = {"F026", "R354", "R355"}  # a file that came twice, and the plan's own extracts: in a workspace
    elsewhere |= {"R205", "R206", "R207"}  # keys of another plan: tests/merged
    assert here | elsewhere == {rule.id for rule in RULES.values() if rule.needs_plan}
    assert {rule for rule in here if RULES[rule].scope is Scope.FILE} == {"F020", "F028", "F029", "F031", "F032"}
