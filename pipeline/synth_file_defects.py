"""Faults of a file as a whole: for every such rule, how a sound file goes wrong, in its bytes, its sheets or many of its rows.

Which files have one, and what else is in them, is decided elsewhere.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO

from pipeline.synth_files import ENDINGS, PDF, file_bytes
from pipeline.synth_mess import EVERY, PLAIN, TEXTS, WORKBOOK, Mess
from pipeline.synth_returns import Sheet
from pipeline.synth_setting import Setting, spoiled
from schemas.layouts import OTF, PROGRAM_OF, RTF_CS, RTF_ECM

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how documents of old Office versions begin, and encrypted ones
RETURNS, ALL = (RTF_ECM, RTF_CS), (RTF_ECM, RTF_CS, OTF)
OUTCOME = ("referral_status", "status_date", "closure_reason")
IN_BOTH = ("cin", "member_last_name", "member_first_name")  # what the layouts of both programs call alike
TOO_MANY_COLUMNS, TOO_MANY_CHARACTERS = 520, 70_000
WEB_PAGE = b"<!DOCTYPE html>\n<html><body><table><tr><td>CIN</td></tr></table></body></html>\n"


@dataclass(frozen=True)
class Broken:
    """A file that is wrong as a whole. sheet: what can be read of it, with what is told of its rows. is_known: whether its layout is."""

    sheet: Sheet
    content: bytes
    ending: str
    is_known: bool = True


@dataclass(frozen=True)
class FileDefect:
    """One way in which a file goes wrong. other_program: on the roster its sender is of the other program alone."""

    rule: str
    what: str
    spoil: Callable[[Sheet, str, Setting], Broken]
    formats: tuple[str, ...] = EVERY
    kinds: tuple[str, ...] = ALL
    other_program: bool = False


def _bytes(change: Callable[[bytes], bytes], ending: str = "") -> Callable[[Sheet, str, Setting], Broken]:
    """The bytes of a sound file changed so that no sheet can be read."""

    def spoil(sheet: Sheet, file_format: str, _: Setting) -> Broken:
        content = change(file_bytes(sheet, file_format))
        return Broken(replace(sheet, rows=()), content, ending or ENDINGS[file_format], is_known=False)

    return spoil


def _sheet(change: Callable[[Sheet, Setting], Sheet], mess: Mess = PLAIN) -> Callable[[Sheet, str, Setting], Broken]:
    """Another sheet in place of the sound one."""

    def spoil(sheet: Sheet, file_format: str, setting: Setting) -> Broken:
        changed = change(sheet, setting)
        return Broken(changed, file_bytes(changed, file_format, mess), ENDINGS[file_format])

    return spoil


def _without(*gone: str) -> Callable[[Sheet, Setting], Sheet]:
    return lambda sheet, _: _headed(sheet, {name: text for name, text in sheet.reporter.habits.headings.items() if name not in gone})


def _headed(sheet: Sheet, headings: dict[str, str]) -> Sheet:
    habits = replace(sheet.reporter.habits, headings=headings)
    return replace(sheet, reporter=replace(sheet.reporter, habits=habits))


def _unknown_headings(sheet: Sheet, file_format: str, _: Setting) -> Broken:
    headings = {name: f"Field {place}" for place, name in enumerate(sheet.reporter.habits.headings, start=1)}
    content = file_bytes(_headed(sheet, headings), file_format)
    return Broken(replace(sheet, rows=()), content, ENDINGS[file_format], is_known=False)


def _common_headings(sheet: Sheet, file_format: str, setting: Setting) -> Broken:
    """Only columns that the layouts of both programs have."""
    gone = [name for name in sheet.reporter.habits.headings if name not in (*IN_BOTH, *OUTCOME)]
    content = file_bytes(_without(*gone)(sheet, setting), file_format)
    return Broken(replace(sheet, rows=()), content, ENDINGS[file_format], is_known=False)


def _heading_twice(sheet: Sheet, file_format: str, _: Setting) -> Broken:
    headings = sheet.reporter.habits.headings
    content = file_bytes(sheet, file_format, replace(PLAIN, extra_heading=headings["cin"].upper()))
    return Broken(sheet, content, ENDINGS[file_format])


def _sheet_twice(sheet: Sheet, file_format: str, _: Setting) -> Broken:
    return Broken(replace(sheet, rows=()), file_bytes(sheet, file_format, PLAIN, sheet), ENDINGS[file_format], is_known=False)


def _misnamed(sheet: Sheet, file_format: str, _: Setting) -> Broken:
    return Broken(sheet, file_bytes(sheet, file_format), "csv" if file_format == "xlsx" else "xlsx")


def _last_row(element: str, changed: Callable[[Sheet], object]) -> Callable[[Sheet, Setting], Sheet]:
    """The last row says something else than the others, which is no fault of the row."""

    def change(sheet: Sheet, _: Setting) -> Sheet:
        *others, last = sheet.rows
        return replace(sheet, rows=(*others, replace(last, cells={**last.cells, element: changed(sheet)})))  # type: ignore[dict-item]

    return change


def _month_before(sheet: Sheet) -> str:
    return f"{sheet.reporter.calendar.before:%Y-%m}"


def _day_before(sheet: Sheet) -> object:
    return sheet.reporter.produced_on - timedelta(days=1)


def _next_year(sheet: Sheet, _: Setting) -> Sheet:
    """One row that was made in a year's time: a second production date besides."""
    *others, last = sheet.rows
    on = sheet.reporter.produced_on
    text = f"{on:%m}/{min(on.day, 28):02}/{on.year + 1}"
    return replace(sheet, rows=(*others, spoiled(last, "R128", "production_date", "a day that is yet to come", {"production_date": text})))


