"""What happens when a server stalls, cuts off, lies or says no."""

import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import paramiko
import pytest
from paramiko.sftp import CMD_LSTAT, CMD_OPEN, CMD_READ, CMD_READDIR, CMD_WRITE, SFTP_EOF, SFTP_OK, SFTP_OP_UNSUPPORTED

from sftp.endpoint import Endpoint, open_folder
from sftp.errors import AlreadyExists, IncompleteTransfer, NoSuchRemoteFile, Refused, RemoteFailure, TransportError, Unreachable
from sftp.folder import FetchedFile, RemoteFolder
from sftp.loopback import LoopbackFile, LoopbackFiles, serve
from sftp.names import is_temporary
from sftp.retries import moved, removed, with_retries
from tests.sftp.bad_servers import Hook, hooked
from tests.sftp.conftest import PASSWORD, Place, loopback_endpoint
from tests.sftp_servers import real_sshd

LARGE = hashlib.shake_128(b"large").digest(200_000)
MANY = 1 << 30


@contextmanager
def served(
    root: Path, *, before: Hook | None = None, after: Hook | None = None, files: type[LoopbackFiles] = LoopbackFiles, attempts: int = 1
) -> Iterator[Endpoint]:
    """A loopback server with something wrong."""
    with serve(root, password=PASSWORD, subsystem=hooked(before, after), files=files) as server:
        yield replace(loopback_endpoint(server), attempts=attempts, operation_timeout=2.0)


class Cut:
    """Cuts the connection once, at the request whose turn it is."""

    def __init__(self, turn: int) -> None:
        self.left = turn

    def __call__(self, kind: int, transport: paramiko.Transport) -> bool:
        self.left -= 1
        if self.left == 0:
            transport.close()
        return self.left != 0


def cut_server(root: Path, moment: str, cut: Cut, attempts: int = 1) -> AbstractContextManager[Endpoint]:
    """A server that is cut off before it does what was asked, or after that and before it says so."""
    if moment == "undone":
        return served(root, before=cut, attempts=attempts)
    return served(root, after=cut, attempts=attempts)


def round_trip(local: Path, folder: RemoteFolder) -> None:
    """What a night does with a mailbox: look, fetch, answer, move aside, clear away. Bears being cut off and run again."""
    for file in folder.list("in"):
        if not (local / file.name).exists():
            folder.fetch(f"in/{file.name}", local / file.name, MANY)
        folder.put(local / file.name, f"out/{file.name}.receipt")
        folder.make_folder("in/done")
        moved(folder, f"in/{file.name}", f"in/done/{file.name}")
    removed(folder, "out/old")


@pytest.mark.parametrize("moment", ["undone", "done"])
def test_a_connection_cut_at_any_request_loses_and_doubles_nothing(tmp_path: Path, moment: str) -> None:
    for turn in range(1, 100):
        root, local = tmp_path / f"served-{turn}", tmp_path / f"local-{turn}"
        for folder in [root / "in", root / "out", local]:
            folder.mkdir(parents=True)
        (root / "in" / "a.csv").write_bytes(LARGE[:40_000])
        (root / "out" / "a.csv.receipt").write_bytes(b"an earlier one")
        (root / "out" / "old").touch()
        cut = Cut(turn)
        waits: list[float] = []
        with cut_server(root, moment, cut, attempts=2) as endpoint:
            with_retries(endpoint, partial(round_trip, local), sleep=waits.append)
        found = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        assert found == {"in/done/a.csv": LARGE[:40_000], "out/a.csv.receipt": LARGE[:40_000]}, f"cut at request {turn}"
        assert [path.name for path in local.iterdir()] == ["a.csv"]
        if cut.left > 0:
            assert waits == []
            break
        assert len(waits) == 1
    assert turn > 20


@pytest.mark.parametrize("moment", ["undone", "done"])
def test_an_upload_cut_at_any_request_shows_the_old_file_or_the_new_one(tmp_path: Path, moment: str) -> None:
    (tmp_path / "source").write_bytes(LARGE)
    outcomes = set()
    for turn in range(1, 100):
        root = tmp_path / f"served-{turn}"
        root.mkdir()
        (root / "a.csv").write_bytes(b"old")
        cut = Cut(turn)
        with cut_server(root, moment, cut) as endpoint:
            try:
                with_retries(endpoint, lambda folder: folder.put(tmp_path / "source", "a.csv"), sleep=lambda _: None)
            except Unreachable:
                assert cut.left <= 0
        assert (root / "a.csv").read_bytes() in {b"old", LARGE}
        assert all(is_temporary(path.name) for path in root.iterdir() if path.name != "a.csv")
        outcomes.add((root / "a.csv").read_bytes())
        if cut.left > 0:
            break
    assert outcomes == {b"old", LARGE}


