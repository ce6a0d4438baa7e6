"""Reporting: each report is worked out from what was known, and written into the folder of its day.

A report is no part of a run and changes nothing in the store: at the same moments it is made again to the byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from outputs.aging_report import aging_report
from outputs.files import write_file
from outputs.report import Report, report_page, report_workbook
from outputs.tables import table_csv
from pipeline.aging import AgingReport, aging, bucket_names
from pipeline.holdings import plan_day
from pipeline.knowledge import Knowledge, knowledge
from pipeline.periods import end_of, month_of
from pipeline.run import Context
from pipeline.views import in_plan_time


def report_aging(context: Context, period: str = "", known_at: datetime | None = None) -> AgingReport:
    """Write the report on open loops at the moment, or at the end of a month that is over: aging.{csv,xlsx,html} and its tables as CSV.

    known_at: when the plan knew what the report stands on; the moment itself when left out. Raises ValueError for a month not over yet.
    """
    settings = context.workspace.settings
    as_of = end_of(month_of(period), settings, context.as_of) if period else context.as_of
    known = knowledge(context, as_of, known_at or context.as_of)
    found = aging(known.history.loops, known.history.events, known.members, known.providers, settings, as_of)
    zone, buckets = settings.plan.zone, bucket_names(settings.profile.thresholds.aging_days)
    told = aging_report(
        found.loops, found.trend, found.changes, buckets, settings.plan.name, as_of.astimezone(zone), known.known_at.astimezone(zone)
    )
    write_report(context, known, "aging", told, {"": found.loops, "_trend": found.trend, "_changes": found.changes})
    return found


def write_report(context: Context, known: Knowledge, name: str, report: Report, tables: Mapping[str, pl.DataFrame]) -> None:
    """Write `<name>.html`, `<name>.xlsx`, and each table as `<name><key>.csv`, into the folder of the day.

    What stands on another day's knowledge than its own has a folder of its own, so that it never takes the place of a report once sent.
    """
    settings = context.workspace.settings
    day, known_on = plan_day(context.as_of, settings), plan_day(known.known_at, settings)
    folder = context.workspace.folder("reports") / (f"{day}" if known.known_at == context.as_of else f"{day}_known_{known_on}")
    for key, rows in tables.items():
        write_file(folder / f"{name}{key}.csv", table_csv(in_plan_time(rows, settings)))
    write_file(folder / f"{name}.xlsx", report_workbook(report, day))
    write_file(folder / f"{name}.html", report_page(report))