def _rejected(enough: Callable[[int], int]) -> Callable[[Sheet, Setting], Sheet]:
    """So many rows without the name of who reports."""

    def change(sheet: Sheet, _: Setting) -> Sheet:
        number = enough(len(sheet.rows))
        nameless = [
            spoiled(row, "R101", "provider_name", "a required cell is blank", {"provider_name": None}) for row in sheet.rows[:number]
        ]
        return replace(sheet, rows=(*nameless, *sheet.rows[number:]))

    return change


def _left_out(sheet: Sheet, _: Setting) -> Sheet:
    gone = sheet.rows[-1].cin
    return replace(sheet, rows=tuple(row for row in sheet.rows if row.cin != gone))


def _unclosed_quote(content: bytes) -> bytes:
    first, _, rest = content.partition(b"Synthetic Health Plan")
    return first + b'"Synthetic Health Plan' + rest


def _semicolons(content: bytes) -> bytes:
    return content.translate(bytes.maketrans(b",\t|", b";;;"))


def _cut_off(content: bytes) -> bytes:
    return content[: content.rstrip().rindex(b"Synthetic Health Plan") + 9]


def _too_wide(content: bytes) -> bytes:
    return b"".join(line + b"," * TOO_MANY_COLUMNS + b"\n" for line in content.splitlines())


