"""Findings on records of submissions to DHCS, in the words of their rules.

They stand in the same table as those on providers' files: `submission_id` is the submission's name, `value` the record's key.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from schemas.dhcs_rules import DHCS_RULES
from schemas.findings import Findings


def findings(submission: str, told: Iterable[tuple[str, str, str, str]]) -> pl.DataFrame:
    """`schemas.findings.Findings`. told: rule, record key, what the finding is about (an error code, a path), and the detail."""
    rows = [
        {
            "submission_id": submission,
            "rule": rule,
            "severity": DHCS_RULES[rule].severity.value,
            "scope": DHCS_RULES[rule].scope.value,
            "column": about or None,
            "message": DHCS_RULES[rule].text.replace("{detail}", detail),
            "value": key,
        }
        for rule, key, about, detail in told
    ]
    return pl.DataFrame(rows, schema=Findings.polars_schema()).unique(maintain_order=True)
