"""An Excel workbook becomes the same grid of text, each cell at its own place."""

import io
import zipfile
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from polars.exceptions import PanicException
from xlsxwriter import Workbook as QuickWorkbook  # type: ignore[import-untyped] # has annotations, but does not say so

from pipeline.read import ReadFile, ReadLimits, read
from pipeline.read_grid import RefusedError
from pipeline.read_workbook import damage_refused


def workbook(cells: Mapping[str, Any], formats: Mapping[str, str] | None = None) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    for place, value in cells.items():
        sheet[place] = value
    for place, code in (formats or {}).items():
        sheet[place].number_format = code
    return saved(book)


def saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def read_workbook(content: bytes, limits: ReadLimits | None = None) -> ReadFile:
    return read(content, "rtf.xlsx", limits or ReadLimits())


def column(content: bytes, name: str = "c1") -> list[str | None]:
    return read_workbook(content).sheets[0].cells[name].to_list()


def test_rows_and_columns_keep_the_places_that_excel_shows() -> None:
    (sheet,) = read_workbook(workbook({"C4": "cin", "D4": "status", "C6": "91234567A"})).sheets
    assert sheet.cells.columns == ["row", "line", "c1", "c2", "c3", "c4"]
    assert sheet.cells.rows() == [(4, 4, None, None, "cin", "status"), (6, 6, None, None, "91234567A", None)]


def test_a_date_and_text_that_looks_like_one_are_told_apart_cell_by_cell() -> None:
    afternoon = datetime.combine(date(2025, 7, 3), time(13, 5, 9))
    cells = {"A1": date(2025, 7, 1), "A2": "2025-07-01 00:00:00", "A3": "07/02/2025", "A4": afternoon}
    assert column(workbook(cells)) == ["07/01/2025", "2025-07-01 00:00:00", "07/02/2025", "07/03/2025 13:05:09"]


def test_numbers_are_written_in_full_digits_as_long_as_they_have_them() -> None:
    cells = {"A1": 123456789012, "A2": 12.0, "A3": 1.5, "A4": 9.5e20, "A5": "007", "A6": 0.1 + 0.2, "A7": 1e-7}
    assert column(workbook(cells)) == ["123456789012", "12", "1.5", "9.5E+20", "007", "0.3", "0.0000001"]


def test_booleans_and_errors_are_read_as_excel_shows_them() -> None:
    assert column(workbook({"A1": True, "A2": False, "A3": "#N/A"})) == ["TRUE", "FALSE", "#N/A"]


def test_whole_columns_of_one_type_are_read_alike_from_both_writers() -> None:
    content = io.BytesIO()
    with QuickWorkbook(content) as book:
        sheet = book.add_worksheet("RTF")
        dates = book.add_format({"num_format": "mm/dd/yyyy"})
        for row in range(3):
            sheet.write_datetime(row, 1, date(2025, 7, 1 + row), dates)
            sheet.write_number(row, 2, 123456789012 + row)
            sheet.write_string(row, 3, f"00{row} & <more>")
    (read_sheet,) = read_workbook(content.getvalue()).sheets
    assert read_sheet.name == "RTF"
    assert read_sheet.cells.rows()[2] == (3, 3, None, "07/03/2025", "123456789014", "002 & <more>")


@pytest.mark.parametrize(
    ("serial", "code", "text"),
    [
        (45839, "m/d/yyyy;@", "07/01/2025"),
        (45839, "[$-409]mmmm d, yyyy", "07/01/2025"),
        (45839, "mmm-yy", "07/01/2025"),
        (45839.5, "m/d/yyyy", "07/01/2025 12:00:00"),
        (45839.99999999, "m/d/yyyy", "07/01/2025 23:59:59"),
        (45838.999999999, "m/d/yyyy", "07/01/2025"),
        (59, "m/d/yyyy", "02/28/1900"),
        (60, "m/d/yyyy", "02/28/1900"),
        (61, "m/d/yyyy", "03/01/1900"),
        (0, "m/d/yyyy", "00:00:00"),
        (-3, "m/d/yyyy", "00:00:00"),
        (2958466, "m/d/yyyy", "2958466"),
        (1e300, "m/d/yyyy", "1E+300"),
        (0.5, "h:mm AM/PM", "12:00:00"),
        (1.25, "[h]:mm", "30:00:00"),
        (-1.25, "[h]:mm", "-30:00:00"),
        (0.25, "0%", "0.25"),
        (45839, '0 "days"', "45839"),
        (45839, "[Red]General", "45839"),
        (5550001234, "[<=9999999]###-####;(###) ###-####", "5550001234"),
    ],
)
def test_the_number_format_decides_what_a_number_is(serial: float, code: str, text: str) -> None:
    assert column(workbook({"A1": serial}, {"A1": code})) == [text]


