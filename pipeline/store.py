"""The store: Delta tables under one folder, changed only by runs that commit by a single row in `runs`.

Each committed run names the version of every table that holds its rows; readers open just those versions. What a killed run left
behind is a version that nobody names: it is invisible, and the next run takes it back. What the rows mean is the stages' business.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import polars as pl
from deltalake import DeltaTable

from pipeline import delta
from schemas.tables import RUNS, RUNS_SCHEMA, TABLES, VERSION_KEYS


class StoreDamaged(Exception):
    """Raised when a table or a file of the store is not what was committed; names the table, never its rows."""


@dataclass(frozen=True)
class Snapshot:
    """What the store held when a run was committed: the versions of its tables, and the runs up to then."""

    root: Path
    versions: Mapping[str, int]
    runs: pl.DataFrame

    def scan(self, table: str) -> pl.LazyFrame:
        """All rows of a table; the columns of `schemas.tables.TABLES[table]`."""
        version = self.versions.get(table)
        if version is None:
            return pl.LazyFrame(schema=TABLES[table])
        try:
            stored = delta.scan(self.root / table, version)
            there = stored.collect_schema().names()
        except Exception:
            raise StoreDamaged(f"table {table} cannot be read at version {version}") from None
        # A column that was declared after the table was last written is null in all its rows.
        later = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in TABLES[table].items() if name not in there]
        return stored.with_columns(later).select(TABLES[table].names())

    def read(self, table: str) -> pl.DataFrame:
        """All rows of a table, collected, without `run_id`."""
        return self._collected(table, self.scan(table).drop("run_id"))

    def current(self, table: str) -> pl.DataFrame:
        """The rows that stand: of several versions the last. Sorted by their key."""
        key = VERSION_KEYS[table]
        last = self.scan(table).sort("run_id", maintain_order=True).unique(key, keep="last", maintain_order=True)
        return self._collected(table, last.sort(key).drop("run_id"))

    def _collected(self, table: str, rows: pl.LazyFrame) -> pl.DataFrame:
        try:
            return rows.collect()
        except (pl.exceptions.PolarsError, OSError):
            raise StoreDamaged(f"table {table} cannot be read at version {self.versions.get(table)}") from None

    def known_at(self, moment: datetime) -> Snapshot:
        """The snapshot as the last run not later than a moment left it."""
        return _snapshot(self.root, self.runs.filter(pl.col("as_of") <= moment))


def latest(root: Path) -> Snapshot:
    """The store as the last committed run left it. Raises StoreDamaged when the list of runs cannot be read."""
    return _snapshot(root, _read_runs(root))


@dataclass(frozen=True)
class _Runs:
    """The list of runs as this process knows it: the version that it read or wrote, and the rows."""

    version: int
    entry: delta.Mark | None
    rows: pl.DataFrame
    table: DeltaTable

    def stands(self, path: Path) -> bool:
        """Whether nobody has written the list since."""
        there = delta.mark(delta.entry(path, self.version))
        return there is not None and there == self.entry and not delta.entry(path, self.version + 1).exists()


_RUNS: dict[Path, _Runs] = {}
STORES_HELD = 4


@dataclass
class Run:
    """One run: what it adds is kept in memory until `commit`, and unseen until the commit's last step."""

    root: Path
    plan: str
    job: str
    as_of: datetime
    before: Snapshot
    run_id: str
    period: str | None = None
    _appended: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    _overwritten: dict[str, pl.DataFrame] = field(default_factory=dict)
    _written: dict[str, int] = field(default_factory=dict)

    def append(self, table: str, rows: pl.DataFrame) -> None:
        """Add rows to a table of facts; columns as in `schemas.tables.TABLES[table]` without `run_id`."""
        if rows.height:
            self._appended.setdefault(table, []).append(_complete(table, rows, self.run_id))

    def replace(self, table: str, key: Sequence[str], rows: pl.DataFrame, *, whole: pl.DataFrame | None = None) -> None:
        """In a derived table, let rows stand in place of those with the same key; rows that are there already stay untouched.

        whole: keys, of a coarser kind, for which `rows` are all that there is: what else is stored under them goes.
        """
        columns = [name for name in TABLES[table].names() if name != "run_id"]
        before = self.before.scan(table)
        # Of a long table only the rows with these keys are held in memory and compared.
        alike = before.select(columns).join(rows.lazy().select(key), on=list(key), how="semi").collect()
        changed = rows.select(columns).join(alike, on=columns, how="anti", nulls_equal=True, maintain_order="left")
        gone = alike.lazy().select(key).join(changed.lazy().select(key), on=list(key), how="semi")
        if whole is not None:
            stored = before.join(whole.lazy(), on=whole.columns, how="semi")
            gone = pl.concat([gone, stored.join(rows.lazy(), on=list(key), how="anti").select(key)])
        withdrawn = gone.collect()
        if withdrawn.height:
            kept = before.join(withdrawn.lazy(), on=list(key), how="anti", maintain_order="left").collect()
            self._overwritten[table] = pl.concat([kept, _complete(table, changed, self.run_id)])
        else:
            self.append(table, changed)

    def overwrite(self, table: str, rows: pl.DataFrame) -> None:
        """Make a derived table anew."""
        self._overwritten[table] = _complete(table, rows, self.run_id)

    def put_together(self, table: str) -> int:
        """Put the small files of a table together; its rows stay as they are. Returns how many files fewer there are."""
        path, known = self.root / table, self.before.versions[table]
        version = delta.put_together(path, self.run_id, known)
        fewer = len(delta.opened(path, known).file_uris()) - len(delta.opened(path, version).file_uris())
        if fewer:
            self._written[table] = version
        return fewer

    def added(self) -> dict[str, int]:
        """Rows that the commit will add, by table."""
        appended = {table: sum(part.height for part in parts) for table, parts in self._appended.items()}
        return dict(sorted(appended.items()))

    def commit(self, state: str, counts: Mapping[str, int], ended_at: datetime) -> Snapshot:
        """Let everything that was added count, at once. Returns the snapshot after it."""
        for table, rows in sorted(self._overwritten.items()):
            self._write(table, rows, "overwrite")
        for table, parts in sorted(self._appended.items()):
            self._write(table, pl.concat(parts), "append")
        versions = dict(self.before.versions) | self._written
        row = {
            "run_id": self.run_id,
            "plan": self.plan,
            "job": self.job,
            "period": self.period,
            "as_of": self.as_of,
            "started_at": self.as_of,
            "ended_at": ended_at,
            "state": state,
            "counts": json.dumps(dict(sorted(counts.items()))),
            "versions": json.dumps(dict(sorted(versions.items()))),
            "digests": json.dumps(self._digests(), sort_keys=True),
        }
        return Snapshot(self.root, versions, _add_run(self.root, row, self.before.runs, self.run_id))

    def _write(self, table: str, rows: pl.DataFrame, mode: Literal["append", "overwrite"]) -> None:
        path = self.root / table
        version = delta.write(path, rows, mode, self.run_id, self.before.versions.get(table, -1))
        if version % delta.TOGETHER == 0:
            version = delta.put_together(path, self.run_id, version)
        self._written[table] = version

    def _digests(self) -> dict[str, str]:
        """Digest of every data file and log entry that this run wrote, by path below the store."""
        digests: dict[str, str] = {}
        for table, version in self._written.items():
            folder = self.root / table
            first = self.before.versions.get(table, -1) + 1
            for number in range(first, version + 1):
                entry = delta.entry(folder, number)
                for path in (entry, *(folder / name for name in delta.added_files(entry))):
                    digests[str(path.relative_to(self.root))] = hashlib.sha256(path.read_bytes()).hexdigest()
        return digests


