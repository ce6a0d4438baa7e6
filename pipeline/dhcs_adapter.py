"""By which schema a plan submits to DHCS, and in which shape: ours, or the official one that the plan has put in its workspace."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.errors import ConfigurationError, Mistake
from config.load import SETTINGS_FILE
from outputs.dhcs_document import NoSchema, Shape, faults
from outputs.dhcs_schema import submission_schema
from pipeline.workspace import Workspace
from schemas.dhcs_submission import STATUSES, paths

TABLES = ("paths", "values", "constants", "record_constants")
OF_DOCUMENT = ("records", STATUSES, "recordKey", "recordType")
PARTS = ("header.", "totals.")


@dataclass(frozen=True)
class Adapter:
    """A schema, and the shape that keeps it."""

    schema: Mapping[str, Any]
    shape: Shape


def adapter(workspace: Workspace) -> Adapter:
    """What the settings choose. Raises ConfigurationError when a file that they name cannot be used."""
    chosen = workspace.settings.dhcs
    schema = _schema(workspace.root, chosen.schema_file) if chosen.schema_file else submission_schema()
    return Adapter(schema, _shape(workspace.root, chosen.mapping_file) if chosen.mapping_file else Shape())


def _schema(root: Path, name: str) -> Mapping[str, Any]:
    try:
        schema = json.loads(_text(root, name, "schema_file"))
        if not isinstance(schema, dict):
            raise ValueError
        faults({}, schema)
    except NoSchema as error:
        raise ConfigurationError(Mistake(str(root / name), "", f"is no JSON Schema: {error}")) from None
    except ValueError:
        raise ConfigurationError(Mistake(str(root / name), "", "is no JSON object; a JSON Schema in one file is needed")) from None
    return schema


def _shape(root: Path, name: str) -> Shape:
    file = str(root / name)
    try:
        told = tomllib.loads(_text(root, name, "mapping_file"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(Mistake(file, "", f"is no TOML: {error}")) from None
    found = [Mistake(file, key, f"unknown key; allowed: dates, {', '.join(TABLES)}") for key in told if key not in (*TABLES, "dates")]
    found += [Mistake(file, key, "a table is needed") for key in TABLES if not isinstance(told.get(key, {}), dict)]
    if not isinstance(told.get("dates", ""), str):
        found.append(Mistake(file, "dates", "a text such as %Y-%m-%d is needed"))
    if not found:
        for key in ("paths", "values"):
            found += [Mistake(file, f"{key}.{path}", "names nothing that is told") for path in told.get(key, {}) if not _is_told(path)]
        paths_given, values = told.get("paths", {}), told.get("values", {})
        found += [Mistake(file, f"paths.{path}", "a text is needed") for path, place in paths_given.items() if not isinstance(place, str)]
        found += [Mistake(file, f"values.{path}", "a table is needed") for path, one in values.items() if not isinstance(one, dict)]
    if found:
        raise ConfigurationError(*found)
    usual = Shape()
    return Shape(
        told.get("paths", {}),
        told.get("values", {}),
        told.get("dates", usual.dates),
        told.get("constants", {}),
        told.get("record_constants", {}),
    )


def _is_told(path: str) -> bool:
    return path in paths() or path in OF_DOCUMENT or path.startswith(PARTS)


def _text(root: Path, name: str, key: str) -> str:
    try:
        return (root / name).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(Mistake(str(root / SETTINGS_FILE), f"dhcs.{key}", f"{name} cannot be read as text")) from None
