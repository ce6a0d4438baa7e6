"""Whose row it is where the plan's own numbers say so, and what an attempt beside a status adds."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from tests.rules.files import good_row
from tests.rules.known import Told, World, findings, members, placed, settings

ANA, BEN, EVE = "90000001A", "90000002A", "90000009A"
MEALS = "Medically Tailored Meals/Medically-Supportive Food"
HELD = placed("R-1", ANA, service="Housing Deposits"), placed("R-2", BEN, service="Housing Deposits")
ELSEWHERE = placed("R-9", EVE, "BONITA", service="Housing Deposits")
NUMBERS = {"R-1": "0077", "R-2": "0078", "R-3": "0079"}


def world(*loops: dict[str, object], **numbers: str) -> World:
    """A plan keyed on its own numbers; numbers: those of Ana, Ben and Eve."""
    people = [{"cin": cin, "plan_member_id": numbers[name]} for cin, name in ((ANA, "ana"), (BEN, "ben"), (EVE, "eve")) if name in numbers]
    authorizations = [{"plan": "sunrise", "referral_id": name, "authorization_number": number} for name, number in NUMBERS.items()]
    return World(loops=loops or HELD, members=members(*people), settings=settings("merged"), authorizations=pl.DataFrame(authorizations))


def row(number: str, **cells: str) -> dict[str, str]:
    return good_row("rtf-cs", 1) | {"cin": "", "service": "", "plan_member_id": number} | cells


def told(plan: World, *rows: dict[str, str]) -> list[tuple[object, ...]]:
    """Member and referral of each row, and the rules that it breaks."""
    file = Told(rows, kind="rtf-cs")
    judgement = plan.judge(file, hold=False)
    broken = findings(judgement, file).filter(severity="error", scope="cross").group_by("row").agg("rule")
    return judgement.rows.join(broken, on="row", how="left").sort("row").select("cin", "referral_id", "rule").rows()


@pytest.mark.parametrize("written", ["0007", "007", "7"])
def test_a_number_is_found_as_written_and_else_without_its_zeros(written: str) -> None:
    assert told(world(ana="0007", ben="0008"), row(written)) == [(ANA, "R-1", None)]


def test_a_number_as_written_goes_before_one_without_zeros() -> None:
    assert told(world(ana="0007", ben="007"), row("007"), row("0007")) == [(BEN, "R-2", None), (ANA, "R-1", None)]


def test_a_number_that_means_two_people_without_its_zeros_means_nobody() -> None:
    assert told(world(ana="0007", ben="007"), row("7")) == [(None, None, ["R201"])]


def test_a_number_of_somebody_elses_member_does_not_stand_in_the_way() -> None:
    plan = world(*HELD, ELSEWHERE, ana="0007", ben="0008", eve="7")
    assert told(plan, row("7")) == [(ANA, "R-1", None)]


def test_a_cin_must_be_the_members_and_may_be_a_former_one() -> None:
    plan = world(ana="0007", ben="0008")
    moved = members({"cin": ANA, "plan_member_id": "0007", "previous_cin": "90000005A"}, {"cin": BEN, "plan_member_id": "0008"})
    assert told(plan, row("7", cin=ANA), row("7", cin=BEN)) == [(ANA, "R-1", None), (ANA, "R-1", ["R205"])]
    assert told(replace(plan, members=moved), row("7", cin="90000005A")) == [("90000005A", "R-1", None)]


def test_the_only_service_needs_no_number_and_one_of_two_does() -> None:
    plan = world(*HELD, placed("R-3", BEN, service=MEALS), ana="1", ben="2")
    assert told(plan, row("1"), row("2"), row("2", authorization_number="79")) == [
        (ANA, "R-1", None),
        (BEN, None, ["R206"]),
        (BEN, "R-3", None),
    ]


def test_number_member_and_service_must_agree() -> None:
    plan = world(*HELD, placed("R-3", BEN, service=MEALS), ana="1", ben="2")
    rows = [
        row("1", authorization_number="0079"),
        row("2", authorization_number="0079", service="Housing Deposits"),
        row("2", service="S9977 U6"),
    ]
    assert told(plan, *rows) == [(ANA, None, ["R207"]), (BEN, None, ["R207"]), (BEN, "R-3", None)]


def test_a_service_without_a_referral_is_told_like_a_stranger() -> None:
    plan = world(ana="1", ben="2")
    assert told(plan, row("1", service="Asthma Remediation"), row("9")) == [(ANA, None, ["R201"]), (None, None, ["R201"])]


def test_a_status_is_never_lost_for_what_stands_about_an_attempt() -> None:
    day = {"outreach_date": "10/02/2025"}
    rows = [
        row("1", **day, outreach_method="Pigeon"),
        row("2", outreach_date="02/02/2031"),
        row("2", outreach_date="soon", outreach_method="1", status_date="10/11/2025"),
        row("2", **day, outreach_method="1", status_date="10/12/2025"),
        row("2", **day, status_date="10/13/2025"),
    ]
    judgement = world(ana="1", ben="2").judge(Told(rows, kind="rtf-cs"))
    assert judgement.rows["outcome"].to_list() == ["accepted"] * 5
    assert judgement.attempts.select("referral_id", "method", "row").rows() == [("R-1", None, 2), ("R-2", "In-Person", 5)]


def test_a_column_that_the_plans_sheets_do_not_have_is_never_demanded() -> None:
    moved = {"new_address": "Y", "address": "1 Main St", "zip": "92101"}
    file = Told([row("1", **moved, city="San Diego"), row("1", **moved)], kind="rtf-cs")
    judgement = world(ana="1", ben="2").judge(file, hold=False)
    assert findings(judgement, file).filter(severity="error").select("rule", "row").rows() == [("R102", 3)]
    assert judgement.contacts.select("address", "state").rows() == [("1 Main St", None)]
