"""Inspecting a workspace: everything that could keep a night from working, found on the afternoon before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from config.errors import ConfigurationError, Mistake
from config.load import SETTINGS_FILE
from config.nearest import hint
from pipeline.destinations import PORTAL, PRINT, Destination, destinations
from pipeline.mail import MAIL_SERVER, MailServerOut, mail_server
from pipeline.run import Context
from pipeline.workspace import OUTAGES_FILE, ROSTER_FILE, Workspace
from sftp.errors import NoSuchRemoteFile, TransportError
from sftp.folder import RemoteFolder
from sftp.retries import with_retries


@dataclass(frozen=True)
class Line:
    """One thing that was checked."""

    what: str
    good: bool
    detail: str = ""


def inspect_files(root: Path, mistakes: Sequence[Mistake]) -> list[Line]:
    """Which files of the configuration are good though others are not; those with mistakes are told by their mistakes."""
    wrong = {mistake.file for mistake in mistakes}
    names = [name for name in (SETTINGS_FILE, ROSTER_FILE, OUTAGES_FILE) if (root / name).is_file()]
    return [Line(name, good=True, detail="without mistakes") for name in names if str(root / name) not in wrong]


def inspect_workspace(context: Context, provider_id: str = "") -> list[Line]:
    """Check calendar, keys and mailboxes. The settings themselves were checked when the workspace was opened.

    Raises ConfigurationError when the provider is not on the roster, and for keys and passwords that are not to be had.
    """
    workspace = context.workspace
    settings = workspace.settings
    providers = workspace.roster["provider_id"].to_list()
    if provider_id and provider_id not in providers:
        why = f"no provider {provider_id!r}{hint(provider_id, providers)}"
        raise ConfigurationError(Mistake(str(workspace.root / ROSTER_FILE), "provider_id", why))
    chosen = [provider_id] if provider_id else providers
    workspace.endpoints(context.environment, chosen)
    year = context.as_of.astimezone(settings.plan.zone).year
    through = settings.profile.calendar.confirmed_through
    calendar = f"confirmed through {through}" + ("" if through > year else "; confirm the next year in [calendar]")
    with ThreadPoolExecutor(settings.profile.collection.mailboxes_at_once) as pool:
        mailboxes = list(pool.map(lambda one: _mailbox(context, one), chosen))
    places = [] if provider_id else _places(context)
    return [*_files(workspace), *_notices(workspace), Line("calendar", through > year, calendar), *mailboxes, *places]


def _files(workspace: Workspace) -> list[Line]:
    details = {
        SETTINGS_FILE: f"profile {workspace.settings.profile_name}",
        ROSTER_FILE: f"providers: {workspace.roster.height}",
        OUTAGES_FILE: f"outages: {workspace.outages.height}",
    }
    return [Line(name, good=True, detail=detail) for name, detail in details.items() if (workspace.root / name).is_file()]


def _notices(workspace: Workspace) -> Iterator[Line]:
    """The templates of notices, tried with samples, and what letters need; who writes to members by hand needs nothing for letters."""
    from outputs.notice_texts import notice_texts
    from outputs.template_faults import missing_inserts, template_faults

    notices, plan = workspace.settings.notices, workspace.settings.plan
    folder = workspace.root / notices.templates
    texts = notice_texts(folder if folder.is_dir() else None)
    faults = template_faults(texts)
    if {notices.member, notices.guardian} != {"manual"}:
        faults += missing_inserts(texts)
        if plan.phone is None:
            yield Line("plan.phone", good=False, detail="is needed: letters to members say whom to call")
    yield from (Line(f"{notices.templates}/{fault.template}", good=False, detail=fault.told) for fault in faults)
    if not faults:
        yield Line("templates", good=True, detail=f"of the plan's own: {len(texts.own)}")


def _places(context: Context) -> list[Line]:
    """Where notices go besides the providers' mailboxes, and whether they can."""
    workspace = context.workspace
    known = set(workspace.roster["provider_id"])
    lines = [_place(name, place) for name, place in destinations(workspace, context.environment).items() if name not in known]
    notices = workspace.settings.notices
    smtp, mail = notices.smtp, mail_server(context)
    if mail is None or smtp is None:
        by_mail = [f"notices.{kind}" for kind, channel in notices.channels.items() if channel == "email"]
        by_mail += [f"notices.organizations.{name}" for name, one in notices.organizations.items() if one.channel == "email"]
        wait = f"there is no [notices.smtp]: what goes by e-mail waits in the queue ({', '.join(by_mail)})"
        return [*lines, Line(MAIL_SERVER, good=False, detail=wait)] if by_mail else lines
    try:
        with mail:
            mail.reach()
    except MailServerOut as error:
        return [*lines, Line(MAIL_SERVER, good=False, detail=error.kind)]
    return [*lines, Line(MAIL_SERVER, good=True, detail=f"{smtp.host}:{smtp.port}")]


def _place(name: str, place: Destination) -> Line:
    """Whether files can be put somewhere; a folder that is not there yet is made by the first run."""
    what = {PRINT: "print vendor", PORTAL: "portal"}.get(name, f"mailbox of {name}")

    def look(folder: RemoteFolder) -> bool:
        try:
            folder.survey(place.folder)
        except NoSuchRemoteFile:
            return False
        return True

    try:
        there = with_retries(place.endpoint, look)
    except TransportError as error:
        return Line(what, good=False, detail=f"{type(error).__name__}: {error}")
    return Line(what, good=True, detail="" if there else f"no folder {place.folder} yet; the first run makes it")


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
    except TransportError as error:
        return Line(what, good=False, detail=f"{type(error).__name__}: {error}")
    return Line(what, good=True, detail=f"no folder {' and '.join(missing)} yet; the first run makes it" if missing else "")
