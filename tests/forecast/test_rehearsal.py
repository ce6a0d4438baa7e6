"""The copy of a workspace in which a dry run works: what it shares, whom it does not disturb, and what is left of it."""

from __future__ import annotations

import os
import signal
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake import write_deltalake

from pipeline.forecast import forecast
from pipeline.ingest import ingest
from pipeline.interruption import Stopped
from pipeline.rehearsal import rehearsed
from pipeline.run import Context
from pipeline.scratch import PREFIX
from pipeline.store import begin
from pipeline.workspace import open_workspace
from schemas.layouts import RTF_ECM
from tests.workspaces import (
    bring,
    clr,
    clr_process,
    copied,
    extract,
    files,
    member,
    new_workspace,
    provider,
    referral,
    rtf,
    runs,
    send,
    table,
)

ALTURA = provider("ALTURA", "1234567893")
SENT, CAME = "2025-09-05T09:00", "2025-10-31T20:00"
LISTS = ("events", "closures", "notices", "late")


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A referral that was sent, and a file that closes it, collected and not judged."""
    root = new_workspace(tmp_path_factory.mktemp("answered") / "plan", [ALTURA])
    bring(root, "members.csv", extract("members", [member("90000001A", "Ana", "One")]))
    bring(root, "referrals.csv", extract("referrals", [referral("R-1", "90000001A", "ALTURA")]))
    for command in ("intake", "emit mif"):
        assert clr(root, *command.split(), as_of=SENT).code == 0
    closed = {"referral_status": "5", "status_date": "10/15/2025", "closure_reason": "1"}
    ana = {"cin": "90000001A", "member_last_name": "One", "member_first_name": "Ana"}
    send(root, "altura", "october.csv", rtf(RTF_ECM, ALTURA, [ana | closed]), "2025-10-31T10:00")
    assert clr(root, "collect", as_of=CAME).code == 0
    return root


@pytest.fixture
def root(answered: Path, tmp_path: Path) -> Path:
    return copied(answered, tmp_path / "plan")


def context(root: Path) -> Context:
    return Context(open_workspace(root), datetime(2025, 11, 1, 3, tzinfo=UTC), {})


def copies(root: Path) -> list[Path]:
    return sorted(root.rglob(f"{PREFIX}*"))


def test_another_run_and_a_rehearsal_do_not_disturb_each_other(root: Path) -> None:
    with rehearsed(context(root)) as copy:
        assert copies(root) != []
        assert clr(root, "ingest", as_of=CAME).code == 0
        assert copies(root) != []  # it is in use, and not swept
        assert ingest(copy).counts["accepted"] == 1
        coming = forecast(copy)
    assert coming.events["event_id"].to_list() == table(root, "events")["event_id"].to_list()
    assert coming.closures.select("referral_id", "loop").rows() == [("R-1", 1)]
    assert copies(root) == []


def test_a_copy_is_made_anew_when_a_run_commits_meanwhile(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def committed_first(source: Path, target: Path) -> None:
        monkeypatch.setattr(os, "link", link)
        assert clr(root, "ingest", as_of=CAME).code == 0
        link(source, target)

    monkeypatch.setattr(os, "link", committed_first)
    told = clr(root, "ingest", "--dry-run", "--json", as_of=CAME).json
    assert (told["counts"]["files"], told["events"]) == (0, [])


def test_a_copy_is_given_up_when_runs_never_stop(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link, now, before = os.link, context(root).as_of, runs(root).height

    def committing(source: Path, target: Path) -> None:
        link(source, target)
        if source.match("runs/_delta_log/*0.json"):
            begin(root / "store", "sunrise", "sight", now).commit("done", {}, now)

    monkeypatch.setattr(os, "link", committing)
    done = clr(root, "ingest", "--dry-run", as_of=CAME)
    assert (done.code, done.out) == (4, "")
    assert runs(root).height > before
    assert copies(root) == []


def test_a_forecast_can_be_told_of_a_copy_alone(root: Path) -> None:
    with pytest.raises(ValueError, match="copy"):
        forecast(context(root))


def test_a_rehearsal_shares_files_and_needs_no_room(root: Path) -> None:
    (data,) = (root / "store/assignments").glob("*.parquet")
    with rehearsed(context(root)) as copy:
        assert (copy.store / "assignments" / data.name).samefile(data)
        assert copy.workspace.root.stat().st_mode & 0o777 == 0o700
    assert data.stat().st_nlink == 1


def test_files_are_copied_where_they_cannot_be_shared(root: Path) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == root.stat().st_dev:
        pytest.skip("there is no other file system")
    with tempfile.TemporaryDirectory(dir=elsewhere) as name:
        (root / "archive").rename(root / "moved")
        copied(root, Path(name) / "other")
        (root / "archive").symlink_to(Path(name) / "other" / "moved")
        found = files(root)
        assert clr(root, "ingest", "--dry-run", "--json", as_of=CAME).json["counts"]["accepted"] == 1
        assert files(root) == found


def test_what_is_not_committed_is_not_foreseen(root: Path) -> None:
    """A run that was killed while it wrote left rows of its own; they count neither now nor later."""
    for name, source in (("arrivals", "arrivals"), ("submissions", "arrivals"), ("deliveries", "deliveries")):
        rows = pl.read_delta(str(root / "store" / source))
        write_deltalake(str(root / "store" / name), rows.with_columns(run_id=pl.lit("000099-ingest")), mode="append", schema_mode="merge")
    dry, done = (clr(root, "ingest", *more, "--json", as_of=CAME).json for more in (["--dry-run"], []))
    assert dry["counts"] == done["counts"]
    assert dry["counts"]["files"] == 1
    assert [one["event_id"] for one in dry["events"]] == table(root, "events")["event_id"].to_list()


def test_nothing_is_left_of_a_rehearsal_that_was_stopped(root: Path) -> None:
    with pytest.raises(Stopped), rehearsed(context(root)):
        raise Stopped
    assert copies(root) == []


KILLED = """
import os, signal, sys
def hear(event, arguments):
    if event == "open" and "/archive/" in str(arguments[0]) and ".forecast-" in str(arguments[0]):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hear)
