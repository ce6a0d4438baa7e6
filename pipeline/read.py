"""Turns the bytes of one received file into sheets of text cells, or into the reasons why it cannot be read.

Tells what a file is by its content, never by its name. Which sheet, which row and which columns matter is decided elsewhere.
"""

from pathlib import PurePosixPath

from pipeline.read_grid import Defect, ReadFile, ReadLimits, RefusedError, Sheet
from pipeline.read_text import read_text
from pipeline.read_workbook import read_workbook

__all__ = ["Defect", "ReadFile", "ReadLimits", "Sheet", "read"]

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")

# First bytes of what people send by mistake, and its plain name.
SIGNATURES = (
    (b"%PDF-", "a PDF document"),
    (b"{\\rtf", "a Rich Text document of a word processor"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"II*\x00", "a picture (TIFF)"),
    (b"MM\x00*", "a picture (TIFF)"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"BZh", "a compressed file (bzip2)"),
    (b"\xfd7zXZ\x00", "a compressed file (xz)"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed archive (7z)"),
    (b"Rar!", "a compressed archive (rar)"),
    (b"PAR1", "a Parquet file"),
    (b"-----BEGIN PGP", "a PGP message"),
    (b"\x09\x08\x10\x00", "a workbook of an old Excel version (.xls)"),
)
MARKUP = (
    (b"<?xml", "an XML file"),
    (b"<!doctype html", "a web page (HTML)"),
    (b"<html", "a web page (HTML)"),
    (b"<head", "a web page (HTML)"),
    (b"<body", "a web page (HTML)"),
    (b"<meta", "a web page (HTML)"),
    (b"<style", "a web page (HTML)"),
    (b"<table", "a web page (HTML)"),
    (b"<!--", "a web page (HTML)"),
)

TEXT_EXTENSIONS = frozenset({".csv", ".txt", ".tsv", ".tab", ".psv", ".pipe"})
WORKBOOK_EXTENSIONS = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})


def read(content: bytes, file_name: str, limits: ReadLimits) -> ReadFile:
    """Sheets and defects of one file; for any bytes at all it returns, and with memory bounded by `limits`.

    file_name: used for its extension alone, to say when it disagrees with the content.
    """
    try:
        _refuse_unreadable(content, limits)
        if content.startswith(ZIP):
            sheets, notes = read_workbook(content, limits)
            return ReadFile("xlsx", sheets, (*_misnamed(file_name, "xlsx"), *notes))
        form, sheet, notes = read_text(content, limits)
        return ReadFile(form, (sheet,), (*_misnamed(file_name, form), *notes))
    except RefusedError as refusal:
        return ReadFile("", (), (refusal.defect,))


def _refuse_unreadable(content: bytes, limits: ReadLimits) -> None:
    if not content:
        raise RefusedError("F002", "The file has zero bytes.")
    if len(content) > limits.file_bytes:
        raise RefusedError("F005", f"The file is larger than {limits.file_bytes / 2**20:,.0f} MiB.")
    if content.startswith(OLE):
        if ENCRYPTED_PACKAGE in content:
            raise RefusedError("F003", "The workbook is protected by a password.")
        raise _unreadable("a workbook or document of an old Office version (.xls, .doc)")
    head = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for begin, name in SIGNATURES:
        if content.startswith(begin):
            raise _unreadable(name)
    for begin, name in MARKUP:
        if head.startswith(begin):
            raise _unreadable(name)


def _unreadable(name: str) -> RefusedError:
    return RefusedError("F001", f"This is {name}.")


def _misnamed(file_name: str, form: str) -> tuple[Defect, ...]:
    extension = PurePosixPath(file_name).suffix.lower()
    if form == "xlsx" and extension in TEXT_EXTENSIONS:
        return (Defect("F021", f"The name ends in {extension}, but this is an Excel workbook."),)
    if (form == "xlsx" and extension in WORKBOOK_EXTENSIONS - {".xlsx"}) or (form != "xlsx" and extension in WORKBOOK_EXTENSIONS):
        kind = "an Excel workbook of the current format (.xlsx)" if form == "xlsx" else "a text file"
        return (Defect("F021", f"The name ends in {extension}, but this is {kind}."),)
    return ()
