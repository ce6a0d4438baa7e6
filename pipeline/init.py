"""A new workspace: commented settings, an empty roster, and the folders."""

from __future__ import annotations

import errno
import re
import sys
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

MAILBOXES, SCHEDULE = "mailboxes", "schedule"
INSTALLED = Path(sys.prefix) / "bin" / "clr"
PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.toml")


def initialise(folder: Path, profile: str, program: Path = INSTALLED) -> list[str]:
    """Make a workspace that works as it is, with mailboxes in a folder of its own. Returns the names of what was made.

    profile: one that comes with the program, or a file ending in `.toml`, which is copied with those that it is based on. program: the
    `clr` that cron shall call.
    Raises ConfigurationError when the folder is not empty, or the profile has mistakes.
    """
    load_profile(profile)
    copies = _files_of(profile)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(Mistake(str(folder), errno.errorcode[errno.ENOTEMPTY], "a new or empty folder is needed"))
    root = folder.resolve()
    private_folder(root)
    name = Path(profile).name if copies else profile
    files = {
        SETTINGS_FILE: _filled_in("clr.toml", profile=name, plan_id="myplan", plan_name="My Health Plan", url=f"file://{root / MAILBOXES}"),
        **copies,
        ROSTER_FILE: (",".join(EXTRACTS["providers"].elements()) + "\n").encode(),
        OUTAGES_FILE: (",".join(OUTAGES) + "\n").encode(),
        **schedule_files(root, program),
    }
    for name, content in files.items():
        write_file(root / name, content)
    for name in (*FOLDERS, MAILBOXES):
        private_folder(root / name)
    return [*files, *(f"{name}/" for name in (*FOLDERS, MAILBOXES))]


def schedule_files(root: Path, program: Path) -> dict[str, bytes]:
    """What lets cron or systemd run the jobs of a workspace, by name: to be installed by a person, who chooses one of the two."""
    told = {"workspace": str(root), "folder": str(program.parent), "program": str(program)}
    for_systemd = {name: _quoted_for_systemd(text) for name, text in told.items()}
    return {
        f"{SCHEDULE}/crontab": _filled_in("crontab", **told),
        f"{SCHEDULE}/clr-due.service": _filled_in("clr-due.service", **for_systemd),
        f"{SCHEDULE}/clr-due.timer": _filled_in("clr-due.timer"),
    }


def _filled_in(template: str, **values: str) -> bytes:
    text = resources.files("config").joinpath(f"templates/{template}.j2").read_text("utf-8")
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - no HTML
    return environment.from_string(text).render(values).encode()


def _quoted_for_systemd(text: str) -> str:
    """As systemd.syntax(7) wants text between double quotes, where a percent sign begins a specifier."""
    for special, written in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%")):
        text = text.replace(special, written)
    return text


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
