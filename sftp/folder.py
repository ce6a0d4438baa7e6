"""The remote folder: the few things that can be done with files on the other side.

Decides the vocabulary that every way of transport shares. It does not decide how bytes travel; see `sftp.endpoint.open_folder`.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from sftp.errors import TooLarge, TransportError


@dataclass(frozen=True)
class RemoteFile:
    """A regular file as the server lists it."""

    name: str
    """Data, never a local path."""
    size: int
    """Bytes."""
    modified_at: datetime
    """In UTC, to the second. Whoever uploads can set it to anything."""


class Skipped(NamedTuple):
    """An entry of a listed folder that is not a file to fetch."""

    name: str
    """With unsafe characters written as code points."""
    reason: str
    """One of the reasons of `sftp.names`."""


@dataclass(frozen=True)
class Listing:
    """Everything in one folder, each entry once: the files and the rest, both sorted by name."""

    files: tuple[RemoteFile, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class FetchedFile:
    """What arrived."""

    size: int
    """Bytes."""
    sha256: str
    """Lower-case hexadecimal."""


RemoteFiles = list[RemoteFile]  # inside the class the word `list` is taken
FetchResults = Iterator[FetchedFile | TransportError]


class RemoteFolder(Protocol):
    """A connected endpoint, used as a context manager by one thread at a time.

    All paths are posix and relative to the endpoint's root; one that is absolute or climbs is a ValueError. No symbolic link
    below the root is ever followed, be it the last name or a folder on the way. All methods may raise the errors of `sftp.errors`.
    """

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...

    def survey(self, folder: str) -> Listing:
        """Everything directly in the folder: regular files with safe, final names, and what was left out with the reason."""
        ...

    def list(self, folder: str) -> RemoteFiles:
        """The files of `survey` alone, sorted by name."""
        return [*self.survey(folder).files]

    def fetch(self, path: str, destination: Path, max_bytes: int) -> FetchedFile:
        """Copy a remote file to a new local file with mode 0600.

        The size is taken before and after and must equal the bytes that came; else IncompleteTransfer. On any failure the local file
        is gone. TooLarge above `max_bytes`; FileExistsError when the destination is there, which is then left alone.
        """
        ...

    def fetch_many(self, wanted: Sequence[tuple[str, Path]], max_bytes: int) -> FetchResults:
        """Fetch (path, destination) pairs, many at once; for each, in the same order, what arrived or why it did not.

        One file's failure does not stop the others, but a lost connection does: Unreachable is raised then, and every destination
        that exists is whole. Nothing is fetched before the results are asked for.
        """
        ...

    def put(self, source: Path, path: str) -> None:
        """Upload a local file, replacing what has that name.

        It is written under a temporary name in the same folder, its size compared, and then renamed: nobody ever sees half of it.
        """
        ...

    def rename(self, path: str, new_path: str) -> None:
        """Move a file; AlreadyExists when something has the new name, NoSuchRemoteFile when the old one is gone."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file, or a symbolic link itself; NoSuchRemoteFile when it is gone."""
        ...

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it; one that is there already is left alone. AlreadyExists when a file is in the way."""
        ...


def receive(chunks: Iterable[bytes], destination: Path, max_bytes: int) -> FetchedFile:
    """Write chunks to a new file with mode 0600 and say what was written; on any failure, also one in `chunks`, remove it again."""
    descriptor = os.open(destination, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        digest = hashlib.sha256()
        size = 0
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > max_bytes:
                    raise TooLarge(f"the file is larger than {max_bytes} bytes")
                digest.update(chunk)
                file.write(chunk)
    except BaseException:
        destination.unlink(missing_ok=True)
        raise
    return FetchedFile(size, digest.hexdigest())
