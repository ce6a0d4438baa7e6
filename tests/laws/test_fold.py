"""The fold agrees with the rules applied one row after the other, and does not look at the order of its rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.load import load_profile
from pipeline.history import Folded, fold
from schemas.history import Assignments, Listings, Observations
from tests.laws.oracle import CLOSING, Told, facts, state

DAY_ONE, ZONE = date(2025, 10, 1), "America/Los_Angeles"
REASONS = ["Services Received", "Unable to Reach Member", "Other"]
ENGAGEMENTS = {
    "ECM": [None, "Pending Outreach", "Currently in Outreach", "Enrolled", "Declined", "Excluded"],
    "CS": [None, "Pending Outreach", "Currently Delivering Services", "Services Discontinued"],
}
CLOSING_RULES = {"status": load_profile("dhcs").closing, "engagement": load_profile("chpiv").closing}


@st.composite
def told_of_a_loop(draw: st.DrawFn, program: str) -> list[Told]:
    places = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(2, 6)), max_size=7, unique=True))
    return [draw(told(program, file, row)) for file, row in places]


@st.composite
def told(draw: st.DrawFn, program: str, file: int, row: int) -> Told:
    source = draw(st.sampled_from(["rtf"] * 6 + ["plan", "encounter"]))
    status = draw(st.sampled_from([None, "Pending", "Accepted", "Outreach Initiated", *CLOSING, *CLOSING]))
    engagement = draw(st.sampled_from(ENGAGEMENTS[program]))
    reason = draw(st.sampled_from(REASONS)) if status in CLOSING else None
    if source != "rtf":
        status, engagement = "Referral Loop Closed", None
        reason = "Authorization Denied" if source == "plan" else "Services Received"
    received_at = datetime(2025, 11, 1 + file // 2, tzinfo=UTC)  # two files each of one moment: then their names decide
    on = DAY_ONE + timedelta(days=draw(st.integers(0, 3)))
    return Told(program, status, on, reason, engagement, source, received_at, f"S{file}", row)


@st.composite
def several_loops(draw: st.DrawFn) -> dict[str, list[Told]]:
    programs = draw(st.lists(st.sampled_from(["ECM", "CS"]), min_size=1, max_size=3))
    return {f"R{place}": draw(told_of_a_loop(program)) for place, program in enumerate(programs)}


def folded(loops: dict[str, list[Told]], rule: str, order: list[int] | None = None) -> Folded:
    """The program's answer, its observations in another order when one is given."""
    programs = {name: told[0].program if told else "ECM" for name, told in loops.items()}
    of_loop: dict[str, dict[str, Any]] = {
        name: {"plan": "p", "referral_id": name, "loop": 1, "program": program, "service": "s", "cin": "c", "provider_id": "A"}
        for name, program in programs.items()
    }
    sent = datetime(2025, 9, 5, tzinfo=UTC)
    assignments = [one | {"assigned_at": sent, "known_at": sent} for one in of_loop.values()]
    observations = [
        of_loop[name]
        | {
            "observation_id": f"{name}{one.submission_id}{one.row}",
            "status": one.status,
            "status_date": one.on,
            "closure_reason": one.reason,
        }
        | {"engagement": one.engagement, "source": one.source, "received_at": one.received_at, "submission_id": one.submission_id}
        | {"row": one.row}
        for name, told in loops.items()
        for one in told
    ]
    frame = pl.DataFrame(observations, schema=Observations.polars_schema())
    rows = frame if order is None else frame[order]
    return fold(pl.DataFrame(assignments, schema=Assignments.polars_schema()), Listings.no_rows(), rows, CLOSING_RULES[rule], ZONE)


@pytest.mark.parametrize("rule", ["status", "engagement"])
@settings(max_examples=60, deadline=None)
@given(loops=several_loops())
def test_every_loop_stands_where_the_rules_say(rule: str, loops: dict[str, list[Told]]) -> None:
    came = {row["referral_id"]: row for row in folded(loops, rule).loops.iter_rows(named=True)}
    for name, told in loops.items():
        wanted = vars(state(told, rule))
        assert {key: came[name][key] for key in wanted} == wanted


@pytest.mark.parametrize("rule", ["status", "engagement"])
@settings(max_examples=60, deadline=None)
@given(loops=several_loops())
def test_the_history_keeps_every_fact_once(rule: str, loops: dict[str, list[Told]]) -> None:
    events = folded(loops, rule).events
    for name, told in loops.items():
        kept = events.filter(pl.col("referral_id") == name).select("status", "status_date", "closure_reason").rows()
        assert set(kept) == facts(told, rule)
    assert events["event_id"].is_unique().all()


@pytest.mark.parametrize("rule", ["status", "engagement"])
@settings(max_examples=40, deadline=None)
@given(loops=several_loops(), data=st.data())
def test_the_order_of_rows_means_nothing(rule: str, loops: dict[str, list[Told]], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(sum(len(told) for told in loops.values()))))
    one, other = folded(loops, rule), folded(loops, rule, list(order))
    for name in ("events", "closures", "loops"):
        assert getattr(one, name).equals(getattr(other, name)), name
