"""A synthetic month through the pipeline's own jobs: what the store then holds is the truth that was planted."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.collect import collect
from pipeline.emit import emit
from pipeline.ingest import ingest
from pipeline.intake import intake
from pipeline.lateness import ExchangeRecord, lateness
from pipeline.run import Context
from pipeline.workspace import open_workspace
from tests.synth.plans import AS_OF, ZONE, counted, invent, table

EXTRACTED = datetime(2026, 2, 1, 8, tzinfo=ZONE)
LATE = datetime(2026, 3, 9, 9, tzinfo=ZONE)
REPORTED = datetime(2026, 3, 10, 9, tzinfo=ZONE)
SETTINGS = """\
profile = "{profile}"
[plan]
id = "sunrise"
name = "Sunrise Health Plan"
[sftp]
url = "file://{root}/mailboxes"
attempts = 1
[collection]
settle_seconds = 0
"""


@dataclass(frozen=True)
class Month:
    """A workspace made of a synthetic plan, in whose folder it lies."""

    root: Path
    profile: str

    def context(self, as_of: datetime) -> Context:
        return Context(open_workspace(self.root), as_of.astimezone(UTC), {})

    def begin(self, sent_at: datetime) -> None:
        """Take in the extracts, and send MIF and ASF."""
        (self.root / "clr.toml").write_text(SETTINGS.format(profile=self.profile, root=self.root), "utf-8")
        (self.root / "mailboxes").mkdir()
        intake(self.context(EXTRACTED))
        for kind in ("mif", "asf"):
            emit(self.context(sent_at), kind)

    def receive(self, arrives: str, as_of: datetime) -> None:
        """Let the files that arrive then lie in the mailboxes, and take them in."""
        for file in table(self.root, "arrivals.csv"):
            if file["arrives"] == arrives:
                drop_folder = self.root / "mailboxes" / file["mailbox"] / "to_plan"
                drop_folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.root / "returns" / file["mailbox"] / file["file_name"], drop_folder)
        collect(self.context(as_of), sleep=lambda _seconds: None)
        ingest(self.context(as_of))


@pytest.fixture(scope="module", params=[("iehp", 1), ("chpiv", 15), ("merged", 1)], ids=lambda of: f"{of[0]}, sent on the {of[1]}")
def month(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Month:
    profile, day = request.param
    passed = Month(tmp_path_factory.mktemp(profile), profile)
    invent(passed.root, profile=profile, seed=day, referrals=240)
    passed.begin(datetime(2026, 2, day, 10, tzinfo=ZONE))
    passed.receive("on_time", AS_OF)
    passed.receive("late", LATE)
    return passed


def test_store_holds_the_planted_faults_and_no_others(month: Month) -> None:
    snapshot = month.context(REPORTED).snapshot()
    files = {row["submission_id"]: (row["provider_id"], row["file_name"]) for row in snapshot.current("submissions").iter_rows(named=True)}
    found: Counter[tuple[str, ...]] = Counter()
    for fault in snapshot.read("findings").iter_rows(named=True):
        provider_id, file_name = files.get(fault["submission_id"], ("", ""))
        found[provider_id, file_name, *(str(fault[name] or "") for name in ("sheet", "row", "column", "rule", "severity"))] += 1
    told = [fault if fault["provider_id"] else fault | {"file_name": ""} for fault in table(month.root, "truth.csv")]
    assert found == counted(told, "provider_id", "file_name", "sheet", "row", "column", "rule", "severity")


def test_every_file_is_judged_as_told_and_its_rows_are_accounted_for(month: Month) -> None:
    judged = month.context(REPORTED).snapshot().current("submissions").rename({"rows_read": "rows"})
    columns = ("provider_id", "file_name", "kind", "status", "rows", "rejected", "duplicate", "unchanged")
    rows = judged.rename({f"rows_{name}": name for name in columns[5:]}).select(columns)
    assert Counter(tuple("" if value is None else str(value) for value in row) for row in rows.iter_rows()) == counted(
        table(month.root, "files.csv"), *columns
    )


def test_attempts_are_known_from_trackers_or_from_return_files(month: Month) -> None:
    snapshot = month.context(REPORTED).snapshot()
    kinds = snapshot.current("submissions").select("submission_id", "kind", "rows_read")
    attempts = snapshot.read("outreach_attempts").join(kinds, on="submission_id").filter(pl.col("kind") != "rtf-cs")
    assert attempts.height > 10
    own_sheet = snapshot.current("submissions").filter(pl.col("kind") == "otf").is_empty()
    assert set(attempts["kind"]) == ({"rtf-ecm"} if own_sheet else {"rtf-ecm", "otf"})
    assert own_sheet == (month.profile == "merged")


def test_every_provider_stands_as_expected(month: Month) -> None:
    context = month.context(REPORTED)
    snapshot, workspace = context.snapshot(), context.workspace
    record = ExchangeRecord(
        workspace.roster,
        snapshot.current("members"),
        snapshot.read("listings"),
        snapshot.read("loops"),
        snapshot.current("submissions"),
        snapshot.read("rows"),
        workspace.outages,
    )
    judged, _ = lateness(record, "2026-02", workspace.settings, context.as_of)
    columns = ("provider_id", "program", "class", "members_expected", "members_missing")
    told = [tuple(map(str, row)) for row in judged.rename({"class_": "class"}).select(columns).iter_rows()]
    assert Counter(told) == counted(table(month.root, "expected.csv"), *columns)
