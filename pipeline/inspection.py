"""Inspecting a workspace: everything that could keep a night from working, found on the afternoon before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from config.errors import ConfigurationError
from pipeline.run import Context
from sftp.errors import NoSuchRemoteFile, TransportError
from sftp.folder import RemoteFolder
from sftp.retries import with_retries


@dataclass(frozen=True)
class Line:
    """One thing that was checked."""

    what: str
    good: bool
    detail: str = ""


def inspect_workspace(context: Context, provider_id: str = "") -> list[Line]:
    """Check calendar, keys and mailboxes. The settings themselves were checked when the workspace was opened.

    Raises ConfigurationError when the provider is not on the roster.
    """
    settings = context.workspace.settings
    providers = context.workspace.roster["provider_id"].to_list()
    if provider_id and provider_id not in providers:
        raise ConfigurationError(f"providers.csv: {provider_id}: no such provider")
    year = context.as_of.astimezone(settings.plan.zone).year
    through = settings.profile.calendar.confirmed_through
    lines = [
        Line("settings and roster", good=True, detail=f"profile {settings.profile_name}, {len(providers)} providers"),
        Line(
            "calendar", through > year, f"confirmed through {through}" + ("" if through > year else "; confirm the next year in [calendar]")
        ),
    ]
    chosen = [provider_id] if provider_id else providers
    with ThreadPoolExecutor(settings.profile.collection.mailboxes_at_once) as pool:
        return lines + list(pool.map(lambda one: _mailbox(context, one), chosen))


def _mailbox(context: Context, provider_id: str) -> Line:
    what = f"mailbox of {provider_id}"
    mailbox = dict(context.workspace.roster.select("provider_id", "mailbox").iter_rows())[provider_id]
    folders = context.workspace.settings.profile.folders
    missing: list[str] = []

    def look(folder: RemoteFolder) -> None:
        for name in (folders.to_plan, folders.from_plan):
            try:
                folder.survey(f"{mailbox}/{name}")
            except NoSuchRemoteFile:
                missing.append(name)

    try:
        with_retries(context.workspace.endpoint(provider_id, context.environment), look)
    except ConfigurationError as error:
        return Line(what, good=False, detail=str(error))
    except TransportError as error:
        return Line(what, good=False, detail=f"{type(error).__name__}: {error}")
    return Line(what, good=True, detail=f"no folder {' and '.join(missing)} yet; the first run makes it" if missing else "")
