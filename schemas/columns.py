"""How a column is declared: once, in a pandera model, with everything that anybody needs to know of it.

Validation, header matching, column order, templates and the data dictionary all read these declarations; none of them stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, cast

import pandera.polars as pa
import polars as pl

from schemas.formats import TEXT, Format

Moment = Annotated[pl.Datetime, "us", "UTC"]  # a moment: microseconds, UTC


class Need(StrEnum):
    """How much a layout needs a column."""

    REQUIRED = "R"
    CONDITIONAL = "C"
    OPTIONAL = "O"


@dataclass(frozen=True)
class Element:
    """A data element of a file layout, as declared by `column`.

    header: as DHCS writes it. source: document and table. since: the first ruleset that knows it.
    past: a date that may not lie in the future. standard: part of the layout as every plan has it; other columns are read only where a
    profile lists them.
    """

    name: str
    header: str
    definition: str
    source: str
    need: Need
    format: Format
    aliases: tuple[str, ...]
    past: bool
    since: str
    standard: bool = True


def column(
    header: str,
    definition: str,
    source: str,
    *,
    need: Need = Need.OPTIONAL,
    format: Format = TEXT,  # noqa: A002 - the field's own word
    aliases: tuple[str, ...] = (),
    past: bool = False,
    since: str = "2025-07",
    standard: bool = True,
) -> Any:
    """Declare one column of a file layout; `Layout.elements` gives the declaration back."""
    declared = {"need": need, "format": format, "aliases": aliases, "source": source, "past": past, "since": since, "standard": standard}
    return pa.Field(nullable=True, title=header, description=definition, metadata=declared)


class Layout(pa.DataFrameModel):
    """A file layout: columns declared with `column`, in the file's order, and the checks between them.

    It judges a collected frame of read values; beside each column `x` stands `x_text`, what the cell said.
    """

    @classmethod
    @cache
    def elements(cls) -> Mapping[str, Element]:
        """The elements of the standard layout by column name, in the file's order."""
        return {name: element for name, element in cls.all_elements().items() if element.standard}

    @classmethod
    @cache
    def all_elements(cls) -> Mapping[str, Element]:
        """The same with the columns that only some plans have, which stand behind."""
        return {
            name: Element(
                name=name, header=str(declared.title), definition=str(declared.description), **cast("dict[str, Any]", declared.metadata)
            )
            for name, (_, declared) in cls.__fields__.items()  # a whole schema would have to be built to ask it
        }


class Table(pa.DataFrameModel):
    """A table of the store. A described column that is not nullable must be filled in every row."""

    class Config:
        """A column that the table does not know is our bug, never stored."""

        strict = True
        ordered = False

    @classmethod
    def polars_schema(cls) -> pl.Schema:
        """Column names and polars types, in the table's order."""
        return pl.Schema({name: declared.dtype.type for name, declared in cls.to_schema().columns.items()})

    @classmethod
    def no_rows(cls) -> pl.DataFrame:
        """The table without rows."""
        return pl.DataFrame(schema=cls.polars_schema())


def described(definition: str, *, nullable: bool = False) -> Any:
    """Declare one column of a table of the store."""
    return pa.Field(nullable=nullable, description=definition)
