"""Synthetic plans for tests, and the tables of truth beside them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.synth import SynthPlan, synthesize

TIME_ZONE = "America/Los_Angeles"
ZONE = ZoneInfo(TIME_ZONE)
AS_OF = datetime(2026, 3, 4, 9, tzinfo=ZONE)

Row = Mapping[str, str]


def invent(
    folder: Path,
    *,
    providers: int = 14,
    referrals: int = 320,
    seed: int = 1,
    defects: float = 0.3,
    profile: str = "iehp",
    as_of: datetime = AS_OF,
) -> Mapping[str, int]:
    """Write a plan; unless said otherwise with enough providers for every kind of misbehavior."""
    return synthesize(folder, SynthPlan(providers, referrals, seed, defects, as_of, TIME_ZONE, profile))


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """One of the plan's CSV files."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counted(rows: Iterable[Row], *columns: str) -> Counter[tuple[str, ...]]:
    """How often each combination of values occurs."""
    return Counter(tuple(row[column] for column in columns) for row in rows)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
