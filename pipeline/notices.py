"""Decides which notices are owed: what has to be told to whom, and by when.

It sends nothing and knows of no evidence: what became of a notice is written by those who send it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from config.settings import Settings
from pipeline import business_days
from pipeline.names import digest_names
from pipeline.recipients import MEMBER, PCP, REFERRING_ENTITY, made_by_member, reach, sides_of
from schemas.codes import SOBERING_CENTERS, AuthorizationStatus, ClosureReason, Program
from schemas.notices import FATE, NoticeKind, Notices, NoticeState

DECIDED = (AuthorizationStatus.APPROVED.value, AuthorizationStatus.DENIED.value)
OPEN_STATES = (NoticeState.QUEUED.value, NoticeState.MANUAL.value, NoticeState.FAILED.value)
IDENTITY = ("kind", "side", "plan", "referral_id", "loop")
DAY = "%b %-d, %Y"
MOMENT = pl.Datetime("us", "UTC")
TRIGGERS = {
    NoticeKind.AUTHORIZATION_DECISION.value: "decision",
    NoticeKind.LOOP_CLOSURE.value: "closure",
    NoticeKind.ASSIGNMENT.value: "assignment",
    NoticeKind.PCP_ASSIGNMENT.value: "assignment",
    NoticeKind.REREFERRAL.value: "assignment",
}
ORDER = ("due_at", "kind", "referral_id", "loop", "recipient_kind", "notice_id")


@dataclass(frozen=True)
class Owed:
    """What notices are computed from: collected frames of one plan.

    referrals: current version of each, the columns of `schemas.referrals` with `plan`; moments in UTC. members: current version of
    each, as `schemas.members`. providers: as `schemas.providers`. assignments, closures: as in `schemas.history`. versions: every version
    of every referral, with the `run_id` that took it in; where there are none, what stands now is all that was ever told.
    """

    referrals: pl.DataFrame
    members: pl.DataFrame
    providers: pl.DataFrame
    assignments: pl.DataFrame
    closures: pl.DataFrame
    versions: pl.DataFrame = field(default_factory=pl.DataFrame)


def owed_notices(owed: Owed, known: pl.DataFrame, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """The notices owed by now that are not yet in `known` (both as `schemas.notices.Notices`), by due time.

    One fact told to one side of a referral is one notice for good: its id follows from them, so a replay owes nothing. Nothing that
    happens after `as_of` is told; else `as_of` changes nothing. Raises CalendarNotConfirmed when a due day is past the confirmed year.
    """
    referrals = owed.referrals.filter(pl.col("service").ne_missing(SOBERING_CENTERS))
    facts = pl.concat(
        [
            _decisions(referrals, _told(owed), settings),
            _closures(owed.closures, owed.assignments, referrals, settings),
            _placements(owed.assignments, owed.providers, referrals, _told(owed), settings),
        ],
        how="diagonal",
    )
    unknown = facts.filter(pl.col("trigger_at") <= business_days.in_utc(as_of)).pipe(_with_ids).join(known, on="notice_id", how="anti")
    concerned = referrals.join(unknown, on="referral_id", how="semi")
    new = unknown.join(sides_of(concerned, owed.members), on=["referral_id", "side"], maintain_order="left").filter(
        (pl.col("npi") != pl.col("provider_npi")).fill_null(value=True)  # a PCP who is the provider knows already
    )
    return (
        reach(with_lateness(_with_due_times(new, settings), settings, as_of), settings.notices)
        .with_columns(calendar_version=pl.lit(settings.profile.calendar.version), **dict.fromkeys(FATE))
        .select(pl.col(name).cast(dtype) for name, dtype in Notices.polars_schema().items())
        .sort(ORDER, nulls_last=False, maintain_order=True)
    )


def overdue(notices: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Notices with a Boolean `overdue`: due before now, and still queued, failed or waiting for a person."""
    return notices.with_columns(overdue=pl.col("state").is_in(OPEN_STATES) & (pl.col("due_at") < business_days.in_utc(as_of)))


