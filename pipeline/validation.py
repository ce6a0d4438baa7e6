"""`clr validate`: one file checked offline, and what was found as words, JSON, CSV or a workbook."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import polars as pl

from config.load import load_profile
from outputs.console import records
from pipeline.command import ATTENTION, DONE, Shared, UsageError
from pipeline.findings import told_apart
from pipeline.offline import Checked, check_file
from pipeline.read import ReadLimits, read
from schemas.layouts import EXTRACTS, INBOUND
from schemas.rule import NOTHING_TO_DO, RULESET, Severity
from schemas.rules import RULES
from schemas.submissions import SubmissionStatus

if TYPE_CHECKING:
    from outputs.console import Terminal

FORMATS = ("text", "json", "csv", "xlsx")
KINDS = (*INBOUND, *EXTRACTS)
FIRST_ROWS = 8
LOUDEST_FIRST = tuple(severity.value for severity in Severity)
LOOKS = {"error": "bold red", "warning": "bold yellow", "note": "bold"}  # on a terminal
MEANING = {
    SubmissionStatus.ACCEPTED: "Every good row counts.",
    SubmissionStatus.ACCEPTED_WITH_ERRORS: "The good rows count; correct the others and send them again.",
    SubmissionStatus.HELD: "Nothing counts until a person at the plan has looked.",
    SubmissionStatus.REJECTED: "Nothing of the file counts.",
}
TIME_ZONE = "America/Los_Angeles"  # a file checked offline belongs to no workspace


def validate_file(path: Path, kind: str, profile_name: str, format: str, shared: Shared) -> int:  # noqa: A002 - the option's name
    """Check a file and say what was found. Returns 0 when there is no error, else 3. Raises UsageError for a wrong path or kind."""
    from zoneinfo import ZoneInfo

    if kind and kind not in KINDS:
        raise UsageError(f"--kind {kind}: allowed are {', '.join(KINDS)}")
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    profile = load_profile(profile_name)
    zone = ZoneInfo(TIME_ZONE)
    today = shared.now(zone).astimezone(zone).date()
    file = read(path.read_bytes(), path.name, ReadLimits(**profile.limits.model_dump()))
    checked = check_file(file, kind or None, profile, today, path.name)
    if format == "json":
        print(json.dumps(_as_json(path, checked), ensure_ascii=False))  # noqa: T201
    elif format == "csv":
        from outputs.findings_files import findings_csv

        sys.stdout.write(findings_csv(checked.findings).decode())
    elif format == "xlsx":
        from pipeline.given_back import checked_offline

        out = path.with_name(f"{path.name}.findings.xlsx")
        if not shared.dry_run:
            out.write_bytes(checked_offline(checked.table, checked.findings, today))
        shared.terminal.line(str(out))
    else:
        _tell(shared.terminal, path, checked)
    failed = checked.findings.filter(pl.col("severity") == "error").height or checked.status == "REJECTED"
    return ATTENTION if failed else DONE


def _as_json(path: Path, checked: Checked) -> dict[str, object]:
    return {
        "file_name": path.name,
        "kind": checked.kind,
        "period": checked.period,
        "ruleset": RULESET,
        "status": checked.status.value,
        "rows": checked.rows,
        "warnings": checked.findings.filter(pl.col("severity") == "warning").height,
        "findings": records(checked.findings.drop("submission_id")),
        "not_judged": list(checked.not_judged),
        "corrects": _corrects(checked),
    }


def _corrects(checked: Checked) -> str | None:
    """The submission that a copy says it corrects; whether the plan has it, only the plan knows."""
    named = checked.table.answers if checked.table else ()
    return named[0] if len(named) == 1 else None


def _tell(terminal: Terminal, path: Path, checked: Checked) -> None:
    """What a care manager needs: the verdict, each problem once with its rows and what to do, and what could not be judged here."""
    rows = checked.rows
    good = rows["accepted"] + rows["unchanged"]
    kind = f"{checked.kind}{f' for {checked.period}' if checked.period else ''}" if checked.kind else "layout not recognized"
    terminal.paragraph(f"{path.name}: {kind}: {checked.status.value}", style="bold")
    counts = f"{rows['read']} rows read: {good} good, {rows['duplicate']} repeated, {rows['rejected']} rejected."
    terminal.paragraph(f"{counts if rows['read'] else 'No row could be read.'} {MEANING[checked.status]}")
    if corrected := _corrects(checked):
        terminal.paragraph(f"This is a copy with corrections of {corrected}: members who are not in it do not count as missing.")
    problems = checked.findings.partition_by("rule", "sheet", "severity", maintain_order=True)
    for part in sorted(problems, key=lambda part: (LOUDEST_FIRST.index(part["severity"][0]), -part["row"].n_unique(), part["rule"][0])):
        _tell_problem(terminal, part)
    terminal.line("")
    if checked.findings["row"].count():
        terminal.paragraph(f"A copy of the file with what to correct beside each row: clr validate {quote(str(path))} --format xlsx")
    terminal.paragraph(f"Not judged here, since only the plan knows: {', '.join(checked.not_judged)}.")


def _tell_problem(terminal: Terminal, part: pl.DataFrame) -> None:
    """One rule with all that breaks it: in which rows, what is wrong in each column, and what to do, once."""
    rule, severity, sheet = part.select("rule", "severity", "sheet").row(0)
    where = ", ".join(filter(None, (f"sheet {sheet}" if sheet else "", _in_rows(part["row"]))))
    terminal.line("")
    terminal.paragraph(f"{severity} {rule} {RULES[rule].title}{f' — {where}' if where else ''}", style=LOOKS[severity])
    alike = part.partition_by("message", maintain_order=True)
    rows = [_in_rows(one["row"]) for one in alike]
    remedies: list[str] = []
    for one, place in zip(alike, rows, strict=True):
        wrong, remedy = told_apart(rule, one["message"][0])
        terminal.paragraph(f"{place[0].upper()}{place[1:]}: {wrong}" if len(set(rows)) > 1 and place else wrong, indent=2)
        remedies.append(f"What to do: {remedy}" if remedy else NOTHING_TO_DO)
    for remedy in dict.fromkeys(remedies):
        terminal.paragraph(remedy, indent=2)


def _in_rows(rows: pl.Series) -> str:
    """`row 4`, or `3 rows: 4, 9, 12`; of many the first; nothing for a finding on the file."""
    numbers = rows.drop_nulls().unique().sort()
    more = f" and {numbers.len() - FIRST_ROWS} more" if numbers.len() > FIRST_ROWS else ""
    first = ", ".join(numbers.head(FIRST_ROWS).cast(pl.String)) + more
    return f"{numbers.len()} rows: {first}" if numbers.len() > 1 else f"row {first}" if first else ""
