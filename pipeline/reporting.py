"""Reporting: each report is worked out from what was known, and written into the folder of its day.

A report is no part of a run and changes nothing in the store: at the same moments it is made again to the byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from outputs.aging_report import aging_report
from outputs.closings_report import closings_report, denials_report
from outputs.files import write_file
from outputs.monitoring_report import monitoring_report
from outputs.report import Report, report_page, report_workbook
from outputs.tables import table_csv
from pipeline.aging import AgingReport, aging, bucket_names
from pipeline.closings import ClosingReport, Told, closings
from pipeline.denials import DenialReport, denials
from pipeline.holdings import plan_day
from pipeline.knowledge import Knowledge, knowledge
from pipeline.lateness import last_due_period
from pipeline.monitoring import Monitored, monitoring
from pipeline.periods import Period, end_of, last_quarter, month_of, period_of
from pipeline.report_folders import day_folder
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
    buckets = bucket_names(settings.profile.thresholds.aging_days)
    told = aging_report(found.loops, found.trend, found.changes, buckets, settings.plan.name, *known.moments)
    write_report(context, known, "aging", told, {"aging": found.loops, "aging_trend": found.trend, "aging_changes": found.changes})
    return found


def report_closures(context: Context, period: str = "", known_at: datetime | None = None) -> ClosingReport:
    """Write the report on how the referrals of a quarter or a month closed: closures.{csv,xlsx,html}, closure_times.csv.

    period: the last quarter that is over when left out. Raises ValueError for one that is not over.
    """
    known, asked = _of_period(context, period, known_at)
    told = Told(known.history.loops, known.history.events, known.attempts, known.referrals, known.members, known.providers)
    found = closings(told, known.settings, known.as_of, asked)
    shown = closings_report(found.closings, found.times, asked.name, known.settings.plan.name, *known.moments)
    write_report(context, known, "closures", shown, {"closures": found.closings, "closure_times": found.times})
    return found


def report_denials(context: Context, period: str = "", known_at: datetime | None = None) -> DenialReport:
    """Write the report on what was denied of the referrals of a quarter or a month: denials.{csv,xlsx,html}, denial_reasons.csv.

    period: the last quarter that is over when left out. Raises ValueError for one that is not over.
    """
    known, asked = _of_period(context, period, known_at)
    found = denials(known.referrals, known.members, known.settings, known.as_of, asked)
    shown = denials_report(found.denials, found.reasons, asked.name, known.settings.plan.name, *known.moments)
    write_report(context, known, "denials", shown, {"denials": found.denials, "denial_reasons": found.reasons})
    return found


def report_monitoring(context: Context, period: str = "", known_at: datetime | None = None) -> pl.DataFrame:
    """Write the monitoring report of a month: monitoring.{csv,xlsx,html}. Returns `schemas.monitoring.Monitoring`.

    period: the last month whose files were due when left out. Raises ValueError for one that is not over.
    """
    settings = context.workspace.settings
    asked = month_of(period or last_due_period(context.as_of, settings))
    end_of(asked, settings, context.as_of)
    known = knowledge(context, context.as_of, known_at or context.as_of)
    told = Monitored(
        known.referrals,
        known.members,
        known.providers,
        known.history.loops,
        known.listings,
        known.attempts,
        known.snapshot.current("notices"),
        known.submissions,
        known.snapshot.read("findings"),
    )
    found = monitoring(told, settings, context.as_of, asked)
    write_report(
        context, known, "monitoring", monitoring_report(found, asked.name, settings.plan.name, *known.moments), {"monitoring": found}
    )
    return found


def write_report(context: Context, known: Knowledge, name: str, report: Report, tables: Mapping[str, pl.DataFrame]) -> None:
    """Write `<name>.html`, `<name>.xlsx`, and each of the tables as CSV under its name, into its folder."""
    settings = context.workspace.settings
    folder = day_folder(context, known.known_at)
    for table, rows in tables.items():
        write_file(folder / f"{table}.csv", table_csv(in_plan_time(rows, settings)))
    write_file(folder / f"{name}.xlsx", report_workbook(report, plan_day(context.as_of, settings)))
    write_file(folder / f"{name}.html", report_page(report))


def _of_period(context: Context, period: str, known_at: datetime | None) -> tuple[Knowledge, Period]:
    settings = context.workspace.settings
    asked = period_of(period) if period else last_quarter(context.as_of, settings)
    end_of(asked, settings, context.as_of)
    return knowledge(context, context.as_of, known_at or context.as_of), asked
