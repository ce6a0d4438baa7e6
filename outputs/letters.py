"""Letters on paper: notices as pages of a PDF for a print vendor, the same bytes for the same words.

Decides what lies on a page, and where; the words are written already. Nothing of a letter is ever read as markup.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib import resources
from itertools import groupby
from typing import Literal

import typst

from outputs.notice_markup import Block, blocks_of
from outputs.notice_texts import NoticeText

PAGES = "letters.typ"
STANDARD: Literal["ua-1"] = "ua-1"  # PDF/UA: tagged, with its languages, and no character that no font has


class UnprintableLetters(Exception):
    """Raised when letters have characters that no font has. Holds the places of these letters, and no word of them."""

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__(f"{len(places)} letters cannot be printed: no font has all of their characters")
        self.places = tuple(places)


def letters_pdf(letters: Sequence[NoticeText]) -> bytes:
    """One PDF with all letters, each beginning on a page of its own and counting its own pages.

    letters: at least one. Raises UnprintableLetters: the others can be printed without them.
    """
    return letters_and_pages(letters)[0]


def letter_pages(letters: Sequence[NoticeText]) -> list[int]:
    """How many pages each letter takes in the file that `letters_pdf` makes of them; they lie there one after another."""
    return letters_and_pages(letters)[1]


def letters_and_pages(letters: Sequence[NoticeText]) -> tuple[bytes, list[int]]:
    """Both of the above at the price of the first."""
    try:
        return _typeset(letters)
    except typst.TypstError:
        places = [place for place, letter in enumerate(letters) if not _can_be_set(letter)]
        raise UnprintableLetters(places or range(len(letters))) from None  # its words quote the letter


def _can_be_set(letter: NoticeText) -> bool:
    try:
        _typeset([letter])
    except typst.TypstError:
        return False
    return True


def _typeset(letters: Sequence[NoticeText]) -> tuple[bytes, list[int]]:
    with resources.as_file(resources.files("outputs").joinpath(f"templates/notices/{PAGES}")) as source:
        compiler = typst.Compiler(source, ignore_system_fonts=True, sys_inputs=_inputs(letters))
        pdf = compiler.compile(format="pdf", pdf_standards=STANDARD, timestamp=0)
        pages = json.loads(compiler.query("<pages>", field="value"))  # of what has been set just now
    if not isinstance(pdf, bytes):
        raise TypeError("a PDF is one file")
    return pdf, [int(count) for count in pages]


def _inputs(letters: Sequence[NoticeText]) -> dict[str, str]:
    told = [{"language": letter.language, "blocks": list(_told(blocks_of(letter.html)))} for letter in letters]
    return {"letters": json.dumps(told, ensure_ascii=False), "title": letters[0].subject if len(letters) == 1 else "Letters"}


def _told(blocks: Sequence[Block]) -> Iterator[dict[str, object]]:
    """Blocks as the page description takes them: what stands in one list is one list, and the first heading is the first level."""
    level = 1
    for (tag, ordered), group in groupby(blocks, key=lambda block: (block.tag == "li" or id(block), block.number is not None)):
        together = list(group)
        first = together[0]
        told = {"role": first.role, "part": first.part}
        if tag is True:
            yield told | {"tag": "steps" if ordered else "list", "items": [{"lines": _lines(block)} for block in together]}
        elif first.tag in ("h1", "h2"):
            yield told | {"tag": "heading", "level": level if first.tag == "h2" else 1, "lines": _lines(first)}
            level = 2
        elif first.tag == "address":
            yield told | {"tag": "p", "role": "addressee", "lines": _lines(first)}
        else:
            yield told | {"tag": "p", "lines": _lines(first)}


def _lines(block: Block) -> list[list[dict[str, object]]]:
    return [[{"text": run.text, "strong": run.strong} for run in line] for line in block.lines]
