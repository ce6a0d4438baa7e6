"""A table of the store as it lies on disk: a version opened, rows added, small files put together.

Which versions count is decided by the store; nothing here knows of runs but their name in the log.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, write_deltalake

LOG = "_delta_log"
TOGETHER = 64  # after so many versions the small files of a table are put together: reading costs by the file
SMALL_BYTES = 2**26  # of a file: a larger one is left as it is
HELD_BYTES = 2**18  # of the files of a version: a smaller one, once read, is kept in memory
VERSIONS_HELD = 48
# The library throws away log entries of thirty days ago when it writes a checkpoint; with them goes what the store knew then.
KEEP_THE_LOG = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)
Mark = tuple[int, int, int]  # of a file: number, size and time of its last change


def entry(table: Path, version: int) -> Path:
    """The log entry that makes a version."""
    return table / LOG / f"{version:020d}.json"


def newest(table: Path, known: int) -> int:
    """The newest version on disk, counted on from one that is known; -1 stands for a table that is not there."""
    while entry(table, known + 1).exists():
        known += 1
    return known


def last(table: Path) -> int:
    """The newest version on disk; -1 where there is no table."""
    return max((int(path.stem) for path in (table / LOG).glob("*.json")), default=-1)


def mark(path: Path) -> Mark | None:
    """What tells whether a file is the one that was read before; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def opened(table: Path, version: int) -> DeltaTable:
    """A version of a table. Raises whatever the library does where it cannot be opened."""
    return _opened(str(table), version, mark(entry(table, version)))


def scan(table: Path, version: int) -> pl.LazyFrame:
    """All rows of a version; those of a small one are read once and kept. Raises whatever the libraries do."""
    there = opened(table, version)
    files = tuple(Path(uri) for uri in there.file_uris())
    marks = tuple(mark(file) for file in files)
    if sum(found[1] for found in marks if found) > HELD_BYTES:
        return pl.scan_delta(there)
    return _held(str(table), version, mark(entry(table, version)), marks).lazy()


def write(
    table: Path, rows: pl.DataFrame, mode: Literal["append", "overwrite"], run_id: str, known: int, there: DeltaTable | None = None
) -> int:
    """Write a new version. known: one that is there, -1 when none is. there: the newest, where it is open. Returns the version."""
    schema_mode: Literal["merge", "overwrite"] = "merge" if mode == "append" else "overwrite"
    write_deltalake(
        there or str(table),
        rows,
        mode=mode,
        schema_mode=schema_mode,
        commit_properties=_named(run_id),
        post_commithook_properties=KEEP_THE_LOG,
    )
    return newest(table, known)


def put_together(table: Path, run_id: str, version: int) -> int:
    """Put the small files of the newest version together, every row as it was and in its order. Returns the version after it."""
    there = DeltaTable(str(table))
    there.optimize.compact(target_size=SMALL_BYTES, commit_properties=_named(run_id), post_commithook_properties=KEEP_THE_LOG)
    there.create_checkpoint()
    return newest(table, version)


def take_back(table: Path, version: int) -> None:
    """Let the newest version hold what an earlier one does."""
    if (last := newest(table, version)) > version and not _takes_back(entry(table, last), version):
        DeltaTable(str(table)).restore(version)


def added_files(written: Path) -> list[str]:
    """The data files that a log entry adds, by path below the table. Raises ValueError where it is no log entry."""
    return [line["add"]["path"] for line in _lines(written) if "add" in line]


def _named(run_id: str) -> CommitProperties:
    return CommitProperties(custom_metadata={"run_id": run_id})


def _takes_back(written: Path, version: int) -> bool:
    infos = [line["commitInfo"] for line in _lines(written) if "commitInfo" in line]
    return any(one.get("operation") == "RESTORE" and str(one["operationParameters"].get("version")) == str(version) for one in infos)


def _lines(written: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.read_text("utf-8").splitlines()]


@lru_cache(maxsize=VERSIONS_HELD)
def _opened(table: str, version: int, _entry: Mark | None) -> DeltaTable:
    return DeltaTable(table, version=version)


@lru_cache(maxsize=VERSIONS_HELD)
def _held(table: str, version: int, log_entry: Mark | None, _files: tuple[Mark | None, ...]) -> pl.DataFrame:
    return pl.scan_delta(_opened(table, version, log_entry)).collect()
