"""The TOML files that settings are laid over each other from, and which of them says what.

It reads and merges; whether a value is right is decided elsewhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from config.errors import ConfigurationError, Mistake
from config.nearest import hint

BASED_ON, TITLE = "based_on", "title"  # what a profile says of itself
ENDING = ".toml"  # of a profile that is a file of the plan's own


@dataclass(frozen=True)
class Layer:
    """One file's values, and how messages call it. path: None for a profile that comes with the program."""

    name: str
    values: Mapping[str, Any]
    path: Path | None = None

    def without(self, keys: Sequence[str]) -> Layer:
        """The same without some keys."""
        return replace(self, values={key: value for key, value in self.values.items() if key not in keys})


@cache
def profile_names() -> tuple[str, ...]:
    """Names of the profiles that come with the program."""
    return tuple(
        sorted(file.name.removesuffix(ENDING) for file in resources.files("config.profiles").iterdir() if file.name.endswith(ENDING))
    )


def profile_layers(name: object, folder: Path, said_by: str = "", key: str = "profile") -> tuple[Layer, ...]:
    """A profile and whatever it is based on, the base first.

    name: text, of a profile that comes with the program, or a file ending in `.toml`, relative to `folder`. said_by, key: where it stands.
    Raises ConfigurationError for a profile that there is not, a file that cannot be read, and profiles based on each other in a circle.
    """
    layers: list[Layer] = []
    while True:
        layer = _profile(name, folder, said_by, key)
        layers.append(layer)
        if BASED_ON not in layer.values:
            return tuple(reversed(layers))
        name, said_by, key = layer.values[BASED_ON], layer.name, BASED_ON
        folder = layer.path.parent if layer.path else folder
        if any(_called(name, folder) == known.name for known in layers):
            way = " -> ".join([*(known.name for known in layers), _called(name, folder)])
            raise ConfigurationError(Mistake(said_by, key, f"profiles are based on each other in a circle: {way}"))


def merged(layers: Sequence[Layer]) -> dict[str, Any]:
    """Tables laid over each other key by key; anything else replaces what it meets. What a profile is based on is no value."""
    values: dict[str, Any] = {}
    for layer in layers:
        values = _over(values, {key: value for key, value in layer.values.items() if key != BASED_ON})
    return values


def saying(place: Sequence[str | int], layers: Sequence[Layer]) -> int:
    """Which layer decides what stands at a place, by its number; the last when none says anything there."""
    for number in range(len(layers) - 1, -1, -1):
        if _says(layers[number].values, place):
            return number
    return len(layers) - 1


def said(place: Sequence[str | int], layers: Sequence[Layer]) -> bool:
    """Whether any layer says something at a place."""
    return any(_says(layer.values, place) for layer in layers)


def read_toml(path: Path, missing: str) -> dict[str, Any]:
    """The values of a TOML file. Raises ConfigurationError when it cannot be read; missing: what to do when there is none."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigurationError(Mistake(str(path), "", f"no such file; {missing}")) from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigurationError(Mistake(str(path), "", f"not a TOML file: {reason}")) from None


def _profile(name: object, folder: Path, said_by: str, key: str) -> Layer:
    names = ", ".join(profile_names())
    if not isinstance(name, str) or not (name in profile_names() or name.endswith(ENDING)):
        near = hint(name, profile_names()) if isinstance(name, str) else ""
        given = f"{name!r} is unknown{near}" if isinstance(name, str) else "a name in quotation marks is needed"
        raise ConfigurationError(Mistake(said_by, key, f"{given}; allowed: {names}, or a file whose name ends in {ENDING}"))
    if name in profile_names():
        return Layer(_called(name, folder), _shipped(name))
    path = folder / Path(name).expanduser()
    where = f"{said_by}: {key} names it; " if said_by else ""
    return Layer(_called(name, folder), read_toml(path, f"{where}a profile of the plan's own lies beside the file that names it"), path)


@cache
def _shipped(name: str) -> Mapping[str, Any]:
    """What a profile that comes with the program says."""
    return MappingProxyType(tomllib.loads(resources.files("config.profiles").joinpath(f"{name}{ENDING}").read_text("utf-8")))


def _called(name: object, folder: Path) -> str:
    if not isinstance(name, str):
        return ""
    return f"profile {name}" if name in profile_names() else str((folder / Path(name).expanduser()).resolve())


def _over(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    together = dict(base)
    for key, value in changes.items():
        below = together.get(key)
        together[key] = _over(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return together


def _says(values: object, place: Sequence[str | int]) -> bool:
    """Whether values have something at a place. A list, and a value where a table should be, stand for whatever is looked for in them."""
    for part in place:
        if not isinstance(values, Mapping):
            return True
        if part not in values:
            return False
        values = values[part]
    return True
