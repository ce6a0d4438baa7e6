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


@pytest.mark.parametrize(("delimiter", "form"), [(",", "csv"), ("\t", "tab"), ("|", "pipe")])
def test_the_delimiter_is_told_when_every_cell_is_quoted(delimiter: str, form: str) -> None:
    rows = [delimiter.join(f'"{cell}"' for cell in line.split(",")) for line in (HEADER, ROW)]
    result = read_text("\n".join(rows) + "\n", "rtf.txt")
    assert (result.format, result.defects) == (form, ())


def test_quoted_cells_keep_delimiters_quotes_and_line_breaks() -> None:
    assert cells_of('a,b,c\n"x,y","5"" tall","12 Main St\r\nApt 4"\nlast,"",z\n') == [
        (1, "a", "b", "c"),
        (2, "x,y", '5" tall', "12 Main St\r\nApt 4"),
        (3, "last", None, "z"),
    ]


def test_a_quotation_mark_inside_an_unquoted_cell_stays_as_it_is() -> None:
    assert cells_of('a,b,c\nx,Jo "JJ" Doe,5"\n')[1] == (2, "x", 'Jo "JJ" Doe', '5"')


def test_one_record_is_one_row_and_the_line_tells_where_it_begins() -> None:
    cells = sheet_of('a,b\n"one\ntwo",x\n\ny,z\n').cells
    assert cells.select("row", "line").rows() == [(1, 1), (2, 2), (4, 5)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_every_line_end_is_accepted_with_or_without_the_last_one(end: str, last: bool) -> None:
    text = end.join([HEADER, ROW, ROW]) + (end if last else "")
    assert [row[0] for row in cells_of(text)] == [1, 2, 3]
    assert cells_of(text)[2][-1] == "07/01/2025"


def test_mixed_line_ends_count_rows_as_excel_does() -> None:
    assert [row[0] for row in cells_of("a,b\r1,2\r\n3,4\n\r5,6\r\r\n7,8")] == [1, 2, 3, 5, 7]


def test_a_byte_order_mark_is_accepted_without_a_word() -> None:
    result = read_text(b"\xef\xbb\xbf" + f"{HEADER}\n{ROW}\n".encode())
    assert result.defects == ()
    assert result.sheets[0].cells["c1"][0] == "cin"


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\tx", "'=x", "\N{FULLWIDTH EQUALS SIGN}x"])
def test_our_own_apostrophe_before_a_formula_is_taken_off_again(value: str) -> None:
    assert cells_of(f"a|b\n'{value}|'O'Brien\n")[1] == (2, value, "'O'Brien")


def test_titles_above_the_header_may_be_narrow() -> None:
    sheet = sheet_of(f"Return file\nPeriod: May, 2025\n\n{HEADER}\n{ROW}\n{ROW}\n")
    assert sheet.cells["row"].to_list() == [1, 2, 4, 5, 6]
    assert sheet.cells.width == 7
    assert sheet.ragged.is_empty()


def test_a_header_alone_below_titles_sets_the_width() -> None:
    assert sheet_of(f"Return file\nof a provider\n{HEADER}\n").cells.width == 7


def test_rows_with_too_few_or_too_many_fields_are_named_and_kept() -> None:
    sheet = sheet_of(f"{HEADER}\n{ROW}\na,b\n{ROW},extra\n{ROW}\n")
    assert sheet.ragged.rows() == [(3, 3, 5, 2), (4, 4, 5, 6)]
    assert sheet.cells.rows()[2] == (3, 3, "a", "b", None, None, None)
    assert sheet.cells.height == 5
    assert sheet.cells.width == 7


def test_rows_that_are_all_wider_than_the_header_are_all_named() -> None:
    assert sheet_of(f"{HEADER}\n" + f"{ROW},x\n" * 9).ragged["row"].to_list() == list(range(2, 11))


def test_a_short_last_line_without_its_end_rejects_the_file() -> None:
    assert rule_of(f"{HEADER}\n{ROW}\n91234568A,Doe") == "F009"


def test_a_short_last_line_with_its_end_is_only_a_ragged_row() -> None:
    assert sheet_of(f"{HEADER}\n{ROW}\n91234568A,Doe\n").ragged.rows() == [(3, 3, 5, 2)]


def test_a_quote_that_is_never_closed_rejects_the_file_and_names_the_lines() -> None:
    defect = read_text(f'{HEADER}\n{ROW}\n91,"Doe,Ana,x,y\n{ROW}\n').defects[0]
    assert (defect.rule, defect.row, defect.line) == ("F007", 3, 3)
    assert "Lines 3 to 4" in defect.detail


def test_a_quote_that_closes_some_lines_later_rejects_the_file_and_names_the_lines() -> None:
    lines = [HEADER, ROW, '91,"Doe,Ana,x,y', ROW, '92,Roe",Ana,x,y', ROW]
    defect = read_text("\n".join(lines) + "\n").defects[0]
    assert (defect.rule, defect.row, defect.line) == ("F007", 3, 3)
    assert "Lines 3 to 5" in defect.detail


def test_text_behind_a_closed_quote_rejects_the_file() -> None:
    defect = read_text(f'{HEADER}\n91,"Doe" Jr,Ana,x,y\n').defects[0]
    assert (defect.rule, defect.row) == ("F007", 2)


def test_an_address_over_several_lines_is_no_stray_quote() -> None:
    assert sheet_of(f'{HEADER}\n91,"Main St, Apt 4\nLos Angeles, CA\nUSA",x,y,z\n{ROW}\n').cells.height == 3


def test_semicolons_are_named_as_the_wrong_delimiter() -> None:
    text = f"{HEADER}\n{ROW}\n".replace(",", ";").replace("Ana", "Ana, Maria")
    assert rule_of(text) == "F008"


def test_lists_inside_cells_do_not_make_semicolons_the_delimiter() -> None:
    assert sheet_of("id,services\nprov1,a;b;c\nprov2,d;e;f;g\n").cells.width == 4


@pytest.mark.parametrize("content", [b"", b"\n\r\n", b" \n\t\n", b",,,\n,,,\n", b'"",""\n', b"\xef\xbb\xbf"])
def test_a_file_with_nothing_in_it_is_empty(content: bytes) -> None:
    assert rule_of(content) == "F002"


def test_a_header_without_rows_is_not_empty() -> None:
    assert cells_of(f"{HEADER}\n\n,,,,\n") == [(1, "cin", "last", "first", "status", "date")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_named(encoding: str) -> None:
    defect = read_text(f"{HEADER}\n{ROW}\n".encode(encoding)).defects[0]
    assert defect.rule == "F006"
    assert "UTF-" in defect.detail


def test_nul_bytes_are_named_with_their_line() -> None:
    defect = read_text(f"{HEADER}\n{ROW}\n".encode() + b"9\0,x,y,z,a\n").defects[0]
    assert defect.rule == "F006"
    assert "line 3" in defect.detail


def test_windows_1252_is_read_with_a_note() -> None:
    result = read_text(f"{HEADER}\n91,Muñoz,José,“x”,y\n".encode("cp1252"))
    assert [defect.rule for defect in result.defects] == ["F022"]
    assert result.sheets[0].cells.rows()[1][3:6] == ("Muñoz", "José", "“x”")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("é,".encode() + "é,\n".encode("cp1252"), id="utf-8 and cp1252 mixed"),
        pytest.param(b"a,b\nx\x81,y\n", id="a byte that cp1252 does not have"),
        pytest.param(b"a,b\n\xca\xfe\xf3\xf4\xe1\xf2,x\n", id="another alphabet"),
    ],
)
def test_other_encodings_are_refused_and_never_guessed(content: bytes) -> None:
    assert rule_of(content) == "F006"


