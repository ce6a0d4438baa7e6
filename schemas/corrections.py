"""Corrections: how a file that was given back names the file that it answers and its rows, and which findings were settled.

Whether a file may correct the one that it names, and what it settles, is decided elsewhere.
"""

from __future__ import annotations

import re

import polars as pl

from schemas.codes import plain_words
from schemas.columns import Moment, Table, described

WHAT_TO_CORRECT = "What to correct"
ROW_NUMBER = r"(?i)^\W*row\s+([1-9][0-9]{0,6})\b"  # how a cell below the added heading begins
_ADDED = re.compile(r"what to correct(?: (s[0-9a-f]{16}))?(?: ?[0-9]{1,2})?")  # in plain words; Excel numbers a heading that stands twice


def added_heading(submission_id: str) -> str:
    """The heading of the added column: with the submission that it answers, or without one for a file that was checked offline."""
    return f"{WHAT_TO_CORRECT} ({submission_id})" if submission_id else WHAT_TO_CORRECT


def is_added(text: str) -> bool:
    """Whether a heading is that of an added column, of whatever file."""
    return _ADDED.fullmatch(plain_words(text)) is not None


def answered(text: str) -> str | None:
    """The submission that an added heading names."""
    found = _ADDED.fullmatch(plain_words(text))
    return found[1].capitalize() if found and found[1] else None


class Settlements(Table):
    """One row for each finding that a later file of the provider put right. Key: all but `settled_by` and `settled_at`."""

    plan: str = described("The plan.")
    submission_id: str = described("The submission that the finding is about.")
    sheet: str = described("Sheet of the finding, where it names one.", nullable=True)
    row: pl.Int64 = described("Row of the finding; null for a finding on the file.", nullable=True)
    column: str = described("Column of the finding.", nullable=True)
    rule: str = described("Rule of the finding.")
    settled_by: str = described("The first submission, in the order of receipt, that no longer breaks the rule there.")
    settled_at: Moment = described("When that submission was received.")


FINDING = ("submission_id", "sheet", "row", "column", "rule")
