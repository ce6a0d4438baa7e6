"""Planting faults: which rows of a truthful file go wrong, and how loud each fault is.

Keeps every file so far in order that it is taken, unless it is meant to be held. How a row goes wrong, `synth_defects` says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from pipeline.synth_defects import spoil_anywhere
from pipeline.synth_people import UNUSUAL_CIN_LETTERS
from pipeline.synth_returns import Fault, Row
from pipeline.synth_setting import Setting
from schemas.rule import Scope, Severity
from schemas.rules import RULES


def plant(rows: Sequence[Row], setting: Setting, turns: deque[str], rate: float, rng: Random) -> tuple[Row, ...]:
    """The rows with faults in about `rate` of them, at most one for each referral, and never so many that half the rows are rejected.

    turns: ids of rules; each fault is of the first one that a row allows, which then goes to the end.
    """
    planted: list[Row] = []
    spoiled: set[str | None] = set()
    rejected = 0
    for row in rows:
        made = None
        if rng.random() < rate and row.referral_id not in spoiled and not _is_unusual(row):
            room = len(rows) // 2 - 1 - rejected
            made = _next_fault(row, setting, turns, rng, lambda found, room=room: _rejections(found, setting) <= room)  # type: ignore[misc]
        if made:
            spoiled.add(row.referral_id)
            rejected += _rejections(made, setting)
        planted += made or [row]
    return tuple(marked(row) for row in planted)


def plant_most(rows: Sequence[Row], setting: Setting, turns: deque[str], rng: Random) -> tuple[Row, ...]:
    """The rows with so many faults that more than half of them, but not all, are rejected."""
    planted: list[Row] = []
    enough = len(rows) * 2 // 3
    for row in rows:
        made = None
        if enough and not _is_unusual(row):
            made = _next_fault(row, setting, turns, rng, lambda found: len(found) == 1 and _rejections(found, setting) == 1)
        enough -= made is not None
        planted += made or [row]
    return tuple(marked(row) for row in planted)


def severity(fault: Fault, setting: Setting) -> str:
    """How loud a fault is: a bad cell in a column that nobody needs is a warning."""
    rule = RULES[fault.rule]
    if fault.element and rule.scope is Scope.CELL and rule.severity is Severity.ERROR and not rule.firm:
        return Severity.ERROR.value if setting.is_needed(fault.element) else Severity.WARNING.value
    return rule.severity.value


def is_rejected(row: Row, setting: Setting) -> bool:
    """Whether one of the row's faults rejects it."""
    return any(severity(fault, setting) == Severity.ERROR for fault in row.faults)


def _next_fault(row: Row, setting: Setting, turns: deque[str], rng: Random, fits: Callable[[list[Row]], bool]) -> list[Row] | None:
    for rule in list(turns):
        made = spoil_anywhere(rule, row, setting, rng)
        if made is not None and fits(made):
            turns.remove(rule)
            turns.append(rule)
            return made
    return None


def _rejections(rows: Sequence[Row], setting: Setting) -> int:
    return sum(is_rejected(row, setting) for row in rows)


def _is_unusual(row: Row) -> bool:
    return row.cin is not None and row.cin[8] in UNUSUAL_CIN_LETTERS


def marked(row: Row) -> Row:
    """A member whose very CIN is unusual is told of on every row."""
    fault = Fault("R113", "cin", "the member's CIN ends with a letter that Medi-Cal does not use")
    return replace(row, faults=(*row.faults, fault)) if _is_unusual(row) else row
