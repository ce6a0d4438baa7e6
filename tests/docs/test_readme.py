"""The pages against the program: what they tell people to type exists, and what they promise is so."""

import re
import shlex
import textwrap
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from config.load import load_profile, load_settings
from pipeline import command
from pipeline.cli import app
from pipeline.workspace import FOLDERS
from tests.workspaces import clr

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "config/README.md"])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
CRON_FIELDS = (range(60), range(24), range(1, 32), range(1, 13), range(8))


def test_every_command_stands_in_the_table_of_the_readme() -> None:
    told = {path for text in _commands(_section("Commands")) for path, _ in [_called(text)]}

    assert told == set(_leaves(_root()))


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_and_option_of_a_page_exists(page: Path) -> None:
    for line in _fenced_and_spans(page.read_text("utf-8")):
        called = [_called(text) for text in _commands(line)]
        for _, rest in called:
            assert not rest, f"{line}: {rest}"
        if called or "`--" in line:
            known = {option for path, _ in called for option in _options(path)} or set(_options(("check",)))
            loose = {word for span in re.findall(r"`(--[^`]*)`", line) for word in re.findall(r"--[a-z][a-z-]*", span)}
            assert loose <= known, line


def test_the_exit_codes_of_the_readme_are_those_of_the_program() -> None:
    told = {int(code) for code in re.findall(r"^\| ([0-9]+) \|", _section("Exit codes"), re.MULTILINE)}

    assert told == {command.DONE, command.BUG, command.USAGE, command.ATTENTION, command.LOCKED, command.DAMAGED}


def test_the_folders_of_the_readme_are_those_of_a_workspace() -> None:
    told = set(re.findall(r"^\| `([a-z]+)/` \|", _section("A workspace"), re.MULTILINE))

    assert told == set(FOLDERS)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_relative_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if anchor:
            assert anchor in _anchors(found), target


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_line_for_cron_is_one(page: Path) -> None:
    for line in _blocks(page.read_text("utf-8"), "crontab"):
        if not line.strip() or line.startswith("#") or re.match(r"[A-Z_]+=", line):
            continue
        *times, ran = line.split(maxsplit=5)
        assert len(times) == len(CRON_FIELDS)
        for field, allowed in zip(times, CRON_FIELDS, strict=True):
            for part in field.split(","):
                found = re.fullmatch(r"(?:\*|(\d+)(?:-(\d+))?)(?:/[1-9]\d*)?", part)
                assert found, line
                assert all(int(number) in allowed for number in found.groups() if number), line
        assert "%" not in ran, "cron ends a command there"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_example_of_settings_is_accepted(page: Path, tmp_path: Path) -> None:
    for block in re.findall(r"^ *```toml\n(.*?)^ *```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        own = "" if "[plan]" in block else '[plan]\nid = "p"\nname = "P"\n'
        server = "" if "[sftp]" in block else '[sftp]\nurl = "file:///srv/sftp"\n'
        if "based_on" in block:  # a profile of its own
            (tmp_path / "ours.toml").write_text(textwrap.dedent(block), "utf-8")
            load_profile(str(tmp_path / "ours.toml"))
        else:
            (tmp_path / "clr.toml").write_text(f'profile = "dhcs"\n{own}{server}{block}', "utf-8")
            load_settings(tmp_path)


def test_a_workspace_made_as_the_readme_says_is_found_good(tmp_path: Path) -> None:
    roster = re.search(r"^ *```csv\n(.*?)^ *```", README, re.MULTILINE | re.DOTALL)
    assert roster
    root = tmp_path / "plan"
    made = clr(root, "init", str(root), "--profile", "dhcs")
    (root / "providers.csv").write_text("\n".join(line.strip() for line in roster.group(1).splitlines()) + "\n", "utf-8")
    checked = clr(root, "check", as_of="2026-03-05T21:00")

    assert made.code == command.DONE
    assert checked.code == command.DONE, checked.out
    assert "mailbox of ALTURA" in checked.out


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_query_of_a_page_can_be_asked(page: Path, tmp_path: Path) -> None:
    root = tmp_path / "plan"
    clr(root, "init", str(root), "--profile", "dhcs")
    for sql in re.findall(r'clr query "(SELECT [^"…]+)"', page.read_text("utf-8")):
        asked = clr(root, "query", sql)
        assert asked.code == command.DONE, asked.err


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_moment_of_an_example_is_one(page: Path) -> None:
    for text in re.findall(r"--(?:as-of|known-at) ([0-9][^`\s]*)", page.read_text("utf-8")):
        datetime.fromisoformat(text)


def _section(title: str) -> str:
    return README.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def _blocks(text: str, kind: str) -> list[str]:
    found = re.findall(rf"^ *```{kind}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [line.strip() for block in found for line in block.splitlines()]


def _fenced_and_spans(text: str) -> Iterator[str]:
    """What a reader may type: lines of console and crontab blocks as spans, and the lines of the text that have spans."""
    for line in (*_blocks(text, "console"), *_blocks(text, "crontab")):
        if "clr " in line:
            yield f"`{line[line.index('clr ') :]}`"
    yield from re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL).splitlines()


def _commands(text: str) -> list[str]:
    return [part.strip() for span in re.findall(r"`(clr [^`]+)`", text) for part in span.split("&&")]


def _called(text: str) -> tuple[tuple[str, ...], list[str]]:
    """The path of the command that a text calls, and the options in it that this command does not have."""
    shown = text.replace("[", "").replace("]", "").replace("|", " ")
    words = list(takewhile(lambda word: not word.startswith(">"), shlex.split(shown, comments=True)))
    here, path, options = _root(), [], list[str]()
    for word in words[words.index("clr") + 1 :]:
        if isinstance(here, TyperGroup) and not word.startswith("-"):
            assert word in here.commands, f"{text}: no command {word}"
            path.append(word)
            here = here.commands[word]
        elif word.startswith("--"):
            options.append(word)
    known = _options(tuple(path))
    return tuple(path), [word for word in options if word not in known]


@cache
def _root() -> Any:
    return typer.main.get_command(app)


def _leaves(here: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(here, TyperGroup):
        for name, below in here.commands.items():
            yield from _leaves(below, (*path, name))
    else:
        yield path


def _options(path: tuple[str, ...]) -> list[str]:
    here = _root()
    for name in path:
        assert isinstance(here, TyperGroup)
        here = here.commands[name]
    return ["--help", *(option for parameter in here.params for option in parameter.opts)]


def _anchors(page: Path) -> set[str]:
    text = page.read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    named = re.findall(r'^<a id="([^"]+)"></a>$', text, re.MULTILINE)
    return {*named, *(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)}
