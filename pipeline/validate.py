"""Judging rows: text becomes values, and every value is held against its layout.

Decides what a row says and whether it may say it. Whose member it is, and what the history makes of it, is decided later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData
from pandera.errors import SchemaErrors

from config.layout import elements_of, formats_of
from config.profile import Profile
from pipeline.findings import FAILURE, file_failures, no_failures, row_failures
from schemas.columns import Element, Layout, Need
from schemas.formats import TEXT, Format, first_matching
from schemas.layouts import CLR_ELEMENTS, EXTRACT_KEYS, EXTRACTS, INBOUND, LAYOUTS
from schemas.rule import Scope, Severity
from schemas.rules import RULES
from schemas.template_text import without_template_text

KEYS = ("submission_id", "row", "line")
DECLARED = "as declared"
UNREADABLE = "R120"  # where a format names no fault of its own
FOUND = pl.Schema({"submission_id": pl.String(), "element": pl.String()})
REQUIRED_BLANK = "R101"
IN_THE_FUTURE = "R128"
DEMANDS = ("R102", "R103", "R321", "R323")  # checks that demand a cell because of another one of its row
LONG_COLUMN = 10_000  # rows


@dataclass(frozen=True, eq=False)
class Judge:
    """A layout as one plan reads it."""

    layout: type[Layout]
    elements: Mapping[str, Element]
    formats: Mapping[str, Format]

    @cached_property
    def required(self) -> frozenset[str]:
        return frozenset(name for name, element in self.elements.items() if element.need is Need.REQUIRED)

    @cached_property
    def optional(self) -> frozenset[str]:
        return frozenset(name for name, element in self.elements.items() if element.need is Need.OPTIONAL)


@lru_cache(maxsize=64)
def judge_for(kind: str, profile: Profile) -> Judge:
    """The layout of a kind of file under a profile: its columns, what they may hold, and how much each is needed."""
    formats = formats_of(kind, profile)
    if kind in INBOUND:
        formats = {name: without_template_text(form) for name, form in formats.items()}
    return Judge(LAYOUTS[kind], elements_of(kind, profile.layouts.get(kind)), formats)


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
        _schema(judge, _to_be_told(values, judge)).validate(values, lazy=True)
    except SchemaErrors as errors:  # its text quotes cells: it must not travel further
        failed = errors.failure_cases.select(element="column", check="check", at=pl.col("index").cast(pl.UInt32))
    else:
        return no_failures()
    if failed["at"].null_count():
        raise TypeError("the frame to be judged does not have the columns of its layout")
    return _failures(failed, values, judge)


def judge_found(values: pl.DataFrame, judge: Judge, found: pl.DataFrame) -> pl.DataFrame:
    """Hold rows of files with wrong headings against the rules of those columns that they have all the same, so that one round tells all.

    values: as for `judge_rows`. found: `FOUND`. Where one of the columns of the closed loop is lacking, no rule asks
    what columns say together. Returns failures, `pipeline.findings.FAILURE`.
    """
    failures = judge_rows(values, judge).join(found, on=["submission_id", "element"], how="semi", maintain_order="left")
    together = [name for name in CLR_ELEMENTS if name in judge.elements]
    whole = found.filter(pl.col("element").is_in(together)).group_by("submission_id").len().filter(pl.col("len") == len(together))
    of_cells = [rule.id for rule in RULES.values() if rule.scope is Scope.CELL]
    return failures.filter(pl.col("rule").is_in(of_cells) | pl.col("submission_id").is_in(whole["submission_id"].implode()))


def repeated_keys(values: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Failures for rows of one extract that have the same key and say different things."""
    key = EXTRACT_KEYS[kind]
    texts = [f"{name}_text" for name in EXTRACTS[kind].elements()]
    several = pl.struct(texts).n_unique().over("submission_id", key) > 1
    return row_failures(values.filter(several & pl.col(key).is_not_null()), "R353", key)


def said_of_files(values: pl.DataFrame) -> pl.DataFrame:
    """What the rows of a file say about the file: its period, its production date."""
    said = values.group_by("submission_id", maintain_order=True).agg(
        periods=pl.col("reporting_period").drop_nulls().unique().sort().str.join(", "),
        several_periods=pl.col("reporting_period").drop_nulls().n_unique() > 1,
        several_dates=pl.col("production_date").drop_nulls().n_unique() > 1,
    )
    told = [
        *(("F016", name, periods) for name, periods in said.filter("several_periods").select("submission_id", "periods").iter_rows()),
        *(("F027", name, "") for name in said.filter("several_dates")["submission_id"]),
    ]
    return pl.concat([no_failures(), *(file_failures(name, [(rule, detail)]) for rule, name, detail in told)])


