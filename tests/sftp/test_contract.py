"""What every remote folder does, whatever carries it: one set of tests for the local folder, the loopback server and OpenSSH."""

import hashlib
import os
import socket
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sftp.endpoint import open_folder
from sftp.errors import AlreadyExists, NoSuchRemoteFile, NotAFile, TooLarge, TransportError
from sftp.folder import FetchedFile, Listing, RemoteFile, RemoteFolder, Skipped
from tests.sftp.conftest import Place

MANY = 1 << 30
HOSTILE_NAMES = {
    "two\nlines.csv": "two\\u000alines.csv",
    "tab\tbed.csv": "tab\\u0009bed.csv",
    "back\\slash.csv": "back\\slash.csv",
    "..\\..\\evil.csv": "..\\..\\evil.csv",
    "\u202evsc.exe": "\\u202evsc.exe",
    "zero\u200bwidth.csv": "zero\\u200bwidth.csv",
    "latin-\udce9.csv": "latin-\\udce9.csv",
}
SIZES = [0, 1, 32767, 32768, 32769, 3_000_000]


def content(size: int) -> bytes:
    return hashlib.shake_128(str(size).encode()).digest(size)


def test_listing_gives_names_sizes_and_times_sorted_by_name(place: Place, folder: RemoteFolder) -> None:
    (place.root / "in").mkdir()
    for name, size, second in [("b.csv", 3, 1_700_000_000), ("a.csv", 0, 1_600_000_000), ("C.csv", 7, 1_500_000_000)]:
        (place.root / "in" / name).write_bytes(b"x" * size)
        os.utime(place.root / "in" / name, (0, second))
    expected = [
        RemoteFile("C.csv", 7, datetime(2017, 7, 14, 2, 40, tzinfo=UTC)),
        RemoteFile("a.csv", 0, datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)),
        RemoteFile("b.csv", 3, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
    ]
    assert folder.list("in") == expected
    assert folder.survey("in") == Listing(tuple(expected), ())


def test_the_root_is_listed_under_the_empty_path(place: Place, folder: RemoteFolder) -> None:
    (place.root / "a.csv").touch()
    assert [file.name for file in folder.list("")] == ["a.csv"]
    assert folder.survey(".") == folder.survey("")


def test_everything_that_is_no_file_is_skipped_with_its_reason(place: Place, folder: RemoteFolder) -> None:
    (place.root / "real.csv").write_bytes(b"1")
    (place.root / "folder.csv").mkdir()
    (place.root / "link.csv").symlink_to("real.csv")
    (place.root / "to-folder.csv").symlink_to("folder.csv")
    (place.root / "dangling.csv").symlink_to("nowhere")
    (place.root / "loop.csv").symlink_to("loop.csv")
    os.mkfifo(place.root / "pipe.csv")
    for name in [".hidden", "x.filepart", "X.PART", "y.tmp", "~$z.xlsx", ".sftpgo-upload.1.z.csv"]:
        (place.root / name).touch()
    survey = folder.survey("")
    assert [file.name for file in survey.files] == ["real.csv"]
    assert survey.skipped == tuple(
        sorted(
            [
                *(Skipped(name, "symbolic link") for name in ["dangling.csv", "link.csv", "loop.csv", "to-folder.csv"]),
                *(
                    Skipped(name, "temporary name")
                    for name in [".hidden", ".sftpgo-upload.1.z.csv", "X.PART", "x.filepart", "y.tmp", "~$z.xlsx"]
                ),
                Skipped("folder.csv", "folder"),
                Skipped("pipe.csv", "special file"),
            ]
        )
    )


def test_hostile_names_are_skipped_and_shown_escaped(place: Place, folder: RemoteFolder) -> None:
    (place.root / "good.csv").touch()
    for name in HOSTILE_NAMES:
        (place.root / name).touch()
    survey = folder.survey("")
    assert [file.name for file in survey.files] == ["good.csv"]
    assert survey.skipped == tuple(sorted(Skipped(shown, "unsafe name") for shown in HOSTILE_NAMES.values()))


def test_a_large_folder_is_listed_whole(place: Place, folder: RemoteFolder) -> None:
    names = [f"{number:04}.csv" for number in range(1234)]
    for name in names:
        (place.root / name).touch()
    assert [file.name for file in folder.list("")] == names


def test_listing_a_missing_folder_or_a_file_fails(place: Place, folder: RemoteFolder) -> None:
    (place.root / "file").touch()
    with pytest.raises(NoSuchRemoteFile):
        folder.list("missing")
    with pytest.raises(NotAFile):
        folder.list("file")


@pytest.mark.parametrize("size", SIZES)
def test_a_file_arrives_whole_and_private(place: Place, folder: RemoteFolder, tmp_path: Path, size: int) -> None:
    (place.root / "a.csv").write_bytes(content(size))
    fetched = folder.fetch("a.csv", tmp_path / "local", max_bytes=size)
    assert fetched == FetchedFile(size, hashlib.sha256(content(size)).hexdigest())
    assert (tmp_path / "local").read_bytes() == content(size)
    assert stat.S_IMODE((tmp_path / "local").stat().st_mode) == 0o600


