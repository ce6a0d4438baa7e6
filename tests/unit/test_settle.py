"""What each row of a file amounts to, and that every row ends in exactly one of four outcomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from tests.rules.files import CLOSED, good_row
from tests.rules.known import Told, World, members, observed, placed, settings

ANA = placed("R-1", "90000001A")
WORLD = World(loops=[ANA, placed("R-2", "90000002A")], members=members({"cin": "90000001A"}, {"cin": "90000002A"}))
SILENT = {"referral_status": "", "status_date": ""}
OTHER = CLOSED | {"closure_reason": "Other"}
BEFORE = observed(ANA, "Outreach Initiated", "2025-10-10", engagement="Pending Outreach")


def row(number: int = 1, /, **cells: str) -> dict[str, str]:
    return good_row("rtf-ecm", number) | cells


def outcomes(world: World, *rows: dict[str, str]) -> list[str]:
    judgement = world.judge(Told(rows), hold=False)
    verdict = judgement.submissions.row(0, named=True)
    assert verdict["rows_read"] == len(rows) == judgement.rows.height
    assert verdict["rows_read"] == sum(verdict[f"rows_{name}"] for name in ("accepted", "unchanged", "duplicate", "rejected"))
    told = judgement.rows.filter(pl.col("outcome").is_in(["accepted", "unchanged"])).height
    assert judgement.observations.height == (0 if verdict["status"] == "REJECTED" else told)
    return judgement.rows.sort("row")["outcome"].to_list()


@pytest.mark.parametrize(
    ("cells", "outcome"),
    [
        ({}, "unchanged"),
        ({"engagement": "Pending Outreach"}, "unchanged"),
        ({"engagement": "Enrolled", "enrollment_start": "10/01/2025"}, "accepted"),
        ({"status_date": "10/11/2025"}, "accepted"),
        ({"referral_status": "Pending"}, "accepted"),
        ({"member_acuity": "high"}, "unchanged"),  # nothing that the history keeps
    ],
)
def test_a_row_that_says_what_was_said_last_is_unchanged(cells: dict[str, str], outcome: str) -> None:
    assert outcomes(replace(WORLD, observations=[BEFORE]), row(**cells)) == [outcome]


def test_the_last_word_is_that_received_last_in_whatever_order_it_is_stored() -> None:
    told = [
        observed(ANA, "Declined", "2025-10-10", reason, received_at=datetime(2025, 10, day, tzinfo=UTC), submission_id=f"S{day}")
        for reason, day in (("Other", 12), ("Services Received", 11))
    ]
    declined = row(referral_status="Declined", closure_reason="Other", status_date="10/10/2025")
    for stored in (told, told[::-1]):
        assert outcomes(replace(WORLD, observations=stored), declined) == ["unchanged"]
        assert outcomes(replace(WORLD, observations=stored), declined | {"closure_reason": "Services Received"}) == ["accepted"]


def test_outcomes_within_one_file() -> None:
    assert outcomes(WORLD, row(), row(), row(member_acuity="high"), row(2)) == ["accepted", "duplicate", "unchanged", "accepted"]


def test_a_closed_member_may_stay_on_the_file_without_a_status() -> None:
    closed = replace(WORLD, observations=[observed(ANA, "Referral Loop Closed", "2025-10-05", "Services Received")])
    assert outcomes(closed, row(**SILENT), row(2)) == ["unchanged", "accepted"]
    assert outcomes(WORLD, row(**SILENT), row(2)) == ["rejected", "accepted"]


def test_a_row_of_the_same_file_may_have_closed_the_loop() -> None:
    assert outcomes(WORLD, row(**CLOSED), row(**SILENT)) == ["accepted", "unchanged"]
    assert outcomes(WORLD, row(**SILENT), row(**CLOSED)) == ["unchanged", "accepted"]
    assert outcomes(WORLD, row(**SILENT), row(2, **CLOSED)) == ["rejected", "accepted"]


def test_a_closing_that_is_rejected_closes_nothing() -> None:
    contradiction = [row(**CLOSED), row(**OTHER), row(**SILENT), row(2)]
    assert outcomes(WORLD, *contradiction) == ["rejected", "rejected", "rejected", "accepted"]
    assert outcomes(WORLD, row(**CLOSED, provider_npi="1234567890"), row(**SILENT), row(2)) == ["rejected", "rejected", "accepted"]


def test_repeating_the_closing_is_unchanged_and_another_reason_is_not() -> None:
    closed = replace(WORLD, observations=[observed(ANA, "Referral Loop Closed", "2025-10-05", "Services Received")])
    rows = [row(**CLOSED), row(**OTHER | {"status_date": "10/12/2025"}), row(**CLOSED | {"status_date": "10/13/2025"})]
    assert outcomes(closed, rows[0]) == ["unchanged"]
    assert outcomes(closed, rows[1]) == ["accepted"]


def test_blank_columns_are_settled_by_the_engagement_where_the_profile_says_so() -> None:
    world = replace(WORLD, settings=settings("chpiv"))
    enrolled = {"engagement": "Enrolled", "enrollment_start": "10/01/2025"} | SILENT
    assert outcomes(world, row(**enrolled), row(2, engagement="Pending Outreach")) == ["accepted", "accepted"]
    judgement = world.judge(Told([row(**enrolled), row(2, engagement="Pending Outreach")]))
    after = world.merged(judgement)
    assert after.known().loops["closed_on"].to_list()[0].isoformat() == "2025-10-31"  # the day that the file was made
    assert outcomes(after, row(**enrolled, production_date="11/02/2025"), row(2, engagement="Pending Outreach")) == [
        "unchanged",
        "unchanged",
    ]


def test_the_same_file_again_changes_nothing() -> None:
    rows = [row(), row(referral_status="Pending", status_date="10/05/2025"), row(2, **CLOSED)]
    after = WORLD.merged(WORLD.judge(Told(rows)))
    assert outcomes(after, *rows) == ["unchanged"] * 3
    again = after.merged(after.judge(Told(rows, at="2025-11-04T16:00", name="S2")))
    assert again.known().loops.drop("last_reported_at").equals(after.known().loops.drop("last_reported_at"))


def test_files_of_several_providers_and_programs_are_settled_apart() -> None:
    world = replace(WORLD, loops=[ANA, placed("R-3", "90000001A", "BONITA", service="Housing Deposits")])
    cs = good_row("rtf-cs", 1) | CLOSED | {"provider_npi": "1245319599"}
    judgement = world.judge(Told([row()]), Told([cs], "BONITA", "rtf-cs", name="S2"))
    assert judgement.submissions.select("submission_id", "kind", "rows_accepted").rows() == [("S1", "rtf-ecm", 1), ("S2", "rtf-cs", 1)]
    assert judgement.observations.sort("submission_id").select("referral_id", "program", "service", "status").rows() == [
        ("R-1", "ECM", "ECM", "Outreach Initiated"),
        ("R-3", "CS", "Housing Deposits", "Referral Loop Closed"),
    ]
