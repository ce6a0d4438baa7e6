"""A job: one run under the workspace's lock, with the files it makes; all of it counts, or nothing does.

Clock, environment and talk come in from the command line; no stage knows them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import polars as pl

from outputs.files import sweep
from pipeline.interruption import uninterrupted
from pipeline.outbox import put_in_place, stage
from pipeline.scratch import sweep_scratch
from pipeline.store import Run, Snapshot, begin, latest
from pipeline.workspace import FOLDERS, Workspace, private_folder
from schemas.deliveries import Deliveries

LOCK_FILE = "lock"
LOG_FILE = "clr.jsonl"


class Locked(Exception):
    """Raised when another run holds the lock."""


@dataclass(frozen=True)
class Original:
    """What a dry run leaves as it is: the workspace of whose copy its job knows, and the copy's store before the job."""

    workspace: Workspace
    snapshot: Snapshot


@dataclass(frozen=True)
class Context:
    """What a job is given from outside: the plan's folder, the moment taken for now, the environment, and ears for its progress.

    copy_of: in a dry run, what the workspace is a copy of. Stages need not know: their endpoints change nothing then.
    """

    workspace: Workspace
    as_of: datetime
    environment: Mapping[str, str]
    wait: float = 0.0
    progress: Callable[[str, int, int], None] = lambda _what, _done, _of: None
    holds_lock: bool = False
    copy_of: Original | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "as_of", self.as_of.astimezone(UTC))  # as the store keeps every moment

    @property
    def store(self) -> Path:
        return self.workspace.folder("store")

    @property
    def sends(self) -> bool:
        """Whether anything may leave the plan. Where not, who sends by other ways than an endpoint sends nothing, and takes it for sent."""
        return self.copy_of is None

    @property
    def today(self) -> str:
        """The day in plan time as file names have it."""
        return self.as_of.astimezone(self.workspace.settings.plan.zone).strftime("%Y%m%d")

    def snapshot(self) -> Snapshot:
        """The store as it stands."""
        return latest(self.store)


@dataclass
class Job:
    """A run in the making, and the files that will appear with it."""

    context: Context
    run: Run
    files: dict[PurePosixPath, bytes] = field(default_factory=dict)
    _deliveries: list[tuple[object, ...]] = field(default_factory=list)

    @property
    def before(self) -> Snapshot:
        return self.run.before

    def publish(self, path: str, content: bytes) -> None:
        """Let a file appear in the workspace once the run has committed; path relative to the workspace, below one of its folders."""
        if PurePosixPath(path).parts[0] not in FOLDERS:  # a dry run shares what is beside them
            raise ValueError("a run makes files in the folders of the workspace only")
        self.files[PurePosixPath(path)] = content

    def deliver(self, provider_id: str, name: str, content: bytes, kind: str, rows: int) -> None:
        """Let a file for a provider appear in the outbox, and be counted among the deliveries that are to be made."""
        self.publish(f"outbox/{provider_id}/{name}", content)
        row = (self.run.plan, name, kind, provider_id, hashlib.sha256(content).hexdigest(), rows, self.context.as_of, None)
        self._deliveries.append(row)

    def commit(self, counts: Mapping[str, int], *, attention: bool) -> Snapshot:
        """Commit the run, then put its files in place."""
        self.run.append("deliveries", pl.DataFrame(self._deliveries, schema=Deliveries.polars_schema(), orient="row"))
        root = self.context.workspace.root
        stage(root, self.run.run_id, self.files)
        with uninterrupted():
            after = self.run.commit("attention" if attention else "done", counts, self.context.as_of)
            put_in_place(root, after.runs["run_id"].to_list())
            log(self.context, self.run.job, {"run_id": self.run.run_id, **counts})
        return after


@contextmanager
def lock(context: Context) -> Iterator[Context]:
    """Hold the workspace's lock, which the operating system takes back from a killed holder. Raises Locked.

    Gives the context of who holds it: stages called with that one run under this lock.
    """
    if context.holds_lock:
        yield context
        return
    private_folder(context.store)
    with (context.store / LOCK_FILE).open("a") as file:
        _lock(file.fileno(), context.wait)
        put_in_place(context.workspace.root, context.snapshot().runs["run_id"].to_list())
        sweep(context.workspace.folder("archive"))
        for folder in (context.workspace.root, context.store):
            sweep_scratch(folder)
        yield replace(context, holds_lock=True)


def start(context: Context, name: str, period: str | None = None) -> Job:
    """Start a job; the caller holds the lock."""
    return Job(context, begin(context.store, context.workspace.plan, name, context.as_of, period))


def log(context: Context, what: str, facts: Mapping[str, object]) -> None:
    """Write one line of the log: counts and identifiers, never names of files or people."""
    folder = private_folder(context.workspace.folder("logs"))
    line = json.dumps({"at": context.as_of.isoformat(), "what": what, **facts}, sort_keys=True)
    with (folder / LOG_FILE).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def _lock(descriptor: int, wait: float) -> None:
    patience = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= patience:
                raise Locked("another run holds the lock; --wait SECONDS waits for it") from None
            time.sleep(0.1)
        else:
            return
