"""The fold: what observations amount to, whatever their order."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from config.load import load_profile
from pipeline.history import Folded, fold
from schemas.history import Assignments, Events, Listings, Loops, Observations
from tests.rules.known import moment, observed, placed

LOOP = placed("R-1", "90000001A")
CLOSED, DECLINED = "Referral Loop Closed", "Declined"
SERVED, OTHER, DENIED, UNREACHED = "Services Received", "Other", "Authorization Denied", "Unable to Reach Member"


def told(status: str | None, on: str, reason: str | None = None, at: str = "", **more: Any) -> dict[str, Any]:
    """A row seen at noon of a day of November 2025."""
    return observed(LOOP, status, on, reason, received_at=moment(f"{at or on}T12:00"), **more)


def folded(
    observations: Sequence[Mapping[str, Any]],
    profile: str = "dhcs",
    loops: Sequence[Mapping[str, Any]] = (LOOP,),
    sent: Sequence[datetime] = (),
) -> Folded:
    listed = [
        {"plan": LOOP["plan"], "file_name": f"f{number}", "kind": "mif", "supplemental": False, "provider_id": "ALTURA", "program": "ECM"}
        | {"referral_id": "R-1", "loop": 1, "cin": "90000001A", "produced_at": at}
        for number, at in enumerate(sent)
    ]
    return fold(
        pl.DataFrame(list(loops), schema=Assignments.polars_schema()),
        pl.DataFrame(listed, schema=Listings.polars_schema()),
        pl.DataFrame(list(observations), schema=Observations.polars_schema()),
        load_profile(profile).closing,
        "America/Los_Angeles",
    )


def standing(observations: Sequence[Mapping[str, Any]], profile: str = "dhcs") -> dict[str, Any]:
    return folded(observations, profile).loops.row(0, named=True)


def steps(observations: Sequence[Mapping[str, Any]], profile: str = "dhcs") -> list[tuple[Any, ...]]:
    return folded(observations, profile).closures.select("step", "closed_on", "closure_reason", "source").rows()


def test_a_loop_of_which_nothing_was_told_has_no_status() -> None:
    state = standing([])
    assert (state["status"], state["status_date"], state["closed_on"], state["corrections"], state["last_reported_at"]) == (None,) * 3 + (
        0,
        None,
    )


def test_nothing_folds_to_nothing() -> None:
    nothing = folded([], loops=())
    assert nothing.loops.equals(Loops.no_rows())
    assert nothing.events.equals(Events.no_rows())
    assert nothing.closures.is_empty()


def test_observations_of_other_loops_are_ignored() -> None:
    assert folded([told("Pending", "2025-11-01") | {"loop": 2}]).events.is_empty()


@pytest.mark.parametrize(
    ("first", "second"),
    [("Pending", "Accepted"), ("Accepted", "Outreach Initiated"), ("Outreach Initiated", DECLINED)],
)
def test_of_two_statuses_of_one_day_the_one_further_on_holds(first: str, second: str) -> None:
    reason = OTHER if second == DECLINED else None
    for rows in ([told(first, "2025-11-01", row=2), told(second, "2025-11-01", reason, row=3)],) * 2:
        assert standing(rows)["status"] == second
    assert standing([told(second, "2025-11-01", reason, row=2), told(first, "2025-11-01", row=3)])["status"] == second


def test_the_latest_status_by_its_own_day_holds_and_not_the_last_received() -> None:
    rows = [told("Outreach Initiated", "2025-11-05"), told("Accepted", "2025-11-03", at="2025-11-20")]
    state = standing(rows)
    assert (state["status"], state["status_date"]) == ("Outreach Initiated", date(2025, 11, 5))
    assert state["last_reported_at"] == moment("2025-11-20T12:00")
    assert folded(rows).events.height == 2


def test_a_loop_closes_once_and_the_recorded_date_stands() -> None:
    rows = [told(CLOSED, "2025-11-05", SERVED), told(CLOSED, "2025-11-07", SERVED, at="2025-12-03")]
    assert steps(rows) == [(1, date(2025, 11, 5), SERVED, "rtf")]
    state = standing(rows)
    assert (state["closed_on"], state["closure_received_at"], state["corrections"]) == (date(2025, 11, 5), moment("2025-11-05T12:00"), 0)


def test_another_reason_corrects_and_its_date_wins() -> None:
    rows = [told(CLOSED, "2025-11-05", SERVED), told(DECLINED, "2025-11-04", OTHER, at="2025-12-03")]
    assert steps(rows) == [(1, date(2025, 11, 5), SERVED, "rtf"), (2, date(2025, 11, 4), OTHER, "rtf")]
    state = standing(rows)
    assert (state["status"], state["closed_on"], state["closure_reason"], state["corrections"]) == (DECLINED, date(2025, 11, 4), OTHER, 1)
    assert state["closure_received_at"] == moment("2025-12-03T12:00")


def test_reason_a_then_b_then_a_again_ends_with_a() -> None:
    rows = [told(CLOSED, "2025-11-05", reason, at=f"2025-{month}-06") for reason, month in ((SERVED, 11), (OTHER, 12))]
    rows.append(told(CLOSED, "2025-11-05", SERVED, at="2025-12-20"))
    assert [reason for _, _, reason, _ in steps(rows)] == [SERVED, OTHER, SERVED]
    assert standing(rows)["closure_reason"] == SERVED
    assert folded(rows).events.height == 2  # two facts, one of them told twice


def test_a_later_status_does_not_open_a_closed_loop_and_an_earlier_one_is_history() -> None:
    closed = told(CLOSED, "2025-11-05", SERVED)
    for row in (told("Pending", "2025-11-20"), told("Accepted", "2025-10-20", at="2025-11-20")):
        state = standing([closed, row])
        assert (state["status"], state["status_date"], state["closed_on"]) == (CLOSED, date(2025, 11, 5), date(2025, 11, 5))
        assert folded([closed, row]).events.height == 2


def test_what_the_plan_closed_a_provider_cannot_change() -> None:
    denial = told(CLOSED, "2025-11-05", DENIED, source="plan", submission_id="plan", row=None)
    rows = [denial, told(CLOSED, "2025-11-20", SERVED), told("Pending", "2025-11-25")]
    assert steps(rows) == [(1, date(2025, 11, 5), DENIED, "plan")]
    assert standing(rows)["closure_source"] == "plan"


def test_a_denial_after_the_provider_closed_changes_nothing() -> None:
    rows = [told(CLOSED, "2025-11-05", SERVED), told(CLOSED, "2025-11-20", DENIED, source="plan", submission_id="plan", row=None)]
    assert steps(rows) == [(1, date(2025, 11, 5), SERVED, "rtf")]


def test_an_encounter_closes_only_where_the_provider_says_nothing_of_the_end() -> None:
    claim = told(CLOSED, "2025-11-05", SERVED, source="encounter", submission_id="E1", row=None)
    assert steps([claim]) == [(1, date(2025, 11, 5), SERVED, "encounter")]
    assert steps([claim, told("Accepted", "2025-11-01")]) == [(1, date(2025, 11, 5), SERVED, "encounter")]
    overruled = [claim, told(CLOSED, "2025-11-20", UNREACHED, at="2025-12-01")]
    assert steps(overruled) == [(1, date(2025, 11, 20), UNREACHED, "rtf")]
    assert folded(overruled).events["source"].to_list() == ["rtf"]


def test_an_engagement_that_closes_is_marked_as_derived_and_a_told_reason_corrects_it() -> None:
    enrolled = told(None, "2025-11-05", engagement="Enrolled")
    assert steps([enrolled], "chpiv") == [(1, date(2025, 11, 5), SERVED, "rtf")]
    event = folded([enrolled], "chpiv").events.row(0, named=True)
    assert (event["status"], event["closure_reason"], event["derived"]) == (CLOSED, SERVED, True)
    assert steps([enrolled], "dhcs") == []
    corrected = [enrolled, told(CLOSED, "2025-11-20", OTHER, engagement="Enrolled")]
    assert [reason for _, _, reason, _ in steps(corrected, "chpiv")] == [SERVED, OTHER]
    assert [reason for _, _, reason, _ in steps([*corrected, told(None, "2025-12-05", engagement="Excluded")], "chpiv")] == [SERVED, OTHER]


def test_monthly_repeats_of_a_silent_closed_member_are_no_events() -> None:
    rows = [told(None, f"2025-{month}-05", engagement="Enrolled") for month in (10, 11, 12)]
    assert folded(rows, "chpiv").events.height == 1
    assert standing(rows, "chpiv")["last_reported_at"] == moment("2025-12-05T12:00")


def test_the_same_fact_twice_is_one_event_with_its_first_telling() -> None:
    rows = [told("Accepted", "2025-11-01", at="2025-12-03", submission_id="S2"), told("Accepted", "2025-11-01", at="2025-11-03")]
    (event,) = folded(rows).events.to_dicts()
    assert (event["received_at"], event["submission_id"]) == (moment("2025-11-03T12:00"), "S0")


def test_the_loop_was_sent_on_the_day_of_its_first_file_in_plan_time() -> None:
    late, later = datetime(2025, 9, 6, 5, tzinfo=UTC), datetime(2025, 10, 6, 5, tzinfo=UTC)  # ten at night in California
    assert folded([], sent=[later, late]).loops["sent_on"].to_list() == [date(2025, 9, 5)]


def test_the_last_engagement_told_stands_also_when_a_later_row_leaves_it_out() -> None:
    rows = [told("Accepted", "2025-11-01", engagement="Pending Outreach"), told("Outreach Initiated", "2025-11-05")]
    assert standing(rows)["engagement"] == "Pending Outreach"


EVERYTHING = [
    told("Accepted", "2025-11-01", row=2),
    told("Pending", "2025-11-01", row=3),
    told(CLOSED, "2025-11-05", SERVED, at="2025-11-07", row=4),
    told(CLOSED, "2025-11-05", OTHER, at="2025-11-07", row=5),
    told(CLOSED, "2025-11-06", SERVED, at="2025-12-07", engagement="Enrolled"),
    told("Outreach Initiated", "2025-12-01", at="2025-12-07", engagement="Enrolled", row=7),
    told(None, "2025-12-02", at="2025-12-07", engagement="Excluded", row=8),
    told(CLOSED, "2025-12-03", DENIED, source="plan", submission_id="plan", row=None),
]


@pytest.mark.parametrize("profile", ["dhcs", "chpiv"])
def test_neither_order_nor_repetition_of_observations_matters(profile: str) -> None:
    expected = folded(EVERYTHING, profile)
    for seed in range(8):
        shuffled = random.Random(seed).sample(EVERYTHING, len(EVERYTHING))
        again = folded([*shuffled, *(shuffled[:4] if seed % 2 else [])], profile)
        assert again.events.equals(expected.events)
        assert again.loops.equals(expected.loops)
        assert again.closures.equals(expected.closures)
