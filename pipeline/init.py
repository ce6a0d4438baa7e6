"""A new workspace: commented settings, an empty roster, and the folders."""

from __future__ import annotations

import errno
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from config.errors import ConfigurationError, Mistake
from config.load import SETTINGS_FILE, load_profile
from outputs.files import write_file
from pipeline.outages import OUTAGES
from pipeline.workspace import FOLDERS, OUTAGES_FILE, ROSTER_FILE, private_folder
from schemas.layouts import EXTRACTS

MAILBOXES = "mailboxes"


def initialise(folder: Path, profile: str) -> list[str]:
    """Make a workspace that works as it is, with mailboxes in a folder of its own. Returns the names of what was made.

    Raises ConfigurationError when the folder is not empty, or there is no such profile.
    """
    load_profile(profile)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(Mistake(str(folder), errno.errorcode[errno.ENOTEMPTY], "a new or empty folder is needed"))
    root = folder.resolve()
    private_folder(root)
    template = resources.files("config").joinpath("templates/clr.toml.j2").read_text("utf-8")
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - TOML, not HTML
    settings = environment.from_string(template).render(
        profile=profile, plan_id="myplan", plan_name="My Health Plan", url=f"file://{root / MAILBOXES}"
    )
    files = {
        SETTINGS_FILE: settings,
        ROSTER_FILE: ",".join(EXTRACTS["providers"].elements()) + "\n",
        OUTAGES_FILE: ",".join(OUTAGES) + "\n",
    }
    for name, text in files.items():
        write_file(root / name, text.encode())
    for name in (*FOLDERS, MAILBOXES):
        private_folder(root / name)
    return [*files, *(f"{name}/" for name in (*FOLDERS, MAILBOXES))]
