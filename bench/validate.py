"""P1 and P3: a Return Transmission File held against every rule, beside bare reading; and what it needs of memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.measure import Line, Spread, holds, in_turn, ratios, same, work
from bench.plans import REJECTED_OF_50, WARNED_OF_50

PAIRS = 5


def validate(rows: int = 200_000) -> list[Line]:
    """Seconds of the work alone, loading of modules left out on both sides; peaks of the whole processes."""
    with tempfile.TemporaryDirectory(prefix="clr-bench-") as name:
        path = Path(name) / "rtf.csv"
        work("make_file", path, rows)
        pairs = in_turn(PAIRS, lambda: work("validate", path), lambda: work("read_csv", path))
    for judged, read in pairs:
        same(judged.answer["rows"], read.answer["rows"], "rows")
        rejected = REJECTED_OF_50 * rows // 50
        holds(judged.answer, rows=rows, rejected=rejected, R142=rejected // 2, R122=rejected // 2, R116=WARNED_OF_50 * rows // 50)
    ratio = ratios([(judged.seconds, read.seconds) for judged, read in pairs])
    peak = Spread(tuple(judged.peak for judged, _ in pairs))
    seconds = [Spread(tuple(pair[side].seconds for pair in pairs)) for side in (0, 1)]
    of = f"{rows:,} rows of 41 columns"
    return [
        Line("P1 validate / read_csv", of, f"{ratio} (seconds {seconds[0]} / {seconds[1]})", "2.0", ratio.middle <= 2.0),
        Line("P3 peak of P1, MB", of, str(peak), "900", peak.middle <= 900),
    ]
