"""What a file is, is told by its content; what cannot be read is named, with what to do about it."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from pipeline.read import ReadLimits, read

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
TEXT = b"cin,status\n91234567A,Accepted\n"


def workbook() -> bytes:
    book = Workbook()
    book.worksheets[0]["A1"] = "cin"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def archive(**parts: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
    return content.getvalue()


def with_part(name: str, part: bytes) -> bytes:
    content = io.BytesIO(workbook())
    with zipfile.ZipFile(content, "a") as packed:
        packed.writestr(name, part)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        (b"<html><body><table><tr><td>cin</td></tr></table></body></html>", "HTML"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html><p>", "HTML"),
        (b"<?xml version='1.0'?><Workbook/>", "XML"),
        (b"\x89PNG\r\n\x1a\n\0\0", "picture"),
        (b"\x1f\x8b\x08\0\0", "gzip"),
        (b"{\\rtf1\\ansi}", "Rich Text"),
        (b"-----BEGIN PGP MESSAGE-----\n", "PGP"),
        (OLE, ".xls"),
        (archive(notes=b"x"), "zip"),
        (archive(**{"word/document.xml": b"<x/>"}), "Word"),
        (archive(**{"content.xml": b"<x/>"}), ".ods"),
        (with_part("xl/workbook.bin", b"x"), ".xlsb"),
        (bytes(range(256)) * 20, "bytes"),
        (bytes(range(1, 256)) * 20, "bytes"),
    ],
)
@pytest.mark.parametrize("name", ["rtf.xlsx", "rtf.csv"])
def test_what_cannot_be_read_is_named(content: bytes, word: str, name: str) -> None:
    result = read(content, name, ReadLimits())
    assert (result.format, result.sheets) == ("", ())
    assert [defect.rule for defect in result.defects] == ["F001"]
    assert word in result.defects[0].detail


def test_a_password_protected_workbook_is_named() -> None:
    assert read(OLE + "EncryptedPackage".encode("utf-16-le"), "rtf.xlsx", ReadLimits()).defects[0].rule == "F003"


def test_a_protected_zip_is_named() -> None:
    content = bytearray(workbook())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert read(bytes(content), "rtf.xlsx", ReadLimits()).defects[0].rule == "F003"


def test_a_workbook_with_macros_is_refused_whatever_its_name() -> None:
    assert read(with_part("xl/vbaProject.bin", b"x"), "rtf.xlsx", ReadLimits()).defects[0].rule == "F004"


@pytest.mark.parametrize(
    ("content", "name", "form"),
    [(workbook(), "rtf.csv", "xlsx"), (workbook(), "RTF.XLS", "xlsx"), (TEXT, "rtf.xlsx", "csv"), (TEXT, "rtf.xls", "csv")],
)
def test_a_name_that_disagrees_with_the_content_is_a_warning(content: bytes, name: str, form: str) -> None:
    result = read(content, name, ReadLimits())
    assert result.format == form
    assert [defect.rule for defect in result.defects] == ["F021"]
    assert result.sheets


@pytest.mark.parametrize(("content", "name"), [(workbook(), "rtf.XLSX"), (TEXT, "rtf.CSV"), (TEXT, "rtf.txt"), (TEXT, "rtf"), (TEXT, "..")])
def test_a_name_that_agrees_or_says_nothing_is_no_warning(content: bytes, name: str) -> None:
    assert read(content, name, ReadLimits()).defects == ()
