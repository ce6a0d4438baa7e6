"""Reading the configuration: `clr.toml` over its profile, checked whole before anything else happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from config.errors import ConfigurationError, Mistake
from config.layers import BASED_ON, TITLE, Layer, merged, profile_layers, profile_names, read_toml, saying
from config.mistakes import mistakes_in
from config.profile import Calendar, Choice, Profile

if TYPE_CHECKING:
    from config.notices import Organization
    from config.settings import Plan, Settings, Sftp

__all__ = ["SETTINGS_FILE", "Draft", "draft_settings", "load_profile", "load_settings", "profile_names"]

Chosen = TypeVar("Chosen", bound=Choice)

SETTINGS_FILE = "clr.toml"
WORKSPACE_TABLES = ("plan", "sftp", "notices", "dhcs")
NOT_IN_SETTINGS = (BASED_ON, TITLE)
NOT_IN_PROFILES = ("profile", *WORKSPACE_TABLES)


@dataclass(frozen=True)
class Draft:
    """Settings as far as they are right. Of settings with mistakes there are those tables that have none, for whoever looks further."""

    mistakes: tuple[Mistake, ...]
    settings: Settings | None = None
    plan: Plan | None = None
    sftp: Sftp | None = None
    calendar: Calendar | None = None
    organizations: Mapping[str, Organization] = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()

    def file_of(self, key: str) -> str:
        """The file that says what stands under a dotted key."""
        return self.layers[saying(key.split("."), self.layers)].name


def load_profile(name: str, folder: Path = Path()) -> Profile:
    """A profile that comes with the program, or one of a TOML file, relative to `folder`. Raises ConfigurationError."""
    layers = profile_layers(name, folder, key="--profile")
    found = _misplaced(layers, NOT_IN_PROFILES, f"stands in {SETTINGS_FILE}, not in a profile")
    layers = tuple(layer.without(NOT_IN_PROFILES) for layer in layers)
    try:
        profile = Profile.model_validate(merged(layers))
    except ValidationError as errors:
        raise ConfigurationError(*found, *mistakes_in(errors, _schema(Profile), layers)) from None
    if found:
        raise ConfigurationError(*found)
    return profile


def load_settings(workspace: Path) -> Settings:
    """The settings of a workspace. Raises ConfigurationError with every mistake: its file, its key, and what is allowed."""
    draft = draft_settings(workspace)
    if draft.settings is None:
        raise ConfigurationError(*draft.mistakes)
    return draft.settings


def draft_settings(workspace: Path) -> Draft:
    """The settings of a workspace, or every mistake in them. Raises nothing."""
    path = workspace / SETTINGS_FILE
    try:
        values = read_toml(path, "`clr init` makes a workspace, --workspace names one")
    except ConfigurationError as error:
        return Draft(error.mistakes)
    own = Layer(str(path), {key: value for key, value in values.items() if key != "profile"})
    try:
        layers = (*profile_layers(values.get("profile"), workspace, str(path)), own)
    except ConfigurationError as error:  # what clr.toml says can be looked at all the same, over the guidance alone
        layers = (*profile_layers("dhcs", workspace), own)
        told = [one for one in _checked(layers, "dhcs").mistakes if one.file == own.name and not one.message.startswith("contradicts")]
        return Draft((*error.mistakes, *told))
    return _checked(layers, str(values["profile"]))


def _checked(layers: tuple[Layer, ...], profile_name: str) -> Draft:
    from config.settings import Notices, Plan, Settings, Sftp  # a file is checked without a workspace, and sooner without these

    *profiles, own = layers
    found = _misplaced(profiles, NOT_IN_PROFILES, f"stands in {SETTINGS_FILE}, not in a profile")
    found += _misplaced([own], NOT_IN_SETTINGS, "stands in a profile")
    cleaned = [*(layer.without(NOT_IN_PROFILES) for layer in profiles), own.without(NOT_IN_SETTINGS)]
    values = merged(cleaned)
    tables = {key: values.pop(key) for key in WORKSPACE_TABLES if key in values}
    try:
        settings = Settings.model_validate({"notices": {}, "dhcs": {}, **tables, "profile": values, "profile_name": profile_name})
    except ValidationError as errors:
        found += mistakes_in(errors, _schema(Settings), cleaned)
    else:
        if not found:
            return Draft((), settings, settings.plan, settings.sftp, settings.profile.calendar, settings.notices.organizations, layers)
    plan, sftp = _part(Plan, tables.get("plan")), _part(Sftp, tables.get("sftp"))
    notices = _part(Notices, tables.get("notices", {}))
    organizations = {} if notices is None else notices.organizations
    return Draft(tuple(found), None, plan, sftp, _part(Calendar, values.get("calendar")), organizations, layers)


def _misplaced(layers: Sequence[Layer], keys: Sequence[str], why: str) -> list[Mistake]:
    return [Mistake(layer.name, key, f"unknown key; it {why}") for layer in layers for key in keys if key in layer.values]


def _part(model: type[Chosen], values: object) -> Chosen | None:
    try:
        return model.model_validate(values)
    except ValidationError:
        return None


@cache
def _schema(model: type[Choice]) -> Mapping[str, Any]:
    return model.model_json_schema()
