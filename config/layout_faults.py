"""Faults of `layouts`: what a plan's choice of columns, headings and keys gets wrong, each told with both keys.

A wrong type is told by the field; whether a file fits the choice is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from config.contradictions import Fault, Place, in_both, repeated
from config.layout import CIN, SERVICE, need_of
from config.nearest import hint
from schemas.codes import plain_words
from schemas.columns import Need
from schemas.layouts import INBOUND, OTF, RTF_CS, RTF_ECM

if TYPE_CHECKING:
    from config.profile import LayoutChoice

_OF_RETURNS = ("referral_status", "status_date", "closure_reason", "production_date", "reporting_period")
WITHOUT_THESE_NOTHING = {RTF_ECM: _OF_RETURNS, RTF_CS: _OF_RETURNS, OTF: ("outreach_date",)}


def layout_faults(kind: str, choice: LayoutChoice) -> Iterator[Fault]:
    """Faults of the choice for one kind of file, placed below `layouts`."""
    if kind not in INBOUND:
        yield Fault((kind,), f"no such layout{hint(kind, INBOUND)}; allowed: {', '.join(INBOUND)}")
        return
    key = f"layouts.{kind}"
    yield from _unknown_columns(kind, choice)
    yield from _below(kind, "columns", repeated(f"{key}.columns", choice.columns))
    yield from _below(kind, "optional", in_both(choice.optional, f"{key}.required", choice.required))
    yield from _of_keys(kind, choice)
    yield from _left_out(kind, choice)
    yield from _unclear_headings(kind, choice)


def _below(kind: str, key: str, faults: Iterator[Fault]) -> Iterator[Fault]:
    for fault in faults:
        yield Fault((kind, key, *fault.at), fault.why, fault.other, fault.key)


def _named(choice: LayoutChoice) -> Iterator[tuple[Place, str]]:
    """Every column that the choice names, with its place."""
    for key, names in (("columns", choice.columns), ("required", choice.required), ("optional", choice.optional)):
        yield from (((key, place), name) for place, name in enumerate(names))
    for key, named in (("headings", choice.headings), ("aliases", choice.aliases)):
        yield from (((key, name), name) for name in named)


def _unknown_columns(kind: str, choice: LayoutChoice) -> Iterator[Fault]:
    known, standard = INBOUND[kind].all_elements(), INBOUND[kind].elements()
    for at, name in _named(choice):
        if name not in known:
            yield Fault((kind, *at), f"{name!r} is no column of this layout{hint(name, known)}; `clr schema show {kind}` lists them")
        elif name not in (*standard, *choice.columns):
            yield Fault((kind, *at), f"{name!r} is read only where `columns` lists it", f"layouts.{kind}.columns")


def _of_keys(kind: str, choice: LayoutChoice) -> Iterator[Fault]:
    """What is wrong with the columns by which member and referral are told."""
    known, read = INBOUND[kind].all_elements(), choice.columns or INBOUND[kind].elements()
    for key, name, usual in (("key", choice.key, CIN), ("referral_key", choice.referral_key, SERVICE)):
        if name not in known:
            if name != usual:
                yield Fault((kind, key), f"this layout has no column {name!r}")
        elif name not in read:
            yield Fault((kind, key), f"{name!r} is not among the columns", f"layouts.{kind}.columns")
        elif name in choice.optional:
            place = choice.optional.index(name)
            yield Fault((kind, "optional", place), f"{name!r} is the {key}, without which no row is clear", f"layouts.{kind}.{key}")


def _left_out(kind: str, choice: LayoutChoice) -> Iterator[Fault]:
    """Columns that the plan gives up or leaves out, and is held to."""
    columns, never = f"layouts.{kind}.columns", WITHOUT_THESE_NOTHING[kind]
    for place, name in enumerate(choice.optional):
        if name in never:
            yield Fault((kind, "optional", place), f"no plan can do without {name!r}")
    if not choice.columns:
        return
    for place, name in enumerate(choice.required):
        if name not in choice.columns:
            yield Fault((kind, "required", place), f"{name!r} is not among the columns", columns)
    whole = choice.model_copy(update={"columns": ()})
    for name, element in INBOUND[kind].elements().items():
        if name in choice.columns or name in (choice.key, choice.referral_key):
            continue
        if name in never:
            yield Fault((kind, "columns"), f"{name!r} is not among them, and no plan can do without it")
        elif element.need is Need.REQUIRED and need_of(element, whole) is Need.REQUIRED and name not in choice.required:
            why = f"{name!r} is not among them, and the layout requires it: add it, or name it as optional"
            yield Fault((kind, "columns"), why, f"layouts.{kind}.optional")


def _unclear_headings(kind: str, choice: LayoutChoice) -> Iterator[Fault]:
    """Headings that already stand for another column, or for none."""
    known = INBOUND[kind].all_elements()
    names = dict.fromkeys((*INBOUND[kind].elements(), *(name for name in choice.columns if name in known)))
    meanings = {plain_words(text): (name, "") for name in names for text in (known[name].header, *known[name].aliases)}
    for at, name, text in _headings(choice):
        if name in names:
            meant, other = meanings.setdefault(plain_words(text), (name, ".".join(("layouts", kind, *map(str, at)))))
            if not plain_words(text):
                yield Fault((kind, *at), f"{text!r} is no heading")
            elif meant != name:
                yield Fault((kind, *at), f"{text!r} stands for the column {meant} already", other)
    for place, text in enumerate(choice.ignored):
        meant, other = meanings.get(plain_words(text), ("", ""))
        if meant:
            yield Fault((kind, "ignored", place), f"{text!r} stands for the column {meant}", other)


def _headings(choice: LayoutChoice) -> Sequence[tuple[Place, str, str]]:
    own: list[tuple[Place, str, str]] = [(("headings", name), name, text) for name, text in choice.headings.items()]
    return own + [(("aliases", name, place), name, text) for name, texts in choice.aliases.items() for place, text in enumerate(texts)]
