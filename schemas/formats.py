"""Formats: how the text of a cell becomes a value, and what is wrong with a text that does not.

A format reads cleaned text (blanks at the ends taken off) and never guesses: whatever it cannot read without loss is left null,
and the first of its faults whose pattern matches names the rule. Which column has which format is the layouts' business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from schemas.codes import YES_NO, CodeList

INVISIBLE = " \t\r\n\v\f\u00a0\u2007\u202f\u3000\u200b\u200c\u200d\u2060\ufeff"  # blanks and zero-width marks at the ends of a cell
ANYTHING = r"(?s).*"
DECIMAL = r"^([0-9]+)\.0$"  # what a program writes that takes an identifier for a number
SHORTENED = r"^[0-9]+(?:\.[0-9]+)?[eE]\+?[0-9]+$"  # 6.45E+12: how Excel shows a long number
FIRST_OF_MONTH = r"^([0-9]{1,2})/0?1/([0-9]{4})(?: 0?0:00(?::00)?)?$"


@dataclass(frozen=True)
class Pattern:
    """A rule and the texts that it speaks of (a regular expression)."""

    rule: str
    text: str


@dataclass(frozen=True)
class Format:
    """One way of writing a value.

    parse: cleaned text to value, null where unreadable. allowed: what may stand there, in words.
    faults: the rule that an unreadable text breaks (first match; the last matches anything).
    remarks: rules that speak of texts which were read all the same (a lossless repair, or a doubt). choices: what a drop-down offers.
    """

    name: str
    dtype: type[pl.DataType]
    parse: Callable[[pl.Expr], pl.Expr]
    allowed: str
    faults: tuple[Pattern, ...]
    remarks: tuple[Pattern, ...] = ()
    choices: tuple[str, ...] = ()

    def __deepcopy__(self, memo: object) -> Format:
        """Itself: it is frozen, and pandera copies every schema that it changes, with all that a column declares."""
        return self


def clean(text: pl.Expr) -> pl.Expr:
    """Text without blanks and zero-width marks at its ends; null where nothing is left."""
    stripped = text.str.strip_chars(INVISIBLE)
    return pl.when(stripped.str.len_bytes() > 0).then(stripped)


MOMENT_PARTS = (  # day as ISO or American text, hour, minute, second, fraction, offset
    r"^(?:([0-9]{4}-[0-9]{2}-[0-9]{2})|([0-9]{1,2}/[0-9]{1,2}/[0-9]{4}))"
    r"(?:[ T]([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,9}))?)?)?"
    r"(?: ?(Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9]))?$"
)


def day_of_moment(text: pl.Expr) -> pl.Expr:
    """The day that a moment names, as written; null where it is no moment, or the calendar does not have the day."""
    iso, american = (text.str.extract(MOMENT_PARTS, group) for group in (1, 2))
    day = pl.coalesce(iso.str.to_date("%Y-%m-%d", strict=False), american.str.to_date("%m/%d/%Y", strict=False))
    return pl.when(day.dt.year() >= 2000).then(day)


def _matching(pattern: str) -> Callable[[pl.Expr], pl.Expr]:
    return lambda text: pl.when(text.str.contains(f"^(?:{pattern})$")).then(text)


def _cin(text: pl.Expr) -> pl.Expr:
    # 10 characters carry the check digit, 14 also the card's issue date (county handbooks): the first nine are the CIN
    return text.str.extract(r"^(9[0-9]{7}[A-Za-z])(?:[0-9]|[0-9]{5})?$").str.to_uppercase()


def _phone(text: pl.Expr) -> pl.Expr:
    """Ten digits, also with the usual punctuation or the country's 1 before them; nothing but zeros is the number not known."""
    in_brackets, bare, exchange, line = (text.str.extract(PHONE_PARTS, group) for group in (1, 2, 3, 4))
    return pl.coalesce(pl.coalesce(in_brackets, bare) + exchange + line, pl.when(text.str.contains(r"^0+(?:\.0)?$")).then(pl.lit("0" * 10)))


def _npi(text: pl.Expr) -> pl.Expr:
    """Ten digits whose last is the Luhn check digit of 80840 and the nine before it."""
    shaped = pl.when(text.str.contains(r"^[0-9]{10}$")).then(text)
    digits = [shaped.str.slice(place, 1).cast(pl.Int32) for place in range(10)]
    doubled = [digit * 2 - pl.when(digit > 4).then(9).otherwise(0) for digit in digits[0:9:2]]
    total = pl.sum_horizontal([*doubled, *digits[1:10:2], pl.lit(24)], ignore_nulls=False)  # 24: what the prefix 80840 adds
    return pl.when(total % 10 == 0).then(text)


