"""Settling: what each row of a Return Transmission File amounts to, given what is known already.

Every row ends as accepted, unchanged, duplicate or rejected. Nothing is stored here.
"""

from __future__ import annotations

import polars as pl

from config.profile import Closing
from pipeline.closure import closes_alone, disagreements, with_closing
from pipeline.findings import errors_in, row_failures
from schemas.codes import REFERRAL_STATUSES
from schemas.history import LOOP, RECEIPT_ORDER
from schemas.layouts import CLR_ELEMENTS
from schemas.submissions import RowOutcome

ROW = ("submission_id", "row")
IDENTITY = (*LOOP, "status", "status_date")
# What settling looks at: a file has eighty columns and more, and to carry them all through every join is most of its time.
SAID = (*CLR_ELEMENTS, "engagement")
LOOKED_AT = (*ROW, "line", *LOOP, "program", "source", *SAID, *(f"{name}_text" for name in SAID))


def settle(
    rows: pl.DataFrame, failures: pl.DataFrame, loops: pl.DataFrame, told: pl.DataFrame, closing: Closing
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give every row its outcome.

    rows: matched rows (`pipeline.match.match`) of one kind, with `plan`, `source` and every `<element>_text`; at most one submission of
    each provider. failures: what is wrong with them so far. loops: `schemas.history.Loops` before these rows.
    told: observations of those loops before these rows, in any order.
    Returns the rows with `status`, `closes` and `outcome`, and all failures, the given ones included.
    """
    said = with_closing(rows.select(*LOOKED_AT, status="referral_status"), closing)
    failures = pl.concat([failures, row_failures(_contradicting(without(said, errors_in(failures))), "R330", "closure_reason")])
    said = _with_closure_before(said, errors_in(failures), loops)
    silent = pl.all_horizontal(pl.col(f"{name}_text").is_null() for name in CLR_ELEMENTS)  # with a date or a reason it breaks R303
    open_and_silent = said.filter(silent & pl.col("is_known") & ~closes_alone(closing) & ~pl.col("closed_before"))
    still_open = row_failures(open_and_silent, "R301", "referral_status").with_columns(allowed=pl.lit(REFERRAL_STATUSES.allowed()))
    failures = pl.concat([failures, still_open])
    fresh, repeated = split_repeated(without(said, errors_in(failures)), rows)
    unchanged = _unchanged(fresh, told)
    remarks = [
        row_failures(repeated, "R331"),
        row_failures(disagreements(fresh, closing), "R320", "referral_status"),
        *_against_closure(fresh),
    ]
    outcomes = with_outcomes(said, errors_in(failures), repeated, unchanged)
    return rows.hstack(outcomes.select("status", "closes", "outcome")), pl.concat([failures, *remarks])


def without(rows: pl.DataFrame, errors: pl.DataFrame) -> pl.DataFrame:
    """The rows that no error speaks of."""
    return rows.join(errors.select(ROW), on=ROW, how="anti", maintain_order="left")


def split_repeated(good: pl.DataFrame, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Good rows that say something, and those whose every cell says what an earlier good row of the file says.

    rows: all rows, with `cin_text` and every other `<element>_text`.
    """
    several = rows.filter(pl.struct("submission_id", "cin_text").is_duplicated())  # only of these is every cell looked at
    candidates = several.join(good.select(ROW), on=ROW, how="semi", maintain_order="left")
    again = ~candidates.select(pl.struct(*_texts(rows), "submission_id").is_first_distinct()).to_series()
    if not again.any():
        return good, good.clear()
    repeated = candidates.filter(again).select(ROW)
    return without(good, repeated), good.join(repeated, on=ROW, how="semi", maintain_order="left")


def with_outcomes(said: pl.DataFrame, errors: pl.DataFrame, repeated: pl.DataFrame, unchanged: pl.DataFrame) -> pl.DataFrame:
    """Add `outcome`: what nothing else is said of is accepted."""
    outcomes = said.join(_outcomes(errors, repeated, unchanged), on=ROW, how="left", maintain_order="left")
    return outcomes.with_columns(pl.col("outcome").fill_null(RowOutcome.ACCEPTED.value))


def _with_closure_before(said: pl.DataFrame, errors: pl.DataFrame, loops: pl.DataFrame) -> pl.DataFrame:
    """Add how the row's loop was closed before the row: in the history, or by an earlier row of the file (a silent row: by any row)."""
    in_file = (
        without(said, errors)
        .filter("closes")
        .unique(LOOP, keep="first", maintain_order=True)
        .select(*LOOP, "submission_id", file_row="row", file_on="status_date", file_reason="closing_reason")
    )
    in_history = loops.select(
        *LOOP, known_on="closed_on", known_reason="closure_reason", closed_by="closure_source", is_known=pl.lit(value=True)
    )
    joined = said.join(in_history, on=LOOP, how="left", maintain_order="left").join(
        in_file, on=[*LOOP, "submission_id"], how="left", maintain_order="left"
    )
    earlier = (pl.col("file_row") < pl.col("row")) | (pl.col("referral_status_text").is_null() & (pl.col("file_row") != pl.col("row")))
    in_file_before = earlier.fill_null(value=False)
    return joined.with_columns(
        closed_before=pl.col("known_reason").is_not_null() | in_file_before,
        closed_on_before=pl.coalesce("known_on", pl.when(in_file_before).then("file_on")),
        reason_before=pl.coalesce("known_reason", pl.when(in_file_before).then("file_reason")),
    ).drop("known_on", "known_reason", "file_row", "file_on", "file_reason")


def _contradicting(good: pl.DataFrame) -> pl.DataFrame:
    identity = (*ROW[:1], *IDENTITY)
    several = pl.col("closure_reason").n_unique().over(identity) > 1
    return good.filter(pl.col("status").is_not_null() & several)


def _unchanged(fresh: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Rows that say what was said last: of the same status and day the same, of a closed loop nothing, or its closing again."""
    silent = fresh.filter(pl.col("status").is_null() & pl.col("closed_before"))
    told_closing = pl.col("closes") & ~pl.col("derived") & pl.col("closed_before")
    closing_again = fresh.filter(told_closing & (pl.col("closing_reason") == pl.col("reason_before")))
    columns = (*IDENTITY, "closure_reason", "engagement")
    before = told.sort(RECEIPT_ORDER, nulls_last=False).select(
        *columns, submission_id=pl.lit(None, dtype=pl.String), row=pl.lit(None, dtype=pl.Int64)
    )
    sequence = pl.concat([before, fresh.sort(ROW).select(*columns, *ROW)])
    sequence = sequence.filter(pl.col("status").is_not_null() & pl.struct(IDENTITY).is_duplicated())  # the others repeat nothing
    same_reason = pl.col("closure_reason").eq_missing(pl.col("closure_reason").shift(1).over(IDENTITY))
    last_engagement = pl.col("engagement").forward_fill().shift(1).over(IDENTITY)
    same_engagement = pl.col("engagement").is_null() | pl.col("engagement").eq_missing(last_engagement)
    said_before = pl.int_range(pl.len()).over(IDENTITY) > 0
    repeated = sequence.filter(said_before & same_reason & same_engagement & pl.col("row").is_not_null())
    return pl.concat([silent.select(ROW), closing_again.select(ROW), repeated.select(ROW)]).unique(maintain_order=True)


def _against_closure(fresh: pl.DataFrame) -> list[pl.DataFrame]:
    """What a row of a loop that was closed before says against its closure."""
    closed = fresh.filter(pl.col("closed_before") & pl.col("status").is_not_null())
    by_plan = closed.filter(pl.col("closed_by") == "plan")
    by_provider = closed.filter((pl.col("closed_by") != "plan").fill_null(value=True))
    closing = pl.col("closes") & ~pl.col("derived")
    same_reason = pl.col("closing_reason") == pl.col("reason_before")
    other_day = pl.col("status_date") != pl.col("closed_on_before")
    later = pl.col("status_date") > pl.col("closed_on_before")
    alone = fresh.filter(pl.col("derived") & ~pl.col("closed_before"))
    return [
        row_failures(by_provider.filter(~pl.col("closes") & later), "R401", "referral_status"),
        row_failures(by_provider.filter(closing & same_reason & other_day), "R402", "status_date"),
        row_failures(by_provider.filter(closing & ~same_reason), "R403", "closure_reason"),
        row_failures(by_plan, "R405", "referral_status"),
        row_failures(alone, "R404", "engagement"),
    ]


def _outcomes(errors: pl.DataFrame, repeated: pl.DataFrame, unchanged: pl.DataFrame) -> pl.DataFrame:
    parts = ((errors, RowOutcome.REJECTED), (repeated, RowOutcome.DUPLICATE), (unchanged, RowOutcome.UNCHANGED))
    ended = pl.concat([rows.select(*ROW, outcome=pl.lit(outcome.value)) for rows, outcome in parts])
    return ended.filter(pl.col("row").is_not_null()).unique(ROW, keep="first", maintain_order=True)


def _texts(rows: pl.DataFrame) -> list[str]:
    return [name for name in rows.columns if name.endswith("_text")]
