"""`python -m bench [NAME…] [--full]`: measure everything, or what is named, and print one table; with --full at the goals' own size."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

from bench.collect import collect
from bench.emit import emit
from bench.history import history
from bench.ingest import ingest
from bench.measure import Line
from bench.night import night
from bench.start import start
from bench.validate import validate

PACKAGES = ("polars", "pandera", "paramiko", "deltalake", "xlsxwriter")
BENCHES: dict[str, Callable[[], list[Line]]] = {
    "night": night,
    "p1": validate,
    "p4": ingest,
    "p5": collect,
    "p6": history,
    "p7": emit,
    "p9": start,
}
FULL: dict[str, Callable[[], list[Line]]] = BENCHES | {
    "p1": partial(validate, 1_000_000),
    "p3": partial(validate, 4_000_000),
    "p4": partial(ingest, 1_000),
    "p7": partial(emit, 4_000),
    "night": partial(night, 6_000),
}


def main(arguments: Sequence[str]) -> int:
    """Measure and print. Returns 2 for a name that is none."""
    benches = FULL if "--full" in arguments else BENCHES
    names = [name for name in arguments if name != "--full"]
    unknown = [name for name in names if name not in benches]
    if unknown:
        print(f"{unknown[0]}: can be {', '.join(benches)}", file=sys.stderr)
        return 2
    print(f"{datetime.now(UTC):%Y-%m-%d}; {_machine()}", flush=True)
    print("| what | of how much | median (least to most) | goal | reached |", "|---|---|---|---|---|", sep="\n")
    for name in names or benches:
        for line in benches[name]():
            reached = {None: "", True: "yes", False: "no"}[line.reached]
            print(f"| {line.what} | {line.of} | {line.figure} | {line.goal} | {reached} |", flush=True)
    return 0


def _machine() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, load {load:.1f} at the beginning; Python {platform.python_version()}, {packages}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
