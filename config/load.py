"""Reading the configuration: `clr.toml` over its profile, checked whole before anything else happens."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from config.errors import ConfigurationError
from config.profile import Choice, Profile
from config.settings import Settings

Chosen = TypeVar("Chosen", bound=Choice)

SETTINGS_FILE = "clr.toml"
WORKSPACE_TABLES = ("plan", "sftp", "notices")
PROFILE_TABLES = tuple(name for name in Profile.model_fields if name != "title")


def profile_names() -> tuple[str, ...]:
    """Names of the profiles that come with the program."""
    return tuple(
        sorted(file.name.removesuffix(".toml") for file in resources.files("config.profiles").iterdir() if file.name.endswith(".toml"))
    )


def load_profile(name: str) -> Profile:
    """A profile that comes with the program. Raises ConfigurationError when there is none of that name."""
    return _build(Profile, _profile_values(name), f"profile {name}")


def load_settings(workspace: Path) -> Settings:
    """The settings of a workspace. Raises ConfigurationError naming file, key and what is allowed."""
    path = workspace / SETTINGS_FILE
    values = _read_toml(path)
    name = values.pop("profile", None)
    if not isinstance(name, str):
        raise ConfigurationError(f"{path}: profile: one of {', '.join(profile_names())} is needed")
    unknown = sorted(set(values) - set(WORKSPACE_TABLES) - set(PROFILE_TABLES))
    if unknown:
        raise ConfigurationError(f"{path}: {unknown[0]}: unknown key; allowed: {', '.join((*WORKSPACE_TABLES, *PROFILE_TABLES))}")
    profile = _over(_profile_values(name), {key: value for key, value in values.items() if key in PROFILE_TABLES})
    own = {key: value for key, value in values.items() if key in WORKSPACE_TABLES}
    return _build(Settings, {"notices": {}, **own, "profile": profile, "profile_name": name}, str(path))


def _profile_values(name: str) -> dict[str, Any]:
    if name not in profile_names():
        raise ConfigurationError(f"profile: {name!r} is unknown; allowed: {', '.join(profile_names())}")
    values = tomllib.loads(resources.files("config.profiles").joinpath(f"{name}.toml").read_text("utf-8"))
    base = values.pop("based_on", None)
    return _over(_profile_values(base), values) if base else values


def _over(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are laid over each other key by key; anything else replaces what it meets."""
    merged = dict(base)
    for key, value in changes.items():
        below = merged.get(key)
        merged[key] = _over(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file; `clr init` makes a workspace, --workspace names one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not a TOML file: {error}") from None


def _build(model: type[Chosen], values: Mapping[str, Any], file: str) -> Chosen:
    try:
        return model.model_validate(values)
    except ValidationError as errors:
        first = errors.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part != "profile")
        raise ConfigurationError(f"{file}: {key}: {first['msg'].removeprefix('Value error, ')}") from None
