"""To which loop a row belongs."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from tests.rules.files import good_row
from tests.rules.known import Told, World, findings, members, moment, placed, roster

ANA = "90000001A"
FIRST, SECOND = placed("R-1", ANA), placed("R-1", ANA, loop=3)
WORLD = World(
    loops=[FIRST, placed("R-1", ANA, "BONITA", loop=2), SECOND],
    members=members({"cin": ANA}),
    sent={("R-1", 1): moment("2025-07-10T09:00"), ("R-1", 2): moment("2025-08-10T09:00"), ("R-1", 3): moment("2025-09-10T23:30")},
)


def loops(world: World, *rows: dict[str, str], provider_id: str = "ALTURA", kind: str = "rtf-ecm") -> list[tuple[str | None, int | None]]:
    judgement = world.judge(Told(rows, provider_id, kind))
    return judgement.rows.sort("row").select("referral_id", "loop").rows()


def row(**cells: str) -> dict[str, str]:
    return good_row("rtf-ecm", 1) | cells


@pytest.mark.parametrize(
    ("status_date", "loop"),
    [
        ("09/11/2025", 3),
        ("09/10/2025", 3),  # sent that evening, the 11th in UTC
        ("09/09/2025", 1),
        ("07/10/2025", 1),
        ("07/09/2025", 1),  # before any was sent: the earliest
        ("01/01/2025", 1),
    ],
)
def test_a_row_belongs_to_the_latest_loop_sent_by_its_day_and_else_to_the_earliest(status_date: str, loop: int) -> None:
    assert loops(WORLD, row(status_date=status_date)) == [("R-1", loop)]


def test_a_loop_of_another_provider_is_never_chosen() -> None:
    assert loops(WORLD, row(provider_npi="1245319599"), provider_id="BONITA") == [("R-1", 2)]
    late = row(status_date="10/10/2025", provider_npi="1245319599")
    assert loops(WORLD, late, provider_id="BONITA") == [("R-1", 2)]


def test_a_silent_row_belongs_by_the_day_that_the_file_was_made() -> None:
    silent = row(referral_status="", status_date="", production_date="09/09/2025")
    assert loops(WORLD, silent, row()) == [("R-1", 1), ("R-1", 3)]


def test_a_loop_not_sent_when_the_file_came_is_not_chosen() -> None:
    world = replace(WORLD, sent=dict(WORLD.sent) | {("R-1", 3): moment("2025-11-03T16:01")})
    assert loops(world, row()) == [("R-1", 1)]
    assert loops(replace(WORLD, sent=dict(WORLD.sent) | {("R-1", 3): None}), row()) == [("R-1", 1)]


def test_the_service_tells_referrals_of_one_member_apart() -> None:
    world = World(
        loops=[placed("R-1", ANA, service="Housing Deposits"), placed("R-2", ANA, service="Transitional Rent")],
        members=members({"cin": ANA}),
    )
    rows = [good_row("rtf-cs", 1) | {"service": service} for service in ("H0044 U2", "Transitional Rent")]
    assert loops(world, *rows, kind="rtf-cs") == [("R-1", 1), ("R-2", 1)]


@pytest.mark.parametrize(("held_under", "reported_under"), [("90000008A", ANA), (ANA, "90000008A"), ("90000008A", "90000008A"), (ANA, ANA)])
def test_a_member_whose_cin_changed_is_the_same_person(held_under: str, reported_under: str) -> None:
    known = members({"cin": ANA, "previous_cin": "90000008A"}, {"cin": "90000008A"})
    world = World(loops=[placed("R-1", held_under)], members=known)
    assert loops(world, row(cin=reported_under)) == [("R-1", 1)]


def test_a_member_whose_cin_changed_twice_is_still_the_same_person() -> None:
    known = members({"cin": ANA, "previous_cin": "90000008A"}, {"cin": "90000008A", "previous_cin": "90000009A"}, {"cin": "90000009A"})
    for held_under in (ANA, "90000008A", "90000009A"):
        for reported_under in (ANA, "90000008A", "90000009A"):
            world = World(loops=[placed("R-1", held_under)], members=known)
            assert loops(world, row(cin=reported_under)) == [("R-1", 1)], (held_under, reported_under)


def test_a_name_is_that_of_the_person_under_the_cin_that_holds_now() -> None:
    known = members({"cin": ANA, "previous_cin": "90000008A", "last_name": "Rivera-Lee"}, {"cin": "90000008A", "last_name": "Rivera"})
    file = Told([row(cin="90000008A", member_last_name="Rivera Lee")])
    world = World(loops=[placed("R-1", "90000008A")], members=known)
    assert findings(world.judge(file), file).is_empty()


def test_rows_are_not_multiplied_by_anything_that_stands_twice() -> None:
    known = members({"cin": ANA, "previous_cin": "90000008A"}, {"cin": "90000002A", "previous_cin": "90000008A"}, {"cin": "90000008A"})
    world = replace(WORLD, members=known, roster=roster({"provider_id": "ALTURA"}, {"provider_id": "ALTURA", "npi": "1245319599"}))
    judgement = world.judge(Told([row(), row(cin="90000008A")]))
    assert judgement.rows.height == 2
    assert judgement.submissions["rows_read"].to_list() == [2]


def test_without_members_loops_or_roster_every_row_is_a_strangers() -> None:
    judgement = World(roster=roster()).judge(Told([row(), row(cin="90000002A")]))
    assert judgement.submissions.select("status", "rows_rejected").rows() == [("REJECTED", 2)]
    assert judgement.failures.filter(pl.col("rule") == "R201").height == 2
