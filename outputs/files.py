"""How bytes become a file: whole or not at all, private from the first byte, and still there after a power cut.

Where a file lies and what stands in it is for the callers.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

FILE_MODE, FOLDER_MODE = 0o600, 0o700  # the files hold PHI: the account alone may read them
TEMPORARY_PREFIX, TEMPORARY_SUFFIX = ".", ".part"  # a name that every collector of files passes over


def write_file(path: Path, content: bytes) -> None:
    """Write a file, or replace it whole; a reader sees the old bytes or the new ones, never a part.

    Missing folders are made. Raises OSError; the file is then as it was, and nothing of the new bytes is left behind.
    """
    temporary = _written_beside(path, content)
    try:
        temporary.replace(path)
    except BaseException:
        _discard(temporary)
        raise
    _sync_folder(path.parent)


def write_once(path: Path, content: bytes, by_way_of: Path | None = None) -> bool:
    """Write a file that does not exist yet; False when it does and holds these very bytes.

    by_way_of: a folder of the same file system where the file is until it is whole, and where `sweep` finds what a killed writer left; the
    file's own when left out.
    Raises FileExistsError when anything else lies there, a link included. Two writers at once: one writes, the other gets False.
    """
    make_private_folder(path.parent)
    temporary = _written_beside((by_way_of or path.parent) / path.name, content)
    try:
        os.link(temporary, path)  # unlike a rename, this fails when the name is taken
    except FileExistsError:
        if _holds(path, content):
            return False
        raise FileExistsError(errno.EEXIST, "something else lies there already", str(path)) from None
    finally:
        _discard(temporary)
    _sync_folder(path.parent)
    return True


def sweep(folder: Path) -> None:
    """Remove what killed writers left in a folder; only for who knows that no other is writing there now."""
    for leftover in folder.glob(f"{TEMPORARY_PREFIX}*{TEMPORARY_SUFFIX}"):
        _discard(leftover)


def make_private_folder(folder: Path) -> None:
    """A folder that only this account can enter, and those above it, where they are missing."""
    if folder.is_dir():
        return
    make_private_folder(folder.parent)
    try:
        folder.mkdir(mode=FOLDER_MODE)
    except FileExistsError:  # another process was quicker; when it is no folder, making the file says so
        return
    folder.chmod(FOLDER_MODE)
    _sync_folder(folder.parent)


def _written_beside(path: Path, content: bytes) -> Path:
    """A complete temporary file in the folder of `path`: on the same file system, so that it can take that name in one step."""
    make_private_folder(path.parent)
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, suffix=TEMPORARY_SUFFIX, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), FILE_MODE)  # a umask can only have taken bits away
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        _discard(temporary)
        raise
    return temporary


def _holds(path: Path, content: bytes) -> bool:
    """Whether a regular file with these bytes lies there; links are not followed, and a pipe is not waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size != len(content):
            return False
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read() == content
    finally:
        os.close(descriptor)


def _discard(temporary: Path) -> None:
    with suppress(FileNotFoundError):
        temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """A new name outlives a power cut only when its folder has been written too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
