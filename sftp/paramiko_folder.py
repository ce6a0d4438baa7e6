"""The remote folder behind an SFTP server.

Decides which requests make up a listing, a download or an upload, and what the server's answers mean for the caller. The
connection is `sftp.connection`'s, the bytes of the protocol are `sftp.wire`'s.
"""

import hashlib
import os
import socket
import stat
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import paramiko

from sftp.connection import connect, time_limit
from sftp.endpoint import Endpoint
from sftp.errors import (
    AlreadyExists,
    IncompleteTransfer,
    NoSuchRemoteFile,
    NotAFile,
    Refused,
    RemoteFailure,
    TooLarge,
    TransportError,
    Unreachable,
)
from sftp.folder import FetchedFile, FetchResults, Listing, RemoteFile, RemoteFolder, Skipped, receive
from sftp.names import escaped, parts_of, reason_to_skip
from sftp.wire import (
    FSYNC,
    NO_ATTRIBUTES,
    OPEN_CREATE,
    OPEN_EXCLUSIVE,
    OPEN_READ,
    OPEN_WRITE,
    POSIX_RENAME,
    Attributes,
    Code,
    Conversation,
    Denied,
    Kind,
    string,
    uint32,
    uint64,
)

CHUNK = 1 << 15  # bytes: what every server accepts in one request (draft section 3)
REQUESTS_IN_FLIGHT = 64  # as OpenSSH's client: 2 MiB under way
MOST_ENTRIES = 200_000  # of one folder; more is a server that never ends its listing

_Parts = tuple[str, ...]
_DENIALS: dict[int, tuple[type[TransportError], str]] = {
    Code.NO_SUCH_FILE: (NoSuchRemoteFile, "no such file or folder"),
    Code.PERMISSION_DENIED: (Refused, "permission denied"),
    Code.OP_UNSUPPORTED: (RemoteFailure, "the server does not support the operation"),
}


