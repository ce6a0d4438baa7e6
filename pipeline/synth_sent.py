"""The files of a synthetic month as they are sent: their bytes, what has to be found in them, and how they have to be judged.

What stands in them is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.synth_files import ENDINGS, PDF, SHEET, SHEET_BESIDE, file_bytes, row_number, usual_mess
from pipeline.synth_people import Record
from pipeline.synth_planting import is_rejected, severity
from pipeline.synth_returns import Fault, Sheet
from pipeline.synth_setting import Setting
from schemas.layouts import OTF, RTF_CS, RTF_ECM
from schemas.rule import Severity
from schemas.rules import RULES
from schemas.submissions import SubmissionStatus

NAMES = {RTF_ECM: "RTF_ECM", RTF_CS: "RTF_CS", OTF: "OTF_ECM"}
HELD, UNREADABLE, MISNAMED = "F019", "F001", "F021"  # faults of a file that say how it ends, or how it is written


@dataclass(frozen=True)
class SentFile:
    """One file in a mailbox. told: the truth about it, as rows of truth.csv; verdict: its row of files.csv."""

    mailbox: str
    file_name: str
    content: bytes
    arrives: str
    told: tuple[Record, ...]
    verdict: Record


@dataclass(frozen=True)
class Part:
    """A sheet with everything wrong that is to be wrong with it."""

    sheet: Sheet
    setting: Setting


def sent(own: Part, beside: Part | None, file_format: str, arrives: str) -> SentFile:
    """A file in the mailbox of its sender. beside: a tracker on a second sheet. What is told of the own sheet says what the file is."""
    sheet = own.sheet
    rules = {fault.rule for fault in sheet.told}
    ending = ENDINGS[file_format]
    if UNREADABLE in rules:
        ending = "pdf"
    if MISNAMED in rules:
        ending = "csv" if file_format == "xlsx" else "xlsx"
    tracker = beside.sheet if beside else None
    content = PDF if UNREADABLE in rules else file_bytes(sheet, file_format, usual_mess(sheet, file_format), tracker)
    reporter = sheet.reporter
    name = f"{NAMES[reporter.kind]}_{reporter.provider['provider_id']}_{reporter.calendar.name}.{ending}"
    told, verdict = _truth(own, beside, rules)
    return _named(sheet, name, content, arrives, told, verdict)


def sent_again(first: SentFile, own: Part) -> SentFile:
    """The very same file under another name, later."""
    stem, _, ending = first.file_name.rpartition(".")
    rows = int(first.verdict["rows"])
    told = _told(Fault("F026", None, "the same file once more"), "", None, "", own.setting)
    verdict = _verdict(first.verdict["kind"], SubmissionStatus.DUPLICATE, rows, duplicate=rows)
    return _named(own.sheet, f"{stem}_again.{ending}", first.content, "late", [told], verdict)


def _named(sheet: Sheet, file_name: str, content: bytes, arrives: str, told: Sequence[Record], verdict: Record) -> SentFile:
    provider = sheet.reporter.provider
    of_file = {"provider_id": provider["provider_id"], "mailbox": provider["mailbox"], "file_name": file_name, "kind": verdict["kind"]}
    return SentFile(provider["mailbox"], file_name, content, arrives, tuple(of_file | one for one in told), of_file | verdict)


def _truth(own: Part, beside: Part | None, rules: set[str]) -> tuple[list[Record], Record]:
    """What is to be found in the file, and how it will be judged."""
    kind = own.sheet.reporter.kind
    told = [_told(fault, "", None, "", own.setting) for fault in own.sheet.told]
    if UNREADABLE in rules:
        return told, _verdict("", SubmissionStatus.REJECTED, 0)
    parts = [(SHEET if beside else "", own), *([(SHEET_BESIDE, beside)] if beside else [])]
    told += [one for name, part in parts for one in _told_of_rows(name, part, own)]
    rows = [(row, part.setting) for _, part in parts for row in part.sheet.rows]
    if any(RULES[rule].severity is Severity.ERROR for rule in rules):
        return told, _verdict(kind, SubmissionStatus.REJECTED, len(rows), rejected=len(rows))
    rejected = sum(is_rejected(row, setting) for row, setting in rows)
    faults = [fault.rule for row, _ in rows for fault in row.faults]
    status = SubmissionStatus.ACCEPTED_WITH_ERRORS if rejected else SubmissionStatus.ACCEPTED
    status = SubmissionStatus.HELD if HELD in rules else status
    return told, _verdict(kind, status, len(rows), rejected, faults.count("R331"), faults.count("R402"))


def _told_of_rows(name: str, part: Part, own: Part) -> list[Record]:
    """The faults of a sheet's rows. Both sheets are written with the mess of the own one."""
    headings, mess = part.sheet.reporter.habits.headings, usual_mess(own.sheet, "")
    places = [(row_number(mess, place), fault) for place, row in enumerate(part.sheet.rows) for fault in row.faults]
    return [_told(fault, name, place, headings[fault.element] if fault.element else "", part.setting) for place, fault in places]


def _told(fault: Fault, sheet: str, row: int | None, column: str, setting: Setting) -> Record:
    where = {"sheet": sheet, "row": "" if row is None else str(row), "column": column}
    loud = severity(fault, setting) if fault.element else RULES[fault.rule].severity.value
    return where | {"rule": fault.rule, "severity": loud, "what": fault.what}


def _verdict(kind: str, status: SubmissionStatus, rows: int, rejected: int = 0, duplicate: int = 0, unchanged: int = 0) -> Record:
    counts = {"rows": rows, "rejected": rejected, "duplicate": duplicate, "unchanged": unchanged}
    return {"kind": kind, "status": status.value} | {name: str(count) for name, count in counts.items()}
