"""Responses of DHCS to a submission: what they refuse becomes findings, so that it can be asked for and worked off.

What a refused record should say instead is not decided here: it follows from what the plan's own systems say next.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.archive import keep
from pipeline.dhcs_findings import findings
from pipeline.run import Context, lock, start
from schemas.codes import plain_words

KEY, CODE, TEXT = "key", "code", "text"
HEADINGS = {
    "record key": KEY,
    "recordkey": KEY,
    "record id": KEY,
    "recordid": KEY,
    "error code": CODE,
    "errorcode": CODE,
    "code": CODE,
    "text": TEXT,
    "error text": TEXT,
    "errortext": TEXT,
    "message": TEXT,
    "description": TEXT,
}
NEEDED = "a record key, an error code and a text"
LISTS = ("errors", "records", "responses")


def load_response(context: Context, path: Path) -> dict[str, int]:
    """Take in a response file, CSV or JSON, each of its errors with the record that it speaks of. What was taken in before is not again.

    Returns how many were `read`, are `refused` records, name `unknown` ones, and are `new`. Raises ValueError when the file is neither.
    """
    content = path.read_bytes()
    errors = list(_errors(content, path.name))
    with lock(context):
        job = start(context, "dhcs-response")
        sent = job.before.read("dhcs_records").sort("produced_at", "sequence")
        submissions = {
            (row["period"], row["sequence"]): row["file_name"].removesuffix(".json")
            for row in job.before.read("dhcs_submissions").iter_rows(named=True)
        }
        by_key = {row["record_key"]: submissions[row["period"], row["sequence"]] for row in sent.iter_rows(named=True)}
        unknown_of = max(submissions.items(), default=((), "no submission"))[1]
        parts = [
            findings(
                by_key.get(one[KEY], unknown_of),
                [("D101" if one[KEY] in by_key else "D102", one[KEY], one[CODE], f"{one[CODE]} {one[TEXT]}".strip())],
            )
            for one in errors
        ]
        told = pl.concat([findings("", []), *parts]).unique(maintain_order=True)
        fresh = told.join(job.before.read("findings"), on=told.columns, how="anti", nulls_equal=True, maintain_order="left")
        counts = {
            "read": len(errors),
            "refused": sum(one[KEY] in by_key for one in errors),
            "unknown": sum(one[KEY] not in by_key for one in errors),
            "new": fresh.height,
        }
        if fresh.height:
            keep(context.workspace.folder("archive"), content)
            job.run.append("findings", fresh)
            job.commit(counts, attention=True)
    return counts


def _errors(content: bytes, name: str) -> Iterator[dict[str, str]]:
    try:
        text = content.decode("utf-8-sig")
        for row in _of_json(json.loads(text)) if text.lstrip()[:1] in ("{", "[") else _of_csv(text):
            told = {HEADINGS[plain_words(str(heading))]: value for heading, value in row.items() if plain_words(str(heading)) in HEADINGS}
            if set(told) != {KEY, CODE, TEXT}:
                raise ValueError(f"{name}: {NEEDED} is needed for every error")
            yield {part: str(value or "").strip() for part, value in told.items()}
    except (UnicodeDecodeError, json.JSONDecodeError, csv.Error):
        raise ValueError(f"{name} can be read neither as JSON nor as CSV") from None


def _of_csv(text: str) -> list[Mapping[str, Any]]:
    table = csv.DictReader(io.StringIO(text, newline=""))
    if {HEADINGS.get(plain_words(heading)) for heading in table.fieldnames or ()} - {None} != {KEY, CODE, TEXT}:
        raise ValueError(f"a response needs headings of {NEEDED}")
    return list(table)


def _of_json(told: Any) -> list[Mapping[str, Any]]:
    rows = told if isinstance(told, list) else next((told[part] for part in LISTS if part in told), None)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"a list of errors, or one under {', '.join(LISTS)}, is needed")
    return rows
