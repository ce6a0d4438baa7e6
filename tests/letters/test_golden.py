"""Every letter and every message, as it was looked at once: a change of words or layout shows as a difference of these files."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.notices import NoticeKind
from tests.letters.printed import printed
from tests.letters.written import EXPECTED, kept, pages, written


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


def test_every_notice_says_what_it_said(folder: Path) -> None:
    made = dict(kept(folder))
    found = {path.name: path.read_text("utf-8") for path in EXPECTED.iterdir() if path.name != "letters.pdf.txt"}
    assert sorted(made) == sorted(found)
    for name, text in made.items():
        assert text == found[name], f"{name}: `python -m tests.letters` writes it anew"


def test_letters_have_the_same_words_on_the_same_pages(folder: Path) -> None:
    assert printed(pages(folder)) == (EXPECTED / "letters.pdf.txt").read_text("utf-8")


def test_there_are_words_for_every_kind(folder: Path) -> None:
    assert {name.split(".")[0] for name in written(folder)} == set(NoticeKind)