"""


def test_what_is_left_of_a_rehearsal_that_was_killed_goes_with_the_next_run(root: Path) -> None:
    found = files(root)
    process = clr_process(root, "ingest", "--dry-run", as_of=CAME, before=KILLED)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert [path.stat().st_mode & 0o777 for path in copies(root)] == [0o700]
    assert clr(root, "collect", as_of=CAME).code == 0
    assert copies(root) == []
    assert files(root) == found


def test_a_workspace_without_a_store_is_rehearsed_too(tmp_path: Path) -> None:
    root = new_workspace(tmp_path / "plan", [ALTURA])
    bring(root, "members.csv", extract("members", [member("90000001A", "Ana", "One")]))
    bring(root, "referrals.csv", extract("referrals", [referral("R-1", "90000001A", "ALTURA")]))
    found = sorted(root.rglob("*"))
    told = clr(root, "run", "monthly", "--dry-run", "--json", as_of=SENT).json
    assert (told["steps"]["deliver"]["delivered"], {one["referral_id"] for one in told["notices"]}) == (1, {"R-1"})
    assert sorted(root.rglob("*")) == found


def test_a_mistake_is_told_of_the_file_that_has_it(root: Path) -> None:
    with (root / "clr.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[sftp.providers.ALTURA]\nurl = "sftp://clr@127.0.0.1/"\nhost_key = "SHA256:' + "A" * 43 + '"\npassword_env = "NOT_SET"\n'
        )
    done = clr(root, "run", "nightly", "--dry-run", as_of=CAME)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"clr: {root / 'clr.toml'}: sftp.providers.ALTURA")


def test_a_mailbox_out_of_reach_is_told_as_the_run_will_tell_it(root: Path) -> None:
    (root / "mailboxes").rename(root / "gone")
    dry, done = (clr(root, "collect", *more, "--json", as_of=CAME) for more in (["--dry-run"], []))
    assert dry == done
    assert dry.json["out_of_reach"] == {"ALTURA": "Unreachable"}


def test_a_file_from_outside_is_foreseen(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "by mail.csv"
    path.write_bytes((root / "mailboxes/altura/to_plan/processed").joinpath(_processed(root)).read_bytes())
    other = copied(root, tmp_path / "other")
    given = ("ingest", str(path), "--provider", "ALTURA", "--reason", "encrypted e-mail", "--json")
    dry, done = clr(other, *given, "--dry-run", as_of=CAME).json, clr(other, *given, as_of=CAME).json
    assert (dry["counts"], dry["submissions"]) == (done["counts"], done["submissions"])
    assert [dry["counts"][name] for name in ("files", "duplicate")] == [2, 1]
    assert {name: len(dry[name]) for name in LISTS} == {"events": 1, "closures": 1, "notices": 0, "late": 0}


def _processed(root: Path) -> str:
    (path,) = (root / "mailboxes/altura/to_plan/processed").iterdir()
    return path.name
