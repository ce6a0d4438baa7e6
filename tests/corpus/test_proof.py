"""Every planted fault is found at its row and column by its rule, and nothing else is: by the check of a file alone, and on arrival."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.offline import Checked
from schemas.layouts import EXTRACTS
from schemas.rules import RULES
from tests.corpus.judged import Arrived, Corpus, Found, checked_alone, counted, judged_on_arrival

SHOWN = 12
NONE: Found = Found()
OUTCOMES = ("accepted", "unchanged", "duplicate", "rejected")


def said(made: Corpus, name: str, what: str) -> str:
    """A file by what it shows, and how it differs."""
    file = made.files[name]
    return f"{name} ({file['rule'] or 'no fault'} {file['element']} of {file['kind']}, {file['mess']}): {what}"


def assert_none(differences: Iterable[str]) -> None:
    """Fail with the first differences, a line each."""
    found = list(differences)
    assert not found, "\n".join([f"{len(found)} differ", *found[:SHOWN]])


def differing(made: Corpus, found: Mapping[str, Found], *, alone: bool) -> Iterable[str]:
    for name in made.files if alone else arriving(made):
        told, own = made.told(name, alone=alone), found.get(name, NONE)
        if told != own:
            yield said(made, name, f"not found {sorted(told - own)}, found besides {sorted(own - told)}")


def arriving(made: Corpus) -> list[str]:
    """Files that are judged when they arrive: neither extracts, nor such as came before."""
    return [name for name, file in made.files.items() if file["kind"] not in EXTRACTS and file["status"] != "DUPLICATE"]


def of_alone(checked: Mapping[str, Checked]) -> dict[str, Found]:
    return {name: counted(one.findings) for name, one in checked.items()}


def of_arrived(arrived: Arrived) -> dict[str, Found]:
    return {name: counted(findings) for name, findings in arrived.findings.items()}


def test_a_file_alone_has_the_planted_findings_and_no_others(made: Corpus, alone: Mapping[str, Checked]) -> None:
    assert_none(differing(made, of_alone(alone), alone=True))


def test_an_arrival_has_the_planted_findings_and_no_others(made: Corpus, arrived: Arrived) -> None:
    assert_none(differing(made, of_arrived(arrived), alone=False))


def test_a_file_alone_ends_as_told_and_its_rows_are_counted(made: Corpus, alone: Mapping[str, Checked]) -> None:
    differences = []
    for name, one in alone.items():
        told = made.files[name]
        expected = (told["kind"], told["alone_status"], *(told[f"alone_{outcome}"] for outcome in OUTCOMES), told["rows"])
        ended = (one.kind or "", one.status.value, *(str(one.rows[outcome]) for outcome in OUTCOMES), str(one.rows["read"]))
        if expected != ended:
            differences.append(said(made, name, f"told {expected}, ended {ended}"))
    assert_none(differences)


def test_an_arrival_ends_as_told_and_its_rows_are_counted(made: Corpus, arrived: Arrived) -> None:
    differences = []
    for name in arriving(made):
        one, told = arrived.verdicts[name], made.files[name]
        expected = (told["kind"], told["status"], *(told[outcome] for outcome in OUTCOMES), told["rows"])
        ended = (one["kind"] or "", one["status"], *(str(one[f"rows_{outcome}"]) for outcome in OUTCOMES), str(one["rows_read"]))
        if expected != ended:
            differences.append(said(made, name, f"told {expected}, ended {ended}"))
    assert_none(differences)


def test_what_needs_no_plan_is_judged_alike_before_sending_and_on_arrival(
    made: Corpus, alone: Mapping[str, Checked], arrived: Arrived
) -> None:
    differences = []
    for name in arriving(made):
        one, found = alone[name], arrived.findings.get(name)
        there = NONE if found is None else counted(found)
        of_plan = Found({finding: count for finding, count in there.items() if RULES[finding[-2]].needs_plan})
        here = counted(one.findings)
        if here != there - of_plan:
            differences.append(said(made, name, f"before sending {sorted(here - there)}, on arrival {sorted(there - of_plan - here)}"))
        if of_plan or arrived.verdicts[name]["status"] == "HELD":
            continue
        ends = sorted(zip(one.outcomes["row"], one.outcomes["outcome"], strict=True))
        if ends != arrived.outcomes.get(name, []) or one.status != arrived.verdicts[name]["status"]:
            differences.append(said(made, name, f"before sending {one.status} {ends}, on arrival {arrived.outcomes.get(name)}"))
        if one.period != arrived.verdicts[name]["period"]:
            differences.append(said(made, name, f"before sending of {one.period}, on arrival of {arrived.verdicts[name]['period']}"))
    assert_none(differences)


def assert_judged_as_told(made: Corpus) -> None:
    alone, arrived = checked_alone(made), judged_on_arrival(made)
    assert_none([*differing(made, of_alone(alone), alone=True), *differing(made, of_arrived(arrived), alone=False)])
    assert_none(said(made, name, f"ended {one.status}") for name, one in alone.items() if made.files[name]["alone_status"] != one.status)
    ends = {name: arrived.verdicts[name]["status"] for name in arriving(made)}
    assert_none(said(made, name, f"ended {status}") for name, status in ends.items() if made.files[name]["status"] != status)


def test_a_closing_engagement_is_judged_as_told(of_engagement: Corpus) -> None:
    assert_judged_as_told(of_engagement)
    assert {"R404", "R320"} <= {file["rule"] for file in of_engagement.files.values() if file["profile"] == "chpiv"}


def test_files_in_a_plans_own_layouts_are_judged_as_told(of_merged: Corpus) -> None:
    assert_judged_as_told(of_merged)
    assert {file["rule"] for file in of_merged.files.values()} >= set(RULES)
    assert {"R201", "R205", "R206", "R207"} <= {file["rule"] for file in of_merged.files.values() if file["profile"] == "merged"}
