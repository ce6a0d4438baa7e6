"""Outreach: what each row of an Initial Outreach Tracker amounts to, given the attempts that are known.

An attempt says nothing of where its referral stands: that is told by Return Transmission Files alone.
"""

from __future__ import annotations

import polars as pl

from pipeline.findings import errors_in, row_failures
from pipeline.names import digest_names
from pipeline.settle import ROW, split_repeated, with_outcomes, without
from schemas.history import LOOP
from schemas.outreach import OutreachAttempts
from schemas.submissions import RowOutcome

WHAT = ("attempted_on", "method", "successful", "provider_type", "minutes")
ATTEMPT = (*LOOP, "provider_id", *WHAT)
ATTEMPTS = pl.List(pl.Struct({name: OutreachAttempts.polars_schema()[name] for name in ATTEMPT}))


def settle_attempts(rows: pl.DataFrame, failures: pl.DataFrame, told: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give every row its outcome.

    rows: attempts, those of one row of a file with one row number (`pipeline.packed.unpack`), matched (`pipeline.match.match_attempts`),
    with every `<element>_text`; at most one submission of each provider.
    failures: what is wrong with them so far. told: `schemas.outreach.OutreachAttempts` of their loops.
    Returns each row of a file once, with `outcome` and `attempts` (those that it tells first), and all failures, the given ones included.
    """
    said = rows.with_columns(attempted_on="outreach_date", method="outreach_method", successful=pl.col("outreach_successful") == "Y")
    fresh, repeated = split_repeated(without(said, errors_in(failures)), said)
    news = (
        fresh.sort(ROW, maintain_order=True)
        .join(told, on=list(ATTEMPT), how="anti", nulls_equal=True, maintain_order="left")
        .unique(ATTEMPT, keep="first", maintain_order=True)
    )
    attempts = news.select(*ROW, attempts=pl.struct(ATTEMPT)).group_by(ROW, maintain_order=True).agg("attempts")
    unchanged = fresh.select(ROW).unique(maintain_order=True).join(attempts, on=ROW, how="anti", maintain_order="left")
    once = said.unique(ROW, keep="first", maintain_order=True).join(attempts, on=ROW, how="left", maintain_order="left")
    settled = with_outcomes(once, errors_in(failures), repeated, unchanged)
    every = pl.concat([failures, row_failures(repeated, "R331")])
    return settled, every.unique(maintain_order=True)  # what is wrong with a packed row is wrong with each of its attempts


def outreach_attempts(rows: pl.DataFrame) -> pl.DataFrame:
    """Accepted rows of merged trackers as attempts: `schemas.outreach.OutreachAttempts`, in their order."""
    accepted = rows.filter(pl.col("outcome") == RowOutcome.ACCEPTED.value)
    of_rows = accepted.drop(name for name in ATTEMPT if name in accepted.columns)
    told = of_rows.explode("attempts").unnest("attempts")
    return told.with_columns(attempt_id=digest_names("A", told.select(ATTEMPT))).select(OutreachAttempts.polars_schema().names())
