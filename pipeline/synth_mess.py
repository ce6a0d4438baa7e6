"""The mess of real files that reading puts up with: titles, respelt headings, sheets beside, dates in every form, old encodings.

None of it is a fault. What it owes (a note on a CIN as on the card, on a column that is not used) is told of with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from re import fullmatch, sub

from pipeline.synth_habits import Habits
from pipeline.synth_returns import Cell, Fault, Row
from schemas.columns import Element

WORKBOOK, TEXTS = ("xlsx",), ("csv", "tab", "pipe")
EVERY = (*WORKBOOK, *TEXTS)
LAST_HEADER_ROW = 30
NOT_READ = "Internal Notes"


@dataclass(frozen=True)
class Mess:
    """How a file is written, beside what it says. formats: those that can be so.

    above: rows before the headings. gaps: a blank row after every row. below: blank rows at the end. heading: a heading respelt.
    backwards: columns from last to first. blank_columns: columns without heading or cells. around: put on both sides of every text.
    added: headings of columns that a file given back has.
    dates: forms that take turns; numbers: figures are numbers. rough: cells of a row changed, with the note that each owes.
    owed: notes on the file. The others say what the format's own writer does.
    """

    name: str
    formats: tuple[str, ...] = EVERY
    above: int = 0
    gaps: bool = False
    below: int = 0
    heading: Callable[[str], str] | None = None
    aliases: bool = False
    backwards: bool = False
    blank_columns: bool = False
    extra_heading: str = ""
    added: tuple[str, ...] = ()
    around: str = ""
    dates: tuple[Callable[[date], Cell], ...] = ()
    rough: Callable[[str, Cell], tuple[Cell, str] | None] | None = None
    owed: tuple[str, ...] = ()
    numbers: bool = False
    formulas: bool = False
    sheets: bool = False
    hidden_sheet: bool = False
    hidden_rows: bool = False
    encoding: str = "utf-8"
    line_end: str = "\n"
    quoted: bool = False
    broken_lines: bool = False
    open_end: bool = False

    @property
    def is_even(self) -> bool:
        """Whether two rows that say the same are written alike."""
        return not self.dates and self.rough is None


def worn(habits: Habits, elements: Mapping[str, Element], mess: Mess) -> Habits:
    """The habits of a provider whose headings stand as the mess has them."""
    headings = {name: (*elements[name].aliases, text)[0] if mess.aliases else text for name, text in habits.headings.items()}
    if mess.heading is not None:
        headings = {name: mess.heading(text) for name, text in headings.items()}
    return replace(habits, title_rows=mess.above, headings=dict(reversed(headings.items())) if mess.backwards else headings)


def roughened(row: Row, mess: Mess) -> Row:
    """A faultless row as the mess has it, told of what that owes."""
    if mess.rough is None or row.faults:
        return row
    changed = {name: made for name, cell in row.cells.items() if cell is not None and (made := mess.rough(name, cell)) is not None}
    cells: Mapping[str, Cell] = {**row.cells, **{name: cell for name, (cell, _) in changed.items()}}
    owed = tuple(Fault(rule, name, mess.name) for name, (_, rule) in changed.items())
    return replace(row, cells=cells, faults=owed)


def american(day: date) -> str:
    """A date with two digits for day and month."""
    return f"{day:%m/%d/%Y}"


def short(day: date) -> str:
    """A date without leading zeros."""
    return sub(r"\b0", "", american(day))


def _midnight(_: str, cell: Cell) -> tuple[Cell, str] | None:
    return (f"{american(cell)} 00:00:00", "R126") if isinstance(cell, date) else None


def _iso(_: str, cell: Cell) -> tuple[Cell, str] | None:
    return (cell.isoformat(), "R126") if isinstance(cell, date) else None


def _day_number(_: str, cell: Cell) -> tuple[Cell, str] | None:
    return ((cell - date(1899, 12, 30)).days, "R118") if isinstance(cell, date) else None


def _decimal(name: str, cell: Cell) -> tuple[Cell, str] | None:
    return (f"{cell}.0", "R148") if name == "provider_npi" else None


def _dashes(name: str, cell: Cell) -> tuple[Cell, str] | None:
    if not name.endswith("phone") or not fullmatch("[0-9]{10}", str(cell)):
        return None
    return f"({str(cell)[:3]}) {str(cell)[3:6]}-{str(cell)[6:]}", "R147"


def _month_as_date(name: str, cell: Cell) -> tuple[Cell, str] | None:
    if name != "reporting_period":
        return None
    year, month = (str(cell).split("-")) if "-" in str(cell) else (str(cell)[-4:], str(cell)[:2])
    return date(int(year), int(month), 1), "R117"


def _of_cin(change: Callable[[str], str], rule: str) -> Callable[[str, Cell], tuple[Cell, str] | None]:
    return lambda name, cell: (change(str(cell)), rule) if name == "cin" else None


MESSES = (
    Mess("plain"),
    Mess("a title above the headings", above=2),
    Mess("headings on the last row where they are looked for", above=LAST_HEADER_ROW - 1),
    Mess("headings in small letters", heading=str.lower),
    Mess("headings in capitals with underscores", heading=lambda text: text.upper().replace(" ", "_")),
    Mess("headings with blanks too many", heading=lambda text: f" {text.replace(' ', '  ')} "),
    Mess("headings with marks that nobody sees", heading=lambda text: "\u200b".join((text[:4], text[4:]))),
    Mess("headings with colons and stars", heading=lambda text: f"{text}*:"),
    Mess("headings by other names", aliases=True),
    Mess("columns backwards", backwards=True),
    Mess("columns without heading", blank_columns=True),
    Mess("a column of the provider's own", extra_heading=NOT_READ, owed=("F024",)),
    Mess("blanks around every cell", around=" \u00a0"),
    Mess("blank rows between and below", gaps=True, below=3),
    Mess("dates in several forms", dates=(american, short)),
    Mess("the year before the month", rough=_iso),
    Mess("dates with midnight beside them", rough=_midnight),
    Mess("the first day of the month in place of the month", rough=_month_as_date),
    Mess("dates as Excel counts days", WORKBOOK, rough=_day_number),
    Mess("phone numbers with brackets and dashes", rough=_dashes),
    Mess("NPIs with .0 behind them", rough=_decimal),
    Mess("CINs with the check digit", rough=_of_cin(lambda cin: f"{cin}5", "R111")),
    Mess("CINs as on the card", rough=_of_cin(lambda cin: f"{cin}51234", "R111")),
    Mess("CINs in small letters", rough=_of_cin(str.lower, "R112")),
    Mess("real dates and texts in one column", WORKBOOK, dates=(lambda day: day, american, short)),
    Mess("figures as numbers", WORKBOOK, numbers=True),
    Mess("instructions before and lists behind", WORKBOOK, sheets=True),
    Mess("the only sheet is hidden", WORKBOOK, hidden_sheet=True, owed=("F030",)),
    Mess("formulas", WORKBOOK, formulas=True, owed=("F023",)),
    Mess("hidden rows and a filter", WORKBOOK, hidden_rows=True),
    Mess("blank rows to the end of the page", WORKBOOK, below=200),
    Mess("a byte-order mark", TEXTS, encoding="utf-8-sig"),
    Mess("lines as Windows ends them", TEXTS, line_end="\r\n"),
    Mess("lines as old machines end them", TEXTS, line_end="\r"),
    Mess("every cell in quotation marks", TEXTS, quoted=True),
    Mess("line breaks in cells", TEXTS, broken_lines=True),
    Mess("no end of the last line", TEXTS, open_end=True),
    Mess("Windows-1252", TEXTS, encoding="cp1252", above=1, line_end="\r\n", owed=("F022",)),
)
PLAIN = MESSES[0]
