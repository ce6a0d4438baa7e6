"""The truth about a corpus file: every finding that there must be, and how the file and its rows end.

Twice: with what the plan knows, and from the file alone. The second is the first without what only the plan can say.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.synth_case_files import CaseFile
from pipeline.synth_files import row_number
from pipeline.synth_people import Record
from pipeline.synth_planting import severity
from pipeline.synth_returns import Fault, Row
from pipeline.synth_setting import Setting
from schemas.rule import Severity
from schemas.rules import RULES
from schemas.submissions import RowOutcome, SubmissionStatus

TRUTH = ("file", "profile", "after", "kind", "sheet", "row", "column", "rule", "severity", "planted", "needs_plan", "status", "what")
COUNTS = tuple(outcome.value for outcome in RowOutcome)
FILES = (
    *("file", "provider_id", "profile", "after", "names", "kind", "format", "mess", "rule", "element", "what", "rows"),
    *("status", *COUNTS, "alone_status", *(f"alone_{name}" for name in COUNTS)),
)
HELD_SHARE = 0.5
RECEIVED_BEFORE, TOO_FEW = "F026", "F020"
EXTRACTS = "extracts"  # folder of those that have a fault


def truth(file: CaseFile) -> list[Record]:
    """Rows of truth.csv."""
    status = _ended(file, alone=False)[0]
    told = [_told(file, sheet, None, fault.element or "", fault, RULES[fault.rule].severity.value, status) for sheet, fault in file.of_file]
    for sheet, page, setting in file.parts:
        headings = page.reporter.habits.headings
        for place, row in enumerate(page.rows):
            for fault in row.faults:
                column = headings[fault.element].strip() if fault.element else ""
                loud = severity(fault, setting)
                told.append(_told(file, sheet, row_number(file.mess, place), column, fault, loud, status))
    return told


def verdict(file: CaseFile) -> Record:
    """The row of files.csv."""
    case = file.case
    status, counts = _ended(file, alone=False)
    alone_status, alone = _ended(file, alone=True)
    what = case.defect.what if case.defect else next((fault.what for fault in _planted(file)), "")
    named = {"file": path_of(file), "provider_id": "" if _is_extract(file) else file.provider["provider_id"], "profile": case.profile}
    named |= {"after": _after(file), "names": file.names, "kind": file.kind or "", "format": file.file_format}
    named |= {"mess": file.mess.name, "rule": case.rule, "element": case.element or "", "what": what, "rows": str(sum(counts.values()))}
    named |= {"status": status} | {name: str(count) for name, count in counts.items()}
    return named | {"alone_status": alone_status} | {f"alone_{name}": str(count) for name, count in alone.items()}


def _told(file: CaseFile, sheet: str, row: int | None, column: str, fault: Fault, loud: str, status: str) -> Record:
    where = {
        "file": path_of(file),
        "profile": file.case.profile,
        "after": _after(file),
        "kind": file.kind or "",
        "sheet": sheet,
        "row": "" if row is None else str(row),
        "column": column,
    }
    planted, needs_plan = fault.rule == file.case.rule, RULES[fault.rule].needs_plan
    said = {"planted": "Y" if planted else "N", "needs_plan": "Y" if needs_plan else "N", "status": status, "what": fault.what}
    return where | {"rule": fault.rule, "severity": loud} | said


def path_of(file: CaseFile) -> str:
    """Where the file lies: an extract below the corpus, any other below its returns."""
    return f"{EXTRACTS if _is_extract(file) else file.provider['mailbox']}/{file.file_name}"


def _planted(file: CaseFile) -> list[Fault]:
    return [fault for _, page, _ in file.parts for row in page.rows for fault in row.faults if fault.rule == file.case.rule]


def _ended(file: CaseFile, *, alone: bool) -> tuple[str, dict[str, int]]:
    """Status, and how many rows ended in which way. alone: judged by what stands in the file."""
    outcomes = [_outcomes(page.rows, setting, alone=alone) for _, page, setting in file.parts]
    own = outcomes[0]
    refused = any(RULES[fault.rule].severity is Severity.ERROR for _, fault in file.of_file)
    rejected = own.count(RowOutcome.REJECTED)
    every = [outcome for part in outcomes for outcome in part]
    if file.case.rule == RECEIVED_BEFORE and not alone:
        return SubmissionStatus.DUPLICATE.value, {outcome.value: len(every) * (outcome is RowOutcome.DUPLICATE) for outcome in RowOutcome}
    if refused or rejected == len(own):
        status = SubmissionStatus.REJECTED
        every = [RowOutcome.REJECTED] * len(every)
    elif (rejected > HELD_SHARE * len(own) and not _is_extract(file)) or (file.case.rule == TOO_FEW and not alone):
        status = SubmissionStatus.HELD
    else:
        status = SubmissionStatus.ACCEPTED_WITH_ERRORS if RowOutcome.REJECTED in every else SubmissionStatus.ACCEPTED
    return status.value, {outcome.value: every.count(outcome) for outcome in RowOutcome}


def _outcomes(rows: Sequence[Row], setting: Setting, *, alone: bool) -> list[RowOutcome]:
    return [_outcome(row, setting, alone=alone) for row in rows]


def _outcome(row: Row, setting: Setting, *, alone: bool) -> RowOutcome:
    rules = {fault.rule for fault in row.faults}
    known = [fault for fault in row.faults if not (alone and RULES[fault.rule].needs_plan)]
    if any(severity(fault, setting) == Severity.ERROR for fault in known):
        return RowOutcome.REJECTED
    if "R331" in rules:
        return RowOutcome.DUPLICATE
    return RowOutcome.UNCHANGED if "R402" in rules or (row.repeats and not alone) else RowOutcome.ACCEPTED


def _is_extract(file: CaseFile) -> bool:
    return file.case.extract is not None


def _after(file: CaseFile) -> str:
    return path_of(file.earlier) if file.earlier else ""
