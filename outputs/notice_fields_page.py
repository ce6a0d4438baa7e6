"""The fields of notices as a page: what each means, and which notice has which, for whoever writes templates.

Made from the declaration of the fields and from the samples that templates are tried with.
"""

from __future__ import annotations

from outputs.markdown import MADE, table
from outputs.notice_samples import GUARDIAN, samples
from outputs.notice_texts import OF_PLAN
from schemas.notice_fields import NoticeFields

INTRO = """\
What a template of a notice may say. A field without a value may be asked about (`{% if provider_phone %}`); printing it stops that notice.
Beside the fields there are `lang`, the language of the template, and `subject`. Days go through `|day` or `|day("es")`, months (`period`)
through `|month`, phone numbers through `|phone`. How templates are used: [operations](operations.md#the-words-of-notices)."""
OF_ALL = ("notice_id", "kind", "recipient_kind", "language", "written_on", "recipient", "address", "due_date")


def notice_fields_page() -> str:
    """Every field, and the fields that each notice has beside those that all have."""
    described = NoticeFields.to_schema().columns
    rows = [(f"`{name}`", _type(str(one.dtype)), str(one.description)) for name, one in described.items()]
    lines = ["# Fields of notices", "", MADE, "", INTRO, "", "## Fields", "", *table(("Field", "Type", "Meaning"), rows)]
    everywhere = ", ".join(f"`{name}`" for name in OF_ALL)
    about = f"All have {everywhere} and the fields of the plan. Some of the others may be unknown in one case or another."
    lines += ["", "## Which notice has which", "", about, "", *table(("Template", "Fields"), _by_template())]
    return "\n".join(lines) + "\n"


def _by_template() -> list[tuple[str, str]]:
    found: dict[str, dict[str, None]] = {}
    for name, fields in samples(("en",)):
        kind, recipient_kind, *_ = name.split(".")
        if recipient_kind == GUARDIAN:
            continue
        has = [key for key, value in fields.items() if value is not None and key not in OF_ALL and not key.startswith(OF_PLAN)]
        found.setdefault(f"`{kind}.{recipient_kind}`", {}).update(dict.fromkeys(has))
    return [(name, ", ".join(f"`{key}`" for key in has)) for name, has in found.items()]


def _type(dtype: str) -> str:
    words = {"Date": "day", "Boolean": "true or false", "String": "text", "bool": "true or false", "str": "text"}
    return "lines" if dtype.startswith("List") else words.get(dtype, dtype)
