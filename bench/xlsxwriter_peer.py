"""XlsxWriter alone, writing what our own workbooks hold: the peer of `emit`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter  # type: ignore[import-untyped] # has annotations, but does not say so


def write_again(folder: Path, target: Path) -> dict[str, object]:
    """Write every workbook of a folder again into another. What they hold is read before the clock starts."""
    target.mkdir()
    contents = {path.name: _content(path) for path in sorted(folder.rglob("*.xlsx"))}
    began = time.perf_counter()
    for name, sheets in contents.items():
        _write(target / name, sheets)
    seconds = time.perf_counter() - began
    cells = sum(1 for sheets in contents.values() for _, rows, _, _, _ in sheets for row in rows for cell in row if cell not in (None, ""))
    again = [_content(path)[place][1] for path in sorted(target.iterdir())[:1] for place in (0, 1)]
    first = [next(iter(contents.values()))[place][1] for place in (0, 1)]
    return {"seconds": seconds, "files": len(contents), "cells": cells, "same": again == first}


def _content(path: Path) -> list[tuple[str, list[tuple[Any, ...]], list[tuple[str, dict[str, Any]]], list[float], bool]]:
    """Of each sheet its name, rows, validations, widths, and whether it is hidden."""
    book = openpyxl.load_workbook(path)
    return [
        (
            sheet.title,
            list(sheet.iter_rows(values_only=True)),
            [
                (str(rule.sqref), {"validate": "list", "source": _source(str(rule.formula1))})
                for rule in sheet.data_validations.dataValidation
                if rule.type == "list"
            ],
            [width.width for width in sheet.column_dimensions.values()],
            sheet.sheet_state == "hidden",
        )
        for sheet in book.worksheets
    ]


def _source(formula: str) -> str | list[str]:
    return formula.strip('"').split(",") if formula.startswith('"') else f"={formula.removeprefix('=')}"


def _write(path: Path, sheets: list[tuple[str, list[tuple[Any, ...]], list[tuple[str, dict[str, Any]]], list[float], bool]]) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "mm/dd/yyyy"}) as book:
        heading = book.add_format({"bold": True, "text_wrap": True})
        for name, rows, validations, widths, hidden in sheets:
            sheet = book.add_worksheet(name)
            for place, width in enumerate(widths):
                sheet.set_column(place, place, width)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if cell is None or cell == "":
                        continue
                    if isinstance(cell, str):
                        sheet.write_string(number, place, cell, heading if number == 0 else None)
                    else:
                        sheet.write(number, place, cell)
            for where, rule in validations:
                sheet.data_validation(where, rule)
            sheet.freeze_panes(1, 0)
            if hidden:
                sheet.hide()
