"""Commands that are killed at their n-th change of the disk, as by a power cut.

Each runs in a process of its own, forked from one (`python -m tests.acceptance.killing`) that has imported everything and computed nothing.
"""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import deltalake
from pandera.backends.polars.register import register_polars_backends

import config
import outputs
import pipeline
import schemas
import sftp
from pipeline import delta
from schemas.layouts import LAYOUTS
from tests.workspaces import PROJECT, clr

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.truncate", "os.utime", "shutil.rmtree")
KILLED = 137


@dataclass
class Countdown:
    """Counts the changes of the disk, and ends the process before the fatal one; 0 is none."""

    fatal: int
    seen: int = 0

    def change(self) -> None:
        self.seen += 1
        if self.seen == self.fatal:
            os._exit(KILLED)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """What Python's audit hooks are told."""
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if event in CHANGES or (writes and "/dev/" not in str(arguments[0])):
            self.change()


@dataclass
class Runner:
    """The process from which commands are forked."""

    process: subprocess.Popen[str]

    def changes(self, root: Path, arguments: list[str], as_of: str) -> int:
        """Run a command to its end. Returns how many changes of the disk it made."""
        code, seen = self._run(root, arguments, as_of, 0)
        assert code in (0, 3), f"{arguments}: exit {code}"
        return seen

    def kill(self, root: Path, arguments: list[str], as_of: str, fatal: int) -> None:
        """Run a command and kill it before its n-th change."""
        code, _ = self._run(root, arguments, as_of, fatal)
        assert code == KILLED, f"{arguments}: exit {code} instead of being killed at change {fatal}"

    def _run(self, *order: object) -> tuple[int, int]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(one) if isinstance(one, Path) else one for one in order]) + "\n")
        self.process.stdin.flush()
        code, seen = json.loads(self.process.stdout.readline())
        return code, seen


@contextmanager
def runner() -> Iterator[Runner]:
    """A process to fork commands from."""
    command = [sys.executable, "-m", "tests.acceptance.killing"]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Runner(process)
        assert process.stdin is not None
        process.stdin.close()


def main() -> None:
    """Fork a command for each order read; answer with its exit code and its number of changes."""
    _import_everything()
    for order in sys.stdin:
        root, arguments, as_of, fatal = json.loads(order)
        told, telling = os.pipe()
        child = os.fork()
        if not child:
            _obey(Path(root), arguments, as_of, fatal, telling)
        os.close(telling)
        with os.fdopen(told) as answer:
            seen = int(answer.read() or 0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"[{code}, {seen}]\n")
        sys.stdout.flush()


def _import_everything() -> None:
    """Load now what commands load where they use it, so that not every child does.

    No more than that: computing would start threads, which a fork does not take along.
    """
    sys.modules["hypothesis"] = None  # type: ignore[assignment]  # as `clr` does
    for package in (config, outputs, pipeline, schemas, sftp):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    for name in ("holidays.countries", "rich.console", "rich.text"):
        import_module(name)
    register_polars_backends()
    for layout in LAYOUTS.values():
        layout.to_schema()


def _obey(root: Path, arguments: list[str], as_of: str, fatal: int, telling: int) -> None:
    countdown = Countdown(fatal)
    write = deltalake.write_deltalake

    def watched(*given: Any, **named: Any) -> None:
        countdown.change()
        write(*given, **named)
        countdown.change()

    vars(delta)["write_deltalake"] = watched  # Delta's files are written by native code, which no audit hook hears
    sys.addaudithook(countdown.hear)
    done = clr(root, *arguments, as_of=as_of)
    os.write(telling, str(countdown.seen).encode())
    os._exit(done.code)


if __name__ == "__main__":
    main()