def test_a_file_above_the_limit_is_not_fetched(place: Place, folder: RemoteFolder, tmp_path: Path) -> None:
    (place.root / "a.csv").write_bytes(b"12345")
    with pytest.raises(TooLarge):
        folder.fetch("a.csv", tmp_path / "local", max_bytes=4)
    assert not (tmp_path / "local").exists()


def test_fetching_never_overwrites_a_local_file(place: Place, folder: RemoteFolder, tmp_path: Path) -> None:
    (place.root / "a.csv").write_bytes(b"new")
    (tmp_path / "local").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ["local", "link"]:
        with pytest.raises(FileExistsError):
            folder.fetch("a.csv", tmp_path / name, MANY)
    assert (tmp_path / "local").read_bytes() == b"old"
    assert not (tmp_path / "elsewhere").exists()


def test_nothing_but_regular_files_is_fetched(place: Place, folder: RemoteFolder, tmp_path: Path) -> None:
    (place.root / "real.csv").touch()
    (place.root / "folder").mkdir()
    (place.root / "link").symlink_to("real.csv")
    os.mkfifo(place.root / "pipe")
    for name in ["folder", "link", "pipe"]:
        with pytest.raises(NotAFile):
            folder.fetch(name, tmp_path / "local", MANY)
    with pytest.raises(NoSuchRemoteFile):
        folder.fetch("missing", tmp_path / "local", MANY)
    assert not (tmp_path / "local").exists()


def test_a_folder_that_is_a_link_is_never_entered(place: Place, folder: RemoteFolder, tmp_path: Path) -> None:
    (place.root / "theirs").mkdir()
    (place.root / "theirs" / "a.csv").write_bytes(b"theirs")
    (place.root / "mine").symlink_to("theirs")
    (tmp_path / "source").write_bytes(b"x")
    actions: list[Callable[[], object]] = [
        lambda: folder.survey("mine"),
        lambda: folder.fetch("mine/a.csv", tmp_path / "local", MANY),
        lambda: folder.put(tmp_path / "source", "mine/b.csv"),
        lambda: folder.remove("mine/a.csv"),
        lambda: folder.rename("mine/a.csv", "stolen.csv"),
        lambda: folder.rename("theirs/a.csv", "mine/b.csv"),
    ]
    for action in actions:
        with pytest.raises(NotAFile):
            action()
    assert [path.name for path in (place.root / "theirs").iterdir()] == ["a.csv"]


def test_many_files_are_fetched_in_the_order_asked_and_failures_stand_among_them(
    place: Place, folder: RemoteFolder, tmp_path: Path
) -> None:
    (place.root / "in").mkdir()
    for number in range(150):
        (place.root / "in" / f"{number}.csv").write_bytes(content(number * 700))
    (place.root / "in" / "7.csv").unlink()
    (place.root / "in" / "9.csv").unlink()
    (place.root / "in" / "9.csv").symlink_to("8.csv")
    (place.root / "in" / "11.csv").write_bytes(content(1_000_001))
    (place.root / "in" / "13.csv").write_bytes(content(900_000))
    results = [*folder.fetch_many([(f"in/{number}.csv", tmp_path / f"{number}") for number in range(150)], max_bytes=1_000_000)]
    assert [type(results[number]) for number in (7, 9, 11)] == [NoSuchRemoteFile, NotAFile, TooLarge]
    for number in {*range(150)} - {7, 9, 11}:
        expected = content(900_000 if number == 13 else number * 700)
        assert results[number] == FetchedFile(len(expected), hashlib.sha256(expected).hexdigest())
        assert (tmp_path / f"{number}").read_bytes() == expected
    assert not any((tmp_path / f"{number}").exists() for number in (7, 9, 11))


@pytest.mark.parametrize("size", SIZES)
def test_an_upload_arrives_whole_and_replaces_what_was_there(place: Place, folder: RemoteFolder, tmp_path: Path, size: int) -> None:
    (place.root / "out").mkdir()
    (place.root / "out" / "a.csv").write_bytes(b"old and longer" * size)
    (tmp_path / "source").write_bytes(content(size))
    folder.put(tmp_path / "source", "out/a.csv")
    assert {path.name: path.read_bytes() for path in (place.root / "out").iterdir()} == {"a.csv": content(size)}


def test_an_upload_replaces_a_link_and_does_not_write_through_it(place: Place, folder: RemoteFolder, tmp_path: Path) -> None:
    (place.root / "theirs").write_bytes(b"theirs")
    (place.root / "mine").symlink_to("theirs")
    (tmp_path / "source").write_bytes(b"new")
    folder.put(tmp_path / "source", "mine")
    assert (place.root / "theirs").read_bytes() == b"theirs"
    assert not (place.root / "mine").is_symlink()
    assert (place.root / "mine").read_bytes() == b"new"


def test_an_upload_that_fails_leaves_nothing_behind(place: Place, folder: RemoteFolder, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"new")
    (place.root / "taken").mkdir()
    (place.root / "taken" / "x").touch()
    with pytest.raises(TransportError):
        folder.put(tmp_path / "source", "taken")
    with pytest.raises(NoSuchRemoteFile):
        folder.put(tmp_path / "source", "missing/a.csv")
    assert [path.name for path in place.root.iterdir()] == ["taken"]


