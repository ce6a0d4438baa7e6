"""Aging files: the referrals that a provider is asked to work on, as a file for its folder beside the notice that speaks of them.

Which referrals these are, `aging_list` decides; when providers are asked, the schedule.
"""

from __future__ import annotations

import polars as pl

from outputs.tables import table_csv
from pipeline.aging_list import aging_list, list_file
from pipeline.notices import Owed
from pipeline.run import Job
from schemas.notices import NoticeKind

KIND = "aging"
COLUMNS = (
    *("plan", "program", "service", "referral_id", "cin", "last_name", "first_name"),
    *("sent_on", "status", "status_date", "days_open", "bucket", "past_goal"),
)


def hand_out_aging_lists(job: Job, new: pl.DataFrame, owed: Owed) -> None:
    """Put the list behind each new aging notice into the outbox of its provider, with the provider's own rows alone.

    new: `schemas.notices.Notices` that are queued by this job. The lists count when the notices do.
    """
    settings, on_roster = job.context.workspace.settings, job.context.workspace.roster["provider_id"]
    asked = new.filter(pl.col("kind") == NoticeKind.AGING.value, pl.col("provider_id").is_in(on_roster.implode()))
    names = owed.members.select("cin", "last_name", "first_name")
    for day in asked["tells_date"].unique().sort():
        listed = aging_list(owed.loops, owed.members, day, settings).join(names, on="cin", how="left", maintain_order="left")
        for provider_id in asked.filter(pl.col("tells_date") == day)["provider_id"].sort():
            rows = listed.filter(pl.col("provider_id") == provider_id).select(COLUMNS)
            name = pl.select(list_file(pl.lit(settings.plan.id), pl.lit(provider_id), pl.lit(day))).item()
            job.deliver(provider_id, name, table_csv(rows), kind=KIND, rows=rows.height)
