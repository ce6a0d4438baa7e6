"""The workspace: one plan's folder, its settings and its roster, read whole before anything else happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pydantic import SecretStr

from config.errors import ConfigurationError
from config.load import load_settings
from config.settings import Settings
from outputs.files import make_private_folder
from pipeline.business_days import check_calendar
from pipeline.extracts import moment
from pipeline.findings import HEADINGS, errors_in, findings_from
from pipeline.read import ReadLimits, read
from pipeline.recognise import Headings, recognise
from pipeline.validate import judge_for, judge_rows, read_values
from schemas.codes import PROGRAMS
from schemas.layouts import EXTRACTS
from schemas.rules import RULES
from sftp.endpoint import Endpoint, check

ROSTER_FILE = "providers.csv"
OUTAGES_FILE = "outages.csv"
OUTAGES = pl.Schema(
    {
        "from": pl.Datetime("us", "UTC"),
        "to": pl.Datetime("us", "UTC"),
        "providers": pl.String(),
        "reason": pl.String(),
        "evidence": pl.String(),
    }
)
FOLDERS = ("intake", "store", "archive", "quarantine", "outbox", "reports", "logs")
NO_LIMITS = ReadLimits(
    file_bytes=8 * 2**30, rows=20_000_000, columns=512, cell_characters=65_536, unpacked_bytes=8 * 2**30
)  # the plan's own files


@dataclass(frozen=True)
class Workspace:
    """One plan's folder, as configured.

    roster: `schemas.providers.Providers` values, one row for each provider. outages: `OUTAGES`.
    """

    root: Path
    settings: Settings
    roster: pl.DataFrame
    outages: pl.DataFrame

    @property
    def plan(self) -> str:
        return self.settings.plan.id

    def folder(self, name: str) -> Path:
        """One of `FOLDERS`."""
        return self.root / name

    def endpoint(self, provider_id: str, environment: Mapping[str, str]) -> Endpoint:
        """Where a provider's mailbox is. Raises ConfigurationError when its key or password is not to be had."""
        chosen = self.settings.sftp.of(provider_id)
        given = {
            "host_key": chosen.host_key,
            "known_hosts": self._path(chosen.known_hosts),
            "private_key": self._path(chosen.private_key),
            "password": self._password(chosen.password_env, environment),
            "connect_timeout": chosen.connect_seconds,
            "operation_timeout": chosen.operation_seconds,
            "attempts": chosen.attempts,
            "backoff": chosen.backoff_seconds,
        }
        try:
            return check(Endpoint(str(chosen.url), **{name: value for name, value in given.items() if value is not None}))  # type: ignore[arg-type]
        except ValueError as error:
            raise ConfigurationError(f"{self.root / 'clr.toml'}: sftp ({provider_id}): {error}") from None

    def _path(self, name: str | None) -> Path | None:
        return None if name is None else self.root / Path(name).expanduser()

    def _password(self, name: str | None, environment: Mapping[str, str]) -> SecretStr | None:
        if name is None:
            return None
        if name not in environment:
            raise ConfigurationError(f"{self.root / 'clr.toml'}: sftp.password_env: the environment has no variable {name}")
        return SecretStr(environment[name])


def open_workspace(root: Path) -> Workspace:
    """Read and check everything that is configured. Raises ConfigurationError; nothing has been touched by then."""
    settings = load_settings(root)
    if problems := check_calendar(settings.profile.calendar):
        raise ConfigurationError(f"{root / 'clr.toml'}: calendar: {problems[0]}")
    roster = _read_roster(root / ROSTER_FILE, settings)
    unknown = sorted(set(settings.sftp.providers) - set(roster["provider_id"]))
    if unknown:
        raise ConfigurationError(f"{root / 'clr.toml'}: sftp.providers.{unknown[0]}: no such provider in {ROSTER_FILE}")
    return Workspace(root, settings, roster, _read_outages(root / OUTAGES_FILE, settings))


def private_folder(path: Path) -> Path:
    """A folder that only this account can enter, made when missing."""
    make_private_folder(path)
    return path


def _read_roster(path: Path, settings: Settings) -> pl.DataFrame:
    values = _read_table(path, "providers", settings)
    for name in ("provider_id", "mailbox"):
        repeated = values.filter(pl.col(name).str.to_lowercase().is_duplicated())
        if repeated.height:
            raise ConfigurationError(f"{path}: {name}: {repeated[name][0]!r} stands in two rows; each provider has its own")
    for provider_id, programs in values.select("provider_id", "programs").iter_rows():
        wrong = [program.strip() for program in programs.split(";") if program.strip() not in PROGRAMS.labels]
        if wrong:
            raise ConfigurationError(f"{path}: programs: {provider_id}: ECM, CS or both separated by ; are allowed")
    return values.select(*EXTRACTS["providers"].elements()).sort("provider_id")


def _read_table(path: Path, kind: str, settings: Settings) -> pl.DataFrame:
    """A table of the configuration; whatever is wrong with it stops everything."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file; `clr init` makes one to start from") from None
    file = read(content, path.name, NO_LIMITS)
    for defect in file.defects:
        if defect.rule.startswith("F00") or defect.rule == "F010":
            raise ConfigurationError(f"{path}: cannot be read as a table ({defect.rule} {RULES[defect.rule].title}). {defect.detail}")
    table = recognise(file.sheets, Headings((kind,), {}))
    wrong = [f"{rule} {detail}" for rule, detail in table.failures if rule in ("F011", "F013", "F014")]
    if wrong or table.kind is None:
        raise ConfigurationError(f"{path}: not a table of {kind}: {'; '.join(wrong)}")
    if table.row_failures.height:
        raise ConfigurationError(f"{path}: row {table.row_failures['row'][0]} has {table.row_failures['detail'][0]}")
    judge = judge_for(kind, settings.profile)
    rows = table.rows.with_columns(submission_id=pl.lit(kind), today=pl.lit(None, dtype=pl.Date))
    values = read_values(rows, judge)
    errors = findings_from(errors_in(judge_rows(values, judge)), pl.DataFrame(schema=HEADINGS))
    if errors.height:
        first = errors.row(0, named=True)
        raise ConfigurationError(f"{path}: row {first['row']}: {first['message']}")
    return values


def _read_outages(path: Path, settings: Settings) -> pl.DataFrame:
    if not path.exists():
        return pl.DataFrame(schema=OUTAGES)
    file = read(path.read_bytes(), path.name, NO_LIMITS)
    if not file.sheets or not file.sheets[0].cells.height:
        raise ConfigurationError(f"{path}: columns {', '.join(OUTAGES)} are needed")
    names = [name for name in file.sheets[0].cells.columns if name not in ("row", "line")]
    header, *rows = file.sheets[0].cells.select(names).rows()
    places = {str(heading).strip(): place for place, heading in enumerate(header)}
    if missing := [name for name in OUTAGES if name not in places]:
        raise ConfigurationError(f"{path}: column {missing[0]} is missing; columns {', '.join(OUTAGES)} are needed")
    texts = pl.DataFrame([{name: row[places[name]] for name in OUTAGES} for row in rows], schema={name: pl.String() for name in OUTAGES})
    outages = texts.with_columns(moment(pl.col(name), settings.plan.time_zone).alias(name) for name in ("from", "to"))
    misread = pl.col("to").is_null() & texts["to"].is_not_null()
    bad = outages.filter(pl.col("from").is_null() | misread | (pl.col("to") < pl.col("from")))
    if bad.height:
        raise ConfigurationError(f"{path}: from, to: an outage has a beginning and, once it is over, an end after it, as 2026-03-05T21:00")
    return outages
