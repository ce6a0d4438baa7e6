"""The data dictionary: the columns of every layout as a frame and as a page, made from the declarations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from outputs.markdown import MADE, table
from schemas.columns import Element
from schemas.formats import Format
from schemas.layouts import LAYOUTS

SCHEMA = dict.fromkeys(("name", "header", "need", "format", "allowed", "definition", "source", "aliases"), pl.String)
INTRO = """\
Need: R required, C conditional, O optional; ‡ a column that is read only where a profile lists it in `columns`. The name is what settings
and the columns of the store call it."""
ONLY_WHERE_LISTED = " ‡"


def dictionary(elements: Iterable[Element], formats: Mapping[str, Format]) -> pl.DataFrame:
    """Columns of a layout in the order given, one row for each, with the columns of `SCHEMA`. formats: those that a plan changes."""
    rows = [
        {
            "name": element.name,
            "header": element.header,
            "need": element.need.value,
            "format": formats.get(element.name, element.format).name,
            "allowed": formats.get(element.name, element.format).allowed,
            "definition": element.definition,
            "source": element.source,
            "aliases": "; ".join(element.aliases),
        }
        for element in elements
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def dictionary_page() -> str:
    """The columns of every layout as Markdown."""
    lines = ["# Data dictionary", "", MADE, "", INTRO]
    for kind, layout in LAYOUTS.items():
        elements = layout.all_elements().values()
        marks = pl.Series([("" if element.standard else ONLY_WHERE_LISTED) for element in elements], dtype=pl.String)
        lines += [
            "",
            f"## `{kind}`",
            "",
            (layout.__doc__ or "").splitlines()[0],
            "",
            *table(
                ("Header", "Name", "Need", "Allowed", "Definition", "Source"),
                dictionary(elements, {})
                .with_columns(need=pl.col("need") + marks)
                .select("header", pl.format("`{}`", "name"), "need", "allowed", "definition", "source")
                .iter_rows(),
            ),
        ]
    return "\n".join(lines) + "\n"
