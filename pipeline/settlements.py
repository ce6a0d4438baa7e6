"""Settlements: which findings on a provider's earlier files a later merged one has put right.

A finding stays as it was told; that it is settled is told beside it. What a file may correct was decided before.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from config.profile import LayoutChoice
from pipeline.recognise import Headings
from schemas.codes import plain_words
from schemas.corrections import FINDING, Settlements
from schemas.layouts import INBOUND
from schemas.rule import Severity
from schemas.submissions import MERGED, RowOutcome

FEWER_ROWS, MEMBERS_MISSING = "F020", "F029"
OF_REJECTED_ROWS = ("F018", "F019")
ROW = ("submission_id", "kind", "row")
LATER_ROW = ("later", "kind", "later_row")


def pairs(submissions: pl.DataFrame, fresh: pl.Series) -> pl.DataFrame:
    """Files with a later merged file that may put them right: of the same provider, kind and period, or corrected by it.

    submissions: `schemas.submissions.Submissions`, one row each. fresh: names of those judged now; one of them is in every pair.
    Returns `submission_id`, `later`, `later_at`, `is_correction`, and `is_fresh`: whether the later one is judged now.
    """
    merged = submissions.filter(pl.col("status").is_in(MERGED)).select(
        "provider_id",
        "kind",
        "period",
        later="submission_id",
        later_at="received_at",
        is_correction=pl.col("corrects").is_not_null(),
        is_fresh=pl.col("submission_id").is_in(fresh.implode()),
    )
    earlier = submissions.select("submission_id", "received_at", "provider_id", "kind", "period")
    at_once = pl.col("received_at") == pl.col("later_at")
    in_order = (pl.col("received_at") < pl.col("later_at")) | (at_once & (pl.col("submission_id") < pl.col("later")))
    alike = earlier.join(merged, on=["provider_id", "kind", "period"], how="inner", maintain_order="left").filter(in_order)
    named = _followed(submissions.select(later="submission_id", submission_id="corrects").drop_nulls(), ["submission_id"], ["later"])
    corrected = named.join(merged, on="later", how="inner", maintain_order="left")
    told = ("submission_id", "later", "later_at", "is_correction", "is_fresh")
    found = pl.concat([alike.select(told), corrected.select(told)]).unique(maintain_order=True)
    return found.filter(pl.col("is_fresh") | pl.col("submission_id").is_in(fresh.implode()))


def settlements(
    possible: pl.DataFrame,
    submissions: pl.DataFrame,
    rows: pl.DataFrame,
    findings: pl.DataFrame,
    known: pl.DataFrame,
    covering: frozenset[str],
    choices: Mapping[str, LayoutChoice],
) -> pl.DataFrame:
    """The findings that a later file settles, each by the first one, in the order of receipt, that no longer breaks the rule there.

    possible: from `pairs`. submissions, rows, findings: of both sides of the pairs, rows of held files too. known: what is settled
    already. covering: corrections after which no member is missing. choices: what the profile says of layouts, headings among it.
    Returns `schemas.corrections.Settlements` that are new.
    """
    placed = _placed(findings, rows, choices)
    loud = placed.filter(pl.col("severity") != Severity.NOTE.value)
    open_ones = loud.join(known, on=FINDING, how="anti", nulls_equal=True, maintain_order="left")
    asked = open_ones.join(possible, on="submission_id", how="inner", maintain_order="left")
    of_rows = _first(_on_rows(asked.filter(pl.col("row").is_not_null()), placed, rows, submissions))
    wrong_rows = open_ones.filter(pl.col("row").is_not_null(), pl.col("severity") == Severity.ERROR.value)
    left = wrong_rows.join(of_rows, on=FINDING, how="anti", nulls_equal=True)["submission_id"].unique()
    of_files = _first(_on_files(asked.filter(pl.col("row").is_null()), placed, rows, left, covering))
    plans = submissions.select("submission_id", "plan")
    told = pl.concat([of_rows, of_files]).join(plans, on="submission_id", how="left", maintain_order="left")
    return told.select(Settlements.polars_schema().names()).sort(FINDING, nulls_last=False)


def _placed(findings: pl.DataFrame, rows: pl.DataFrame, choices: Mapping[str, LayoutChoice]) -> pl.DataFrame:
    """Findings with `kind`, the layout of their sheet, and `element`, which two headings of one column have in common.

    A finding on a file as a whole has a kind only when it names the sheet that stands beside another.
    """
    sheets = rows.select("submission_id", "sheet", "kind").unique(["submission_id", "sheet"], maintain_order=True)
    placed = findings.join(sheets, on=["submission_id", "sheet"], how="left", nulls_equal=True, maintain_order="left")
    placed = placed.with_columns(kind=pl.when(pl.col("row").is_not_null() | pl.col("sheet").is_not_null()).then("kind"))
    headings = Headings(tuple(INBOUND), choices)
    named = placed.select("kind", "column").unique(maintain_order=True).drop_nulls()
    meant = [
        (kind, column, (headings.element(kind, column) if kind in INBOUND else None) or plain_words(column))
        for kind, column in named.iter_rows()
    ]
    elements = pl.DataFrame(meant, schema={"kind": pl.String, "column": pl.String, "element": pl.String}, orient="row")
    return placed.join(elements, on=["kind", "column"], how="left", maintain_order="left")


def _on_rows(asked: pl.DataFrame, placed: pl.DataFrame, rows: pl.DataFrame, submissions: pl.DataFrame) -> pl.DataFrame:
    """Findings on rows, asked of a later file, that all rows which stand there for the same row have put right."""
    links = _links(rows, submissions)
    standing = _standing(asked, rows, links)
    breaking = placed.filter(pl.col("row").is_not_null()).select(
        "rule", "element", "kind", later="submission_id", later_row="row", breaks=pl.lit(value=True)
    )
    rejected = pl.col("outcome") == RowOutcome.REJECTED.value
    outcomes = rows.select("kind", "outcome", later="submission_id", later_row="row")
    judged = (
        standing.join(outcomes, on=LATER_ROW, how="left", maintain_order="left")
        .join(breaking.unique(), on=[*LATER_ROW, "rule", "element"], how="left", nulls_equal=True, maintain_order="left")
        .group_by(*FINDING, "later", "later_at", maintain_order=True)
        .agg(is_right=~(rejected.fill_null(value=True) | pl.col("breaks").fill_null(value=False)).any())
    )
    return judged.filter("is_right").drop("is_right")


def _standing(asked: pl.DataFrame, rows: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """The later rows that stand for the row of a finding: by their number in that file, else by its member and service."""
    by_number = asked.join(links, on=["later", *ROW], how="inner", maintain_order="left")
    who = rows.select(*ROW, "cin", "service")
    whose = rows.select("kind", "cin", "service", later="submission_id", later_row="row")
    by_member = (
        asked.join(who, on=ROW, how="inner", maintain_order="left")
        .join(whose, on=["later", "kind", "cin", "service"], how="inner", maintain_order="left")
        .join(links, on=["submission_id", *LATER_ROW], how="anti", maintain_order="left")
    )
    told = (*FINDING, "element", "kind", "later", "later_at", "later_row")
    return pl.concat([by_number.select(told), by_member.select(told)])


def _on_files(asked: pl.DataFrame, placed: pl.DataFrame, rows: pl.DataFrame, left: pl.Series, covering: frozenset[str]) -> pl.DataFrame:
    """Findings on files as a whole, asked of a later file, that it does not break. Of some, corrections alone cannot tell.

    left: files with an error on a row that is not settled.
    """
    breaking = placed.filter(pl.col("row").is_null()).select("rule", "kind", later="submission_id")
    sheets = rows.select("kind", later="submission_id").unique()
    unbroken = asked.join(breaking, on=["later", "rule", "kind"], how="anti", nulls_equal=True, maintain_order="left")
    with_sheet = unbroken.join(sheets.with_columns(there=True), on=["later", "kind"], how="left", maintain_order="left")
    missing_nobody = pl.col("later").is_in(sorted(covering))
    rows_are_right = pl.col("is_fresh") & ~pl.col("submission_id").is_in(left.implode())
    may = (
        pl.when(~pl.col("is_correction"))
        .then(True)
        .when(pl.col("rule").is_in(OF_REJECTED_ROWS))
        .then(rows_are_right)
        .when(pl.col("rule") == MEMBERS_MISSING)
        .then(missing_nobody)
        .otherwise(pl.col("rule") != FEWER_ROWS)
    )
    return with_sheet.filter(may & (pl.col("kind").is_null() | pl.col("there"))).select(*FINDING, "later", "later_at")


def _links(rows: pl.DataFrame, submissions: pl.DataFrame) -> pl.DataFrame:
    """Which row of an earlier file each row of a correction stands for by its number: `later`, `later_row`, and `ROW`."""
    corrections = submissions.select(later="submission_id", submission_id="corrects").drop_nulls()
    numbered = rows.filter(pl.col("corrects_row").is_not_null()).select("kind", later="submission_id", later_row="row", row="corrects_row")
    direct = numbered.join(corrections, on="later", how="inner", maintain_order="left").select(*LATER_ROW, "submission_id", "row")
    return _followed(direct, ["submission_id", "row"], ["later", "later_row"])


def _followed(steps: pl.DataFrame, to: list[str], start: list[str]) -> pl.DataFrame:
    """All that steps lead to, one after another. A step leads from `start` to `to`; other columns are the same all the way."""
    others = [name for name in steps.columns if name not in (*to, *start)]
    found = reached = steps.unique(maintain_order=True)
    while not reached.is_empty():
        onward = steps.rename(dict(zip(start, [f"via_{name}" for name in to], strict=True)))
        via = [f"via_{name}" for name in to]
        reached = reached.rename(dict(zip(to, via, strict=True))).join(onward, on=[*via, *others], how="inner", maintain_order="left")
        reached = reached.select(steps.columns).unique(maintain_order=True).join(found, on=steps.columns, how="anti", maintain_order="left")
        found = pl.concat([found, reached])
    return found


def _first(settled: pl.DataFrame) -> pl.DataFrame:
    in_order = settled.select(*FINDING, settled_by="later", settled_at="later_at").sort("settled_at", "settled_by", maintain_order=True)
    return in_order.unique(FINDING, keep="first", maintain_order=True)
