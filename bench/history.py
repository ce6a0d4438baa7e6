"""P6: the nightly ingest when the history is ten times longer."""

from __future__ import annotations

from bench.measure import Line, Spread, clr, holds, ratios, work
from bench.plans import NIGHT, Size
from bench.workspaces import copy_of, plan_of

PAIRS = 5
TIMES = 10


def history(providers: int = 40, rows: int = 100, months: int = 5) -> list[Line]:
    """The same files into two stores, one with ten times as many earlier months as the other."""
    size = Size(providers, rows, ("csv",), faulty=False)
    with plan_of(size) as workspace:
        clr(workspace, NIGHT, "collect")
        with copy_of(workspace) as told:
            clr(told, NIGHT, "ingest")
            pairs, events = [], []
            with copy_of(workspace) as short, copy_of(workspace) as long:
                for store, times in ((short, months), (long, months * TIMES)):
                    events.append(work("grow", store, told, times).answer["events"])
                for _ in range(PAIRS):
                    taken = []
                    for store in (long, short):
                        with copy_of(store) as used_up:
                            taken.append(work("ingest", used_up, NIGHT))
                            holds(taken[-1].answer, files=providers, accepted=providers, rows_accepted=size.all_rows)
                    pairs.append(taken)
    ratio = ratios([(long.seconds, short.seconds) for long, short in pairs])
    peak = Spread(tuple(long.peak for long, _ in pairs))
    of = f"{size.all_rows:,} new rows, {events[1]:,} events after {events[0]:,}"
    return [Line("P6 growth of ingest, history times 10", of, f"{ratio} (peak {peak} MB)", "1.6", ratio.middle <= 1.6)]
