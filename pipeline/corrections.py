"""Corrections: whether a file that answers another one may be taken for a correction of it.

The file is known by an added heading that names a submission (`schemas.corrections`). What it puts right is `settlements`' business.
"""

from __future__ import annotations

import polars as pl

from pipeline.findings import file_failures, no_failures
from schemas.corrections import ROW_NUMBER

NUMBERS = pl.Schema({"row": pl.Int64(), "corrects_row": pl.Int64()})
ASKED = ("submission_id", "provider_id", "kind", "period", "received_at")


def with_corrected(counted: pl.DataFrame, submissions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find the submission that each file corrects: an earlier one of the same provider, kind and period.

    counted: `submission_id`, `provider_id`, `kind`, `period`, `received_at`, and `answers`, the submissions that its headings name.
    submissions: `schemas.submissions.Submissions` that stand. What an earlier file did not tell cannot differ.
    Returns counted with `corrects` (null for an ordinary file) instead of `answers`, and failures. A submission of somebody else is as
    unknown as one that nobody sent, so that a heading cannot be used to find out what others send.
    """
    earlier = submissions.select("provider_id", answers="submission_id", of_kind="kind", of_period="period", sent_at="received_at")
    asked = counted.filter(pl.col("answers").list.len() == 1).select(*ASKED, pl.col("answers").list.first())
    found = asked.join(earlier, on=["provider_id", "answers"], how="left", maintain_order="left").with_columns(
        is_known=(pl.col("sent_at") <= pl.col("received_at")).fill_null(value=False),
        is_alike=(pl.col("of_kind") == pl.col("kind")).fill_null(value=True)
        & (pl.col("of_period") == pl.col("period")).fill_null(value=True),
    )
    corrected = found.filter("is_known", "is_alike").select("submission_id", corrects="answers")
    return counted.drop("answers").join(corrected, on="submission_id", how="left", maintain_order="left"), _failures(found)


def without_emptied(below: pl.DataFrame, added: list[str]) -> pl.DataFrame:
    """The rows of a sheet (`row`, `line`, cells) without those in which only added columns are left: their sender has emptied them."""
    own = [name for name in below.columns if name not in ("row", "line", *added)]
    return below.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in own)) if added else below


def numbers_in(below: pl.DataFrame, added: list[str]) -> pl.DataFrame:
    """Which row of the file that was given back each row is, where an added cell still says so. Returns `NUMBERS`."""
    if not added:
        return pl.DataFrame(schema=NUMBERS)
    said = pl.coalesce(pl.col(name).str.extract(ROW_NUMBER).cast(pl.Int64) for name in added)
    return below.select("row", corrects_row=said).drop_nulls()


def _failures(found: pl.DataFrame) -> pl.DataFrame:
    wrong = found.filter(~(pl.col("is_known") & pl.col("is_alike")))
    rule = pl.when("is_known").then(pl.lit("F032")).otherwise(pl.lit("F031"))
    told = wrong.select("submission_id", rule, "answers").iter_rows()
    return pl.concat([no_failures(), *(file_failures(name, [(broken, named)]) for name, broken, named in told)])
