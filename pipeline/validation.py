"""`clr validate`: one file checked offline, and what was found as words, JSON, CSV or a workbook."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from config.load import load_profile
from outputs.console import records
from pipeline.command import ATTENTION, DONE, Shared, UsageError
from pipeline.offline import Checked, check_file
from pipeline.read import ReadLimits, read
from pipeline.recognise import Recognised
from schemas.layouts import EXTRACTS, INBOUND
from schemas.rule import RULESET, Severity

if TYPE_CHECKING:
    from datetime import date

    from outputs.console import Terminal

FORMATS = ("text", "json", "csv", "xlsx")
KINDS = (*INBOUND, *EXTRACTS)
FIRST_ROWS = 8
LOUDEST_FIRST = tuple(severity.value for severity in Severity)
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
        out = path.with_name(f"{path.name}.findings.xlsx")
        if not shared.dry_run:
            out.write_bytes(_workbook(checked, today))
        shared.terminal.line(str(out))
    else:
        _tell(shared.terminal, path, checked)
    failed = checked.findings.filter(pl.col("severity") == "error").height or checked.status == "REJECTED"
    return ATTENTION if failed else DONE


def _workbook(checked: Checked, today: date) -> bytes:
    """The file given back with its findings."""
    from outputs.findings_files import OwnSheet, findings_workbook

    table = checked.table if checked.table is not None and checked.table.kind else Recognised(cells=pl.DataFrame(schema={"row": pl.Int64}))
    beside = OwnSheet(table.tracker.sheet, table.tracker.header, table.tracker.cells) if table.tracker is not None else None
    return findings_workbook(table.cells, table.header, checked.findings, table.sheet or "Rows", today, beside)


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
    }


def _tell(terminal: Terminal, path: Path, checked: Checked) -> None:
    """What a care manager needs: the verdict, each problem once with its rows, and what could not be judged here."""
    rows = checked.rows
    terminal.line(f"{path.name}: {checked.kind or 'layout not recognized'}: {checked.status.value}")
    good = rows["accepted"] + rows["unchanged"]
    terminal.line(f"  {rows['read']} rows read: {good} good, {rows['duplicate']} repeated, {rows['rejected']} rejected")
    problems = checked.findings.partition_by("rule", "sheet", "column", "severity", "message", maintain_order=True)
    for part in sorted(problems, key=lambda part: (LOUDEST_FIRST.index(part["severity"][0]), -part.height, part["rule"][0])):
        first = part["row"].drop_nulls().head(FIRST_ROWS).cast(pl.String).to_list()
        more = f" and {part.height - FIRST_ROWS} more" if part.height > FIRST_ROWS else ""
        rows_of = f"row{'s' if part.height > 1 else ''} {', '.join(first)}{more}" if first else ""
        where = " ".join(filter(None, (f"sheet {part['sheet'][0]}" if part["sheet"][0] else "", rows_of)))
        terminal.line("")
        terminal.line(f"  {part['severity'][0]} {part['rule'][0]}  {f'{where}: ' if where else ''}{part['message'][0]}")
    terminal.line("")
    terminal.line(f"  Not judged here, since only the plan knows: {', '.join(checked.not_judged)}")
