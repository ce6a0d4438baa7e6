"""What a planted fault is, and what it may need to know of the file that it is planted in.

Which faults there are, and how a row looks with one, stands in the modules of their families.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from config.profile import LayoutChoice
from pipeline.synth_returns import Cell, Fault, Reporter, Row
from pipeline.validate import Judge
from schemas.columns import Need
from schemas.formats import Format


@dataclass(frozen=True)
class Stranger:
    """A member whom another provider was sent, by both numbers, and for what."""

    cin: str
    plan_member_id: str
    service: str


@dataclass(frozen=True)
class Setting:
    """What a fault may need to know of its file.

    judge, choice: the layout under the profile, and what tells member and referral in it. strangers: members whom others were sent.
    other_npis: of other providers. several: referrals of members who have more than one service with the sender.
    engagement_closes: whether an ECM engagement closes a loop by itself. earlier: what the plan calls the file that came before.
    """

    reporter: Reporter
    judge: Judge
    choice: LayoutChoice
    strangers: Sequence[Stranger]
    other_npis: Sequence[str]
    several: frozenset[str]
    engagement_closes: bool
    is_text: bool
    earlier: str = ""

    @property
    def columns(self) -> Sequence[str]:
        """The columns of the sheet."""
        return list(self.reporter.habits.headings)

    @property
    def formats(self) -> Mapping[str, Format]:
        """How each column of the sheet is read."""
        return {name: self.judge.formats[name] for name in self.columns}

    @property
    def required(self) -> frozenset[str]:
        """The columns that may not be blank."""
        return self.judge.required

    def is_needed(self, element: str) -> bool:
        """Whether the plan needs a column, so that a bad cell in it rejects its row."""
        return self.judge.elements[element].need is not Need.OPTIONAL


@dataclass(frozen=True)
class Defect:
    """How a truthful row goes wrong so that one rule speaks and no other.

    elements: the columns of a layout that the rule can speak of; None stands for the row itself.
    spoil: the rows in place of a truthful one, with one of those columns wrong; None where that row cannot go wrong so.
    """

    elements: Callable[[Setting], Sequence[str | None]]
    spoil: Callable[[Row, Setting, Random, str], list[Row] | None]


def in_columns(*names: str) -> Callable[[Setting], Sequence[str | None]]:
    """Those of the columns that the sheet has."""
    return lambda setting: [name for name in names if name in setting.columns]


def on_row(_: Setting) -> Sequence[str | None]:
    """The row itself, in every layout."""
    return (None,)


def spoiled(row: Row, rule: str, element: str | None, what: str, cells: Mapping[str, Cell]) -> Row:
    """The row with other cells, and told of."""
    return replace(row, cells={**row.cells, **cells}, faults=(*row.faults, Fault(rule, element, what)))