def test_header_oddities_are_left_to_those_who_know_the_layout() -> None:
    assert cells_of(" CIN ,CIN,,Name\nCIN,CIN,,Name\n") == [(1, " CIN ", "CIN", None, "Name"), (2, "CIN", "CIN", None, "Name")]


def test_zero_width_and_trailing_characters_stay() -> None:
    assert cells_of("a,b\nAccepted ,Acc\u200bepted\n")[1] == (2, "Accepted ", "Acc\u200bepted")


def test_what_excel_spoiled_is_handed_on_as_it_stands() -> None:
    assert cells_of("a,b,c\n9.1E+07,5551234,45839\n")[1] == (2, "9.1E+07", "5551234", "45839")


@pytest.mark.parametrize(
    ("text", "limits", "word"),
    [
        ("a,b\n" * 5, ReadLimits(rows=3), "3 rows"),
        ('a,b\n"x\ny",b\n' * 5, ReadLimits(rows=3), "3 rows"),
        ("a,b,c\n" * 2, ReadLimits(columns=2), "2 columns"),
        ('a,b\nx,"y\n' + "y" * 20 + '"\n', ReadLimits(cell_characters=20), "20 characters"),
        ("a,b\nx," + "y" * 21 + "\n", ReadLimits(cell_characters=20), "20 characters"),
        ("a,b\n" * 40, ReadLimits(unpacked_bytes=1000), "cells"),
        ("a,b\n" * 40, ReadLimits(file_bytes=100), "MiB"),
    ],
)
def test_every_limit_is_enforced_and_named(text: str, limits: ReadLimits, word: str) -> None:
    result = read_text(text, limits=limits)
    assert [defect.rule for defect in result.defects] == ["F005"]
    assert word in result.defects[0].detail


def test_the_limit_on_rows_does_not_count_the_header() -> None:
    assert read_text("a,b\n" * 4, limits=ReadLimits(rows=3)).sheets[0].cells.height == 4


def test_a_row_of_too_many_columns_is_cut_and_named() -> None:
    result = read_text("a,b\nc,d\ne,f,g,h\ni,j\n", limits=ReadLimits(columns=3))
    assert result.sheets[0].ragged.rows() == [(3, 3, 2, 4)]


def test_no_defect_quotes_a_cell() -> None:
    texts = [f'{HEADER}\n91,"Canary" x,a,b,c\n', f"{HEADER}\nCanary,b", f"{HEADER}\n{ROW}\n".replace(",", ";") + "Canary\n"]
    for text in texts:
        assert "Canary" not in str(read_text(text).defects)
