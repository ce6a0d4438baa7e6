"""Faults in one cell: for every rule on cells, what may stand in a column that the rule speaks of.

Which columns those are follows from the layouts: a rule speaks of the columns whose format names it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from pipeline.synth_returns import Cell, Row
from pipeline.synth_setting import Defect, Setting, in_columns, spoiled
from schemas.formats import DATE, PERIOD, TEXT, Format
from schemas.layouts import OTF

Text = str | Callable[[date], str]  # as it stands there, or made from the day that the row is about


def _next_year(on: date) -> str:
    return f"{on:%m}/{min(on.day, 28):02}/{on.year + 1}"


# What is wrong, in words, and what may stand there: in a column of the format that is named, or in any other.
TEXTS: Mapping[str, tuple[str, Mapping[str, tuple[Text, ...]]]] = {
    "R114": ("no NPI", {"": ("20481", "200000000X", "12345-67890")}),
    "R116": ("no phone number", {"": ("555-0123", "760-555-012", "ask the clinic")}),
    "R117": ("the first day of a month in place of the month", {"": (lambda on: f"{on:%m}/01/{on.year}",)}),
    "R119": ("a day number in a text file", {"": (lambda on: str(_day_number(on)),)}),
    "R120": ("words in place of a date", {"": ("soon", "next visit", "mid-month")}),
    "R121": ("a year of two digits", {"": (lambda on: f"{on:%m/%d/%y}",)}),
    "R122": ("a day that no calendar has", {"": (lambda on: f"02/30/{on.year}", lambda on: f"04/31/{on.year}")}),
    "R123": ("the day before the month", {"": (lambda on: f"25/{on:%m/%Y}",)}),
    "R124": ("a time of day beside the date", {"": (lambda on: f"{on:%m/%d/%Y} 14:30",)}),
    "R125": (
        "several values in one cell",
        {"": (lambda on: f"{on:%m/%d/%Y}, {on:%m}/01/{on.year}",), "phone": ("760-555-0123; 760-555-0145", "7605550123/7605550145")},
    ),
    "R126": ("the year before the month", {"": (lambda on: on.isoformat(), lambda on: f"{on:%m/%d/%Y} 00:00:00")}),
    "R127": ("a year of another century", {"": (lambda on: f"{on:%m}/{min(on.day, 28):02}/1926",)}),
    "R128": ("a day that is yet to come", {"": (_next_year,)}),
    "R129": ("dashes, full stops or words between the parts of a date", {"": (lambda on: f"{on:%m-%d-%Y}", lambda on: f"{on:%d %b %Y}")}),
    "R130": ("a word that no list has", {"": ("Waitlisted", "In Progress", "no news")}),
    "R131": ("neither yes nor no", {"": ("maybe", "2", "sometimes")}),
    "R132": ("no whole number", {"": ("about 3", "-1", "2.5")}),
    "R133": ("no zip code", {"": ("9224", "92243-1")}),
    "R134": ("no state", {"": ("Calif.", "C")}),
    "R135": ("a month in words", {"": (lambda on: f"{on:%B %Y}", "last month")}),
    "R136": ("a number that Excel shortened", {"": ("6.45E+12",)}),
    "R137": ("no tax number", {"": ("12-345", "00-12345678")}),
    "R138": ("no e-mail address", {"": ("care at example.org", "care@example")}),
    "R141": ("words of a template", {"": ("see note", "optional field", "MM/DD/YYYY", "not applicable")}),
    "R143": ("digits lost", {"NPI": ("20481000", "2.0481E+09"), "phone": ("5550123", "7.60555E+09"), "member number": ("1.0001E+09",)}),
    "R146": (
        "several attempts that cannot be told apart",
        {
            "": ("Telephonic, In-Person", "1; 2"),
            "date": (lambda on: f"{on - timedelta(days=1):%m/%d/%Y} {on:%m/%d/%Y}",),
            "Y/N": ("Y, N",),
            "minutes": ("20; 45",),
        },
    ),
    "R147": ("a phone number with dashes", {"": ("760-555-0123", "(760) 555-0123", "+1 760 555 0123")}),
    "R148": (
        "a whole number with .0 behind it",
        {
            "Y/N": ("0.0",),
            "whole number": ("2.0",),
            "minutes": ("45.0",),
            "zip": ("92243.0",),
            "identifier": ("6450000000001.0",),
            "member number": ("1000000001.0",),
            "TIN": ("001234567.0",),
        },
    ),
}
BESIDE: Mapping[tuple[str, str], Mapping[str, Cell]] = {  # what a row needs besides, so that no other rule speaks, or that this one does
    ("", "discontinuation_date"): {"discontinuation_code": "5"},
    ("R146", "outreach_date"): {"minutes": 25},
}
NO_CIN: Mapping[str, tuple[str, tuple[str, ...]]] = {  # cells of which nobody knows whose they are
    "R110": ("a row without a CIN that can be read", ("9000001A", "9 0000001 A", "80000001A")),
    "R141": ("words of a template in place of the CIN", ("see note", "Optional", "enter CIN here")),
    "R142": ("a CIN that Excel took for a number", ("9.0000001E+12", "90000001")),
    "R144": ("another number in place of the CIN", ("1EG4TE5MK73", "123-45-6789A", "0012345678")),
}
DAY_ZERO = date(1899, 12, 30)  # of Excel's count


def _day_number(day: date) -> int:
    return (day - DAY_ZERO).days


def _of_format(rule: str) -> Callable[[Setting], Sequence[str | None]]:
    """Columns whose format names the rule. What is only text is unreadable as template text alone."""

    def elements(setting: Setting) -> Sequence[str | None]:
        if rule == "R119" and not setting.is_text:
            return ()
        told = {name: {one.rule for one in (*form.faults, *form.remarks)} for name, form in setting.formats.items()}
        named = [name for name, form in setting.formats.items() if rule in told[name] and (form.name != TEXT.name or rule == "R141")]
        readable = [name for name in named if not (rule == "R125" and "R146" in told[name])]  # there the second speaks of all such texts
        return [name for name in readable if rule != "R148" or _decimals(name, setting)]

    return elements


def _decimals(element: str, setting: Setting) -> Sequence[Text]:
    """What may stand in a column with .0 behind it: of a list, a code that has a number."""
    form = setting.formats[element]
    if element == "provider_npi":
        return (f"{setting.reporter.provider['npi']}.0",)
    return tuple(f"{code}.0" for code in codes_of(form)) if form.choices and form.name != "Y/N" else TEXTS["R148"][1].get(form.name, ())


def codes_of(form: Format) -> dict[str, str]:
    """The numbers of a list and the labels that they stand for."""
    parts = (part.partition(" ") for part in form.allowed.split("; "))
    return {code: label for code, _, label in parts if code.isdigit() and label}


def _past(setting: Setting) -> Sequence[str | None]:
    """A production date that is yet to come would be a second production date besides."""
    return [name for name in setting.columns if setting.judge.elements[name].past and name != "production_date"]


def _in_cell(rule: str) -> Callable[[Row, Setting, Random, str], list[Row] | None]:
    what, texts = TEXTS[rule]

    def spoil(row: Row, setting: Setting, rng: Random, element: str) -> list[Row] | None:
        if element == "cin":
            return _nobody(rule)(row, setting, rng, element)
        if element == "closure_reason" and row.reason is None:
            return None
        own = row.cells.get(element)
        text = rng.choice(texts.get(setting.formats[element].name) or texts[""])
        beside = {**BESIDE.get(("", element), {}), **BESIDE.get((rule, element), {})}
        beside |= {"discontinuation_date": row.on} if element == "discontinuation_code" else {}
        said = text if isinstance(text, str) else text(own if isinstance(own, date) else row.on)
        made = spoiled(row, rule, element, what, beside | {element: said})
        return [row, replace(made, referral_id=None, cin=None)] if element == setting.choice.key else [made]

    return spoil


def _with_decimal(row: Row, setting: Setting, rng: Random, element: str) -> list[Row] | None:
    own, form = row.cells.get(element), setting.formats[element]
    said = f"{own}.0" if element == setting.choice.key else rng.choice(_decimals(element, setting))
    if element in ("referral_status", "closure_reason", "engagement"):  # it has to say what the row said
        of_label = {label: f"{code}.0" for code, label in codes_of(form).items()}
        label = (
            row.status
            if element == "referral_status"
            else row.reason
            if element == "closure_reason"
            else codes_of(form).get(str(own), str(own))
        )
        if label is None or label not in of_label:
            return None
        said = of_label[label]
    beside: dict[str, Cell] = {"discontinuation_date": row.on} if element == "discontinuation_code" else {}
    return [spoiled(row, "R148", element, TEXTS["R148"][0], beside | {element: str(said)})]


def _dates(setting: Setting) -> Sequence[str | None]:
    return () if setting.is_text else [name for name, form in setting.formats.items() if form.name in (DATE.name, PERIOD.name)]


def _as_day_number(row: Row, setting: Setting, _: Random, element: str) -> list[Row]:
    what, own = "a day as the number that Excel counts it by", row.cells.get(element)
    if setting.formats[element].name == PERIOD.name:
        of_month = spoiled(row, "R117", element, what, {element: _day_number(setting.reporter.calendar.first)})
        return [spoiled(of_month, "R118", element, what, {})]
    day = own if isinstance(own, date) else row.on
    return [spoiled(row, "R118", element, what, {**BESIDE.get(("", element), {}), element: _day_number(day)})]


def _packed(row: Row, _: Setting, __: Random, element: str) -> list[Row]:
    """Two attempts in one row, of a length that no other attempt has."""
    days = f"{row.on - timedelta(days=1):%m/%d/%Y}, {row.on:%m/%d/%Y}"
    return [spoiled(row, "R145", element, "two attempts in one row", {element: days, "minutes": "7; 13"})]


def _of_attempts(setting: Setting) -> Sequence[str | None]:
    return in_columns("outreach_date")(setting) if setting.reporter.kind == OTF else ()


def _blank(row: Row, setting: Setting, _: Random, element: str) -> list[Row]:
    blank = spoiled(row, "R101", element, "a required cell is blank", {element: None})
    return [row, replace(blank, referral_id=None, cin=None)] if element == setting.choice.key else [blank]


def _nobody(rule: str) -> Callable[[Row, Setting, Random, str], list[Row]]:
    """A row more, of which nobody knows whom it is about; where another number tells that, the row itself."""
    what, texts = NO_CIN[rule]

    def spoil(row: Row, setting: Setting, rng: Random, element: str) -> list[Row]:
        made = spoiled(row, rule, element, what, {element: rng.choice(texts)})
        return [row, replace(made, referral_id=None, cin=None)] if element == setting.choice.key else [made]

    return spoil


def _own_cin(rule: str, what: str, *ways: Callable[[str], str]) -> Defect:
    return Defect(
        in_columns("cin"), lambda row, _, rng, element: [spoiled(row, rule, element, what, {"cin": rng.choice(ways)(str(row.cin))})]
    )


def _wrong_check_digit(row: Row, setting: Setting, _: Random, element: str) -> list[Row]:
    npi = setting.reporter.provider["npi"]
    return [spoiled(row, "R115", element, "the NPI's last digit is wrong", {element: f"{npi[:9]}{(int(npi[9]) + 1) % 10}"})]


CELL_DEFECTS: Mapping[str, Defect] = {
    **{rule: Defect(in_columns("cin"), _nobody(rule)) for rule in NO_CIN if rule not in TEXTS},
    **{rule: Defect(_past if rule == "R128" else _of_format(rule), _in_cell(rule)) for rule in TEXTS},
    "R101": Defect(lambda setting: sorted(setting.required.intersection(setting.columns)), _blank),
    "R111": _own_cin("R111", "the CIN with what follows it on the card", lambda cin: f"{cin}5", lambda cin: f"{cin}51234"),
    "R112": _own_cin("R112", "the CIN in small letters", str.lower),
    "R115": Defect(_of_format("R115"), _wrong_check_digit),
    "R118": Defect(_dates, _as_day_number),
    "R145": Defect(_of_attempts, _packed),
    "R148": Defect(_of_format("R148"), _with_decimal),
}
