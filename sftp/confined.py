"""Files below one folder, reached so that no symbolic link can lead out of it.

Decides how a path below a root becomes an open folder: one step at a time, each refusing links. Which paths are asked for is
the caller's business. Needs a system with openat(2): Linux, macOS, BSD.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def opened_folder(root: Path, parts: Sequence[str]) -> Iterator[int]:
    """Descriptor of the folder at `parts` below `root`. The root itself may be a link. Raises OSError (ELOOP or ENOTDIR for a link)."""
    descriptor = os.open(root, _FOLDER_FLAGS & ~os.O_NOFOLLOW)
    try:
        for part in parts:
            inner = os.open(part, _FOLDER_FLAGS, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def status_of(name: str, folder: int) -> os.stat_result:
    """What is under a name in an open folder; a link is described, not followed."""
    return os.stat(name, dir_fd=folder, follow_symlinks=False)


def open_file(name: str, flags: int, folder: int) -> int:
    """Open a regular file in an open folder. Raises OSError for a link, and for a folder, FIFO or device (EINVAL)."""
    # O_NONBLOCK: opening a FIFO must not wait for its other end. A new file's mode is left to the umask, as an SFTP server does.
    descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file")
    return descriptor


def rename_to_free_name(name: str, folder: int, new_name: str, new_folder: int) -> None:
    """Rename without taking anybody's place: FileExistsError when the new name is in use, also by a link that leads nowhere."""
    if stat.S_ISREG(status_of(name, folder).st_mode):
        try:
            os.link(name, new_name, src_dir_fd=folder, dst_dir_fd=new_folder, follow_symlinks=False)
        except FileExistsError:
            if not os.path.samestat(status_of(name, folder), status_of(new_name, new_folder)):
                raise  # else whoever renamed this very file was killed half-way
        os.unlink(name, dir_fd=folder)
        return
    try:
        status_of(new_name, new_folder)
    except FileNotFoundError:
        os.rename(name, new_name, src_dir_fd=folder, dst_dir_fd=new_folder)
    else:
        raise FileExistsError(errno.EEXIST, "the new name is in use")


def temporary_name() -> str:
    """A name nobody else uses, of a form that listings leave out."""
    return f".{secrets.token_hex(8)}.part"
