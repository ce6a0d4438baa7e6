"""Judging submissions: each stage in turn over the rows of many files at once, then what is to be merged of them.

Every row read ends in exactly one of four outcomes; a gap is a bug and stops the run. Nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from config.profile import LayoutChoice
from config.settings import Settings
from pipeline.contacts import contact_reports
from pipeline.findings import errors_in, file_failures, no_failures, without_misread
from pipeline.match import match, match_attempts
from pipeline.names import digest_names
from pipeline.outreach import ATTEMPTS, attempts_beside, outreach_attempts, settle_attempts, with_attempt
from pipeline.packed import unpack
from pipeline.parts import BESIDE
from pipeline.recognise import named_as_agreed
from pipeline.settle import ROW, settle
from pipeline.submitted import Known, Submitted
from pipeline.validate import FOUND, judge_for, judge_found, judge_rows, read_values, said_of_files
from pipeline.verdicts import verdicts, with_missing
from schemas.contacts import CONTACT_VALUES
from schemas.history import LOOP, Observations
from schemas.layouts import INBOUND, OTF, PROGRAM_OF
from schemas.submissions import MERGED, RowOutcome, Rows, SubmissionStatus

JUDGED = pl.Schema(
    dict.fromkeys(("submission_id", "kind", "outcome", "cin", "referral_id", "provider_id", "program", "service", "status"), pl.String())
    | dict.fromkeys(("closure_reason", "engagement", "plan", "reporting_period", "sheet"), pl.String())
    | dict.fromkeys(("new_address", "new_phone", *CONTACT_VALUES), pl.String())
    | dict.fromkeys(("row", "corrects_row", "loop"), pl.Int64())
    | dict.fromkeys(("status_date", "production_date"), pl.Date())
    | {"attempts": ATTEMPTS}
)


@dataclass(frozen=True)
class Judgement:
    """`Submissions` and `Rows` of `schemas.submissions`, what is to be merged, and `pipeline.findings.FAILURE`.

    observations: `schemas.history.Observations`. contacts: `schemas.contacts.ContactReports`.
    attempts: `schemas.outreach.OutreachAttempts`. waiting: rows of held files. covering: corrections after which nobody is missing.
    """

    submissions: pl.DataFrame
    rows: pl.DataFrame
    waiting: pl.DataFrame
    observations: pl.DataFrame
    contacts: pl.DataFrame
    attempts: pl.DataFrame
    failures: pl.DataFrame
    covering: frozenset[str]


def judge_submissions(known: Known, submitted: Sequence[Submitted], *, hold: bool) -> Judgement:
    """Judge submissions, at most one of each provider. hold: whether a file with unusual numbers waits for a person.

    Failures name the parts that they speak of (`pipeline.parts`), everything else the submissions.
    """
    parts = [part for one in submitted for part in one.parts]
    failures = [no_failures(), *(file_failures(one.submission_id, one.failures) for one in parts)]
    judged = [pl.DataFrame(schema=JUDGED)]
    for kind in INBOUND:
        readable = [one for one in parts if one.is_readable and one.table is not None and one.table.kind == kind]
        if readable:
            rows, found = _judge_trackers(readable, known) if kind == OTF else _judge_returns(kind, readable, known)
            judged.append(rows)
            failures.append(found)
        if misheaded := [one for one in parts if one.has_wrong_headings and one.table is not None and one.table.kind == kind]:
            failures.append(_judge_misheaded(kind, misheaded, known))
    of_parts = pl.concat([*judged, *(_unreadable_rows(one, known) for one in parts if not one.is_readable)], how="diagonal")
    rows, stated, said = verdicts(of_parts, submitted, without_misread(pl.concat(failures)), known, hold=hold)
    merged = stated.filter(pl.col("status").is_in(MERGED)).select("submission_id", "received_at")
    held = stated.filter(pl.col("status") == SubmissionStatus.HELD)
    of_files = rows.select(*Rows.polars_schema().names())
    told = of_files.join(held, on="submission_id", how="anti", maintain_order="left")
    waiting = of_files.join(held, on="submission_id", how="semi", maintain_order="left")
    complete, missing, covering = with_missing(stated, told, known)
    of_merged = rows.join(merged, on="submission_id", how="inner", maintain_order="left")
    of_returns, of_trackers = of_merged.filter(pl.col("kind") != OTF), of_merged.filter(pl.col("kind") == OTF)
    observations, contacts = _observations(of_returns), contact_reports(of_returns, known.loops)
    attempts = outreach_attempts(of_trackers)
    told_before = pl.concat([known.attempts(of_returns.select(LOOP).drop_nulls()), attempts])
    attempts = pl.concat([attempts, attempts_beside(of_returns, told_before)])
    return Judgement(complete, told, waiting, observations, contacts, attempts, pl.concat([said, missing]), covering)


def _judge_returns(kind: str, readable: Sequence[Submitted], known: Known) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Send the rows of all Return Transmission Files of a kind through the stages. Returns rows with `outcome`, and failures."""
    values, failures = _read_and_judge(kind, readable, _rows_of(kind, readable, known), known)
    of_files = pl.concat([said_of_files(values), _of_senders(readable, known, kind)])
    choice = known.settings.profile.layouts.get(kind, LayoutChoice())
    matched, unmatched = match(values, known.loops, known.members, known.providers, choice, known.authorizations)
    told = known.told(matched.select(LOOP).drop_nulls())
    settled, failures = settle(matched, pl.concat([failures, unmatched]), known.loops, told, known.settings.profile.closing)
    whole = errors_in(of_files)["submission_id"].unique()
    outcome = pl.when(pl.col("submission_id").is_in(whole.implode())).then(pl.lit(RowOutcome.REJECTED.value)).otherwise("outcome")
    rows = with_attempt(settled.with_columns(outcome=outcome))
    return _of_schema(rows), pl.concat([failures, of_files])