def _date(text: pl.Expr) -> pl.Expr:
    """`MM/DD/YYYY`, also without leading zeros; `YYYY-MM-DD`; either with a time of midnight."""
    american = text.str.extract(r"^([0-9]{1,2}/[0-9]{1,2}/[0-9]{4})(?: 0?0:00(?::00(?:\.0+)?)?)?$")
    iso = text.str.extract(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?$")
    day = pl.coalesce(american.str.to_date("%m/%d/%Y", strict=False), iso.str.to_date("%Y-%m-%d", strict=False))
    return pl.when(day.dt.year() >= 2000).then(day)


def _birth_date(text: pl.Expr) -> pl.Expr:
    american = pl.when(text.str.contains(r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$")).then(text)
    iso = pl.when(text.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")).then(text)
    return pl.coalesce(american.str.to_date("%m/%d/%Y", strict=False), iso.str.to_date("%Y-%m-%d", strict=False))


def _count(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(r"^[0-9]{1,9}$")).then(text).cast(pl.Int64)


def _minutes(text: pl.Expr) -> pl.Expr:
    """Whole minutes, hours and minutes in words, or a span as Excel keeps it: `80`, `1 h 20 mins`, `01:20:00`.

    Without the seconds `1:20` may be minutes and seconds as well, and is not read.
    """
    lower = text.str.to_lowercase()
    spoken = r"^(?:([0-9]{1,3})\s*(?:h|hr|hrs|hour|hours)\.?)?\s*(?:([0-9]{1,4})\s*(?:m|min|mins|minute|minutes)\.?)?$"
    words = pl.when(lower.str.contains(r"[0-9]") & lower.str.contains(spoken)).then(lower)
    hours = words.str.extract(spoken, 1).cast(pl.Int64).fill_null(0)
    minutes = words.str.extract(spoken, 2).cast(pl.Int64).fill_null(0)
    span = r"^([0-9]{1,2}):([0-5][0-9]):00$"
    spanned = text.str.extract(span, 1).cast(pl.Int64) * 60 + text.str.extract(span, 2).cast(pl.Int64)
    return pl.coalesce(_count(text), pl.when(words.is_not_null()).then(hours * 60 + minutes), spanned)


def _period(text: pl.Expr) -> pl.Expr:
    """The calendar month of a reporting period as `YYYY-MM`: `MM/DD/YYYY.MM/DD/YYYY`, `MM/YYYY` or `YYYY-MM`.

    Excel turns a typed 10/2025 into the first day of that month, so the first of a month stands for the month.
    """
    span = r"^([0-9]{1,2}/[0-9]{1,2}/[0-9]{4})\.([0-9]{1,2}/[0-9]{1,2}/[0-9]{4})$"
    first = text.str.extract(span, 1).str.to_date("%m/%d/%Y", strict=False)
    last = text.str.extract(span, 2).str.to_date("%m/%d/%Y", strict=False)
    within_one_month = (first <= last) & (first.dt.truncate("1mo") == last.dt.truncate("1mo"))
    typed = text.str.replace(FIRST_OF_MONTH, "${1}/${2}")
    month = typed.str.extract(r"^([0-9]{1,2}/[0-9]{4})$").str.replace("/", "/1/", literal=True)
    iso = (text.str.extract(r"^([0-9]{4}-[0-9]{2})$") + "-01").str.to_date("%Y-%m-%d", strict=False)
    start = pl.coalesce(pl.when(within_one_month).then(first), month.str.to_date("%m/%d/%Y", strict=False), iso)
    return pl.when(start.dt.year().is_between(2000, 2099)).then(start).dt.strftime("%Y-%m")


def _not_shortened(text: pl.Expr) -> pl.Expr:
    return pl.when(~text.str.contains(SHORTENED)).then(text)


def _or_decimal(form: Format) -> Format:
    """The format that reads 1234567893.0 as the whole number it stands for, and says so."""
    return replace(
        form,
        parse=lambda text: form.parse(text.str.replace(DECIMAL, "${1}")),
        remarks=(*form.remarks, Pattern("R148", DECIMAL)),
    )


PHONE_PARTS = r"^(?:\+?1[\s.-]?)?(?:\(([0-9]{3})\)|([0-9]{3}))[\s.-]{0,3}([0-9]{3})[\s.-]{0,3}([0-9]{4})(?:\.0)?$"
DAY_NUMBER = (
    "(?:3652[6-9]|365[3-9][0-9]|36[6-9][0-9]{2}|3[7-9][0-9]{3}|[4-6][0-9]{4}|7[0-2][0-9]{3}|730[0-4][0-9]|73050)"  # years 2000 to 2099
)
MONTH_WORD = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?"
SPOKEN_DATE = rf"(?i)^(?:[0-9]{{1,2}}[ -])?{MONTH_WORD}[ -]+(?:[0-9]{{1,2}},? *)?[0-9]{{2,4}}$"
SEVERAL_DATES = Pattern("R125", r"[0-9]{1,4}[/-][0-9]{1,2}[/-][0-9]{1,4}[^0-9.]+.*[0-9]{1,4}[/-][0-9]{1,2}[/-][0-9]{1,4}")
SEVERAL_VALUES = r"[,;|&\n]"
SEVERAL_DAYS = rf"(?s){SEVERAL_DATES.text}|[0-9]/[0-9]+.*{SEVERAL_VALUES}.*[0-9]/[0-9]|[0-9]:[0-9]{{2}}.*[0-9]:[0-9]{{2}}"
DATE_FAULTS = (
    SEVERAL_DATES,
    Pattern("R124", r"^[0-9]{1,4}[/-][0-9]{1,2}[/-][0-9]{1,4}[ T].*[0-9]"),
    Pattern("R121", r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}$"),
    Pattern("R127", r"^(?:[0-9]{1,2}/[0-9]{1,2}/[01][0-9]{3}|[01][0-9]{3}-[0-9]{2}-[0-9]{2})$"),
    Pattern("R123", r"^(?:1[3-9]|2[0-9]|3[01])/(?:0?[1-9]|1[0-2])/[0-9]{4}$"),
    Pattern("R122", r"^(?:0?[1-9]|1[0-2])/(?:[0-9]{1,2})/[0-9]{4}$|^[0-9]{4}-(?:0[1-9]|1[0-2])-[0-9]{2}$"),
    Pattern("R119", rf"^{DAY_NUMBER}(?:\.[0-9]+)?$"),
    Pattern("R129", rf"^[0-9]{{1,2}}[-.][0-9]{{1,2}}[-.][0-9]{{2,4}}$|^[0-9]{{4}}\.[0-9]{{1,2}}\.[0-9]{{1,2}}$|{SPOKEN_DATE}"),
    Pattern("R120", ANYTHING),
)

LOST_DIGITS = Pattern("R143", rf"{SHORTENED}|^[0-9]{{7,9}}(?:\.0)?$")
# Shapes of numbers that Medicare gives its members (CMS, Understanding the MBI): the present one, and the Social Security based one before.
MEDICARE_NUMBER = (
    "(?i)^[1-9][ac-hj-km-np-rt-y][0-9ac-hj-km-np-rt-y][0-9]-?[ac-hj-km-np-rt-y][0-9ac-hj-km-np-rt-y][0-9]-?[ac-hj-km-np-rt-y]{2}[0-9]{2}$"
)
OLD_MEDICARE_NUMBER = "^[0-9]{3}-?[0-9]{2}-?[0-9]{4}-?[A-Za-z][0-9]?$"

TEXT = Format("text", pl.String, lambda text: text, "Text.", (Pattern("R120", ANYTHING),))
NAME = replace(TEXT, allowed="A name.")
CIN = Format(
    "CIN",
    pl.String,
    _cin,
    "A 9, seven digits and a letter, such as 90000001A.",
    (
        Pattern("R142", rf"{SHORTENED}|^9[0-9]{{7}}0{{0,9}}$"),  # 90000001E5 reads as a number with zeros behind
        Pattern("R144", rf"^[0-9.-]+$|{MEDICARE_NUMBER}|{OLD_MEDICARE_NUMBER}"),
        Pattern("R110", ANYTHING),
    ),
    (
        Pattern("R111", r"^9[0-9]{7}[A-Za-z][0-9]+$"),
        Pattern("R112", r"^9[0-9]{7}[a-z]"),
        Pattern("R113", r"^9[0-9]{7}[^ACDEFGHMNTUVWXYZacdefghmntuvwxyz]"),
    ),
)
NPI = _or_decimal(
    Format(
        "NPI",
        pl.String,
        _npi,
        "Ten digits with a right check digit.",
        (Pattern("R115", r"^[0-9]{10}(?:\.0)?$"), LOST_DIGITS, Pattern("R114", ANYTHING)),
    )
)
PHONE = Format(
    "phone",
    pl.String,
    _phone,
    "Ten digits, no dashes; 0000000000 when not known.",
    (Pattern("R125", r"[0-9]{3}.*[,;/].*[0-9]{3}"), LOST_DIGITS, Pattern("R116", ANYTHING)),
    (Pattern("R147", r"[^0-9]|^[0-9]{11}|^0{1,9}$"),),
)
DATE = Format(
    "date",
    pl.Date,
    _date,
    "A date as MM/DD/YYYY.",
    DATE_FAULTS,
    (Pattern("R126", r"^[0-9]{4}-|[0-9][ T]"),),
)
EXTRACT_DATE = replace(DATE, remarks=())  # the plan's own systems write dates either way
BIRTH_DATE = Format("birth date", pl.Date, _birth_date, "A date as MM/DD/YYYY.", DATE_FAULTS)
INDICATOR = _or_decimal(Format("Y/N", pl.String, YES_NO.parse, "Y or N.", (Pattern("R131", ANYTHING),), choices=YES_NO.labels))
COUNT = _or_decimal(Format("whole number", pl.Int64, _count, "A whole number, 0 or more.", (Pattern("R132", ANYTHING),)))
MINUTES = _or_decimal(Format("minutes", pl.Int64, _minutes, "Minutes, such as 80 or 1 h 20 mins.", (Pattern("R132", ANYTHING),)))
ZIP = _or_decimal(Format("zip", pl.String, _matching("[0-9]{5}(?:-?[0-9]{4})?"), "Five or nine digits.", (Pattern("R133", ANYTHING),)))
STATE = Format(
    "state",
    pl.String,
    lambda text: _matching("[A-Za-z]{2}")(text).str.to_uppercase(),
    "Two letters, such as CA.",
    (Pattern("R134", ANYTHING),),
)
PERIOD = Format(
    "reporting period",
    pl.String,
    _period,
    "One calendar month: MM/DD/YYYY.MM/DD/YYYY, MM/YYYY or YYYY-MM.",
    (Pattern("R135", ANYTHING),),
    (Pattern("R117", FIRST_OF_MONTH),),
)
IDENTIFIER = _or_decimal(
    Format("identifier", pl.String, _not_shortened, "The number in full, stored as text.", (Pattern("R136", ANYTHING),))
)
MEMBER_NUMBER = replace(
    IDENTIFIER, name="member number", faults=(Pattern("R143", ANYTHING),)
)  # nothing rests on it, so its row is not lost
TIN = _or_decimal(Format("TIN", pl.String, _matching("[0-9]{2}-?[0-9]{7}"), "Nine digits.", (Pattern("R137", ANYTHING),)))
EMAIL = Format(
    "email",
    pl.String,
    _matching(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+"),
    "One e-mail address, such as name@example.org.",
    (Pattern("R138", ANYTHING),),
)

MOMENT = Format(
    "moment",
    pl.String,
    lambda text: pl.when(day_of_moment(text).is_not_null()).then(text),
    "A date as MM/DD/YYYY or YYYY-MM-DD, with or without a time of day.",
    (Pattern("R139", ANYTHING),),
)
IDENTIFIER_NAME = Format(
    "name for files",
    pl.String,
    _matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"),
    "Letters, digits, - and _; at most 64.",
    (Pattern("R140", ANYTHING),),
)


def coded(codes: CodeList, *, allowed: CodeList | None = None) -> Format:
    """The format of a column that holds one value of a code list, as label or code. allowed: what is offered, when that is less."""
    offered = allowed or codes
    return _or_decimal(Format(codes.name, pl.String, codes.parse, offered.allowed(), (Pattern("R130", ANYTHING),), choices=offered.labels))


def of_one_attempt(form: Format, several: str = SEVERAL_VALUES) -> Format:
    """The format of a tracker's cell that tells of several attempts which could not be told apart, by the pattern of such a text."""
    return replace(form, faults=(Pattern("R146", several), *form.faults))


def first_matching(patterns: tuple[Pattern, ...], text: pl.Expr) -> pl.Expr:
    """The rule of the first pattern that matches a text; null where none does."""
    return pl.coalesce([pl.when(text.str.contains(pattern.text)).then(pl.lit(pattern.rule)) for pattern in patterns])
