"""A corpus read once: what the truth says of every file, what the check of the file alone says, and what the judgement on arrival says."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from config.load import load_profile
from config.settings import Notices, Plan, Settings, Sftp
from pipeline.findings import HEADINGS, findings_from
from pipeline.history import fold
from pipeline.judgement import Judgement, judge_submissions
from pipeline.offline import Checked, Offered, check_files
from pipeline.parts import on_sheets
from pipeline.read import ReadFile, ReadLimits, read
from pipeline.recognise import Headings, recognise
from pipeline.submitted import Known, Submitted
from pipeline.synth_corpus import CorpusPlan, make_corpus
from schemas.history import Assignments, Listings, Observations
from schemas.layouts import EXTRACTS, INBOUND, OUTBOUND
from schemas.outreach import OutreachAttempts
from schemas.submissions import Arrivals, Rows, Submissions
from schemas.tables import version_schema

TIME_ZONE = "America/Los_Angeles"
ZONE = ZoneInfo(TIME_ZONE)
AS_OF = datetime(2026, 3, 4, 9, tzinfo=ZONE)
PLAN = "sunrise"
FINDING = ("sheet", "row", "column", "rule", "severity")
Found = Counter[tuple[str, ...]]


@dataclass(frozen=True)
class Corpus:
    """Truth by file, and the bytes as they were read."""

    folder: Path
    profile: str
    truth: Mapping[str, list[dict[str, str]]]
    files: Mapping[str, dict[str, str]]
    read: Mapping[str, ReadFile]

    @property
    def today(self) -> date:
        return date.fromisoformat(json.loads((self.folder / "corpus.json").read_text("utf-8"))["received_on"])

    def told(self, name: str, *, alone: bool) -> Found:
        """The findings that there must be. alone: those that need nothing but the file."""
        rows = [row for row in self.truth.get(name, ()) if not alone or row["needs_plan"] == "N"]
        return Counter(tuple(row[column] for column in FINDING) for row in rows)


def corpus(folder: Path, files: int, profile: str = "dhcs", seed: int = 1, rules: tuple[str, ...] = ()) -> Corpus:
    """Make a corpus and read it."""
    make_corpus(folder, CorpusPlan(files, seed, AS_OF, TIME_ZONE, profile, rules))
    truth: dict[str, list[dict[str, str]]] = {}
    for row in table(folder / "truth.csv"):
        truth.setdefault(row["file"], []).append(row)
    named = {row["file"]: row for row in table(folder / "files.csv")}
    return Corpus(folder, profile, truth, named, {name: _read(folder / "returns" / name) for name in named})


def table(path: Path) -> list[dict[str, str]]:
    """A CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counted(findings: pl.DataFrame) -> Found:
    """Findings as the truth writes them."""
    texts = findings.select(pl.col(name).cast(pl.String).fill_null("") for name in FINDING)
    return Counter(texts.rows())


def checked_alone(made: Corpus) -> dict[str, Checked]:
    """Every file checked as `clr validate` checks it."""
    names = list(made.files)
    checked = check_files([Offered(made.read[name], None, Path(name).name) for name in names], load_profile(made.profile), made.today)
    return dict(zip(names, checked, strict=True))


@dataclass(frozen=True)
class Arrived:
    """Every file judged as `clr ingest` judges it, all as arrivals of one day at a plan that knows the extracts."""

    judgement: Judgement
    findings: Mapping[str, pl.DataFrame]
    verdicts: Mapping[str, dict[str, Any]]
    outcomes: Mapping[str, list[tuple[int, str]]]


