"""Several attempts in one row of a tracker: taken apart where that can be done in one way only, and else told how to write them."""

from __future__ import annotations

import shutil
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.packed import unpack
from schemas.layouts import INBOUND
from tests.outreach.test_two_sheets import status, workbook
from tests.outreach.trackers import ANA, LUIS, NIGHT, attempt, reports, rows, takes_in, tracker
from tests.workspaces import clr, settings, table

PACKED_COLUMNS = ("outreach_date", "outreach_method", "outreach_successful", "provider_type", "minutes")


def one_row(cells: dict[str, str]) -> pl.DataFrame:
    """A tracker of one row: a call that nobody answered, by clinical staff, of which no minutes are told."""
    told = {"outreach_method": "Telephonic", "outreach_successful": "N", "provider_type": "1"}
    names = list(INBOUND["otf"].elements())
    row: dict[str, Any] = {"submission_id": "S", "row": 2, "line": 2} | dict.fromkeys(names) | told | cells
    return pl.DataFrame([row], schema={"submission_id": pl.String, "row": pl.Int64, "line": pl.Int64} | dict.fromkeys(names, pl.String))


@pytest.mark.parametrize(
    ("cells", "attempts"),
    [
        ({"outreach_date": "10/03/2025, 10/09/2025"}, ["10/03/2025 Telephonic N 1", "10/09/2025 Telephonic N 1"]),
        ({"outreach_date": "10/03/2025;10/09/2025", "outreach_method": "1; 2"}, ["10/03/2025 1 N 1", "10/09/2025 2 N 1"]),
        ({"outreach_date": "10/3/2025\n10/9/2025", "minutes": "5\n1 h"}, ["10/3/2025 Telephonic N 1 5", "10/9/2025 Telephonic N 1 1 h"]),
        (
            {"outreach_date": "2025-10-03 and 10/09/2025", "outreach_successful": "N and Y"},
            ["2025-10-03 Telephonic N 1", "10/09/2025 Telephonic Y 1"],
        ),
        (
            {"outreach_date": "10/03/2025 10:00-10:20; 10/09/2025 14:00-14:15"},
            ["10/03/2025 Telephonic N 1 20", "10/09/2025 Telephonic N 1 15"],
        ),
        (
            {"outreach_date": "10/03/2025 10:00-10:20, 10/03/2025 14:00-14:15"},
            ["10/03/2025 Telephonic N 1 20", "10/03/2025 Telephonic N 1 15"],
        ),
        (
            {"outreach_date": "10/03/2025 10:00-10:20 10/09/2025 14:00-14:15", "minutes": "0 h 35 mins"},
            ["10/03/2025 Telephonic N 1 20", "10/09/2025 Telephonic N 1 15"],
        ),
        ({"outreach_date": "10/03/2025 11:50 AM - 12:05 PM"}, ["10/03/2025 Telephonic N 1 15"]),
        ({"outreach_date": "10/03/2025, 10/03/2025"}, ["10/03/2025 Telephonic N 1"]),
    ],
)
def test_a_row_that_can_be_read_in_one_way_is_taken_apart(cells: dict[str, str], attempts: list[str]) -> None:
    apart, told = unpack(one_row(cells))
    assert [" ".join(filter(None, row)) for row in apart.select(PACKED_COLUMNS).iter_rows()] == attempts
    assert told.select("row", "rule", "detail").rows() == [(2, "R145", str(len(attempts)))]