@pytest.mark.parametrize("kind", [CMD_LSTAT, CMD_OPEN, CMD_READ, CMD_WRITE, CMD_READDIR])
def test_a_server_that_stops_answering_is_given_up(tmp_path: Path, kind: int) -> None:
    root = tmp_path / "served"
    root.mkdir()
    (root / "a.csv").write_bytes(LARGE)

    def use(folder: RemoteFolder) -> None:
        folder.list("")
        folder.fetch("a.csv", tmp_path / "local", MANY)
        folder.put(tmp_path / "local", "b.csv")

    with served(root, before=lambda asked, _: asked != kind) as endpoint, open_folder(replace(endpoint, operation_timeout=0.3)) as folder:
        began = time.monotonic()
        with pytest.raises(Unreachable, match="no answer within"):
            use(folder)
        assert time.monotonic() - began < 2
        with pytest.raises(Unreachable):
            folder.list("")
    assert not (root / "b.csv").exists()
    assert kind == CMD_WRITE or not (tmp_path / "local").exists()


class ShortFile(LoopbackFile):
    """Ends after a hundred bytes, whatever its size."""

    def read(self, offset: int, length: int) -> bytes | int:
        data = super().read(offset, min(length, max(100 - offset, 0)))
        return data or SFTP_EOF


class StingyFile(LoopbackFile):
    """Gives at most a thousand bytes for each request, as the protocol allows."""

    def read(self, offset: int, length: int) -> bytes | int:
        return super().read(offset, min(length, 1000))


class LongFile(LoopbackFile):
    """Has more in it than its size says."""

    def read(self, offset: int, length: int) -> bytes | int:
        return b"x" * length


class FullDisk(LoopbackFile):
    """Says that it wrote, and did not."""

    def write(self, offset: int, data: object) -> int:
        return SFTP_OK


def opening(kind: type[LoopbackFile]) -> type[LoopbackFiles]:
    """A folder whose files are all of that kind."""

    class Files(LoopbackFiles):
        def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
            opened = super().open(path, flags, attr)
            if isinstance(opened, LoopbackFile):
                opened.__class__ = kind
            return opened

    return Files


@pytest.mark.parametrize("kind", [ShortFile, LongFile])
def test_bytes_that_are_not_those_announced_are_not_kept(tmp_path: Path, kind: type[LoopbackFile]) -> None:
    root = tmp_path / "served"
    root.mkdir()
    (root / "a.csv").write_bytes(LARGE)
    attempts: list[RemoteFolder] = []

    def fetch(folder: RemoteFolder) -> FetchedFile:
        attempts.append(folder)
        return folder.fetch("a.csv", tmp_path / "local", MANY)

    with served(root, files=opening(kind), attempts=3) as endpoint:
        with pytest.raises(IncompleteTransfer, match="of 200000 announced"):
            with_retries(endpoint, fetch, sleep=lambda _: None)
        with open_folder(endpoint) as folder:
            assert isinstance(next(folder.fetch_many([("a.csv", tmp_path / "local")], MANY)), IncompleteTransfer)
            (root / "a.csv").write_bytes(LARGE[:5000])
            assert isinstance(next(folder.fetch_many([("a.csv", tmp_path / "local")], MANY)), IncompleteTransfer)
    assert len(attempts) == 3
    assert not (tmp_path / "local").exists()


def test_a_server_that_gives_little_at_a_time_is_asked_again(tmp_path: Path) -> None:
    root = tmp_path / "served"
    root.mkdir()
    (root / "a.csv").write_bytes(LARGE)
    with served(root, files=opening(StingyFile)) as endpoint, open_folder(endpoint) as folder:
        folder.fetch("a.csv", tmp_path / "local", MANY)
        assert [*folder.fetch_many([("a.csv", tmp_path / "again")], MANY)] == [FetchedFile(200_000, hashlib.sha256(LARGE).hexdigest())]
    assert (tmp_path / "local").read_bytes() == (tmp_path / "again").read_bytes() == LARGE


@pytest.mark.parametrize("moment", [CMD_OPEN, CMD_READ])
@pytest.mark.parametrize("size", [5000, 200_000])
def test_a_file_that_grows_or_is_replaced_meanwhile_is_not_kept(tmp_path: Path, moment: int, size: int) -> None:
    root = tmp_path / "served"
    root.mkdir()

    def change(kind: int, transport: paramiko.Transport) -> bool:
        if kind == moment:
            (root / "new").write_bytes(LARGE + b"more")
            (root / "new").replace(root / "a.csv")
        return True

    with served(root, before=change) as endpoint, open_folder(endpoint) as folder:
        (root / "a.csv").write_bytes(LARGE[:size])
        with pytest.raises(IncompleteTransfer):
            folder.fetch("a.csv", tmp_path / "local", MANY)
        (root / "a.csv").write_bytes(LARGE[:size])
        assert isinstance(next(folder.fetch_many([("a.csv", tmp_path / "local")], MANY)), IncompleteTransfer)
    assert not (tmp_path / "local").exists()


def test_an_upload_that_the_server_did_not_keep_replaces_nothing(tmp_path: Path) -> None:
    root = tmp_path / "served"
    root.mkdir()
    (root / "a.csv").write_bytes(b"old")
    (tmp_path / "source").write_bytes(LARGE)
    with served(root, files=opening(FullDisk)) as endpoint, open_folder(endpoint) as folder, pytest.raises(IncompleteTransfer):
        folder.put(tmp_path / "source", "a.csv")
    assert {path.name: path.read_bytes() for path in root.iterdir()} == {"a.csv": b"old"}


