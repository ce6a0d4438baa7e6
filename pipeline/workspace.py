"""The workspace: one plan's folder, its settings and its roster, read whole before anything else happens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pydantic import SecretStr

from config.endpoints import EndpointChoice
from config.errors import ConfigurationError, Mistake
from config.load import SETTINGS_FILE, Draft, draft_settings, load_profile
from config.nearest import hint
from config.settings import PLAN_TIME, Settings
from outputs.files import make_private_folder
from pipeline.business_days import check_calendar
from pipeline.outages import read_outages
from pipeline.roster import read_roster
from sftp.endpoint import Endpoint, check, check_address
from sftp.rehearsal import Rehearsal

ROSTER_FILE = "providers.csv"
OUTAGES_FILE = "outages.csv"
FOLDERS = ("intake", "store", "archive", "quarantine", "outbox", "reports", "logs")
GUIDANCE = "dhcs"  # the profile by which a roster is read when the settings cannot be


@dataclass(frozen=True)
class Workspace:
    """One plan's folder, as configured.

    roster: `schemas.providers.Providers` values, one row for each provider. outages: `pipeline.outages.OUTAGES`. warnings: what of them
    is not used and should be put right; notes: what need not be. rehearsal: where changes to mailboxes are remembered that are not made.
    """

    root: Path
    settings: Settings
    roster: pl.DataFrame
    outages: pl.DataFrame
    warnings: tuple[Mistake, ...] = ()
    notes: tuple[Mistake, ...] = ()
    rehearsal: Rehearsal | None = None

    @property
    def plan(self) -> str:
        return self.settings.plan.id

    def folder(self, name: str) -> Path:
        """One of `FOLDERS`."""
        return self.root / name

    def endpoint(self, provider_id: str, environment: Mapping[str, str]) -> Endpoint:
        """Where a provider's mailbox is. Raises ConfigurationError when its key or password is not to be had."""
        return self._endpoint(self.settings.sftp.of(provider_id), environment, lambda name, why: self._mistake(provider_id, name, why))

    def drop(self, key: str, drop: EndpointChoice, environment: Mapping[str, str]) -> Endpoint:
        """Where the files of a channel go. key: that of its settings. Raises ConfigurationError as `endpoint` does."""
        file = str(self.root / SETTINGS_FILE)
        return self._endpoint(drop, environment, lambda name, why: Mistake(file, f"{key}.{name}".rstrip("."), why))

    def _endpoint(self, chosen: EndpointChoice, environment: Mapping[str, str], mistake: Callable[[str, str], Mistake]) -> Endpoint:
        if chosen.password_env is not None and chosen.password_env not in environment:
            raise ConfigurationError(mistake("password_env", f"the environment has no variable {chosen.password_env}"))
        given = {
            "host_key": chosen.host_key,
            "known_hosts": self._path(chosen.known_hosts),
            "private_key": self._path(chosen.private_key),
            "password": None if chosen.password_env is None else SecretStr(environment[chosen.password_env]),
            "connect_timeout": chosen.connect_seconds,
            "operation_timeout": chosen.operation_seconds,
            "attempts": chosen.attempts,
            "backoff": chosen.backoff_seconds,
            "rehearsal": self.rehearsal,
        }
        try:
            return check(Endpoint(str(chosen.url), **{name: value for name, value in given.items() if value is not None}))  # type: ignore[arg-type]
        except ValueError as error:
            raise ConfigurationError(mistake("", str(error))) from None

    def endpoints(self, environment: Mapping[str, str], provider_ids: Sequence[str] | None = None) -> dict[str, Endpoint]:
        """Where the mailboxes are, by provider: those named, else all. Raises ConfigurationError with all that is not to be had.

        Nobody is contacted, but key files are read: that one holds no key is found before anything is touched.
        """
        found: dict[str, Endpoint] = {}
        mistakes: dict[Mistake, None] = {}  # what is wrong with the plan's own is so for every provider, and told once
        keys: set[Path] = set()
        for provider_id in self.roster["provider_id"] if provider_ids is None else provider_ids:
            try:
                found[provider_id] = self.endpoint(provider_id, environment)
                if (key := found[provider_id].private_key) is not None and key not in keys:
                    keys.add(key)
                    self._check_key(provider_id, key)
            except ConfigurationError as error:
                mistakes |= dict.fromkeys(error.mistakes)
        if mistakes:
            raise ConfigurationError(*mistakes)
        return found

    def _check_key(self, provider_id: str, path: Path) -> None:
        from sftp.connection import private_key

        try:
            private_key(path)
        except ValueError as error:
            raise ConfigurationError(self._mistake(provider_id, "", str(error))) from None

    def _path(self, name: str | None) -> Path | None:
        return None if name is None else self.root / Path(name).expanduser()

    def _mistake(self, provider_id: str, name: str, message: str) -> Mistake:
        """A mistake of an endpoint, told of the plan's own unless the provider has one."""
        override = self.settings.sftp.providers.get(provider_id)
        own = override is not None and (not name or getattr(override, name) is not None)
        key = ".".join(filter(None, ("sftp", *(("providers", provider_id) if own else ()), name)))
        return Mistake(str(self.root / SETTINGS_FILE), key, message)


