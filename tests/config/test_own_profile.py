"""A plan's profile is a TOML file, named in `clr.toml` or with `--profile`, based on another and checked like those of the program."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from config.load import load_profile, load_settings
from tests.workspaces import clr, new_workspace, provider, rtf, settings

ALTURA = provider("ALTURA", "1234567893")
PAGE = Path(__file__).parents[2] / "docs/profiles.md"
OURS = 'based_on = "dhcs"\ntitle = "Ours"\n'
NOW = "2025-11-03T20:00"


def plan(root: Path, added: str = "", **profiles: str) -> Path:
    """A workspace whose profile is `ours.toml`, beside others."""
    new_workspace(root, [ALTURA])
    (root / "clr.toml").write_text(settings(root, "ours.toml") + added, "utf-8")
    for name, text in profiles.items():
        (root / f"{name}.toml").write_text(text, "utf-8")
    return root


def example(folder: Path) -> Path:
    block = re.search(r"^ *```toml\n(.*?)^ *```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert block
    path = folder / "sunrise.toml"
    path.write_text(textwrap.dedent(block.group(1)), "utf-8")
    return path


def test_values_are_laid_over_the_base_and_the_workspaces_own_over_them(tmp_path: Path) -> None:
    base = 'based_on = "chpiv"\n[cadence]\nrtf_due_day = 7\ngrace_days = 1\n'
    root = plan(tmp_path / "w", "[cadence]\ngrace_days = 2\n", ours='based_on = "base.toml"\ntitle = "Ours"\n', base=base)
    changed, chpiv = load_settings(root).profile, load_profile("chpiv")

    assert (changed.title, changed.closing, changed.layouts) == ("Ours", chpiv.closing, chpiv.layouts)
    assert changed.cadence == chpiv.cadence.model_copy(update={"rtf_due_day": 7, "grace_days": 2})


def test_a_mistake_is_told_of_the_file_that_makes_it(tmp_path: Path) -> None:
    ours = OURS + '[cadence]\nrtf_due = 7\n[folders]\nfrom_plan = "out"\n[sftp]\nattempts = 1\n'
    root = plan(tmp_path / "w", '[folders]\nto_plan = "out"\n[calendar]\nversion = 1\n', ours=ours + "[calendar]\nobserved = []\n")
    done = clr(root, "check", as_of=NOW)
    lines = done.err.splitlines()

    assert done.code == 2
    for start in (
        f"{root / 'ours.toml'}: cadence.rtf_due: unknown key (did you mean rtf_due_day?)",
        f"{root / 'ours.toml'}: sftp: unknown key; it stands in clr.toml",
        f"{root / 'clr.toml'}: folders.to_plan: contradicts folders.from_plan",
        f"{root / 'clr.toml'}: calendar.version: a whole number given",
    ):
        assert any(line.startswith(start) for line in lines), done.err


@pytest.mark.parametrize(
    ("profiles", "file", "words"),
    [
        ({"ours": 'based_on = "ours.toml"\n'}, "ours.toml", "based_on: profiles are based on each other in a circle"),
        ({"ours": 'based_on = "b.toml"\n', "b": 'based_on = "ours.toml"\n'}, "b.toml", "in a circle"),
        ({"ours": 'based_on = "dhsc"\n'}, "ours.toml", "based_on: 'dhsc' is unknown (did you mean dhcs?); allowed: "),
        ({"ours": "based_on = 3\n"}, "ours.toml", "based_on: a name in quotation marks is needed"),
        ({"ours": "title = \n"}, "ours.toml", "not a TOML file"),
        ({"ours": 'title = "Ours"\n'}, "ours.toml", "calendar: is needed"),
        ({}, "ours.toml", "no such file"),
        ({"ours": 'based_on = "b.toml"\n'}, "b.toml", "ours.toml: based_on names it"),
    ],
)
def test_a_profile_that_leads_nowhere_is_told(tmp_path: Path, profiles: dict[str, str], file: str, words: str) -> None:
    root = plan(tmp_path / "w", "[cadence]\nrtf_due_day = 99\n", **profiles)
    done = clr(root, "check", as_of=NOW)

    assert done.code == 2
    assert any(str(root / file) in line and words in line for line in done.err.splitlines()), done.err
    if "cadence" not in words:
        assert f"{root / 'clr.toml'}: cadence.rtf_due_day: too large" in done.err  # the rest is looked at all the same


def test_the_example_of_the_page_makes_a_plan_without_code(tmp_path: Path) -> None:
    profile, root = example(tmp_path), tmp_path / "plan"
    made = clr(root, "init", str(root), "--profile", str(profile))
    (root / "providers.csv").write_bytes((new_workspace(tmp_path / "other", [ALTURA]) / "providers.csv").read_bytes())
    report = {"cin": "91000001A", "referral_status": "5", "status_date": "10/20/2025", "closure_reason": "1"}
    content = rtf("rtf-ecm", ALTURA, [report | {"engagement": "Enrolled"}]).replace(b"Member Client Index Number (CIN)", b"Medi-Cal ID")
    (tmp_path / "RTF_ECM_202510.csv").write_bytes(content)
    judged, guidance = (
        clr(root, "validate", str(tmp_path / "RTF_ECM_202510.csv"), "--profile", one, "--json", as_of=NOW) for one in (str(profile), "dhcs")
    )
    blank = clr(root, "schema", "template", "rtf-cs", str(tmp_path / "form.xlsx"), "--profile", str(profile))

    assert made.code == 0
    assert (root / "sunrise.toml").read_bytes() == profile.read_bytes()
    assert 'profile = "sunrise.toml"' in (root / "clr.toml").read_text("utf-8")
    assert clr(root, "check", as_of=NOW).code == 0
    assert "Medi-Cal ID" in guidance.out  # there the column is none of the layout
    assert "Medi-Cal ID" not in judged.out
    assert "F025" not in judged.out
    assert blank.code == 0
    chosen = load_settings(root).profile
    assert chosen.folders.to_plan == "inbound"
    assert "Excluded" not in chosen.closing.ecm_engagement_reasons


def test_the_files_that_a_profile_is_based_on_are_copied_with_it(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(OURS, "utf-8")
    (tmp_path / "top.toml").write_text('based_on = "base.toml"\n[cadence]\nrtf_due_day = 9\n', "utf-8")
    root = tmp_path / "plan"

    assert clr(root, "init", str(root), "--profile", str(tmp_path / "top.toml")).code == 0
    assert load_settings(root).profile.cadence.rtf_due_day == 9
    assert (root / "base.toml").is_file()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("clr.toml", OURS, "a name of letters"),
        ("o'urs.toml", OURS, "a name of letters"),
        ("ours.toml", 'based_on = "sub/base.toml"\n', "based_on: the name of a file that lies beside this one"),
        ("ours.toml", OURS + "[cadence]\nrtf_due_day = 0\n", "cadence.rtf_due_day: too small"),
    ],
)
def test_a_profile_that_a_workspace_could_not_use_makes_none(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/base.toml").write_text(OURS, "utf-8")
    (tmp_path / name).write_text(text, "utf-8")
    done = clr(tmp_path, "init", str(tmp_path / "plan"), "--profile", str(tmp_path / name))

    assert done.code == 2
    assert words in done.err
    assert not (tmp_path / "plan").exists()
