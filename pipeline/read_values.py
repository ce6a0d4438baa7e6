"""How the stored value of a workbook cell is written as text, without loss.

Decides the text of numbers, dates, times and escapes. Which cell holds which value is the worksheet reader's business.
"""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite

# Number formats that every workbook knows by number (ECMA-376 part 1, 18.8.30; 27-36 and 50-58 in East Asian locales).
BUILT_IN_DATES = frozenset({*range(14, 18), 22, *range(27, 32), 36, *range(50, 59)})
BUILT_IN_TIMES = frozenset({*range(18, 22), *range(32, 36), 45, 47})
BUILT_IN_ELAPSED = frozenset({46})

# What in a format code is shown as it stands: quoted and escaped characters, padding, colours, conditions and locales.
LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]|General', re.IGNORECASE)
ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)

# Day 0 of each system. Excel's 1900 has a 29 February, so that its days before serial 61 are one further on.
EPOCH_1904, EPOCH_1900, EPOCH_EARLY_1900 = date(1904, 1, 1), date(1899, 12, 30), date(1899, 12, 31)
NO_SUCH_DAY = 60
LAST_DAY = date(9999, 12, 31)
MAX_SERIAL = 3_000_000
DAY_MILLISECONDS = 86_400_000

NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
PLAIN_INTEGER = re.compile(r"-?[0-9]+")
# Excel keeps at most so many digits of a fraction that somebody typed; those behind are what binary arithmetic left over.
FRACTION_DIGITS = ".15g"

ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
UNWRITABLE = frozenset({0, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF})


class CellFormat(Enum):
    """What a cell's number format shows its number as."""

    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    ELAPSED = "elapsed"


def cell_format(number: str, code: str | None) -> CellFormat:
    """The format with this id and, where the workbook declares one, this code (its first section decides)."""
    if code is None:
        built_in = int(number) if number.isdecimal() else 0
        if built_in in BUILT_IN_DATES:
            return CellFormat.DATE
        if built_in in BUILT_IN_TIMES:
            return CellFormat.TIME
        return CellFormat.ELAPSED if built_in in BUILT_IN_ELAPSED else CellFormat.NUMBER
    shown = LITERAL.sub("", code).partition(";")[0].lower()
    if ELAPSED.search(shown):
        return CellFormat.ELAPSED
    if "y" in shown or "d" in shown:
        return CellFormat.DATE
    if "h" in shown or "s" in shown:
        return CellFormat.TIME
    return CellFormat.DATE if "m" in shown else CellFormat.NUMBER


def number_text(stored: str) -> str:
    """A stored number in plain digits, never scientific; what is no number stays as it is."""
    if PLAIN_INTEGER.fullmatch(stored) or not NUMBER.fullmatch(stored):
        return stored
    number = float(stored)
    if not isfinite(number):
        return stored
    if number == int(number):
        return f"{Decimal(repr(number)):f}".removesuffix(".0")
    return f"{Decimal(format(number, FRACTION_DIGITS)):f}"


def serial_text(stored: str, shown_as: CellFormat, *, from_1904: bool) -> str:
    """A stored number with a date or time format: `MM/DD/YYYY`, `MM/DD/YYYY HH:MM:SS` or `HH:MM:SS`; else the plain number.

    Fractions of a second are dropped, so that no time just before midnight moves to the next day.
    """
    number = float(stored) if NUMBER.fullmatch(stored) else -1.0
    if not 0 <= number < MAX_SERIAL:
        return number_text(stored)
    milliseconds = round(number * DAY_MILLISECONDS)
    days, within = divmod(milliseconds, DAY_MILLISECONDS)
    if shown_as is CellFormat.ELAPSED:
        return _clock(milliseconds)
    if shown_as is CellFormat.TIME and days == 0:
        return _clock(within)
    day = _day(days, from_1904=from_1904)
    if day is None:
        return number_text(stored)
    return f"{day:%m/%d/}{day.year:04}" + (f" {_clock(within)}" if within >= 1000 else "")


def iso_text(stored: str) -> str:
    """A date stored as ISO 8601 text, in the same form as the others; what is none stays as it is."""
    try:
        moment = datetime.fromisoformat(stored)
    except ValueError:
        return stored
    if moment.tzinfo is not None:
        return stored
    clock = f" {moment:%H:%M:%S}" if moment.replace(microsecond=0).time().isoformat() != "00:00:00" else ""
    return f"{moment:%m/%d/}{moment.year:04}{clock}"


def unescaped(text: str) -> str:
    """Text with the characters that XML cannot hold put back (`_x000D_` is a carriage return)."""
    return ESCAPED.sub(_character, text) if "_x" in text else text


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0] if code in UNWRITABLE else chr(code)


def _day(serial: int, *, from_1904: bool) -> date | None:
    if from_1904:
        epoch = EPOCH_1904
    elif serial in (0, NO_SUCH_DAY):
        return None
    else:
        epoch = EPOCH_1900 if serial > NO_SUCH_DAY else EPOCH_EARLY_1900
    return epoch + timedelta(days=serial) if serial <= (LAST_DAY - epoch).days else None


def _clock(milliseconds: int) -> str:
    seconds = milliseconds // 1000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