def _value(texts: pl.Series, form: Format) -> pl.Expr | pl.Series:
    """The values of a column; of one without texts there are none. In a long one most texts stand many times: each is read once."""
    if texts.null_count() == texts.len():
        return pl.lit(None, dtype=form.dtype())
    if texts.len() < LONG_COLUMN or form.name == TEXT.name:
        return form.parse(pl.col(texts.name))
    every = texts.to_frame()
    distinct = every.unique()
    if distinct.height > texts.len() // 2:
        return form.parse(pl.col(texts.name))
    values = distinct.with_columns(value=form.parse(pl.col(texts.name)))
    return every.join(values, on=texts.name, how="left", nulls_equal=True, maintain_order="left")["value"]


@lru_cache(maxsize=64)
def _schema(judge: Judge, told: frozenset[str]) -> pa.DataFrameSchema:
    """The layout's pandera schema: how its columns must agree, with one check more for each column of which something is to be told.

    No more than that, since pandera takes milliseconds for each column and each check, however few the rows.
    """
    checks = {}
    for name, column in judge.layout.to_schema().columns.items():
        if name in judge.elements:
            checks[name] = pa.Column(
                column.dtype,
                [*_agreements(name, column.checks, judge), *([_declared(name, judge)] if name in told else [])],
                nullable=True,
            )
    return pa.DataFrameSchema({name: column for name, column in checks.items() if column.checks})


def _agreements(name: str, checks: Sequence[pa.Check], judge: Judge) -> list[pa.Check]:
    """How a column must agree with others; one that the plan does not need is not demanded either.

    By its error, since pandera forgets the name of an inherited check once it has built the schema of a first layout.
    """
    return [check for check in checks if name not in judge.optional or check.error not in DEMANDS]


def _to_be_told(values: pl.DataFrame, judge: Judge) -> frozenset[str]:
    """The columns of which some cell breaks a rule by itself: all asked at once."""
    told = values.select(said.any().alias(name) for name, said in _anything(judge).items())
    return frozenset(name for name in judge.elements if told[name].item())


def _declared(name: str, judge: Judge) -> pa.Check:
    anything = _anything(judge)[name]

    def check(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(~anything)

    return pa.Check(check, name=DECLARED, error=DECLARED, ignore_na=False)


@lru_cache(maxsize=64)
def _anything(judge: Judge) -> Mapping[str, pl.Expr]:
    """For each column, whether its cell breaks a rule by itself."""
    return {name: pl.any_horizontal(said.fill_null(value=False) for said, _ in _of_cell(name, judge)) for name in judge.elements}


def _of_cell(name: str, judge: Judge) -> Iterator[tuple[pl.Expr, pl.Expr]]:
    """What can be said of a cell by itself: whether it holds, and the rule."""
    value, text = pl.col(name), pl.col(f"{name}_text")
    form = judge.formats[name]
    yield value.is_null() & text.is_not_null(), first_matching(form.faults, text).fill_null(UNREADABLE)
    if name in judge.required:
        yield text.is_null(), pl.lit(REQUIRED_BLANK)
    if judge.elements[name].past:
        yield value > pl.col("today"), pl.lit(IN_THE_FUTURE)
    for remark in form.remarks:
        yield value.is_not_null() & text.str.contains(remark.text), pl.lit(remark.rule)


def _failures(failed: pl.DataFrame, values: pl.DataFrame, judge: Judge) -> pl.DataFrame:
    """Failed checks (`element`, `check`, `at`) as failures with the row that they stand on."""
    parts = []
    for (element,), of_element in failed.group_by("element", maintain_order=True):
        name = str(element)
        looked_at = values.select(*KEYS, "today", name, f"{name}_text").with_row_index("at")
        rows = of_element.join(looked_at, on="at", how="inner", maintain_order="left")
        of_cell = pl.concat_list(pl.when(said).then(rule) for said, rule in _of_cell(name, judge)).list.drop_nulls()
        rules = pl.when(pl.col("check") == DECLARED).then(of_cell).otherwise(pl.concat_list("check"))
        parts.append(rows.select(*KEYS, "element", value=f"{name}_text", rule=rules).explode("rule"))
    return (
        pl.concat(parts)
        .with_columns(
            severity=_milder(judge),
            allowed=pl.col("element").replace_strict({name: form.allowed for name, form in judge.formats.items()}, return_dtype=pl.String),
            detail=pl.lit(None, dtype=pl.String),
        )
        .select(FAILURE.names())
    )


def _milder(judge: Judge) -> pl.Expr:
    """A bad value in a column that nobody needs is a warning: a status must not be lost for a misspelt acuity."""
    of_cells = [rule.id for rule in RULES.values() if rule.scope is Scope.CELL and rule.severity is Severity.ERROR and not rule.firm]
    mild = pl.col("element").is_in(sorted(judge.optional)) & pl.col("rule").is_in(of_cells)
    return pl.when(mild).then(pl.lit(Severity.WARNING.value))
