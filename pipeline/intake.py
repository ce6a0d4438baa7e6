"""Intake: the plan's own extracts become versions in the store, and what they place or deny becomes loops and closures.

Reads `intake/` (or named files) and the roster. What an extract may say is declared in `schemas`; what is new in it, `extracts` decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import polars as pl

from pipeline.archive import keep
from pipeline.encounters import services_received
from pipeline.extracts import denials, moments, new_assignments, new_versions
from pipeline.findings import HEADINGS, errors_in, file_failures, findings_from, no_failures, row_failures
from pipeline.own_table import NO_LIMITS
from pipeline.read import ReadFile, Sheet, read
from pipeline.recognise import Headings, Recognised, recognise
from pipeline.run import Context, Job, lock, start
from pipeline.store import Snapshot
from pipeline.validate import judge_for, judge_rows, read_values, repeated_keys
from pipeline.working_history import WorkingHistory
from schemas.findings import Findings
from schemas.layouts import EXTRACTS

ORDER = ("providers", "members", "referrals", "encounters")  # a referral names a member and a provider
OPENED_AND_CLOSED = ("loops_opened", "loops_denied", "services_by_encounter")
READABLE = (".csv", ".txt", ".tsv", ".parquet", ".xlsx")


@dataclass(frozen=True)
class Extract:
    """One file of the plan's own systems, recognized or not."""

    path: Path | None
    submission_id: str
    table: Recognised
    failures: pl.DataFrame


@dataclass(frozen=True)
class Intake:
    """What an intake did. findings: on the plan's own extracts. counts: new versions by kind, loops opened, loops denied, rows rejected."""

    counts: dict[str, int]
    findings: pl.DataFrame
    attention: bool


def intake(context: Context, files: Sequence[Path] = ()) -> Intake:
    """Take extracts into the store; those that lie in `intake/` when none is named. Taken files go to `archive/intake/`.

    A file that cannot be read, or a row that breaks a rule, is left out and told; the rest counts.
    """
    folder = context.workspace.folder("intake")
    found = list(files) or sorted(path for path in folder.glob("*") if path.suffix.lower() in READABLE and path.is_file())
    with lock(context):
        if not found and _is_known(context):
            return Intake(dict.fromkeys((*ORDER, *OPENED_AND_CLOSED, "rows_rejected", "files"), 0), Findings.no_rows(), attention=False)
        job = start(context, "intake")
        extracts = [_roster(context), *(_read_extract(path) for path in found)]
        done = _take(job, extracts)
        for extract in extracts:
            if extract.path is not None:
                keep(context.workspace.folder("archive"), extract.path.read_bytes())
        if any(done.counts.values()):
            job.commit(done.counts, attention=done.attention)
        _put_away(context, [extract for extract in extracts if extract.path is not None and folder in extract.path.parents])
        return done


def _is_known(context: Context) -> bool:
    """Whether the roster stands as it was taken in, and no encounter speaks of a loop that was sent since: most nights bring nothing."""
    snapshot, roster = context.snapshot(), context.workspace.roster
    elements = list(EXTRACTS["providers"].elements())
    if roster.join(snapshot.current("providers"), on=elements, how="anti", nulls_equal=True).height:
        return False
    encounters = snapshot.current("encounters")
    return encounters.is_empty() or services_received(encounters, roster, snapshot.read("loops"), _told_by_plan(snapshot)).is_empty()


def _told_by_plan(snapshot: Snapshot) -> pl.DataFrame:
    """Observations that came from no provider."""
    return snapshot.scan("observations").filter(pl.col("source") != "rtf").drop("run_id").collect()


def _take(job: Job, extracts: Sequence[Extract]) -> Intake:
    before = job.before
    failures = [extract.failures for extract in extracts]
    versions: dict[str, pl.DataFrame] = {}
    rejected = 0
    for kind in ORDER:
        of_kind = [extract for extract in extracts if extract.table.kind == kind and not _unreadable(extract)]
        rows, broken = _accepted(kind, of_kind, job.context)
        rejected += errors_in(broken).select("submission_id", "row").unique().height
        versions[kind] = new_versions(rows, before.current(kind), kind)
        failures.append(broken)
        job.run.append(kind, versions[kind])
    failures.append(_unknown_names(versions, before, job))
    counts = {kind: versions[kind].height for kind in ORDER} | _open_and_close(job, versions) | {"rows_rejected": rejected}
    told = pl.concat(failures)
    headings = [row for extract in extracts for row in extract.table.headings_of(extract.submission_id)]
    findings = findings_from(told, pl.DataFrame(headings, schema=HEADINGS, orient="row"))
    fresh = findings.join(before.read("findings").select("submission_id").unique(), on="submission_id", how="anti", maintain_order="left")
    job.run.append("findings", fresh)
    counts["files"] = sum(extract.path is not None for extract in extracts)
    return Intake(counts, findings, attention=bool(errors_in(told).height))


def _roster(context: Context) -> Extract:
    """The roster, judged when the workspace was opened, as one more extract."""
    elements = EXTRACTS["providers"].elements()
    texts = [
        pl.col(name).dt.strftime("%Y-%m-%d") if context.workspace.roster.schema[name] == pl.Date else pl.col(name).cast(pl.String)
        for name in elements
    ]
    rows = context.workspace.roster.select(texts).with_row_index("row", offset=2).cast({"row": pl.Int64}).with_columns(line="row")
    return Extract(None, "roster", Recognised(kind="providers", rows=rows.select("row", "line", *elements)), no_failures())


