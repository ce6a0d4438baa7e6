"""A corpus read once: what the truth says of every file, what the check of the file alone says, and what the judgement on arrival says."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from pipeline.submitted import AUTHORIZATIONS, Known, Submitted
from pipeline.synth_corpus import LATER, CorpusPlan, make_corpus
from schemas.history import LOOP, Assignments, Listings, Observations
from schemas.layouts import EXTRACTS, INBOUND, OUTBOUND
from schemas.outreach import OutreachAttempts
from schemas.submissions import Arrivals, Rows, Submissions
from schemas.tables import version_schema

TIME_ZONE = "America/Los_Angeles"
ZONE = ZoneInfo(TIME_ZONE)
AS_OF = datetime(2026, 3, 4, 9, tzinfo=ZONE)
PLAN = "synthetic"
FINDING = ("sheet", "row", "column", "rule", "severity")
Found = Counter[tuple[str, ...]]


@dataclass(frozen=True)
class Corpus:
    """Truth by file, and the bytes as they were read."""

    folder: Path
    profile: str
    truth: Mapping[str, list[dict[str, str]]]
    files: Mapping[str, dict[str, str]]
    read: dict[str, ReadFile]

    @property
    def about(self) -> dict[str, str]:
        about: dict[str, str] = json.loads((self.folder / "corpus.json").read_text("utf-8"))
        return about

    @property
    def today(self) -> date:
        return date.fromisoformat(self.about["received_on"])

    @property
    def profiles(self) -> list[str]:
        return sorted({file["profile"] for file in self.files.values()})

    def path(self, name: str) -> Path:
        """Where a file of the corpus lies."""
        return self.folder / ("" if self.files[name]["kind"] in EXTRACTS else "returns") / name

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
    made = Corpus(folder, profile, truth, named, {})
    made.read.update({name: _read(made.path(name)) for name in named})
    return made


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
    checked: dict[str, Checked] = {}
    for profile in made.profiles:
        names = [name for name, file in made.files.items() if file["profile"] == profile]
        offered = [Offered(made.read[name], None, Path(name).name) for name in names]
        checked |= dict(zip(names, check_files(offered, load_profile(profile, made.folder), made.today), strict=True))
    return checked


@dataclass
class Arrived:
    """Every file judged as `clr ingest` judges it, all as arrivals of one day at plans that know the extracts: one for each profile."""

    findings: dict[str, pl.DataFrame] = field(default_factory=dict)
    verdicts: dict[str, dict[str, Any]] = field(default_factory=dict)
    outcomes: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


def judged_on_arrival(made: Corpus) -> Arrived:
    """Judge all files at once, and then those that come after others. What is the same file once more is known before it is judged."""
    arrived = Arrived()
    called = {file["after"]: file["names"] for file in made.files.values() if file["names"]}
    for profile in made.profiles:
        chosen = Settings(
            plan=Plan(id=PLAN, name="Synthetic"),
            sftp=Sftp(url="file:///nowhere"),
            notices=Notices(),
            profile=load_profile(profile, made.folder),
            profile_name=profile,
        )
        theirs = [name for name, file in made.files.items() if file["profile"] == profile and file["kind"] not in EXTRACTS]
        first = [name for name in theirs if not made.files[name]["after"]]
        then = [name for name in theirs if made.files[name]["after"] and made.files[name]["status"] != "DUPLICATE"]
        before: Judgement | None = None
        for names in (first, then):
            if names:
                known = _known(made, chosen, before, {made.files[name]["provider_id"] for name in names})
                submitted = {called.get(name, name): _submitted(made, name, called.get(name, name), chosen) for name in names}
                before = judge_submissions(known, list(submitted.values()), hold=True)
                _add(arrived, before, dict(zip(submitted, names, strict=True)), list(submitted.values()))
    return arrived


def _add(arrived: Arrived, judgement: Judgement, names: Mapping[str, str], submitted: Sequence[Submitted]) -> None:
    headings = [row for one in submitted for part in one.parts if part.table for row in part.table.headings_of(part.submission_id)]
    sheets = {part.submission_id: part.table.sheet for one in submitted if len(one.parts) > 1 for part in one.parts if part.table}
    found = on_sheets(findings_from(judgement.failures, pl.DataFrame(headings, schema=HEADINGS, orient="row")), sheets)
    arrived.findings |= {names[str(name)]: part for (name,), part in found.group_by("submission_id", maintain_order=True)}
    arrived.verdicts |= {names[row["submission_id"]]: row for row in judgement.submissions.iter_rows(named=True)}
    every = pl.concat([judgement.rows, judgement.waiting])
    for (name,), part in every.group_by("submission_id"):
        arrived.outcomes[names[str(name)]] = sorted(part.select("row", "outcome").rows())


def _read(path: Path) -> ReadFile:
    return read(path.read_bytes(), path.name, ReadLimits())


def _submitted(made: Corpus, name: str, submission_id: str, chosen: Settings) -> Submitted:
    file = made.read[name]
    received_at = datetime.combine(made.today, time(9), ZONE).astimezone(UTC)
    arrival = dict.fromkeys(Arrivals.polars_schema().names())
    arrival |= {"submission_id": submission_id, "plan": PLAN, "provider_id": made.files[name]["provider_id"]}
    arrival |= {"file_name": Path(name).name, "sha256": name, "received_at": received_at}
    headings = HEADINGS_OF.setdefault((made.folder, chosen.profile_name), Headings((*INBOUND, *OUTBOUND), chosen.profile.layouts))
    found = recognise(file.sheets, headings) if file.sheets else None
    return Submitted(arrival, found, tuple((defect.rule, defect.detail) for defect in file.defects))


HEADINGS_OF: dict[tuple[Path, str], Headings] = {}


def _known(made: Corpus, chosen: Settings, before: Judgement | None, providers: set[str]) -> Known:
    """What a plan knows that took in the extracts, sent its lists on the first of the period, and denied what it denied later."""
    sent_at = datetime.combine(date.fromisoformat(made.about["lists_sent_on"]), time(9), ZONE).astimezone(UTC)
    referrals = [row for row in table(made.folder / "intake/referrals.csv") if before is None or row["provider_id"] in providers]
    told = [
        {name: row[name] for name in ("referral_id", "program", "service", "cin", "provider_id")}
        | {"plan": PLAN, "loop": 1, "assigned_at": sent_at - timedelta(days=1), "known_at": sent_at - timedelta(days=1)}
        for row in referrals
    ]
    assignments = pl.DataFrame(told, schema=Assignments.polars_schema())
    listings = assignments.select(
        "plan", "provider_id", "program", "referral_id", "loop", "cin",
        file_name=pl.lit("list"), kind=pl.when(pl.col("program") == "ECM").then(pl.lit("mif")).otherwise(pl.lit("asf")),
        supplemental=pl.lit(value=False), produced_at=pl.lit(sent_at, dtype=pl.Datetime("us", "UTC")),
    ).select(Listings.polars_schema().names())  # fmt: skip
    observations = pl.concat([_denials(made, assignments), *([before.observations] if before else [])])
    folded = fold(assignments, listings, observations, chosen.profile.closing, TIME_ZONE)
    numbers = [{"plan": PLAN, "referral_id": row["referral_id"], "authorization_number": row["authorization_number"]} for row in referrals]
    return Known(
        settings=chosen,
        providers=_extract(made, "providers", "providers.csv"),
        members=_extract(made, "members", "intake/members.csv").with_columns(plan=pl.lit(PLAN)),
        loops=folded.loops.with_columns(sent_at=pl.lit(sent_at, dtype=pl.Datetime("us", "UTC"))),
        told=lambda loops: observations.join(loops.unique(), on=LOOP, how="semi"),
        attempts=lambda loops: OutreachAttempts.no_rows(),
        listings=listings,
        submissions=before.submissions if before else Submissions.no_rows(),
        rows=before.rows if before else Rows.no_rows(),
        authorizations=lambda: pl.DataFrame(numbers, schema=AUTHORIZATIONS),
    )


def _denials(made: Corpus, assignments: pl.DataFrame) -> pl.DataFrame:
    """What the plan denied after it was sent."""
    path = made.folder / LATER
    denied = {row["referral_id"]: datetime.fromisoformat(row["decision_at"]) for row in table(path)} if path.exists() else {}
    closed = [
        loop | {"provider_id": None, "status": "Referral Loop Closed", "status_date": at.date(), "received_at": at.astimezone(UTC)}
        for loop in assignments.iter_rows(named=True)
        if (at := denied.get(loop["referral_id"]))
    ]
    source = {"observation_id": "O", "source": "plan", "closure_reason": "Authorization Denied", "submission_id": "plan"}
    columns = Observations.polars_schema()
    return pl.DataFrame([{name: (one | source).get(name) for name in columns} for one in closed], schema=columns)


def _extract(made: Corpus, kind: str, name: str) -> pl.DataFrame:
    schema = version_schema(EXTRACTS[kind])
    texts = pl.DataFrame(table(made.folder / name)).select(pl.all().replace("", None))
    return texts.select(name for name in texts.columns if schema.get(name) == pl.String)
