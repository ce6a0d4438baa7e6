"""Running fresh processes and asking the operating system what they took; two works side by side, in turn.

Keep this process small: on Linux a child's peak memory begins with what its parent held when it was started, so that frames are
made by children.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

CLR = (sys.executable, "-m", "pipeline")
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Taken:
    """What one process took: seconds on the wall, of processor (user and system; user alone), peak resident MB; what it printed."""

    wall: float
    cpu: float
    user: float
    peak: float
    code: int
    said: str

    @property
    def answer(self) -> dict[str, object]:
        """What it printed, as the JSON object that it is."""
        answer: dict[str, object] = json.loads(self.said)
        return answer

    @property
    def seconds(self) -> float:
        """Seconds that the work alone took, as `bench.work` tells them: without starting Python and loading modules."""
        return float(str(self.answer["seconds"]))


@dataclass(frozen=True)
class Spread:
    """Several measurements of one thing."""

    values: tuple[float, ...]

    @property
    def middle(self) -> float:
        """Their median."""
        return median(self.values)

    def __str__(self) -> str:
        return f"{self.middle:,.3g} ({min(self.values):,.3g} to {max(self.values):,.3g})"


@dataclass(frozen=True)
class Line:
    """A line of the table: what was measured, of how much, the figures in words, and the goal (blank: none was set)."""

    what: str
    of: str
    figure: str
    goal: str = ""
    reached: bool | None = None


def run(arguments: Sequence[str], codes: tuple[int, ...] = (0,), folder: Path = ROOT) -> Taken:
    """Run a process to its end. Raises RuntimeError, with what it said, when it ends with another code than these."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as talk:
        began = time.perf_counter()
        process = subprocess.Popen([*arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=talk, cwd=folder, env=_as_installed())
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = code = os.waitstatus_to_exitcode(status)
        out.seek(0)
        talk.seek(0)
        if code not in codes:
            raise RuntimeError(f"{' '.join(arguments)} ended with {code}:\n{talk.read()}{out.read()}")
        return Taken(wall, used.ru_utime + used.ru_stime, used.ru_utime, used.ru_maxrss / 1024, code, out.read())


def _as_installed() -> dict[str, str]:
    """The environment, but for what keeps Python from writing byte code: the libraries of both sides come with theirs."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def work(name: str, *arguments: object) -> Taken:
    """Run a function of `bench.work` in a process of its own."""
    return run([sys.executable, "-m", "bench.work", name, *(str(one) for one in arguments)])


def clr(workspace: Path, as_of: str, *arguments: str) -> Taken:
    """Run a command of `clr` in a workspace; 3 is an answer too: something needs a person."""
    return run([*CLR, *arguments, "--workspace", str(workspace), "--as-of", as_of, "--json", "--quiet"], codes=(0, 3))


def in_turn(count: int, *works: Callable[[], Taken]) -> list[tuple[Taken, ...]]:
    """Do the works one after the other, A B A B, so that a machine which is busy for a while is busy for each of them."""
    return [tuple(work() for work in works) for _ in range(count)]


def ratios(pairs: Sequence[tuple[float, float]]) -> Spread:
    """First by second, of each pair."""
    return Spread(tuple(first / second for first, second in pairs))


def same(one: object, other: object, what: str) -> None:
    """Refuse to measure works that do not give the same answer."""
    if one != other:
        raise RuntimeError(f"{what}: should be the same, and are not; no time is told:\n{str(one)[:200]}\n{str(other)[:200]}")


def holds(answer: Mapping[str, object], **expected: object) -> None:
    """Refuse to measure a work whose answer is wrong."""
    wrong = {name: (answer.get(name), value) for name, value in expected.items() if answer.get(name) != value}
    if wrong:
        raise RuntimeError(f"the answer is not what it should be (is, should be): {wrong}; no time is told")
