"""Follow-up: what people wrote into the last late report, so that the next one carries it on.

The workbook is where they work, so it is where their notes are kept; nothing but its follow-up column is read.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import fastexcel
import polars as pl

from outputs.late_report import FOLLOW_UP, NOTES, PROGRAM, PROVIDER_ID

WORKBOOK = "late.xlsx"
UNREAD = "late.unread.xlsx"
DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"


def follow_up_notes(reports: Path, day: dt.date) -> pl.DataFrame:
    """The notes of the last late report up to and including a day: `NOTES`, one row for each provider and program with a note.

    A workbook of that very day which cannot be read is put aside as `late.unread.xlsx`, since it would be written over; then, and for an
    earlier one, the workbook before it is read.
    """
    for path in sorted(reports.glob(f"{DAY}/{WORKBOOK}"), reverse=True):
        if path.parent.name > day.isoformat():
            continue
        try:
            return _notes(path)
        except Exception:  # whatever a workbook is that people had in their hands: damaged, locked with a password, another file
            if path.parent.name == day.isoformat():
                path.replace(path.with_name(UNREAD))
    return pl.DataFrame(schema=NOTES)


def _notes(path: Path) -> pl.DataFrame:
    """Of the sheets that have the column; sheets and columns may have been moved."""
    book = fastexcel.read_excel(path)
    sheets = [book.load_sheet(name, dtypes="string").to_polars() for name in book.sheet_names]
    told = [
        sheet.select(provider_id=PROVIDER_ID, program=PROGRAM, follow_up=pl.col(FOLLOW_UP).str.strip_chars())
        for sheet in sheets
        if {PROVIDER_ID, PROGRAM, FOLLOW_UP} <= set(sheet.columns)
    ]
    notes = pl.concat([pl.DataFrame(schema=NOTES), *told]).filter(pl.col("follow_up").fill_null("") != "")
    return notes.unique(["provider_id", "program"], keep="first", maintain_order=True)
