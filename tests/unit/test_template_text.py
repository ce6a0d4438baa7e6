"""Which texts are left over from a template, and which are somebody's own words or name."""

import polars as pl
import pytest

from schemas.formats import DATE, IDENTIFIER, NAME, PHONE, STATE, TEXT, Format
from schemas.template_text import without_template_text

NEVER_A_VALUE = (
    *("N/A", "n/a", "N / A", "Not Applicable", "if applicable", "leave blank"),
    *("optional", "Optional field", "OPTIONAL FIELDS", "(optional)", "Required", "Optional, if known"),
    *("see note", "See notes.", "see the instructions", "Refer to Appendix B for codes", "refer to the data dictionary"),
    *("Only populate if new address", "only fill in when enrolled", "Populate if applicable"),
    *(
        "entered manually",
        "To be entered by the plan",
        "auto-populated",
        "Enter date",
        "Enter the member's CIN",
        "Please enter reason here",
    ),
    *("MM/DD/YYYY", "mm-dd-yyyy", "YYYY-MM-DD", "MM/DD/YYYY.MM/DD/YYYY", "XXX-XXX-XXXX", "##########", "9XXXXXXXA"),
    *("TBD", "T.B.D.", "to be determined", "select one", "-- Select one --", "Choose an item.", "Select from the dropdown list"),
    *("*N/A*", "[optional]", "<enter name>"),
)
OWN_WORDS = (
    *("Moved to Nevada", "Refer to hospice", "Member declined, refer to Dr. Lee", "See notes from 10/3 visit with son", "High", "None"),
    *("Entered rehab in May", "Enters treatment on Monday", "Required surgery", "Optional Care, Inc.", "Only child", "X", "Unknown"),
)
NAMES = ("Na", "NA", "None", "My-My", "Dee", "N.A.", "Select", "Tabitha", "-", "Enterline", "See", "Only", "Optional Home Health")


def is_value(form: Format, text: str) -> bool:
    return pl.select(without_template_text(form).parse(pl.lit(text)).is_not_null()).item() is True


@pytest.mark.parametrize("text", NEVER_A_VALUE)
def test_template_text_is_no_value_wherever_it_stands(text: str) -> None:
    for form in (TEXT, NAME, IDENTIFIER, DATE, PHONE):
        assert not is_value(form, text)
        assert without_template_text(form).faults[0].rule == "R141"
        assert pl.select(pl.lit(text).str.contains(without_template_text(form).faults[0].text)).item()


@pytest.mark.parametrize("text", OWN_WORDS)
def test_a_note_in_somebodys_own_words_is_kept(text: str) -> None:
    assert is_value(TEXT, text)


@pytest.mark.parametrize("text", NAMES)
def test_people_and_providers_keep_their_names(text: str) -> None:
    assert is_value(NAME, text)


def test_two_letters_that_are_no_state_and_no_name_are_template_text() -> None:
    assert not is_value(STATE, "NA")
    assert is_value(STATE, "NV")
    assert not is_value(TEXT, "Na")


@pytest.mark.parametrize("text", ["Enter as on the card", "Refer to your own records", "see Kim about it"])
def test_where_words_are_no_value_an_instruction_is_known_by_its_first_word(text: str) -> None:
    assert pl.select(pl.lit(text).str.contains(without_template_text(DATE).faults[0].text)).item()
    assert is_value(TEXT, text)