def _judge_trackers(readable: Sequence[Submitted], known: Known) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Send the rows of all Initial Outreach Trackers through the stages. Returns rows with `outcome`, and failures."""
    rows, split = unpack(_rows_of(OTF, readable, known))
    values, failures = _read_and_judge(OTF, readable, rows, known)
    matched, unmatched = match_attempts(values, known.loops, known.members, known.providers)
    told = known.attempts(matched.select(LOOP).drop_nulls())
    settled, failures = settle_attempts(matched, pl.concat([split, failures, unmatched]), told)
    return _of_schema(settled), pl.concat([failures, _of_senders(readable, known, OTF)])


def _judge_misheaded(kind: str, files: Sequence[Submitted], known: Known) -> pl.DataFrame:
    """What else is wrong with files that are rejected for their headings: who mends those shall not hear of the rest a month later."""
    found = [(one.submission_id, name) for one in files if one.table is not None for name in sorted(one.table.found)]
    rows = _rows_of(kind, files, known)
    if kind == OTF:
        rows, _ = unpack(rows)
    judge = judge_for(kind, known.settings.profile)
    of_rows = [one.table.failures_of_rows(one.submission_id) for one in files if one.table is not None]
    return pl.concat([judge_found(read_values(rows, judge), judge, pl.DataFrame(found, schema=FOUND, orient="row")), *of_rows])


def _rows_of(kind: str, readable: Sequence[Submitted], known: Known) -> pl.DataFrame:
    return pl.concat([_placed(one, kind, known.settings) for one in readable], rechunk=True)


def _read_and_judge(kind: str, readable: Sequence[Submitted], rows: pl.DataFrame, known: Known) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The values of all rows of a kind as one frame, and what is wrong with them by themselves."""
    judge = judge_for(kind, known.settings.profile)
    values = read_values(rows, judge)
    of_rows = [one.table.failures_of_rows(one.submission_id) for one in readable if one.table is not None]
    return values, pl.concat([judge_rows(values, judge), *of_rows])


def _of_schema(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(name for name in JUDGED if name in rows.columns)


def _placed(one: Submitted, kind: str, settings: Settings) -> pl.DataFrame:
    """The rows of a file, with what is known of them from where they came."""
    received_at = one.arrival["received_at"]
    rows = one.table.rows.join(one.table.numbers, on="row", how="left", maintain_order="left") if one.table else pl.DataFrame()
    return rows.with_columns(
        submission_id=pl.lit(one.submission_id),
        kind=pl.lit(kind),
        sheet=pl.lit(one.sheet, dtype=pl.String),
        plan=pl.lit(settings.plan.id),
        provider_id=pl.lit(one.arrival["provider_id"]),
        program=pl.lit(PROGRAM_OF[kind]),
        source=pl.lit("rtf"),
        received_at=pl.lit(received_at, dtype=pl.Datetime("us", "UTC")),
    ).with_columns(today=pl.col("received_at").dt.convert_time_zone(settings.plan.time_zone).dt.date())


def _of_senders(readable: Sequence[Submitted], known: Known, kind: str) -> pl.DataFrame:
    """Whether files are of their sender's program, and named as agreed."""
    offered = pl.col("programs").str.split(";").list.eval(pl.element().str.strip_chars())
    other = known.providers.filter(~offered.list.contains(PROGRAM_OF[kind]))
    strangers = [one for one in readable if one.arrival["provider_id"] in other["provider_id"]]
    named = [one for one in readable if not one.submission_id.endswith(BESIDE)]  # a sheet has no file name of its own
    unusual = [one for one in named if not named_as_agreed(str(one.arrival["file_name"]), kind, known.settings.profile)]
    told = [
        *(("F028", one.submission_id, PROGRAM_OF[kind]) for one in strangers),
        *(("F025", one.submission_id, "") for one in unusual),
    ]
    return pl.concat([no_failures(), *(file_failures(name, [(rule, detail)]) for rule, name, detail in told)])


def _unreadable_rows(one: Submitted, known: Known) -> pl.DataFrame:
    """The rows of a file that is rejected as a whole: they were read, so they are accounted for."""
    if one.table is None or one.table.kind is None:
        return pl.DataFrame(schema={"submission_id": pl.String, "row": pl.Int64, "outcome": pl.String})
    return one.table.rows.select(
        "row",
        kind=pl.lit(one.table.kind),
        sheet=pl.lit(one.sheet, dtype=pl.String),
        submission_id=pl.lit(one.submission_id),
        outcome=pl.lit(RowOutcome.REJECTED.value),
        plan=pl.lit(known.settings.plan.id),
    )


def _observations(of_merged: pl.DataFrame) -> pl.DataFrame:
    """Accepted and unchanged rows as observations: a row that says nothing new still says that the member was reported."""
    told = of_merged.filter(pl.col("outcome").is_in([RowOutcome.ACCEPTED.value, RowOutcome.UNCHANGED.value]))
    return told.with_columns(
        observation_id=digest_names("O", told.select(ROW)),
        status_date=pl.coalesce("status_date", "production_date"),
        source=pl.lit("rtf"),
    ).select(Observations.polars_schema().names())
