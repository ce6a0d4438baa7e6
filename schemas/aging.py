"""What waits for whom, and since when: the aging report as data."""

import polars as pl

from schemas.columns import Moment, Table, described


class Aging(Table):
    """One row for each open loop: sent to a provider, and neither closed nor placed with another since."""

    plan: str = described("The plan.")
    program: str = described("ECM or CS.")
    service: str = described("The service asked for.")
    provider_id: str = described("Who holds it.")
    provider_name: str = described("Its name.")
    referral_id: str = described("The referral.")
    loop: pl.Int64 = described("The loop.")
    cin: str = described("The member.")
    sent_on: pl.Date = described("Day that the first MIF or ASF with it was made: age counts from here.")
    status: str = described("Latest status; null when the provider told none.", nullable=True)
    status_date: pl.Date = described("Its day.", nullable=True)
    days_open: pl.Int64 = described("Days since it was sent.")
    days_since_update: pl.Int64 = described("Days since the latest status; since it was sent, where there is none.")
    bucket: str = described("Age: 0-29, 30-59, 60-89 or 90+, or as `thresholds.aging_days` says.")
    homeless: pl.Boolean = described("Whether the plan knows the member to be without a home.")
    goal_days: pl.Int64 = described("Days from sending within which it should close.")
    days_past_goal: pl.Int64 = described("Days beyond that; 0 while there is time.")
    stale: pl.Boolean = described("Whether nothing new was told of it with the files of the last period due.")
    last_reported_at: Moment = described("When the provider last reported the member.", nullable=True)
    contact_name: str = described("Who answers for the provider's files.", nullable=True)
    contact_email: str = described("Whom to ask.", nullable=True)


class AgingTrend(Table):
    """One row for each day looked at, program, provider and bucket: how many loops were open at its end."""

    plan: str = described("The plan.")
    on: pl.Date = described("The last day of a month, or the day of the report.")
    program: str = described("ECM or CS.")
    provider_id: str = described("Who held them.")
    bucket: str = described("Age on that day.")
    open: pl.Int64 = described("Loops open at its end.")


class AgingChange(Table):
    """One row for each program and provider: how the open loops of a month ago became those of today."""

    plan: str = described("The plan.")
    since: pl.Date = described("The last day of the month before.")
    program: str = described("ECM or CS.")
    provider_id: str = described("Who holds them.")
    provider_name: str = described("Its name.")
    open_before: pl.Int64 = described("Loops open then.")
    sent: pl.Int64 = described("Loops sent since.")
    closed: pl.Int64 = described("Loops closed since.")
    replaced: pl.Int64 = described("Loops since placed with another provider.")
    open_now: pl.Int64 = described("Loops open today: the first three and this add up.")
    oldest_before: pl.Int64 = described("Of those open then, in the oldest bucket.")
    oldest_now: pl.Int64 = described("Of those open today, in the oldest bucket.")
