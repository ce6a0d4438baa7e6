"""The history while a run adds to it: what the store holds together with what the run has found out so far.

Keeps every loop up to date, folding only those that are touched. What an observation means is decided by `history`.
"""

from __future__ import annotations

import polars as pl

from pipeline.history import Folded, fold
from pipeline.run import Job
from schemas.history import LOOP, Assignments, Events, Listings, Loops, Observations

FACTS = {"assignments": Assignments, "listings": Listings, "observations": Observations}


class WorkingHistory:
    """The referral history as of a moment inside a run. loops: `schemas.history.Loops`, all of them."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._added = {table: model.no_rows() for table, model in FACTS.items()}
        self._touched = Loops.no_rows().select(LOOP)
        self._events = Events.no_rows()
        self.loops = job.before.read("loops")

    def add(self, **facts: pl.DataFrame) -> None:
        """Add rows of `assignments`, `listings` or `observations`, and bring the loops that they touch up to date."""
        for table, rows in facts.items():
            self._added[table] = pl.concat([self._added[table], rows.select(self._added[table].columns)])
        touched = pl.concat([rows.select(LOOP) for rows in facts.values()]).unique()
        if touched.height:
            self._touched = pl.concat([self._touched, touched]).unique()
            folded = self._fold(touched)
            self.loops = pl.concat([self.loops.join(touched, on=LOOP, how="anti", maintain_order="left"), folded.loops])
            fresh = folded.events.select(Events.polars_schema().names())
            self._events = pl.concat([self._events.join(touched, on=LOOP, how="anti"), fresh])

    def of(self, table: str, loops: pl.DataFrame) -> pl.DataFrame:
        """Facts of some loops, stored or added by this run, in the order of the store."""
        keys = loops.select(LOOP).unique()
        stored = self._job.before.scan(table).drop("run_id").join(keys.lazy(), on=list(LOOP), how="semi").collect()
        return pl.concat([stored, self._added[table].join(keys, on=LOOP, how="semi", maintain_order="left")])

    def first_sent(self) -> pl.DataFrame:
        """When each loop was first sent: `plan`, `referral_id`, `loop`, `sent_at`."""
        listings = pl.concat([self._job.before.scan("listings").drop("run_id"), self._added["listings"].lazy()])
        return listings.group_by(LOOP).agg(sent_at=pl.col("produced_at").min()).collect()

    def store(self) -> None:
        """Hand everything that the run added, and what the touched loops amount to, to its commit."""
        for table, rows in self._added.items():
            self._job.run.append(table, rows)
        self._job.run.replace("events", ("event_id",), self._events.sort("event_id"), whole=self._touched)
        self._job.run.replace("loops", LOOP, self.loops.join(self._touched, on=LOOP, how="semi").sort(LOOP))

    def _fold(self, touched: pl.DataFrame) -> Folded:
        settings = self._job.context.workspace.settings
        assignments, listings, observations = (self.of(table, touched) for table in FACTS)
        return fold(assignments, listings, observations, settings.profile.closing, settings.plan.time_zone)
