"""Decides which notices are owed: what has to be told to whom, and by when, and which of those queued are owed no longer.

It sends nothing: what became of a notice is written by those who send it. What each kind tells is decided in a module of its own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from config.settings import Settings
from pipeline.business_days import in_utc
from pipeline.closure_notices import closures
from pipeline.decision_notices import DENIED, decisions
from pipeline.file_notices import file_notices
from pipeline.lateness import ExchangeRecord
from pipeline.notice_facts import is_open, with_due_times, with_lateness
from pipeline.pending_notices import pending_updates
from pipeline.placement_notices import placements, standing_loops
from pipeline.provider_notices import aging, streamlined_endings
from pipeline.recipients import NO_DENIAL_REASON, PROVIDER, providers_as_sides, reach, sides_of
from pipeline.standing_notices import addressed_anew, settled, withdrawn
from schemas.codes import SOBERING_CENTERS, plain
from schemas.history import Loops
from schemas.notices import FATE, NoticeKind, Notices, NoticeState

OPEN_STATES = (NoticeState.QUEUED.value, NoticeState.MANUAL.value, NoticeState.FAILED.value)
ORDER = ("due_at", "kind", "referral_id", "loop", "recipient_kind", "notice_id")


@dataclass(frozen=True)
class Owed:
    """What notices are computed from: collected frames of one plan.

    referrals: current version of each, the columns of `schemas.referrals` with `plan`; moments in UTC. members: current version of
    each, as `schemas.members`. providers: as `schemas.providers`. assignments, closures, loops: as in `schemas.history`. versions: every
    version of every referral, with the `run_id` that took it in; where there are none, what stands now is all that was ever told.
    exchange: what was asked of providers and what came back; without it nothing is said about their files.
    """

    referrals: pl.DataFrame
    members: pl.DataFrame
    providers: pl.DataFrame
    assignments: pl.DataFrame
    closures: pl.DataFrame
    versions: pl.DataFrame = field(default_factory=pl.DataFrame)
    loops: pl.DataFrame = field(default_factory=Loops.no_rows)
    exchange: ExchangeRecord | None = None


@dataclass(frozen=True)
class Changes:
    """What is to be written to the ledger now, each as `schemas.notices.Notices`.

    new: owed and not queued yet, or owed again. cancelled: queued and owed no longer. settled: told already, by the plan's own extract.
    addressed: not sent yet, and to be told to somebody else, elsewhere, or in other words.
    """

    new: pl.DataFrame
    cancelled: pl.DataFrame
    settled: pl.DataFrame
    addressed: pl.DataFrame

    @property
    def rows(self) -> pl.DataFrame:
        """All of them: at most one new version of each notice."""
        return pl.concat([self.new, self.cancelled, self.settled, self.addressed])


def owed_notices(owed: Owed, known: pl.DataFrame, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """The notices owed by now that are not yet in `known` (both as `schemas.notices.Notices`), by due time: `new` of `notice_changes`."""
    return notice_changes(owed, known, settings, as_of).new


def notice_changes(owed: Owed, known: pl.DataFrame, settings: Settings, as_of: dt.datetime) -> Changes:
    """What the ledger has to be told now. known: the current version of every notice.

    One fact told to one side of a referral is one notice for good: its id follows from them, so a replay owes nothing. Nothing that
    happens after `as_of` is told. Raises CalendarNotConfirmed when a due day is past the confirmed year.
    """
    facts = _facts(owed, known, settings, as_of).filter(pl.col("trigger_at") <= in_utc(as_of))
    is_settled = known.filter(~is_open() & (pl.col("state") != NoticeState.CANCELLED.value))
    unsettled = facts.join(is_settled, on="notice_id", how="anti", maintain_order="left")
    now = _addressed(unsettled, owed, settings, as_of)
    told = settled(now, _versions(owed), settings)
    outstanding = known.filter(is_open())
    fresh = now.join(outstanding, on="notice_id", how="anti", maintain_order="left")
    new = pl.concat([fresh.join(told, on="notice_id", how="anti", maintain_order="left"), told.join(fresh, on="notice_id", how="semi")])
    settled_now = settled(outstanding, _versions(owed), settings)
    remaining = outstanding.join(settled_now, on="notice_id", how="anti", maintain_order="left")
    remaining = remaining.filter(pl.col("sent_as").is_null())  # what is on its way goes as it was written
    past = remaining.filter(pl.col("trigger_at") <= in_utc(as_of))
    return Changes(
        new=_sorted(new),
        cancelled=_sorted(withdrawn(past, now, facts, owed.referrals, owed.loops)),
        settled=_sorted(settled_now),
        addressed=_sorted(addressed_anew(remaining, now)),
    )


def overdue(notices: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Notices with a Boolean `overdue`: due before now, and still queued, failed or waiting for a person."""
    return notices.with_columns(overdue=pl.col("state").is_in(OPEN_STATES) & (pl.col("due_at") < in_utc(as_of)))


