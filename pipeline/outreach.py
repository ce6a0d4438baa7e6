"""Outreach: what each row of an Initial Outreach Tracker amounts to, and which attempts return files add to those known.

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
OF_RETURNS = {  # what a Return Transmission File calls them
    "attempted_on": "outreach_date",
    "method": "outreach_method",
    "successful": "outreach_successful",
    "provider_type": "outreach_provider_type",
    "minutes": "outreach_minutes",
}


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
    return _named(rows.filter(pl.col("outcome") == RowOutcome.ACCEPTED.value))


def with_attempt(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `attempts` to matched rows of Return Transmission Files: the one that stands beside the status, null where none does.

    rows: values of one kind, with `today`. An attempt that has not been made yet is none.
    """
    if OF_RETURNS["attempted_on"] not in rows.columns:
        return rows
    said = {name: pl.col(column) if column in rows.columns else pl.lit(None) for name, column in OF_RETURNS.items()}
    said["successful"] = said["successful"].cast(pl.String) == "Y"
    types = OutreachAttempts.polars_schema()
    attempt = pl.struct(said.get(name, pl.col(name)).cast(types[name]).alias(name) for name in ATTEMPT)
    happened = (said["attempted_on"] <= pl.col("today")).fill_null(value=False)
    return rows.with_columns(attempts=pl.when(happened).then(pl.concat_list(attempt)))


def attempts_beside(rows: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Attempts that rows of merged Return Transmission Files tell of and nobody told before: `schemas.outreach.OutreachAttempts`.

    rows: accepted and others; one whose status is known already may still tell of a new attempt. told: the attempts of their loops,
    those of the trackers of these submissions included. An attempt that says nothing else than another one of its day, and less, is
    that one: a return file leaves out what a tracker asks for.
    """
    said = pl.col("outcome").is_in([RowOutcome.ACCEPTED.value, RowOutcome.UNCHANGED.value]) & pl.col("attempts").is_not_null()
    named = _named(rows.filter(said).sort("received_at", *ROW)).unique("attempt_id", keep="first", maintain_order=True)
    known = pl.concat([told.with_columns(is_told=pl.lit(value=True)), named.with_columns(is_told=pl.lit(value=False))])
    pairs = named.join(known, on=[*LOOP, "provider_id", "attempted_on"], how="inner", suffix="_other", maintain_order="left")
    says_no_more = [pl.col(name).is_null() | pl.col(name).eq_missing(pl.col(f"{name}_other")) for name in WHAT if name != "attempted_on"]
    another = pl.col("is_told") | (pl.col("attempt_id") != pl.col("attempt_id_other"))
    return named.join(pairs.filter(another, *says_no_more).select("attempt_id"), on="attempt_id", how="anti", maintain_order="left")


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    """The attempts of rows, each with its name."""
    told = rows.drop(name for name in ATTEMPT if name in rows.columns).explode("attempts").unnest("attempts")
    return told.with_columns(attempt_id=digest_names("A", told.select(ATTEMPT))).select(OutreachAttempts.polars_schema().names())
