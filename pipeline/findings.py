"""Findings: failures named by rule become what a person reads.

A failure is a row of `FAILURE`; its text comes from the rule catalogue alone. Which rule fails is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import polars as pl

from schemas.findings import Findings, in_order
from schemas.rule import Severity
from schemas.rules import RULES

FAILURE = pl.Schema(
    {
        "submission_id": pl.String(),
        "row": pl.Int64(),
        "line": pl.Int64(),
        "element": pl.String(),  # column of the layout; null for a finding on a row or a file
        "rule": pl.String(),
        "severity": pl.String(),  # null: as the rule says
        "value": pl.String(),
        "allowed": pl.String(),
        "detail": pl.String(),
    }
)
MISREAD = ("R001", "R002")  # wrong number of columns; headings repeated
HEADINGS = pl.Schema({"submission_id": pl.String(), "element": pl.String(), "heading": pl.String()})


@cache
def no_failures() -> pl.DataFrame:
    """Failures without rows."""
    return pl.DataFrame(schema=FAILURE)


def file_failures(submission_id: str, failures: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """Failures of a file as a whole, from pairs of rule and detail."""
    rows = [{"submission_id": submission_id, "rule": rule, "detail": detail} for rule, detail in failures]
    return pl.DataFrame(rows, schema=FAILURE) if rows else no_failures()


def row_failures(rows: pl.DataFrame, rule: str, element: str | None = None, detail: pl.Expr | None = None) -> pl.DataFrame:
    """One failure for each row of a frame with `submission_id`, `row`, `line`, and `<element>_text` when an element is named."""
    value = pl.col(f"{element}_text") if element else pl.lit(None, dtype=pl.String)
    return rows.select(
        "submission_id",
        "row",
        "line",
        element=pl.lit(element, dtype=pl.String),
        rule=pl.lit(rule),
        severity=pl.lit(None, dtype=pl.String),
        value=value,
        allowed=pl.lit(None, dtype=pl.String),
        detail=detail if detail is not None else pl.lit(None, dtype=pl.String),
    )


def errors_in(failures: pl.DataFrame) -> pl.DataFrame:
    """Those failures that reject the row or the file which they speak of."""
    return failures.filter(_severity() == Severity.ERROR)


def without_misread(failures: pl.DataFrame) -> pl.DataFrame:
    """Failures without those on cells of rows whose columns are not where the headings say: nobody knows what such a cell is."""
    misread = failures.filter(pl.col("rule").is_in(MISREAD)).select("submission_id", "row").unique()
    return pl.concat(
        [
            failures.filter(pl.col("rule").is_in(MISREAD) | pl.col("row").is_null()),
            failures.filter(~pl.col("rule").is_in(MISREAD) & pl.col("row").is_not_null()).join(
                misread, on=["submission_id", "row"], how="anti", maintain_order="left"
            ),
        ]
    )


def findings_from(failures: pl.DataFrame, headings: pl.DataFrame) -> pl.DataFrame:
    """Failures as findings, in order.

    headings: `HEADINGS`, for each element the file's own heading, or the layout's where the file has none.
    Returns the columns of `schemas.findings.Findings`.
    """
    named = failures.join(headings, on=["submission_id", "element"], how="left", maintain_order="left")
    column = pl.coalesce("heading", "element")
    allowed = pl.col("allowed").str.strip_suffix(".") + "."
    detail = pl.col("detail").fill_null("")
    spaced = pl.when(detail != "").then(" " + detail).otherwise(pl.lit(""))  # where there is none, no gap
    message = _of_rule("text")
    for placeholder, text in (("{column}", column), ("{allowed}", allowed), (" {detail}", spaced), ("{detail}", detail)):
        message = message.str.replace_all(placeholder, text.fill_null(""), literal=True)
    found = named.with_columns(
        severity=_severity(),
        scope=_of_rule("scope"),
        column=column,
        message=message.str.strip_chars(),
        sheet=pl.lit(None, dtype=pl.String),
    )
    return in_order(found.select(Findings.polars_schema().names()).unique(maintain_order=True))


def told_apart(rule: str, message: str) -> tuple[str, str]:
    """The two halves of a finding's text: what is wrong and what is allowed, and what to do; blank where there is nothing to do."""
    begin = f" {RULES[rule].fix.partition('{')[0]}"
    wrong, found, rest = message.rpartition(begin)
    return (wrong, f"{begin}{rest}".strip()) if found else (message, "")


def counts_by_rule(findings: pl.DataFrame) -> dict[str, int]:
    """How many findings each rule has, by rule id."""
    return dict(findings.group_by("rule").len().sort("rule").iter_rows())


def _severity() -> pl.Expr:
    return pl.coalesce("severity", _of_rule("severity"))


def _of_rule(attribute: str) -> pl.Expr:
    return pl.col("rule").replace_strict({rule.id: str(getattr(rule, attribute)) for rule in RULES.values()}, return_dtype=pl.String)
