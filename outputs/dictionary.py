"""The data dictionary: the columns of every layout as a frame and as a page, made from the declarations."""

from __future__ import annotations

import polars as pl

from outputs.markdown import MADE, table
from schemas.layouts import LAYOUTS

SCHEMA = dict.fromkeys(("name", "header", "need", "format", "allowed", "definition", "source", "aliases"), pl.String)
INTRO = "Need: R required, C conditional, O optional. The name is what settings and the columns of the store call it."


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


def dictionary_page() -> str:
    """The columns of every layout as Markdown."""
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
