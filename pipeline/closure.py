"""Closing: what an observation says about the end of a loop, by the plan's rule.

Decides whether one observation closes; in which order closings count, the history decides.
"""

from __future__ import annotations

import polars as pl

from config.profile import Closing
from schemas.codes import CLOSING_STATUSES, ClosureReason, Program, ReferralStatus


def with_closing(observations: pl.DataFrame, closing: Closing) -> pl.DataFrame:
    """Add what each observation says about closing.

    observations: `program`, `status`, `closure_reason`, `engagement`, `source`. Returns them with
    `closes` (Boolean), `closing_reason` (null unless it closes) and `derived` (the reason was derived from the engagement).
    Source: DHCS CLR guidance, Table 5; Health Net / CHPIV notice for the rule `engagement`.
    """
    told = pl.col("status").is_in(CLOSING_STATUSES).fill_null(value=False)
    by_engagement = _engagement_closes(closing)
    engagement_reason = pl.col("engagement").replace_strict(closing.ecm_engagement_reasons, default=None, return_dtype=pl.String)
    if closing.rule == "status":
        closes = told
    else:
        of_provider = pl.col("source") == "rtf"
        of_ecm = pl.col("program") == Program.ECM
        declined = (pl.col("status") == ReferralStatus.DECLINED).fill_null(value=False)
        closes = declined | pl.when(of_provider).then(pl.when(of_ecm).then(by_engagement).otherwise(told & by_engagement)).otherwise(told)
    return observations.with_columns(closes=closes.fill_null(value=False)).with_columns(
        closing_reason=pl.when("closes").then(pl.when(told).then("closure_reason").otherwise(engagement_reason)),
        derived=pl.col("closes") & ~told,
    )


def disagreements(rows: pl.DataFrame, closing: Closing) -> pl.DataFrame:
    """Rows whose engagement and status say different things about whether the loop is closed.

    rows: `program`, `referral_status`, `closure_reason`, `engagement` and others, one for each row of a Return Transmission File.
    """
    status = pl.col("referral_status")
    both_told = status.is_not_null() & pl.col("engagement").is_not_null()
    by_engagement = _engagement_closes(closing)
    served = pl.col("closure_reason") == ClosureReason.SERVICES_RECEIVED
    only_engagement = by_engagement & ~status.is_in(CLOSING_STATUSES)
    needs_engagement = served if closing.rule == "status" else pl.lit(value=True)
    only_status = (status == ReferralStatus.LOOP_CLOSED) & ~by_engagement & needs_engagement
    return rows.filter(both_told & (only_engagement | only_status).fill_null(value=False))


def closes_alone(closing: Closing) -> pl.Expr:
    """True where an ECM engagement closes the loop by itself, so that the status may be left blank."""
    if closing.rule == "status":
        return pl.lit(value=False)
    return (pl.col("program") == Program.ECM) & _engagement_closes(closing)


def _engagement_closes(closing: Closing) -> pl.Expr:
    of_ecm = pl.col("engagement").is_in(list(closing.ecm_engagement_reasons))
    of_cs = pl.col("engagement").is_in(list(closing.cs_engagements))
    return pl.when(pl.col("program") == Program.ECM).then(of_ecm).otherwise(of_cs).fill_null(value=False)
