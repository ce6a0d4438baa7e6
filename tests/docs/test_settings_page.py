"""The reference of settings against the types that check them, the profiles, and the code that reads them."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.profile import Profile
from config.settings import Settings
from outputs.settings_page import settings_page
from sftp.endpoint import Endpoint

ROOT = Path(__file__).parents[2]
PAGE = settings_page()
NOT_READ = "Nothing reads it yet"
DEFINITIONS: dict[str, Any] = Settings.model_json_schema()["$defs"]
SETTINGS = [(model, key, one) for model, schema in DEFINITIONS.items() for key, one in schema["properties"].items()]


def test_every_setting_says_what_it_means() -> None:
    tables = set(Profile.model_fields)  # say so themselves
    silent = [f"{model}.{key}" for model, key, one in SETTINGS if "description" not in one and not (model == "Profile" and key in tables)]

    assert silent == []


def test_every_value_of_the_base_profile_stands_on_the_page() -> None:
    profile = tomllib.loads((ROOT / "config/profiles/dhcs.toml").read_text("utf-8"))
    sections = dict(re.findall(r"^### `\[(.+?)\]`\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL))

    for table, key, value in _leaves(profile):
        told = [line for line in sections[table].splitlines() if line.startswith(f"| `{key}` |")]
        assert len(told) == 1, f"{table}.{key}"
        for word in _words(value):
            assert word in told[0], f"{table}.{key}"


def test_the_page_says_what_the_engagement_profile_changes() -> None:
    changed = PAGE[PAGE.index("### `chpiv`") :]

    assert '| `closing.rule` | `"engagement"` | `"status"` |' in changed
    assert "cadence.rtf_due_day" not in changed  # the same in both


@pytest.mark.parametrize(
    ("key", "default"),
    [
        ("connect_seconds", Endpoint("").connect_timeout),
        ("operation_seconds", Endpoint("").operation_timeout),
        ("attempts", Endpoint("").attempts),
        ("backoff_seconds", Endpoint("").backoff),
    ],
)
def test_what_an_endpoint_does_without_a_setting_is_told_as_it_is(key: str, default: float) -> None:
    assert f"{default:g} when left out" in DEFINITIONS["EndpointChoice"]["properties"][key]["description"]


def test_a_setting_says_that_nothing_reads_it_exactly_when_nothing_does() -> None:
    code = "\n".join(path.read_text("utf-8") for room in ("outputs", "pipeline") for path in sorted((ROOT / room).glob("*.py")))
    unread = {key for model, key, _ in SETTINGS if model in ("Cadence", "Thresholds", "Deadlines") and not re.search(rf"\.{key}\b", code)}

    assert unread == {key for _, key, one in SETTINGS if NOT_READ in one.get("description", "")}


def _leaves(profile: dict[str, Any], table: str = "") -> Iterator[tuple[str, str, object]]:
    for key, value in profile.items():
        path = f"{table}.{key}".removeprefix(".")
        if path in ("title", "layouts"):
            continue
        if isinstance(value, dict) and path != "closing.ecm_engagement_reasons":
            yield from _leaves(value, path)
        else:
            yield table, key, value


def _words(value: object) -> list[str]:
    if isinstance(value, dict):
        return [value["label"]] if "label" in value else [word for pair in value.items() for word in pair]
    return [word for one in value for word in _words(one)] if isinstance(value, list) else [str(value)]
