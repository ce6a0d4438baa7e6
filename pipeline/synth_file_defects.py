"""Faults of a file as a whole: for every such rule, how a sound file goes wrong, in its bytes, its sheets or many of its rows.

Which files have one, and what else is in them, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pipeline.synth_byte_defects import (
    OLD_WORKBOOK,
    PDF_DOCUMENT,
    PICTURE,
    WEB_PAGE,
    WITH_PASSWORD,
    Change,
    archive,
    cut_off,
    half_windows,
    halved,
    in_utf_16,
    instead,
    semicolons,
    too_long,
    too_wide,
    unclosed_quote,
    with_nul,
    with_part,
)
from pipeline.synth_files import ENDINGS, file_bytes
from pipeline.synth_mess import EVERY, PLAIN, TEXTS, WORKBOOK, Mess
from pipeline.synth_returns import Sheet
from pipeline.synth_setting import Setting, spoiled
from schemas.corrections import added_heading
from schemas.layouts import OTF, PROGRAM_OF, RTF_CS, RTF_ECM

RETURNS, ALL = (RTF_ECM, RTF_CS), (RTF_ECM, RTF_CS, OTF)
OUTCOME = ("referral_status", "status_date", "closure_reason")
IN_BOTH = ("cin", "member_last_name", "member_first_name")  # what the layouts of both programs call alike
NOBODYS, OTHER_NOBODYS = "S0123456789abcdef", "Sfedcba9876543210"  # submissions that nobody made
ENOUGH_TO_COMPARE = 20  # rows, as every profile has it


@dataclass(frozen=True)
class Broken:
    """A file that is wrong as a whole.

    sheet: what can be read of it, with what is told of its rows. is_known: whether its layout is. name: what it is called, where that
    is what is wrong.
    """

    sheet: Sheet
    content: bytes
    ending: str
    is_known: bool = True
    name: str = ""


@dataclass(frozen=True)
class FileDefect:
    """One way in which a file goes wrong.

    other_program: on the roster its sender is of the other program alone. earlier: the sheet of a file that comes before, from the sound
    one, where there has to be one. crowd: the sender has been sent many members. named: only under a profile that agrees on file names.
    """

    rule: str
    what: str
    spoil: Callable[[Sheet, str, Setting], Broken | None]
    formats: tuple[str, ...] = EVERY
    kinds: tuple[str, ...] = ALL
    other_program: bool = False
    earlier: Callable[[Sheet], Sheet] | None = None
    crowd: bool = False
    named: bool = False


def _bytes(change: Change, ending: str = "") -> Callable[[Sheet, str, Setting], Broken]:
    """The bytes of a sound file changed so that no sheet can be read."""

    def spoil(sheet: Sheet, file_format: str, _: Setting) -> Broken:
        content = change(file_bytes(sheet, file_format), sheet.reporter.provider["name"].encode())
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


def _as_it_is(sheet: Sheet) -> Sheet:
    return sheet


def _again(sheet: Sheet, file_format: str, _: Setting) -> Broken:
    return Broken(_repeated(sheet), file_bytes(sheet, file_format), ENDINGS[file_format])


def _shrunk(sheet: Sheet, file_format: str, _: Setting) -> Broken | None:
    """Less than half of the rows, where there were enough to compare."""
    few = replace(sheet, rows=sheet.rows[: len(sheet.rows) // 2 - 1])
    return Broken(_repeated(few), file_bytes(few, file_format), ENDINGS[file_format]) if len(sheet.rows) >= ENOUGH_TO_COMPARE else None


def _answering(*submissions: str) -> Callable[[Sheet, str, Setting], Broken]:
    """With headings of files given back, though nothing was."""
    mess = replace(PLAIN, added=tuple(added_heading(name) for name in submissions))
    return lambda sheet, file_format, _: Broken(sheet, file_bytes(sheet, file_format, mess), ENDINGS[file_format])


def _of_another_month(sheet: Sheet, file_format: str, setting: Setting) -> Broken:
    """The file of the month before with another month in it, as if it corrected that one."""
    period = f"{sheet.reporter.calendar.today:%Y-%m}"
    moved = replace(sheet, rows=tuple(replace(row, cells={**row.cells, "reporting_period": period}) for row in sheet.rows))
    mess = replace(PLAIN, added=(added_heading(setting.earlier),))
    return Broken(_repeated(moved), file_bytes(moved, file_format, mess), ENDINGS[file_format])


def _repeated(sheet: Sheet) -> Sheet:
    """The sheet, whose rows say what an earlier file said."""
    return replace(sheet, rows=tuple(replace(row, repeats=True) for row in sheet.rows))


def _misnamed_as_a_whole(sheet: Sheet, file_format: str, _: Setting) -> Broken:
    return Broken(sheet, file_bytes(sheet, file_format), ENDINGS[file_format], name="final (2)")


def missing_columns(setting: Setting) -> Sequence[FileDefect]:
    """For every column that a layout must have: the file without it."""
    kind = setting.reporter.kind
    needed = sorted({*setting.required.intersection(setting.columns), *(OUTCOME if kind in RETURNS else ())})
    return [FileDefect("F014", f"no column {name}", _sheet(_without(name)), kinds=(kind,)) for name in needed]


FILE_DEFECTS = (
    FileDefect("F001", "a PDF document", _bytes(PDF_DOCUMENT, "pdf"), WORKBOOK),
    FileDefect("F001", "a web page called a workbook", _bytes(instead(WEB_PAGE), "xls"), WORKBOOK),
    FileDefect("F001", "a picture", _bytes(PICTURE, "png"), WORKBOOK),
    FileDefect("F001", "a workbook of an old Excel version", _bytes(OLD_WORKBOOK, "xls"), WORKBOOK),
    FileDefect("F001", "a Word document", _bytes(archive("word/document.xml"), "docx"), WORKBOOK),
    FileDefect("F001", "a zip archive", _bytes(archive("rtf.csv"), "zip"), WORKBOOK),
    FileDefect("F002", "zero bytes", _bytes(instead(b""))),
    FileDefect("F002", "blank lines alone", _bytes(instead(b"\r\n" * 3)), TEXTS),
    FileDefect("F002", "separators alone", _bytes(instead(b",,,,\n" * 4)), ("csv",)),
    FileDefect("F003", "a password", _bytes(WITH_PASSWORD), WORKBOOK),
    FileDefect("F004", "macros", _bytes(with_part("xl/vbaProject.bin"), "xlsm"), WORKBOOK),
    FileDefect("F005", "hundreds of columns", _bytes(too_wide), ("csv",)),
    FileDefect("F005", "a cell without end", _bytes(too_long), TEXTS),
    FileDefect("F006", "UTF-16", _bytes(in_utf_16), TEXTS),
    FileDefect("F006", "two encodings in one file", _bytes(half_windows), TEXTS),
    FileDefect("F006", "NUL bytes", _bytes(with_nul), TEXTS),
    FileDefect("F007", "a quotation mark that is never closed", _bytes(unclosed_quote), TEXTS),
    FileDefect("F008", "semicolons between the columns", _bytes(semicolons), TEXTS),
    FileDefect("F009", "cut off in the last line", _bytes(cut_off), TEXTS),
    FileDefect("F010", "half of a workbook", _bytes(halved), WORKBOOK),
    FileDefect("F011", "headings of the provider's own", _unknown_headings),
    FileDefect("F012", "the template from before July 2025", _sheet(_without(*OUTCOME)), kinds=RETURNS),
    FileDefect("F013", "two columns for the CIN", _heading_twice),
    FileDefect("F015", "the sheet twice", _sheet_twice, WORKBOOK),
    FileDefect("F016", "a row of the month before", _sheet(_last_row("reporting_period", _month_before)), kinds=RETURNS),
    FileDefect("F017", "headings and no rows", _sheet(lambda sheet, _: replace(sheet, rows=()))),
    FileDefect("F018", "every row without the provider's name", _sheet(_rejected(lambda rows: rows))),
    FileDefect("F019", "most rows without the provider's name", _sheet(_rejected(lambda rows: rows // 2 + 1))),
    FileDefect("F020", "less than half of the rows of the file before", _shrunk, kinds=RETURNS, earlier=_as_it_is, crowd=True),
    FileDefect("F025", "a name that nobody agreed on", _misnamed_as_a_whole, named=True),
    FileDefect("F026", "the very same file once more", _again, earlier=_as_it_is),
    FileDefect("F031", "the heading of a correction of a file that nobody sent", _answering(NOBODYS)),
    FileDefect("F032", "the heading of a correction of a file of another month", _of_another_month, kinds=RETURNS, earlier=_as_it_is),
    FileDefect("F033", "the headings of corrections of two files", _answering(NOBODYS, OTHER_NOBODYS)),
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
