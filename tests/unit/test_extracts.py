"""What the plan's own extracts change: new versions, loops opened, loops closed by denial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
import pytest

from config.load import load_profile
from pipeline.extracts import denials, new_assignments, new_versions
from pipeline.history import fold
from pipeline.validate import repeated_keys
from schemas.history import Assignments, Listings, Observations
from schemas.layouts import EXTRACTS
from schemas.tables import version_schema
from tests.rules.known import PLAN, moment, observed, placed

ZONE = "America/Los_Angeles"
NOW = moment("2025-11-10T08:00")
LOOP = placed("R-1", "90000001A") | {"assigned_at": moment("2025-09-04T10:00")}


def versions(kind: str, *rows: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{"plan": PLAN, "known_from": NOW} | dict(row) for row in rows], schema=version_schema(EXTRACTS[kind]))


def referral(**cells: Any) -> dict[str, Any]:
    return {"referral_id": "R-1", "program": "ECM", "service": "ECM", "cin": "90000001A", "authorization_status": "Approved"} | cells


def opened(
    *referrals: Mapping[str, Any], known: Sequence[Mapping[str, Any]] = (), observations: Sequence[Mapping[str, Any]] = ()
) -> list[tuple[Any, ...]]:
    assignments = pl.DataFrame(list(known), schema=Assignments.polars_schema())
    told = pl.DataFrame(list(observations), schema=Observations.polars_schema())
    loops = fold(assignments, Listings.no_rows(), told, load_profile("dhcs").closing, ZONE).loops
    found = new_assignments(versions("referrals", *referrals), assignments, loops, ZONE)
    return found.select("referral_id", "loop", "provider_id").rows()


def at(provider: str | None, when: str | None = "2025-11-09T10:00", **cells: Any) -> dict[str, Any]:
    return referral(provider_id=provider, assigned_at=moment(when) if when else None, **cells)


def test_an_unchanged_row_is_nothing_and_a_changed_one_a_version() -> None:
    ana, ben = {"cin": "90000001A", "first_name": "Ana"}, {"cin": "90000002A", "first_name": "Ben", "city": None}
    current = versions("members", ana, ben).with_columns(known_from=moment("2025-10-01T08:00"))
    assert new_versions(versions("members", ben, ana), current, "members").is_empty()
    changed = new_versions(versions("members", ana, ben | {"city": "Indio"}), current, "members")
    assert changed.select("cin", "city", "known_from").rows() == [("90000002A", "Indio", NOW)]
    assert new_versions(versions("members", ana | {"extra": '{"x": "1"}'}), current, "members").height == 1


def test_an_absent_row_is_no_deletion_and_no_rows_are_no_versions() -> None:
    current = versions("members", {"cin": "90000001A"})
    assert new_versions(versions("members"), current, "members").is_empty()
    assert new_versions(versions("members"), versions("members"), "members").is_empty()


def test_a_value_taken_away_is_a_version() -> None:
    current = versions("members", {"cin": "90000001A", "phone": "7605550100"})
    assert new_versions(versions("members", {"cin": "90000001A"}), current, "members")["phone"].to_list() == [None]


def test_of_two_extracts_taken_at_once_the_later_says_how_it_stands() -> None:
    rows = versions("members", {"cin": "90000001A", "city": "Indio"}, {"cin": "90000001A", "city": "Blythe"})
    assert new_versions(rows, versions("members"), "members")["city"].to_list() == ["Blythe"]


def test_a_placement_opens_a_loop_and_the_same_placement_no_other() -> None:
    assert opened(at("ALTURA")) == [("R-1", 1, "ALTURA")]
    assert opened(at("ALTURA"), known=[LOOP]) == []
    assert opened(at("ALTURA", "2025-09-04T10:00", denial_reason="x"), known=[LOOP]) == []


def test_another_provider_opens_the_next_loop() -> None:
    assert opened(at("BONITA"), known=[LOOP]) == [("R-1", 2, "BONITA")]
    two = [LOOP, placed("R-1", "90000001A", "BONITA", loop=2)]
    assert opened(at("BONITA"), known=two) == []
    assert opened(at("ALTURA"), known=two) == [("R-1", 3, "ALTURA")]


@pytest.mark.parametrize(
    ("closed_on", "assigned", "opens"),
    [
        ("2025-10-01", "2025-11-09T10:00", True),
        ("2025-11-09", "2025-11-09T16:00", True),  # placed again on the very day
        ("2025-11-09", "2025-11-08T23:30", False),  # the 9th in UTC
        ("2025-10-01", "2025-09-04T10:00", False),  # the old placement, told again
        (None, "2025-11-09T10:00", False),
    ],
)
def test_the_same_provider_again_opens_a_loop_only_after_the_last_one_closed(closed_on: str | None, assigned: str, opens: bool) -> None:
    told = [observed(LOOP, "Declined", closed_on, "Other")] if closed_on else []
    assert opened(at("ALTURA", assigned), known=[LOOP], observations=told) == ([("R-1", 2, "ALTURA")] if opens else [])


def test_without_a_provider_or_its_moment_nothing_is_placed() -> None:
    assert opened(at(None, None)) == []
    assert opened(at("ALTURA", None)) == []
    assert opened(at(None, None), known=[LOOP]) == []
    assert opened() == []


def test_a_referral_denied_before_it_was_placed_has_one_loop_without_a_provider() -> None:
    denied = at(None, None, authorization_status="Denied", decision_at=moment("2025-11-08T10:00"))
    assert opened(denied) == [("R-1", 1, None)]
    nowhere = placed("R-1", "90000001A", None)
    assert opened(denied, known=[nowhere]) == []
    assert opened(at("ALTURA"), known=[nowhere]) == [("R-1", 2, "ALTURA")]  # approved on appeal
    assert opened(at("ALTURA", authorization_status="Denied")) == [("R-1", 1, "ALTURA")]


def closed(*referrals: Mapping[str, Any], known: Sequence[Mapping[str, Any]] = (LOOP,), told: pl.DataFrame | None = None) -> pl.DataFrame:
    assignments = pl.DataFrame(list(known), schema=Assignments.polars_schema())
    return denials(versions("referrals", *referrals), assignments, Observations.no_rows() if told is None else told, ZONE)


DENIED = at("ALTURA", authorization_status="Denied", decision_at=moment("2025-11-08T22:00"))


def test_a_denial_closes_the_last_loop_on_the_day_of_the_decision_in_plan_time() -> None:
    two = [LOOP, placed("R-1", "90000001A", "BONITA", loop=2)]
    (row,) = closed(DENIED, known=two).to_dicts()
    assert (row["loop"], row["status"], row["closure_reason"], row["status_date"]) == (
        2,
        "Referral Loop Closed",
        "Authorization Denied",
        date(2025, 11, 8),
    )
    assert (row["source"], row["received_at"], row["provider_id"]) == ("plan", NOW, None)


def test_a_denial_told_again_closes_nothing_again() -> None:
    told = closed(DENIED)
    assert closed(DENIED | {"denial_reason": "no need"}, told=told).is_empty()


def test_only_a_denial_with_its_moment_closes() -> None:
    assert closed(at("ALTURA")).is_empty()
    assert closed(at("ALTURA", authorization_status=None)).is_empty()
    assert closed(DENIED | {"decision_at": None}).is_empty()
    assert closed(DENIED, known=()).is_empty()
    assert closed().is_empty()


def test_rows_of_different_extracts_do_not_contradict_each_other() -> None:
    texts = {f"{name}_text": None for name in EXTRACTS["members"].elements()}
    rows = [
        {"submission_id": name, "row": 2, "line": 2, "cin": "90000001A", "cin_text": "90000001A"}
        | texts
        | {"cin_text": "90000001A", "city_text": city}
        for name, city in (("X1", "Indio"), ("X2", "Blythe"))
    ]
    schema = {"submission_id": pl.String, "row": pl.Int64, "line": pl.Int64, "cin": pl.String} | dict.fromkeys(texts, pl.String)
    assert repeated_keys(pl.DataFrame(rows, schema=schema), "members").is_empty()
    one = [row | {"submission_id": "X1", "row": place} for place, row in enumerate(rows, start=2)]
    assert repeated_keys(pl.DataFrame(one, schema=schema), "members")["row"].to_list() == [2, 3]
