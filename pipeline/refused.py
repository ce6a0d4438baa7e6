"""Decides what is said of return files that were not accepted: which of a period they were, and why.

Whether the provider is late for it is decided by `lateness`.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from config.settings import Settings
from pipeline.business_days import in_utc
from pipeline.lateness import REFUSED, of_period, rtfs
from schemas.lateness import LateFiles
from schemas.rules import RULES

ERROR, WARNING = "error", "warning"
MOST_RULES = 3  # of those that most rows break: more would not be read
TITLES = {rule.id: rule.title for rule in RULES.values()}


def refused_files(submissions: pl.DataFrame, findings: pl.DataFrame, period: str, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """Files of the period that were rejected or held: `schemas.lateness.LateFiles`, by provider, program and receipt.

    submissions: current, as in `schemas.submissions`. findings: `schemas.findings`. A file of unknown kind stands under both programs.
    """
    came = submissions.filter((pl.col("received_at") <= in_utc(as_of)) & pl.col("status").is_in(REFUSED))
    refused = of_period(rtfs(came), period, settings).filter(pl.col("program").is_not_null())
    why = _reasons(findings.join(refused, on="submission_id", how="semi"))
    return (
        refused.join(why, on="submission_id", how="left", maintain_order="left")
        .with_columns(period=pl.lit(period), refused_because=pl.col("why").fill_null("released by nobody yet"))
        .select(pl.col(name).cast(dtype) for name, dtype in LateFiles.polars_schema().items())
        .sort("provider_id", "program", "received_at", "submission_id")
    )


def _reasons(findings: pl.DataFrame) -> pl.DataFrame:
    """`submission_id`, `why`: what is wrong with the file itself, or why it is held, then the errors that most rows have."""
    of_file = pl.col("row").is_null()
    telling = findings.filter((pl.col("severity") == ERROR) | (of_file & (pl.col("severity") == WARNING)))
    errors = telling.group_by("submission_id", "rule").agg(rows=pl.col("row").drop_nulls().n_unique(), of_file=of_file.any())
    titled = errors.with_columns(title=pl.col("rule").replace_strict(TITLES, default="", return_dtype=pl.String))
    rows = pl.when(pl.col("rows") == 1).then(pl.lit("1 row")).otherwise(pl.format("{} rows", "rows"))
    said = pl.when("of_file").then(pl.format("{} {}", "rule", "title")).otherwise(pl.format("{} {} ({})", "rule", "title", rows))
    return (
        titled.with_columns(said=said)
        .sort("submission_id", "of_file", "rows", "rule", descending=[False, True, True, False])
        .group_by("submission_id", maintain_order=True)
        .agg(why=pl.col("said").head(MOST_RULES).str.join("; "))
    )