def judged_on_arrival(made: Corpus) -> Arrived:
    """Judge all files at once; a submission is called by its file."""
    chosen = Settings(
        plan=Plan(id=PLAN, name="Sunrise"),
        sftp=Sftp(url="file:///nowhere"),
        notices=Notices(),
        profile=load_profile(made.profile),
        profile_name=made.profile,
    )
    submitted = [_submitted(made, name, chosen) for name in made.files]
    judgement = judge_submissions(_known(made, chosen), submitted, hold=True)
    headings = [row for one in submitted for part in one.parts if part.table for row in part.table.headings_of(part.submission_id)]
    sheets = {part.submission_id: part.table.sheet for one in submitted if len(one.parts) > 1 for part in one.parts if part.table}
    found = on_sheets(findings_from(judgement.failures, pl.DataFrame(headings, schema=HEADINGS, orient="row")), sheets)
    outcomes: dict[str, list[tuple[int, str]]] = {}
    for name, row, outcome in judgement.rows.select("submission_id", "row", "outcome").iter_rows():
        outcomes.setdefault(name, []).append((row, outcome))
    return Arrived(
        judgement,
        {str(name): part for (name,), part in found.group_by("submission_id", maintain_order=True)},
        {row["submission_id"]: row for row in judgement.submissions.iter_rows(named=True)},
        {name: sorted(rows) for name, rows in outcomes.items()},
    )


def _read(path: Path) -> ReadFile:
    return read(path.read_bytes(), path.name, ReadLimits())


def _submitted(made: Corpus, name: str, chosen: Settings) -> Submitted:
    file = made.read[name]
    received_at = datetime.combine(made.today, time(9), ZONE).astimezone(UTC)
    arrival = dict.fromkeys(Arrivals.polars_schema().names())
    arrival |= {"submission_id": name, "plan": PLAN, "provider_id": made.files[name]["provider_id"], "file_name": Path(name).name}
    headings = HEADINGS_OF.setdefault(made.profile, Headings((*INBOUND, *OUTBOUND), chosen.profile.layouts))
    found = recognise(file.sheets, headings) if file.sheets else None
    told = tuple((defect.rule, defect.detail) for defect in file.defects)
    return Submitted(arrival | {"sha256": name, "received_at": received_at}, found, told)


HEADINGS_OF: dict[str, Headings] = {}


def _known(made: Corpus, chosen: Settings) -> Known:
    """What a plan knows that took in the extracts, and sent its lists on the first of the period."""
    sent_on = date.fromisoformat(json.loads((made.folder / "corpus.json").read_text("utf-8"))["lists_sent_on"])
    sent_at = datetime.combine(sent_on, time(9), ZONE).astimezone(UTC)
    told = [
        {name: row[name] for name in ("referral_id", "program", "service", "cin", "provider_id")}
        | {"plan": PLAN, "loop": 1, "assigned_at": sent_at - timedelta(days=1), "known_at": sent_at - timedelta(days=1)}
        for row in table(made.folder / "intake/referrals.csv")
    ]
    assignments = pl.DataFrame(told, schema=Assignments.polars_schema())
    listings = assignments.select(
        "plan", "provider_id", "program", "referral_id", "loop", "cin",
        file_name=pl.lit("list"), kind=pl.when(pl.col("program") == "ECM").then(pl.lit("mif")).otherwise(pl.lit("asf")),
        supplemental=pl.lit(value=False), produced_at=pl.lit(sent_at, dtype=pl.Datetime("us", "UTC")),
    ).select(Listings.polars_schema().names())  # fmt: skip
    folded = fold(assignments, listings, Observations.no_rows(), chosen.profile.closing, TIME_ZONE)
    return Known(
        settings=chosen,
        providers=_extract(made, "providers", "providers.csv"),
        members=_extract(made, "members", "intake/members.csv").with_columns(plan=pl.lit(PLAN)),
        loops=folded.loops.with_columns(sent_at=pl.lit(sent_at, dtype=pl.Datetime("us", "UTC"))),
        told=lambda loops: Observations.no_rows(),
        attempts=lambda loops: OutreachAttempts.no_rows(),
        listings=listings,
        submissions=Submissions.no_rows(),
        rows=Rows.no_rows(),
    )


def _extract(made: Corpus, kind: str, name: str) -> pl.DataFrame:
    schema = version_schema(EXTRACTS[kind])
    texts = pl.DataFrame(table(made.folder / name)).select(pl.all().replace("", None))
    return texts.select(name for name in texts.columns if schema.get(name) == pl.String)