def test_the_1904_date_system_gives_the_same_days() -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.worksheets[0]["A1"] = date(2025, 7, 1)
    assert column(saved(book)) == ["07/01/2025"]


def test_text_keeps_its_blanks_line_breaks_and_look_alikes() -> None:
    cells = {"A1": " Doe ", "A2": "a\nb", "A3": "Acc\u200bepted", "A4": "1E5", "A5": "TRUE", "A6": "'-5"}
    assert column(workbook(cells)) == [" Doe ", "a\nb", "Acc\u200bepted", "1E5", "TRUE", "-5"]


def test_blank_cells_are_null_and_blank_rows_are_left_out() -> None:
    cells = read_workbook(workbook({"A1": "a", "B1": "b", "A2": " ", "B2": "\u00a0", "B4": "x"})).sheets[0].cells
    assert cells.rows() == [(1, 1, "a", "b"), (4, 4, None, "x")]


def test_hidden_sheets_are_marked_and_hidden_rows_are_read() -> None:
    book = Workbook()
    first = book.worksheets[0]
    first["A1"] = "cin"
    first["A2"] = "91234567A"
    first.row_dimensions[2].hidden = True
    hidden, empty, deep = book.create_sheet("Lists"), book.create_sheet("Empty"), book.create_sheet("Deep")
    hidden["A1"], hidden.sheet_state, empty.sheet_state, deep.sheet_state = "x", "hidden", "hidden", "veryHidden"
    sheets = read_workbook(saved(book)).sheets
    assert [(sheet.name, sheet.hidden, sheet.cells.height) for sheet in sheets] == [
        ("Sheet", False, 2),
        ("Lists", True, 1),
        ("Empty", True, 0),
        ("Deep", True, 0),
    ]


def test_a_chart_sheet_is_no_sheet() -> None:
    book = Workbook()
    book.worksheets[0]["A1"] = "cin"
    book.create_chartsheet("Chart")
    assert [sheet.name for sheet in read_workbook(saved(book)).sheets] == ["Sheet"]


def test_of_merged_cells_the_first_holds_the_value() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet["A1"], sheet["C1"] = "Return file", "x"
    sheet.merge_cells("A1:B1")
    assert read_workbook(saved(book)).sheets[0].cells.rows() == [(1, 1, "Return file", None, "x")]


def test_formulas_are_noted_and_those_never_calculated_are_placed() -> None:
    result = read_workbook(workbook({"A1": "cin", "A2": "=1+1", "A5": "=A2"}))
    (note,) = result.defects
    assert (note.rule, note.row) == ("F023", 2)
    assert "2" in note.detail
    assert "stored value: 2" in note.detail


def test_a_calculated_formula_gives_its_stored_value() -> None:
    content = io.BytesIO()
    with QuickWorkbook(content) as book:
        book.add_worksheet().write_formula("A1", "=1+1", None, 2)
    result = read_workbook(content.getvalue())
    assert result.sheets[0].cells["c1"].to_list() == ["2"]
    assert [(defect.rule, defect.row) for defect in result.defects] == [("F023", None)]


def test_a_workbook_without_any_value_is_empty() -> None:
    assert read_workbook(workbook({})).defects[0].rule == "F002"


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'


def with_parts(**parts: str | bytes) -> bytes:
    """A sound workbook in which the parts of these names are replaced."""
    sound, content = io.BytesIO(), io.BytesIO()
    with QuickWorkbook(sound) as book:
        book.add_worksheet().write_string("A1", "x")
    with zipfile.ZipFile(sound) as package, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in package.namelist():
            changed.writestr(name, parts.get(name.rpartition("/")[2].removesuffix(".xml"), package.read(name)))
    return content.getvalue()


