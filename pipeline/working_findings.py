"""The findings while a run adds to them: what the store holds together with what the run has found out so far.

Says what every batch of files settles. What settles a finding is decided by `settlements`.
"""

from __future__ import annotations

import polars as pl

from pipeline.judgement import Judgement
from pipeline.run import Job
from pipeline.settlements import pairs, settlements
from schemas.corrections import Settlements
from schemas.findings import Findings
from schemas.submissions import Rows


class WorkingFindings:
    """Findings, rows and settlements as of a moment inside a run. rows: `schemas.submissions.Rows` of files that are not held."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._fresh = Findings.no_rows()
        self._waiting = Rows.no_rows()
        self._settled = Settlements.no_rows()
        self.rows = job.before.read("rows")

    def settle(self, submissions: pl.DataFrame, judgement: Judgement, told: pl.DataFrame) -> pl.DataFrame:
        """Add what a batch was told, and see what it settles. Returns `Settlements` that are new.

        submissions: all that stand, the batch's own last. told: findings on the batch.
        """
        self.rows = pl.concat([self.rows, judgement.rows])
        self._waiting = pl.concat([self._waiting, judgement.waiting])
        self._fresh = pl.concat([self._fresh, told])
        standing = submissions.unique("submission_id", keep="last", maintain_order=True)
        possible = pairs(standing, judgement.submissions["submission_id"])
        if possible.is_empty():
            return Settlements.no_rows()
        ids = pl.concat([possible["submission_id"], possible["later"]]).unique()
        of_pairs = pl.col("submission_id").is_in(ids.implode())
        waiting = pl.concat([self._stored("held_rows", ids), self._waiting.filter(of_pairs)])
        settled = settlements(
            possible,
            standing,
            pl.concat([own := self.rows.filter(of_pairs), waiting.join(own, on="submission_id", how="anti", maintain_order="left")]),
            pl.concat([self._stored("findings", ids), self._fresh.filter(of_pairs)]).unique(maintain_order=True),
            pl.concat([self._stored("settlements", ids), self._settled.filter(of_pairs)]),
            judgement.covering,
            self._job.context.workspace.settings.profile.layouts,
        )
        self._settled = pl.concat([self._settled, settled])
        return settled

    def store(self) -> None:
        """Hand what was settled, and the rows of files that wait, to the run's commit."""
        self._job.run.append("settlements", self._settled)
        self._job.run.append("held_rows", self._waiting)

    def _stored(self, table: str, ids: pl.Series) -> pl.DataFrame:
        return self._job.before.scan(table).filter(pl.col("submission_id").is_in(ids.implode())).drop("run_id").collect()
