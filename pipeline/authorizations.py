"""Decides what a provider sees of its members' authorizations: those of every referral that is placed with it now.

Nothing clinical is among it, and nothing of a referral that has gone to another provider.
"""

from __future__ import annotations

import polars as pl

COLUMNS = (
    "referral_id",
    "program",
    "service",
    "cin",
    "plan_member_id",
    "last_name",
    "first_name",
    "authorization_status",
    "authorization_number",
    "request_received_at",
    "decision_at",
    "authorization_effective",
    "authorization_end",
)


def authorizations(referrals: pl.DataFrame, members: pl.DataFrame, assignments: pl.DataFrame) -> pl.DataFrame:
    """`provider_id` and `COLUMNS`, by provider and referral; all frames as they stand.

    A referral belongs to the provider of its last loop; one whose last loop has no provider is shown to nobody.
    """
    last = assignments.sort("referral_id", "loop").unique("referral_id", keep="last", maintain_order=True)
    placed = last.filter(pl.col("provider_id").is_not_null()).select("referral_id", "provider_id")
    older = members.filter(pl.col("previous_cin").is_not_null()).with_columns(cin="previous_cin")
    people = pl.concat([older, members]).unique("cin", keep="first", maintain_order=True)
    known = people.select("cin", "plan_member_id", "last_name", "first_name")
    return (
        referrals.drop("provider_id")
        .join(placed, on="referral_id", maintain_order="left")
        .join(known, on="cin", how="left", maintain_order="left")
        .select("provider_id", *COLUMNS)
        .sort("provider_id", "referral_id")
    )
