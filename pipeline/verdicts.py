"""Verdicts: whether each submission is accepted, held or rejected, given what became of its rows, and whom it leaves out.

What became of a row was decided before; nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.corrections import with_corrected
from pipeline.findings import errors_in, file_failures, no_failures
from pipeline.lateness import expected_members, missing_members, rtf_due_at
from pipeline.parts import is_beside, of_submission
from pipeline.submitted import Known, Submitted
from schemas.layouts import PROGRAM_OF
from schemas.rule import RULESET, Severity
from schemas.rules import RULES
from schemas.submissions import MERGED, RowOutcome, Submissions, SubmissionStatus

COUNTS = {f"rows_{outcome.value}": outcome.value for outcome in RowOutcome}
_ARRIVED = ("submission_id", "plan", "provider_id", "file_name", "sha256", "received_at", "kind")


def verdicts(
    of_parts: pl.DataFrame, submitted: Sequence[Submitted], failures: pl.DataFrame, known: Known, *, hold: bool
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The rows of submissions, one verdict for each, and all failures with those that the verdict adds.

    of_parts: judged rows of parts, `pipeline.judgement.JUDGED`. failures: what is wrong with the parts so far.
    A return file is judged by its own rows. The tracker beside it goes with it, and can add no more than errors.
    """
    arrivals = pl.DataFrame(
        [
            {name: one.arrival[name] for name in ("submission_id", "plan", "provider_id", "file_name", "sha256", "received_at")}
            | {"kind": one.table.kind if one.table else None, "answers": list(one.table.answers) if one.table else []}
            for one in submitted
        ],
        schema={name: dtype for name, dtype in Submissions.polars_schema().items() if name in _ARRIVED} | {"answers": pl.List(pl.String)},
    )
    counted, wrongly = with_corrected(_counted(arrivals, of_parts.filter(~is_beside())), known.submissions)
    stated = _with_status(counted, known, hold=hold)
    said = pl.concat([failures, wrongly, *_said_of_status(stated, failures)])
    rejected = stated.filter(pl.col("status") == SubmissionStatus.REJECTED)["submission_id"]
    with_its_file = pl.when(pl.col("submission_id").is_in(rejected.implode())).then(pl.lit(RowOutcome.REJECTED.value))
    rows = of_parts.with_columns(submission_id=of_submission()).with_columns(outcome=with_its_file.otherwise("outcome"))
    counted = _counted(arrivals, rows).join(stated.select("submission_id", "status", "corrects"), on="submission_id", maintain_order="left")
    due = {period: rtf_due_at(period, known.settings) for period in counted["period"].drop_nulls().unique().to_list()}
    warnings = said.filter(_is_warning()).group_by(submission_id=of_submission()).agg(warnings=pl.len().cast(pl.Int64))
    errors_beside = (pl.col("status") == SubmissionStatus.ACCEPTED) & (pl.col("rows_rejected") > 0)
    complete = (
        counted.join(warnings, on="submission_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("warnings").fill_null(0),
            status=pl.when(errors_beside).then(pl.lit(SubmissionStatus.ACCEPTED_WITH_ERRORS.value)).otherwise("status"),
            members_missing=pl.lit(0, dtype=pl.Int64),
            ruleset=pl.lit(RULESET),
            first_submission_id=pl.lit(None, dtype=pl.String),
            due_at=pl.col("period").replace_strict(due, default=None, return_dtype=pl.Datetime("us", "UTC")),
        )
        .with_columns(on_time=pl.col("received_at") <= pl.col("due_at"))
    )
    return rows, complete, said


def with_missing(stated: pl.DataFrame, rows: pl.DataFrame, known: Known) -> tuple[pl.DataFrame, pl.DataFrame, frozenset[str]]:
    """Count the members of the plan's last file who are in no merged file of the provider for the period, these files included.

    stated: from `verdicts`. rows: `schemas.submissions.Rows` of those that are not held. Returns `Submissions`, failures, and the
    corrections after which nobody is missing; whom they do not cover is not held against them.
    """
    columns = Submissions.polars_schema().names()
    merged = stated.filter(pl.col("status").is_in(MERGED), pl.col("period").is_not_null())
    submissions = pl.concat([known.submissions, stated.select(columns)])
    covered = pl.concat([known.rows, rows])
    counts = [pl.DataFrame(schema={"submission_id": pl.String, "missing": pl.Int64})]
    for part in merged.partition_by("period", maintain_order=True):
        period = part["period"][0]
        asked = part.select("submission_id", "provider_id", program=pl.col("kind").replace_strict(PROGRAM_OF), cutoff="received_at")
        expected = expected_members(known.listings, known.loops, period, asked.drop("submission_id"), known.settings)
        missing = missing_members(expected, covered, submissions, known.members, period)
        by_provider = missing.group_by("provider_id", "program").agg(missing=pl.len().cast(pl.Int64))
        counts.append(asked.join(by_provider, on=["provider_id", "program"], how="inner").select("submission_id", "missing"))
    joined = stated.join(pl.concat(counts), on="submission_id", how="left", maintain_order="left")
    found = pl.when(pl.col("corrects").is_null()).then("missing").fill_null(0)
    complete = joined.with_columns(members_missing=found, warnings=pl.col("warnings") + (found > 0).cast(pl.Int64)).select(columns)
    covering = joined.filter(pl.col("status").is_in(MERGED), pl.col("corrects").is_not_null(), pl.col("missing").is_null())["submission_id"]
    return complete, _said_of_missing(complete), frozenset(covering)


