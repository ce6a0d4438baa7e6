"""What is allowed under a key, in words, from the types that check it.

It describes values; it does not check them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]
NAMES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


def resolved(schema: Schema, one: Schema) -> Schema:
    """What a reference refers to; of something that may be left out, the thing itself. schema: the whole, with its `$defs`."""
    if "anyOf" in one:
        return resolved(schema, next(choice for choice in one["anyOf"] if choice.get("type") != "null"))
    return resolved(schema, schema["$defs"][one["$ref"].rpartition("/")[2]]) if "$ref" in one else one


def allowed(one: Schema, schema: Schema) -> str:
    """What a value may be, in words: `whole number, 1 to 31`, or "one of `status`, `engagement`"."""
    inner = resolved(schema, one)
    if "properties" in inner:
        return f"table of {', '.join(inner['properties'])}"
    if "enum" in inner:
        return "one of " + ", ".join(f"`{value}`" for value in inner["enum"])
    if inner["type"] == "array":
        return f"list of: {allowed(inner['items'], schema)}"
    if inner["type"] == "object":
        return f"table; each value: {allowed(inner['additionalProperties'], schema)}"
    if inner.get("format") == "date":
        return "day"
    if "pattern" in inner:
        return f"text like `{inner['pattern']}`"
    return NAMES[inner["type"]] + _bounds(inner)


def at(place: Sequence[str | int], schema: Schema) -> Schema | None:
    """What stands at a place (keys of tables, places in lists) below a schema; None when nothing may stand there."""
    one: Schema = schema
    for part in place:
        inner = resolved(schema, one)
        below = inner.get("items") if isinstance(part, int) else inner.get("properties", {}).get(part, inner.get("additionalProperties"))
        if not isinstance(below, Mapping):
            return None
        one = below
    return resolved(schema, one)


def keys(schema: Schema) -> Iterator[tuple[str, ...]]:
    """Every key of the tables that have a name of their own, by its path."""
    yield from _keys(schema, schema, ())


def _keys(one: Schema, schema: Schema, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, below in resolved(schema, one).get("properties", {}).items():
        yield (*path, name)
        yield from _keys(below, schema, (*path, name))


def _bounds(inner: Schema) -> str:
    least, most = inner.get("minimum"), inner.get("maximum")
    above = f" above {inner['exclusiveMinimum']:g}" if "exclusiveMinimum" in inner else ""
    if least is not None and most is not None:
        return f", {least:g} to {most:g}"
    return above + (f" from {least:g}" if least is not None else "") + (f" up to {most:g}" if most is not None else "")
