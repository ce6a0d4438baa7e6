"""Work that is measured or prepared in a process of its own: `python -m bench.work NAME ARGUMENTS` prints its answer as JSON.

`seconds` is what the work took once everything was loaded.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

Answer = dict[str, object]


def make_plan(folder: str, providers: str, rows: str, *formats: str) -> Answer:
    """Extracts and roster of a synthetic plan into a workspace, and every provider's file beside it."""
    from bench.plans import Size, members, referrals, roster, write_files

    size, root = Size(int(providers), int(rows), formats), Path(folder)
    roster(size).write_csv(root / "providers.csv")
    members(size).write_csv(root / "intake" / "members.csv")
    referrals(size).write_csv(root / "intake" / "referrals.csv")
    write_files(size, root / "mailboxes")
    return {"rows": size.all_rows}


WORKS: dict[str, Callable[..., Answer]] = {"make_plan": make_plan}


def main() -> None:
    """Do one work and print its answer."""
    name, *arguments = sys.argv[1:]
    began = time.perf_counter()
    answer = WORKS[name](*arguments)
    print(json.dumps({"seconds": time.perf_counter() - began} | answer))


if __name__ == "__main__":
    main()
