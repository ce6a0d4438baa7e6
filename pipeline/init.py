"""A new workspace: commented settings, an empty roster, and the folders."""

from __future__ import annotations

import errno
import re
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from config.errors import ConfigurationError, Mistake
from config.layers import BASED_ON, ENDING, profile_layers
from config.load import SETTINGS_FILE, load_profile
from outputs.files import write_file
from pipeline.outages import OUTAGES
from pipeline.workspace import FOLDERS, OUTAGES_FILE, ROSTER_FILE, private_folder
from schemas.layouts import EXTRACTS

MAILBOXES = "mailboxes"
PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.toml")


def initialise(folder: Path, profile: str) -> list[str]:
    """Make a workspace that works as it is, with mailboxes in a folder of its own. Returns the names of what was made.

    profile: one that comes with the program, or a file ending in `.toml`, which is copied with those that it is based on.
    Raises ConfigurationError when the folder is not empty, or the profile has mistakes.
    """
    load_profile(profile)
    copies = _files_of(profile)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(Mistake(str(folder), errno.errorcode[errno.ENOTEMPTY], "a new or empty folder is needed"))
    root = folder.resolve()
    private_folder(root)
    template = resources.files("config").joinpath("templates/clr.toml.j2").read_text("utf-8")
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - TOML, not HTML
    name = Path(profile).name if copies else profile
    settings = environment.from_string(template).render(
        profile=name, plan_id="myplan", plan_name="My Health Plan", url=f"file://{root / MAILBOXES}"
    )
    files = {
        SETTINGS_FILE: settings.encode(),
        **copies,
        ROSTER_FILE: (",".join(EXTRACTS["providers"].elements()) + "\n").encode(),
        OUTAGES_FILE: (",".join(OUTAGES) + "\n").encode(),
    }
    for name, content in files.items():
        write_file(root / name, content)
    for name in (*FOLDERS, MAILBOXES):
        private_folder(root / name)
    return [*files, *(f"{name}/" for name in (*FOLDERS, MAILBOXES))]


def _files_of(profile: str) -> dict[str, bytes]:
    """The files that a profile consists of, by name. They must lie side by side, as they will in the workspace."""
    copies: dict[str, bytes] = {}
    for layer in profile_layers(profile, Path()):
        if layer.path is None:
            continue
        base = str(layer.values.get(BASED_ON, ""))
        if base.endswith(ENDING) and Path(base).name != base:
            raise ConfigurationError(Mistake(layer.name, BASED_ON, "the name of a file that lies beside this one is needed, to copy both"))
        if not PLAIN_NAME.fullmatch(layer.path.name) or layer.path.name == SETTINGS_FILE:
            raise ConfigurationError(
                Mistake(layer.name, "", f"a name of letters, digits, - and _ that ends in {ENDING} is needed, and not {SETTINGS_FILE}")
            )
        copies[layer.path.name] = layer.path.read_bytes()
    return copies
