import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from outputs.files import write_file, write_once

# Dies as by kill -9 at the moment when the new bytes are complete and the name has not changed hands yet.
CRASH = """
import os, sys
from pathlib import Path
from outputs.files import write_file

def die(event, arguments):
    if event == "os.rename":
        os._exit(9)

sys.addaudithook(die)
write_file(Path(sys.argv[1]), b"new")
"""


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_and_its_new_folders_are_private_under_any_umask(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "a" / "b" / "file"
    write_file(path, b"bytes")
    assert (mode(path), mode(path.parent), mode(path.parent.parent)) == (0o600, 0o700, 0o700)
    assert path.read_bytes() == b"bytes"


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    write_file(tmp_path / "file", b"bytes")
    assert mode(tmp_path) == 0o750


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_file(tmp_path / "file", b"old")
    write_file(tmp_path / "file", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"new")]


def test_a_name_of_255_bytes_can_be_written(tmp_path: Path) -> None:
    write_file(tmp_path / ("n" * 255), b"bytes")
    assert (tmp_path / ("n" * 255)).read_bytes() == b"bytes"


def test_a_crash_before_the_renaming_leaves_the_old_file_whole_and_the_new_one_hidden(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, b"old")
    done = subprocess.run([sys.executable, "-c", CRASH, path], check=False, cwd=Path(__file__).parents[2])
    assert (done.returncode, path.read_bytes()) == (9, b"old")
    (left,) = set(tmp_path.iterdir()) - {path}
    assert (left.name[0], left.suffix, left.read_bytes(), mode(left)) == (".", ".part", b"new", 0o600)


def test_the_bytes_are_on_disk_before_their_name_and_the_name_before_the_return(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[str, list[str]]] = []
    really_sync = os.fsync

    def note_and_sync(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        synced.append((kind, [path.name for path in tmp_path.iterdir() if path.suffix != ".part"]))
        really_sync(descriptor)

    monkeypatch.setattr(os, "fsync", note_and_sync)
    write_file(tmp_path / "file", b"bytes")
    write_once(tmp_path / "other", b"bytes")
    assert [(kind, sorted(names)) for kind, names in synced] == [
        ("file", []),
        ("folder", ["file"]),
        ("file", ["file"]),
        ("folder", ["file", "other"]),
    ]


def test_a_failure_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "child").touch()
    with pytest.raises(OSError, match="directory"):
        write_file(tmp_path / "folder", b"bytes")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_link_is_replaced_and_its_target_left_alone(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_file(tmp_path / "link", b"new")
    assert ((tmp_path / "target").read_bytes(), (tmp_path / "link").is_symlink()) == (b"old", False)


def test_written_once_is_written_privately(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "archive" / "digest"
    assert write_once(path, b"bytes") is True
    assert (path.read_bytes(), mode(path), mode(path.parent), path.stat().st_nlink) == (b"bytes", 0o600, 0o700, 1)


def test_the_same_bytes_again_change_nothing(tmp_path: Path) -> None:
    write_once(tmp_path / "digest", b"bytes")
    before = (tmp_path / "digest").stat()
    assert write_once(tmp_path / "digest", b"bytes") is False
    assert (tmp_path / "digest").stat() == before
    assert [path.name for path in tmp_path.iterdir()] == ["digest"]


@pytest.mark.parametrize("other", [b"", b"other", b"bytes and more"])
def test_other_bytes_are_never_overwritten(tmp_path: Path, other: bytes) -> None:
    (tmp_path / "digest").write_bytes(other)
    with pytest.raises(FileExistsError):
        write_once(tmp_path / "digest", b"bytes")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("digest", other)]


@pytest.mark.parametrize("kind", ["link to the same bytes", "dangling link", "folder", "pipe"])
def test_what_is_no_regular_file_is_refused_and_not_followed(tmp_path: Path, kind: str) -> None:
    path, target = tmp_path / "digest", tmp_path / "target"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(target)
    if kind == "link to the same bytes":
        target.write_bytes(b"bytes")
    with pytest.raises(FileExistsError):
        write_once(path, b"bytes")
    assert target.exists() is (kind == "link to the same bytes")


def test_of_several_writers_at_once_one_writes(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    wrote: list[bool] = []

    def write() -> None:
        start.wait()
        wrote.append(write_once(tmp_path / "digest", b"bytes" * 1000))

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(wrote) == [False] * 7 + [True]
    assert [path.name for path in tmp_path.iterdir()] == ["digest"]
