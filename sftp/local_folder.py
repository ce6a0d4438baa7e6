"""The remote folder when the plan's SFTP server is this very machine: plain files, handled as carefully as a stranger's.

Providers write below the root through the machine's own SFTP server while this code reads, so nothing there is trusted to stay
what it was. Decides nothing about permissions: the operating system does.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sftp.confined import open_file, opened_folder, rename_to_free_name, status_of, temporary_name
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

CHUNK = 1 << 20  # bytes read or written at a time

_ERRORS: dict[int, tuple[type[TransportError], str]] = {
    errno.ENOENT: (NoSuchRemoteFile, "no such file or folder"),
    errno.EEXIST: (AlreadyExists, "the name is in use"),
    errno.EACCES: (Refused, "permission denied"),
    errno.EPERM: (Refused, "permission denied"),
    errno.EROFS: (Refused, "read-only"),
    errno.ELOOP: (NotAFile, "a symbolic link is not followed"),
    errno.ENOTDIR: (NotAFile, "a file or a link where a folder should be"),
    errno.EISDIR: (NotAFile, "a folder where a file should be"),
    errno.EINVAL: (NotAFile, "not a regular file"),
    errno.ENXIO: (NotAFile, "not a regular file"),
}


class LocalFolder(RemoteFolder):
    """A folder of this machine; `root` is absolute."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __enter__(self) -> Self:
        if not self._root.is_dir():
            raise Unreachable(f"{self._root}: no such folder on this machine")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing is held open between operations."""

    def survey(self, folder: str) -> Listing:
        files: list[RemoteFile] = []
        skipped: list[Skipped] = []
        parts = parts_of(folder)
        with self._explained(parts), opened_folder(self._root, parts) as descriptor:
            for name in os.listdir(descriptor):  # noqa: PTH208 - pathlib lists no descriptors
                try:
                    status = status_of(name, descriptor)
                except FileNotFoundError:  # gone since: it was never there
                    continue
                reason = reason_to_skip(name, status.st_mode)
                if reason:
                    skipped.append(Skipped(escaped(name), reason))
                else:
                    files.append(RemoteFile(name, status.st_size, datetime.fromtimestamp(int(status.st_mtime), UTC)))
        return Listing(tuple(sorted(files, key=lambda file: file.name)), tuple(sorted(skipped)))

    def fetch(self, path: str, destination: Path, max_bytes: int) -> FetchedFile:
        return receive(self._chunks(path, max_bytes), destination, max_bytes)

    def fetch_many(self, wanted: Sequence[tuple[str, Path]], max_bytes: int) -> FetchResults:
        for path, destination in wanted:
            try:
                fetched: FetchedFile | TransportError = self.fetch(path, destination, max_bytes)
            except TransportError as error:
                fetched = error
            yield fetched

    def put(self, source: Path, path: str) -> None:
        parts, name = _split(path)
        with source.open("rb") as file, self._explained(parts), opened_folder(self._root, parts) as folder:
            temporary = temporary_name()
            descriptor = open_file(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, folder)
            try:
                with os.fdopen(descriptor, "wb") as copy:
                    while chunk := file.read(CHUNK):
                        copy.write(chunk)
                    copy.flush()
                    os.fsync(copy.fileno())
                    if os.fstat(copy.fileno()).st_size != os.fstat(file.fileno()).st_size:
                        raise IncompleteTransfer(f"{self._place(parts)}: the copy has not the size of the file")
                os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=folder)
                raise
            os.fsync(folder)

    def rename(self, path: str, new_path: str) -> None:
        parts, name = _split(path)
        new_parts, new_name = _split(new_path)
        with (
            self._explained(parts),
            opened_folder(self._root, parts) as folder,
            self._explained(new_parts),
            opened_folder(self._root, new_parts) as new_folder,
        ):
            rename_to_free_name(name, folder, new_name, new_folder)
            os.fsync(new_folder)
            os.fsync(folder)

    def remove(self, path: str) -> None:
        parts, name = _split(path)
        with self._explained(parts), opened_folder(self._root, parts) as folder:
            if stat.S_ISDIR(status_of(name, folder).st_mode):
                raise NotAFile(f"{self._place(parts)}: a folder where a file should be")
            os.unlink(name, dir_fd=folder)
            os.fsync(folder)

    def make_folder(self, path: str) -> None:
        parts = parts_of(path)
        for depth in range(len(parts)):
            above, name = parts[:depth], parts[depth]
            with self._explained(above), opened_folder(self._root, above) as folder:
                try:
                    os.mkdir(name, dir_fd=folder)
                except FileExistsError:
                    if not stat.S_ISDIR(status_of(name, folder).st_mode):
                        raise
                else:
                    os.fsync(folder)

    def _chunks(self, path: str, max_bytes: int) -> Iterator[bytes]:
        parts, name = _split(path)
        with self._explained(parts), opened_folder(self._root, parts) as folder:
            with os.fdopen(open_file(name, os.O_RDONLY, folder), "rb") as file:
                before = os.fstat(file.fileno())
                if before.st_size > max_bytes:
                    raise TooLarge(f"{self._place(parts)}: a file is larger than {max_bytes} bytes")
                received = 0
                while chunk := file.read(CHUNK):
                    received += len(chunk)
                    yield chunk
            after = status_of(name, folder)
            if received != before.st_size or _version(after) != _version(before):
                raise IncompleteTransfer(f"{self._place(parts)}: a file changed while it was read")

    @contextmanager
    def _explained(self, parts: Sequence[str]) -> Iterator[None]:
        """Errors of the operating system in the words of `sftp.errors`, without the name of the file."""
        try:
            yield
        except OSError as error:
            kind, words = _ERRORS.get(error.errno or 0, (RemoteFailure, os.strerror(error.errno) if error.errno else "failed"))
            raise kind(f"{self._place(parts)}: {words}") from None

    def _place(self, parts: Sequence[str]) -> str:
        return str(self._root.joinpath(*parts))


def _split(path: str) -> tuple[tuple[str, ...], str]:
    parts = parts_of(path)
    if not parts:
        raise ValueError("the path of a file is needed, not that of the root")
    return parts[:-1], parts[-1]


def _version(status: os.stat_result) -> tuple[int, int, int]:
    """What tells one content of a name from the next."""
    return status.st_ino, status.st_size, status.st_mtime_ns
