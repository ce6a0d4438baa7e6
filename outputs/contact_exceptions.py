"""The exception list of notices: whose contact, or what else, has to be mended before anybody can be told.

Decides the file's columns and order; which notices wait for what, the pipeline has decided.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import polars as pl

from outputs.tables import table_csv

WHO = ("why", "recipient_kind", "recipient", "cin", "provider_id")


def contact_exceptions(notices: pl.DataFrame, zone: ZoneInfo) -> bytes:
    """One row for each recipient and reason as CSV, the most urgent first: how many notices wait, of which referrals, and since when due.

    notices: those that cannot go, as `schemas.notices.Notices`. A member is named by `cin`, a provider by `provider_id`.
    """
    is_person = pl.col("recipient_kind").is_in(["member", "guardian"])
    named = notices.with_columns(
        why="why_manual",
        cin=pl.when(is_person | (pl.col("recipient_kind") == "pcp")).then("cin"),
        provider_id=pl.when(pl.col("recipient_kind") == "provider").then("provider_id"),
    )
    rows = named.group_by(WHO).agg(
        referrals=pl.col("referral_id").drop_nulls().unique().sort().str.join(";"),
        notices=pl.len(),
        first_due_at=pl.col("due_at").min(),
    )
    return table_csv(rows.sort("first_due_at", *WHO).with_columns(pl.col("first_due_at").dt.convert_time_zone(str(zone))))
