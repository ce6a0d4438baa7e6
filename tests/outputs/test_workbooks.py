import datetime as dt
import re
import zipfile
from io import BytesIO

import fastexcel
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outputs.sheet_cells import CUT, LONGEST_TEXT, column_letters
from outputs.workbooks import LOOKS, Column, Comment, Sheet, Style, sheet_name, workbook
from tests.outputs.conftest import opened

DAY = dt.date(2026, 3, 5)


def book(rows: pl.DataFrame, *styles: Style) -> bytes:
    columns = tuple(Column(name, 12, style) for name, style in zip(rows.columns, styles or [Style.TEXT] * rows.width, strict=True))
    return workbook((Sheet("Sheet", columns, rows),), DAY)


def read_back(content: bytes) -> list[str | None]:
    return fastexcel.read_excel(content).load_sheet(0, dtypes="string").to_polars().to_series().to_list()


def test_hostile_text_is_text(hostile: str) -> None:
    cell = opened(book(pl.DataFrame({"text": [hostile]})))["Sheet"]["A2"]
    assert (cell.value, cell.data_type, cell.number_format, cell.hyperlink) == (hostile, "s", "@", None)


@settings(max_examples=60, deadline=None)
@example("_x0041_x0042_")  # looks like the escape of a control character
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    assert read_back(book(pl.DataFrame({"text": [text, "end"]}))) == [text, "end"]


def test_numbers_days_and_moments_are_real() -> None:
    rows = pl.DataFrame(
        {
            "text": ["007"],
            "count": [7],
            "share": [0.25],
            "yes": [True],
            "day": [dt.date(2026, 3, 5)],
            "moment": [dt.datetime(2026, 3, 5, 21, 0)],  # noqa: DTZ001 - a worksheet knows no zones
        }
    )
    content = book(rows, Style.TEXT, Style.GENERAL, Style.GENERAL, Style.GENERAL, Style.DAY, Style.MOMENT)
    values = [cell.value for cell in opened(content)["Sheet"][2]]
    assert values == ["007", 7, 0.25, True, dt.datetime(2026, 3, 5), dt.datetime(2026, 3, 5, 21, 0)]  # noqa: DTZ001


def test_what_a_worksheet_has_no_number_for_is_left_empty() -> None:
    rows = pl.DataFrame({"float": [float("nan"), float("inf")], "day": [dt.date(1900, 2, 28), None]})
    sheet = opened(book(rows, Style.GENERAL, Style.DAY))["Sheet"]
    assert [cell.value for row in sheet["A2:B3"] for cell in row] == [None] * 4


@pytest.mark.parametrize("text", ["x" * 40_000, "\N{GRINNING FACE}" * 20_000])
def test_a_text_too_long_for_a_cell_is_cut_and_says_so(text: str) -> None:
    (cut,) = read_back(book(pl.DataFrame({"text": [text]})))
    assert cut is not None
    assert cut.endswith(CUT)
    assert len(cut.encode("utf-16-le")) // 2 <= LONGEST_TEXT


def test_too_many_rows_for_a_worksheet_are_refused() -> None:
    with pytest.raises(ValueError, match="1,048,576 rows"):
        book(pl.DataFrame({"count": pl.int_range(1_048_576, eager=True)}))


def test_each_style_looks_as_it_is_declared() -> None:
    backwards = list(reversed(Style))
    rows = pl.DataFrame({style.name: ["text"] for style in backwards})
    cells = opened(book(rows, *backwards))["Sheet"][2]
    assert [cell.number_format == "@" for cell in cells] == [LOOKS[style].get("num_format") == 49 for style in backwards]
    fills = [cell.fill.fgColor.rgb[2:] if cell.fill.fill_type else None for cell in cells]
    assert fills == [str(LOOKS[style]["bg_color"])[1:] if "bg_color" in LOOKS[style] else None for style in backwards]


def test_a_mark_changes_one_cell_even_an_empty_one() -> None:
    marks = {0: {0: Style.ERROR, 2: Style.WARNING}}
    sheet = Sheet("Sheet", (Column("text", 12),), pl.DataFrame({"text": [None, "b", "c"]}, schema={"text": pl.String}), marks=marks)
    cells = opened(workbook((sheet,), DAY))["Sheet"]
    assert [cells.cell(row, 1).fill.fill_type for row in (2, 3, 4)] == ["solid", None, "solid"]


def test_rows_are_as_high_as_their_wrapped_texts_need() -> None:
    texts = ["short", "two\nlines", "x" * 25, None, "\n" * 100]
    columns = (Column("a heading of more than one line", 12, Style.WRAPPED), Column("b", 12))
    sheet = Sheet("Sheet", columns, pl.DataFrame({"a": texts, "b": ["not\nwrapped"] * 5}))
    heights = opened(workbook((sheet,), DAY))["Sheet"].row_dimensions
    assert [heights[row].height for row in range(1, 7)] == [60, None, 30, 45, None, 405]


def test_comments_stand_on_their_cells() -> None:
    sheet = Sheet("Sheet", (Column("text", 12),), pl.DataFrame({"text": ["a"]}), comments=(Comment(2, 0, "<b> & \x01"),))
    comment = opened(workbook((sheet,), DAY))["Sheet"]["A2"].comment
    assert comment is not None
    assert "<b> & " in str(comment.text)


def test_the_same_sheets_give_the_same_bytes_and_the_day_of_making_is_theirs() -> None:
    rows = pl.DataFrame({"text": ["a"]})
    sheet = Sheet("Sheet", (Column("text", 12),), rows, filtered=True, comments=(Comment(2, 0, "note"),))
    once = workbook((sheet,), DAY)
    assert once == workbook((sheet,), DAY)
    assert opened(once).properties.created == dt.datetime(2026, 3, 5)  # noqa: DTZ001 - as openpyxl gives it


def test_every_part_of_the_package_is_dated_alike() -> None:
    with zipfile.ZipFile(BytesIO(book(pl.DataFrame({"text": ["a"]})))) as package:
        assert {part.date_time for part in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_column_letters_go_on_after_z() -> None:
    assert [column_letters(place) for place in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


@pytest.mark.parametrize("wanted", ["", "History", "a/b:c", "'quoted'", "n" * 40, "\x01", "[x]*?"])
def test_any_sheet_name_becomes_one_that_excel_allows(wanted: str) -> None:
    name = sheet_name(wanted)
    assert 1 <= len(name) <= 31
    assert not re.search(r"[\[\]:*?/\\]|^'|'$|^history$", name, re.IGNORECASE)
    assert workbook((Sheet(name, (Column("a", 12),), pl.DataFrame({"a": ["b"]})),), DAY)
