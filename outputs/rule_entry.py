"""One entry of the rule catalogue, for the page and for the terminal: what it says, in words, and what it shows, as a table.

Decides how an entry reads, not what it looks like: that is the business of page and terminal.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from schemas.layouts import LAYOUTS
from schemas.rule import NOTHING_TO_DO, USUAL_PROFILE, Example, Rule, Scope, Severity

SCOPES = {
    Scope.FILE: "on the file as a whole",
    Scope.CELL: "on one cell",
    Scope.ROW: "on the columns of one row",
    Scope.CROSS: "on a row against other rows, or against what the plan knows",
}
BLANK = "(blank)"
UNFILLED = {"{column}": "[column]", "{allowed}": "[list]", "{detail}": "[…]"}  # where no example says what stands there


def facts(rule: Rule) -> tuple[str, ...]:
    """How loud it is and on what; since which ruleset; its source; who can judge it."""
    judged = "only the plan can judge it" if rule.needs_plan else "clr validate judges it too"
    return (f"{rule.severity.value} {SCOPES[rule.scope]}", f"since {rule.since}", rule.source, judged)


def found(rule: Rule) -> str:
    """What is wrong and what is allowed: as the sender of the bad example reads it, if that is a row."""
    return _filled(rule.message, rule)


def remedy(rule: Rule) -> str:
    """What to do, in the same way."""
    return "Nothing." if rule.fix == NOTHING_TO_DO else _filled(rule.fix, rule)


def labels(rule: Rule) -> tuple[str, str]:
    """What its bad and its good example are called: a note is no reproach."""
    return ("Noted", "Not noted") if rule.severity is Severity.NOTE else ("Wrong", "Right")


def examples(rule: Rule) -> pl.DataFrame:
    """Both examples as one table: a row for each column of the layout that they show, a column for each of their rows.

    Without rows when they are told in words.
    """
    if not isinstance(rule.bad, Example) or not isinstance(rule.good, Example):
        return pl.DataFrame()
    elements = LAYOUTS[rule.bad.kind].elements()
    profile = "" if rule.bad.profile == USUAL_PROFILE else f", profile {rule.bad.profile}"
    shown = {f"Column of {rule.bad.kind}{profile}": [elements[name].header for name in rule.bad.rows[0]]}
    for label, example in zip(labels(rule), (rule.bad, rule.good), strict=True):
        for number, cells in enumerate(example.rows, start=1):
            heading = f"{label}, row {number}" if len(example.rows) > 1 else label
            shown[heading] = [cells[name] or BLANK for name in rule.bad.rows[0]]
    return pl.DataFrame(shown)


def record(rule: Rule) -> dict[str, object]:
    """The entry as JSON has it; an example of rows as its kind, profile and cells by heading."""
    told = {"id": rule.id, "title": rule.title, "severity": rule.severity.value, "scope": rule.scope.value}
    told |= {"since": rule.since, "source": rule.source, "message": rule.message, "fix": rule.fix, "intent": rule.intent}
    return told | {"needs_plan": rule.needs_plan, "bad": _example(rule.bad), "good": _example(rule.good)}


def _example(example: Example | str) -> object:
    if isinstance(example, str):
        return example
    elements = LAYOUTS[example.kind].elements()
    rows = [{elements[name].header: text for name, text in cells.items()} for cells in example.rows]
    return {"kind": example.kind, "profile": example.profile, "rows": rows}


def _filled(text: str, rule: Rule) -> str:
    places: Mapping[str, str] = UNFILLED
    if isinstance(rule.bad, Example):
        element = LAYOUTS[rule.bad.kind].elements()[next(iter(rule.bad.rows[0]))]
        places = UNFILLED | {"{column}": element.header, "{allowed}": f"{element.format.allowed.removesuffix('.')}."}
    for placeholder, filled in places.items():
        text = text.replace(placeholder, filled)
    return text
