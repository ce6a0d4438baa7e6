"""Files that a run makes: staged first, and put in their places only once the run has committed.

A run killed before its commit leaves staged files that nobody has seen, which the next run throws away; one killed after it leaves files
that the next run puts in place. Either way every file appears once, whole, or not at all.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from outputs.files import make_private_folder, write_file

STAGING = ".staging"


def stage(root: Path, run_id: str, files: Mapping[PurePosixPath, bytes]) -> None:
    """Write files of a run where nobody looks; paths are relative to the workspace."""
    for path, content in files.items():
        write_file(root / STAGING / run_id / path, content)


def put_in_place(root: Path, committed: Iterable[str]) -> None:
    """Move the staged files of committed runs to their places, and throw away those of others. The caller holds the lock."""
    staging = root / STAGING
    if not staging.is_dir():
        return
    known = set(committed)
    for folder in sorted(staging.iterdir()):
        if folder.name in known:
            for path in sorted(found for found in folder.rglob("*") if found.is_file()):
                target = root / path.relative_to(folder)
                make_private_folder(target.parent)
                path.replace(target)
        shutil.rmtree(folder)
    staging.rmdir()