def test_renaming_moves_between_folders(place: Place, folder: RemoteFolder) -> None:
    (place.root / "in").mkdir()
    (place.root / "done").mkdir()
    (place.root / "in" / "a.csv").write_bytes(b"1")
    folder.rename("in/a.csv", "done/b.csv")
    assert (place.root / "done" / "b.csv").read_bytes() == b"1"
    assert list((place.root / "in").iterdir()) == []


def test_renaming_never_overwrites(place: Place, folder: RemoteFolder) -> None:
    (place.root / "a.csv").write_bytes(b"a")
    (place.root / "b.csv").write_bytes(b"b")
    (place.root / "dangling").symlink_to("nowhere")
    for name in ["b.csv", "dangling"]:
        with pytest.raises(AlreadyExists):
            folder.rename("a.csv", name)
    with pytest.raises(NoSuchRemoteFile):
        folder.rename("missing", "b.csv")
    assert (place.root / "a.csv").read_bytes() == b"a"
    assert (place.root / "b.csv").read_bytes() == b"b"


def test_removing_takes_the_file_or_the_link_and_no_folder(place: Place, folder: RemoteFolder) -> None:
    (place.root / "kept").touch()
    (place.root / "gone").touch()
    (place.root / "link").symlink_to("kept")
    (place.root / "folder").mkdir()
    folder.remove("gone")
    folder.remove("link")
    with pytest.raises(NotAFile):
        folder.remove("folder")
    with pytest.raises(NoSuchRemoteFile):
        folder.remove("gone")
    assert sorted(path.name for path in place.root.iterdir()) == ["folder", "kept"]


def test_folders_are_made_with_those_above_and_may_exist(place: Place, folder: RemoteFolder) -> None:
    folder.make_folder("p1/to_plan")
    folder.make_folder("p1/to_plan")
    folder.make_folder("p1/from_plan")
    assert sorted(path.name for path in (place.root / "p1").iterdir()) == ["from_plan", "to_plan"]
    (place.root / "file").touch()
    (place.root / "link").symlink_to("p1")
    for path in ["file", "link", "link/inside"]:
        with pytest.raises((AlreadyExists, NotAFile)):
            folder.make_folder(path)
    assert not (place.root / "p1" / "inside").exists()


@pytest.mark.parametrize("path", ["/etc/passwd", "../up", "a/../../up", "a//b", "a/", "nul\0", "line\nend", "back\\slash", "x" * 256])
def test_paths_that_leave_the_root_or_hide_something_are_refused(folder: RemoteFolder, tmp_path: Path, path: str) -> None:
    (tmp_path / "source").touch()
    actions: list[Callable[[], object]] = [
        lambda: folder.survey(path),
        lambda: folder.fetch(path, tmp_path / "local", MANY),
        lambda: folder.put(tmp_path / "source", path),
        lambda: folder.rename(path, "x"),
        lambda: folder.rename("x", path),
        lambda: folder.remove(path),
        lambda: folder.make_folder(path),
    ]
    for action in actions:
        with pytest.raises(ValueError, match="remote path"):
            action()
    assert not (tmp_path / "local").exists()


def test_errors_do_not_name_files(place: Place, folder: RemoteFolder, tmp_path: Path) -> None:
    (place.root / "in").mkdir()
    with pytest.raises(NoSuchRemoteFile) as caught:
        folder.fetch("in/DOE_JANE.csv", tmp_path / "local", MANY)
    assert "DOE" not in str(caught.value)
    assert str(caught.value).endswith("/in: no such file or folder")


def test_names_beyond_ascii_travel_unchanged(place: Place, folder: RemoteFolder, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"1")
    folder.put(tmp_path / "source", "Año 2026 März 日本.csv")
    assert [file.name for file in folder.list("")] == ["Año 2026 März 日本.csv"]
    assert [path.name for path in place.root.iterdir()] == ["Año 2026 März 日本.csv"]


def test_several_folders_are_used_at_once(place: Place, tmp_path: Path) -> None:
    def exchange(number: int) -> bytes:
        mailbox = f"mailbox-{number}"
        (tmp_path / f"source-{number}").write_bytes(content(100_000 + number))
        with open_folder(place.endpoint) as folder:
            folder.make_folder(mailbox)
            for turn in range(3):
                folder.put(tmp_path / f"source-{number}", f"{mailbox}/{turn}.csv")
            assert [file.size for file in folder.list(mailbox)] == [100_000 + number] * 3
            folder.fetch(f"{mailbox}/2.csv", tmp_path / f"fetched-{number}", MANY)
        return (tmp_path / f"fetched-{number}").read_bytes()

    with ThreadPoolExecutor(6) as threads:
        assert [*threads.map(exchange, range(6))] == [content(100_000 + number) for number in range(6)]


def test_a_socket_file_is_a_special_file(place: Place, folder: RemoteFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.root)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.csv")
        assert folder.survey("").skipped == (Skipped("socket.csv", "special file"),)
