"""Runs: every job, committed by one row."""

from schemas.columns import Moment, Table, described


class Runs(Table):
    """One row for each committed run. Rows of other tables count only when their `run_id` stands here."""

    run_id: str = described("Counts runs; sorts as they were.")
    plan: str = described("The plan.")
    job: str = described("What ran.")
    period: str = described("Period that it ran for, if one.", nullable=True)
    as_of: Moment = described("The moment that the run took for now.")
    started_at: Moment = described("When it started.")
    ended_at: Moment = described("When it committed.")
    state: str = described("done, or attention when something needs a person.")
    counts: str = described("What it did, as JSON.")
    versions: str = described("Version of each table that holds this run's rows, as JSON.")
    digests: str = described("Digest of every file that the run wrote to the store, as JSON.")
