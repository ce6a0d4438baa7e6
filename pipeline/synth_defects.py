"""Faults to plant in rows: for every rule, the columns that it speaks of and how a truthful row breaks it.

Nothing here knows how faults are found, or which rows are to have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from pipeline.synth_cell_defects import CELL_DEFECTS
from pipeline.synth_history_defects import HISTORY_DEFECTS
from pipeline.synth_returns import Row
from pipeline.synth_row_defects import ROW_DEFECTS
from pipeline.synth_setting import Defect, Setting

DEFECTS: Mapping[str, Defect] = dict(sorted({**CELL_DEFECTS, **ROW_DEFECTS, **HISTORY_DEFECTS}.items()))


def spoil(rule: str, element: str | None, row: Row, setting: Setting, rng: Random) -> list[Row] | None:
    """The rows in place of a truthful one that breaks a rule in a column; None where this row cannot."""
    return DEFECTS[rule].spoil(row, setting, rng, element or "")


def spoil_anywhere(rule: str, row: Row, setting: Setting, rng: Random) -> list[Row] | None:
    """The same in any of the columns that the rule speaks of."""
    elements = DEFECTS[rule].elements(setting)
    return spoil(rule, rng.choice(elements), row, setting, rng) if elements else None
