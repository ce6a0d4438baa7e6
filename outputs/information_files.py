"""The files that tell a provider about its referrals (MIF, ASF), with the sheet on which it answers (RTF).

Decides how they look and are written; which rows and which values stand in them, the pipeline has decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from outputs.cells import neutralised
from outputs.workbooks import Column, Sheet, Style, workbook
from schemas.columns import Element, Layout
from schemas.formats import BIRTH_DATE, DATE

RETURN_SHEET = "RTF"
NARROWEST, WIDEST = 12, 32  # characters of a column
DATE_HINT = "Write the date as MM/DD/YYYY, such as 03/05/2026."
# Excel reads a CSV file without this mark in the code page of Windows and spoils every accent in a name, which then comes back spoilt.
# A pipe file is for programs: Excel asks how to read a .txt, and a program would take the mark for part of the first heading.
BYTE_ORDER_MARK = {",": b"\xef\xbb\xbf", "|": b""}
LINE_END = "\r\n"  # RFC 4180


@dataclass(frozen=True)
class ReturnSheet:
    """The sheet on which the provider answers, filled with what the plan knows.

    elements: its columns, in their order. rows: String columns named as the elements; absent ones are the provider's to fill in.
    choices: by element, what its drop-down offers.
    """

    elements: Mapping[str, Element]
    rows: pl.DataFrame
    choices: Mapping[str, tuple[str, ...]]
    name: str = RETURN_SHEET


def information_workbook(layout: type[Layout], rows: pl.DataFrame, sheet_name: str, answer: ReturnSheet, produced_on: date) -> bytes:
    """The workbook: the data on the first sheet, the answer on the second, every cell typed as text.

    rows: String columns named as the layout's elements, in any order; missing ones are left blank.
    """
    told = Sheet(sheet_name, tuple(_column(element) for element in layout.elements().values()), _in_order(layout.elements(), rows))
    asked = tuple(
        _answer_column(element, element.name in answer.rows.columns, answer.choices.get(element.name, ()))
        for element in answer.elements.values()
    )
    return workbook((told, Sheet(answer.name, asked, _in_order(answer.elements, answer.rows))), produced_on)


def information_text(layout: type[Layout], rows: pl.DataFrame, separator: str) -> bytes:
    """The data as a CSV (",") or pipe ("|") file in UTF-8, nothing in it a formula for a spreadsheet; there is no answer sheet.

    rows: as for `information_workbook`. `cells.restored` gives each text back as it was.
    """
    elements = layout.elements()
    headings = {name: element.header for name, element in elements.items()}
    text = (
        _in_order(elements, rows)
        .with_columns(pl.when(pl.all() != "").then(neutralised(pl.all())))
        .rename(headings)
        .write_csv(separator=separator, line_terminator=LINE_END)
    )
    return BYTE_ORDER_MARK[separator] + text.encode()


def _in_order(elements: Mapping[str, Element], rows: pl.DataFrame) -> pl.DataFrame:
    blank = pl.repeat(None, rows.height, dtype=pl.String, eager=True)
    return pl.DataFrame([rows[name] if name in rows.columns else blank.alias(name) for name in elements])


def _column(element: Element) -> Column:
    return Column(element.header, _width(element))


def _answer_column(element: Element, known: bool, choices: tuple[str, ...]) -> Column:
    return Column(
        element.header,
        _width(element),
        heading_style=Style.HEADING if known else Style.HEADING_OPEN,
        choices=choices,
        hint=DATE_HINT if element.format in (DATE, BIRTH_DATE) else "",
    )


def _width(element: Element) -> int:
    return min(max(len(element.header) + 2, NARROWEST), WIDEST)
