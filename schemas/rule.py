"""What a rule is: one check by its id, how loud it is, and what it tells the person who sent the file.

A rule stands on one step of a ladder: it stops a file (scope `file`, severity `error`), rejects a row (`error`), warns, or notes.
A cell rule that meets a column which its layout does not need speaks as a warning: the value is left out and the row counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RULESET = "2025-07"


class Severity(StrEnum):
    """What a finding does to what it speaks of."""

    ERROR = "error"  # the file or the row is rejected
    WARNING = "warning"  # accepted; somebody should look
    NOTE = "note"  # accepted; said for completeness


class Scope(StrEnum):
    """What a rule looks at."""

    FILE = "file"
    CELL = "cell"
    ROW = "row"
    CROSS = "cross"  # the row against other rows, or against what the plan knows


@dataclass(frozen=True)
class Rule:
    """One check. message: what is wrong, what is allowed, how to fix; `{column}`, `{allowed}` and `{detail}` are filled in.

    needs_plan: the rule asks what only the plan knows, so an offline check cannot judge it. firm: a cell rule that rejects the row in an
    optional column too.
    """

    id: str
    severity: Severity
    scope: Scope
    title: str
    message: str
    source: str
    needs_plan: bool = False
    firm: bool = False
    since: str = RULESET


# Where a rule comes from: document and table.
EXCHANGE = "file exchange"
RTF = "RTF layout"
EXTRACT = "plan extract"
CHPIV = "Health Net / CHPIV notice"
APPENDIX_B = "CLR guidance, Appendix B"
TABLE_1, TABLE_3, TABLE_4, TABLE_5 = (f"CLR guidance, Table {number}" for number in (1, 3, 4, 5))
TABLE_12, TABLE_13 = "CLR guidance, Tables 11 and 12", "CLR guidance, Table 13"
