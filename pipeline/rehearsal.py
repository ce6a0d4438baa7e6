"""Dry runs: a job does all of its work on a copy of the workspace, which nobody else sees and which is gone afterwards.

Decides what is copied, and that nothing leaves the copy; what the job came to there, `forecast` tells.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl

from config.errors import ConfigurationError
from pipeline.archive import place
from pipeline.outbox import STAGING
from pipeline.run import Context, Locked, Original
from pipeline.scratch import HELD, PREFIX, scratch, sweep_scratch
from pipeline.store import Snapshot, latest, stored_files
from pipeline.workspace import FOLDERS, Workspace
from schemas.submissions import SubmissionStatus
from sftp.rehearsal import Rehearsal

READ = (
    STAGING,
    "intake",
    "outbox",
)  # what jobs read of the workspace besides store and archive; staged files first: they move into the others
ATTEMPTS = 5  # at a copy between two commits


@contextmanager
def rehearsed(context: Context) -> Iterator[Context]:
    """A context in which a job does everything that it would do, and nothing is changed: neither the workspace nor a mailbox.

    The lock is not needed, and another run may go on meanwhile: what it commits after the copy was made is not seen. Raises Locked when
    others commit so often that no copy can be made, and whatever reading the store raises.
    """
    real = context.workspace
    for parent in (real.root, real.folder("store")):
        sweep_scratch(parent)
    # Beside the tables links need no copying; before there are any, there is nothing to copy.
    with scratch(real.folder("store") if real.folder("store").is_dir() else real.root) as root:
        snapshot = _copied(real, root.absolute())
        copy = replace(real, root=root.absolute(), rehearsal=Rehearsal())
        try:
            yield replace(context, workspace=copy, copy_of=Original(real, snapshot), holds_lock=False)
        except ConfigurationError as error:
            told = (replace(mistake, file=mistake.file.replace(str(copy.root), str(real.root))) for mistake in error.mistakes)
            raise ConfigurationError(*told) from None


def _copied(real: Workspace, root: Path) -> Snapshot:
    """Copy a workspace as some run left it. Returns its store as it stands in the copy."""
    store = real.folder("store")
    for _ in range(ATTEMPTS):
        before = latest(store)
        whole = all([*_copies_of_store(before, root), *_copies_of_files(real, before, root)])
        unchanged = latest(store).runs.height == before.runs.height
        if whole and unchanged:
            break
        if not unchanged:
            _empty(root)
    else:
        if not unchanged:
            raise Locked("other runs commit one after the other; try again once they are done")
    for entry in sorted(real.root.iterdir()):  # settings, keys, templates: only ever read
        if entry.name not in (*FOLDERS, STAGING) and not entry.name.startswith(PREFIX):
            (root / entry.name).symlink_to(entry.absolute())
    return replace(before, root=root / "store")


def _copies_of_store(snapshot: Snapshot, root: Path) -> Iterator[bool]:
    for path in stored_files(snapshot):
        yield _link(path, root / "store" / path.relative_to(snapshot.root))


def _copies_of_files(real: Workspace, snapshot: Snapshot, root: Path) -> Iterator[bool]:
    for name in READ:
        for path in sorted((real.root / name).rglob("*")):
            if path.is_file():
                yield _link(path, root / path.relative_to(real.root))
    archive, copy = real.folder("archive"), root / "archive"
    for sha256 in _to_be_judged(snapshot):
        yield _link(place(archive, sha256), place(copy, sha256))


def _to_be_judged(snapshot: Snapshot) -> list[str]:
    """Digests of the files that have no verdict yet, or are held: of an archive of years no others are read."""
    judged = snapshot.current("submissions").filter(pl.col("status") != SubmissionStatus.HELD)
    open_ones = snapshot.scan("arrivals").join(judged.lazy(), on="submission_id", how="anti")
    return open_ones.select("sha256").unique().sort("sha256").collect()["sha256"].to_list()


def _link(source: Path, target: Path) -> bool:
    """Let a file appear in the copy: the same file where the file system can, else one with the same bytes. False when it is gone."""
    if not target.parent.is_dir():
        target.parent.mkdir(mode=0o700, parents=True)
    try:
        os.link(source.resolve() if source.is_symlink() else source, target)
    except FileExistsError:
        pass
    except FileNotFoundError:
        return False
    except OSError:  # another file system, one without links, or a file of another account
        return _duplicate(source, target)
    return True


def _duplicate(source: Path, target: Path) -> bool:
    try:
        shutil.copy2(source, target)
    except FileNotFoundError:
        return False
    return True


def _empty(root: Path) -> None:
    for entry in root.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != HELD:
            entry.unlink()