@pytest.mark.parametrize(
    "cells",
    [
        {"outreach_date": "10/03/2025"},
        {"outreach_date": "10/03/2025 10:00"},  # when it ended nobody says
        {"outreach_date": "10/03/2025, 10/09/2025", "minutes": "25"},  # of both, or of each?
        {"outreach_date": "10/03/2025, 10/09/2025", "minutes": "5, 10, 20"},
        {"outreach_date": "10/03/2025, 10/09/2025", "minutes": "5, a while"},
        {"outreach_date": "10/03/2025, 10/09/2025, 10/10/2025", "outreach_method": "1, 2"},
        {"outreach_date": "10/03/2025, 10/09/2025", "outreach_successful": "N,"},
        {"outreach_date": "10/03/2025, 9th"},
        {"outreach_date": "10/03/2025 10:00-10:20; 10/09/2025"},
        {"outreach_date": "10/03/2025 10:20-10:00"},
        {"outreach_date": "10/03/2025 11:50-12:05 PM"},
        {"outreach_date": "10/03/2025 10:00-10:75"},
        {"outreach_date": "10/03/2025 10:00-10:20; 10/09/2025 14:00-14:15", "minutes": "40"},
        {"outreach_date": "10/03/2025 - 10/09/2025"},  # a span of days is no list of them
    ],
)
def test_a_row_that_could_be_read_in_two_ways_is_left_as_it_is(cells: dict[str, str]) -> None:
    given_row = one_row(cells)
    apart, told = unpack(given_row)
    assert apart.equals(given_row)
    assert told.is_empty()


@given(
    days=st.lists(st.dates(date(2025, 1, 1), date(2025, 12, 31)), min_size=2, max_size=5, unique=True),
    between=st.sampled_from([", ", ";", "\n", " and ", " "]),
)
def test_as_many_dates_as_stand_in_a_cell_come_out_of_it_in_their_order(days: list[date], between: str) -> None:
    told = [f"{day:%m/%d/%Y}" for day in days]
    assert unpack(one_row({"outreach_date": between.join(told)}))[0]["outreach_date"].to_list() == told


def kept(root: Path) -> list[tuple[Any, ...]]:
    """Member, day, method, success and minutes of every attempt that is kept."""
    told = table(root, "outreach_attempts").sort("cin", "attempted_on", "minutes")
    return told.select("cin", pl.col("attempted_on").dt.day(), "method", "successful", "minutes").rows()


PACKED = {
    "outreach_date": "10/03/2025, 10/09/2025",
    "outreach_method": "Telephonic; In-Person",
    "outreach_successful": "N; Y",
    "minutes": "5; 20",
}
APART = [(ANA, 3, "Telephonic", False, 5), (ANA, 9, "In-Person", True, 20)]


def test_each_attempt_of_a_packed_row_is_kept_and_the_row_counts_once(plan: Path) -> None:
    receipt = reports(plan, attempt(**PACKED), attempt(LUIS))
    assert (receipt["status"], receipt["rows"], receipt["findings"]) == ("ACCEPTED", rows(accepted=2), {"R145": 1})
    assert kept(plan) == [*APART, (LUIS, 9, "Telephonic", False, 5)]
    assert table(plan, "rows").select("row", "outcome").sort("row").rows() == [(2, "accepted"), (3, "accepted")]
    [found] = table(plan, "findings").iter_rows(named=True)
    assert (found["row"], found["column"], found["value"]) == (2, "Date of Outreach Attempt", PACKED["outreach_date"])
    assert "from the row: 2." in found["message"]
    assert clr(plan, "store", "verify", as_of=NIGHT).code == 0


def test_a_packed_row_sent_again_changes_nothing_packed_or_apart(plan: Path) -> None:
    reports(plan, attempt(**PACKED))
    apart = [
        attempt(outreach_date="10/03/2025", minutes="5"),
        attempt(outreach_date="10/09/2025", outreach_method="1", outreach_successful="Y", minutes="20"),
    ]
    again = reports(plan, *apart, attempt(**PACKED, client_name="Rivera, Ana"), at="2025-11-01T20:00")
    assert again["rows"] == rows(unchanged=3)
    assert kept(plan) == APART


def test_of_a_packed_row_only_what_is_new_is_kept_again(plan: Path) -> None:
    reports(plan, attempt(outreach_date="10/03/2025", minutes="5"))
    assert reports(plan, attempt(**PACKED), at="2025-11-01T20:00")["rows"] == rows(accepted=1)
    assert kept(plan) == APART


