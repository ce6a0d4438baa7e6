"""Comma, tab and pipe separated text becomes a grid of the provider's own cells."""

import pytest

from pipeline.read import ReadFile, ReadLimits, Sheet, read

HEADER = "cin,last,first,status,date"
ROW = "91234567A,Doe,Ana,Accepted,07/01/2025"


def read_text(text: str | bytes, name: str = "rtf.csv", limits: ReadLimits | None = None) -> ReadFile:
    content = text.encode() if isinstance(text, str) else text
    return read(content, name, limits or ReadLimits())


def sheet_of(text: str | bytes, name: str = "rtf.csv") -> Sheet:
    (sheet,) = read_text(text, name).sheets
    return sheet


def cells_of(text: str | bytes, name: str = "rtf.csv") -> list[tuple[object, ...]]:
    return sheet_of(text, name).cells.drop("line").rows()


def rule_of(text: str | bytes) -> str:
    result = read_text(text)
    assert result.sheets == ()
    assert result.format == ""
    return result.defects[0].rule


def test_every_cell_is_text_as_it_stands() -> None:
    sheet = sheet_of(f"{HEADER}\n007, Doe ,1E5,true,2025-07-01\n")
    assert sheet.cells.columns == ["row", "line", "c1", "c2", "c3", "c4", "c5"]
    assert sheet.cells.rows()[1] == (2, 2, "007", " Doe ", "1E5", "true", "2025-07-01")
    assert (sheet.name, sheet.hidden, sheet.ragged.height) == ("", False, 0)


@pytest.mark.parametrize(("delimiter", "form"), [(",", "csv"), ("\t", "tab"), ("|", "pipe")])
@pytest.mark.parametrize("name", ["rtf.csv", "rtf.txt"])
def test_the_delimiter_is_told_by_the_content(delimiter: str, form: str, name: str) -> None:
    result = read_text(f"{HEADER}\n{ROW}\n".replace(",", delimiter), name)
    assert result.format == form
    assert result.sheets[0].cells.rows()[1] == (2, 2, "91234567A", "Doe", "Ana", "Accepted", "07/01/2025")


def test_blank_cells_are_null_and_blank_rows_keep_their_number() -> None:
    assert cells_of("a,b,c\n\n1,  ,\u00a0\n ,,\n4,x,\n") == [(1, "a", "b", "c"), (3, "1", None, None), (5, "4", "x", None)]
