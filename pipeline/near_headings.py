"""Near headings: what to tell somebody whose headings are not, or not quite, those of a layout.

Says which layouts were looked for, what stands nearest and what it lacks. Nothing is read by these likenesses, and no cell is quoted: only
headings that a layout knows, and headings of a row that was taken for the header.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from schemas.codes import plain_words
from schemas.layouts import LAYOUTS, OTF, RTF_CS, RTF_ECM

CLOSE = 0.88  # share of what two headings have in common, as difflib measures it: a slip of the pen, not another word
TITLES = {
    RTF_ECM: "Return Transmission File for ECM",
    RTF_CS: "Return Transmission File for Community Supports",
    OTF: "Initial Outreach Tracker",
}


def title(kind: str) -> str:
    """What people call a kind of file."""
    return f"{TITLES[kind]} ({kind})" if kind in TITLES else kind


def with_near(missing: Iterable[str], others: Iterable[str]) -> str:
    """Headings that are missing, each with the other heading that is likely meant for it."""
    return ", ".join(f"{heading} (is it “{near}”?)" if (near := _near(heading, others)) else heading for heading in missing)


def with_meant(unused: Iterable[str], missing: Iterable[str]) -> str:
    """Headings that are not used, each with the missing one that it is likely meant for."""
    return ", ".join(f"{heading} (did you mean {near}?)" if (near := _near(heading, missing)) else heading for heading in unused)


def looked_for(
    kinds: Sequence[str], rows: Iterable[tuple[str, int, Sequence[str]]], meanings: Mapping[str, Mapping[str, str]], within: int
) -> str:
    """Why no row is a header: the layouts looked for, the row that comes nearest and what it has and lacks.

    rows: sheet, row number and cells as `plain_words` leaves them. meanings: for each kind, element by such words. within: first rows in
    which headings are looked for.
    """
    asked = f"Looked for: {', '.join(title(kind) for kind in kinds)}."
    scored = [
        (len(known := {meanings[kind][words] for words in cells if words in meanings[kind]}), -number, sheet, kind, known)
        for sheet, row, cells in rows
        for number, kind in enumerate(kinds, start=row * len(kinds))
    ]
    most, place, sheet, kind, known = max(scored, key=lambda one: one[:2], default=(0, 0, "", "", set[str]()))
    if not most:
        return f"{asked} None of their headings stands in the first {within} rows."
    row = -place // len(kinds)
    where = f"Row {row} of sheet {sheet}" if sheet else f"Row {row}"
    if row > within:
        return f"{asked} {where} has headings of the {title(kind)}, but headings are looked for in the first {within} rows."
    elements = LAYOUTS[kind].elements()
    has = ", ".join(elements[name].header for name in elements if name in known)
    lacks = ", ".join(element.header for name, element in elements.items() if element.need == "R" and name not in known)
    return f"{asked} {where} comes nearest to the {title(kind)}: it has {has}, but not {lacks}."


def telling(kinds: Sequence[str]) -> str:
    """Candidates for a file whose headings belong to each of them, with the headings that would tell."""
    required = {kind: [one.header for one in LAYOUTS[kind].elements().values() if one.need == "R"] for kind in kinds}
    shared = set.intersection(*({plain_words(heading) for heading in headings} for headings in required.values()))
    return "; ".join(
        f"{title(kind)} would have {', '.join(heading for heading in required[kind] if plain_words(heading) not in shared)}"
        for kind in kinds
    )


def _near(heading: str, others: Iterable[str]) -> str:
    by_words = {plain_words(other): other for other in others}
    near = get_close_matches(plain_words(heading), list(by_words), n=1, cutoff=CLOSE)
    return by_words[near[0]] if near else ""
