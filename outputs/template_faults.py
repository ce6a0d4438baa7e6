"""What is wrong with the templates of a plan, found before any notice is written: each fault with its file, its line and its variable.

Tries every template with sample fields, and reads what no sample reaches. It knows nothing of the plan's settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import nodes
from jinja2.meta import find_referenced_templates, find_undeclared_variables

from config.nearest import hint
from outputs.letters import UnprintableLetters, letters_pdf
from outputs.notice_markup import KNOWN, NO_ELEMENT, no_element
from outputs.notice_samples import GUARDIAN, MEMBER, samples
from outputs.notice_texts import ENDING, GIVEN, NoticeText, NoticeTexts, TemplateFault
from schemas.languages import SPELLINGS
from schemas.notice_fields import NoticeFields

APPEAL_RIGHTS = "appeal_rights"
INSERTS = (APPEAL_RIGHTS, "nondiscrimination", "language_help", "confidential")  # what only a plan can say
ELEMENT = re.compile(r"<([A-Za-z][A-Za-z0-9]*)")
PARTS = ("member", "words")  # what the letters of one language have in common


def template_faults(texts: NoticeTexts) -> list[TemplateFault]:
    """Every fault, each once, in the order of the file names; of the program's own templates only what the plan's lack."""
    looked = [*_unread(texts), *_unknown_variables(texts), *_unknown_elements(texts), *_unused(texts), *_missing_languages(texts)]
    read = any(NO_ELEMENT in fault.why for fault in looked)  # a fault of a part comes up again in every letter that has it
    tried = [fault for fault in _tried(texts) if not (read and NO_ELEMENT in fault.why) and APPEAL_RIGHTS not in fault.why]
    found = [*looked, *tried]
    first = {(fault.template, fault.line, fault.variable or fault.why): fault for fault in reversed(found)}
    return sorted(first.values(), key=lambda fault: (fault.template, fault.line or 0, fault.why))


def missing_inserts(texts: NoticeTexts) -> list[TemplateFault]:
    """What only the plan can say, and letters cannot do without: its notice of appeal rights, in each language that it writes in."""
    names = [f"{APPEAL_RIGHTS}.{language}{ENDING}" for language in _languages(texts)]
    why = "is missing: no denial goes to a member without the plan's own notice of appeal rights"
    return [TemplateFault(name, why) for name in names if name not in texts.own]


def _unread(texts: NoticeTexts) -> Iterator[TemplateFault]:
    for name in sorted(texts.own):
        try:
            texts.parsed(name)
        except TemplateFault as fault:
            yield fault


def _unknown_variables(texts: NoticeTexts) -> Iterator[TemplateFault]:
    """Variables that are no field, wherever they stand; what a template sets or imports itself is its own."""
    known = {*NoticeFields.polars_schema(), *GIVEN}
    for name, tree in _readable(texts):
        own = {one.name for one in tree.find_all(nodes.Name) if one.ctx != "load"} | set(_imported(tree))
        for variable in sorted(find_undeclared_variables(tree) - known - own):
            line = min(one.lineno for one in tree.find_all(nodes.Name) if one.name == variable)
            yield TemplateFault(name, f"there is no field {variable}{hint(variable, known)}", line, variable)


def _unknown_elements(texts: NoticeTexts) -> Iterator[TemplateFault]:
    for name, tree in _readable(texts):
        for data in tree.find_all(nodes.TemplateData):
            for found in ELEMENT.finditer(data.data):
                if found.group(1).lower() not in KNOWN:
                    line = data.lineno + data.data.count("\n", 0, found.start())
                    yield TemplateFault(name, no_element(found.group(1)), line)


def _imported(tree: nodes.Template) -> Iterator[str]:
    for one in tree.find_all(nodes.Import):
        yield one.target
    for several in tree.find_all(nodes.FromImport):
        yield from (name if isinstance(name, str) else name[1] for name in several.names)


def _unused(texts: NoticeTexts) -> Iterator[TemplateFault]:
    """Files of the plan that take no template's place, and that no template asks for."""
    asked = {name for _, tree in _readable(texts) for name in find_referenced_templates(tree) if name}
    kinds = {name.split(".")[0] for name in texts.ours if name.count(".") == 3}
    for name in sorted(texts.own - texts.ours - asked):
        parts = name.removesuffix(ENDING).split(".")
        of_kind = len(parts) == 3 and parts[0] in kinds and parts[1] == MEMBER
        of_language = len(parts) == 2 and parts[0] in (*INSERTS, *PARTS)
        if not (of_kind or of_language):
            near = hint(name, [*texts.ours, *(f"{insert}.en{ENDING}" for insert in INSERTS)])
            yield TemplateFault(name, f"takes no template's place, and no template asks for it{near}")
        elif parts[-1] not in SPELLINGS:
            yield TemplateFault(name, f"there is no language {parts[-1]}{hint(parts[-1], SPELLINGS)}")


def _missing_languages(texts: NoticeTexts) -> Iterator[TemplateFault]:
    """A language that the plan has begun to write in has a letter of every kind, or some of its members would get English."""
    kinds = sorted({kind for kind, language in texts.letters() if f"{kind}.{MEMBER}.{language}{ENDING}" in texts.ours})
    for language in _languages(texts):
        for kind in kinds:
            if (name := f"{kind}.{MEMBER}.{language}{ENDING}") not in texts.names:
                yield TemplateFault(
                    name, f"is missing: other letters are there in {SPELLINGS[language][0]}, this one would go out in English"
                )


def _tried(texts: NoticeTexts) -> Iterator[TemplateFault]:
    letters: dict[str, NoticeText] = {}  # one of each template is enough to see whether its characters print
    for _, fields in samples(_languages(texts)):
        kind, recipient_kind, language = (str(fields[name]) for name in ("kind", "recipient_kind", "language"))
        try:
            text = texts.write(fields)
        except TemplateFault as fault:
            yield fault
            continue
        if recipient_kind in (MEMBER, GUARDIAN):
            letters.setdefault(texts.chosen(kind, recipient_kind, language)[0], text)
    if not texts.own or not letters:
        return
    try:
        letters_pdf([*letters.values()])
    except UnprintableLetters as unprintable:
        for place in unprintable.places:
            yield TemplateFault([*letters][place], "has characters that no font for letters has")


def _languages(texts: NoticeTexts) -> tuple[str, ...]:
    found = {language for _, language in texts.letters()}
    return tuple(language for language in SPELLINGS if language in found)


def _readable(texts: NoticeTexts) -> Iterator[tuple[str, nodes.Template]]:
    for name in sorted(texts.own):
        try:
            yield name, texts.parsed(name)
        except TemplateFault:
            continue
