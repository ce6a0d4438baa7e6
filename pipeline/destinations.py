"""Where files of the outbox go: the mailboxes of providers and of other organizations, the print vendor, and the portal.

Whether somebody answers there is found out by those who connect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.errors import ConfigurationError, Mistake
from config.load import SETTINGS_FILE
from config.notices import Drop, Portal
from pipeline.workspace import Workspace
from sftp.endpoint import Endpoint

# Folders below the outbox, which no provider can be called: they hold a slash.
PRINT, PORTAL = "notices/print", "notices/portal"


@dataclass(frozen=True)
class Destination:
    """A folder on a server, relative to its root."""

    endpoint: Endpoint
    folder: str


def destinations(workspace: Workspace, environment: Mapping[str, str]) -> dict[str, Destination]:
    """Every destination, by the folder of the outbox whose files go there. Contacts nobody.

    A drop without an address is none: its files stay in the outbox. Raises ConfigurationError with every key and password that is not to
    be had.
    """
    from_plan = workspace.settings.profile.folders.from_plan
    mailboxes = dict(workspace.roster.select("provider_id", "mailbox").iter_rows()) | others(workspace)
    found: dict[str, Destination] = {}
    mistakes: dict[Mistake, None] = {}
    try:
        endpoints = workspace.endpoints(environment, list(mailboxes))
    except ConfigurationError as error:
        mistakes |= dict.fromkeys(error.mistakes)
    else:
        found |= {name: Destination(endpoints[name], f"{mailbox}/{from_plan}") for name, mailbox in mailboxes.items()}
    notices = workspace.settings.notices
    for place, drop in drops(workspace).items():
        try:
            found[place] = Destination(workspace.drop(f"notices.{place.rpartition('/')[2]}", drop, environment), drop.folder)
        except ConfigurationError as error:
            mistakes |= dict.fromkeys(error.mistakes)
    if notices.smtp is not None and notices.smtp.password_env is not None and notices.smtp.password_env not in environment:
        why = f"the environment has no variable {notices.smtp.password_env}"
        mistakes[Mistake(str(workspace.root / SETTINGS_FILE), "notices.smtp.password_env", why)] = None
    if mistakes:
        raise ConfigurationError(*mistakes)
    return found


def others(workspace: Workspace) -> dict[str, str]:
    """Mailboxes of organizations that are on no roster, by the name that the settings give them."""
    named = workspace.settings.notices.organizations
    return {name: one.mailbox for name, one in sorted(named.items()) if one.mailbox is not None}


def drops(workspace: Workspace) -> dict[str, Drop | Portal]:
    """The drops that have an address, by their folder of the outbox."""
    notices = workspace.settings.notices
    places: dict[str, Drop | Portal] = {PRINT: notices.print, PORTAL: notices.portal}
    return {place: drop for place, drop in places.items() if drop.url is not None}
