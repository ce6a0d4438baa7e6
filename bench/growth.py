"""A longer history for a store: what it holds, told again for other referrals in earlier months, in one committed run."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.store import begin, latest

GROWING = (
    "arrivals",
    "submissions",
    "sightings",
    "assignments",
    "listings",
    "observations",
    "events",
    "loops",
    "rows",
    "referrals",
    "findings",
)
MADE_OTHER = ("submission_id", "referral_id", "observation_id", "event_id", "file_name", "sha256", "first_submission_id")
MOMENTS = (pl.Datetime("us", "UTC"), pl.Date())


def grown(root: Path, told: Path, times: int) -> int:
    """Add to a store that many earlier months like what another store holds. Returns how many events it holds then."""
    before, model = latest(root), latest(told)
    as_of = before.runs["as_of"].max()
    run = begin(root, before.runs["plan"][0], "grow", as_of)  # type: ignore[arg-type]
    for table in GROWING:
        rows = model.read(table)
        for month in range(1, times + 1):
            run.append(table, _earlier(rows, month))
    run.commit("done", {}, as_of)  # type: ignore[arg-type]
    return latest(root).read("events").height


def _earlier(rows: pl.DataFrame, months: int) -> pl.DataFrame:
    names = [name for name in rows.columns if name in MADE_OTHER]
    moments = [name for name, dtype in rows.schema.items() if dtype in MOMENTS]
    period = [
        (pl.col("period").str.to_date("%Y-%m").dt.offset_by(f"-{months}mo").dt.strftime("%Y-%m"))
        for name in rows.columns
        if name == "period"
    ]
    return rows.with_columns(
        *(pl.format("{}-" + str(months), name).alias(name) for name in names),
        *(pl.col(name).dt.offset_by(f"-{months}mo") for name in moments),
        *period,
    )
