"""Names and paths that strangers chose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sftp.names import escaped, is_temporary, is_unsafe, parts_of

ANY_NAME = st.text(st.characters(exclude_categories=()), max_size=300)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a\\b", "a\0b", "a\nb", "a\rb", "a\x1bb", "a\x7fb", "a\x85b", "\u202ea", "a\u2028b", "é" * 128]
)
def test_unsafe_names(name: str) -> None:
    assert is_unsafe(name)


@pytest.mark.parametrize("name", ["a.csv", "...", "..a", "Año 1.csv", "日本.xlsx", "=cmd.csv", "{{7*7}}", "CON", "a" * 255])
def test_names_that_are_odd_but_harmless(name: str) -> None:
    assert not is_unsafe(name)


@pytest.mark.parametrize(
    ("name", "temporary"), [("a.PART", True), (".a", True), ("~$a.xlsx", True), ("part.csv", False), ("a.tmp.csv", False)]
)
def test_temporary_names(name: str, temporary: bool) -> None:
    assert is_temporary(name) is temporary


@given(ANY_NAME)
def test_what_is_shown_of_a_name_is_one_line_of_valid_text(name: str) -> None:
    shown = escaped(name)
    shown.encode()
    assert len(f"x{shown}x".splitlines()) == 1


@given(st.lists(ANY_NAME, max_size=4).map("/".join))
def test_no_path_climbs(path: str) -> None:
    try:
        parts = parts_of(path)
    except ValueError:
        return
    assert not {"", ".", ".."} & {*parts}
    assert "/".join(parts) == ("" if path == "." else path)
