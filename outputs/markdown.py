"""Tables of the generated pages, as Markdown has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MADE = "<!-- Made by `make docs` from the declarations in `schemas/`; changes here are lost. -->"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; a pipe inside a cell is escaped."""
    return [_row(headings), "|" + " --- |" * len(headings), *(_row(row) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
