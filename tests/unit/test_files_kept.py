"""Files that a run makes appear with its commit, and received files are kept as they came."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from pipeline.archive import damages, fetch, keep, place
from pipeline.outbox import STAGING, put_in_place, stage
from pipeline.store import StoreDamaged

RECEIPT, FINDINGS = PurePosixPath("outbox/ALTURA/a.receipt.json"), PurePosixPath("outbox/ALTURA/a.findings.csv")


def test_staged_files_are_nowhere_until_their_run_has_committed(tmp_path: Path) -> None:
    stage(tmp_path, "000001-ingest", {RECEIPT: b"1", FINDINGS: b"2"})
    assert not (tmp_path / "outbox").exists()
    put_in_place(tmp_path, ["000001-ingest"])
    assert (tmp_path / RECEIPT).read_bytes() == b"1"
    assert (tmp_path / FINDINGS).read_bytes() == b"2"
    assert not (tmp_path / STAGING).exists()


def test_what_a_killed_run_staged_is_thrown_away(tmp_path: Path) -> None:
    stage(tmp_path, "000002-ingest", {RECEIPT: b"1"})
    put_in_place(tmp_path, ["000001-ingest"])
    assert not (tmp_path / RECEIPT).exists()
    assert not (tmp_path / STAGING).exists()


def test_a_later_run_replaces_the_file_of_an_earlier_one(tmp_path: Path) -> None:
    for number, content in ((1, b"held"), (2, b"accepted")):
        stage(tmp_path, f"00000{number}-ingest", {RECEIPT: content})
        put_in_place(tmp_path, ["000001-ingest", "000002-ingest"])
    assert (tmp_path / RECEIPT).read_bytes() == b"accepted"


def test_putting_in_place_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    stage(tmp_path, "000001-ingest", {RECEIPT: b"1", FINDINGS: b"2"})
    (tmp_path / RECEIPT).parent.mkdir(parents=True)
    (tmp_path / STAGING / "000001-ingest" / RECEIPT).replace(tmp_path / RECEIPT)
    put_in_place(tmp_path, ["000001-ingest"])
    assert [(tmp_path / path).read_bytes() for path in (RECEIPT, FINDINGS)] == [b"1", b"2"]
    put_in_place(tmp_path, [])


def test_files_and_folders_are_private(tmp_path: Path) -> None:
    stage(tmp_path, "000001-ingest", {RECEIPT: b"1"})
    put_in_place(tmp_path, ["000001-ingest"])
    assert (tmp_path / RECEIPT).stat().st_mode & 0o077 == 0
    assert (tmp_path / RECEIPT).parent.stat().st_mode & 0o077 == 0
    digest = keep(tmp_path / "archive", b"x")
    assert place(tmp_path / "archive", digest).stat().st_mode & 0o077 == 0


def test_the_same_bytes_are_kept_once_under_their_digest(tmp_path: Path) -> None:
    digests = {keep(tmp_path, b"rows"), keep(tmp_path, b"rows"), keep(tmp_path, b"other rows")}
    assert len(digests) == 2
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2
    assert sorted(fetch(tmp_path, digest) for digest in digests) == [b"other rows", b"rows"]
    assert damages(tmp_path, digests) == []


def test_nothing_takes_the_place_of_a_kept_file(tmp_path: Path) -> None:
    digest = keep(tmp_path, b"rows")
    path = place(tmp_path, digest)
    path.chmod(0o600)
    path.write_bytes(b"forged")
    with pytest.raises(FileExistsError):
        keep(tmp_path, b"rows")
    with pytest.raises(StoreDamaged, match=digest):
        fetch(tmp_path, digest)
    assert damages(tmp_path, [digest]) == [f"archive file {digest} is not what was received"]


@pytest.mark.parametrize("dangling", [True, False])
def test_a_link_planted_in_the_archive_is_not_followed(tmp_path: Path, dangling: bool) -> None:
    victim = tmp_path / "victim"
    if not dangling:
        victim.write_bytes(b"rows")
    digest = keep(tmp_path / "elsewhere", b"rows")
    path = place(tmp_path / "archive", digest)
    path.parent.mkdir(parents=True)
    path.symlink_to(victim)
    with pytest.raises(OSError, match=digest):
        keep(tmp_path / "archive", b"rows")
    assert victim.exists() is not dangling


def test_a_missing_file_is_told_by_its_digest(tmp_path: Path) -> None:
    digest = keep(tmp_path, b"rows")
    place(tmp_path, digest).unlink()
    assert damages(tmp_path, [digest]) == [f"archive file {digest} is missing"]
    with pytest.raises(StoreDamaged, match="missing"):
        fetch(tmp_path, digest)
