"""The monitoring report as workbook and page.

Decides what stands where and in which words; what is measured, and of whom, the pipeline has decided.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from outputs.report import NOT_AVAILABLE, Figure, Report, Section, moments
from schemas.monitoring import Measure

FIGURES = {"numerator": "Cases", "denominator": "Of", "shown": "Figure"}
REMARK = {NOT_AVAILABLE: "Remark"}
WORDS = {
    Measure.COMMUNITY: "Referrals from the community",
    Measure.ROUTINE_DECISION: "Routine decisions in time",
    Measure.EXPEDITED_DECISION: "Expedited decisions in time",
    Measure.FIRST_MIF: "First MIF in time",
    Measure.NOTICES: "Notices in time",
    Measure.LATE_NOTICES: "Late notices",
    Measure.CLOSED: "Closed in time",
    Measure.CLOSED_HOMELESS: "Closed in time, without a home",
    Measure.PENDING: "Open loops by age",
    Measure.DENIED: "Denied, of those decided",
    Measure.ATTEMPTS: "Outreach attempts, year to date",
    Measure.SUCCESSES: "Successful attempts, year to date",
    Measure.SUCCESS_SHARE: "Successful, of attempts told with outcome",
    Measure.REJECTED_ROWS: "Rows rejected",
    Measure.ROWS_WITH_RULE: "Rows with the error",
    Measure.FILES_WITH_RULE: "Files with the error",
}
ERRORS = [one.value for one in (Measure.REJECTED_ROWS, Measure.ROWS_WITH_RULE, Measure.FILES_WITH_RULE)]
HEADLINES = (Measure.COMMUNITY, Measure.ROUTINE_DECISION, Measure.FIRST_MIF, Measure.NOTICES, Measure.CLOSED)
ABOUT = {
    "In time": "A limit that ran out in the month is a case of the month, whether or not what it was for ever happened.",
    "No figure": "Where nothing can be counted the report says why; a 0 is a true 0.",
    "Errors": "For help, not for blame: where many rows fall to one rule, a call is worth more than a findings file.",
    "Outreach": "Cumulative from January 1 to the end of the month, as the quarterly report asks for it.",
    "Source": "DHCS CLR Implementation Guidance, II.C, Figure 2; ECM Policy Guide. Each figure is defined in docs/reports.md.",
}


def monitoring_report(rows: pl.DataFrame, period: str, plan_name: str, as_of: datetime, known_at: datetime) -> Report:
    """rows: `schemas.monitoring.Monitoring`. Moments in plan time."""
    words = {measure.value: text for measure, text in WORDS.items()}
    told = rows.with_columns(what=pl.col("measure").replace_strict(words, return_dtype=pl.String), shown=_shown())
    of_provider, of_entity = pl.col("provider_id").is_not_null(), pl.col("referring_entity").is_not_null()
    error = pl.col("measure").is_in(ERRORS)
    plan = {"what": "Measure", "program": "Program", "detail": "Detail"}
    provider = {"provider_name": "Provider", "provider_id": "Provider ID", "program": "Program", "what": "Measure", "detail": "Detail"}
    entity = {"referring_entity": "Referring entity", "program": "Program"}
    missing = rows.filter(pl.col("value").is_null()).height
    return Report(
        title=f"Monitoring, {period}",
        plan_name=plan_name,
        moments=moments(as_of, known_at),
        lead=f"{rows.height:,} figures of {period}" + (f"; {missing:,} are not available, each with the reason." if missing else "."),
        figures=[_headline(row) for row in told.iter_rows(named=True) if _is_headline(row)],
        sections=[
            Section("The plan", "Every measure of the plan.", told.filter(~of_provider & ~of_entity), plan | FIGURES | REMARK),
            Section("By provider", "What is told of providers.", told.filter(of_provider & ~error), provider | FIGURES | REMARK),
            Section(
                "Errors by provider and rule",
                "In the return files of the month.",
                told.filter(of_provider & error).sort("provider_id", "program", "value", descending=[False, False, True], nulls_last=True),
                provider | FIGURES | REMARK,
                sheet="Errors",
            ),
            Section("Denied by referring entity", "Of the month's referrals.", told.filter(of_entity), entity | FIGURES),
        ],
        about=ABOUT,
    )


def _shown() -> pl.Expr:
    """A figure as people read it: a share in percent, a number as it is."""
    percent = pl.format("{}%", (100 * pl.col("value")).round(1))
    return (
        pl.when(pl.col("value").is_null())
        .then(pl.lit("n/a"))
        .when(pl.col("unit") == "share")
        .then(percent)
        .otherwise(pl.col("value").round(0).cast(pl.Int64).cast(pl.String))
    )


def _is_headline(row: dict[str, object]) -> bool:
    return row["measure"] in HEADLINES and row["provider_id"] is None and row["detail"] is None and row["program"] is not None


def _headline(row: dict[str, object]) -> Figure:
    value, goal = row["value"], row["goal"]
    if not isinstance(value, float):
        return Figure(f"{row['program']}: {row['what']}", None, str(row[NOT_AVAILABLE]))
    missed = isinstance(goal, float) and value <= goal
    return Figure(
        f"{row['program']}: {row['what']}", str(row["shown"]), f"{row['numerator']:,} of {row['denominator']:,}", "bad" if missed else ""
    )
