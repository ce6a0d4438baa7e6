"""The store: a run counts whole or not at all, and what was damaged is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from pipeline.integrity import compact, rebuild, verify
from pipeline.run import Context, start
from pipeline.store import Run, Snapshot, StoreDamaged, begin, damages, latest
from pipeline.working_history import WorkingHistory
from pipeline.workspace import open_workspace
from schemas.history import Assignments, Loops, Observations
from schemas.submissions import Quarantine
from tests.rules.known import moment, observed, placed
from tests.workspaces import new_workspace, provider

NOW = datetime(2025, 11, 3, 20, tzinfo=UTC)


def quarantined(*names: str) -> pl.DataFrame:
    rows = [(name, "sunrise", "ALTURA", "F001") for name in names]
    return pl.DataFrame(rows, schema=Quarantine.polars_schema(), orient="row")


def run(root: Path, *names: str, job: str = "ingest", hours: int = 0) -> Run:
    """A run that has added rows and not committed."""
    made = begin(root, "sunrise", job, NOW + timedelta(hours=hours))
    made.append("quarantine", quarantined(*names))
    return made


def commit(root: Path, *names: str, hours: int = 0) -> Run:
    made = run(root, *names, hours=hours)
    made.commit("done", {"rows": len(names)}, NOW + timedelta(hours=hours))
    return made


def names(root: Path) -> list[str]:
    return latest(root).read("quarantine")["submission_id"].to_list()


def loop_state(referral_id: str, status: str | None) -> dict[str, object]:
    told = placed(referral_id, "90000001A")
    return {name: told.get(name) for name in Loops.polars_schema()} | {"status": status, "corrections": 0}


def test_an_empty_store_has_every_table_and_no_rows(tmp_path: Path) -> None:
    snapshot = latest(tmp_path)
    assert snapshot.read("loops").equals(Loops.no_rows())
    assert snapshot.current("submissions").is_empty()
    assert snapshot.runs.is_empty()
    assert damages(snapshot) == []


def test_a_run_is_unseen_until_it_commits(tmp_path: Path) -> None:
    made = run(tmp_path, "S1")
    assert names(tmp_path) == []
    made.commit("done", {}, NOW)
    assert names(tmp_path) == ["S1"]
    assert latest(tmp_path).runs.select("run_id", "job", "state").rows() == [("000001-ingest", "ingest", "done")]


def test_what_a_killed_run_left_is_unseen_and_taken_back(tmp_path: Path) -> None:
    commit(tmp_path, "S1")
    killed = run(tmp_path, "S2")
    killed.append("loops", pl.DataFrame([loop_state("R-1", None)], schema=Loops.polars_schema()))
    for table, parts in killed._appended.items():  # what a commit does before its last step
        killed._write(table, pl.concat(parts), "append")
    assert names(tmp_path) == ["S1"]
    assert latest(tmp_path).read("loops").is_empty()
    commit(tmp_path, "S3")
    assert sorted(names(tmp_path)) == ["S1", "S3"]
    assert latest(tmp_path).read("loops").is_empty()
    assert damages(latest(tmp_path)) == []


def test_a_first_run_killed_leaves_nothing(tmp_path: Path) -> None:
    killed = run(tmp_path, "S1")
    for table, parts in killed._appended.items():
        killed._write(table, pl.concat(parts), "append")
    assert names(tmp_path) == []
    commit(tmp_path, "S2")
    assert names(tmp_path) == ["S2"]


def test_a_snapshot_keeps_showing_what_it_showed(tmp_path: Path) -> None:
    commit(tmp_path, "S1")
    before = latest(tmp_path)
    commit(tmp_path, "S2", hours=2)
    assert before.read("quarantine")["submission_id"].to_list() == ["S1"]
    assert latest(tmp_path).known_at(NOW + timedelta(hours=1)).read("quarantine")["submission_id"].to_list() == ["S1"]
    assert latest(tmp_path).known_at(NOW - timedelta(hours=1)).read("quarantine").is_empty()


def test_rows_replace_those_of_their_key_and_leave_the_others_alone(tmp_path: Path) -> None:
    key = ("plan", "referral_id", "loop")
    for states in ({"R-1": None, "R-2": "Pending"}, {"R-1": "Accepted"}, {"R-1": "Accepted", "R-3": None}):
        made = begin(tmp_path, "sunrise", "ingest", NOW)
        made.replace("loops", key, pl.DataFrame([loop_state(*one) for one in states.items()], schema=Loops.polars_schema()))
        made.commit("done", {}, NOW)
    snapshot = latest(tmp_path)
    assert snapshot.read("loops").sort("referral_id").select("referral_id", "status").rows() == [
        ("R-1", "Accepted"),
        ("R-2", "Pending"),
        ("R-3", None),
    ]
    assert dict(snapshot.scan("loops").select("referral_id", "run_id").collect().iter_rows())["R-2"] == "000001-ingest"


@pytest.mark.parametrize("part", ["parquet", "json"])
def test_a_changed_file_is_found(tmp_path: Path, part: str) -> None:
    commit(tmp_path, "S1", "S2")
    folder = tmp_path / "quarantine" / ("_delta_log" if part == "json" else "")
    (path,) = (file for file in folder.glob(f"*.{part}"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert damages(latest(tmp_path)) != []


def test_a_missing_file_is_found_and_named_without_a_value(tmp_path: Path) -> None:
    commit(tmp_path, "S1")
    (path,) = (tmp_path / "quarantine").glob("*.parquet")
    path.unlink()
    (told,) = damages(latest(tmp_path))
    assert "quarantine" in told
    assert "S1" not in told
    with pytest.raises(StoreDamaged, match="table quarantine"):
        latest(tmp_path).read("quarantine")


def test_a_list_of_runs_that_cannot_be_read_stops_everything(tmp_path: Path) -> None:
    commit(tmp_path, "S1")
    for path in (tmp_path / "runs" / "_delta_log").glob("*.json"):
        path.write_text("{", "utf-8")
    with pytest.raises(StoreDamaged, match="runs"):
        latest(tmp_path)


def context(root: Path, hours: int = 0) -> Context:
    workspace = open_workspace(new_workspace(root, [provider("ALTURA", "1234567893")], "chpiv") if not root.exists() else root)
    return Context(workspace, NOW + timedelta(hours=hours), {})


def test_what_is_told_later_of_an_earlier_moment_withdraws_an_event(tmp_path: Path) -> None:
    loop = placed("R-1", "90000001A")
    silent = observed(loop, None, "2025-11-20", engagement="Enrolled", received_at=moment("2025-12-03T09:00"))
    held = observed(
        loop,
        "Referral Loop Closed",
        "2025-11-05",
        "Services Received",
        engagement="Enrolled",
        row=9,
        received_at=moment("2025-11-07T09:00"),
        submission_id="S2",
    )
    for number, told in enumerate((silent, held)):
        job = start(context(tmp_path / "w", number), "ingest")
        history = WorkingHistory(job)
        assignments = pl.DataFrame([loop] if number == 0 else [], schema=Assignments.polars_schema())
        history.add(assignments=assignments, observations=pl.DataFrame([told], schema=Observations.polars_schema()))
        history.store()
        job.commit({}, attention=False)
    after = context(tmp_path / "w", 3)
    events = after.snapshot().read("events")
    assert events.select("submission_id", "derived").rows() == [("S2", False)]
    assert verify(after) == []
    assert set(rebuild(after).values()) == {0}


def test_files_put_together_hold_the_same_rows_and_what_was_known_before_stays(tmp_path: Path) -> None:
    at = context(tmp_path / "w", 9)
    for number in range(5):
        commit(at.store, f"S{number}", hours=number)
    before = at.snapshot()
    rows = before.scan("quarantine").collect()
    assert compact(at) == {"quarantine": 4}
    after = at.snapshot()
    assert after.runs["job"][-1] == "compact"
    assert after.scan("quarantine").collect().equals(rows)
    assert len(list((at.store / "quarantine").glob("*.parquet"))) == 6
    assert after.known_at(NOW + timedelta(hours=1)).read("quarantine").sort("submission_id")["submission_id"].to_list() == ["S0", "S1"]
    assert damages(after) == []
    assert compact(at) == {}
    assert at.snapshot().runs.height == after.runs.height
    (big,) = [path for path in (at.store / "quarantine").glob("*.parquet") if str(path) in after_files(after)]
    big.write_bytes(b"")
    assert damages(after) != []


def after_files(snapshot: Snapshot) -> set[str]:
    return set(DeltaTable(str(snapshot.root / "quarantine"), version=snapshot.versions["quarantine"]).file_uris())


def test_a_column_declared_later_is_null_in_the_rows_before_it_and_filled_in_those_after(tmp_path: Path) -> None:
    commit(tmp_path, "S1")
    path = str(tmp_path / "quarantine")
    old = pl.read_delta(path).drop("rules")
    write_deltalake(path, old, mode="overwrite", schema_mode="overwrite")  # as a program that did not know the column left it
    before = Snapshot(tmp_path, {"quarantine": DeltaTable(path).version()}, latest(tmp_path).runs)
    assert before.read("quarantine").select("submission_id", "rules").rows() == [("S1", None)]
    made = Run(tmp_path, "sunrise", "ingest", NOW, before, "000002-ingest")
    made.append("quarantine", quarantined("S2"))
    made.commit("done", {}, NOW)
    assert latest(tmp_path).read("quarantine").sort("submission_id").select("submission_id", "rules").rows() == [
        ("S1", None),
        ("S2", "F001"),
    ]
