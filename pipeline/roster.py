"""The roster, `providers.csv`: every provider of the plan, or every mistake in it.

Whether a mailbox can be reached is looked at elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import polars as pl

from config.errors import Mistake
from config.profile import Profile
from pipeline.findings import HEADINGS, file_failures, findings_from, without_misread
from pipeline.own_table import OwnTable, place, read_own
from pipeline.recognise import Headings, Recognised, recognise
from pipeline.validate import judge_for, judge_rows, read_values
from schemas.codes import PROGRAMS
from schemas.providers import Providers
from schemas.rule import Severity

KIND = "providers"
MAY_BE_EMPTY = "F017"  # a new workspace has no providers yet
NO_LAYOUT, NO_TABLE = ("F011", "F013", "F014"), "not a table of providers: "
UNIQUE = ("provider_id", "mailbox")


def read_roster(path: Path, profile: Profile) -> OwnTable:
    """The roster: columns of `schemas.providers.Providers`, sorted by `provider_id`. A bad value that nobody needs is a warning."""
    try:
        return _roster(path, path.read_bytes(), profile)
    except FileNotFoundError:
        return OwnTable(_nobody(), (Mistake(str(path), "", "no such file; `clr init` makes one to start from"),))


@lru_cache(maxsize=4)  # the same roster is judged once in a process, however many commands read it
def _roster(path: Path, content: bytes, profile: Profile) -> OwnTable:
    none = _nobody()
    file, unreadable = read_own(path, content)
    if unreadable:
        return OwnTable(none, tuple(unreadable))
    table = recognise(file.sheets, Headings((KIND,), {}))
    of_file = [*((defect.rule, defect.detail) for defect in file.defects), *table.failures]
    failures = [file_failures(KIND, [(rule, detail) for rule, detail in of_file if rule != MAY_BE_EMPTY])]
    values = none
    if table.kind is not None:
        values, judged = _judged(table, profile)
        failures += [table.failures_of_rows(KIND), judged]
    findings = findings_from(without_misread(pl.concat(failures)), pl.DataFrame(schema=HEADINGS))
    mistakes, warnings, notes = (tuple(_told(path, findings.filter(pl.col("severity") == severity))) for severity in Severity)
    if table.kind is not None:
        mistakes += (*_repeated(path, values), *_unknown_programs(path, values), *_ended_before_begun(path, values))
    return OwnTable(values.select(none.columns).sort("provider_id"), mistakes, warnings, notes)


def _nobody() -> pl.DataFrame:
    return pl.DataFrame(schema={name: element.format.dtype for name, element in Providers.elements().items()})


def _judged(table: Recognised, profile: Profile) -> tuple[pl.DataFrame, pl.DataFrame]:
    judge = judge_for(KIND, profile)
    rows = table.rows.with_columns(submission_id=pl.lit(KIND), today=pl.lit(None, dtype=pl.Date))
    values = read_values(rows, judge)
    return values, judge_rows(values, judge)


def _told(path: Path, findings: pl.DataFrame) -> list[Mistake]:
    columns = ("row", "column", "rule", "message")
    return [
        Mistake(str(path), place(row, column), f"{NO_TABLE if rule in NO_LAYOUT else ''}{message} ({rule})")
        for row, column, rule, message in findings.select(columns).iter_rows()
    ]


def _repeated(path: Path, values: pl.DataFrame) -> Iterator[Mistake]:
    for name in UNIQUE:
        given = values.filter(pl.col(name).is_not_null())
        for group in given.group_by(pl.col(name).str.to_lowercase(), maintain_order=True):
            rows, texts = group[1]["row"].to_list(), group[1][name].unique(maintain_order=True).to_list()
            if len(rows) > 1:
                stand = "stand in two rows, in other letter case" if len(texts) > 1 else "stands in two rows"
                why = f"{' and '.join(map(repr, texts))} {stand} ({', '.join(map(str, rows))}); each provider has its own"
                yield Mistake(str(path), place(rows[1], name), why)


def _unknown_programs(path: Path, values: pl.DataFrame) -> Iterator[Mistake]:
    for row, provider_id, programs in values.select("row", "provider_id", "programs").drop_nulls("programs").iter_rows():
        if any(program.strip() not in PROGRAMS.labels for program in programs.split(";")):
            yield Mistake(str(path), place(row, "programs"), f"{provider_id}: ECM, CS or both separated by ; are allowed")


def _ended_before_begun(path: Path, values: pl.DataFrame) -> Iterator[Mistake]:
    for row in values.filter(pl.col("end") < pl.col("effective"))["row"]:
        yield Mistake(str(path), place(row, "end"), "contradicts effective: a contract ends after it begins")