def begin(root: Path, plan: str, job: str, as_of: datetime, period: str | None = None) -> Run:
    """Start a run, after taking back whatever a killed one left. The caller holds the lock."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = latest(root)
    _take_back_unfinished(before)
    return Run(root, plan, job, as_of, before, f"{before.runs.height + 1:06d}-{job}", period)


def stored_files(snapshot: Snapshot) -> Iterator[Path]:
    """The files that a snapshot rests on, those of `runs` first: of each table the log up to the committed version, and its data.

    What a run that is under way, or was killed, wrote beyond that is left out. A run only adds files, it takes none of these away.
    Raises StoreDamaged.
    """
    if not (snapshot.root / RUNS).is_dir():
        return
    for table, named in ((RUNS, None), *sorted(snapshot.versions.items())):
        folder = snapshot.root / table
        try:
            stored = DeltaTable(str(folder), version=named)
            version, data = stored.version(), stored.file_uris()
        except Exception:
            raise StoreDamaged(f"table {table} cannot be read" + ("" if named is None else f" at version {named}")) from None
        log = sorted((folder / "_delta_log").glob(f"{'[0-9]' * 20}.*"))
        yield from (path for path in log if int(path.name[:20]) <= version)
        yield from sorted(folder / Path(uri).name for uri in data)


def damages(snapshot: Snapshot) -> list[str]:
    """What is not as it was committed, in words: a changed or missing file by its path, a table that cannot be read."""
    found: list[str] = []
    wanted: dict[str, str] = {}
    for digests in snapshot.runs["digests"].to_list():
        wanted |= json.loads(digests)
    for table, version in sorted(snapshot.versions.items()):
        try:
            active = delta.opened(snapshot.root / table, version).file_uris()
        except Exception:
            found.append(f"table {table} cannot be read at version {version}")
            continue
        paths = [Path(uri).resolve() for uri in active] + sorted((snapshot.root / table / delta.LOG).glob("*.json"))
        changed = [name for path in paths if (name := _not_as_committed(path, snapshot.root, wanted))]
        found.extend(f"{name} is not what was committed" for name in changed)
        if not changed and not _is_readable(snapshot, table):
            found.append(f"table {table} cannot be read at version {version}")
    return found


def _not_as_committed(path: Path, root: Path, wanted: Mapping[str, str]) -> str | None:
    """A file's path below the store when it is missing, or not what a run wrote; files that no run named are left alone."""
    name = str(path.resolve().relative_to(root.resolve()))
    if name in wanted and (not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != wanted[name]):
        return name
    return None


