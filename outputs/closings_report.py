"""The reports on how loops closed and on which referrals were denied, as workbook and page.

Decides what stands where and in which order; what is counted, and what differs from the plan, the pipeline has decided.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from outputs.report import NOT_AVAILABLE, Figure, Report, Section, counted, moments
from schemas.closings import Level

PROVIDER = {"provider_name": "Provider", "provider_id": "Provider ID", "program": "Program"}
ENTITY = {"referring_entity": "Referring entity", "referring_npi": "NPI", "program": "Program"}
COMPARED = {"share": "Share", "low": "Low", "high": "High", "plan_share": "Plan", "outlier": "Differs", NOT_AVAILABLE: "Remark"}
SHARES = ("share", "low", "high", "plan_share")
CLOSING_HEADINGS = PROVIDER | {"closure_reason": "Reason", "closures": "Closures", "closed": "Of"} | COMPARED
TIME_HEADINGS = PROVIDER | {
    "what": "Days from sending to",
    "loops": "Loops",
    "reached": "Came to it",
    "median_reached": "Median of those",
    "p90_reached": "90th percentile of those",
    "median": "Median, estimated",
    "p90": "90th percentile, estimated",
    NOT_AVAILABLE: "Remark",
}
DENIAL_HEADINGS = ENTITY | {"referred": "Referred", "members": "Members", "decided": "Decided", "denied": "Denied"} | COMPARED
REASON_HEADINGS = ENTITY | {"denial_reason": "Reason", "denied": "Denied"}
MEASURES = {"first_outreach": "first outreach", "closure": "closure"}
INTERVAL = (
    "The 95 % Wilson score interval of the share. Where all of it lies above or below the plan's share, the row says so: a question to "
    "ask, no verdict. With fewer cases than thresholds.outlier_cases nothing is compared."
)
CLOSING_ABOUT = {
    "Referrals": "Those made in the period, by referral date; their loops as they stood at the moment. Sobering Centers are left out.",
    "Share": "Loops closed for the reason, of all that the provider closed; a denied authorization is closed by the plan and "
    "stands in its rows alone. The plan's share to compare with is that of all its providers of the program.",
    "Low, high, differs": INTERVAL,
    "First outreach": "The first attempt told, or the day of the status Outreach Initiated; a loop without either waited until it ended.",
    "Estimated": "Kaplan-Meier: loops that have not come to it count for as long as they were seen. Those that came to it alone would make "
    "everything look faster than it is.",
    "Source": "DHCS CLR Implementation Guidance, II.C, Figure 2: referrals of the previous quarter by closure reason and provider.",
}
DENIAL_ABOUT = {
    "Referrals": "Those made in the period, by their referral date. Sobering Centers are left out.",
    "Share": "Denied, of those decided. What is under review or needs information is not decided.",
    "Referring entity": "One NPI is one entity, however it is written; without an NPI the name tells. Members and families are one.",
    "Low, high, differs": INTERVAL,
    "Source": "DHCS CLR Implementation Guidance, II.C, Figure 2: share and volume of members referred by referring entity that are denied.",
}


def closings_report(
    closings: pl.DataFrame, times: pl.DataFrame, period: str, plan_name: str, as_of: datetime, known_at: datetime
) -> Report:
    """closings, times: `schemas.closings.Closings` and `ClosingTimes`. Moments in plan time."""
    of_plan, of_providers = (closings.filter(level=level.value) for level in (Level.PLAN, Level.PROVIDER))
    outliers = of_providers.filter(pl.col("outlier").is_not_null()).sort("closure_reason", "share", descending=[False, True])
    closed = int(of_plan["closures"].sum())
    told = times.with_columns(what=pl.col("measure").replace_strict(MEASURES, return_dtype=pl.String))
    lead = f"{counted(closed, 'loop', 'loops')} of the referrals made in {period} closed."
    return Report(
        title=f"How loops closed, referrals of {period}",
        plan_name=plan_name,
        moments=moments(as_of, known_at),
        lead=f"{lead} {_told_outliers(outliers)}" if closed else f"No loop of a referral made in {period} has closed.",
        figures=_time_figures(told),
        sections=[
            Section("To ask about", "Providers whose share of a reason differs from the plan's.", outliers, CLOSING_HEADINGS, SHARES),
            Section("Reasons", "Of all closures of the program.", of_plan, _of_plan(CLOSING_HEADINGS), ("share", "low", "high")),
            Section(
                "Times", "Of all loops sent.", told.filter(level=Level.PLAN.value), _of_plan(TIME_HEADINGS) | {NOT_AVAILABLE: "Remark"}
            ),
            Section("Reasons by provider", "Every reason of the program.", of_providers, CLOSING_HEADINGS, SHARES, worst=("outlier",)),
            Section("Times by provider", "Of all loops sent to the provider.", told.filter(level=Level.PROVIDER.value), TIME_HEADINGS),
        ],
        about=CLOSING_ABOUT,
    )


def denials_report(
    denials: pl.DataFrame, reasons: pl.DataFrame, period: str, plan_name: str, as_of: datetime, known_at: datetime
) -> Report:
    """denials, reasons: `schemas.closings.Denials` and `DenialReasons`. Moments in plan time."""
    of_plan, of_entities = (denials.filter(level=level.value) for level in (Level.PLAN, Level.ENTITY))
    most_first = of_entities.sort("denied", "share", "referring_entity", "program", descending=[True, True, False, False], nulls_last=True)
    referred, decided, denied = (int(of_plan[name].sum()) for name in ("referred", "decided", "denied"))
    why = (
        reasons.group_by("program", "denial_reason")
        .agg(pl.col("denied").sum())
        .sort("denied", "program", "denial_reason", descending=[True, False, False])
    )
    return Report(
        title=f"Denied referrals of {period}",
        plan_name=plan_name,
        moments=moments(as_of, known_at),
        lead=f"{counted(referred, 'referral was', 'referrals were')} made in {period}; {denied:,} of {decided:,} decided were denied."
        if referred
        else f"No referral was made in {period}.",
        figures=[_denial_figure(row) for row in of_plan.iter_rows(named=True)],
        sections=[
            Section("By referring entity", "Most denials first.", most_first, DENIAL_HEADINGS, SHARES, worst=("outlier",)),
            Section(
                "Reasons", "Why the plan denied.", _named(why), {"program": "Program"} | {"denial_reason": "Reason", "denied": "Denied"}
            ),
            Section("Reasons by referring entity", "Why the plan denied, by who referred.", _named(reasons), REASON_HEADINGS),
        ],
        about=DENIAL_ABOUT,
    )


def _told_outliers(outliers: pl.DataFrame) -> str:
    if outliers.is_empty():
        return "No provider's reasons differ from the plan's by more than chance."
    return f"{counted(outliers.height, 'share differs', 'shares differ')} from the plan's by more than chance."


def _time_figures(times: pl.DataFrame) -> list[Figure]:
    return [
        Figure(f"{row['program']}: days to {row['what']}", None if row["median"] is None else f"{row['median']:,}", _meaning(row))
        for row in times.filter(level=Level.PLAN.value).sort("program", "measure").iter_rows(named=True)
    ]


def _meaning(row: dict[str, object]) -> str:
    if row["median"] is None:
        return str(row[NOT_AVAILABLE])
    late = "not reached yet" if row["p90"] is None else f"{row['p90']:,} days"
    return f"median, estimated; nine in ten: {late}"


def _denial_figure(row: dict[str, object]) -> Figure:
    share = row["share"]
    return Figure(
        f"{row['program']}: denied",
        f"{100 * share:.1f}%" if isinstance(share, float) else None,
        f"{row['denied']:,} of {row['decided']:,} decided; {row['referred']:,} referred" if row["decided"] else "no decision yet",
    )


def _of_plan(headings: dict[str, str]) -> dict[str, str]:
    left_out = ("provider_name", "provider_id", "plan_share", "outlier", NOT_AVAILABLE)
    return {name: heading for name, heading in headings.items() if name not in left_out}


def _named(reasons: pl.DataFrame) -> pl.DataFrame:
    return reasons.with_columns(pl.col("denial_reason").fill_null("no reason given"))
