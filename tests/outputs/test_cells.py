import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outputs.cells import FORMULA_BEGINNINGS, neutralised, restored, safe_file_name

SUFFIX = ".20260305-abc.receipt.json"


def neutral(text: str | None) -> str | None:
    value: str | None = pl.select(neutralised(pl.lit(text, pl.String))).item()
    return value


def back(text: str | None) -> str | None:
    value: str | None = pl.select(restored(pl.lit(text, pl.String))).item()
    return value


@pytest.mark.parametrize("beginning", FORMULA_BEGINNINGS)
def test_what_begins_like_a_formula_gets_an_apostrophe(beginning: str) -> None:
    assert neutral(beginning + "cmd|' /C calc'!A0") == "'" + beginning + "cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", ["", "O'Brien", "'tis", "a=b", "5", " =1", "'"])
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert (neutral(text), back(text)) == (text, text)


def test_an_empty_cell_stays_empty() -> None:
    assert neutral(None) is None


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r\N{FULLWIDTH EQUALS SIGN}a\n"), max_size=6))
def test_every_text_comes_back_as_it_was_and_is_harmless_meanwhile(text: str) -> None:
    written = neutral(text)
    assert written is not None
    assert not written.startswith(tuple(FORMULA_BEGINNINGS))
    assert back(written) == text


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("RTF March.xlsx", "RTF March.xlsx"),
        ("Año.csv", "Año.csv"),
        ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"),
        ('a\\b:c*d?e"f<g>h|i', "a%5Cb%3Ac%2Ad%3Fe%22f%3Cg%3Eh%7Ci"),
        ("100%.csv", "100%25.csv"),
        ("two\nlines\x00.csv", "two%0Alines%00.csv"),
        ("\u202excod.csv", "%E2%80%AExcod.csv"),
        (".hidden", "%2Ehidden"),
        ("-rf", "%2Drf"),
        ("~$lock.xlsx", "%7E$lock.xlsx"),
        ("bad\udcff.csv", "bad%FF.csv"),
        ("lone\ud800.csv", "lone%ED%A0%80.csv"),
        ("", "_"),
    ],
)
def test_hostile_characters_of_a_name_are_percent_encoded(name: str, safe: str) -> None:
    assert safe_file_name(name, SUFFIX) == safe + SUFFIX


def test_a_long_name_is_cut_to_255_bytes_and_keeps_its_suffix() -> None:
    assert safe_file_name("n" * 300, SUFFIX) == "n" * (255 - len(SUFFIX)) + SUFFIX


def test_a_suffix_without_room_for_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="suffix"):
        safe_file_name("name", "s" * 255)


@given(st.text(min_size=1, max_size=300))
def test_no_name_is_too_long_hidden_or_cut_inside_a_character(name: str) -> None:
    safe = safe_file_name(name, SUFFIX)
    stem = safe.removesuffix(SUFFIX)
    assert len(safe.encode()) <= 255
    assert stem
    assert stem[0] not in ".-~ "
    assert "/" not in safe
    assert all(len(escape) >= 2 and set(escape[:2]) <= set("0123456789ABCDEF") for escape in stem.split("%")[1:])


@given(st.text(max_size=20), st.text(max_size=20))
def test_two_short_names_never_become_one(one: str, other: str) -> None:
    assert (safe_file_name(one, SUFFIX) == safe_file_name(other, SUFFIX)) == ((one or "_") == (other or "_"))
