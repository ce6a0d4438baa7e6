"""What the types find wrong, as lines that a person can act upon: file, key, what is wrong, what is allowed.

Which values are right is declared with the types; no value that was given is ever quoted here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from config.allowed import Schema, allowed, at, keys
from config.contradictions import CONTRADICTION, OTHER_KEY, OWN_KEY
from config.errors import Mistake
from config.layers import BASED_ON, TITLE, Layer, said, saying
from config.nearest import hint

PROFILE = "profile"  # the profile's tables stand beside the workspace's own, not below a key of this name
NO_TABLES = (PROFILE, "profile_name")
TOO_FAR = {
    "less_than_equal": "too large",
    "less_than": "too large",
    "greater_than_equal": "too small",
    "greater_than": "too small",
    "string_too_short": "too short",
    "string_pattern_mismatch": "not of this form",
    "finite_number": "no number",
}
GIVEN = ((bool, "true or false"), (str, "text"), (int, "a whole number"), (float, "a number"), (dt.date, "a day"), (list, "a list"))


def mistakes_in(errors: ValidationError, schema: Schema, layers: Sequence[Layer]) -> list[Mistake]:
    """Every error as a mistake, named with the layer that says so. schema: of the type that found them."""
    found = []
    for error in errors.errors(include_url=False):
        place = _without_profile(error["loc"])
        if error["type"] == CONTRADICTION:
            found.append(_contradiction(place, error["ctx"], layers))
        else:
            words = _words(dict(error), error["loc"], schema) + _counted(place)
            if error["type"] == "missing" and _of_profile(error["loc"], schema) and layers[0].path and not said(place, layers):
                found.append(Mistake(layers[0].name, dotted(place), f'{words}; {BASED_ON} = "dhcs" brings every value'))
            else:
                found.append(Mistake(layers[saying(place, layers)].name, dotted(place), words))
    return found


def dotted(place: Sequence[str | int]) -> str:
    """A place as messages name it: `thresholds.aging_days.1`."""
    return ".".join(map(str, place))


def _of_profile(loc: Sequence[str | int], schema: Schema) -> bool:
    return loc[0] == PROFILE or PROFILE not in schema["properties"]


def _contradiction(place: Sequence[str | int], told: Mapping[str, Any], layers: Sequence[Layer]) -> Mistake:
    """Of two keys that contradict each other the one of the upper layer comes first: it is the one that somebody changed."""
    own, other = told[OWN_KEY] or dotted(place), told[OTHER_KEY]
    if not other:
        return Mistake(layers[saying(_place(own), layers)].name, own, told["why"])
    of_own, of_other = saying(_place(own), layers), saying(_place(other), layers)
    if of_other > of_own and not told[OWN_KEY]:
        own, other, of_own = other, own, of_other
    return Mistake(layers[of_own].name, own, f"contradicts {other}: {told['why']}")


def _words(error: Mapping[str, Any], loc: Sequence[str | int], schema: Schema) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return _unknown(loc, schema)
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    one = at(loc, schema)
    may = f"; allowed: {allowed(one, schema)}" if one is not None else ""
    if kind == "missing":
        return f"is needed{may}"
    if kind == "literal_error":
        near = hint(error["input"], one.get("enum", ())) if one is not None and isinstance(error["input"], str) else ""
        return f"unknown value{near}{may}"
    return f"{TOO_FAR.get(kind) or _given(error['input']) + ' given'}{may}"


def _unknown(loc: Sequence[str | int], schema: Schema) -> str:
    """Words about a key that its table does not have. TOML counts a key to the table that was opened last: often that is the slip."""
    key, table = str(loc[-1]), at(loc[:-1], schema) or {}
    known = list(table.get("properties", {})) if _without_profile(loc[:-1]) else _tables(schema)
    near = hint(key, known)
    if not near:
        homes = [_without_profile(path) for path in keys(schema) if path[-1] == key]
        near = f" (did you mean {dotted(homes[0])}?)" if homes else ""
    return f"unknown key{near}; allowed: {', '.join(known)}"


def _tables(schema: Schema) -> list[str]:
    """What may stand at the top of a file: of `clr.toml` its own tables and the profile's, of a profile also what it says of itself."""
    below = at((PROFILE,), schema)
    if below is None:
        return [*schema["properties"], BASED_ON]
    own = [name for name in schema["properties"] if name not in NO_TABLES]
    return [PROFILE, *own, *(name for name in below["properties"] if name != TITLE)]


def _given(value: object) -> str:
    return next((name for kind, name in GIVEN if isinstance(value, kind)), "a table" if isinstance(value, Mapping) else "something else")


def _counted(place: Sequence[str | int]) -> str:
    """The place in a list as people count it."""
    numbers = [part for part in place if isinstance(part, int)]
    return f" (number {numbers[0] + 1} of the list)" if numbers else ""


def _without_profile(loc: Sequence[str | int]) -> tuple[str | int, ...]:
    return tuple(loc[1:] if loc and loc[0] == PROFILE else loc)


def _place(key: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in key.split("."))