def _facts(owed: Owed, known: pl.DataFrame, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """Everything that holds now, told or not, whoever is there to be told."""
    versions = _versions(owed)
    referrals = owed.referrals.filter(pl.col("service").ne_missing(SOBERING_CENTERS))
    loops = owed.loops.join(referrals, on="referral_id", how="semi", maintain_order="left")
    holders = standing_loops(owed.assignments).filter(pl.col("provider_id").is_not_null()).select("referral_id", "provider_id")
    parts = [
        decisions(referrals, versions, holders, owed.providers, known, settings),
        closures(owed.closures, owed.assignments, referrals, known, settings),
        placements(owed.assignments, owed.closures, owed.providers, referrals, versions, settings),
        pending_updates(loops, owed.assignments, referrals, versions, settings, as_of),
        streamlined_endings(loops, referrals, versions, settings, as_of),
        aging(loops, owed.members, settings, as_of),
        *([file_notices(owed.exchange, settings, as_of)] if owed.exchange is not None else []),
    ]
    return pl.concat(parts, how="diagonal")


def _versions(owed: Owed) -> pl.DataFrame:
    """Every version of every referral with the moment and the run that brought it, the earliest first."""
    versions = owed.versions if owed.versions.height else owed.referrals.with_columns(run_id=pl.lit(None, dtype=pl.String))
    named = versions.rename({"known_from": "known_at", "run_id": "known_by"})
    return named.sort("referral_id", "known_at", "known_by", maintain_order=True)


def _addressed(facts: pl.DataFrame, owed: Owed, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """Facts as notices, each to who stands on its side; where nobody does, nothing is owed."""
    concerned = owed.referrals.join(facts, on="referral_id", how="semi")
    to_provider = pl.col("side") == PROVIDER
    told = pl.concat(
        [
            facts.filter(~to_provider)
            .join(sides_of(concerned, owed.members), on=["referral_id", "side"], maintain_order="left")
            .filter(_is_another_organization()),
            facts.filter(to_provider)
            .join(providers_as_sides(owed.providers), on="provider_id", how="left", maintain_order="left")
            .with_columns(recipient_kind=pl.lit(PROVIDER)),
        ],
        how="diagonal",
    )
    timed = with_lateness(with_due_times(told, settings), settings, as_of)
    unexplained = (
        (pl.col("kind") == NoticeKind.AUTHORIZATION_DECISION.value) & (pl.col("tells") == DENIED) & pl.col("tells_reason").is_null()
    )
    return (
        reach(timed, settings.notices)
        .with_columns(
            state=pl.when(unexplained).then(pl.lit(NoticeState.MANUAL.value)).otherwise("state"),
            channel=pl.when(unexplained).then(pl.lit("manual")).otherwise("channel"),
            why_manual=pl.when(unexplained).then(pl.coalesce("why_manual", pl.lit(NO_DENIAL_REASON))).otherwise("why_manual"),
            calendar_version=pl.lit(settings.profile.calendar.version),
            **dict.fromkeys(FATE),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in Notices.polars_schema().items())
    )


def _is_another_organization() -> pl.Expr:
    """A PCP who is the provider knows already: by NPI, or by the organization's name."""
    same_npi = pl.col("npi") == pl.col("provider_npi")
    same_name = plain(pl.col("recipient")) == plain(pl.col("tells"))
    return (pl.col("kind") != NoticeKind.PCP_ASSIGNMENT.value) | ~(same_npi.fill_null(value=False) | same_name.fill_null(value=False))


def _sorted(notices: pl.DataFrame) -> pl.DataFrame:
    return notices.sort(ORDER, nulls_last=False, maintain_order=True)
