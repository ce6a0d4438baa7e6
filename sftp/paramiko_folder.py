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
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import paramiko

from sftp.connection import connect, hang_up, time_limit
from sftp.denials import explained
from sftp.download import FIRST_REQUESTS, REQUESTS_IN_FLIGHT, Download, download, finish, side_by_side
from sftp.endpoint import Endpoint
from sftp.errors import AlreadyExists, NotAFile, RemoteFailure, TransportError, Unreachable
from sftp.folder import FetchedFile, FetchResults, Listing, RemoteFile, RemoteFolder, Skipped
from sftp.names import escaped, parts_of, reason_to_skip
from sftp.upload import upload
from sftp.wire import NO_ATTRIBUTES, Attributes, Code, Conversation, Denied, Kind, string

SIDE_BY_SIDE = 64  # files under way at once in `fetch_many`
MOST_ENTRIES = 200_000  # of one folder; more is a server that never ends its listing

_Parts = tuple[str, ...]


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
            hang_up(self._transport)
            raise
        except (EOFError, OSError, paramiko.SSHException):
            hang_up(self._transport)
            raise Unreachable(f"{place}: the server starts no SFTP session") from None
        except BaseException:
            hang_up(self._transport)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._transport is not None:
            hang_up(self._transport)
        self._transport = self._session = None
        self._trusted.clear()

    def survey(self, folder: str) -> Listing:
        parts = parts_of(folder)
        with explained(self._place(parts)):
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
        return finish(self._download(path, destination, max_bytes, REQUESTS_IN_FLIGHT))

    def fetch_many(self, wanted: Sequence[tuple[str, Path]], max_bytes: int) -> FetchResults:
        for start in range(0, len(wanted), SIDE_BY_SIDE):
            group = wanted[start : start + SIDE_BY_SIDE]
            yield from side_by_side([self._download(path, destination, max_bytes, FIRST_REQUESTS) for path, destination in group])

    def put(self, source: Path, path: str) -> None:
        parts = _file_parts(path)
        folder = parts[:-1]
        with source.open("rb") as file, explained(self._place(folder)):
            self._trust(folder)
            upload(self._talk, file, self._path((*folder, _temporary_name(path))), self._path(parts), self._place(folder))

    def rename(self, path: str, new_path: str) -> None:
        old, new = _file_parts(path), _file_parts(new_path)
        with explained(self._place(old[:-1])):
            self._trust(old[:-1])
            self._attributes(old)
        with explained(self._place(new[:-1])):
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
        with explained(self._place(parts[:-1])):
            self._trust(parts[:-1])
            if stat.S_ISDIR(self._attributes(parts).mode or 0):
                raise NotAFile(f"{self._place(parts[:-1])}: a folder where a file should be")
            self._talk.done(self._talk.ask(Kind.REMOVE, self._absolute(parts)))

    def make_folder(self, path: str) -> None:
        parts = parts_of(path)
        for depth in range(1, len(parts) + 1):
            folder = parts[:depth]
            with explained(self._place(folder[:-1])):
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
            for number in waiting:
                talk.forget(number)
            with suppress(TransportError):
                talk.forget(talk.ask(Kind.CLOSE, string(handle)))
        return [(name, attributes if attributes.mode is not None else self._typed(folder, name)) for name, attributes in entries]

    def _typed(self, folder: _Parts, name: bytes) -> Attributes:
        """Attributes of an entry that a server listed without its type."""
        try:
            return self._talk.attributes(self._talk.ask(Kind.LSTAT, string(self._path(folder) + b"/" + name)))
        except Denied:
            return Attributes(None, None, None)

    def _download(self, path: str, destination: Path, max_bytes: int, first: int) -> Download:
        parts = _file_parts(path)
        place = self._place(parts[:-1])
        with explained(place):
            self._trust(parts[:-1])
        return (yield from download(self._talk, self._path(parts), place, destination, max_bytes, first))

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


def _file_parts(path: str) -> _Parts:
    parts = parts_of(path)
    if not parts:
        raise ValueError("the path of a file is needed, not that of the root")
    return parts


def _temporary_name(path: str) -> str:
    """The same when this thread tries again, so that it can clear away its own leftovers; different for everybody else."""
    writer = f"{socket.gethostname()}\0{os.getpid()}\0{threading.get_ident()}\0{path}"
    return f".{hashlib.sha256(writer.encode()).hexdigest()[:16]}.part"
