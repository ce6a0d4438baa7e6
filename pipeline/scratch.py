"""Folders for work that nobody shall see: gone when the work is done, and swept by others when it was killed.

Decides which of them are still in use. What lies in them is for the callers.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.interruption import uninterrupted

PREFIX = ".forecast-"
HELD = "held"  # locked for as long as somebody works in the folder; the operating system lets it go for a killed one


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """A new folder that only this account can enter; removed with all that is in it when left."""
    folder, descriptor = _taken(parent)
    try:
        yield folder
    finally:
        with uninterrupted():
            shutil.rmtree(folder)
            os.close(descriptor)


def sweep_scratch(parent: Path) -> None:
    """Remove the folders of those that were killed; the ones in use are left alone."""
    for folder in sorted(parent.glob(f"{PREFIX}*")):
        with suppress(FileNotFoundError, NotADirectoryError):  # its owner was quicker
            descriptor = os.open(folder / HELD, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                if _locked(descriptor):
                    shutil.rmtree(folder)
            finally:
                os.close(descriptor)


def _taken(parent: Path) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        with suppress(FileNotFoundError):  # swept before it was held: then another one
            descriptor = os.open(folder / HELD, os.O_RDWR | os.O_CREAT, 0o600)
            if _locked(descriptor) and (folder / HELD).exists():
                return folder, descriptor
            os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
