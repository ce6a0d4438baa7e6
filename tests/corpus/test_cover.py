"""What a corpus shows: every rule, in every column and layout that it speaks of, and every mess that reading puts up with."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from config.load import load_profile
from pipeline.synth_cell_defects import codes_of
from pipeline.synth_corpus import AGREED_NAME, NAMED, CorpusPlan, make_corpus
from pipeline.synth_mess import MESSES
from pipeline.validate import judge_for
from schemas.formats import TEXT
from schemas.layouts import EXTRACTS, INBOUND, OTF, RTF_ECM
from schemas.rules import RULES
from tests.corpus.conftest import FILES
from tests.corpus.judged import AS_OF, TIME_ZONE, Corpus, table

PLAN = CorpusPlan(30, 1, AS_OF, TIME_ZONE, "dhcs")


def shown(made: Corpus) -> set[tuple[str, str, str]]:
    """Rule, column and layout of the fault of every file."""
    return {(file["rule"], file["element"], file["kind"]) for file in made.files.values()}


def test_every_rule_is_planted(made: Corpus) -> None:
    assert {file["rule"] for file in made.files.values()} - {""} == set(RULES)


def test_there_are_as_many_files_as_asked_for_and_most_have_one_fault(made: Corpus) -> None:
    before = {file["after"] for file in made.files.values()}
    shown = [file for name, file in made.files.items() if name not in before]
    assert len(shown) == FILES
    assert Counter(file["rule"] == "" for file in shown)[False] > FILES * 3 // 4
    of_providers = [file["provider_id"] for file in shown if file["kind"] not in EXTRACTS]
    assert len(set(of_providers)) == len(of_providers)


@pytest.mark.parametrize("kind", INBOUND)
def test_every_rule_on_cells_is_broken_in_every_column_that_it_speaks_of(made: Corpus, kind: str) -> None:
    judge = judge_for(kind, load_profile(made.profile))
    wanted = {("R101", name, kind) for name in judge.required}
    wanted |= {("R128", name, kind) for name, element in judge.elements.items() if element.past and name != "production_date"}
    for name, form in judge.formats.items():
        told = {one.rule for one in (*form.faults, *form.remarks)}
        unreadable = {"R141"} if form.name == TEXT.name else told  # a text may say anything else
        no_numbers = {"R148"} if form.choices and form.name != "Y/N" and not codes_of(form) else set()
        all_packed = {"R125"} if "R146" in told else set()  # the second speaks of all such texts
        wanted |= {(rule, name, kind) for rule in (told & unreadable) - no_numbers - all_packed}
    assert wanted - shown(made) == set()


def test_a_tracker_on_a_second_sheet_breaks_the_rules_of_a_tracker(made: Corpus) -> None:
    beside = {row["rule"] for rows in made.truth.values() for row in rows if row["sheet"] == "OTF" and row["planted"] == "Y"}
    own = {rule for rule, element, kind in shown(made) if kind == OTF and element}
    assert own - {"R113", "R119"} <= beside  # text files alone have the second
    assert all(made.files[row["file"]]["kind"] == RTF_ECM for rows in made.truth.values() for row in rows if row["sheet"])


def test_every_mess_is_shown_without_a_fault_in_every_layout(made: Corpus) -> None:
    faultless = {(file["mess"], file["kind"]) for file in made.files.values() if not file["element"] and file["mess"] != "plain"}
    assert {(mess.name, kind) for mess in MESSES if mess.name != "plain" for kind in INBOUND} <= faultless


def test_every_form_of_a_file_is_shown(made: Corpus) -> None:
    assert {(file["kind"], file["format"]) for file in made.files.values()} >= {
        (kind, form) for kind in INBOUND for form in ("xlsx", "csv", "tab", "pipe")
    }


def test_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path: Path) -> None:
    written = {}
    for name, plan in {"one": PLAN, "other": PLAN, "third": dataclasses.replace(PLAN, seed=2)}.items():
        make_corpus(tmp_path / name, plan)
        paths = [path for path in sorted((tmp_path / name).rglob("*")) if path.is_file()]
        written[name] = {str(path.relative_to(tmp_path / name)): path.read_bytes() for path in paths}
    assert written["one"] == written["other"]
    assert written["one"]["truth.csv"] != written["third"]["truth.csv"]


def test_only_the_rules_that_are_asked_for_are_planted(tmp_path: Path) -> None:
    counts = make_corpus(tmp_path, dataclasses.replace(PLAN, rules=("R310", "F008")))
    assert counts["files"] == PLAN.files
    assert {file["rule"] for file in table(tmp_path / "files.csv")} == {"R310", "F008"}


@pytest.mark.parametrize("profile", ["dhcs", "merged"])
def test_a_corpus_of_each_rule_can_be_had_by_itself_under_any_profile(profile: str, tmp_path: Path) -> None:
    for number, rule in enumerate(("F020", "F025", "F026", "F032", "R140", "R203", "R205", "R206", "R404", "R405")):
        make_corpus(tmp_path / rule, CorpusPlan(1, number, AS_OF, TIME_ZONE, profile, (rule,)))
        (*before, file) = table(tmp_path / rule / "files.csv")
        assert file["rule"] == rule
        assert [one["file"] for one in before] == ([file["after"]] if rule in ("F020", "F026", "F032") else [])
        assert {row["rule"] for row in table(tmp_path / rule / "truth.csv") if row["planted"] == "Y"} == {rule}


def test_the_profile_of_agreed_names_is_the_file_that_lies_there(tmp_path: Path) -> None:
    make_corpus(tmp_path, dataclasses.replace(PLAN, files=2, rules=("F025",)))
    assert {file["profile"] for file in table(tmp_path / "files.csv")} == {NAMED}
    layouts = load_profile(NAMED, tmp_path).layouts
    assert {layouts[kind].file_name for kind in INBOUND} == {AGREED_NAME}


@pytest.mark.parametrize(
    "wrong",
    [{"files": 0}, {"rules": ("R999",)}, {"as_of": datetime(2026, 3, 4)}],  # noqa: DTZ001
    ids=str,
)
def test_impossible_corpus_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"needed|can be planted|needs a time zone"):
        dataclasses.replace(PLAN, **wrong)  # type: ignore[arg-type] # that is what is tested
