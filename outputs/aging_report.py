"""The report on open loops: as data, as a workbook to work through, and as a page to read.

Decides what stands where and in which order; how old each loop is, the pipeline has decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from outputs.report import Figure, Report, Section, counted, moments

PROVIDER = {"provider_name": "Provider", "provider_id": "Provider ID", "program": "Program"}
LOOP_HEADINGS = PROVIDER | {
    "service": "Service",
    "referral_id": "Referral ID",
    "cin": "CIN",
    "sent_on": "Sent",
    "status": "Status",
    "status_date": "Since",
    "days_open": "Days open",
    "days_since_update": "Days since update",
    "bucket": "Bucket",
    "homeless": "Without a home",
    "days_past_goal": "Days past goal",
    "stale": "Nothing new told",
    "contact_email": "Contact",
}
CHANGE_HEADINGS = PROVIDER | {
    "open_before": "Open then",
    "sent": "Sent since",
    "closed": "Closed since",
    "replaced": "Placed elsewhere since",
    "open_now": "Open now",
    "more": "Difference",
    "oldest_before": "Oldest bucket then",
    "oldest_now": "Oldest bucket now",
}
ABOUT = {
    "Open": "Sent to the provider in a MIF or ASF, not closed, and not placed with another provider since. Sobering Centers are left out.",
    "Age": "Days since the first MIF or ASF with the loop was made.",
    "Goal": "Days within which a loop should close; shorter for members without a home, as the profile sets.",
    "Nothing new told": "No status was told of it with the files of the last period due, though it had been sent before.",
    "Trend": "Open at the end of each month, by the days on which things happened: what was told late counts where it belongs.",
    "Source": "DHCS CLR Implementation Guidance, II.C, Figure 2: pending at 30, 60 and 90 days by service provider, and the trend.",
}


def aging_report(
    loops: pl.DataFrame,
    trend: pl.DataFrame,
    changes: pl.DataFrame,
    buckets: Sequence[str],
    plan_name: str,
    as_of: datetime,
    known_at: datetime,
) -> Report:
    """loops, trend, changes: `schemas.aging.Aging`, `AgingTrend`, `AgingChange`. buckets: the youngest first. Moments in plan time."""
    past_goal = loops.filter(pl.col("days_past_goal") > 0)
    return Report(
        title=f"Open loops by age, {as_of:%B} {as_of.day}, {as_of.year}",
        plan_name=plan_name,
        moments=moments(as_of, known_at),
        lead=_lead(loops, past_goal, changes),
        figures=[*_buckets(loops, buckets), *_figures(loops, past_goal)],
        sections=[
            _by("By provider", "Open loops of each provider.", loops, buckets, PROVIDER, sheet="By provider"),
            _by("By service", "Open loops of each service.", loops, buckets, {"program": "Program", "service": "Service"}),
            _trend("Trend, all providers", trend, buckets, {"on": "End of", "program": "Program"}, loops),
            _changed(changes),
            Section(
                "To work first",
                "Loops past their goal, the longest waiting first.",
                past_goal,
                LOOP_HEADINGS,
                sheet="Past goal",
                on_page=50,
            ),
            _trend("Trend by provider", trend, buckets, {"on": "End of"} | PROVIDER, loops),
            Section("Open loops", "Every open loop, the oldest first.", loops, LOOP_HEADINGS, on_page=0),
        ],
        about=ABOUT,
    )


def _lead(loops: pl.DataFrame, past_goal: pl.DataFrame, changes: pl.DataFrame) -> str:
    if loops.is_empty():
        return "No loop is open: either nothing was sent to a provider yet, or everything that was sent has closed."
    before = int(changes["open_before"].sum())
    since: date = changes["since"][0]
    told = f"{counted(loops.height, 'loop is', 'loops are')} open, {counted(before, 'was', 'were')} at the end of {since:%B %Y}."
    return f"{told} {counted(past_goal.height, 'is', 'are')} past the goal." if past_goal.height else f"{told} None is past its goal."


def _buckets(loops: pl.DataFrame, buckets: Sequence[str]) -> list[Figure]:
    levels = ["good", *["watch"] * (len(buckets) - 2), "bad"]
    return [
        Figure(
            f"{bucket} days", f"{(number := loops.filter(bucket=bucket).height):,}", _share(number, loops.height), level if number else ""
        )
        for bucket, level in zip(buckets, levels, strict=True)
    ]


def _share(number: int, of: int) -> str:
    return f"{100 * number / of:.0f}% of the open loops" if of else "nothing is open"


def _figures(loops: pl.DataFrame, past_goal: pl.DataFrame) -> list[Figure]:
    homeless = past_goal.filter("homeless").height
    stale = loops.filter("stale").height
    return [
        Figure("Past goal", f"{past_goal.height:,}", "open longer than the profile allows", "bad" if past_goal.height else ""),
        Figure("Of them without a home", f"{homeless:,}", "whose goal is shorter", "bad" if homeless else ""),
        Figure("Nothing new told", f"{stale:,}", "with the files of the last period due", "watch" if stale else ""),
    ]


def _by(heading: str, note: str, loops: pl.DataFrame, buckets: Sequence[str], by: dict[str, str], sheet: str = "") -> Section:
    counts = [(pl.col("bucket") == bucket).sum().cast(pl.Int64).alias(bucket) for bucket in buckets]
    rows = loops.group_by(list(by)).agg(
        *counts,
        open=pl.len().cast(pl.Int64),
        past_goal=(pl.col("days_past_goal") > 0).sum().cast(pl.Int64),
        homeless=((pl.col("days_past_goal") > 0) & pl.col("homeless")).sum().cast(pl.Int64),
        stale=pl.col("stale").sum().cast(pl.Int64),
        oldest=pl.col("days_open").max(),
    )
    headings = by | {bucket: f"{bucket} days" for bucket in buckets}
    headings |= {
        "open": "Open",
        "past_goal": "Past goal",
        "homeless": "Past goal, no home",
        "stale": "Nothing new told",
        "oldest": "Oldest, days",
    }
    worst_first = rows.sort("past_goal", "open", *by, descending=[True, True, *[False] * len(by)])
    return Section(heading, note, worst_first, headings, worst=("past_goal", "homeless"), sheet=sheet)


def _trend(heading: str, trend: pl.DataFrame, buckets: Sequence[str], by: dict[str, str], loops: pl.DataFrame) -> Section:
    names = loops.select("provider_id", "provider_name").unique("provider_id", keep="first", maintain_order=True)
    named = trend.join(names, on="provider_id", how="left", maintain_order="left").with_columns(
        provider_name=pl.coalesce("provider_name", "provider_id")
    )
    counts = [pl.col("open").filter(pl.col("bucket") == bucket).sum().alias(bucket) for bucket in buckets]
    rows = (
        named.group_by(list(by))
        .agg(*counts, open=pl.col("open").sum())
        .sort("on", *list(by)[1:], descending=[True, *[False] * (len(by) - 1)])
    )
    headings = by | {bucket: f"{bucket} days" for bucket in buckets} | {"open": "Open"}
    return Section(heading, "Open loops at the end of each day, the latest first.", rows, headings, worst=(buckets[-1],))


def _changed(changes: pl.DataFrame) -> Section:
    rows = changes.with_columns(more=pl.col("open_now") - pl.col("open_before")).sort(
        "more", "provider_id", "program", descending=[True, False, False]
    )
    return Section(
        "Since the end of last month", "How the open loops of each provider changed.", rows, CHANGE_HEADINGS, sheet="Since last month"
    )
