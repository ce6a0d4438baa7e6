"""Judging rows: text becomes values, and every value is held against its layout.

Decides what a row says and whether it may say it. Whose member it is, and what the history makes of it, is decided later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData
from pandera.errors import SchemaErrors

from config.profile import Profile
from pipeline.findings import FAILURE, no_failures
from schemas.columns import Element, Layout, Need
from schemas.formats import TEXT, Format, coded, first_matching
from schemas.layouts import LAYOUTS, RTF_CS, RTF_ECM
from schemas.rule import Scope, Severity
from schemas.rules import RULES

KEYS = ("submission_id", "row", "line")
UNREADABLE = "unreadable"
REQUIRED_BLANK = "R101"
IN_THE_FUTURE = "R128"
LONG_COLUMN = 10_000  # rows


@dataclass(frozen=True)
class Judge:
    """A layout as one plan reads it."""

    layout: type[Layout]
    formats: Mapping[str, Format]
    required: frozenset[str]

    @property
    def elements(self) -> Mapping[str, Element]:
        return self.layout.elements()


def judge_for(kind: str, profile: Profile) -> Judge:
    """The layout of a kind of file under a profile: its engagement list and its required columns."""
    layout = LAYOUTS[kind]
    elements = layout.elements()
    choice = profile.layouts.get(kind)
    formats = {name: element.format for name, element in elements.items()}
    if kind in (RTF_ECM, RTF_CS):
        formats["engagement"] = coded(profile.codes.engagement("ECM" if kind == RTF_ECM else "CS"))
    required = {name for name, element in elements.items() if element.need is Need.REQUIRED} | set(choice.required if choice else ())
    return Judge(layout, formats, frozenset(required))


def read_values(rows: pl.DataFrame, judge: Judge) -> pl.DataFrame:
    """Add the value of every cell beside its text.

    rows: keys and other columns, with one cleaned String column for each element. Returns them with `<element>` as a value (null where
    blank or unreadable) and `<element>_text` as it was written.
    """
    texts = rows.rename({name: f"{name}_text" for name in judge.elements})
    return texts.with_columns(_value(texts[f"{name}_text"], judge.formats[name]).alias(name) for name in judge.elements)


def judge_rows(values: pl.DataFrame, judge: Judge) -> pl.DataFrame:
    """Hold every row against the layout, all rules in one round.

    values: from `read_values`, collected, with `submission_id`, `row`, `line` and `today` (Date: the day the file was received).
    Returns failures, `pipeline.findings.FAILURE`.
    """
    try:
        _schema(judge).validate(values, lazy=True)
    except SchemaErrors as errors:  # its text quotes cells: it must not travel further
        failed = errors.failure_cases.select(element="column", check="check", at=pl.col("index").cast(pl.UInt32))
    else:
        return no_failures()
    if failed["at"].null_count():
        raise TypeError("the frame to be judged does not have the columns of its layout")
    return _failures(failed, values, judge)


def _value(texts: pl.Series, form: Format) -> pl.Expr | pl.Series:
    """The values of a column. In a long one most texts stand many times: each is read once."""
    if texts.len() < LONG_COLUMN or form is TEXT:
        return form.parse(pl.col(texts.name))
    every = texts.to_frame()
    distinct = every.unique()
    if distinct.height > texts.len() // 2:
        return form.parse(pl.col(texts.name))
    values = distinct.with_columns(value=form.parse(pl.col(texts.name)))
    return every.join(values, on=texts.name, how="left", nulls_equal=True, maintain_order="left")["value"]


def _schema(judge: Judge) -> pa.DataFrameSchema:
    """The layout's pandera schema with the checks that follow from each column's declaration."""
    schema = judge.layout.to_schema()
    changes = {}
    for name, element in judge.elements.items():
        checks = [*schema.columns[name].checks, _check(UNREADABLE, _is_readable)]
        if name in judge.required:
            checks.append(_check(REQUIRED_BLANK, _is_filled))
        if element.past:
            checks.append(_check(IN_THE_FUTURE, _is_past))
        checks.extend(_check(remark.rule, _does_not_match(remark.text)) for remark in judge.formats[name].remarks)
        changes[name] = {"checks": checks}
    return schema.update_columns(changes)  # all at once: each call copies the whole schema


def _check(rule: str, function: Callable[[PolarsData], pl.LazyFrame]) -> pa.Check:
    return pa.Check(function, name=rule, error=rule, ignore_na=False)


def _is_readable(data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(data.key).is_not_null() | pl.col(f"{data.key}_text").is_null())


def _is_filled(data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(f"{data.key}_text").is_not_null())


def _is_past(data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select((pl.col(data.key) <= pl.col("today")).fill_null(value=True))


def _does_not_match(pattern: str) -> Callable[[PolarsData], pl.LazyFrame]:
    def check(data: PolarsData) -> pl.LazyFrame:
        matches = pl.col(data.key).is_not_null() & pl.col(f"{data.key}_text").str.contains(pattern)
        return data.lazyframe.select(~matches.fill_null(value=False))

    return check


def _failures(failed: pl.DataFrame, values: pl.DataFrame, judge: Judge) -> pl.DataFrame:
    """Failed checks (`element`, `check`, `at`) as failures with the row that they stand on."""
    parts = []
    for (element,), of_element in failed.group_by("element", maintain_order=True):
        name = str(element)
        text = pl.col(f"{name}_text")
        rows = values.select(*KEYS, value=text, fault=first_matching(judge.formats[name].faults, text).fill_null("R120")).with_row_index(
            "at"
        )
        parts.append(of_element.join(rows, on="at", how="inner", maintain_order="left"))
    rule = pl.when(pl.col("check") == UNREADABLE).then("fault").otherwise("check")
    return (
        pl.concat(parts)
        .with_columns(rule=rule)
        .with_columns(
            severity=_milder(judge),
            allowed=pl.col("element").replace_strict({name: form.allowed for name, form in judge.formats.items()}, return_dtype=pl.String),
            detail=pl.lit(None, dtype=pl.String),
        )
        .select(FAILURE.names())
    )


def _milder(judge: Judge) -> pl.Expr:
    """A bad value in a column that nobody needs is a warning: a status must not be lost for a misspelt acuity."""
    optional = [name for name, element in judge.elements.items() if element.need is Need.OPTIONAL and name not in judge.required]
    of_cells = [rule.id for rule in RULES.values() if rule.scope is Scope.CELL and rule.severity is Severity.ERROR and not rule.firm]
    mild = pl.col("element").is_in(optional) & pl.col("rule").is_in(of_cells)
    return pl.when(mild).then(pl.lit(Severity.WARNING.value))
