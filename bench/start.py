"""P9: commands that answer at once, beside loading the libraries that they cannot do without."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from bench.measure import CLR, Line, Spread, Taken, clr, holds, in_turn, ratios, run, work
from bench.plans import NIGHT, Size
from bench.workspaces import plan_of

CHECKER = "clr validate / import polars, pandera.polars"
PAIRS = 9
SECONDS_MORE = 0.6
WITHOUT_HYPOTHESIS = "import sys; sys.modules['hypothesis'] = None; from pipeline.cli import main; main()"


def start() -> list[Line]:
    """Wall time of whole processes, except for the checker: there the processor's time in user mode.

    hypothesis is there for development only, and pandera loads it where it finds it: the checker is run where it is and as if it were not,
    since either may be the slower one.
    """
    if find_spec("hypothesis") is None:
        raise RuntimeError("hypothesis is not installed, and both environments are to be measured: make dev")
    polars = [sys.executable, "-c", "import polars"]
    pandera = [sys.executable, "-c", "import polars, pandera.polars"]
    with plan_of(Size(20, 50)) as workspace, tempfile.TemporaryDirectory(prefix="clr-bench-") as name:
        path = Path(name) / "rtf.csv"
        work("make_file", path, 1)
        shown = clr(workspace, NIGHT, "referral", "show", "R0")
        holds({"told": "R0" in shown.said}, told=True)
        return [
            _line("P9 clr --help / import polars", "wall", [*CLR, "--help"], polars, 1.5, lambda taken: taken.wall),
            _line(
                "P9 clr referral show / import polars",
                "wall, 1,000 referrals",
                [*CLR, "referral", "show", "R0", "--workspace", str(workspace)],
                polars,
                3.0,
                lambda taken: taken.wall,
            ),
            _more(f"{CHECKER}, hypothesis installed", [*CLR, "validate", str(path)], pandera),
            _more(f"{CHECKER}, without hypothesis", [sys.executable, "-c", WITHOUT_HYPOTHESIS, "validate", str(path)], pandera),
        ]


def _more(what: str, ours: list[str], bare: list[str]) -> Line:
    run(ours), run(bare)
    pairs = [(one.user, other.user) for one, other in in_turn(PAIRS, lambda: run(ours), lambda: run(bare))]
    more = Spread(tuple(one - other for one, other in pairs))
    return Line(what, "processor in user mode, one row", f"ratio {ratios(pairs)}; {more} s more", "0.6 s more", more.middle <= SECONDS_MORE)


def _line(what: str, of: str, ours: list[str], bare: list[str], goal: float | None, side: Callable[[Taken], float]) -> Line:
    run(ours), run(bare)  # byte code is written, files are in memory
    ratio = ratios([(side(one), side(other)) for one, other in in_turn(PAIRS, lambda: run(ours), lambda: run(bare))])
    return Line(what, of, str(ratio), f"{goal:g}" if goal else "", ratio.middle <= goal if goal else None)
