"""The words of notices: templates filled in, as a page, as plain text, and with a subject that says nothing of anybody.

Templates of the plan take the place of ours file by file, and run in a sandbox. What they may say is given; who gets it is not asked.
"""

from __future__ import annotations

import datetime as dt
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    Template,
    TemplateSyntaxError,
    Undefined,
    UndefinedError,
    nodes,
)
from jinja2.exceptions import SecurityError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from outputs.notice_markup import UnknownElement, blocks_of, no_element, text_of
from schemas.languages import ENGLISH
from schemas.notices import RecipientKind

ENDING = ".j2"
SUBJECT = "subject"  # the block that every template has; it sees the plan's own fields alone
LANGUAGE = "lang"
GIVEN = (LANGUAGE, SUBJECT)  # what templates have beside the fields
OF_PLAN = "plan_"  # beginning of the fields that say nothing of anybody
AUDIENCES = {RecipientKind.GUARDIAN.value: RecipientKind.MEMBER.value}  # a guardian reads the member's letters
MONTHS = {
    "en": ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
    "es": ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"],
}


class TemplateFault(Exception):
    """Raised when a template cannot be filled in. Names the template, its line and the variable; holds no value of any field."""

    def __init__(self, template: str, why: str, line: int | None = None, variable: str | None = None) -> None:
        place = template if line is None else f"{template}, line {line}"
        super().__init__(f"{place}: {why}")
        self.template, self.why, self.line, self.variable = template, why, line, variable

    @property
    def told(self) -> str:
        """Its line and what is wrong, for whoever names the file himself."""
        return self.why if self.line is None else f"line {self.line}: {self.why}"


@dataclass(frozen=True)
class NoticeText:
    """One notice in words.

    language: of the words, an ISO 639 code. needs_translation: whether the recipient reads another one. subject: says nothing of anybody.
    """

    language: str
    needs_translation: bool
    subject: str
    text: str
    html: str


class NotKnown(Undefined):
    """A field without a value: it may be asked about, and never be printed."""

    __slots__ = ()
    __str__ = __iter__ = __len__ = Undefined._fail_with_undefined_error


