"""The cases of a conformance corpus: every rule in every column and layout that it speaks of, and every mess without a fault.

Decides what the files are to show. How a case becomes a file is decided elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from pipeline.synth_defects import DEFECTS
from pipeline.synth_file_defects import FILE_DEFECTS, FileDefect, missing_columns
from pipeline.synth_mess import EVERY, MESSES, TEXTS, WORKBOOK, Mess
from pipeline.synth_setting import Setting
from schemas.layouts import OTF, RTF_ECM
from schemas.rule import Scope
from schemas.rules import RULES

OF_THE_MEMBER = "R113"  # the CIN that the plan holds is unusual itself
OF_TEXTS, OF_WORKBOOKS = ("R001", "R119"), ("R118",)
NOT_PLANTED = {  # rules that no file of a corpus breaks, and why
    "F020": "needs an earlier file of the same provider",
    "F025": "no profile asks for file names",
    "F026": "needs the same file twice",
    "F031": "needs an earlier file of the same provider",
    "F032": "needs an earlier file of the same provider",
    "F033": "needs an earlier file of the same provider",
    "R139": "speaks of the plan's extracts alone",
    "R140": "speaks of the plan's extracts alone",
    "R205": "needs a member number of somebody else, which no file of a corpus has",
    "R206": "needs a file that names no service",
    "R207": "needs an authorization number of something else, which no file of a corpus has",
    "R350": "speaks of the plan's extracts alone",
    "R351": "speaks of the plan's extracts alone",
    "R352": "speaks of the plan's extracts alone",
    "R353": "speaks of the plan's extracts alone",
    "R354": "speaks of the plan's extracts alone",
    "R355": "speaks of the plan's extracts alone",
    "R405": "needs a referral that was denied after it was sent",
}


@dataclass(frozen=True)
class Case:
    """What one file is to show.

    rule, element: what is wrong and in which column; no rule: nothing. kind: layout of the file's own sheet. beside: a tracker stands
    on a second sheet. on_tracker: the fault is there. mess: given where it is what the file shows; else any.
    """

    rule: str
    kind: str
    element: str | None = None
    beside: bool = False
    on_tracker: bool = False
    defect: FileDefect | None = None
    mess: Mess | None = None
    formats: tuple[str, ...] = EVERY


def cases(settings: Sequence[Setting], rules: Collection[str]) -> list[Case]:
    """Every case once, so that the first ones show as many rules as can be. settings: one of each layout; rules: only these, if any."""
    found: dict[str, list[Case]] = defaultdict(list)
    for setting in settings:
        for case in chain(_of_rows(setting), _of_files(setting), _of_messes(setting)):
            if not rules or case.rule in rules:
                found[case.rule or f"{case.mess and case.mess.name}"].append(case)
    for kept in found.values():
        kept.sort(key=lambda case: case.on_tracker)
    ordered = [found[name] for name in sorted(found, key=lambda name: (name not in RULES, name))]
    return [case for row in zip_longest(*ordered) for case in row if case is not None]


def plantable() -> tuple[str, ...]:
    """Rules of which there can be files."""
    of_messes = {rule for mess in MESSES for rule in mess.owed}
    return tuple(sorted({*DEFECTS, *(defect.rule for defect in FILE_DEFECTS), *of_messes, "F014", OF_THE_MEMBER}))


def _of_rows(setting: Setting) -> Iterator[Case]:
    kind = setting.reporter.kind
    for rule, defect in DEFECTS.items():
        formats = TEXTS if rule in OF_TEXTS else WORKBOOK if rule in OF_WORKBOOKS else EVERY
        for element in defect.elements(replace(setting, is_text=formats is not WORKBOOK)):
            yield Case(rule, kind, element, formats=formats)
            if kind == OTF and formats is not TEXTS:
                yield Case(rule, RTF_ECM, element, beside=True, on_tracker=True, formats=WORKBOOK)
    yield Case(OF_THE_MEMBER, kind, "cin")


def _of_files(setting: Setting) -> Iterator[Case]:
    kind = setting.reporter.kind
    for defect in (*FILE_DEFECTS, *missing_columns(setting)):
        if kind in defect.kinds:
            yield Case(defect.rule, kind, defect=defect, formats=defect.formats)


def _of_messes(setting: Setting) -> Iterator[Case]:
    """A mess that owes a note on the file is the case of that rule; a mess that owes none, or notes on its rows, is nobody's fault."""
    kind = setting.reporter.kind
    for mess in MESSES:
        rule = mess.owed[0] if mess.owed and RULES[mess.owed[0]].scope is Scope.FILE else ""
        yield Case(rule, kind, mess=mess, formats=mess.formats)
        if kind == OTF and WORKBOOK[0] in mess.formats and not mess.hidden_sheet:
            yield Case(rule, RTF_ECM, beside=True, mess=mess, formats=WORKBOOK)
