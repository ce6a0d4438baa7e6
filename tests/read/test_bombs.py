"""Workbooks made to exhaust the machine end soon, in little memory: each is read in a process of its own."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from xlsxwriter import Workbook  # type: ignore[import-untyped] # has annotations, but does not say so

PEAK_MEBIBYTES = 700
SECONDS = 60
READ = r"""
import re, sys
from pathlib import Path
from pipeline.read import ReadLimits, read
result = read(Path(sys.argv[1]).read_bytes(), "rtf.xlsx", ReadLimits())
peak = int(re.search(r"VmHWM:\s*([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024
print(peak, sum(sheet.cells.height for sheet in result.sheets), *(defect.rule for defect in result.defects))
"""
HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"


def packed(**parts: str) -> bytes:
    sound, content = io.BytesIO(), io.BytesIO()
    with Workbook(sound) as book:
        book.add_worksheet().write_string("A1", "x")
    with zipfile.ZipFile(sound) as package, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in package.namelist():
            changed.writestr(name, parts.get(name.rpartition("/")[2].removesuffix(".xml"), package.read(name)))
    return content.getvalue()


def blank_rows() -> bytes:
    rows = "".join(f'<row r="{row}" s="1"><c r="A{row}" s="1"/><c r="B{row}" s="1"/></row>' for row in range(2, 1_048_577))
    return packed(sheet1=f'{HEAD}<row r="1"><c r="A1"><v>1</v></c></row>{rows}{TAIL}')


def far_corners() -> bytes:
    return packed(sheet1=f'{HEAD}<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="SR1048576"><v>1</v></c></row>{TAIL}')


def far_corner_behind_a_trick() -> bytes:
    """A cell that looks blank to whom the end of an attribute looks like the end of a tag."""
    return packed(sheet1=f'{HEAD}<row r="1"><c r="A1"><v>1</v></c></row><row r="9"><c r="XFD1048576" x="/>"><v>1</v></c></row>{TAIL}')


def far_row_without_places() -> bytes:
    return packed(sheet1=f'{HEAD}<row r="1"><c><v>1</v></c></row><row r="4294967295"><c><v>1</v></c></row>{TAIL}')


def declared_strings() -> bytes:
    return packed(sharedStrings='<sst count="1" uniqueCount="4000000000"><si><t>x</t></si></sst>')


def far_column() -> bytes:
    return packed(sheet1=f'{HEAD}<row r="1"><c r="XFD1"><v>1</v></c></row>{TAIL}')


def wide_rows() -> bytes:
    rows = "".join(f'<row r="{row}"><c r="SR{row}"><v>1</v></c></row>' for row in range(1, 150_001))
    return packed(sheet1=f"{HEAD}{rows}{TAIL}")


def blanks() -> bytes:
    return packed(
        sheet1=f'{HEAD}<row r="1"><c r="A1" t="inlineStr"><is><t xml:space="preserve">{" " * 100_000_000}</t></is></c></row>{TAIL}'
    )


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is asked of Linux")
@pytest.mark.parametrize(
    ("content", "rule", "rows"),
    [
        (blank_rows, "", 1),
        (far_corners, "F005", 0),
        (far_corner_behind_a_trick, "F005", 0),
        (far_row_without_places, "F010", 0),
        (declared_strings, "F005", 0),
        (far_column, "F005", 0),
        (wide_rows, "F005", 0),
        (blanks, "F005", 0),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_bomb_ends_soon_and_in_little_memory(content: Callable[[], bytes], rule: str, rows: int, tmp_path: Path) -> None:
    file = tmp_path / "bomb.xlsx"
    file.write_bytes(content())
    done = subprocess.run([sys.executable, "-c", READ, str(file)], capture_output=True, text=True, timeout=SECONDS, check=True)
    peak, height, *found = done.stdout.split()
    assert (" ".join(found), int(height)) == (rule, rows)
    assert int(peak) < PEAK_MEBIBYTES, done.stdout
