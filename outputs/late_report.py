"""The report on late providers: as data, as a workbook to work through, and as a page to read.

Decides what stands where and in which order; who is late with what, the pipeline has decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

import polars as pl

from outputs.pages import page
from outputs.tables import table_csv, table_sheet
from outputs.workbooks import Sheet, Style, workbook
from schemas.lateness import LATE_CLASSES, LateFiles, LateMembers, Lateness, LatenessClass

MOMENTS = ("due_at", "received_at", "last_accepted_at")
MISSING_MEMBERS = "Missing members"
MOST_MEMBERS_ON_A_PAGE = 500
PROVIDER_ID, PROGRAM, FOLLOW_UP = "Provider ID", "Program", "Follow-up"
NOTES = pl.Schema({"provider_id": pl.String, "program": pl.String, "follow_up": pl.String})
CONTACTS = pl.Schema({"provider_id": pl.String, "contact_name": pl.String, "phone": pl.String})
PAIR = ("provider_id", "program")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


@dataclass(frozen=True)
class _Class:
    """A class as the page and the workbook call it."""

    value: str
    label: str
    meaning: str


CLASSES = (  # what most needs somebody's attention comes first
    _Class(LatenessClass.MISSING, "Missing", "Nothing came."),
    _Class(LatenessClass.REJECTED, "Rejected", "Something came, but nothing that could be accepted."),
    _Class(LatenessClass.LATE, "Late", "Accepted after the due time."),
    _Class(LatenessClass.INCOMPLETE, "Incomplete", "On time, but without some members."),
    _Class(LatenessClass.EXCUSED, "Excused", "The plan's own outage."),
    _Class(LatenessClass.NOTHING_DUE, "Nothing due", "No member assigned."),
    _Class(LatenessClass.ON_TIME, "On time", "Every member reported in time."),
)
_WORK_HEADINGS = {
    "provider_id": PROVIDER_ID,
    "provider_name": "Provider",
    "program": PROGRAM,
    "period": "Period",
    "due_at": "Due",
    "received_at": "Received",
    "days_late": "Days late",
    "members_expected": "Members expected",
    "members_missing": "Members missing",
    "consecutive_periods": "Periods in a row",
    "last_accepted_at": "Last accepted file",
    "refused": "What was refused, and why",
    "contact_name": "Contact",
    "contact_email": "E-mail",
    "phone": "Phone",
    "follow_up": FOLLOW_UP,
}
_MEMBER_HEADINGS = {
    "period": "Period",
    "provider_id": "Provider ID",
    "provider_name": "Provider",
    "program": "Program",
    "cin": "CIN",
    "referral_id": "Referral ID",
}


@dataclass(frozen=True)
class Details:
    """What people need besides. files: `schemas.lateness.LateFiles`. contacts: `CONTACTS`. notes: `NOTES`, of the last report."""

    files: pl.DataFrame = field(default_factory=LateFiles.no_rows)
    contacts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CONTACTS))
    notes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=NOTES))


def late_csv(lateness: pl.DataFrame, zone: ZoneInfo | None = None) -> bytes:
    """`late.csv`: columns of `Lateness`, `class_` written as `class`; moments in that zone, or else in that of their columns."""
    rows = lateness.select(Lateness.polars_schema().names()).sort("plan", "period", "provider_id", "program", maintain_order=True)
    if zone is not None:
        rows = rows.with_columns(pl.col(MOMENTS).dt.convert_time_zone(str(zone)))
    return table_csv(rows.rename({"class_": "class"}))


def late_members_csv(members: pl.DataFrame) -> bytes:
    """`late_members.csv`: columns of `LateMembers`."""
    return table_csv(_members_in_order(members))


def late_files_csv(files: pl.DataFrame, zone: ZoneInfo) -> bytes:
    """`late_files.csv`: columns of `LateFiles`; moments in that zone."""
    return table_csv(files.with_columns(pl.col("received_at").dt.convert_time_zone(str(zone))))


def late_workbook(
    lateness: pl.DataFrame, members: pl.DataFrame, zone: ZoneInfo, produced_on: date, details: Details | None = None
) -> bytes:
    """A sheet for each class that has rows, with the notes of the last report and room for more, and one of the members not reported.

    lateness: columns of `Lateness`. members: columns of `LateMembers`. Moments are real and in plan time.
    """
    work = _with_details(_worst_first(lateness), details or Details()).with_columns(
        pl.col(MOMENTS).dt.convert_time_zone(str(zone)).dt.replace_time_zone(None), pl.col("follow_up").fill_null("")
    )
    by_class = {one: work.filter(pl.col("class_") == one.value) for one in CLASSES}
    sheets = [_to_fill_in(table_sheet(one.label, rows, _WORK_HEADINGS)) for one, rows in by_class.items() if not rows.is_empty()]
    names = work.select("provider_id", "provider_name").unique(subset="provider_id", keep="first", maintain_order=True)
    named = _members_in_order(members).join(names, on="provider_id", how="left", maintain_order="left")
    return workbook([*sheets, table_sheet(MISSING_MEMBERS, named, _MEMBER_HEADINGS)], produced_on)


def late_page(
    lateness: pl.DataFrame, members: pl.DataFrame, plan_name: str, period: str, as_of: datetime, details: Details | None = None
) -> bytes:
    """The report as one HTML page.

    lateness: columns of `Lateness`. members: columns of `LateMembers`. period: YYYY-MM.
    as_of: an aware datetime in plan time; every moment on the page is in its zone.
    """
    zone = as_of.tzinfo
    if zone is None:
        raise ValueError("the moment of a report must be an aware datetime")
    ordered = _with_details(_worst_first(lateness), details or Details())
    rows = [_shown(row, zone) for row in ordered.iter_rows(named=True)]
    late = ordered["class_"].is_in(LATE_CLASSES)
    names = dict(ordered.select("provider_id", "provider_name").iter_rows())
    listed = _members_in_order(members)
    values: dict[str, object] = {
        "plan_name": plan_name,
        "period": period,
        "month": _month(period),
        "as_of": _moment(as_of, zone),
        "classes": CLASSES,
        "counts": {one.value: sum(row["class_"] == one.value for row in rows) for one in CLASSES},
        "due": [_moment(due, zone) for due in ordered["due_at"].unique().sort()],
        "expected": ordered.filter(pl.col("class_") != LatenessClass.NOTHING_DUE.value).height,
        "late": [row for row, is_late in zip(rows, late, strict=True) if is_late],
        "settled": [row for row, is_late in zip(rows, late, strict=True) if not is_late],
        "labels": {one.value: one.label for one in CLASSES},
        "repeated": ordered.filter(late & (pl.col("consecutive_periods") > 1)).height,
        "members": [row | {"provider_name": names.get(row["provider_id"], "")} for row in listed.head(MOST_MEMBERS_ON_A_PAGE).to_dicts()],
        "members_missing": listed.height,
    }
    return page("late.html.j2", values)


def _worst_first(lateness: pl.DataFrame) -> pl.DataFrame:
    place = pl.col("class_").replace_strict([one.value for one in CLASSES], range(len(CLASSES)), return_dtype=pl.Int64)
    return lateness.sort(
        place,
        "consecutive_periods",
        "days_late",
        "members_missing",
        "provider_name",
        "provider_id",
        "program",
        "period",
        descending=[False, True, True, True, False, False, False, False],
        maintain_order=True,
    )


def _with_details(lateness: pl.DataFrame, details: Details) -> pl.DataFrame:
    """Add `refused`, `contact_name`, `phone` and `follow_up`."""
    said = pl.format("{} {}: {}", "submission_id", pl.col("status").str.to_lowercase(), "refused_because")
    refused = details.files.group_by(PAIR, maintain_order=True).agg(refused=said.str.join("\n"))
    return (
        lateness.join(refused, on=list(PAIR), how="left", maintain_order="left")
        .join(
            details.contacts.unique("provider_id", keep="first", maintain_order=True), on="provider_id", how="left", maintain_order="left"
        )
        .join(details.notes, on=list(PAIR), how="left", maintain_order="left")
    )


def _to_fill_in(sheet: Sheet) -> Sheet:
    """The follow-up is for people to write into, and long texts are wrapped."""
    wrapped = {"refused": 44, "follow_up": 48}
    texts = {_WORK_HEADINGS[name]: width for name, width in wrapped.items()}
    columns = [replace(one, width=texts[one.heading], style=Style.WRAPPED) if one.heading in texts else one for one in sheet.columns]
    columns[-1] = replace(columns[-1], heading_style=Style.HEADING_OPEN)
    return replace(sheet, columns=tuple(columns))


def _members_in_order(members: pl.DataFrame) -> pl.DataFrame:
    columns = LateMembers.polars_schema().names()
    return members.select(columns).sort(columns, maintain_order=True)


def _shown(row: Mapping[str, object], zone: tzinfo) -> dict[str, object]:
    return dict(row) | {name: _moment(row[name], zone) for name in MOMENTS}


def _moment(moment: object, zone: tzinfo) -> str:
    """A moment as people in California write it; "" when there is none."""
    if not isinstance(moment, datetime):
        return ""
    here = moment.astimezone(zone)
    half = "AM" if here.hour < 12 else "PM"
    return f"{MONTHS[here.month - 1][:3]} {here.day}, {here.year}, {here.hour % 12 or 12}:{here.minute:02} {half}"


def _month(period: str) -> str:
    year, month = period.split("-")
    return f"{MONTHS[int(month) - 1]} {year}"
