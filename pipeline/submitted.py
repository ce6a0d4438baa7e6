"""What a judgement starts from: files as received and recognized, and what the plan knows before them.

Nothing is decided here but which sheets of a file are judged by themselves, and whether their rows can be judged at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from config.settings import Settings
from pipeline.parts import BESIDE, part_beside
from pipeline.recognise import HEADING_FAULTS, Recognised
from schemas.layouts import INBOUND
from schemas.rule import Severity
from schemas.rules import RULES

AUTHORIZATIONS = pl.Schema(dict.fromkeys(("plan", "referral_id", "authorization_number"), pl.String()))


@dataclass(frozen=True)
class Submitted:
    """One file as received and as recognized. arrival: a row of `schemas.submissions.Arrivals`; told: file-level defects of reading it."""

    arrival: Mapping[str, object]
    table: Recognised | None
    told: tuple[tuple[str, str], ...]

    @property
    def submission_id(self) -> str:
        return str(self.arrival["submission_id"])

    @property
    def parts(self) -> tuple[Submitted, ...]:
        """The file, and the tracker beside it as a file of its own."""
        if self.table is None or self.table.tracker is None:
            return (self,)
        arrival = {**self.arrival, "submission_id": part_beside(self.submission_id)}
        return (self, Submitted(arrival, self.table.tracker, ()))

    @property
    def sheet(self) -> str | None:
        """The sheet, where the file has two that are read."""
        has_two = self.table is not None and (self.table.tracker is not None or self.submission_id.endswith(BESIDE))
        return self.table.sheet if self.table is not None and has_two else None

    @property
    def failures(self) -> tuple[tuple[str, str], ...]:
        """What is said of the file as a whole before its rows are looked at."""
        return self.told + (self.table.failures if self.table else ())

    @property
    def errors(self) -> set[str]:
        """Rules that reject it as a whole before its rows are looked at."""
        return {rule for rule, _ in self.failures if RULES[rule].severity is Severity.ERROR}

    @property
    def is_readable(self) -> bool:
        """Whether its rows can be judged."""
        return self.table is not None and self.table.kind in INBOUND and not self.errors

    @property
    def has_wrong_headings(self) -> bool:
        """Whether nothing but its headings stands against its rows."""
        return self.table is not None and self.table.kind in INBOUND and bool(self.errors) and self.errors <= HEADING_FAULTS


def _no_authorizations() -> pl.DataFrame:
    return pl.DataFrame(schema=AUTHORIZATIONS)


@dataclass(frozen=True)
class Known:
    """What the plan knows before these submissions.

    providers: the roster. members: current versions. loops: `schemas.history.Loops` with `sent_at`. told: gives the observations of loops.
    attempts: gives their `schemas.outreach.OutreachAttempts`. listings, submissions (those that stand), rows: as stored.
    authorizations: gives the numbers that referrals have or had (`plan`, `referral_id`, `authorization_number`).
    """

    settings: Settings
    providers: pl.DataFrame
    members: pl.DataFrame
    loops: pl.DataFrame
    told: Callable[[pl.DataFrame], pl.DataFrame]
    attempts: Callable[[pl.DataFrame], pl.DataFrame]
    listings: pl.DataFrame
    submissions: pl.DataFrame
    rows: pl.DataFrame
    authorizations: Callable[[], pl.DataFrame] = _no_authorizations
