"""Whatever is planted is found by the offline check at its row and column, and nothing else is."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from config.load import load_profile
from pipeline.offline import Checked, check_file
from pipeline.read import ReadLimits, read
from schemas.rules import RULES
from tests.synth.plans import AS_OF, ZONE, Row, counted, invent, table

FAULT = ("sheet", "row", "column", "rule", "severity")
HELD = "F019"


def checked(folder: Path, file: Row, profile: str, as_of: datetime) -> Checked:
    path = folder / "returns" / file["mailbox"] / file["file_name"]
    return check_file(read(path.read_bytes(), path.name, ReadLimits()), None, load_profile(profile), as_of.astimezone(ZONE).date())


def found_and_planted(folder: Path, profile: str, as_of: datetime = AS_OF) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    """What the check says, and what the truth says, of the files: kind and rows; then findings that need no plan.

    Left out is what rests on how many rows are rejected: the plan rejects more.
    """
    found: Counter[tuple[str, ...]] = Counter()
    files = [file for file in table(folder, "files.csv") if file["status"] != "DUPLICATE"]
    for file in files:
        name, result = file["file_name"], checked(folder, file, profile, as_of)
        found[name, result.kind or "", str(result.rows["read"]), str(result.rows["duplicate"])] += 1
        for said in result.findings.filter(pl.col("rule") != HELD).select(FAULT).iter_rows():
            found[name, *(str(value or "") for value in said)] += 1
    faults = [
        fault for fault in table(folder, "truth.csv") if fault["mailbox"] and not RULES[fault["rule"]].needs_plan and fault["rule"] != HELD
    ]
    told = counted(files, "file_name", "kind", "rows", "duplicate")
    return found, told + counted(faults, "file_name", *FAULT)


@pytest.mark.parametrize("profile", ["iehp", "chpiv", "merged"])
def test_every_planted_fault_is_found_where_it_is_and_nothing_else(tmp_path: Path, profile: str) -> None:
    invent(tmp_path, profile=profile)
    found, told = found_and_planted(tmp_path, profile)
    assert found == told
    assert len({fault[-2] for fault in told if len(fault) == 6}) > 40


@given(
    providers=st.integers(1, 3),
    referrals=st.integers(0, 30),
    seed=st.integers(0, 10**9),
    defects=st.sampled_from((0.0, 0.1, 0.5, 1.0)),
    profile=st.sampled_from(("iehp", "chpiv", "merged")),
    day=st.dates(date(2025, 8, 1), date(2027, 12, 31)),
)
@settings(max_examples=6, deadline=None, phases=(Phase.explicit, Phase.generate))  # shrinking would take minutes and teach little
def test_truth_and_findings_agree_in_every_plan(providers: int, referrals: int, seed: int, defects: float, profile: str, day: date) -> None:
    moment = datetime.combine(day, time(9), ZONE)
    with TemporaryDirectory() as name:
        folder = Path(name)
        invent(folder, providers=providers, referrals=referrals, seed=seed, defects=defects, profile=profile, as_of=moment)
        found, told = found_and_planted(folder, profile, moment)
    assert found == told
