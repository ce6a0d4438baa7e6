"""Findings: everything that is wrong with, or remarkable about, what somebody sent; data, never exceptions."""

import polars as pl

from schemas.columns import Table, described


class Findings(Table):
    """One finding on a file, a row or a cell."""

    submission_id: str = described("The submission that the finding is about.")
    rule: str = described("Id of the rule, as in the rule catalogue.")
    severity: str = described("error, warning or note.")
    scope: str = described("file, cell, row or cross.")
    row: pl.Int64 = described("Row as Excel numbers it, the header counted; null for a finding on the file.", nullable=True)
    line: pl.Int64 = described("Physical line of a text file.", nullable=True)
    column: str = described("The file's own heading; null for a finding on a row or a file.", nullable=True)
    message: str = described("What is wrong, what is allowed, how to fix it.")
    value: str = described("What the cell says; only in the sender's own files and in the store.", nullable=True)
    sheet: str = described("Sheet of the workbook, where two of them were read.", nullable=True)


ORDER = ("submission_id", "sheet", "row", "column", "rule")


def in_order(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings as everybody shows them: by submission, the file's own first, then by sheet, row, column and rule."""
    return findings.sort(ORDER, nulls_last=False, maintain_order=True)
