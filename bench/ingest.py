"""P4: many small files judged, merged and answered, beside reading them alone."""

from __future__ import annotations

from bench.measure import Line, Spread, clr, holds, ratios, same, work
from bench.plans import NIGHT, Size
from bench.workspaces import copy_of, plan_of

PAIRS = 5


def ingest(providers: int = 120, rows: int = 250) -> list[Line]:
    """Files without a fault, so that the answer is a receipt. Seconds of the work alone, loading of modules left out on both sides."""
    size = Size(providers, rows, ("csv",), faulty=False)
    pairs = []
    with plan_of(size) as workspace:
        clr(workspace, NIGHT, "collect")
        for _ in range(PAIRS):
            with copy_of(workspace) as used_up:
                judged = work("ingest", used_up, NIGHT)
            read = work("read_folder", workspace / "mailboxes")
            holds(judged.answer, files=providers, accepted=providers, rows_accepted=size.all_rows)
            same(judged.answer["rows_read"], read.answer["rows"], "rows")
            pairs.append((judged, read))
    ratio = ratios([(judged.seconds, read.seconds) for judged, read in pairs])
    seconds = [Spread(tuple(pair[side].seconds for pair in pairs)) for side in (0, 1)]
    of = f"{providers:,} CSV files of {rows} rows"
    return [Line("P4 ingest / reading alone", of, f"{ratio} (seconds {seconds[0]} / {seconds[1]})", "8", ratio.middle <= 8)]
