"""What people read in the terminal of rules, and of a file that they check before they send it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from outputs.console import Terminal
from schemas.rules import RULES
from tests.rules.files import as_csv, as_table, good_row
from tests.workspaces import clr

AT = "2025-11-03T12:00"
CLOSING = {"referral_status": "Declined", "closure_reason": ""}


def checked(folder: Path, *changes: dict[str, str], ordinary: int = 12) -> str:
    """What `clr validate` says of a file with rows so changed below ordinary ones."""
    path = folder / "october.csv"
    rows = [good_row("rtf-ecm", number) | cells for number, cells in enumerate([{}] * ordinary + list(changes))]
    path.write_bytes(as_csv(as_table("rtf-ecm", rows)))
    return clr(folder, "validate", str(path), as_of=AT).out


def test_a_problem_is_told_once_with_its_rows_and_what_to_do(tmp_path: Path) -> None:
    told = checked(tmp_path, *[CLOSING] * 10)
    assert told.count("R310") == 1
    assert "error R310 Closing without a reason — 10 rows: 14, 15, 16, 17, 18, 19, 20, 21 and 2 more\n" in told
    assert "\n  REASON_FOR_REFERRAL_LOOP_CLOSURE is blank, but the status is Declined or Referral Loop Closed.\n" in told
    assert told.count("\n  What to do: Choose one of: 1 Services Received; 2 Service Provider Declined;") == 1


def test_the_readme_shows_what_is_really_told(tmp_path: Path) -> None:
    changes = [CLOSING if row in (4, 9, 12) else {} for row in range(2, 21)]
    told = checked(tmp_path, *changes, ordinary=0).replace("REASON_FOR_REFERRAL_LOOP_CLOSURE", "Reason for Referral Loop Closure")
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    (block,) = (block for block in readme.split("```text\n")[1:] if block.startswith("error R310"))
    assert block.split("…\n")[0] in told


def test_one_rule_broken_in_several_columns_is_one_problem(tmp_path: Path) -> None:
    address = {"new_address": "Y", "address": "1 Main St", "city": "San Diego", "state": "CA", "zip": "92101"}
    same_row = checked(tmp_path, address | {"zip": "", "state": ""})
    assert same_row.count("R102") == same_row.count("What to do: ") == 1
    assert "— row 14\n  MEMBER_RESIDENTIAL_STATE is blank" in same_row
    other_rows = checked(tmp_path, address | {"zip": ""}, address | {"state": ""})
    assert "— 2 rows: 14, 15\n" in other_rows
    assert "\n  Row 15: MEMBER_RESIDENTIAL_STATE is blank" in other_rows


def test_what_is_loudest_and_most_frequent_comes_first(tmp_path: Path) -> None:
    told = checked(tmp_path, {"status_date": "2025-10-10"}, {"in_person": "two"}, {"status_date": "soon"}, CLOSING, CLOSING)
    assert [line.split()[1] for line in told.splitlines() if line.startswith(("error", "warning", "note"))] == [
        "R310",
        "R120",
        "R132",
        "R126",
    ]
    assert told.count("  Nothing to do.\n") == 1


def test_the_verdict_says_what_it_means(tmp_path: Path) -> None:
    assert "october.csv: rtf-ecm for 2025-10: ACCEPTED\n12 rows read: 12 good, 0 repeated, 0 rejected." in checked(tmp_path)
    assert "correct the others" in checked(tmp_path, CLOSING)
    assert "Nothing counts until a person" in checked(tmp_path, CLOSING, CLOSING, ordinary=1)
    (tmp_path / "scan.csv").write_bytes(b"%PDF-1.7\n")
    scan = clr(tmp_path, "validate", str(tmp_path / "scan.csv"), as_of=AT).out
    assert "No row could be read. Nothing of the file counts.\n" in scan


@pytest.mark.parametrize("name", ["R310", "r310"])
def test_the_entry_of_a_rule_is_shown(tmp_path: Path, name: str) -> None:
    shown = clr(tmp_path, "schema", "show", name)
    assert shown.code == 0
    assert shown.out.startswith("R310 Closing without a reason\nerror on the columns of one row; since 2025-07; CLR guidance, Table 5;")
    assert f"  Why: {RULES['R310'].intent}\n" in shown.out
    assert "Reason for Referral Loop Closure  (blank)" in shown.out


@pytest.mark.parametrize("name", RULES)
def test_every_entry_is_shown_and_is_one_object(tmp_path: Path, name: str) -> None:
    assert clr(tmp_path, "schema", "show", name).code == 0
    told = json.loads(clr(tmp_path, "schema", "show", name, "--json").out)["rule"]
    assert (told["id"], told["fix"], set(told) >= {"intent", "bad", "good"}) == (name, RULES[name].fix, True)


def test_the_list_has_layouts_and_rules_and_another_name_is_refused(tmp_path: Path) -> None:
    listed = json.loads(clr(tmp_path, "schema", "list", "--json").out)
    assert [rule["id"] for rule in listed["rules"]] == list(RULES)
    assert next(rule for rule in listed["rules"] if rule["id"] == "R310")["intent"] == RULES["R310"].intent
    assert "rtf-ecm" in listed["kinds"]
    refused = clr(tmp_path, "schema", "show", "R999")
    assert (refused.code, "`clr schema list`" in refused.err) == (2, True)


def test_a_paragraph_is_folded_on_a_terminal_and_one_line_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "One word after another, " * 20
    Terminal().paragraph(text, indent=2)
    assert capsys.readouterr().out == f"  {text.strip()}\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    Terminal().paragraph(text, indent=2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 8
    assert max(map(len, lines)) <= 60
    assert all(line.startswith("  ") for line in lines)
