"""The catalogue itself: every entry is whole, and what it shows as bad or good is so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import polars as pl
import pytest

from outputs.rule_entry import UNFILLED
from outputs.rule_entry import found as found_in_entry
from outputs.rule_entry import remedy as remedy_in_entry
from pipeline.findings import FAILURE, HEADINGS, findings_from, told_apart
from schemas.cell_rules import CELL_RULES
from schemas.file_rules import FILE_RULES
from schemas.history_rules import HISTORY_RULES
from schemas.layouts import LAYOUTS
from schemas.row_rules import ROW_RULES
from schemas.rule import NOTHING_TO_DO, Example, Rule, Scope, Severity
from schemas.rules import RULES
from tests.rules.files import as_csv, as_table, check, check_together, good_row, own_heading, rules_of

PARTS = (FILE_RULES, CELL_RULES, ROW_RULES, HISTORY_RULES)
EVERY = [pytest.param(rule, id=rule.id) for rule in RULES.values()]
SHOWN = [pytest.param(rule, id=rule.id) for rule in RULES.values() if isinstance(rule.bad, Example)]
SHOWN_ON_ROWS = [pytest.param(rule, id=rule.id) for rule in RULES.values() if isinstance(rule.bad, Example) and rule.id[0] == "R"]
ON_ROWS_AS_A_WHOLE = {"R331"}
LOST_OUTSIDE_CELLS = {"R001", "R002", "R118"}  # a cell too many and headings repeated are no cells of a row; a day number needs a workbook


@cache
def checked() -> Mapping[tuple[str, str], pl.DataFrame]:
    """The findings on every rule's examples, by rule and `bad` or `good`: files checked together are told what each is told alone."""
    examples = [(rule.id, side, getattr(rule, side)) for rule in RULES.values() for side in ("bad", "good")]
    examples = [one for one in examples if isinstance(one[2], Example)]
    found: dict[tuple[str, str], pl.DataFrame] = {}
    for profile in sorted({example.profile for _, _, example in examples}):
        of_profile = [one for one in examples if one[2].profile == profile]
        told = check_together([(as_file(example), example.kind) for _, _, example in of_profile], profile)
        found |= {(rule, side): one.findings for (rule, side, _), one in zip(of_profile, told, strict=True)}
    return found


def as_file(example: Example) -> bytes:
    """A file of an example's rows, with ordinary ones below."""
    cells = [*example.rows, {}, {}, {}]
    rows = [{**good_row(example.kind, 100 + number, example.profile), **own} for number, own in enumerate(cells)]
    return as_csv(as_table(example.kind, rows))


@pytest.mark.parametrize("rule", SHOWN)
def test_the_bad_example_breaks_its_rule_alone_and_at_its_column(rule: Rule) -> None:
    found = checked()[rule.id, "bad"]
    assert rules_of(found) == [rule.id]
    assert isinstance(rule.bad, Example)
    first = LAYOUTS[rule.bad.kind].elements()[next(iter(rule.bad.rows[0]))]
    whole = rule.scope is Scope.FILE or rule.id in ON_ROWS_AS_A_WHOLE
    assert set(found["column"]) == {None if whole else own_heading(first.header)}


@pytest.mark.parametrize("rule", SHOWN_ON_ROWS)
def test_the_entry_says_what_the_sender_of_the_bad_example_reads(rule: Rule) -> None:
    message, column = checked()[rule.id, "bad"].select("message", "column").row(0)
    wrong, to_do = told_apart(rule.id, message)
    assert isinstance(rule.bad, Example)
    header = LAYOUTS[rule.bad.kind].elements()[next(iter(rule.bad.rows[0]))].header
    entry = re.escape(found_in_entry(rule)).replace(re.escape(UNFILLED["{detail}"]), ".+")  # what no entry can know
    assert re.fullmatch(entry, wrong.replace(str(column), header))
    assert (to_do or "Nothing.").replace(str(column), header) == remedy_in_entry(rule)


@pytest.mark.parametrize("rule", SHOWN)
def test_the_good_example_breaks_no_rule(rule: Rule) -> None:
    assert checked()[rule.id, "good"].to_dicts() == []