def with_lateness(facts: pl.DataFrame, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """Add `late_because` to notices that are late when they are queued: what is told came late to the plan, or was worked on late.

    facts: `kind`, `trigger_at`, `known_at`, `due_at`.
    """
    of = pl.col("kind").replace_strict(TRIGGERS, default="what it tells", return_dtype=pl.String)
    happened, came, due, now = (
        moment.dt.convert_time_zone(settings.plan.time_zone).dt.strftime(DAY)
        for moment in (pl.col("trigger_at"), pl.col("known_at"), pl.col("due_at"), pl.lit(as_of).cast(MOMENT))
    )
    told_late = pl.format("the {} of {} came to the plan on {}", of, happened, came)
    worked_late = pl.format("known since {} and due on {}, but no run queued it before {}", came, due, now)
    return facts.with_columns(
        late_because=pl.when(pl.col("due_at") < pl.col("known_at"))
        .then(told_late)
        .when(pl.col("due_at") < business_days.in_utc(as_of))
        .then(worked_late)
    )


def _told(owed: Owed) -> pl.DataFrame:
    """Every version of every referral with the moment and the run that brought it, the earliest first."""
    versions = owed.versions if owed.versions.height else owed.referrals.with_columns(run_id=pl.lit(None, dtype=pl.String))
    return versions.sort("referral_id", "known_from", "run_id", maintain_order=True).rename(
        {"known_from": "known_at", "run_id": "known_by"}
    )


def _decisions(referrals: pl.DataFrame, told: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Approved or denied: to the referring entity within hours, to the member within business days (APL 21-011)."""
    deadlines = settings.profile.deadlines
    decision = ("referral_id", "authorization_status", "decision_at")
    known = told.unique(decision, keep="first", maintain_order=True).select(*decision, "known_at", "known_by")
    referrals = referrals.join(known, on=decision, how="left", maintain_order="left")
    decided = referrals.filter(pl.col("authorization_status").is_in(DECIDED) & pl.col("decision_at").is_not_null()).select(
        "plan",
        "referral_id",
        "cin",
        kind=pl.lit(NoticeKind.AUTHORIZATION_DECISION.value),
        tells="authorization_status",
        tells_date=_plan_day("decision_at", settings),
        trigger_at="decision_at",
        known_at="known_at",
        known_by="known_by",
        identity=pl.format("{} {}", "authorization_status", pl.col("decision_at").dt.timestamp("us")),
    )
    return pl.concat(
        [
            decided.with_columns(side=pl.lit(REFERRING_ENTITY), hours=pl.lit(deadlines.decision_to_referrer_hours)),
            decided.with_columns(side=pl.lit(MEMBER), business_days=pl.lit(deadlines.decision_to_member_business_days)),
        ],
        how="diagonal",
    )


def _closures(closures: pl.DataFrame, assignments: pl.DataFrame, referrals: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Each step of a closure, to who made the referral; the clock starts when the plan learns of it (CLR guidance, use case 1)."""
    # A denial is told as a decision: that notice is its closure notice (CLR guidance, Table 5).
    denied_by_plan = (pl.col("closure_reason") == ClosureReason.AUTHORIZATION_DENIED.value) & (pl.col("source") == "plan")
    steps = closures.filter(~denied_by_plan).with_columns(identity=pl.format("{} {}", "step", "closure_reason"))
    return (
        steps.with_columns(identity_before=pl.col("identity").shift(1).over("referral_id", "loop", order_by="step"))
        .join(assignments.select("referral_id", "loop", "provider_id"), on=["referral_id", "loop"], how="left", maintain_order="left")
        .join(referrals.select("referral_id", "cin", by_member=made_by_member()), on="referral_id", maintain_order="left")
        .select(
            "plan",
            "referral_id",
            "cin",
            "loop",
            "provider_id",
            "identity",
            "identity_before",
            kind=pl.lit(NoticeKind.LOOP_CLOSURE.value),
            side=pl.when("by_member").then(pl.lit(MEMBER)).otherwise(pl.lit(REFERRING_ENTITY)),
            tells="closure_reason",
            tells_date="closed_on",
            trigger_at="received_at",
            known_at="received_at",
            known_by="submission_id",
            business_days=pl.lit(settings.profile.deadlines.closure_business_days),
        )
    )


def _placements(
    assignments: pl.DataFrame, providers: pl.DataFrame, referrals: pl.DataFrame, told: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Each placement with a provider: an assignment to everybody concerned, or a re-referral; the PCP hears of every ECM provider."""
    deadlines = settings.profile.deadlines
    again = pl.col("loop") > 1
    placed = (
        assignments.filter(pl.col("provider_id").is_not_null() & pl.col("assigned_at").is_not_null())
        .drop("cin")
        .join(referrals.select("referral_id", "cin"), on="referral_id", maintain_order="left")
        .join(providers.select("provider_id", provider_npi="npi", name="name"), on="provider_id", how="left", maintain_order="left")
        .join(
            told.select("referral_id", "known_at", "known_by").unique(["referral_id", "known_at"], keep="first", maintain_order=True),
            on=["referral_id", "known_at"],
            how="left",
            maintain_order="left",
        )
        .select(
            "plan",
            "referral_id",
            "cin",
            "loop",
            "program",
            "provider_id",
            "provider_npi",
            kind=pl.when(again).then(pl.lit(NoticeKind.REREFERRAL.value)).otherwise(pl.lit(NoticeKind.ASSIGNMENT.value)),
            tells=pl.coalesce("name", "provider_id"),
            tells_date=_plan_day("assigned_at", settings),
            trigger_at="assigned_at",
            known_at="known_at",
            known_by="known_by",
            business_days=pl.when(again).then(deadlines.rereferral_business_days).otherwise(deadlines.assignment_business_days),
            identity="provider_id",
        )
    )
    to_pcp = placed.filter(pl.col("program") == Program.ECM.value).with_columns(
        side=pl.lit(PCP),
        kind=pl.lit(NoticeKind.PCP_ASSIGNMENT.value),
        business_days=pl.lit(deadlines.pcp_assignment_business_days),
    )
    return pl.concat([placed.with_columns(side=pl.lit(MEMBER)), placed.with_columns(side=pl.lit(REFERRING_ENTITY)), to_pcp])


def _with_ids(facts: pl.DataFrame) -> pl.DataFrame:
    """`notice_id` by what is told, to which side, about which loop; `corrects` by what was told before."""
    return facts.with_columns(
        notice_id=digest_names("N", facts.select(*IDENTITY, "identity")),
        corrects=digest_names("N", facts.select(*IDENTITY, "identity_before")),
    ).with_columns(corrects=pl.when(pl.col("identity_before").is_not_null()).then("corrects"))


def _with_due_times(facts: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    calendar, zone = settings.profile.calendar, settings.plan.zone
    elapsed = facts.filter(pl.col("hours").is_not_null()).with_columns(due_at=pl.col("trigger_at") + pl.duration(hours="hours"))
    counted = [
        same.with_columns(due_at=business_days.due_dates(same["trigger_at"], same["business_days"][0], calendar, zone))
        for same in facts.filter(pl.col("business_days").is_not_null()).partition_by("business_days", maintain_order=True)
    ]
    return pl.concat([elapsed, *counted])


def _plan_day(moment: str, settings: Settings) -> pl.Expr:
    return pl.col(moment).dt.convert_time_zone(settings.plan.time_zone).dt.date()
