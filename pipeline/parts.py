"""Parts: the sheets of one submission that are judged by themselves, each with rows numbered as they stand on it.

A submission has a tracker beside its return file, or one part only. What the parts amount to together, `judgement` decides.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from schemas.findings import in_order

BESIDE = "+otf"  # ends the name of the part that stands beside a submission's own


def part_beside(submission_id: str) -> str:
    """The name by which the tracker of a submission goes through the stages."""
    return submission_id + BESIDE


def is_beside() -> pl.Expr:
    """Whether `submission_id` names a part that stands beside a submission's own."""
    return pl.col("submission_id").str.ends_with(BESIDE)


def of_submission() -> pl.Expr:
    """`submission_id` of the submission that a part belongs to."""
    return pl.col("submission_id").str.strip_suffix(BESIDE)


def on_sheets(findings: pl.DataFrame, sheets: Mapping[str, str]) -> pl.DataFrame:
    """Findings on parts as findings on submissions, with the sheet that they speak of.

    sheets: name of the sheet by part, of submissions that have two. What concerns such a file as a whole names no sheet.
    """
    named = pl.when(pl.col("row").is_not_null() | is_beside()).then(
        pl.col("submission_id").replace_strict(sheets, default=None, return_dtype=pl.String)
    )
    return in_order(findings.with_columns(sheet=named, submission_id=of_submission()))
