"""Attempts to reach members: what providers report in Initial Outreach Trackers, and beside a status in Return Transmission Files."""

import polars as pl

from schemas.columns import Moment, Table, described


class OutreachAttempts(Table):
    """One row for each attempt, as it was first told. Key: `attempt_id`."""

    attempt_id: str = described("Name of the attempt, derived from what is told of it.")
    plan: str = described("The plan.")
    cin: str = described("The member, as the row has it.")
    referral_id: str = described("The referral that it belongs to.")
    loop: pl.Int64 = described("The loop that it belongs to.")
    provider_id: str = described("Who tried.")
    attempted_on: pl.Date = described("The day of the attempt.")
    method: str = described("How the member was approached; null where a return file does not say.", nullable=True)
    successful: pl.Boolean = described("Whether the member was reached; null where a return file does not say.", nullable=True)
    provider_type: str = described("Who approached the member: clinical or not; null where a return file does not say.", nullable=True)
    minutes: pl.Int64 = described("Minutes spent.", nullable=True)
    received_at: Moment = described("When the plan first knew.")
    submission_id: str = described("Where it came from.")
    row: pl.Int64 = described("Row of the file.")