class OldServer(LoopbackFiles):
    """Knows no rename that replaces."""

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        return int(SFTP_OP_UNSUPPORTED)


def test_an_upload_replaces_on_servers_without_the_extension(tmp_path: Path) -> None:
    root = tmp_path / "served"
    root.mkdir()
    (tmp_path / "source").write_bytes(LARGE)
    with served(root, files=OldServer) as endpoint, open_folder(endpoint) as folder:
        folder.put(tmp_path / "source", "a.csv")
        (root / "a.csv").write_bytes(b"old")
        folder.put(tmp_path / "source", "a.csv")
    assert {path.name: path.read_bytes() for path in root.iterdir()} == {"a.csv": LARGE}


class OverwritingServer(LoopbackFiles):
    """Renames as Unix does, over whatever has the name."""

    def rename(self, oldpath: str, newpath: str) -> int:
        return super().posix_rename(oldpath, newpath)


def test_renaming_does_not_overwrite_on_servers_that_would(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a")
    (tmp_path / "b.csv").write_bytes(b"b")
    with served(tmp_path, files=OverwritingServer) as endpoint, open_folder(endpoint) as folder, pytest.raises(AlreadyExists):
        folder.rename("a.csv", "b.csv")
    assert (tmp_path / "b.csv").read_bytes() == b"b"


@pytest.mark.parametrize(
    "nonsense", [b"", b"\0\0\0\0", b"\xff" * 64, b"\0\0\0\x05\x65\0\0\0\x03", b"\0\0\0\x09\x69\0\0\0\x03\xff\xff\xff\xff"]
)
def test_answers_against_the_protocol_are_errors_like_others(tmp_path: Path, nonsense: bytes) -> None:
    def babble(kind: int, transport: paramiko.Transport) -> bool:
        channel = next(iter(transport._channels.values()))  # type: ignore[attr-defined]  # no public way to the open channel
        channel.sendall(nonsense)
        return False

    with (
        served(tmp_path, before=babble) as endpoint,
        open_folder(replace(endpoint, operation_timeout=0.3)) as folder,
        pytest.raises((RemoteFailure, Unreachable)),
    ):
        folder.fetch("a.csv", tmp_path / "local", MANY)


@pytest.fixture(params=["local", "loopback", "sshd"])
def read_only(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A mailbox that can be read and not changed, holding in/a.csv."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "in").mkdir()
        (root / "in" / "a.csv").write_bytes(b"1")
        if request.param == "local":
            (root / "in").chmod(0o555)
            with _ordinary_user():
                yield Place(Endpoint(root.as_uri()), root)
            (root / "in").chmod(0o755)
        elif request.param == "sshd":
            with real_sshd(read_only=True) as server:
                yield Place(server.endpoint(root), root)
        else:
            with serve(root, password=PASSWORD, read_only=True) as loopback:
                yield Place(loopback_endpoint(loopback), root)


@contextmanager
def _ordinary_user() -> Iterator[None]:
    """Nothing is read-only to root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_folder_refuses_and_stays_usable(read_only: Place) -> None:
    with tempfile.TemporaryDirectory() as name, open_folder(read_only.endpoint) as folder:
        local = Path(name)
        (local / "source").write_bytes(b"2")
        actions: list[Callable[[], object]] = [
            lambda: folder.put(local / "source", "in/b.csv"),
            lambda: folder.rename("in/a.csv", "in/b.csv"),
            lambda: folder.remove("in/a.csv"),
            lambda: folder.make_folder("in/done"),
        ]
        for action in actions:
            with pytest.raises(Refused):
                action()
        assert folder.fetch("in/a.csv", local / "a", MANY).size == 1
        assert [file.name for file in folder.list("in")] == ["a.csv"]
    assert stat.S_ISREG((read_only.root / "in" / "a.csv").stat().st_mode)


def test_a_missing_file_is_asked_for_once(loopback: Place, tmp_path: Path) -> None:
    attempts: list[RemoteFolder] = []

    def fetch(folder: RemoteFolder) -> FetchedFile:
        attempts.append(folder)
        return folder.fetch("missing.csv", tmp_path / "local", MANY)

    with pytest.raises(NoSuchRemoteFile):
        with_retries(loopback.endpoint, fetch, sleep=lambda _: None)
    assert len(attempts) == 1


def test_moving_what_was_never_there_is_still_an_error(loopback: Place) -> None:
    with open_folder(loopback.endpoint) as folder:
        removed(folder, "missing")
        with pytest.raises(NoSuchRemoteFile):
            moved(folder, "missing", "new")


def test_a_folder_is_used_inside_its_block_only(loopback: Place) -> None:
    folder = open_folder(loopback.endpoint)
    with pytest.raises(RuntimeError), folder:
        raise RuntimeError
    with pytest.raises(RuntimeError, match="with"):
        folder.list("")


def test_one_base_catches_every_fault_of_transport(loopback: Place) -> None:
    with open_folder(loopback.endpoint) as folder, pytest.raises(TransportError):
        folder.list("missing")
