"""A layout as one plan has it: which columns, in which order, under which headings, and how much each is needed.

Lays a profile's `LayoutChoice` over the declarations in `schemas`. Which choices contradict themselves, `layout_faults` knows; what stands
in a cell is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from schemas.columns import Element, Need
from schemas.formats import IDENTIFIER, Format, coded
from schemas.layouts import LAYOUTS, PROGRAM_OF, RTF_CS, RTF_ECM

if TYPE_CHECKING:
    from config.profile import LayoutChoice, Profile

CIN, PLAN_MEMBER_ID = "cin", "plan_member_id"  # what tells the member of a row
SERVICE, AUTHORIZATION_NUMBER = "service", "authorization_number"  # what tells which of the member's referrals it is about


def elements_of(kind: str, choice: LayoutChoice | None) -> Mapping[str, Element]:
    """Every column that is read: the plan's own in its order, then those of the standard layout that its template leaves out.

    Heading, other headings and need are the plan's; the standard heading is one of the other headings where the plan has its own.
    """
    standard, known = LAYOUTS[kind].elements(), LAYOUTS[kind].all_elements()
    if choice is None:
        return standard
    names = dict.fromkeys((*(choice.columns or standard), *standard))
    return {name: _as_chosen(known[name], choice) for name in names}


def template_elements(kind: str, choice: LayoutChoice | None) -> Mapping[str, Element]:
    """The columns that the plan's own sheets have, in their order."""
    elements = elements_of(kind, choice)
    return {name: elements[name] for name in choice.columns} if choice and choice.columns else elements


def formats_of(kind: str, profile: Profile) -> dict[str, Format]:
    """How each column of `elements_of` is read: engagement by the plan's list, a number that is the key as an identifier."""
    choice = profile.layouts.get(kind)
    formats = {name: element.format for name, element in elements_of(kind, choice).items()}
    if kind in (RTF_ECM, RTF_CS):
        formats["engagement"] = coded(profile.codes.engagement(PROGRAM_OF[kind]))
    if choice is not None and choice.key == PLAN_MEMBER_ID:
        formats[PLAN_MEMBER_ID] = IDENTIFIER
    return formats


def _as_chosen(element: Element, choice: LayoutChoice) -> Element:
    header = choice.headings.get(element.name, element.header)
    others = (element.header, *element.aliases) if header != element.header else element.aliases
    return replace(element, header=header, aliases=(*others, *choice.aliases.get(element.name, ())), need=need_of(element, choice))


def need_of(element: Element, choice: LayoutChoice) -> Need:
    """How much the plan needs a column. Nobody is asked for a column that the plan's own sheets do not have."""
    name = element.name
    if name in choice.required or (name == PLAN_MEMBER_ID and choice.key == PLAN_MEMBER_ID):
        return Need.REQUIRED
    if name == AUTHORIZATION_NUMBER and choice.referral_key == AUTHORIZATION_NUMBER:
        return Need.CONDITIONAL
    given_up = {name for name, key in ((CIN, choice.key), (SERVICE, choice.referral_key)) if key != name}
    left_out = bool(choice.columns) and name not in choice.columns
    return Need.OPTIONAL if left_out or name in {*choice.optional, *given_up} else element.need