def _read_extract(path: Path) -> Extract:
    content = path.read_bytes()
    submission_id = "X" + hashlib.sha256(content).hexdigest()[:16]
    file = _read_parquet(content) if path.suffix.lower() == ".parquet" else read(content, path.name, NO_LIMITS)
    table = recognise(file.sheets, Headings(tuple(EXTRACTS), {})) if file.sheets else Recognised()
    told = [(defect.rule, defect.detail) for defect in file.defects] + list(table.failures)
    return Extract(path, submission_id, table, pl.concat([file_failures(submission_id, told), table.failures_of_rows(submission_id)]))


def _read_parquet(content: bytes) -> ReadFile:
    """A Parquet extract as the grid of texts that any other extract is."""
    try:
        frame = pl.read_parquet(BytesIO(content))
    except (pl.exceptions.PolarsError, OSError):
        return ReadFile("", (), ())
    texts = frame.select(pl.all().cast(pl.String))
    header = pl.DataFrame({f"c{place}": [name] for place, name in enumerate(texts.columns, start=1)})
    cells = pl.concat([header, texts.rename(dict(zip(texts.columns, header.columns, strict=True)))])
    numbered = cells.with_row_index("row", offset=1).cast({"row": pl.Int64}).with_columns(line="row")
    ragged = pl.DataFrame(schema={"row": pl.Int64, "line": pl.Int64, "expected": pl.Int64, "found": pl.Int64})
    return ReadFile("parquet", (Sheet("", False, numbered.select("row", "line", *header.columns), ragged),), ())


def _accepted(kind: str, extracts: Sequence[Extract], context: Context) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of all extracts of a kind that break no rule, and what is wrong with the others."""
    judge = judge_for(kind, context.workspace.settings.profile)
    zone = context.workspace.settings.plan
    empty = pl.DataFrame(
        schema={"row": pl.Int64, "line": pl.Int64}
        | dict.fromkeys(judge.elements, pl.String)
        | {"submission_id": pl.String, "extra": pl.String}
    )
    parts = [
        extract.table.rows.with_columns(submission_id=pl.lit(extract.submission_id), extra=_extra(extract.table)) for extract in extracts
    ]
    rows = pl.concat([empty, *parts], rechunk=True).with_columns(today=pl.lit(context.as_of.astimezone(zone.zone).date()))
    values = read_values(rows, judge)
    failures = pl.concat([judge_rows(values, judge), repeated_keys(values, kind)])
    bad = pl.concat([errors_in(failures), *(errors_in(extract.failures).filter(pl.col("row").is_not_null()) for extract in extracts)])
    good = moments(
        values.join(bad.select("submission_id", "row"), on=["submission_id", "row"], how="anti", maintain_order="left"),
        kind,
        zone.time_zone,
    )
    return good.with_columns(plan=pl.lit(zone.id), known_from=pl.lit(context.as_of)), failures


def _extra(table: Recognised) -> pl.Series:
    """Columns that the layout does not know, as JSON: kept, though nobody reads them."""
    if table.extra.width <= 1:
        return pl.Series("extra", [None] * table.rows.height, dtype=pl.String)
    records = table.extra.drop("row").iter_rows(named=True)
    return pl.Series("extra", [json.dumps({name: text for name, text in record.items() if text}, sort_keys=True) for record in records])


def _unknown_names(versions: dict[str, pl.DataFrame], before: Snapshot, job: Job) -> pl.DataFrame:
    """Referrals that name a member or a provider of whom nobody told: kept, but they cannot be sent."""
    nowhere = pl.lit(None, dtype=pl.Int64)
    named = versions["referrals"].with_columns(
        submission_id=pl.lit(job.run.run_id), row=nowhere, line=nowhere, provider_id_text="provider_id", cin_text="cin"
    )
    members = pl.concat([before.current("members").select("cin"), versions["members"].select("cin")]).unique()
    roster = job.context.workspace.roster.select("provider_id")
    strangers = named.filter(pl.col("provider_id").is_not_null()).join(roster, on="provider_id", how="anti", maintain_order="left")
    unknown = named.join(members, on="cin", how="anti", maintain_order="left")
    return pl.concat([row_failures(strangers, "R354", "provider_id"), row_failures(unknown, "R355", "cin")])


def _open_and_close(job: Job, versions: dict[str, pl.DataFrame]) -> dict[str, int]:
    """Open the loops that new versions place, and close those that they deny or that an encounter tells of."""
    before, workspace, referrals = job.before, job.context.workspace, versions["referrals"]
    time_zone = workspace.settings.plan.time_zone
    history = WorkingHistory(job)
    known = before.read("assignments")
    told = _told_by_plan(before)
    opened = new_assignments(referrals, known, history.loops, time_zone)
    closed = denials(referrals, pl.concat([known, opened]), told, time_zone)
    history.add(assignments=opened, observations=closed)
    encounters = pl.concat([before.current("encounters"), versions["encounters"]])
    standing = encounters.unique(["plan", "encounter_id"], keep="last", maintain_order=True)
    served = services_received(standing, workspace.roster, history.loops, told)
    history.add(observations=served)
    history.store()
    return dict(zip(OPENED_AND_CLOSED, (opened.height, closed.height, served.height), strict=True))


def _put_away(context: Context, extracts: Sequence[Extract]) -> None:
    """Move extracts out of `intake/`: taken ones into the archive, those that could not be read into quarantine."""
    for extract in extracts:
        if extract.path is not None:
            target = context.workspace.folder("quarantine" if _unreadable(extract) else "archive") / "intake"
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            extract.path.replace(target / f"{extract.submission_id}_{extract.path.name}")


def _unreadable(extract: Extract) -> bool:
    return bool(errors_in(extract.failures).filter(pl.col("row").is_null()).height)
