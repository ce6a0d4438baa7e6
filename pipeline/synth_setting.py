"""What a planted fault is, and what it may need to know of the file that it is planted in.

Which faults there are, and how a row looks with one, stands in the modules of their families.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from pipeline.synth_returns import Cell, Fault, Reporter, Row
from schemas.formats import Format
from schemas.layouts import INBOUND


@dataclass(frozen=True)
class Setting:
    """What a fault may need to know of its file.

    formats, required: of the columns under the profile. strangers: CIN and service of members whom others were sent.
    other_npis: of other providers. engagement_closes: whether an ECM engagement closes a loop by itself.
    """

    reporter: Reporter
    formats: Mapping[str, Format]
    required: frozenset[str]
    strangers: Sequence[tuple[str, str]]
    other_npis: Sequence[str]
    engagement_closes: bool
    is_text: bool


@dataclass(frozen=True)
class Defect:
    """How a truthful row goes wrong so that one rule speaks and no other.

    elements: the columns of a layout that the rule can speak of; None stands for the row itself.
    spoil: the rows in place of a truthful one, with one of those columns wrong; None where that row cannot go wrong so.
    """

    elements: Callable[[Setting], Sequence[str | None]]
    spoil: Callable[[Row, Setting, Random, str], list[Row] | None]


def in_columns(*names: str) -> Callable[[Setting], Sequence[str | None]]:
    """Those of the columns that the layout has."""
    return lambda setting: [name for name in names if name in INBOUND[setting.reporter.kind].elements()]


def on_row(_: Setting) -> Sequence[str | None]:
    """The row itself, in every layout."""
    return (None,)


def spoiled(row: Row, rule: str, element: str | None, what: str, cells: Mapping[str, Cell]) -> Row:
    """The row with other cells, and told of."""
    return replace(row, cells={**row.cells, **cells}, faults=(*row.faults, Fault(rule, element, what)))
