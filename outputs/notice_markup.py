"""The markup of a notice: the few elements of HTML that a message, its plain text and its letter have in common.

Reads HTML into blocks and writes blocks as text. What the words are, and how a letter looks on paper, is decided elsewhere.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from html.parser import HTMLParser

WIDTH = 78  # of the plain text: what mail programs show without breaking it again
BLOCKS = ("h1", "h2", "p", "li", "address")
CONTAINERS = ("html", "body", "header", "main", "footer", "section", "ul", "ol")
INLINE = ("strong", "b", "em", "a", "br", "span")
ELEMENTS = ("h1", "h2", "p", "ul", "ol", "li", "strong", "a", "br")  # what a template is told that it may have
UNSEEN = ("head", "title", "style", "meta")
KNOWN = (*BLOCKS, *CONTAINERS, *INLINE, *UNSEEN)
NO_ELEMENT = "is no element of a notice"
ALONE = ("br", "meta")  # elements that have no end


class UnknownElement(ValueError):
    """Raised for an element that no notice may have; names it."""


def no_element(name: str) -> str:
    """What is said of an element that no notice may have."""
    return f"<{name}> {NO_ELEMENT}; it has {', '.join(f'<{tag}>' for tag in ELEMENTS)}"


@dataclass(frozen=True)
class Run:
    """Text of one look."""

    text: str
    strong: bool = False


@dataclass(frozen=True)
class Block:
    """A paragraph or a line of its own.

    tag: one of `BLOCKS`. role: its `class`, blank when it has none. part: `header`, `main` or `footer`. lines: at least one; each is a
    row of runs. number: place in an ordered list, counted from 1; None elsewhere.
    """

    tag: str
    role: str
    part: str
    lines: tuple[tuple[Run, ...], ...]
    number: int | None = None

    @property
    def text(self) -> str:
        """Its lines without looks."""
        return "\n".join("".join(run.text for run in line).strip() for line in self.lines)


def blocks_of(html: str) -> list[Block]:
    """The blocks of a page, in order. Raises UnknownElement; its text is the name of the element."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.blocks


def text_of(blocks: list[Block]) -> str:
    """Blocks as plain text: wrapped, a blank line between blocks, lists with dashes or numbers."""
    parts: list[str] = []
    before: Block | None = None
    for block in blocks:
        together = before is not None and before.tag == block.tag == "li" and _next(before.number) == block.number
        parts += ["" if together or before is None else "\n", _written(block), "\n"]
        before = block
    return "".join(parts)


def _next(number: int | None) -> int | None:
    return None if number is None else number + 1


def _written(block: Block) -> str:
    if block.tag == "h1":
        return "\n".join(f"{line}\n{'=' * min(len(line), WIDTH)}" for line in (_wrapped(block.text, "", ""),))
    if block.tag == "h2":
        return _wrapped(block.text.upper(), "", "")
    if block.tag == "li":
        mark = "- " if block.number is None else f"{block.number}. "
        return _wrapped(block.text, mark, " " * len(mark))
    return "\n".join(_wrapped(line, "", "") for line in block.text.split("\n"))


def _wrapped(text: str, first: str, further: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=further, break_long_words=False, break_on_hyphens=False)


@dataclass
class _Open:
    """A block being read."""

    tag: str
    role: str
    number: int | None
    lines: list[list[Run]] = field(default_factory=lambda: [[]])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._open: _Open | None = None
        self._part = "main"
        self._unseen = 0
        self._strong = 0
        self._counters: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self._unseen += tag not in ALONE
        elif tag in ("header", "main", "footer"):
            self._part = tag
        elif tag in ("ul", "ol"):
            self._counters.append(0 if tag == "ol" else None)
        elif tag in BLOCKS:
            self._end()
            self._open = _Open(tag, dict(attrs).get("class") or "", self._next_number() if tag == "li" else None)
        elif tag == "br":
            if self._open is not None:
                self._open.lines.append([])
        elif tag in ("strong", "b"):
            self._strong += 1
        elif tag not in INLINE and tag not in CONTAINERS:
            raise UnknownElement(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._unseen -= tag not in ALONE
        elif tag in ("header", "main", "footer"):
            self._end()
            self._part = "main"
        elif tag in ("ul", "ol"):
            self._end()
            if self._counters:
                self._counters.pop()
        elif tag in BLOCKS:
            self._end()
        elif tag in ("strong", "b"):
            self._strong = max(0, self._strong - 1)

    def handle_data(self, data: str) -> None:
        if self._unseen or (self._open is None and not data.strip()):
            return
        if self._open is None:
            self._open = _Open("p", "", None)
        line = self._open.lines[-1]
        spaced = _one_blank(data)
        if not line or line[-1].text.endswith(" "):
            spaced = spaced.lstrip(" ")
        if spaced:
            line.append(Run(spaced, self._strong > 0))

    def close(self) -> None:
        super().close()
        self._end()

    def _next_number(self) -> int | None:
        if not self._counters or self._counters[-1] is None:
            return None
        self._counters[-1] += 1
        return self._counters[-1]

    def _end(self) -> None:
        if self._open is None:
            return
        lines = tuple(tuple(line) for line in self._open.lines if any(run.text.strip() for run in line))
        if lines:
            self.blocks.append(Block(self._open.tag, self._open.role, self._part, lines, self._open.number))
        self._open = None


def _one_blank(data: str) -> str:
    """White space as HTML shows it: one blank; a no-break space stays."""
    words = [word for word in data.replace("\t", " ").replace("\n", " ").replace("\r", " ").split(" ") if word]
    middle = " ".join(words)
    before = " " if data[:1] in " \t\r\n" else ""
    after = " " if data[-1:] in " \t\r\n" and middle else ""
    return before + middle + after
