"""What a rule is: one check by its id, how loud it is, and what it tells the person who sent the file.

A rule stands on one step of a ladder: it stops a file (scope `file`, severity `error`), rejects a row (`error`), warns, or notes.
A cell rule that meets a column which its layout does not need speaks as a warning: the value is left out and the row counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

RULESET = "2025-07"
NOTHING_TO_DO = "Nothing to do."
USUAL_PROFILE = "dhcs"  # by whose settings examples are judged


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
class Example:
    """Rows of a file that break a rule, or just keep it: cells by column name, each row laid over an ordinary good one.

    The column that the finding names comes first. profile: by which settings the file is judged.
    """

    kind: str
    rows: tuple[Mapping[str, str], ...]
    profile: str


def row(kind: str, /, profile: str = USUAL_PROFILE, **cells: str) -> Example:
    """An example of one row."""
    return Example(kind, (cells,), profile)


def rows(kind: str, /, *cells: Mapping[str, str]) -> Example:
    """An example that takes several rows."""
    return Example(kind, cells, USUAL_PROFILE)


@dataclass(frozen=True)
class Rule:
    """One check, in the words of the people who send files.

    message: what is wrong and what is allowed; fix: what to do. In both, `{column}`, `{allowed}` and `{detail}` are filled in.
    intent: why the rule is there. bad, good: what breaks the rule and what just keeps it, in words where no single file shows it.
    needs_plan: the rule asks what only the plan knows, so an offline check cannot judge it. firm: a cell rule that rejects the row in an
    optional column too.
    """

    id: str
    severity: Severity
    scope: Scope
    title: str
    message: str
    fix: str
    intent: str
    bad: Example | str
    good: Example | str
    source: str
    needs_plan: bool = False
    firm: bool = False
    since: str = RULESET

    @property
    def text(self) -> str:
        """What a finding says: what is wrong, what is allowed, and what to do, if anything."""
        return self.message if self.fix == NOTHING_TO_DO else f"{self.message} {self.fix}"


# Where a rule comes from: document and table.
EXCHANGE = "file exchange"
RTF = "RTF layout"
EXTRACT = "plan extract"
CHPIV = "Health Net / CHPIV notice"
APPENDIX_B = "CLR guidance, Appendix B"
TABLE_1, TABLE_3, TABLE_4, TABLE_5 = (f"CLR guidance, Table {number}" for number in (1, 3, 4, 5))
TABLE_12, TABLE_13 = "CLR guidance, Tables 11 and 12", "CLR guidance, Table 13"
