"""The data dictionary and the rule catalogue as pages, made from the declarations."""

from __future__ import annotations

import polars as pl

from outputs.markdown import table
from schemas.layouts import LAYOUTS
from schemas.rule import Scope
from schemas.rules import RULES

SCHEMA = dict.fromkeys(("name", "header", "need", "format", "allowed", "definition", "source", "aliases"), pl.String)
MADE = "<!-- Made by `make docs` from the declarations in `schemas/`; changes here are lost. -->"
INTRO = "Need: R required, C conditional, O optional. The name is what settings and the columns of the store call it."
SCOPES = {
    Scope.FILE: "On the file as a whole",
    Scope.CELL: "On one cell",
    Scope.ROW: "On the columns of one row",
    Scope.CROSS: "On a row against other rows, or against what the plan knows",
}


def dictionary(kind: str) -> pl.DataFrame:
    """The columns of one layout in the file's order, one row for each, with the columns of `SCHEMA`."""
    rows = [
        {
            "name": element.name,
            "header": element.header,
            "need": element.need.value,
            "format": element.format.name,
            "allowed": element.format.allowed,
            "definition": element.definition,
            "source": element.source,
            "aliases": "; ".join(element.aliases),
        }
        for element in LAYOUTS[kind].elements().values()
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def pages() -> dict[str, str]:
    """The generated pages by file name."""
    return {"data-dictionary.md": _dictionary_page(), "rules.md": _rules_page()}


def _dictionary_page() -> str:
    lines = ["# Data dictionary", "", MADE, "", INTRO]
    for kind, layout in LAYOUTS.items():
        lines += [
            "",
            f"## `{kind}`",
            "",
            (layout.__doc__ or "").splitlines()[0],
            "",
            *table(
                ("Header", "Name", "Need", "Allowed", "Definition", "Source"),
                dictionary(kind).select("header", pl.format("`{}`", "name"), "need", "allowed", "definition", "source").iter_rows(),
            ),
        ]
    return "\n".join(lines) + "\n"


def _rules_page() -> str:
    intro = (
        "A finding is an *error* (rejects the file or the row), a *warning* or a *note*. A cell rule that meets an optional column warns."
    )
    lines = ["# Rules", "", MADE, "", intro, "Rules marked † ask what only the plan knows: `clr validate` cannot judge them."]
    for scope, title in SCOPES.items():
        rows = [
            (rule.id + ("†" if rule.needs_plan else ""), rule.severity.value, rule.title, rule.text, rule.source)
            for rule in RULES.values()
            if rule.scope is scope
        ]
        lines += ["", f"## {title}", "", *table(("Rule", "Severity", "Title", "What the sender reads", "Source"), rows)]
    return "\n".join(lines) + "\n"
