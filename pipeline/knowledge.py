"""What the plan knew at one moment of what had happened by another: the tables that reports are made of.

Two clocks: `as_of` is the moment that a report speaks of, `known_at` the one at which the plan knew what it stands on. The same two
moments give the same tables, whatever has come since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from config.settings import Settings
from pipeline.history import Folded, fold
from pipeline.holdings import plan_day
from pipeline.run import Context
from pipeline.store import Snapshot


@dataclass(frozen=True)
class Knowledge:
    """The tables, each read when it is asked for. providers: as the store has them, which keeps what they were; else the roster."""

    snapshot: Snapshot
    settings: Settings
    roster: pl.DataFrame
    as_of: datetime
    known_at: datetime

    @cached_property
    def history(self) -> Folded:
        """`schemas.history.Events`, `Closures` and `Loops` of what had happened by then."""
        happened = pl.col("status_date") <= plan_day(self.as_of, self.settings)
        placed = pl.col("assigned_at").is_null() | (pl.col("assigned_at") <= self.as_of)
        return fold(
            self.snapshot.read("assignments").filter(placed),
            self.listings,
            self.snapshot.read("observations").filter(pl.col("received_at") <= self.known_at, happened),
            self.settings.profile.closing,
            self.settings.plan.time_zone,
        )

    @cached_property
    def listings(self) -> pl.DataFrame:
        return self.snapshot.read("listings").filter(pl.col("produced_at") <= self.as_of)

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Both moments in plan time."""
        return self.as_of.astimezone(self.settings.plan.zone), self.known_at.astimezone(self.settings.plan.zone)

    @cached_property
    def attempts(self) -> pl.DataFrame:
        """`schemas.outreach.OutreachAttempts` made by then."""
        made = pl.col("attempted_on") <= plan_day(self.as_of, self.settings)
        return self.snapshot.read("outreach_attempts").filter(made, pl.col("received_at") <= self.known_at)

    @cached_property
    def submissions(self) -> pl.DataFrame:
        """How each file that had come by then is judged."""
        return self.snapshot.current("submissions").filter(pl.col("received_at") <= self.as_of)

    @cached_property
    def members(self) -> pl.DataFrame:
        return self.snapshot.current("members")

    @cached_property
    def referrals(self) -> pl.DataFrame:
        return self.snapshot.current("referrals")

    @cached_property
    def providers(self) -> pl.DataFrame:
        stored = self.snapshot.current("providers")
        return self.roster if stored.is_empty() else stored


def knowledge(context: Context, as_of: datetime, known_at: datetime) -> Knowledge:
    """What was known at `known_at` of what had happened by `as_of`."""
    workspace = context.workspace
    return Knowledge(context.snapshot().known_at(known_at), workspace.settings, workspace.roster, as_of, known_at)
