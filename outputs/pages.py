"""Pages for people: HTML from a template, without scripts and without anything fetched from elsewhere.

Every value is escaped, and a value that a template asks for and does not get stops the page. What a page says is for the callers.
"""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

_TEMPLATES = Environment(
    loader=PackageLoader("outputs", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def page(template: str, values: dict[str, object]) -> bytes:
    """The page of a template of this package. Raises UndefinedError when a value is missing."""
    return _TEMPLATES.get_template(template).render(values).encode()