def open_workspace(root: Path) -> Workspace:
    """Read and check everything that is configured. Raises ConfigurationError with every mistake; nothing has been touched by then."""
    draft = draft_settings(root)
    if not (root / SETTINGS_FILE).is_file():  # no workspace: what else it lacks is beside the point
        raise ConfigurationError(*draft.mistakes)
    roster = read_roster(root / ROSTER_FILE, draft.settings.profile if draft.settings else load_profile(GUIDANCE))
    provider_ids = None if roster.mistakes and roster.rows.is_empty() else roster.rows["provider_id"].drop_nulls().to_list()
    outages = read_outages(root / OUTAGES_FILE, draft.plan.time_zone if draft.plan else PLAN_TIME, provider_ids)
    mistakes = [
        *draft.mistakes,
        *_of_calendar(draft),
        *_of_addresses(draft),
        *_of_overrides(draft, provider_ids),
        *_of_organizations(draft, roster.rows),
    ]
    mistakes += [*roster.mistakes, *outages.mistakes]
    if draft.settings is None or mistakes:
        raise ConfigurationError(*mistakes)
    return Workspace(root, draft.settings, roster.rows, outages.rows, (*roster.warnings, *outages.warnings), roster.notes)


def private_folder(path: Path) -> Path:
    """A folder that only this account can enter, made when missing."""
    make_private_folder(path)
    return path


def _of_calendar(draft: Draft) -> Iterator[Mistake]:
    for problem in check_calendar(draft.calendar) if draft.calendar is not None else ():
        key, _, message = problem.partition(": ")
        yield Mistake(draft.file_of(key), key, message)


def _of_addresses(draft: Draft) -> Iterator[Mistake]:
    """Addresses that are none, or that hold a password; what identifies a server is looked at when it is to be asked."""
    if draft.sftp is None:
        return
    for key, url in {"sftp": draft.sftp.url, **{f"sftp.providers.{name}": one.url for name, one in draft.sftp.providers.items()}}.items():
        try:
            check_address(url or draft.sftp.url)
        except ValueError as error:
            yield Mistake(draft.file_of(f"{key}.url"), f"{key}.url", str(error))


def _of_overrides(draft: Draft, provider_ids: Collection[str] | None) -> Iterator[Mistake]:
    if draft.sftp is None or provider_ids is None:
        return
    with_mailbox = [name for name, one in draft.organizations.items() if one.mailbox is not None]
    for provider_id in sorted(set(draft.sftp.providers) - {*provider_ids, *with_mailbox}):
        key = f"sftp.providers.{provider_id}"
        yield Mistake(draft.file_of(key), key, f"no such provider in {ROSTER_FILE}{hint(provider_id, provider_ids)}")


def _of_organizations(draft: Draft, roster: pl.DataFrame) -> Iterator[Mistake]:
    """Organizations that the roster does not have, and names and mailboxes that would be a provider's or one another's."""
    taken = {str(text).casefold(): "a provider's" for name in ("provider_id", "mailbox") for text in roster[name].drop_nulls()}
    for name, one in draft.organizations.items():
        key = f"notices.organizations.{name}"
        if one.provider_id is not None and one.provider_id not in roster["provider_id"]:
            near = hint(one.provider_id, roster["provider_id"].drop_nulls().to_list())
            yield Mistake(draft.file_of(key), f"{key}.provider_id", f"no such provider in {ROSTER_FILE}{near}")
        if one.mailbox is None:
            continue
        for own, text in (("", name), ("mailbox", one.mailbox)):
            whose = taken.get(text.casefold())
            if whose is not None:
                yield Mistake(draft.file_of(key), f"{key}.{own}".rstrip("."), f"{text!r} is {whose} already: nobody shares a mailbox")
        taken |= {name.casefold(): "another organization's", one.mailbox.casefold(): "another organization's"}
