"""What stands on the pages of a PDF, and where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2  # type: ignore[import-untyped] # it has no types

POINTS = 72  # of an inch


@contextmanager
def opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        yield document
    finally:
        document.close()


def page_texts(pdf: bytes) -> list[str]:
    """The text of each page, in its order."""
    with opened(pdf) as document:
        return [document[number].get_textpage().get_text_range().replace("\r\n", "\n") for number in range(len(document))]


def printed(pdf: bytes) -> str:
    """All pages as one text."""
    return "".join(f"=== page {number} ===\n{text}\n" for number, text in enumerate(page_texts(pdf), start=1))


def within(pdf: bytes, page: int, left: float, top: float, right: float, bottom: float) -> str:
    """The text in a rectangle of a page, in inches from its upper left corner; a letter that is cut is not there."""
    with opened(pdf) as document:
        height = document[page].get_height()
        text = document[page].get_textpage()
        box = (left * POINTS, height - bottom * POINTS, right * POINTS, height - top * POINTS)
        return str(text.get_text_bounded(*box)).replace("\r\n", "\n")
