"""How every workbook is made: what a sheet looks like is drawn once by XlsxWriter, its cells are put in afterwards.

XlsxWriter spends most of its time on cells, and most workbooks differ in nothing else: so drawings are kept, and `sheet_cells` writes
the cells, which takes a sixth of the time. The same sheets give the same bytes. What a sheet says is for the callers.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import Enum, auto
from functools import lru_cache
from io import BytesIO
from typing import Any

import polars as pl
import xlsxwriter  # type: ignore[import-untyped] # has annotations, but does not say so

from outputs.sheet_cells import MOST_ROWS, column_letters, sheet_data

LISTS = "Lists"  # hidden sheet of the drop-downs that are too long for a cell's own list
LONGEST_LIST = 255  # characters of all its values and the commas between them
ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say
PACKED_FAST = 1  # level: a fifth larger than the default, at a third of its time
KEPT_DRAWINGS = 64
MOST_FROZEN = 10  # rows that stay in sight; more would leave no room for the others
QUESTION = {"error_type": "warning", "error_title": "Not in the list", "error_message": "Choose a value of the list if you can."}


class Style(Enum):
    """How a cell looks."""

    TEXT = auto()  # typed as text: zeros at the front stay, and nothing entered becomes a date, a number or a formula
    WRAPPED = auto()
    HEADING = auto()
    HEADING_OPEN = auto()  # of a column that the reader is asked to fill in
    HEADING_REQUIRED = auto()  # of a column that must not be left blank
    TITLE = auto()
    TOPIC = auto()
    ERROR = auto()
    WARNING = auto()
    ERROR_WRAPPED = auto()
    WARNING_WRAPPED = auto()
    GENERAL = auto()
    DAY = auto()
    MOMENT = auto()
    MOMENT_UTC = auto()


_AS_TEXT = {"num_format": 49, "valign": "top"}
_HEADING = {"num_format": 49, "bold": True, "text_wrap": True, "valign": "top", "bottom": 1}
_LIGHT_RED, _YELLOW = "#F8CBAD", "#FFF2A8"
LOOKS: dict[Style, dict[str, Any]] = {
    Style.TEXT: _AS_TEXT,
    Style.WRAPPED: _AS_TEXT | {"text_wrap": True},
    Style.HEADING: _HEADING | {"bg_color": "#E7E6E6"},
    Style.HEADING_OPEN: _HEADING | {"bg_color": "#CFE2F3"},
    Style.HEADING_REQUIRED: _HEADING | {"bg_color": "#1F4E79", "font_color": "#FFFFFF"},
    Style.TITLE: _AS_TEXT | {"bold": True, "font_size": 14},
    Style.TOPIC: _AS_TEXT | {"bold": True},
    Style.ERROR: _AS_TEXT | {"bg_color": _LIGHT_RED},
    Style.WARNING: _AS_TEXT | {"bg_color": _YELLOW},
    Style.ERROR_WRAPPED: _AS_TEXT | {"text_wrap": True, "bg_color": _LIGHT_RED},
    Style.WARNING_WRAPPED: _AS_TEXT | {"text_wrap": True, "bg_color": _YELLOW},
    Style.GENERAL: {"valign": "top"},
    Style.DAY: {"num_format": "yyyy-mm-dd", "valign": "top"},
    Style.MOMENT: {"num_format": "yyyy-mm-dd hh:mm", "valign": "top"},
    Style.MOMENT_UTC: {"num_format": 'yyyy-mm-dd hh:mm:ss"Z"', "valign": "top"},
}


@dataclass(frozen=True)
class Column:
    """How one column of a sheet is drawn.

    style: also of the empty cells below the rows. choices: what its drop-down offers; anything else may still be entered, after a
    question, because codes and older names are accepted too. hint: shown beside a cell of the column when it is chosen, at most
    255 characters; hint_title stands above it, at most 32.
    """

    heading: str
    width: int
    style: Style = Style.TEXT
    heading_style: Style = Style.HEADING
    choices: tuple[str, ...] = ()
    hint: str = ""
    hint_title: str = ""


@dataclass(frozen=True)
class Comment:
    """A note on a cell; row as Excel numbers it, column counted from 0."""

    row: int
    column: int
    text: str


@dataclass(frozen=True)
class Sheet:
    """A worksheet. rows: a column for each of `columns`, in order. marks: by column and row, from 0, how single cells look.

    one_page_wide: how it is printed; else on as many pages as its columns need. headings_on: the row of the headings. numbers: where each
    of `rows` stands, ascending; from the headings on without a gap when left out. above: numbers and texts of rows before the headings.
    """

    name: str
    columns: tuple[Column, ...]
    rows: pl.DataFrame
    filtered: bool = False
    marks: Mapping[int, Mapping[int, Style]] = field(default_factory=dict)
    comments: tuple[Comment, ...] = ()
    one_page_wide: bool = False
    headings_on: int = 1
    numbers: Sequence[int] = ()
    above: Sequence[tuple[int, Sequence[str | None]]] = ()

    @property
    def all_numbers(self) -> Sequence[int]:
        """Where the headings and each of `rows` stand."""
        return [self.headings_on, *(self.numbers or range(self.headings_on + 1, self.headings_on + 1 + self.rows.height))]


@dataclass(frozen=True)
class _Drawing:
    """What of a sheet does not depend on its cells."""

    name: str
    columns: tuple[Column, ...]
    filtered_to: int | None  # row
    comments: tuple[Comment, ...]
    one_page_wide: bool
    headings_on: int


@dataclass(frozen=True)
class _Package:
    """The parts of a workbook without cells, by name and in order, and the number that each style has in it."""

    parts: tuple[tuple[str, bytes], ...]
    numbers: Mapping[Style, int]


def workbook(sheets: Sequence[Sheet], produced_on: date) -> bytes:
    """The workbook of these sheets, said to be made on that day. Raises ValueError when a sheet has too many rows or columns."""
    drawings = tuple(_drawing(sheet) for sheet in sheets)
    alike = not any(sheet.filtered or sheet.comments for sheet in sheets)
    drawn = _kept_package(drawings, produced_on) if alike else _package(drawings, produced_on)
    filled = {f"xl/worksheets/sheet{place}.xml": _cells(sheet, drawn.numbers) for place, sheet in enumerate(sheets, start=1)}
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for name, part in drawn.parts:
            content = part if name not in filled else _with_cells(part, filled[name])
            package.writestr(zipfile.ZipInfo(name, ZIP_DATE), content, zipfile.ZIP_DEFLATED, PACKED_FAST)
    return packed.getvalue()


def sheet_name(wanted: str) -> str:
    """A name as Excel allows it: at most 31 characters, none of []:*?/\\, no apostrophe at an end, and not History."""
    allowed = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", wanted)[:31].strip(" '")
    return "Sheet" if allowed.lower() in {"", "history"} else allowed


def _drawing(sheet: Sheet) -> _Drawing:
    filtered_to = sheet.all_numbers[-1] if sheet.filtered else None
    return _Drawing(sheet.name, sheet.columns, filtered_to, sheet.comments, sheet.one_page_wide, sheet.headings_on)


def _package(drawings: tuple[_Drawing, ...], produced_on: date) -> _Package:
    drawn = BytesIO()
    # In memory: the other ways of XlsxWriter put cells into temporary files.
    book = xlsxwriter.Workbook(drawn, {"in_memory": True})
    book.set_properties({"created": datetime.combine(produced_on, time())})
    formats = {style: book.add_format(look) for style, look in LOOKS.items()}
    sheets = [book.add_worksheet(drawing.name) for drawing in drawings]
    for place, style in enumerate(Style):  # one cell of each style tells its number; the cells themselves are replaced
        sheets[0].write_blank(0, place, None, formats[style])
    long_lists = _long_lists(drawings)
    for sheet, drawing in zip(sheets, drawings, strict=True):
        _draw(sheet, drawing, formats, long_lists)
    if long_lists:
        lists = book.add_worksheet(LISTS)
        lists.hide()
        for place, choices in enumerate(long_lists):
            for row, choice in enumerate(choices):
                lists.write_string(row, place, choice, formats[Style.TEXT])
    book.close()
    with zipfile.ZipFile(drawn) as package:
        parts = tuple((name, package.read(name)) for name in package.namelist())
    numbers = re.findall(rb'<c r="[A-Z]+1" s="([0-9]+)"/>', dict(parts)["xl/worksheets/sheet1.xml"])
    return _Package(parts, {style: int(number) for style, number in zip(Style, numbers, strict=True)})


_kept_package = lru_cache(maxsize=KEPT_DRAWINGS)(_package)


def _draw(sheet: Any, drawing: _Drawing, formats: Mapping[Style, Any], long_lists: Sequence[tuple[str, ...]]) -> None:
    if drawing.headings_on <= MOST_FROZEN:
        sheet.freeze_panes(drawing.headings_on, 0)
    last = len(drawing.columns) - 1
    for place, column in enumerate(drawing.columns):
        sheet.set_column(place, place, column.width, formats[column.style])
        if rules := _rules(column, long_lists):
            sheet.data_validation(drawing.headings_on, place, MOST_ROWS - 1, place, rules)
    if drawing.one_page_wide:
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
    if drawing.filtered_to is not None:
        sheet.autofilter(drawing.headings_on - 1, 0, drawing.filtered_to - 1, last)
    for comment in drawing.comments:
        sheet.write_comment(comment.row - 1, comment.column, comment.text, {"x_scale": 2, "y_scale": 1.2})


def _rules(column: Column, long_lists: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    """What a cell of the column says when it is chosen, and what it offers."""
    hint = {"input_title": column.hint_title, "input_message": column.hint} if column.hint else {}
    if not column.choices:
        return {"validate": "any"} | hint if hint else {}
    source: object = list(column.choices)
    if column.choices in long_lists:
        letters = column_letters(long_lists.index(column.choices))
        source = f"={LISTS}!${letters}$1:${letters}${len(column.choices)}"
    return {"validate": "list", "source": source} | QUESTION | hint


def _long_lists(drawings: tuple[_Drawing, ...]) -> list[tuple[str, ...]]:
    """The drop-downs that a cell cannot hold itself: too long, or with a comma or a quotation mark in a value."""
    every = dict.fromkeys(column.choices for drawing in drawings for column in drawing.columns)
    return [choices for choices in every if len(",".join(choices)) > LONGEST_LIST or any(mark in "".join(choices) for mark in ',"')]


def _cells(sheet: Sheet, numbers: Mapping[Style, int]) -> str:
    header = [(column.heading, numbers[column.heading_style]) for column in sheet.columns]
    marks = {place: {row: numbers[style] for row, style in marked.items()} for place, marked in sheet.marks.items()}
    styles = [numbers[column.style] for column in sheet.columns]
    return sheet_data(header, sheet.rows, styles, marks, _lines(sheet), sheet.all_numbers, sheet.above, numbers[Style.TEXT])


def _lines(sheet: Sheet) -> list[int]:
    """How many lines the header and each row need. Excel finds out itself when it opens a workbook, LibreOffice does not."""
    headings = [-(-len(column.heading) // (column.width - 2)) for column in sheet.columns]
    wrapped = [place for place, column in enumerate(sheet.columns) if column.style is Style.WRAPPED]
    if not wrapped:
        return [max(headings), *([1] * sheet.rows.height)]
    lines = [_lines_of(pl.nth(place), sheet.columns[place].width, _running_on(sheet.marks.get(place, {}))) for place in wrapped]
    return [max(headings), *sheet.rows.select(pl.max_horizontal(1, *lines)).to_series()]


def _running_on(marks: Mapping[int, Style]) -> list[int]:
    """Rows whose text runs on over the cells beside it, though its column is wrapped."""
    return [row for row, style in marks.items() if "text_wrap" not in LOOKS[style]]


def _lines_of(cells: pl.Expr, width: int, running_on: list[int]) -> pl.Expr:
    text = pl.when(~pl.int_range(pl.len()).is_in(running_on)).then(cells) if running_on else cells
    line = pl.max_horizontal(1, (pl.element().str.len_chars() / width).ceil())
    return text.str.split("\n").list.eval(line).list.sum().cast(pl.Int64)


def _with_cells(part: bytes, cells: str) -> bytes:
    """The part of a sheet with its cells in the place of what was drawn there."""
    before, after = re.split("<sheetData/>|<sheetData>.*</sheetData>", part.decode(), maxsplit=1)
    before = re.sub("<dimension [^>]*/>", "", before)  # it spoke of what was drawn, and may be left out
    return f"{before}<sheetData>{cells}</sheetData>{after}".encode()
