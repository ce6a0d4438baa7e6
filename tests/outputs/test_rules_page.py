"""The page of rules: every rule once in the overview and once as an entry, with what it shows."""

import re

from outputs.rule_entry import examples
from outputs.rules_page import rules_page
from schemas.rules import RULES

PAGE = rules_page()
OVERVIEW, ENTRIES = PAGE.split("\n## Every rule\n")


def entry(rule_id: str) -> str:
    """One entry of the page, from its anchor to the next."""
    return ENTRIES.split(f'<a id="{rule_id.lower()}"></a>', 1)[1].split("<a id=", 1)[0]


def test_every_rule_stands_in_the_overview_and_has_an_entry_to_link_to() -> None:
    assert sorted(re.findall(r"^\| \[([FR][0-9]{3})\]\(#[fr][0-9]{3}\)", OVERVIEW, re.MULTILINE)) == list(RULES)
    assert re.findall(r'^<a id="([fr][0-9]{3})"></a>\n\n### ([FR][0-9]{3}) ', ENTRIES, re.MULTILINE) == [
        (one.lower(), one) for one in RULES
    ]


def test_rules_that_need_the_plan_are_marked() -> None:
    marked = re.findall(r"^\| \[([FR][0-9]{3})\]\(#[fr][0-9]{3}\)†", OVERVIEW, re.MULTILINE)
    assert sorted(marked) == [rule.id for rule in RULES.values() if rule.needs_plan]
    assert "only the plan can judge it" in entry("R201")


def test_an_entry_shows_what_is_wrong_and_what_is_right_under_the_layouts_own_headings() -> None:
    assert "| Column of rtf-ecm | Wrong | Right |" in entry("R310")
    assert "| Reason for Referral Loop Closure | (blank) | Service Provider Declined |" in entry("R310")
    assert "> Reason for Referral Loop Closure is blank, but" in entry("R310")
    assert "**What to do:** Choose one of: 1 Services Received; 2" in entry("R310")
    assert "**Why:** " in entry("R310")


def test_an_example_of_several_rows_has_a_column_for_each() -> None:
    assert examples(RULES["R330"]).columns == ["Column of rtf-ecm", "Wrong, row 1", "Wrong, row 2", "Right, row 1", "Right, row 2"]


def test_an_example_by_another_profile_says_so_and_a_note_calls_nothing_wrong() -> None:
    assert examples(RULES["R404"]).columns == ["Column of rtf-ecm, profile chpiv", "Noted", "Not noted"]
    assert "**What to do:** Nothing." in entry("R404")


def test_an_example_in_words_stands_as_a_list() -> None:
    assert "- **Wrong:** A PDF" in entry("F001")


def test_no_entry_has_a_place_that_is_not_filled_in() -> None:
    assert not re.search(r"[{}]", PAGE)
