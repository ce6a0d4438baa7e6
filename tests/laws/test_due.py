"""Whenever the scheduled job is called, every planned job is done once, in order, or made up for by a later one."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.load import load_profile, profile_names
from config.settings import Notices, Plan, Settings, Sftp
from pipeline.backlog import MADE_UP_FOR_BY, Stamp, Task, backlog
from pipeline.schedule import Planned, planned

BEGINS = dt.datetime(2026, 2, 1, 8, tzinfo=dt.UTC)  # midnight in plan time
ENDS = BEGINS + dt.timedelta(days=100)  # over both a short month and a change of clocks
MOMENTS = st.datetimes(BEGINS.replace(tzinfo=None), ENDS.replace(tzinfo=None), timezones=st.just(dt.UTC))
ONCE_IN_A_WHILE = ("mif", "asf", "late", "aging")


def settings(profile: str) -> Settings:
    chosen = load_profile(profile)
    return Settings(plan=Plan(id="p", name="P"), sftp=Sftp(url="file:///srv"), notices=Notices(), profile=chosen, profile_name=profile)


SETTINGS = {name: settings(name) for name in profile_names()}
PLANS = {name: planned(chosen, BEGINS, ENDS) for name, chosen in SETTINGS.items()}


def kept(profile: str, calls: list[dt.datetime], interrupted_after: int = -1) -> tuple[list[Stamp], list[tuple[Task, ...]]]:
    """The stamps that calls leave, and what each call did; one call is cut off after a number of tasks, and another follows at once."""
    stamps: list[Stamp] = []
    did = []
    for moment in calls:
        tasks = backlog([one for one in PLANS[profile] if one.due_at <= moment], stamps)
        done = tasks[: interrupted_after if interrupted_after >= 0 else None]
        for task in done:
            stamps.append(Stamp(task.planned.job, task.planned.period, moment, str(len(stamps))))
        if len(done) < len(tasks):
            rest = backlog([one for one in PLANS[profile] if one.due_at <= moment], stamps)
            stamps.extend(Stamp(task.planned.job, task.planned.period, moment, "rest") for task in rest)
            done += rest
        did.append(done)
    return stamps, did


def every(step: dt.timedelta, first: dt.timedelta = dt.timedelta()) -> list[dt.datetime]:
    return [BEGINS + first + number * step for number in range((ENDS - BEGINS) // step)] + [ENDS]


def answered(plan: tuple[Planned, ...], did: list[tuple[Task, ...]]) -> Counter[Planned]:
    """How often each planned job was done or made up for."""
    return Counter(one for tasks in did for task in tasks for one in (task.planned, *task.missed))


@given(st.sampled_from(sorted(PLANS)), st.lists(MOMENTS, max_size=25).map(sorted), st.integers(-1, 3))
def test_every_planned_job_is_answered_for_exactly_once(profile: str, calls: list[dt.datetime], interrupted_after: int) -> None:
    stamps, did = kept(profile, [*calls, ENDS], interrupted_after)
    assert max(Counter((stamp.job, stamp.period) for stamp in stamps).values()) == 1
    times = answered(PLANS[profile], did)
    missing = [one for one in PLANS[profile] if not times[one]]
    assert set(times.values()) == {1}
    for one in missing:  # only a supplement that fell due while a full list was made needs nobody
        assert any(stamp.job in MADE_UP_FOR_BY[one.job] and stamp.as_of >= one.due_at for stamp in stamps)


@given(st.sampled_from(sorted(PLANS)), st.lists(MOMENTS, min_size=1, max_size=25).map(sorted), st.integers(0, 3))
def test_an_interruption_changes_nothing(profile: str, calls: list[dt.datetime], interrupted_after: int) -> None:
    undisturbed, cut_off = (kept(profile, calls, after)[0] for after in (-1, interrupted_after))
    assert [(one.job, one.period, one.as_of) for one in cut_off] == [(one.job, one.period, one.as_of) for one in undisturbed]


@given(st.sampled_from(sorted(PLANS)), st.lists(MOMENTS, min_size=1, max_size=25).map(sorted))
def test_what_is_done_twice_is_nothing(profile: str, calls: list[dt.datetime]) -> None:
    once, twice = kept(profile, calls)[0], kept(profile, sorted(calls * 2))[0]
    assert once == twice


@given(st.sampled_from(sorted(PLANS)), st.lists(MOMENTS, max_size=25).map(sorted))
def test_tasks_of_a_call_come_in_the_order_in_which_they_were_due(profile: str, calls: list[dt.datetime]) -> None:
    for tasks in kept(profile, calls)[1]:
        assert list(tasks) == sorted(tasks, key=lambda task: task.waits_since)
        assert all(one.due_at <= task.planned.due_at for task in tasks for one in task.missed if one.job == task.planned.job)


@pytest.mark.parametrize("profile", profile_names())
@pytest.mark.parametrize("first", [dt.timedelta(), dt.timedelta(days=3, hours=7), dt.timedelta(days=6, hours=23)], ids=str)
def test_calls_by_the_hour_and_by_the_week_end_in_the_same_jobs_done(profile: str, first: dt.timedelta) -> None:
    hourly, weekly = (
        {(stamp.job, stamp.period) for stamp in kept(profile, calls)[0]}
        for calls in (every(dt.timedelta(hours=1)), every(dt.timedelta(days=7), first))
    )
    assert {one for one in hourly if one[0] in ONCE_IN_A_WHILE} == {one for one in weekly if one[0] in ONCE_IN_A_WHILE}
    assert weekly <= hourly
    full_lists = {one.due_at for one in PLANS[profile] if one.job == "mif"}
    needed = [one for one in PLANS[profile] if one.job != "mif-supplement" or one.due_at not in full_lists]
    assert hourly == {(one.job, one.period) for one in needed}
