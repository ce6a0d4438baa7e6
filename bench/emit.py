"""P7: workbooks for every provider with the sheet that answers them, beside XlsxWriter writing the same cells and drop-downs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.measure import Line, Spread, holds, ratios, same, work
from bench.plans import LISTS, Size
from bench.workspaces import copy_of, plan_of

PAIRS = 5


def emit(providers: int = 60, rows: int = 250) -> list[Line]:
    """Half of the providers get a MIF. Our side chooses the loops, fills the cells and commits; XlsxWriter is handed the cells."""
    size = Size(providers, rows, ("xlsx",), faulty=False)
    pairs = []
    with plan_of(size, emitted=False) as workspace:
        for _ in range(PAIRS):
            with copy_of(workspace) as used_up, tempfile.TemporaryDirectory(prefix="clr-bench-") as name:
                made = work("emit", used_up, LISTS, "mif")
                again = work("write_again", used_up / "outbox", Path(name) / "again")
                holds(made.answer, files=providers // 2, rows=size.all_rows // 2)
                holds(again.answer, same=True)
                same(made.answer["files"], again.answer["files"], "workbooks")
            pairs.append((made, again))
    ratio = ratios([(made.seconds, again.seconds) for made, again in pairs])
    seconds = [Spread(tuple(pair[side].seconds for pair in pairs)) for side in (0, 1)]
    of = f"{providers // 2} workbooks of {rows} rows"
    return [Line("P7 emit / XlsxWriter", of, f"{ratio} (seconds {seconds[0]} / {seconds[1]})", "0.3", ratio.middle <= 0.3)]