def _too_long(content: bytes) -> bytes:
    return content.replace(b"Synthetic Health Plan", b"Synthetic " * (TOO_MANY_CHARACTERS // 10), 1)


def _half_windows(content: bytes) -> bytes:
    return "Señal;é".encode() + "Peña".encode("cp1252") + b"\n" + content


def _with_part(name: str) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        written = BytesIO(content)
        with zipfile.ZipFile(written, "a") as package:
            package.writestr(zipfile.ZipInfo(name), b"x")
        return written.getvalue()

    return change


def _archive(name: str) -> Callable[[bytes], bytes]:
    def change(_: bytes) -> bytes:
        written = BytesIO()
        with zipfile.ZipFile(written, "w") as package:
            package.writestr(zipfile.ZipInfo(name), b"x")
        return written.getvalue()

    return change


def missing_columns(setting: Setting) -> Sequence[FileDefect]:
    """For every column that a layout must have: the file without it."""
    kind = setting.reporter.kind
    needed = sorted({*setting.required, *(OUTCOME if kind in RETURNS else ())})
    return [FileDefect("F014", f"no column {name}", _sheet(_without(name)), kinds=(kind,)) for name in needed]


FILE_DEFECTS = (
    FileDefect("F001", "a PDF document", _bytes(lambda _: PDF, "pdf"), WORKBOOK),
    FileDefect("F001", "a web page called a workbook", _bytes(lambda _: WEB_PAGE, "xls"), WORKBOOK),
    FileDefect("F001", "a picture", _bytes(lambda _: b"\x89PNG\r\n\x1a\n" + bytes(64), "png"), WORKBOOK),
    FileDefect("F001", "a workbook of an old Excel version", _bytes(lambda _: OLE + bytes(1024), "xls"), WORKBOOK),
    FileDefect("F001", "a Word document", _bytes(_archive("word/document.xml"), "docx"), WORKBOOK),
    FileDefect("F001", "a zip archive", _bytes(_archive("rtf.csv"), "zip"), WORKBOOK),
    FileDefect("F002", "zero bytes", _bytes(lambda _: b"")),
    FileDefect("F002", "blank lines alone", _bytes(lambda _: b"\r\n" * 3), TEXTS),
    FileDefect("F002", "separators alone", _bytes(lambda _: b",,,,\n" * 4), ("csv",)),
    FileDefect("F003", "a password", _bytes(lambda _: OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(64)), WORKBOOK),
    FileDefect("F004", "macros", _bytes(_with_part("xl/vbaProject.bin"), "xlsm"), WORKBOOK),
    FileDefect("F005", "hundreds of columns", _bytes(_too_wide), ("csv",)),
    FileDefect("F005", "a cell without end", _bytes(_too_long), TEXTS),
    FileDefect("F006", "UTF-16", _bytes(lambda content: content.decode().encode("utf-16")), TEXTS),
    FileDefect("F006", "two encodings in one file", _bytes(_half_windows), TEXTS),
    FileDefect("F006", "NUL bytes", _bytes(lambda content: content.replace(b"Synthetic Health Plan", b"Synthetic\0Plan", 1)), TEXTS),
    FileDefect("F007", "a quotation mark that is never closed", _bytes(_unclosed_quote), TEXTS),
    FileDefect("F008", "semicolons between the columns", _bytes(_semicolons), TEXTS),
    FileDefect("F009", "cut off in the last line", _bytes(_cut_off), TEXTS),
    FileDefect("F010", "half of a workbook", _bytes(lambda content: content[: len(content) // 2]), WORKBOOK),
    FileDefect("F011", "headings of the provider's own", _unknown_headings),
    FileDefect("F012", "the template from before July 2025", _sheet(_without(*OUTCOME)), kinds=RETURNS),
    FileDefect("F013", "two columns for the CIN", _heading_twice),
    FileDefect("F015", "the sheet twice", _sheet_twice, WORKBOOK),
    FileDefect("F016", "a row of the month before", _sheet(_last_row("reporting_period", _month_before)), kinds=RETURNS),
    FileDefect("F017", "headings and no rows", _sheet(lambda sheet, _: replace(sheet, rows=()))),
    FileDefect("F018", "every row without the provider's name", _sheet(_rejected(lambda rows: rows))),
    FileDefect("F019", "most rows without the provider's name", _sheet(_rejected(lambda rows: rows // 2 + 1))),
    FileDefect("F021", "a name that ends otherwise", _misnamed),
    FileDefect("F034", "no column that tells the program", _common_headings, kinds=RETURNS),
    FileDefect("F027", "a row made on another day", _sheet(_last_row("production_date", _day_before)), kinds=RETURNS),
    FileDefect("F027", "a row made in a year's time", _sheet(_next_year), kinds=RETURNS),
    FileDefect("F028", "a provider of the other program", _sheet(lambda sheet, _: sheet), other_program=True),
    FileDefect("F029", "a member left out", _sheet(_left_out), kinds=RETURNS),
)
OTHER = {"ECM": "CS", "CS": "ECM"}


def other_program(kind: str) -> str:
    """The program that a layout does not belong to."""
    return OTHER[PROGRAM_OF[kind]]