@pytest.mark.parametrize("rule", SHOWN)
def test_bad_and_good_show_the_same_columns_and_differ(rule: Rule) -> None:
    assert isinstance(rule.bad, Example)
    assert isinstance(rule.good, Example)
    columns = [{tuple(cells) for cells in example.rows} for example in (rule.bad, rule.good)]
    assert columns[0] == columns[1]
    assert (rule.bad.kind, rule.bad.profile) == (rule.good.kind, rule.good.profile)
    assert rule.bad != rule.good


@pytest.mark.parametrize("rule", EVERY)
def test_what_a_row_shows_is_shown_as_a_row(rule: Rule) -> None:
    by_a_row = rule.scope is not Scope.FILE and not rule.needs_plan and rule.id not in LOST_OUTSIDE_CELLS
    assert isinstance(rule.bad, Example) or not by_a_row
    assert isinstance(rule.bad, Example) == isinstance(rule.good, Example)


def test_ids_are_unique_and_in_order() -> None:
    ids = [rule.id for part in PARTS for rule in part]
    assert sorted(set(ids)) == sorted(ids) == list(RULES)
    for part in PARTS:
        for letter in "FR":
            assert [rule.id for rule in part if rule.id[0] == letter] == sorted(rule.id for rule in part if rule.id[0] == letter)


@pytest.mark.parametrize("rule", EVERY)
def test_an_entry_is_whole(rule: Rule) -> None:
    assert re.fullmatch(r"F[0-9]{3}" if rule.scope is Scope.FILE else r"R[0-9]{3}", rule.id)
    assert isinstance(rule.severity, Severity)
    assert isinstance(rule.scope, Scope)
    assert re.fullmatch(r"20[0-9]{2}-[01][0-9]", rule.since)
    assert rule.source
    assert 3 < len(rule.title) <= 50
    assert not rule.title.endswith(".")
    for sentence in (rule.message, rule.fix, rule.intent):
        assert re.match(r"[A-Z{]", sentence)
        assert sentence.endswith((".", "{allowed}", "{detail}"))
        assert "  " not in sentence
    assert rule.severity is Severity.NOTE or rule.fix != NOTHING_TO_DO


@pytest.mark.parametrize("rule", EVERY)
def test_only_message_and_fix_have_places_to_fill_and_only_those_that_are_filled(rule: Rule) -> None:
    known = {"column", "allowed", "detail"} if rule.scope is not Scope.FILE else {"detail"}
    assert set(re.findall(r"\{(.*?)\}", rule.text)) <= known
    assert not re.search(r"[{}]", rule.title + rule.intent)
    assert not re.search(r"[{}]", "".join(one for one in (rule.bad, rule.good) if isinstance(one, str)))
    cells = "{}" if rule.scope is Scope.FILE else rule.text
    assert ("{allowed}" in cells) <= ("{column}" in cells)  # what is allowed is said of a column


@pytest.mark.parametrize("rule", EVERY)
def test_the_two_halves_of_a_finding_can_be_told_apart(rule: Rule) -> None:
    failure = {"submission_id": "S1", "rule": rule.id, "element": "CIN", "allowed": "Y or N.", "detail": "3 of 4"}
    message = findings_from(pl.DataFrame([failure], schema=FAILURE), pl.DataFrame(schema=HEADINGS))["message"][0]
    wrong, to_do = told_apart(rule.id, message)
    assert f"{wrong} {to_do}".strip() == message
    assert (to_do == "") == (rule.fix == NOTHING_TO_DO)
    assert to_do.startswith(rule.fix.partition("{")[0] if to_do else "")
    assert wrong.startswith(rule.message.partition("{")[0])


def test_a_finding_without_detail_has_neither_gap_nor_placeholder() -> None:
    failures = pl.DataFrame([{"submission_id": "S1", "rule": rule, "element": "CIN", "allowed": "Text."} for rule in RULES], schema=FAILURE)
    for message in findings_from(failures, pl.DataFrame(schema=HEADINGS))["message"]:
        assert not re.search(r"[{}]|  ", message)


def test_advice_stands_once_in_a_finding() -> None:
    found = check(b"%PDF-1.7\n", "rtf.pdf").findings["message"].to_list()
    assert found == [
        "This is not an Excel workbook (.xlsx) or a text file. This is a PDF document. Save the sheet as .xlsx or .csv and send it again."
    ]
