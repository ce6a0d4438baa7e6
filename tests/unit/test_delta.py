"""A table on disk: its log is kept, its small files are put together, and a version that does not count is taken back once."""

from __future__ import annotations

import os
import time
from pathlib import Path

import polars as pl

from pipeline import delta

MONTHS_AGO = 90 * 24 * 3600
CHECKPOINT = 100  # the library writes one, and tidies up, after so many versions


def numbers(*values: int) -> pl.DataFrame:
    return pl.DataFrame({"number": values, "run_id": [f"{value:06}" for value in values]})


def write(table: Path, value: int, known: int) -> int:
    return delta.write(table, numbers(value, value + 1), "append", f"{value:06}", known)


def read(table: Path, version: int) -> list[int]:
    return delta.scan(table, version).sort("number").collect()["number"].to_list()


def age(table: Path) -> None:
    old = time.time() - MONTHS_AGO
    for path in (table / delta.LOG).iterdir():
        os.utime(path, (old, old))


def test_a_version_of_months_ago_can_be_opened_however_many_came_since(tmp_path: Path) -> None:
    version = -1
    while version <= CHECKPOINT:
        version = write(tmp_path / "t", version + 1, version)
        if version % 25 == 0:
            age(tmp_path / "t")
    assert read(tmp_path / "t", 3) == [0, 1, 1, 2, 2, 3, 3, 4]
    assert len(list((tmp_path / "t" / delta.LOG).glob("*.json"))) == version + 1


def test_small_files_are_put_together_with_their_rows_in_order_and_earlier_versions_stay(tmp_path: Path) -> None:
    table, version = tmp_path / "t", -1
    for value in range(9, 0, -1):
        version = write(table, 10 * value, version)
    before = delta.scan(table, version).collect()
    after = delta.put_together(table, "000010", version)
    assert after == version + 1
    assert len(delta.opened(table, after).file_uris()) == 1
    assert delta.scan(table, after).collect().equals(before)
    assert read(table, 1) == [80, 81, 90, 91]
    assert write(table, 100, after) == after + 1
    assert delta.put_together(table, "000012", delta.write(table, numbers(1), "overwrite", "000012", after + 1)) == after + 2


def test_what_does_not_count_is_taken_back_once_however_often_that_is_asked(tmp_path: Path) -> None:
    table = tmp_path / "t"
    committed = write(table, 0, -1)
    write(table, 10, write(table, 5, committed))
    for _ in range(3):
        delta.take_back(table, committed)
    assert delta.newest(table, committed) == 3
    assert read(table, 3) == read(table, committed) == [0, 1]


def test_a_table_that_another_took_the_place_of_is_read_anew(tmp_path: Path) -> None:
    table = tmp_path / "t"
    assert read(table, write(table, 0, -1)) == [0, 1]
    table.rename(tmp_path / "put aside")
    assert read(table, write(table, 70, -1)) == [70, 71]
