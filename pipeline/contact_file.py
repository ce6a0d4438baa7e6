"""The file of contact changes: what providers reported anew goes to the plan's own systems, each change on the file of one day.

What counts as a change is decided by `contacts`.
"""

from __future__ import annotations

import polars as pl

from outputs.tables import table_csv
from pipeline.contacts import confirmations, contact_changes
from pipeline.run import Job
from schemas.contacts import PARTY, ContactChanges, ContactPublications

FOLDER = "outbox/plan"
COLUMNS = ("change_id", *(name for name in ContactChanges.polars_schema() if name != "change_id"))


def tell_plan(job: Job, reports: pl.DataFrame) -> int:
    """Let reports (`schemas.contacts.ContactReports`) count with the run, and write the changes in them. Returns how many are written.

    A provider that fills in what the plan holds already says nothing new.

    The file of a day holds whatever was first written on that day, that of earlier runs included: whoever reads it after the last run
    of the day misses nothing, and whoever reads it after each run knows the rows again by their `change_id`.
    """
    if reports.is_empty():
        return 0
    before = job.before
    told = before.scan("contact_reports").drop("run_id").join(reports.lazy().select(PARTY).unique(), on=PARTY, how="semi").collect()
    changes = contact_changes(pl.concat([told, reports]))
    job.run.append("contact_reports", reports)
    job.run.replace("contact_changes", ("change_id",), changes)
    published = before.read("contact_publications")
    of_run = changes.join(reports.select("submission_id").unique(), on="submission_id", how="semi", maintain_order="left")
    said = pl.concat([published.select("change_id"), confirmations(changes, before.current("members")).select("change_id")])
    fresh = of_run.join(said, on="change_id", how="anti", maintain_order="left")
    if fresh.height:
        name = f"contact_changes_{job.context.today}.csv"
        publications = fresh.with_columns(file_name=pl.lit(name), published_at=pl.lit(job.context.as_of))
        job.run.append("contact_publications", publications.select(ContactPublications.polars_schema().names()))
        standing = pl.concat([before.read("contact_changes").join(changes, on="change_id", how="anti"), changes])
        of_today = pl.concat([published.filter(pl.col("file_name") == name).select("change_id"), fresh.select("change_id")])
        zone = job.context.workspace.settings.plan.time_zone
        job.publish(f"{FOLDER}/{name}", _content(standing.join(of_today, on="change_id", how="semi"), zone))
    return fresh.height


def _content(changes: pl.DataFrame, time_zone: str) -> bytes:
    """The changes in the order in which they hold: the later one of a member stands."""
    in_order = changes.sort("received_at", "submission_id", "row", "what", "change_id")
    return table_csv(in_order.select(COLUMNS).with_columns(pl.col("received_at").dt.convert_time_zone(time_zone)))
