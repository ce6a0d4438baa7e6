"""How the text of a cell becomes a value, which rule an unreadable one breaks, and what is remarked on one that was read."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from schemas.formats import (
    BIRTH_DATE,
    CIN,
    COUNT,
    DATE,
    EMAIL,
    EXTRACT_DATE,
    IDENTIFIER,
    IDENTIFIER_NAME,
    INDICATOR,
    INVISIBLE,
    MINUTES,
    NPI,
    PERIOD,
    PHONE,
    STATE,
    TIN,
    ZIP,
    Format,
    clean,
    first_matching,
)


def value(form: Format, text: str) -> Any:
    return pl.select(form.parse(pl.lit(text))).item()


def fault(form: Format, text: str) -> str | None:
    """The rule that an unreadable text breaks; None where it can be read."""
    if value(form, text) is not None:
        return None
    return str(pl.select(first_matching(form.faults, pl.lit(text))).item())


def remarks(form: Format, text: str) -> list[str]:
    return [remark.rule for remark in form.remarks if pl.select(pl.lit(text).str.contains(remark.text)).item()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("03/05/2026", date(2026, 3, 5)),
        ("3/5/2026", date(2026, 3, 5)),
        ("02/29/2028", date(2028, 2, 29)),
        ("12/31/2025 00:00:00", date(2025, 12, 31)),
        ("2025-12-31", date(2025, 12, 31)),
        ("2025-12-31 00:00:00", date(2025, 12, 31)),
        ("2025-12-31T00:00:00.000000", date(2025, 12, 31)),
        ("01/01/2000", date(2000, 1, 1)),
    ],
)
def test_dates_that_can_be_read_in_one_way_only(text: str, expected: date) -> None:
    assert value(DATE, text) == expected
    assert value(EXTRACT_DATE, text) == expected


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("3/5/26", "R121"),
        ("03/05/26", "R121"),
        ("31/12/2025", "R123"),
        ("13/01/2026", "R123"),
        ("02/30/2025", "R122"),
        ("02/29/2026", "R122"),
        ("2/0/2026", "R122"),
        ("12/31/1999", "R127"),
        ("1999-12-31", "R127"),
        ("12/31/2025 13:30", "R124"),
        ("2025-12-31T08:00:00-08:00", "R124"),
        ("12/31/2025 11:00 PM", "R124"),
        ("12/30/2025, 12/31/2025", "R125"),
        ("12/30/2025; 12/31/2025", "R125"),
        ("12/30/2025 and 12/31/2025", "R125"),
        ("12/30/2025\n12/31/2025", "R125"),
        ("2025-12-30 2025-12-31", "R125"),
        ("12-31-2025", "R129"),
        ("12.31.2025", "R129"),
        ("2025.12.31", "R129"),
        ("31-Dec-2025", "R129"),
        ("December 31, 2025", "R129"),
        ("2025-02-30", "R122"),
        ("46022", "R119"),
        ("46022.5", "R119"),
        ("73051", "R120"),  # the year 2100
        ("36525", "R120"),  # the last day of 1999
        ("202512", "R120"),
        ("12/31/20255", "R120"),
        ("\uff11\uff12/31/2025", "R120"),  # full-width digits
        ("see note", "R120"),
        ("N/A", "R120"),
    ],
)
def test_each_way_of_misreading_a_date_has_its_own_rule(text: str, rule: str) -> None:
    assert fault(DATE, text) == rule


def test_a_date_in_another_form_is_read_and_remarked_on() -> None:
    assert [remarks(DATE, text) for text in ("3/5/2026", "2026-03-05", "03/05/2026 00:00:00")] == [[], ["R126"], ["R126"]]
    assert remarks(EXTRACT_DATE, "2026-03-05") == []


def test_people_are_born_before_2000_too() -> None:
    assert value(BIRTH_DATE, "2/3/1931") == date(1931, 2, 3)
    assert fault(BIRTH_DATE, "2/3/31") == "R121"


@pytest.mark.parametrize(
    ("text", "expected", "said"),
    [
        ("90000001A", "90000001A", []),
        ("90000001A1", "90000001A", ["R111"]),
        ("90000001A12345", "90000001A", ["R111"]),
        ("90000001a", "90000001A", ["R112"]),
        ("90000001a7", "90000001A", ["R111", "R112"]),
        ("90000001B", "90000001B", ["R113"]),
        ("90000001i", "90000001I", ["R112", "R113"]),
    ],
)
def test_a_cin_is_nine_characters_of_nine_ten_or_fourteen(text: str, expected: str, said: list[str]) -> None:
    assert value(CIN, text) == expected
    assert remarks(CIN, text) == said


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("80000001A", "R110"),
        ("9000001A", "R110"),
        ("90000001AA", "R110"),
        ("90000001A12", "R110"),
        ("90000001A123456", "R110"),
        ("90000001\u0410", "R110"),
        ("9000000\uff11A", "R110"),
        ("90000001\u017f", "R110"),
        ("9.0E+7", "R142"),
        ("9.0000001E+12", "R142"),
        ("90000001", "R142"),  # without its letter, or with E and 0
        ("900000010000", "R142"),  # with E and 4
        ("900000011", "R144"),
        ("0012345678", "R144"),
        ("123-45-6789", "R144"),
        ("1EG4TE5MK73", "R144"),
        ("1eg4-te5-mk73", "R144"),
        ("1SG4TE5MK73", "R110"),  # no number of Medicare has an S
        ("123456789A", "R144"),
    ],
)
def test_nothing_else_is_a_cin_and_what_it_seems_to_be_is_told(text: str, rule: str) -> None:
    assert fault(CIN, text) == rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1234567893", None),
        ("1245319599", None),
        ("1234567890", "R115"),
        ("1234567983", "R115"),  # two digits change places
        ("123456789", "R143"),
        ("123456", "R114"),
        ("1.23457E+09", "R143"),
        ("1234567893.0", None),
        ("1234567890.0", "R115"),
        ("12345678931", "R114"),
        ("123456789X", "R114"),
        ("\uff11234567893", "R114"),
    ],
)
def test_the_last_digit_of_an_npi_checks_the_others(text: str, rule: str | None) -> None:
    assert fault(NPI, text) == rule


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("07/01/2025.07/31/2025", "2025-07"),
        ("7/1/2025.7/31/2025", "2025-07"),
        ("7/2025", "2025-07"),
        ("07/2025", "2025-07"),
        ("2025-07", "2025-07"),
        ("07/01/2025.08/01/2025", None),
        ("07/31/2025.07/01/2025", None),
        ("02/01/2025.02/30/2025", None),
        ("13/2025", None),
        ("2025-13", None),
        ("July 2025", None),
        ("07/25", None),
        ("12/1999", None),
        ("12/9999", None),  # no due day can be computed for it
        ("07/01/2025-07/31/2025", None),
    ],
)
def test_a_reporting_period_is_one_calendar_month(text: str, expected: str | None) -> None:
    assert value(PERIOD, text) == expected
    assert fault(PERIOD, text) == (None if expected else "R135")


@pytest.mark.parametrize(
    ("form", "text", "rule"),
    [
        (PHONE, "7605550100", None),
        (PHONE, "0000000000", None),
        (PHONE, "760-555-0100 ext 2", "R116"),
        (PHONE, "+44 20 7946 0000", "R116"),
        (PHONE, "76055501001", "R116"),
        (PHONE, "760555010", "R143"),
        (PHONE, "7.6055501E+9", "R143"),
        (PHONE, "7605550100, 7605550101", "R125"),
        (PHONE, "7605550100/7605550101", "R125"),
        (TIN, "12-3456789", None),
        (TIN, "123456789", None),
        (TIN, "1-23456789", "R137"),
        (ZIP, "92101", None),
        (ZIP, "92101-1234", None),
        (ZIP, "2101", "R133"),
        (STATE, "ca", None),
        (STATE, "California", "R134"),
        (STATE, "\u00df", "R134"),  # its capital would be two letters
        (EMAIL, "kim@clinic.example", None),
        (EMAIL, "kim@clinic", "R138"),
        (EMAIL, "kim@clinic.example; lee@clinic.example", "R138"),
        (EMAIL, "kim@clinic.example\nBcc: all@example.org", "R138"),
        (IDENTIFIER, "000123", None),
        (IDENTIFIER, "AUTH-1E5", None),
        (IDENTIFIER, "6.45E+12", "R136"),
        (IDENTIFIER, "1e5", "R136"),
        (COUNT, "0", None),
        (COUNT, "-1", "R132"),
        (COUNT, "1.5", "R132"),
        (INDICATOR, "maybe", "R131"),
        (IDENTIFIER_NAME, "ALTURA_1", None),
        (IDENTIFIER_NAME, "../ALTURA", "R140"),
        (IDENTIFIER_NAME, "-x", "R140"),
        (IDENTIFIER_NAME, "a\nb", "R140"),
    ],
)
def test_other_formats(form: Format, text: str, rule: str | None) -> None:
    assert fault(form, text) == rule


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("(909) 555-0100", "9095550100"),
        ("909-555-0100", "9095550100"),
        ("909.555.0100", "9095550100"),
        ("909 555 0100", "9095550100"),
        ("+1 909-555-0100", "9095550100"),
        ("1 (909) 555 0100", "9095550100"),
        ("19095550100", "9095550100"),
        ("9095550100.0", "9095550100"),
        ("000-000-0000", "0000000000"),
        ("0", "0000000000"),
    ],
)
def test_ten_digits_of_a_phone_number_are_read_in_any_dress_and_said_to_be(text: str, digits: str) -> None:
    assert value(PHONE, text) == digits
    assert remarks(PHONE, text) == ["R147"]


@pytest.mark.parametrize("text", ["9095550100", "0000000000"])
def test_nothing_is_said_of_ten_digits(text: str) -> None:
    assert (value(PHONE, text), remarks(PHONE, text)) == (text, [])


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        (NPI, "1234567893.0", "1234567893"),
        (IDENTIFIER, "645.0", "645"),
        (ZIP, "92101.0", "92101"),
        (COUNT, "2.0", 2),
        (INDICATOR, "1.0", "Y"),
    ],
)
def test_a_whole_number_with_a_decimal_zero_is_read_without_and_said_to_be(form: Format, text: str, expected: Any) -> None:
    assert value(form, text) == expected
    assert remarks(form, text) == ["R148"]


@pytest.mark.parametrize("text", ["Y", "y", "Yes", "YES", "1", "TRUE"])
def test_yes_is_written_in_many_ways(text: str) -> None:
    assert value(INDICATOR, text) == "Y"


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("80", 80),
        ("1 h 20 mins", 80),
        ("1 Hour 20 Minutes", 80),
        ("2hrs", 120),
        ("15 min", 15),
        ("20 mins.", 20),
        ("00:20:00", 20),
        ("1:20:00", 80),
        ("1:20", None),
        ("00:20:30", None),
        ("01:75:00", None),
        ("h", None),
        ("1.5 h", None),
        ("-5", None),
    ],
)
def test_minutes_may_be_spoken(text: str, minutes: int | None) -> None:
    assert value(MINUTES, text) == minutes


def test_blanks_and_invisible_marks_go_from_the_ends_of_a_cell_and_nowhere_else() -> None:
    texts = pl.DataFrame({"text": [f"{INVISIBLE}a\u00a0b{INVISIBLE}", INVISIBLE, "", "x"]})
    assert texts.select(clean(pl.col("text"))).to_series().to_list() == ["a\u00a0b", None, None, "x"]
