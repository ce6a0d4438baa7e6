"""Letters on paper: notices as pages of a PDF for a print vendor, the same bytes for the same words.

Decides how a letter lies on its pages; its words are written already.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources

import typst

from outputs.notice_markup import Block, blocks_of
from outputs.notice_texts import NoticeText

PAGES = "letters.typ"


def letters_pdf(letters: Sequence[NoticeText]) -> bytes:
    """One file with all letters, each beginning on a page of its own and counting its own pages."""
    told = [
        {"language": one.language, "subject": one.subject, "blocks": [_told(block) for block in blocks_of(one.html)]} for one in letters
    ]
    source = resources.files("outputs").joinpath(f"templates/notices/{PAGES}").read_bytes()
    return typst.compile(
        source,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"letters": json.dumps(told)},
        pdf_standards=["ua-1"],
        timestamp=0,
    )


def _told(block: Block) -> dict[str, object]:
    lines = [[{"text": run.text, "strong": run.strong} for run in line] for line in block.lines]
    return {"tag": block.tag, "role": block.role, "part": block.part, "lines": lines, "number": block.number}
