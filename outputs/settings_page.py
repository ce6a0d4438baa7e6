"""The reference of settings as a page, made from the types that check them and from the profiles that come with the program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from config.allowed import allowed, resolved
from config.load import load_profile, profile_names
from config.profile import Profile
from config.settings import Settings
from outputs.markdown import table

BASE = "dhcs"
TITLE = "title"  # says which profile it is: no choice
MADE = "<!-- Made by `make docs` from `config/settings.py`, `config/profile.py` and `config/profiles/`; changes here are lost. -->"
INTRO = f"""\
`clr.toml` begins with `profile = "…"` ({", ".join(f"`{name}`" for name in profile_names())}, or a TOML file of the plan's own, relative
to the workspace) and sets what no profile can know: the plan, its SFTP server, its notice channels, how it submits to DHCS.
Any value of the profile can be set
there too, under the same table and key: tables are laid over the profile's key by key, anything else replaces it. An unknown key, a wrong
type, an impossible value, or two that contradict each other, stop every command with exit code 2, before anything is touched; all of them
are told at once, with file, key and what is allowed. `clr check` reads everything and changes nothing.

A profile is a TOML file in `config/profiles/`. `{BASE}` is the state's guidance, with every choice that the guidance leaves open; the
others are based on it and hold what differs. [How to write one for your plan](../docs/profiles.md) needs no code.

Secrets never stand in a file: a password is the name of an environment variable, a key is a file with mode 0600."""
PLACEHOLDERS = {"sftp.providers": "PROVIDER_ID", "notices.organizations": "ORGANIZATION", "layouts": "KIND"}
OWN = ("plan", "sftp", "notices", "dhcs")


def settings_page() -> str:
    """Every key with its type, its meaning, and its value in the profile `dhcs`; then what the other profiles change."""
    schema = Settings.model_json_schema()
    lines = ["# Settings", "", MADE, "", INTRO, "", "## The workspace's own"]
    for name, of_table, about in _tables(schema, resolved(schema, {"properties": _of(schema, OWN)}), ""):
        rows = [(f"`{key}`", allowed(one, schema), one["description"], _default(key, of_table)) for key, one in _leaves(of_table, schema)]
        lines += ["", f"### `[{name}]`", "", about, "", *table(("Key", "Type", "Meaning", "When left out"), rows)]
    base = load_profile(BASE).model_dump(mode="json")
    lines += ["", "## The profile's"]
    profile = Profile.model_json_schema()
    for name, of_table, about in _tables(profile, {**profile, "properties": _of(profile, [key for key in base if key != TITLE])}, ""):
        values = _at(base, name)
        rows = [(f"`{key}`", allowed(one, profile), one["description"], _value(values.get(key))) for key, one in _leaves(of_table, profile)]
        lines += ["", f"### `[{name}]`", "", about, "", *table(("Key", "Type", "Meaning", f"`{BASE}`"), rows)]
    return "\n".join([*lines, "", "## What other profiles change", "", *_changes(base)]) + "\n"


def _of(schema: Mapping[str, Any], names: Any) -> dict[str, Any]:
    return {name: schema["properties"][name] for name in names}


def _tables(schema: Mapping[str, Any], of_table: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """The TOML tables below one, each with what may stand in it and what it is about."""
    for key, one in of_table["properties"].items():
        inner = resolved(schema, one)
        path = f"{name}.{key}".removeprefix(".")
        if path in PLACEHOLDERS:
            each = resolved(schema, inner["additionalProperties"])
            yield f"{path}.{PLACEHOLDERS[path]}", each, _about(each)
        elif "properties" in inner:
            yield path, inner, _about(inner)
            yield from _tables(schema, inner, path)


def _leaves(of_table: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, one in of_table["properties"].items():
        inner = resolved(schema, one)
        if "properties" not in inner and "$ref" not in inner.get("additionalProperties", {}):
            yield key, one


def _about(of_table: Mapping[str, Any]) -> str:
    return str(of_table["description"]).split("\n\n")[0].replace("\n", " ")


def _default(key: str, of_table: Mapping[str, Any]) -> str:
    if key in of_table.get("required", ()):
        return "needed"
    default = of_table["properties"][key].get("default")
    return "" if default is None else _value(default)


def _value(value: object) -> str:
    """A value as TOML has it; of a coded value its label, of a table its pairs."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Mapping):
        return f'`"{value["label"]}"`' if "label" in value else "; ".join(f'`{key} = "{one}"`' for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_value(one) for one in value) or "none"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def _at(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The values of a table; none where the table stands for several."""
    for part in name.split("."):
        if part in PLACEHOLDERS.values():
            return {}
        values = values[part]
    return values


def _changes(base: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for name in profile_names():
        if name != BASE:
            profile = load_profile(name)
            rows = [
                (f"`{key}`", _value(value), _value(dict(_flat(base)).get(key)) or "none")
                for key, value in _flat(profile.model_dump(mode="json"))
                if dict(_flat(base)).get(key) != value and key != TITLE
            ]
            told = table(("Key", "Value", f"`{BASE}`"), rows) if rows else [f"Nothing: its choices are those of `{BASE}` at present."]
            lines += [f"### `{name}`: {profile.title}", "", *told, ""]
    return lines[:-1]


def _flat(values: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        path = f"{name}.{key}".removeprefix(".")
        if isinstance(value, Mapping):
            yield from _flat(value, path)
        else:
            yield path, value