class NoticeTexts:
    """The templates, ours and the plan's; see `notice_texts`."""

    def __init__(self, environment: ImmutableSandboxedEnvironment, ours: frozenset[str], own: frozenset[str]) -> None:
        self._environment = environment
        self.ours, self.own = ours, own

    @property
    def names(self) -> frozenset[str]:
        """File names of all templates."""
        return self.ours | self.own

    def chosen(self, kind: str, recipient_kind: str, language: str) -> tuple[str, str]:
        """The template of a notice, and the language that it is in: the recipient's where there is one, else English."""
        audience = AUDIENCES.get(recipient_kind, recipient_kind)
        for code in (language, ENGLISH):
            if (name := f"{kind}.{audience}.{code}{ENDING}") in self.names:
                return name, code
        raise TemplateFault(f"{kind}.{audience}.{ENGLISH}{ENDING}", "there is no such template")

    def letters(self) -> list[tuple[str, str]]:
        """Kind and language of every letter to members that there is."""
        parts = [name.removesuffix(ENDING).split(".") for name in sorted(self.names)]
        return [(part[0], part[2]) for part in parts if len(part) == 3 and part[1] == RecipientKind.MEMBER.value]

    def write(self, fields: Mapping[str, object]) -> NoticeText:
        """A notice in words. fields: a row of `NoticeFields`. Raises TemplateFault."""
        name, language = self.chosen(str(fields["kind"]), str(fields["recipient_kind"]), str(fields["language"]))
        values = {key: NotKnown(name=key) if value is None else value for key, value in fields.items()} | {LANGUAGE: language}
        of_plan = {key: value for key, value in values.items() if key.startswith(OF_PLAN)}
        try:
            template = self._environment.get_template(name)
            subject = self._subject(template, of_plan)
            html = template.render(values | {SUBJECT: subject})
            text = text_of(blocks_of(html))
        except Exception as error:
            raise self._fault(error, name) from None
        return NoticeText(language, language != fields["language"], subject, text, html)

    def parsed(self, name: str) -> nodes.Template:
        """The syntax tree of a template. Raises TemplateFault when it is none."""
        try:
            source, file_name, _ = self._environment.loader.get_source(self._environment, name)  # type: ignore[union-attr]
            self._environment.compile(source, name, file_name)  # which finds unknown filters too
            return self._environment.parse(source, name, file_name)
        except Exception as error:
            raise self._fault(error, name) from None

    def _subject(self, template: Template, of_plan: dict[str, Any]) -> str:
        """The block of that name. Anybody can read a subject, so it sees nothing but the plan's own fields."""
        if SUBJECT not in template.blocks:
            raise TemplateFault(str(template.name), f"the block {SUBJECT} is missing")
        try:
            words = "".join(template.blocks[SUBJECT](template.new_context(of_plan)))
        except Exception:
            try:
                self._environment.handle_exception()  # raises it again, with the lines of the template
            except UndefinedError as error:
                fault = self._fault(error, str(template.name))
                why = f"the subject asks for {fault.variable}, but may have the plan's own fields only: anybody can read it"
                raise TemplateFault(fault.template, why, fault.line, fault.variable) from None
        return " ".join(unescape(words).split())

    def _fault(self, error: Exception, name: str) -> TemplateFault:
        """What is wrong, and where, without those words of jinja that may quote a value."""
        if isinstance(error, TemplateFault):
            return error
        if isinstance(error, TemplateSyntaxError):
            return TemplateFault(error.name or name, (error.message or "is no template").rstrip("."), error.lineno)
        if isinstance(error, UnicodeDecodeError):
            return TemplateFault(name, "is no text in UTF-8")
        if isinstance(error, UnknownElement):
            return TemplateFault(name, no_element(str(error)))
        where, line = _place(error, name)
        if isinstance(error, TemplateNotFound):
            return TemplateFault(where, f"asks for {error.name}, and there is no such file", line)
        variable = self._named(error, where)
        if isinstance(error, SecurityError):
            return TemplateFault(where, f"asks for {variable or 'something'}, which a template may not have", line, variable)
        if isinstance(error, UndefinedError):
            return TemplateFault(where, f"has no value for {variable or 'what it asks for'}", line, variable)
        return TemplateFault(where, f"cannot be filled in ({type(error).__name__})", line)

    def _named(self, error: Exception, template: str) -> str | None:
        """The variable or attribute that an error of jinja names, when the template says the very word: it is no value then."""
        source = self._environment.loader.get_source(self._environment, template)[0]  # type: ignore[union-attr]
        words = [word for word in re.findall("'([^' ]+)'", str(error)) if re.search(rf"\b{re.escape(word)}\b", source)]
        return words[-1] if isinstance(error, UndefinedError) and words else next(iter(words), None)


def notice_texts(own: Path | None) -> NoticeTexts:
    """The templates that come with the program, and over them those of a plan's folder, file by file. own: None when it has none."""
    ours = PackageLoader("outputs", "templates/notices")
    plans = FileSystemLoader(own) if own is not None else None
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([plans, ours] if plans is not None else [ours]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["day"] = _day
    environment.filters["month"] = _month
    environment.filters["phone"] = _phone
    return NoticeTexts(environment, _names(ours), _names(plans) if plans is not None else frozenset())


def _names(loader: BaseLoader) -> frozenset[str]:
    return frozenset(name for name in loader.list_templates() if name.endswith(ENDING))


def _place(error: Exception, name: str) -> tuple[str, int | None]:
    """The template and the line in which an error came up: a letter's own, or one that it asks for."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(ENDING)]
    return (Path(frames[-1].filename).name, frames[-1].lineno) if frames else (name, None)


def _day(day: dt.date, language: str = ENGLISH) -> str:
    """A day in words: `March 5, 2026`, `5 de marzo de 2026`."""
    month = MONTHS.get(language, MONTHS[ENGLISH])[day.month - 1]
    return f"{day.day} de {month} de {day.year}" if language == "es" else f"{month} {day.day}, {day.year}"


def _month(period: str, language: str = ENGLISH) -> str:
    """A month in words: `2026-03` is `March 2026`, `marzo de 2026`."""
    year, number = period.split("-")
    month = MONTHS.get(language, MONTHS[ENGLISH])[int(number) - 1]
    return f"{month} de {year}" if language == "es" else f"{month} {year}"


def _phone(number: str) -> str:
    """Ten digits as people read them; anything else as it is."""
    return f"{number[:3]}-{number[3:6]}-{number[6:]}" if len(number) == 10 and number.isdigit() else number
