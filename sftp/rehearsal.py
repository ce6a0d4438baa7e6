"""Rehearsing: a remote folder that is really read, and whose changes are only remembered.

Decides what the other side would look like had everything been done. It does not foresee what a server would refuse.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from sftp.errors import AlreadyExists, NoSuchRemoteFile, Refused
from sftp.folder import FetchedFile, FetchResults, Listing, RemoteFile, RemoteFolder, Skipped
from sftp.names import FOLDER, parts_of

Place = tuple[str, str]  # the address of an endpoint, and a path there


class Laid(NamedTuple):
    """A file that would lie at a path, and the path at which it really lies; None when it was never sent."""

    file: RemoteFile
    really_at: str | None


@dataclass(eq=False)
class Rehearsal:
    """What would be different at all endpoints together: one for everything that is rehearsed as a whole, for several threads."""

    made: set[Place] = field(default_factory=set)
    """Folders."""
    laid: dict[Place, Laid] = field(default_factory=dict)
    gone: set[Place] = field(default_factory=set)
    guard: threading.Lock = field(default_factory=threading.Lock)


class RehearsedFolder(RemoteFolder):
    """A remote folder in front of the real one: it reads there, and changes nothing."""

    def __init__(self, real: RemoteFolder, url: str, rehearsal: Rehearsal) -> None:
        self._real = real
        self._url = url
        self._rehearsal = rehearsal

    def __enter__(self) -> Self:
        self._real.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._real.__exit__(kind, error, trace)

    def survey(self, folder: str) -> Listing:
        path = "/".join(parts_of(folder))
        try:
            real = self._real.survey(path)
        except NoSuchRemoteFile:
            if self._place(path) not in self._rehearsal.made:
                raise
            real = Listing((), ())
        with self._rehearsal.guard:
            files = {file.name: file for file in real.files if self._beside(path, file.name) not in self._rehearsal.gone}
            files |= {
                laid.file.name: laid.file for place, laid in self._rehearsal.laid.items() if place == self._beside(path, laid.file.name)
            }
            skipped = {one for one in real.skipped if self._beside(path, one.name) not in self._rehearsal.gone}
            skipped |= {Skipped(name, FOLDER) for above, name in self._made() if above == path}
        return Listing(tuple(sorted(files.values(), key=lambda file: file.name)), tuple(sorted(skipped)))

    def fetch(self, path: str, destination: Path, max_bytes: int) -> FetchedFile:
        return self._real.fetch(self._really_at(path), destination, max_bytes)

    def fetch_many(self, wanted: Sequence[tuple[str, Path]], max_bytes: int) -> FetchResults:
        return self._real.fetch_many([(self._really_at(path), destination) for path, destination in wanted], max_bytes)

    def put(self, source: Path, path: str) -> None:
        *_, name = parts_of(path)
        told = source.stat()
        file = RemoteFile(name, told.st_size, datetime.fromtimestamp(int(told.st_mtime), UTC))
        with self._rehearsal.guard:
            self._rehearsal.laid[self._place(path)] = Laid(file, None)

    def rename(self, path: str, new_path: str) -> None:
        *_, name = parts_of(new_path)
        file = self._listed(path)
        with self._rehearsal.guard:
            if self._place(new_path) in self._rehearsal.laid:
                raise AlreadyExists("the name is in use")
            laid = self._rehearsal.laid.get(self._place(path))
            really_at = path if laid is None else laid.really_at
            self._leave(path)
            self._rehearsal.laid[self._place(new_path)] = Laid(RemoteFile(name, file.size, file.modified_at), really_at)

    def remove(self, path: str) -> None:
        with self._rehearsal.guard:
            if self._place(path) in self._rehearsal.gone and self._place(path) not in self._rehearsal.laid:
                raise NoSuchRemoteFile("no such file or folder")
            self._leave(path)

    def make_folder(self, path: str) -> None:
        parts = parts_of(path)
        with self._rehearsal.guard:
            self._rehearsal.made |= {self._place("/".join(parts[:depth])) for depth in range(1, len(parts) + 1)}

    def _leave(self, path: str) -> None:
        self._rehearsal.laid.pop(self._place(path), None)
        self._rehearsal.gone.add(self._place(path))

    def _listed(self, path: str) -> RemoteFile:
        above, _, name = path.rpartition("/")
        for file in self.survey(above).files:
            if file.name == name:
                return file
        raise NoSuchRemoteFile("no such file or folder")

    def _really_at(self, path: str) -> str:
        with self._rehearsal.guard:
            laid = self._rehearsal.laid.get(self._place(path))
            if laid is None and self._place(path) in self._rehearsal.gone:
                raise NoSuchRemoteFile("no such file or folder")
        if laid is not None and laid.really_at is None:
            raise Refused("what a rehearsal sent lies nowhere, and cannot be fetched")
        return path if laid is None else str(laid.really_at)

    def _made(self) -> set[tuple[str, str]]:
        """Folders made at this endpoint: the folder above and the name."""
        return {(path.rpartition("/")[0], path.rpartition("/")[2]) for url, path in self._rehearsal.made if url == self._url}

    def _beside(self, folder: str, name: str) -> Place:
        return self._url, f"{folder}/{name}" if folder else name

    def _place(self, path: str) -> Place:
        return self._url, "/".join(parts_of(path))