def _counted(arrivals: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Arrivals with the rows read, how many of them ended in which way, and the period that they name."""
    counts = rows.group_by("submission_id").agg(
        rows_read=pl.len().cast(pl.Int64),
        period=pl.col("reporting_period").drop_nulls().first(),
        **{name: (pl.col("outcome") == outcome).sum().cast(pl.Int64) for name, outcome in COUNTS.items()},
    )
    counted = arrivals.join(counts, on="submission_id", how="left", maintain_order="left").with_columns(
        pl.col("rows_read", *COUNTS).fill_null(0)
    )
    if counted.filter(pl.col("rows_read") != pl.sum_horizontal(*COUNTS)).height:
        raise AssertionError("a row was read and not accounted for")
    return counted


def _is_warning() -> pl.Expr:
    severities = {rule.id: rule.severity.value for rule in RULES.values()}
    return pl.coalesce("severity", pl.col("rule").replace_strict(severities, return_dtype=pl.String)) == Severity.WARNING


def _with_status(counted: pl.DataFrame, known: Known, *, hold: bool) -> pl.DataFrame:
    """Add `status`, and `few`: the rows of the last accepted file of this provider and kind, where this one has far fewer."""
    thresholds = known.settings.profile.thresholds
    last = (
        known.submissions.filter(pl.col("status").is_in(MERGED), pl.col("corrects").is_null())
        .sort("received_at", "submission_id")
        .unique(["provider_id", "kind"], keep="last", maintain_order=True)
        .select("submission_id", "provider_id", "kind", "rows_read")
    )
    of_kind = known.rows.join(last, on=["submission_id", "kind"], how="semi").group_by("submission_id").agg(own=pl.len().cast(pl.Int64))
    last = last.join(of_kind, on="submission_id", how="left").select("provider_id", "kind", last_rows=pl.coalesce("own", "rows_read"))
    compared = counted.join(last, on=["provider_id", "kind"], how="left", maintain_order="left")
    none_left = pl.col("rows_rejected") == pl.col("rows_read")
    many = pl.col("rows_rejected") > thresholds.hold_rejected_share * pl.col("rows_read")
    few = (pl.col("last_rows") >= thresholds.hold_rows_from) & (pl.col("rows_read") < thresholds.hold_rows_share * pl.col("last_rows"))
    few = few & pl.col("corrects").is_null()  # corrections are as many as they are
    held = (many | few.fill_null(value=False)) & hold
    return compared.with_columns(
        status=pl.when(none_left)
        .then(pl.lit(SubmissionStatus.REJECTED.value))
        .when(held)
        .then(pl.lit(SubmissionStatus.HELD.value))
        .when(pl.col("rows_rejected") > 0)
        .then(pl.lit(SubmissionStatus.ACCEPTED_WITH_ERRORS.value))
        .otherwise(pl.lit(SubmissionStatus.ACCEPTED.value)),
        many=many,
        few=few.fill_null(value=False),
    )


def _said_of_status(stated: pl.DataFrame, failures: pl.DataFrame) -> list[pl.DataFrame]:
    """Why a file was rejected or held, where nothing has said so yet."""
    told = set(errors_in(failures).filter(pl.col("row").is_null())["submission_id"].to_list())
    said = []
    for row in stated.iter_rows(named=True):
        name = row["submission_id"]
        if row["status"] == SubmissionStatus.REJECTED and name not in told:
            said.append(file_failures(name, [("F018", "")]))
        if row["status"] == SubmissionStatus.HELD and row["many"]:
            said.append(file_failures(name, [("F019", f"{row['rows_rejected']} of {row['rows_read']}")]))
        if row["status"] == SubmissionStatus.HELD and row["few"]:
            said.append(file_failures(name, [("F020", f"{row['rows_read']} instead of {row['last_rows']}")]))
    return said


def _said_of_missing(complete: pl.DataFrame) -> pl.DataFrame:
    found = complete.filter(pl.col("members_missing") > 0).select("submission_id", "members_missing").iter_rows()
    return pl.concat([no_failures(), *(file_failures(name, [("F029", str(count))]) for name, count in found)])
