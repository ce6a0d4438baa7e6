"""The words of notices: templates filled in, as a page, as plain text, and with a subject that says nothing of anybody.

Templates of the plan take the place of ours file by file, and run in a sandbox. What they may say is given; who gets it is not asked.
"""

from __future__ import annotations

import datetime as dt
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined, Template, TemplateSyntaxError, Undefined, UndefinedError
from jinja2.exceptions import SecurityError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from outputs.notice_markup import UnknownElement, blocks_of, text_of
from schemas.languages import ENGLISH
from schemas.notices import RecipientKind

ENDING = ".j2"
SUBJECT = "subject"  # the block that every template has; it sees the plan's own fields alone
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

    def __init__(self, environment: ImmutableSandboxedEnvironment) -> None:
        self._environment = environment
        self._names = frozenset(environment.list_templates())

    @property
    def names(self) -> frozenset[str]:
        """File names of all templates."""
        return self._names

    def chosen(self, kind: str, recipient_kind: str, language: str) -> tuple[str, str]:
        """The template of a notice, and the language that it is in: the recipient's where there is one, else English."""
        audience = AUDIENCES.get(recipient_kind, recipient_kind)
        for code in (language, ENGLISH):
            if (name := f"{kind}.{audience}.{code}{ENDING}") in self._names:
                return name, code
        raise TemplateFault(f"{kind}.{audience}.{ENGLISH}{ENDING}", "there is no such template")

    def write(self, fields: Mapping[str, object]) -> NoticeText:
        """A notice in words. fields: a row of `NoticeFields`. Raises TemplateFault."""
        name, language = self.chosen(str(fields["kind"]), str(fields["recipient_kind"]), str(fields["language"]))
        values = {key: NotKnown(name=key) if value is None else value for key, value in fields.items()}
        of_plan = {key: value for key, value in values.items() if key.startswith(OF_PLAN)}
        try:
            template = self._environment.get_template(name)
            subject = " ".join(_block(template, SUBJECT, of_plan).split())
            html = template.render(values | {"lang": language, SUBJECT: subject})
            text = text_of(blocks_of(html))
        except Exception as error:
            raise _fault(error, name) from None
        return NoticeText(language, language != fields["language"], subject, text, html)


def notice_texts(own: Path | None) -> NoticeTexts:
    """The templates that come with the program, and over them those of a plan's folder, file by file."""
    ours = PackageLoader("outputs", "templates/notices")
    loaders = [FileSystemLoader(own), ours] if own is not None else [ours]
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    environment.filters["day"] = _day
    environment.filters["phone"] = _phone
    return NoticeTexts(environment)


def _block(template: Template, name: str, values: dict[str, Any]) -> str:
    if name not in template.blocks:
        raise TemplateFault(str(template.name), f"the block {name} is missing")
    return "".join(template.blocks[name](template.new_context(values)))


def _fault(error: Exception, name: str) -> TemplateFault:
    """What is wrong, without the words of jinja that may quote a value."""
    if isinstance(error, TemplateFault):
        return error
    if isinstance(error, TemplateSyntaxError):
        return TemplateFault(error.name or name, error.message or "is no template", error.lineno)
    if isinstance(error, TemplateNotFound):
        return TemplateFault(name, f"there is no template {error.name}")
    if isinstance(error, UnknownElement):
        return TemplateFault(name, f"<{error}> is no element of a notice")
    if isinstance(error, SecurityError):
        return TemplateFault(name, "asks for something that a template may not have", _line(error))
    if isinstance(error, UndefinedError):
        variable = str(error).split("'")[1] if "'" in str(error) else None
        return TemplateFault(name, f"has no value for {variable}", _line(error), variable)
    return TemplateFault(name, f"cannot be filled in ({type(error).__name__})", _line(error))


def _line(error: Exception) -> int | None:
    return next((frame.lineno for frame in reversed(traceback.extract_tb(error.__traceback__)) if frame.filename.endswith(ENDING)), None)


def _day(day: dt.date, language: str = ENGLISH) -> str:
    """A day in words: `March 5, 2026`, `5 de marzo de 2026`."""
    month = MONTHS.get(language, MONTHS[ENGLISH])[day.month - 1]
    return f"{day.day} de {month} de {day.year}" if language == "es" else f"{month} {day.day}, {day.year}"


def _phone(number: str) -> str:
    """Ten digits as people read them; anything else as it is."""
    return f"{number[:3]}-{number[3:6]}-{number[6:]}" if len(number) == 10 and number.isdigit() else number
