"""A report of figures: the same sections as a page to read and as a workbook to work in.

Decides how headings, figures and tables look and how what cannot be computed is shown; what stands in them is for the reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from outputs.pages import page
from outputs.tables import table_sheet
from outputs.workbooks import Column, Sheet, Style, sheet_name, workbook

MOST_ROWS_ON_A_PAGE = 200
NOT_AVAILABLE = "not_available"  # the column that says why a row has no figure
NONE, NO_FIGURE = "-", "n/a"
ABOUT = "About"


@dataclass(frozen=True)
class Figure:
    """A number that stands at the top. level: bad, watch, good or nothing. value: None when it is not available; meaning then says why."""

    label: str
    value: str | None
    meaning: str
    level: str = ""


@dataclass(frozen=True)
class Section:
    """One table. headings: by column, in order. shares: columns of fractions, shown in percent. note: what the rows are.

    sheet: its name in the workbook; the heading when left out. worst: columns whose filled or true cells are to be seen. on_page: how many
    of its rows the page shows; a table that shows none stands in the workbook alone.
    """

    heading: str
    note: str
    rows: pl.DataFrame
    headings: dict[str, str]
    shares: Sequence[str] = ()
    worst: Sequence[str] = ()
    sheet: str = ""
    on_page: int = MOST_ROWS_ON_A_PAGE


@dataclass(frozen=True)
class Report:
    """A whole report. about: what it stands on and how its figures are defined, by heading; it ends page and workbook."""

    title: str
    plan_name: str
    moments: str
    lead: str
    figures: Sequence[Figure]
    sections: Sequence[Section]
    about: dict[str, str]


def report_page(report: Report) -> bytes:
    """The report as one HTML page; of a long table the first rows, saying how many there are."""
    return page("report.html.j2", {"report": report, "tables": [_table(section) for section in report.sections if section.on_page]})


def report_workbook(report: Report, produced_on: date) -> bytes:
    """A sheet for each section, each with a filter, and what the report stands on."""
    sheets = [_sheet(section) for section in report.sections]
    told = {"Report": report.title, "Plan": report.plan_name, "Stands": report.moments} | report.about
    rows = pl.DataFrame({"what": list(told), "told": list(told.values())}, schema={"what": pl.String, "told": pl.String})
    about = Sheet(ABOUT, (Column("What", 28), Column("Told", 110, Style.WRAPPED)), rows, one_page_wide=True)
    return workbook([*sheets, about], produced_on)


def moments(as_of: datetime, known_at: datetime) -> str:
    """At which moments a report stands, both in plan time."""
    return f"as of {as_of:%Y-%m-%d %H:%M} · as known on {known_at:%Y-%m-%d %H:%M}"


def counted(number: int, one: str, many: str) -> str:
    """A number with its word: `1 loop`, `1,204 loops`."""
    return f"{number:,} {one if number == 1 else many}"


def _table(section: Section) -> dict[str, object]:
    """A section as its template needs it: texts, and how each cell looks."""
    columns = list(section.headings)
    types = section.rows.schema
    rows = [
        [{"text": _shown(row, name, section), "class": _look(row, name, section)} for name in columns]
        for row in section.rows.head(section.on_page).iter_rows(named=True)
    ]
    heads = [{"text": section.headings[name], "class": "count" if types[name].is_numeric() else ""} for name in columns]
    return {"section": section, "heads": heads, "rows": rows, "height": section.rows.height}


def _shown(row: dict[str, object], name: str, section: Section) -> str:
    value = row[name]
    if value is None:
        return NO_FIGURE if row.get(NOT_AVAILABLE) and section.rows.schema[name].is_numeric() else NONE
    if name in section.shares and isinstance(value, float):
        return f"{100 * value:.1f}%"
    if isinstance(value, bool):
        return "yes" if value else NONE
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


def _look(row: dict[str, object], name: str, section: Section) -> str:
    dtype = section.rows.schema[name]
    looks = ["count"] if dtype.is_numeric() else ["time"] if dtype.is_temporal() else []
    if name in section.worst and row[name]:
        looks.append("again")
    return " ".join(looks)


def _sheet(section: Section) -> Sheet:
    """Fractions as percent with one decimal, under a heading that says so; yes instead of TRUE."""
    percent = [(100 * pl.col(name)).round(1).alias(name) for name in section.shares]
    truths = [
        pl.when(name).then(pl.lit("yes")).otherwise(pl.lit("")).alias(name)
        for name, dtype in section.rows.schema.items()
        if dtype == pl.Boolean
    ]
    headings = {name: f"{text}, %" if name in section.shares else text for name, text in section.headings.items()}
    return table_sheet(sheet_name(section.sheet or section.heading), section.rows.with_columns(*percent, *truths), headings)
