"""The file given back: a provider's own sheets with what was found on them, ready to be corrected and sent again.

What was found is given; how it looks is decided by `outputs.findings_files`.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from outputs.findings_files import OwnSheet, findings_workbook
from pipeline.recognise import Recognised


def given_back(table: Recognised | None, findings: pl.DataFrame, produced_on: date, submission_id: str) -> bytes:
    """The workbook that answers a submission: its added heading names it, and its cells the rows."""
    own = [_own(one, one.cells.select("row", number="row")) for one in _sheets(table)]
    return findings_workbook(own, findings, produced_on, submission_id)


def checked_offline(table: Recognised | None, findings: pl.DataFrame, produced_on: date) -> bytes:
    """The workbook for a file that was checked before it is sent: it answers what the file answered, if anything."""
    own = [_own(one, one.numbers.select("row", number="corrects_row")) for one in _sheets(table)]
    answers = table.answers if table is not None else ()
    return findings_workbook(own, findings, produced_on, answers[0] if len(answers) == 1 else "")


def _own(table: Recognised, numbers: pl.DataFrame) -> OwnSheet:
    return OwnSheet(table.sheet, table.header, table.cells, numbers, table.headings_on, table.above)


def _sheets(table: Recognised | None) -> list[Recognised]:
    if table is None or table.kind is None:
        return []
    return [table, table.tracker] if table.tracker is not None else [table]
