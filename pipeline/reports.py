"""The commands of `clr report`: what each is asked for, and how its result is shown. The work is done elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.command import DONE, Shared, UsageError, command

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from pipeline.run import Context

app = typer.Typer(no_args_is_help=True, help="Reports.")
PeriodOption = Annotated[str, typer.Option("--period", help="Reporting period, YYYY-MM; the last one due when left out.")]
MonthOption = Annotated[str, typer.Option("--period", help="At the end of a month, YYYY-MM; now when left out.")]
QuarterOption = Annotated[str, typer.Option("--period", help="Quarter, 2026-Q1, or month, 2026-02; the last quarter when left out.")]
KnownOption = Annotated[str, typer.Option("--known-at", help="As known then: 2026-03-05T21:00; the moment of the report when left out.")]


@command(app, "late")
def report_late(
    shared: Shared,
    period: PeriodOption = "",
    known_at: KnownOption = "",
    deliver: Annotated[bool, typer.Option("--deliver", help="Put each late provider's own rows into its outbox too.")] = False,
) -> int:
    """Who is late with which file: the late-provider exception report."""
    from outputs.console import records
    from pipeline.jobs import report_late as judge
    from pipeline.late_files import hand_out_late_files
    from pipeline.views import in_plan_time

    with shared.context() as context, wrong_usage():
        report = judge(context, period or None, _known_at(shared, context, known_at))
        handed_out = hand_out_late_files(context, report) if deliver else {}
        late, files = (in_plan_time(rows, context.workspace.settings) for rows in (report.lateness, report.files))
    rows = late.rename({"class_": "class"})
    data = {
        "period": report.period,
        "late": records(rows),
        "members": records(report.members),
        "files": records(files),
        "handed_out": handed_out,
    }
    shown = ("provider_id", "provider_name", "program", "class", "days_late", "members_expected", "members_missing", "consecutive_periods")
    shared.terminal.result(data, lambda: shared.terminal.table(rows.select(shown), f"Period {report.period}"))
    return DONE


@command(app, "aging")
def report_aging(shared: Shared, period: MonthOption = "", known_at: KnownOption = "") -> int:
    """Open loops by age, provider, program and service, with their trend and what has changed."""
    from pipeline.reporting import report_aging as make

    with shared.context() as context, wrong_usage():
        report = make(context, period, _known_at(shared, context, known_at))
    shown = ("provider_id", "program", "service", "referral_id", "sent_on", "status", "days_open", "bucket", "days_past_goal")
    tables = {"loops": report.loops, "trend": report.trend, "changes": report.changes}
    return _tell(shared, context, {"day": report.day}, tables, report.loops.select(shown), f"Open loops on {report.day}")


@command(app, "closures")
def report_closures(shared: Shared, period: QuarterOption = "", known_at: KnownOption = "") -> int:
    """How the referrals of a quarter closed, by reason and provider, and how long that took."""
    from pipeline.reporting import report_closures as make

    with shared.context() as context, wrong_usage():
        report = make(context, period, _known_at(shared, context, known_at))
    shown = report.closings.select("level", "program", "provider_id", "closure_reason", "closures", "closed", "share", "outlier")
    tables = {"closures": report.closings, "times": report.times}
    return _tell(shared, context, {"period": report.period.name}, tables, shown, f"Closures, referrals of {report.period.name}")


@command(app, "denials")
def report_denials(shared: Shared, period: QuarterOption = "", known_at: KnownOption = "") -> int:
    """How many referrals of a quarter were denied, by referring entity, and why."""
    from pipeline.reporting import report_denials as make

    with shared.context() as context, wrong_usage():
        report = make(context, period, _known_at(shared, context, known_at))
    shown = report.denials.select("level", "program", "referring_entity", "referred", "decided", "denied", "share", "outlier")
    tables = {"denials": report.denials, "reasons": report.reasons}
    return _tell(shared, context, {"period": report.period.name}, tables, shown, f"Denials, referrals of {report.period.name}")


@command(app, "monitoring")
def report_monitoring(shared: Shared, period: PeriodOption = "", known_at: KnownOption = "") -> int:
    """What DHCS expects of a month, measured: decisions, files, notices and closures in time, outreach, errors."""
    from pipeline.reporting import report_monitoring as make

    with shared.context() as context, wrong_usage():
        rows = make(context, period, _known_at(shared, context, known_at))
    named = rows["period"][0]
    shown = rows.select(
        "measure", "program", "provider_id", "referring_entity", "detail", "numerator", "denominator", "value", "not_available"
    )
    return _tell(shared, context, {"period": named}, {"monitoring": rows}, shown, f"Monitoring, {named}")


@contextmanager
def wrong_usage() -> Iterator[None]:
    """What a report refuses, such as a period that is not over, is a mistake of who asked."""
    try:
        yield
    except ValueError as error:
        raise UsageError(str(error)) from None


def _known_at(shared: Shared, context: Context, text: str) -> datetime | None:
    return replace(shared, as_of=text).now(context.workspace.settings.plan.zone) if text else None


def _tell(shared: Shared, context: Context, facts: dict[str, Any], tables: dict[str, pl.DataFrame], shown: pl.DataFrame, title: str) -> int:
    from outputs.console import records
    from pipeline.views import in_plan_time

    told = {name: records(in_plan_time(rows, context.workspace.settings)) for name, rows in tables.items()}
    shared.terminal.result(facts | told, lambda: shared.terminal.table(in_plan_time(shown, context.workspace.settings), title))
    return DONE
