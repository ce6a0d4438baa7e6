"""Persons: the CIN by which a member is known now, whatever CIN a file or a record has."""

from __future__ import annotations

import polars as pl

CIN_CHANGES = 4  # how often a person's CIN is followed through records that were combined


def with_person(frame: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Add `person`: the CIN by which the member is known now, through CINs that were given up."""
    known = (
        members.filter(pl.col("previous_cin").is_not_null())
        .select(cin="previous_cin", now="cin")
        .unique("cin", keep="last", maintain_order=True)
    )
    for _ in range(CIN_CHANGES - 1):
        later = known.select(now="cin", later="now")
        known = known.join(later, on="now", how="left", maintain_order="left").select("cin", now=pl.coalesce("later", "now"))
    followed = frame.join(known, on="cin", how="left", maintain_order="left")
    return followed.with_columns(person=pl.coalesce("now", "cin")).drop("now")
