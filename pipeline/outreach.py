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


def settle_attempts(rows: pl.DataFrame, failures: pl.DataFrame, told: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give every row its outcome.

    rows: matched rows (`pipeline.match.match_attempts`) with every `<element>_text`; at most one submission of each provider.
    failures: what is wrong with them so far. told: `schemas.outreach.OutreachAttempts` of their loops.
    Returns the rows with the columns of an attempt and `outcome`, and all failures, the given ones included.
    """
    said = rows.with_columns(attempted_on="outreach_date", method="outreach_method", successful=pl.col("outreach_successful") == "Y")
    fresh, repeated = split_repeated(without(said, errors_in(failures)), said)
    in_order = fresh.sort(ROW)
    told_before = in_order.join(told, on=list(ATTEMPT), how="semi", nulls_equal=True)
    told_above = in_order.filter(~in_order.select(pl.struct(ATTEMPT).is_first_distinct()).to_series())
    unchanged = pl.concat([told_before.select(ROW), told_above.select(ROW)])
    settled = with_outcomes(said, errors_in(failures), repeated, unchanged)
    return settled, pl.concat([failures, row_failures(repeated, "R331")])


def outreach_attempts(rows: pl.DataFrame) -> pl.DataFrame:
    """Accepted rows of merged trackers as attempts: `schemas.outreach.OutreachAttempts`, in their order."""
    accepted = rows.filter(pl.col("outcome") == RowOutcome.ACCEPTED.value)
    return accepted.with_columns(attempt_id=digest_names("A", accepted.select(ATTEMPT))).select(OutreachAttempts.polars_schema().names())