def test_a_packed_row_repeated_in_a_file_is_a_duplicate(plan: Path) -> None:
    receipt = reports(plan, attempt(**PACKED), attempt(**PACKED), attempt(outreach_date="10/03/2025", minutes="5"))
    assert receipt["rows"] == rows(accepted=1, duplicate=1, unchanged=1)
    assert receipt["findings"] == {"R145": 2, "R331": 1}
    assert kept(plan) == APART


def test_one_bad_attempt_rejects_its_whole_row(plan: Path) -> None:
    receipt = reports(plan, attempt(**PACKED | {"outreach_date": "10/03/2025, 10/32/2025"}), attempt(LUIS))
    assert (receipt["rows"], receipt["findings"]) == (rows(accepted=1, rejected=1), {"R122": 1, "R145": 1})
    assert [cin for cin, *_ in kept(plan)] == [LUIS]


def test_what_is_wrong_with_a_packed_row_is_said_once(plan: Path) -> None:
    receipt = reports(plan, attempt("90000009A", **PACKED, provider_npi="1679576722", provider_tin="12"), attempt(LUIS))
    assert receipt["findings"] == {"R137": 1, "R145": 1, "R201": 1, "R204": 1}
    assert receipt["warnings"] == 1


def test_attempts_that_cannot_be_told_apart_come_back_with_an_example(plan: Path) -> None:
    receipt = reports(plan, attempt(**PACKED | {"minutes": "25"}), attempt(LUIS))
    assert (receipt["rows"], set(receipt["findings"])) == (rows(accepted=1, rejected=1), {"R146"})
    message = table(plan, "findings")["message"][0]
    assert "one row for each attempt" in message
    assert "10/03/2025; 10/09/2025" in message


def test_packed_rows_are_taken_apart_on_a_second_sheet_too(plan: Path) -> None:
    receipt = takes_in(plan, "october.xlsx", workbook([status(), status(LUIS)], [attempt(**PACKED)]), NIGHT)
    assert (receipt["status"], receipt["rows"]) == ("ACCEPTED", rows(accepted=3))
    assert kept(plan) == APART
    assert table(plan, "findings").select("sheet", "row", "rule").rows() == [("OTF", 2, "R145")]


def test_a_held_tracker_gives_its_packed_attempts_once_it_is_released(plan: Path) -> None:
    receipt = reports(plan, attempt(**PACKED), attempt("90000008A"), attempt("90000009A"))
    assert receipt["status"] == "HELD"
    clr(plan, "ingest", "--release", str(receipt["submission_id"]), as_of="2025-11-01T09:00")
    assert kept(plan) == APART


def test_the_order_of_files_does_not_change_what_is_kept(sent: Path, tmp_path: Path) -> None:
    files = [(attempt(**PACKED),), (attempt(outreach_date="10/03/2025", minutes="5"),)]
    ends = []
    for number, order in enumerate(permutations(files)):
        root = tmp_path / str(number)
        shutil.copytree(sent, root)
        (root / "clr.toml").write_text(settings(root), "utf-8")
        for day, told in enumerate(order, start=1):
            reports(root, *told, at=f"2025-11-0{day}T20:00")
        ends.append(kept(root))
    assert ends == [APART, APART]


def test_the_offline_check_counts_packed_rows_once(plan: Path, tmp_path: Path) -> None:
    path = tmp_path / "tracker.csv"
    path.write_bytes(tracker((attempt(**PACKED), attempt(**PACKED), attempt(outreach_date="10/09/2025 9:00-9:05", minutes=""))))
    checked = clr(plan, "validate", str(path), "--json", as_of=NIGHT).json
    assert checked["rows"] == rows(accepted=2, duplicate=1)
    assert [(one["rule"], one["row"]) for one in checked["findings"]] == [("R145", 2), ("R331", 3), ("R145", 3), ("R145", 4)]
