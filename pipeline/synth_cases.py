"""The cases of a conformance corpus: every rule in every column and layout that it speaks of, and every mess without a fault.

Decides what the files are to show. How a case becomes a file is decided elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from pipeline.synth_defects import DEFECTS
from pipeline.synth_extract_defects import EXTRACT_DEFECTS, ExtractDefect
from pipeline.synth_file_defects import FILE_DEFECTS, RETURNS, FileDefect, missing_columns
from pipeline.synth_mess import EVERY, MESSES, TEXTS, WORKBOOK, Mess
from pipeline.synth_setting import Setting
from schemas.layouts import OTF, RTF_ECM
from schemas.rule import Scope
from schemas.rules import RULES

OF_THE_MEMBER = "R113"  # the CIN that the plan holds is unusual itself
OF_THE_PLAN = "R405"  # the plan denied the referral after it was sent
IN_EXTRACTS = ("csv", "xlsx", "pipe")
OF_TEXTS, OF_WORKBOOKS = ("R001", "R119"), ("R118",)


@dataclass(frozen=True)
class Case:
    """What one file is to show.

    profile: by which it is judged. rule, element: what is wrong and in which column; no rule: nothing. kind: layout of the file's own
    sheet. beside: a tracker stands on a second sheet. on_tracker: the fault is there. mess: given where it is what the file shows; else
    any. extract: the file is an extract of the plan.
    """

    profile: str
    rule: str
    kind: str
    element: str | None = None
    beside: bool = False
    on_tracker: bool = False
    defect: FileDefect | None = None
    mess: Mess | None = None
    extract: ExtractDefect | None = None
    formats: tuple[str, ...] = EVERY


@dataclass(frozen=True)
class Under:
    """What can be shown under a profile. settings: one of each layout. is_named: whether the profile agrees on names of files."""

    profile: str
    settings: Sequence[Setting]
    is_named: bool = False


def cases(own: Under, others: Sequence[Under], rules: Collection[str]) -> list[Case]:
    """Every case once, so that the first ones show as many rules as can be.

    others: profiles for those rules that no file breaks under the own one, in turn. rules: only these, if any.
    """
    found = _by_what(own, rules)
    for other in others:
        missing = {rule for rule in rules or RULES if rule not in found}
        found |= _by_what(other, missing) if missing else {}
    ordered = [found[name] for name in sorted(found, key=lambda name: (name not in RULES, name))]
    return [case for row in zip_longest(*ordered) for case in row if case is not None]


def _by_what(under: Under, rules: Collection[str]) -> dict[str, list[Case]]:
    """The cases by rule, and by mess where there is none; those on a tracker beside come last."""
    found: dict[str, list[Case]] = defaultdict(list)
    for case in chain(_of_extracts(under), *(_of_layout(setting, under) for setting in under.settings)):
        if not rules or case.rule in rules:
            found[case.rule or f"{case.mess and case.mess.name}"].append(case)
    for kept in found.values():
        kept.sort(key=lambda case: case.on_tracker)
    return dict(found)


def _of_layout(setting: Setting, under: Under) -> Iterator[Case]:
    yield from _of_rows(setting, under.profile)
    yield from _of_files(setting, under)
    yield from _of_messes(setting, under.profile)


def _of_extracts(under: Under) -> Iterator[Case]:
    for defect in EXTRACT_DEFECTS:
        yield Case(under.profile, defect.rule, defect.kind, defect.element, extract=defect, formats=IN_EXTRACTS)


def _of_rows(setting: Setting, profile: str) -> Iterator[Case]:
    kind = setting.reporter.kind
    for rule, defect in DEFECTS.items():
        formats = TEXTS if rule in OF_TEXTS else WORKBOOK if rule in OF_WORKBOOKS else EVERY
        for element in defect.elements(replace(setting, is_text=formats is not WORKBOOK)):
            yield Case(profile, rule, kind, element, formats=formats)
            if kind == OTF and formats is not TEXTS:
                yield Case(profile, rule, RTF_ECM, element, beside=True, on_tracker=True, formats=WORKBOOK)
    yield Case(profile, OF_THE_MEMBER, kind, "cin")
    if kind in RETURNS:
        yield Case(profile, OF_THE_PLAN, kind, "referral_status")


def _of_files(setting: Setting, under: Under) -> Iterator[Case]:
    kind = setting.reporter.kind
    for defect in (*FILE_DEFECTS, *missing_columns(setting)):
        if kind in defect.kinds and defect.named <= under.is_named:
            yield Case(under.profile, defect.rule, kind, defect=defect, formats=defect.formats)


def _of_messes(setting: Setting, profile: str) -> Iterator[Case]:
    """A mess that owes a note on the file is the case of that rule; a mess that owes none, or notes on its rows, is nobody's fault."""
    kind = setting.reporter.kind
    for mess in MESSES:
        rule = mess.owed[0] if mess.owed and RULES[mess.owed[0]].scope is Scope.FILE else ""
        yield Case(profile, rule, kind, mess=mess, formats=mess.formats)
        if kind == OTF and WORKBOOK[0] in mess.formats and not mess.hidden_sheet:
            yield Case(profile, rule, RTF_ECM, beside=True, mess=mess, formats=WORKBOOK)
