"""Ingesting: archived files are judged and settled, good rows join the history, and every file gets its receipt.

Files of all providers are stacked and judged together, so that cost follows rows and not files. Of one provider the older file is settled
before the newer one: what a row amounts to depends on what that provider told before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from outputs.cells import safe_file_name
from outputs.findings_files import findings_csv
from outputs.receipts import receipt
from pipeline.archive import fetch, keep
from pipeline.contact_file import tell_plan
from pipeline.findings import HEADINGS, counts_by_rule, file_failures, findings_from
from pipeline.given_back import given_back
from pipeline.judgement import Judgement, judge_submissions
from pipeline.names import digest_name
from pipeline.parts import on_sheets
from pipeline.read import ReadLimits, read
from pipeline.recognise import Headings, recognise
from pipeline.run import Context, Job, lock, start
from pipeline.store import Snapshot
from pipeline.submitted import AUTHORIZATIONS, Known, Submitted
from pipeline.working_findings import WorkingFindings
from pipeline.working_history import WorkingHistory
from schemas.contacts import ContactReports
from schemas.history import LOOP
from schemas.layouts import INBOUND, OUTBOUND
from schemas.outreach import OutreachAttempts
from schemas.submissions import MERGED, Arrivals, Submissions, SubmissionStatus

BATCH_BYTES = 64 * 2**20  # of files judged as one frame: bounds memory, not results
KINDS = (*INBOUND, *OUTBOUND)


@dataclass
class Ingested:
    """What an ingestion did: counts by status and outcome, and the submissions (`schemas.submissions.Submissions`) that it judged."""

    counts: dict[str, int] = field(default_factory=dict)
    submissions: pl.DataFrame = field(default_factory=Submissions.no_rows)
    findings: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def attention(self) -> bool:
        return any(self.counts.get(name, 0) for name in ("rejected", "held", "accepted_with_errors"))


def ingest(context: Context, release: str | None = None) -> Ingested:
    """Judge every archived file that has no verdict yet; or the held one that is released. Raises ValueError when it is not held."""
    with lock(context):
        snapshot = context.snapshot()
        pending = _held(snapshot, release) if release else _pending(snapshot)
        if pending.is_empty():
            return Ingested(_counts(Submissions.no_rows()) | {"contact_changes": 0})
        job = start(context, "release" if release else "ingest")
        done = _ingest(job, pending, released=release is not None)
        job.commit(done.counts, attention=done.attention)
        return done


def receive(context: Context, path: Path, provider_id: str, reason: str) -> str:
    """Take in a file that came another lawful way. Returns its submission. Raises ValueError when the provider is not on the roster."""
    if provider_id not in context.workspace.roster["provider_id"]:
        raise ValueError(f"{provider_id} is not on the roster")
    content = path.read_bytes()
    with lock(context):
        sha256 = keep(context.workspace.folder("archive"), content)
        plan, now = context.workspace.plan, context.as_of
        submission_id = digest_name("S", plan, provider_id, path.name, now.isoformat(), sha256)
        row = (submission_id, plan, provider_id, path.name, sha256, len(content), None, now, now, reason)
        job = start(context, "receive")
        known = job.before.read("arrivals").filter(pl.col("submission_id") == submission_id)
        if not known.height:
            job.run.append("arrivals", pl.DataFrame([row], schema=Arrivals.polars_schema(), orient="row"))
            job.commit({"received": 1}, attention=False)
    return submission_id


def _pending(snapshot: Snapshot) -> pl.DataFrame:
    judged = snapshot.scan("submissions").select("submission_id")
    arrivals = snapshot.scan("arrivals").drop("run_id").join(judged, on="submission_id", how="anti")
    return arrivals.sort("received_at", "submission_id").collect()


def _held(snapshot: Snapshot, submission_id: str) -> pl.DataFrame:
    held = snapshot.current("submissions").filter(pl.col("submission_id") == submission_id, pl.col("status") == SubmissionStatus.HELD)
    if not held.height:
        raise ValueError(f"{submission_id} is not a held submission")
    return snapshot.read("arrivals").filter(pl.col("submission_id") == submission_id)


def _ingest(job: Job, pending: pl.DataFrame, *, released: bool) -> Ingested:
    history = WorkingHistory(job)
    judged = [job.before.current("submissions")]
    fresh: list[pl.DataFrame] = []
    findings: list[pl.DataFrame] = []
    contacts = [ContactReports.no_rows()]
    attempts = [OutreachAttempts.no_rows()]
    working = WorkingFindings(job)
    done = 0
    for batch in _batches(pending):
        before = pl.concat(judged)
        repeated, first = (batch.clear(), batch) if released else _repeats(batch, before)
        submitted = [_submitted(job.context, arrival) for arrival in first.iter_rows(named=True)]
        judgement = judge_submissions(_known(job, history, before, working.rows, pl.concat(attempts)), submitted, hold=not released)
        history.add(observations=judgement.observations)
        verdicts = pl.concat([judgement.submissions, _duplicates(repeated, before)])
        of_parts = findings_from(pl.concat([judgement.failures, _said_before(repeated, verdicts)]), _headings(submitted))
        told = on_sheets(of_parts, _sheets(submitted))
        settled = working.settle(pl.concat([before, verdicts]), judgement, told)
        _answer(job, verdicts, told, settled, submitted)
        _set_aside(job, verdicts, told, judgement)
        judged.append(verdicts)
        fresh.append(verdicts)
        findings.append(told)
        contacts.append(judgement.contacts)
        attempts.append(judgement.attempts)
        done += batch.height
        job.context.progress("judging files", done, pending.height)
    history.store()
    working.store()
    verdicts = pl.concat([Submissions.no_rows(), *fresh])
    job.run.append("submissions", verdicts)
    for told in findings:
        job.run.append("findings", _not_told_before(job, told) if released else told)
    job.run.append("outreach_attempts", pl.concat(attempts))
    changes = {"contact_changes": tell_plan(job, pl.concat(contacts))}
    return Ingested(_counts(verdicts) | changes, verdicts, pl.concat(findings) if findings else pl.DataFrame())


def _not_told_before(job: Job, findings: pl.DataFrame) -> pl.DataFrame:
    """Findings on a released file that were not stored when it was held."""
    told = job.before.scan("findings").filter(pl.col("submission_id").is_in(findings["submission_id"].unique().implode())).drop("run_id")
    return findings.join(told.collect(), on=findings.columns, how="anti", nulls_equal=True, maintain_order="left")


def _known(job: Job, history: WorkingHistory, submissions: pl.DataFrame, rows: pl.DataFrame, attempts: pl.DataFrame) -> Known:
    stored = job.before.scan("outreach_attempts").drop("run_id")
    workspace = job.context.workspace
    return Known(
        settings=workspace.settings,
        providers=workspace.roster,
        members=job.before.current("members"),
        loops=history.loops.join(history.first_sent(), on=LOOP, how="left", maintain_order="left"),
        told=lambda loops: history.of("observations", loops),
        attempts=lambda loops: pl.concat([stored, attempts.lazy()]).join(loops.lazy(), on=LOOP, how="semi").collect(),
        listings=job.before.read("listings"),
        submissions=submissions,
        rows=rows,
        authorizations=lambda: (
            job.before.scan("referrals").select(AUTHORIZATIONS.names()).drop_nulls().unique(maintain_order=True).collect()
        ),
    )


def _batches(pending: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Files in the order of receipt, in batches with at most one file of each provider."""
    waves = pending.with_columns(wave=pl.int_range(pl.len()).over("provider_id")).sort("wave", "received_at", "submission_id")
    sized = waves.with_columns(part=(pl.col("size").cum_sum().over("wave") - 1) // BATCH_BYTES)
    for batch in sized.partition_by("wave", "part", maintain_order=True):
        yield batch.drop("wave", "part")


def _repeats(batch: pl.DataFrame, judged: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Files whose very bytes the same provider sent before, and the others. A rejected file may be sent again."""
    standing = judged.filter(pl.col("status").is_in([*MERGED, SubmissionStatus.HELD.value])).select("provider_id", "sha256").unique()
    return tuple(batch.join(standing, on=["provider_id", "sha256"], how=how, maintain_order="left") for how in ("semi", "anti"))  # type: ignore[return-value]


def _submitted(context: Context, arrival: dict[str, object]) -> Submitted:
    profile = context.workspace.settings.profile
    content = fetch(context.workspace.folder("archive"), str(arrival["sha256"]))
    file = read(content, str(arrival["file_name"]), ReadLimits(**profile.limits.model_dump()))
    headings = Headings(KINDS, profile.layouts)
    told = tuple((defect.rule, defect.detail) for defect in file.defects)
    return Submitted(arrival, recognise(file.sheets, headings) if file.sheets else None, told)


def _duplicates(repeated: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """Verdicts on files received before: every row of theirs is a duplicate."""
    first = judged.filter(pl.col("status").is_in([*MERGED, SubmissionStatus.HELD.value])).sort("received_at", "submission_id")
    known = first.unique(["provider_id", "sha256"], keep="first", maintain_order=True).select(
        "provider_id",
        "sha256",
        "kind",
        "period",
        "due_at",
        "ruleset",
        "corrects",
        first_submission_id="submission_id",
        rows_read="rows_read",
    )
    joined = repeated.join(known, on=["provider_id", "sha256"], how="left", maintain_order="left")
    none = {name: pl.lit(0, dtype=pl.Int64) for name in ("rows_accepted", "rows_unchanged", "rows_rejected", "warnings", "members_missing")}
    return joined.with_columns(
        **none,
        rows_duplicate="rows_read",
        status=pl.lit(SubmissionStatus.DUPLICATE.value),
        on_time=pl.col("received_at") <= pl.col("due_at"),
    ).select(Submissions.polars_schema().names())


def _said_before(repeated: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    first = dict(verdicts.select("submission_id", "first_submission_id").iter_rows())
    names = repeated["submission_id"].to_list()
    return pl.concat([file_failures("", ()), *(file_failures(name, [("F026", f"See the receipt of {first[name]}.")]) for name in names)])


def _headings(submitted: Sequence[Submitted]) -> pl.DataFrame:
    rows = [row for one in submitted for part in one.parts if part.table for row in part.table.headings_of(part.submission_id)]
    return pl.DataFrame(rows, schema=HEADINGS, orient="row")


def _sheets(submitted: Sequence[Submitted]) -> dict[str, str]:
    """The sheet of each part, of files that have two."""
    return {part.submission_id: part.table.sheet for one in submitted if len(one.parts) > 1 for part in one.parts if part.table}


def _answer(job: Job, verdicts: pl.DataFrame, findings: pl.DataFrame, settled: pl.DataFrame, submitted: Sequence[Submitted]) -> None:
    """Give every provider a receipt for its file and, when there is anything to say of it, the file back with the findings in it."""
    zone = job.context.workspace.settings.plan.zone
    produced_on = job.context.as_of.astimezone(zone).date()
    tables = {one.submission_id: one.table for one in submitted}
    told = {str(name): part for (name,), part in findings.group_by("submission_id", maintain_order=True)}
    for verdict in verdicts.iter_rows(named=True):
        submission_id, table = verdict["submission_id"], tables.get(verdict["submission_id"])
        own = told.get(submission_id, findings.clear())
        by_it = settled.filter(pl.col("settled_by") == submission_id).height
        answers = {f".{submission_id}.receipt.json": receipt(verdict, counts_by_rule(own), by_it, zone)}
        if own.height:
            answers[f".{submission_id}.findings.csv"] = findings_csv(own)
            answers[f".{submission_id}.findings.xlsx"] = given_back(table, own, produced_on, submission_id)
        for suffix, content in answers.items():
            name = safe_file_name(str(verdict["file_name"]), suffix)
            job.deliver(str(verdict["provider_id"]), name, content, kind=suffix.split(".")[2], rows=own.height)


def _set_aside(job: Job, verdicts: pl.DataFrame, findings: pl.DataFrame, judgement: Judgement) -> None:
    """Store what became of every row, and say of each file that was set aside why."""
    job.run.append("rows", judgement.rows)
    aside = verdicts.filter(pl.col("status").is_in([SubmissionStatus.REJECTED.value, SubmissionStatus.HELD.value]))
    of_files = findings.filter(pl.col("row").is_null(), pl.col("severity") != "note")
    rules = of_files.group_by("submission_id").agg(rules=pl.col("rule").unique().sort().str.join(" "))
    named = aside.select("submission_id", "plan", "provider_id", "sha256", "status", "file_name")
    reasons = named.join(rules, on="submission_id", how="left", maintain_order="left").with_columns(pl.col("rules").fill_null(""))
    job.run.append("quarantine", reasons.drop("sha256", "status", "file_name"))
    messages = findings.filter(pl.col("row").is_null()).group_by("submission_id", maintain_order=True).agg("message")
    told = dict(messages.iter_rows())
    for row in reasons.iter_rows(named=True):
        lines = [f"{row['status']}: submission {row['submission_id']} of {row['provider_id']}", *told.get(row["submission_id"], [])]
        ending = re.search(r"\.[A-Za-z0-9]{1,5}$", row["file_name"])
        job.publish(f"quarantine/{row['submission_id']}.reason.txt", ("\n".join(lines) + "\n").encode())
        content = fetch(job.context.workspace.folder("archive"), row["sha256"])
        job.publish(f"quarantine/{row['submission_id']}{ending.group() if ending else ''}", content)


def _counts(verdicts: pl.DataFrame) -> dict[str, int]:
    by_status = {status.value.lower(): verdicts.filter(pl.col("status") == status).height for status in SubmissionStatus}
    rows = {name: int(verdicts[name].sum()) for name in ("rows_read", "rows_accepted", "rows_unchanged", "rows_duplicate", "rows_rejected")}
    return {"files": verdicts.height, **by_status, **rows}
