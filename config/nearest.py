"""The nearest known word to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

CLOSE = 0.7  # share of what two words have in common, as difflib measures it


def hint(word: str, known: Iterable[str]) -> str:
    """How a message on a misspelt word goes on: ` (did you mean …?)`, or blank when no known word is near."""
    small = {one.lower(): one for one in known}
    near = get_close_matches(word.lower(), list(small), n=1, cutoff=CLOSE)
    return f" (did you mean {small[near[0]]}?)" if near else ""