def _is_readable(snapshot: Snapshot, table: str) -> bool:
    try:
        snapshot.scan(table).collect()
    except Exception:
        return False
    return True


def _complete(table: str, rows: pl.DataFrame, run_id: str) -> pl.DataFrame:
    return rows.with_columns(run_id=pl.lit(run_id)).select(pl.col(name).cast(dtype) for name, dtype in TABLES[table].items())


def _read_runs(root: Path) -> pl.DataFrame:
    """All runs, by name; they are read anew only where the list is not as this process left it."""
    path = root / RUNS
    if not (path / delta.LOG).is_dir():
        return pl.DataFrame(schema=RUNS_SCHEMA)
    known = _RUNS.get(path)
    if known is not None and known.stands(path):
        return known.rows
    try:
        table = DeltaTable(str(path))
        delta.added_files(delta.entry(path, table.version()))  # which the library does not always look at
        rows = pl.scan_delta(table).select(RUNS_SCHEMA.names()).sort("run_id").collect()
    except Exception:
        raise StoreDamaged("the list of runs cannot be read") from None
    _remember(path, table, rows)
    return rows


def _add_run(root: Path, row: Mapping[str, object], before: pl.DataFrame, run_id: str) -> pl.DataFrame:
    """Let a run count. Returns all runs, with it."""
    path = root / RUNS
    fresh = pl.DataFrame([row], schema=RUNS_SCHEMA)
    known = _RUNS.get(path)
    table = known.table if known is not None and known.stands(path) else None
    runs = pl.concat([before, fresh])
    version = delta.write(path, fresh, "append", run_id, table.version() if table else delta.last(path), table)
    if version % delta.TOGETHER == 0:
        delta.put_together(path, run_id, version)
        table = None
    _remember(path, table or DeltaTable(str(path)), runs)
    return runs


def _remember(path: Path, table: DeltaTable, rows: pl.DataFrame) -> None:
    if path not in _RUNS and len(_RUNS) >= STORES_HELD:
        _RUNS.pop(next(iter(_RUNS)))
    _RUNS[path] = _Runs(table.version(), delta.mark(delta.entry(path, table.version())), rows, table)


def _snapshot(root: Path, runs: pl.DataFrame) -> Snapshot:
    versions = json.loads(runs["versions"][-1]) if runs.height else {}
    return Snapshot(root, versions, runs)


def _take_back_unfinished(committed: Snapshot) -> None:
    for table in TABLES:
        path = committed.root / table
        if not path.exists():
            continue
        version = committed.versions.get(table)
        if version is None:
            shutil.rmtree(path)
        else:
            delta.take_back(path, version)