class ParamikoFolder(RemoteFolder):
    """A folder of an SFTP server. Connects when entered; after Unreachable every further operation raises Unreachable too."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._transport: paramiko.Transport | None = None
        self._session: Conversation | None = None
        self._trusted: set[_Parts] = set()

    def __enter__(self) -> Self:
        self._transport = connect(self._endpoint)
        seconds, place = self._endpoint.operation_timeout, self._endpoint.place
        try:
            with time_limit(self._transport, seconds, place):
                channel = self._transport.open_session(timeout=seconds)
                channel.invoke_subsystem("sftp")
            self._session = Conversation(channel, place, seconds)
        except TransportError:
            self._transport.close()
            raise
        except (EOFError, OSError, paramiko.SSHException):
            self._transport.close()
            raise Unreachable(f"{place}: the server starts no SFTP session") from None
        except BaseException:
            self._transport.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._transport is not None:
            self._transport.close()
        self._transport = self._session = None
        self._trusted.clear()

    def survey(self, folder: str) -> Listing:
        parts = parts_of(folder)
        with self._explained(parts):
            self._trust(parts)
            entries = self._entries(parts)
        files: list[RemoteFile] = []
        skipped: list[Skipped] = []
        for raw, attributes in entries:
            name = raw.decode("utf-8", "surrogateescape")
            if name in {".", ".."}:
                continue
            reason = reason_to_skip(name, attributes.mode or 0)
            if reason:
                skipped.append(Skipped(escaped(name), reason))
            else:
                files.append(RemoteFile(name, attributes.size or 0, datetime.fromtimestamp(attributes.modified or 0, UTC)))
        return Listing(tuple(sorted(files, key=lambda file: file.name)), tuple(sorted(skipped)))

    def fetch(self, path: str, destination: Path, max_bytes: int) -> FetchedFile:
        parts = _file_parts(path)
        return receive(self._chunks(parts, max_bytes), destination, max_bytes)

    def fetch_many(self, wanted: Sequence[tuple[str, Path]], max_bytes: int) -> FetchResults:
        results: FetchResults = []
        for path, destination in wanted:
            try:
                results.append(self.fetch(path, destination, max_bytes))
            except Unreachable:
                raise
            except TransportError as error:
                results.append(error)
        return results

    def put(self, source: Path, path: str) -> None:
        parts = _file_parts(path)
        folder = parts[:-1]
        temporary = (*folder, _temporary_name(path))
        with source.open("rb") as file, self._explained(folder):
            self._trust(folder)
            handle = self._new_file(temporary)
            try:
                size = self._write(handle, file)
                if self._attributes(temporary).size != size:
                    raise IncompleteTransfer(f"{self._place(folder)}: the server kept fewer bytes than were sent")
                self._replace(temporary, parts)
            except BaseException:
                with suppress(Denied, TransportError):
                    self._talk.done(self._talk.ask(Kind.REMOVE, self._absolute(temporary)))
                raise

    def rename(self, path: str, new_path: str) -> None:
        old, new = _file_parts(path), _file_parts(new_path)
        with self._explained(old[:-1]):
            self._trust(old[:-1])
            self._attributes(old)
        with self._explained(new[:-1]):
            self._trust(new[:-1])
            self._must_be_free(new)
            try:
                self._talk.done(self._talk.ask(Kind.RENAME, self._absolute(old), self._absolute(new)))
            except Denied as denied:
                if denied.code == Code.FAILURE:  # version 3 has no code of its own for a name in use
                    self._must_be_free(new)
                raise

    def remove(self, path: str) -> None:
        parts = _file_parts(path)
        with self._explained(parts[:-1]):
            self._trust(parts[:-1])
            if stat.S_ISDIR(self._attributes(parts).mode or 0):
                raise NotAFile(f"{self._place(parts[:-1])}: a folder where a file should be")
            self._talk.done(self._talk.ask(Kind.REMOVE, self._absolute(parts)))

    def make_folder(self, path: str) -> None:
        parts = parts_of(path)
        for depth in range(1, len(parts) + 1):
            folder = parts[:depth]
            with self._explained(folder[:-1]):
                try:
                    mode = self._attributes(folder).mode or 0
                except Denied as denied:
                    if denied.code != Code.NO_SUCH_FILE:
                        raise
                    self._talk.done(self._talk.ask(Kind.MKDIR, self._absolute(folder), NO_ATTRIBUTES))
                else:
                    if not stat.S_ISDIR(mode):
                        raise AlreadyExists(f"{self._place(folder[:-1])}: a file is in the way of a folder")

    def _entries(self, folder: _Parts) -> list[tuple[bytes, Attributes]]:
        talk = self._talk
        handle = talk.handle(talk.ask(Kind.OPENDIR, self._absolute(folder)))
        waiting = deque(talk.ask(Kind.READDIR, string(handle)) for _ in range(4))
        entries: list[tuple[bytes, Attributes]] = []
        try:
            while (names := talk.names(waiting.popleft())) is not None:
                entries += names
                if len(entries) > MOST_ENTRIES:
                    raise RemoteFailure(f"{self._place(folder)}: more than {MOST_ENTRIES} entries in one folder")
                waiting.append(talk.ask(Kind.READDIR, string(handle)))
        finally:
            self._leave(handle, waiting)
        return [(name, attributes if attributes.mode is not None else self._typed(folder, name)) for name, attributes in entries]

    def _typed(self, folder: _Parts, name: bytes) -> Attributes:
        """Attributes of an entry that a server listed without its type."""
        try:
            return self._talk.attributes(self._talk.ask(Kind.LSTAT, string(self._path(folder) + b"/" + name)))
        except Denied:
            return Attributes(None, None, None)

    def _chunks(self, parts: _Parts, max_bytes: int) -> Iterator[bytes]:
        """A file's bytes; ends normally only when they are all there and the file is still what it was."""
        folder = parts[:-1]
        with self._explained(folder):
            self._trust(folder)
            before = self._attributes(parts)
            if before.mode is None or not stat.S_ISREG(before.mode) or before.size is None:
                raise NotAFile(f"{self._place(folder)}: not a regular file")
            if before.size > max_bytes:
                raise TooLarge(f"{self._place(folder)}: a file is larger than {max_bytes} bytes")
            talk = self._talk
            handle = talk.handle(talk.ask(Kind.OPEN, self._absolute(parts), uint32(OPEN_READ), NO_ATTRIBUTES))
            received = 0
            waiting: deque[int] = deque()
            try:
                opened = talk.ask(Kind.FSTAT, string(handle))
                for data in self._read(handle, before.size, waiting):
                    received += len(data)
                    yield data
                unchanged = _version(talk.attributes(opened)) == _version(before)
                unchanged &= _version(talk.attributes(talk.ask(Kind.FSTAT, string(handle)))) == _version(before)
            finally:
                self._leave(handle, waiting)
            unchanged &= _version(self._attributes(parts)) == _version(before)
            if received != before.size:
                raise IncompleteTransfer(f"{self._place(folder)}: {received} bytes came of {before.size} announced")
            if not unchanged:
                raise IncompleteTransfer(f"{self._place(folder)}: a file changed while it was fetched")

    def _read(self, handle: bytes, size: int, waiting: deque[int]) -> Iterator[bytes]:
        """The bytes from 0 to `size`, and one beyond if there is one, in order; stops early where the server does."""
        talk = self._talk
        spans = chain(((at, min(CHUNK, size - at)) for at in range(0, size, CHUNK)), [(size, 1)])
        asked: deque[tuple[int, int]] = deque()

        def ask(count: int) -> None:
            for at, length in islice(spans, count):
                waiting.append(talk.ask(Kind.READ, string(handle), uint64(at), uint32(length)))
                asked.append((at, length))

        ask(REQUESTS_IN_FLIGHT)
        while waiting:
            at, length = asked.popleft()
            data = talk.data(waiting.popleft())
            while data and len(data) < length:  # a server may give less than was asked for, and go on when asked again
                yield data
                at, length = at + len(data), length - len(data)
                data = talk.data(talk.ask(Kind.READ, string(handle), uint64(at), uint32(length)))
            if not data:
                return
            yield data
            ask(1)

    def _new_file(self, path: _Parts) -> bytes:
        """Handle of a file that did not exist before: whatever has the name, also a link, is removed and never written through."""
        talk = self._talk
        request = (self._absolute(path), uint32(OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE), NO_ATTRIBUTES)
        try:
            return talk.handle(talk.ask(Kind.OPEN, *request))
        except Denied as denied:
            if denied.code != Code.FAILURE:
                raise
            # our own upload of this name, cut off a moment ago: nobody else derives the same temporary name
            with suppress(Denied):
                talk.done(talk.ask(Kind.REMOVE, self._absolute(path)))
            return talk.handle(talk.ask(Kind.OPEN, *request))

    def _write(self, handle: bytes, file: BinaryIO) -> int:
        """Send a whole local file, make the server put it on disk where it can, and close the handle. Returns the bytes sent."""
        talk = self._talk
        waiting: deque[int] = deque()
        sent = 0
        while data := file.read(CHUNK):
            waiting.append(talk.ask(Kind.WRITE, string(handle), uint64(sent), string(data)))
            sent += len(data)
            if len(waiting) >= REQUESTS_IN_FLIGHT:
                talk.done(waiting.popleft())
        for number in waiting:
            talk.done(number)
        if FSYNC in talk.extensions:
            talk.done(talk.ask(Kind.EXTENDED, string(FSYNC.encode()), string(handle)))
        talk.done(talk.ask(Kind.CLOSE, string(handle)))
        return sent

    def _replace(self, temporary: _Parts, final: _Parts) -> None:
        talk = self._talk
        old, new = self._absolute(temporary), self._absolute(final)
        try:
            talk.done(talk.ask(Kind.EXTENDED, string(POSIX_RENAME.encode()), old, new))
        except Denied as denied:
            if denied.code != Code.OP_UNSUPPORTED:
                raise
            # For a moment the name is gone, but never half written.
            with suppress(Denied):
                talk.done(talk.ask(Kind.REMOVE, new))
            talk.done(talk.ask(Kind.RENAME, old, new))

    def _leave(self, handle: bytes, waiting: deque[int]) -> None:
        """Close a handle that was only read from, without waiting, and drop what is still to come for it."""
        for number in waiting:
            self._talk.forget(number)
        with suppress(TransportError):
            self._talk.forget(self._talk.ask(Kind.CLOSE, string(handle)))

    def _trust(self, folder: _Parts) -> None:
        """Refuse a folder that is reached through a symbolic link below the root. Asked once a connection for each folder."""
        unknown = [folder[:depth] for depth in range(1, len(folder) + 1) if folder[:depth] not in self._trusted]
        numbers = [self._talk.ask(Kind.LSTAT, self._absolute(part)) for part in unknown]
        for part, number in zip(unknown, numbers, strict=True):
            mode = self._talk.attributes(number).mode
            if mode is None or not stat.S_ISDIR(mode):
                raise NotAFile(f"{self._place(part)}: a file or a symbolic link where a folder should be")
            self._trusted.add(part)

    def _must_be_free(self, path: _Parts) -> None:
        try:
            self._attributes(path)
        except Denied as denied:
            if denied.code == Code.NO_SUCH_FILE:
                return
            raise
        raise AlreadyExists(f"{self._place(path[:-1])}: the name is in use")

    def _attributes(self, path: _Parts) -> Attributes:
        return self._talk.attributes(self._talk.ask(Kind.LSTAT, self._absolute(path)))

    @property
    def _talk(self) -> Conversation:
        if self._session is None:
            raise RuntimeError("a remote folder is used inside its `with` block")
        return self._session

    def _path(self, parts: _Parts) -> bytes:
        return "/".join((self._endpoint.root.rstrip("/"), *parts)).encode() or b"/"

    def _absolute(self, parts: _Parts) -> bytes:
        return string(self._path(parts))

    def _place(self, folder: _Parts) -> str:
        return f"{self._endpoint.place}/{'/'.join(folder)}"

    @contextmanager
    def _explained(self, folder: _Parts) -> Iterator[None]:
        """Answers of the server in the words of `sftp.errors`, without the name of the file and without the server's own text."""
        try:
            yield
        except Denied as denied:
            kind, words = _DENIALS.get(denied.code, (RemoteFailure, "the server could not do it and does not say why"))
            raise kind(f"{self._place(folder)}: {words}") from None


def _file_parts(path: str) -> _Parts:
    parts = parts_of(path)
    if not parts:
        raise ValueError("the path of a file is needed, not that of the root")
    return parts


def _version(attributes: Attributes) -> tuple[int | None, int | None]:
    """What tells one content of a name from the next."""
    return attributes.size, attributes.modified


def _temporary_name(path: str) -> str:
    """The same when this thread tries again, so that it can clear away its own leftovers; different for everybody else."""
    writer = f"{socket.gethostname()}\0{os.getpid()}\0{threading.get_ident()}\0{path}"
    return f".{hashlib.sha256(writer.encode()).hexdigest()[:16]}.part"