def with_sheet(xml: str) -> bytes:
    return with_parts(sheet1=xml)


@pytest.mark.parametrize(
    "xml",
    [
        SHEET.format('<row r="2"><c r="B2" t="inlineStr"><is><t>a &amp; b</t></is></c></row>'),
        SHEET.format(
            '<row r="2"><c r="B2" t="inlineStr">'
            '<is><r><t>a</t></r><r><t xml:space="preserve"> &amp; b</t></r><rPh><t>no</t></rPh></is></c></row>'
        ),
        SHEET.format('<row r="2"><c t="inlineStr" r="B2"><is><t><![CDATA[a & b]]></t></is></c></row>'),
        SHEET.format("<row/><row><c/><c t='str'><v>a &#38; b</v></c></row>"),
        SHEET.format('<row r="2"><c r="B2" t="str"><v>a &amp; b</v></c ></row>'),
        '<x:worksheet><x:sheetData><x:row r="2"><x:c r="B2" t="str"><x:v>a &amp; b</x:v></x:c></x:row></x:sheetData></x:worksheet>',
        '\ufeff<?xml version="1.0"?>\n<!-- a & b -->' + SHEET.format('<row r="2"><c r="B2" t="str"><v>a &amp; b</v></c></row>'),
    ],
)
def test_every_way_of_writing_a_cell_is_understood(xml: str) -> None:
    assert read_workbook(with_sheet(xml)).sheets[0].cells.rows() == [(2, 2, None, "a & b")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_part_in_another_encoding_than_utf_8_is_called_damaged(encoding: str, declared: bool) -> None:
    sheet = SHEET.format('<row r="1"><c r="A1" t="str"><v>Muñoz</v></c></row>')
    part = (f'<?xml version="1.0" encoding="{encoding}"?>{sheet}' if declared else sheet).encode(encoding)
    assert [defect.rule for defect in read_workbook(with_parts(sheet1=part)).defects] == ["F010"]


def test_utf_8_may_be_declared() -> None:
    sheet = '<?xml version="1.0" encoding="utf-8"?>' + SHEET.format('<row r="1"><c r="A1" t="str"><v>Muñoz</v></c></row>')
    assert column(with_sheet(sheet)) == ["Muñoz"]


def test_blanks_around_a_text_count_when_the_writer_says_so() -> None:
    texts = "<is><t> a </t></is>", '<is><t xml:space="preserve"> a </t></is>'
    xml = SHEET.format("".join(f'<row><c t="inlineStr">{text}</c></row>' for text in texts))
    assert column(with_sheet(xml)) == ["a", " a "]


def test_every_error_is_read_as_its_text() -> None:
    errors = "<v>#N/A</v>", "<v>#SPILL!</v>", "<f>1/0</f><v>#DIV/0!</v>", "<v>#ERROR!</v>", "<v>#REF!</v>"
    cells = "".join(f'<row><c s="0" t="e" r="A{row}">{error}</c></row>' for row, error in enumerate(errors, start=1))
    single = "<row><c r='A6' t='e'><v>#N/A</v></c></row>"
    text = '<row><c r="A7" t="str"><v>c t="e"</v></c></row>'
    result = read_workbook(with_sheet(SHEET.format(cells + single + text)))
    assert result.sheets[0].cells["c1"].to_list() == ["#N/A", "#SPILL!", "#DIV/0!", "#ERROR!", "#REF!", "#N/A", 'c t="e"']
    assert column(with_sheet(SHEET.format('<row r="1"><c r="A1" t="e"><v>#SPILL!</v></c></row>'))) == ["#SPILL!"]


def test_numbers_are_exact_as_far_as_excel_keeps_them() -> None:
    assert column(workbook({"A1": 2**53, "A2": -(2**53) + 1, "A3": 0.1 + 0.7, "A4": 123456789.25})) == [
        "9007199254740992",
        "-9007199254740991",
        "0.8",
        "123456789.25",
    ]


def test_parts_may_have_any_name() -> None:
    content, sound = io.BytesIO(), io.BytesIO()
    with QuickWorkbook(sound) as book:
        book.add_worksheet("RTF").write_string("A1", "x")
        book.worksheets()[0].write_datetime("B1", date(2025, 7, 1), book.add_format({"num_format": "mm/dd/yyyy"}))
    names = ("workbook.xml", "sharedStrings.xml", "styles.xml", "sheet1.xml")
    with zipfile.ZipFile(sound) as package, zipfile.ZipFile(content, "w") as changed:
        for path in package.namelist():
            name, part = path, package.read(path)
            for known in names:
                name = name.replace(known, known.replace(".", "22."))
                if path.endswith(".rels"):
                    part = part.replace(known.encode(), known.replace(".", "22.").encode())
            changed.writestr(name.replace("xl/worksheets", "xl\\Worksheets"), part)
    (sheet,) = read_workbook(content.getvalue()).sheets
    assert (sheet.name, sheet.cells.rows()) == ("RTF", [(1, 1, "x", "07/01/2025")])


def test_characters_that_xml_cannot_hold_are_put_back() -> None:
    xml = SHEET.format('<row r="1"><c r="A1" t="str"><v>a_x000D_b_x005F_x000D_c_x0000_</v></c></row>')
    assert read_workbook(with_sheet(xml)).sheets[0].cells.rows() == [(1, 1, "a\rb_x000D_c_x0000_")]


def test_a_cell_with_an_iso_date_is_written_like_the_others() -> None:
    xml = SHEET.format(
        '<row r="1"><c r="A1" t="d"><v>2025-07-01</v></c><c r="B1" t="d"><v>2025-07-01T13:05:09</v></c><c r="C1" t="d"><v>x</v></c></row>'
    )
    assert read_workbook(with_sheet(xml)).sheets[0].cells.rows() == [(1, 1, "07/01/2025", "07/01/2025 13:05:09", "x")]


@pytest.mark.parametrize(
    "xml",
    [
        '<?xml version="1.0" encoding="utf-7"?>' + SHEET.format("<row/>"),
        '<?xml version="1.0" encoding="nonsense"?>' + SHEET.format("<row/>"),
        '<!DOCTYPE x [<!ENTITY a "b">]>' + SHEET.format('<row r="1"><c r="A1" t="str"><v>&a;</v></c></row>'),
        '<!DOCTYPE x SYSTEM "http://localhost/x.dtd">' + SHEET.format('<row r="1"><c r="A1"><v>1</v></c></row>'),
        SHEET.format('<row r="1"><c r="A1" t="s"><v>7</v></c></row>'),
        SHEET.format('<row r="1"><row><c><v>1</v></c></row></row>'),
        SHEET.format("<c><v>1</v></c>"),
        SHEET.format('<row r="4294967295"><c><v>1</v></c></row>'),
        SHEET.format('<row r="1">' + '<c r="A1"><v>1</v></c>' * 3 + "</row>"),
        SHEET.format('<row r="1"><c r="A1" t="unheard"><v>1</v></c></row>'),
        SHEET.format('<row r="1"><c r="XFE1"><v>1</v></c></row>'),
        SHEET.format('<row r="1"><c r="a1"><v>1</v></c></row>'),
        SHEET.format('<row r="1"><c r="A1048577"><v>1</v></c></row>'),
        SHEET.format('<row r="x"><c><v>1</v></c></row>'),
        SHEET.format('<row r="1"><c r="A1"><v>1</v></row>'),
        SHEET.format('<row r="1"><c r="A1"><v>1</v></c></row>').removesuffix("</worksheet>"),
        SHEET.format("<!-- -->" + "<a>" * 200 + "</a>" * 200),
    ],
)
def test_what_excel_never_writes_is_called_damaged(xml: str) -> None:
    result = read_workbook(with_sheet(xml))
    assert [defect.rule for defect in result.defects] == ["F010"]
    assert result.sheets == ()


@pytest.mark.parametrize("name", ["sheet1", "sharedStrings", "styles", "workbook"])
def test_a_document_type_is_refused_in_every_part_that_is_read(name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(with_parts())) as package:
        part = next(package.read(path).decode() for path in package.namelist() if path.endswith(f"/{name}.xml"))
    start, end = part.split("?>", 1)
    assert read_workbook(with_parts(**{name: f"{start}?>{end}"})).sheets
    (defect,) = read_workbook(with_parts(**{name: f"{start}?><!DOCTYPE x []>{end}"})).defects
    assert defect.rule == "F010"
    assert "document type" in defect.detail


def test_shared_strings_are_read_without_their_phonetic_runs() -> None:
    shared = "<sst><si><r><t>De</t></r><r><t>sk</t></r><rPh><t>no</t></rPh></si><si><t/></si></sst>"
    sheet = SHEET.format('<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1"><v>2</v></c></row>')
    assert read_workbook(with_parts(sharedStrings=shared, sheet1=sheet)).sheets[0].cells.rows() == [(1, 1, "Desk", None, "2")]


def test_of_two_cells_in_one_place_the_later_stays_and_rows_are_put_in_order() -> None:
    sheet = SHEET.format('<row r="3"><c r="A3"><v>3</v></c><c r="A3"><v>4</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>')
    assert read_workbook(with_sheet(sheet)).sheets[0].cells.rows() == [(2, 2, "2"), (3, 3, "4")]


def test_a_cut_workbook_is_called_damaged() -> None:
    content = workbook({"A1": "x"})
    assert read_workbook(content[: len(content) // 2]).defects[0].rule == "F010"


@pytest.mark.parametrize(
    ("cells", "limits", "word"),
    [
        ({"A1": 1, "A2": 1, "A3": 1}, ReadLimits(rows=1), "1 rows"),
        ({"A1": 1, "D1": 1}, ReadLimits(columns=3), "3 columns"),
        ({"A1": "x" * 11}, ReadLimits(cell_characters=10), "10 characters"),
        ({f"SR{row}": 1 for row in range(1, 31)}, ReadLimits(unpacked_bytes=50_000), "30 rows of 512 columns"),
        ({"A1": 1}, ReadLimits(unpacked_bytes=2**10), "MiB"),
    ],
)
def test_every_limit_is_enforced_and_named(cells: Mapping[str, Any], limits: ReadLimits, word: str) -> None:
    result = read_workbook(workbook(cells), limits)
    assert [defect.rule for defect in result.defects] == ["F005"]
    assert word in result.defects[0].detail


def test_a_part_that_is_nested_without_end_is_called_damaged() -> None:
    assert read_workbook(with_parts(styles="<a>" * 200 + "</a>" * 200)).defects[0].rule == "F010"


def test_the_memory_of_shared_strings_is_limited() -> None:
    content = with_parts(sharedStrings="<sst>" + "<si><t>ab</t></si>" * 20_000 + "</sst>")
    assert read_workbook(content).sheets
    assert read_workbook(content, ReadLimits(unpacked_bytes=2**20)).defects[0].rule == "F005"


@pytest.mark.parametrize("run", ["", "<r><t>a</t></r>"])
def test_a_long_text_is_refused_wherever_it_stands(run: str) -> None:
    limits = ReadLimits(cell_characters=1000)
    for length, rules in ((1000 - bool(run), []), (1001, ["F005"])):
        text = f"{run}<r><t>{'x' * length}</t></r>" if run else f"<t>{'x' * length}</t>"
        shared = with_parts(sharedStrings=f"<sst><si>{text}</si></sst>")
        inline = with_sheet(SHEET.format(f'<row r="1"><c r="A1" t="inlineStr"><is>{text}</is></c></row>'))
        assert [[defect.rule for defect in read_workbook(content, limits).defects] for content in (shared, inline)] == [rules, rules]


def test_a_panic_of_the_library_is_damage_and_nothing_else_is() -> None:
    with pytest.raises(RefusedError) as refusal, damage_refused():
        raise PanicException("index out of bounds")
    assert refusal.value.defect.rule == "F010"
    with pytest.raises(KeyboardInterrupt), damage_refused():
        raise KeyboardInterrupt
