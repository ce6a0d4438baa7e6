"""Decides what the monitoring report measures in a month: which cases belong to it, and which of them are as they should be.

A limit that ran out in the month is a case of the month, met or not: so nothing that never happened is left out of a share.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from config.settings import Settings
from pipeline.business_days import due_dates
from pipeline.denials import APPROVED, DENIED, with_decision, with_referring_entity
from pipeline.holdings import CLOSED, REPLACED, holdings, open_on, with_provider
from pipeline.lateness import of_period
from pipeline.measures import BY_PROGRAM, SHARE, numbers, ratios, shares, unknown, without_case
from pipeline.periods import Period
from schemas.codes import REFERRAL_TYPES, SOBERING_CENTERS, Program
from schemas.history import LOOP
from schemas.layouts import OTF, RTF_CS, RTF_ECM
from schemas.monitoring import Measure, Monitoring
from schemas.notices import NoticeState
from schemas.submissions import SubmissionStatus

COMMUNITY = REFERRAL_TYPES.labels[0]
MAJORITY = 0.5  # most referrals should come from the community (ECM Policy Guide)
BY_PROVIDER = ("program", "provider_id")
PROGRAM_OF = {RTF_ECM: Program.ECM.value, RTF_CS: Program.CS.value}
ERROR = "error"


@dataclass(frozen=True)
class Monitored:
    """What is measured, all of it known and happened by the moment of the report.

    referrals, members, providers: current versions. loops, listings: as in `schemas.history`. attempts: `schemas.outreach`. notices,
    submissions: current. findings: `schemas.findings`.
    """

    referrals: pl.DataFrame
    members: pl.DataFrame
    providers: pl.DataFrame
    loops: pl.DataFrame
    listings: pl.DataFrame
    attempts: pl.DataFrame
    notices: pl.DataFrame
    submissions: pl.DataFrame
    findings: pl.DataFrame


def monitoring(told: Monitored, settings: Settings, as_of: dt.datetime, period: Period) -> pl.DataFrame:
    """Every measure of a month that is over: `schemas.monitoring.Monitoring`, in the order of `Measure`.

    DHCS CLR guidance, II.C, Figure 2; ECM Policy Guide. Sobering Centers are outside closed-loop referral.
    """
    referrals = with_decision(told.referrals.filter(pl.col("service") != SOBERING_CENTERS), as_of)
    held = holdings(told.loops, told.members, settings)
    parts = [
        _community(referrals, period),
        *_decisions(referrals, settings, period),
        _first_mif(referrals, told.listings, settings, period),
        *_notices(told.notices, referrals, settings, period),
        *_closed(held, settings, period),
        _pending(held, settings, period),
        _denied(referrals, period),
        *_outreach(told.attempts, held, period),
        *_errors(told.submissions, told.findings, held, settings, period),
    ]
    order = {measure.value: place for place, measure in enumerate(Measure)}
    rows = pl.concat(parts).drop("provider_name").with_columns(plan=pl.lit(settings.plan.id), period=pl.lit(period.name))
    return (
        with_provider(rows, told.providers)
        .sort(
            pl.col("measure").replace_strict(order, return_dtype=pl.Int64),
            "program",
            "provider_id",
            "referring_entity",
            "detail",
            nulls_last=False,
        )
        .select(pl.col(name).cast(dtype) for name, dtype in Monitoring.polars_schema().items())
    )


def _made(referrals: pl.DataFrame, period: Period) -> pl.DataFrame:
    return referrals.filter(pl.col("referral_date").is_between(period.first, period.last))


def _in_period(moment: pl.Expr, settings: Settings, period: Period) -> pl.Expr:
    return moment.dt.convert_time_zone(settings.plan.time_zone).dt.date().is_between(period.first, period.last)


def _community(referrals: pl.DataFrame, period: Period) -> pl.DataFrame:
    cases = _made(referrals, period).filter(pl.col("referral_type").is_not_null()).with_columns(met=pl.col("referral_type") == COMMUNITY)
    return shares(cases, Measure.COMMUNITY, [BY_PROGRAM], "no referral of the month says where it came from", goal=MAJORITY)


def _decisions(referrals: pl.DataFrame, settings: Settings, period: Period) -> list[pl.DataFrame]:
    deadlines, asked = settings.profile.deadlines, referrals.filter(pl.col("request_received_at").is_not_null())
    routine_due = due_dates(
        asked["request_received_at"], deadlines.routine_decision_business_days, settings.profile.calendar, settings.plan.zone
    )
    expedited = pl.col("expedited").eq_missing("Y")
    due = pl.when(expedited).then(pl.col("request_received_at") + pl.duration(hours=deadlines.expedited_decision_hours)).otherwise("due_at")
    cases = asked.with_columns(due_at=routine_due).with_columns(due_at=due).filter(_in_period(pl.col("due_at"), settings, period))
    met = pl.col("decision").is_not_null() & (pl.col("decision_at") <= pl.col("due_at"))
    judged = cases.with_columns(met=met.fill_null(value=False))
    never = "no referral says when the plan was asked to authorize" if asked.is_empty() else "no decision was due in the month"
    return [
        shares(judged.filter(~expedited), Measure.ROUTINE_DECISION, [BY_PROGRAM], never),
        shares(judged.filter(expedited), Measure.EXPEDITED_DECISION, [BY_PROGRAM], never),
    ]


def _first_mif(referrals: pl.DataFrame, listings: pl.DataFrame, settings: Settings, period: Period) -> pl.DataFrame:
    """Of ECM alone: Community Supports have no MIF. Told of the provider that the referral is with, if it is with one."""
    approved = referrals.filter(
        (pl.col("program") == Program.ECM.value) & (pl.col("decision") == APPROVED) & pl.col("decision_at").is_not_null()
    )
    deadline = settings.profile.deadlines.first_mif_business_days
    due = due_dates(approved["decision_at"], deadline, settings.profile.calendar, settings.plan.zone)
    first = listings.filter(kind="mif").group_by("plan", "referral_id").agg(listed_at=pl.col("produced_at").min())
    cases = approved.with_columns(due_at=due).join(first, on=["plan", "referral_id"], how="left", maintain_order="left")
    judged = cases.filter(_in_period(pl.col("due_at"), settings, period)).with_columns(
        met=(pl.col("listed_at") <= pl.col("due_at")).fill_null(value=False)
    )
    placed = shares(judged.filter(pl.col("provider_id").is_not_null()), Measure.FIRST_MIF, [BY_PROVIDER], "")
    of_plan = shares(judged, Measure.FIRST_MIF, [BY_PROGRAM], "no first MIF was due in the month").filter(program=Program.ECM.value)
    return pl.concat([of_plan, placed])


def _notices(notices: pl.DataFrame, referrals: pl.DataFrame, settings: Settings, period: Period) -> list[pl.DataFrame]:
    """By kind. What was cancelled was not owed any more; what waits for a person, or failed, was not sent."""
    due = notices.filter((pl.col("state") != NoticeState.CANCELLED.value) & _in_period(pl.col("due_at"), settings, period))
    sent = (pl.col("state") == NoticeState.SENT.value) & (pl.col("sent_at") <= pl.col("due_at"))
    own = referrals.select("referral_id", own_program="program")
    cases = due.join(own, on="referral_id", how="left", maintain_order="left").with_columns(
        met=sent.fill_null(value=False), program=pl.coalesce("program", "own_program"), detail="kind"
    )
    levels, why = [BY_PROGRAM, ("program", "detail")], "no notice was due in the month"
    late = cases.with_columns(met=~pl.col("met"))
    return [shares(cases, Measure.NOTICES, levels, why), numbers(late, Measure.LATE_NOTICES, levels, why, "notices")]


def _closed(held: pl.DataFrame, settings: Settings, period: Period) -> list[pl.DataFrame]:
    """Loops whose goal ran out in the month; one that was placed with another provider before that is nobody's to close."""

    def judged(loops: pl.DataFrame, days: int) -> pl.DataFrame:
        due = pl.col("sent_on") + pl.duration(days=days)
        elsewhere = pl.col("ended_by").eq_missing(REPLACED) & (pl.col("ended_on") <= due)
        in_time = pl.col("ended_by").eq_missing(CLOSED) & (pl.col("ended_on") <= due)
        return loops.filter(due.is_between(period.first, period.last), ~elsewhere.fill_null(value=False)).with_columns(
            met=in_time.fill_null(value=False)
        )

    thresholds, levels = settings.profile.thresholds, [BY_PROGRAM, BY_PROVIDER]
    why = "no loop came to its goal in the month"
    return [
        shares(judged(held, thresholds.resolve_days), Measure.CLOSED, levels, why),
        shares(judged(held.filter("homeless"), thresholds.homeless_resolve_days), Measure.CLOSED_HOMELESS, levels, why),
    ]


def _pending(held: pl.DataFrame, settings: Settings, period: Period) -> pl.DataFrame:
    """Open loops of at least each age at the end of the month, of all that are open."""
    still = open_on(held, period.last)
    age = (pl.lit(period.last, dtype=pl.Date) - pl.col("sent_on")).dt.total_days()
    cases = [still.with_columns(met=age >= days, detail=pl.lit(f"{days}+ days")) for days in settings.profile.thresholds.aging_days]
    figures = shares(pl.concat(cases), Measure.PENDING, [("program", "detail"), (*BY_PROVIDER, "detail")], "")
    return pl.concat([figures, unknown(without_case(still), Measure.PENDING, SHARE, "no loop was open at the end of the month")])


def _denied(referrals: pl.DataFrame, period: Period) -> pl.DataFrame:
    made = with_referring_entity(_made(referrals, period)).filter(pl.col("decision").is_not_null())
    cases = made.with_columns(met=pl.col("decision") == DENIED)
    own = shares(cases, Measure.DENIED, [("program", "entity", "referring_entity")], "")
    return pl.concat([shares(cases, Measure.DENIED, [BY_PROGRAM], "no referral of the month is decided"), own])


def _outreach(attempts: pl.DataFrame, held: pl.DataFrame, period: Period) -> list[pl.DataFrame]:
    """Cumulative in the calendar year, to the end of the month. Who holds loops of ECM and told of no attempt may have made some."""
    year = attempts.filter(pl.col("attempted_on").is_between(period.first.replace(month=1, day=1), period.last))
    cases = year.join(held.select(*LOOP, "program"), on=LOOP, how="inner", maintain_order="left")
    told = cases.filter(pl.col("successful").is_not_null()).with_columns(met="successful")
    levels, why = [BY_PROGRAM, BY_PROVIDER], "no attempt of the year was reported"
    holding = held.filter((pl.col("program") == Program.ECM.value) & (pl.col("sent_on") <= period.last)).select(BY_PROVIDER).unique()
    silent = holding.join(cases, on=list(BY_PROVIDER), how="anti").sort(BY_PROVIDER)
    return [
        numbers(cases.with_columns(met=pl.lit(value=True)), Measure.ATTEMPTS, levels, why, "attempts"),
        unknown(silent, Measure.ATTEMPTS, "attempts", why),
        numbers(told, Measure.SUCCESSES, levels, "no attempt of the year says whether the member was reached", "attempts"),
        shares(told, Measure.SUCCESS_SHARE, levels, "no attempt of the year says whether the member was reached"),
    ]


def _errors(
    submissions: pl.DataFrame, findings: pl.DataFrame, held: pl.DataFrame, settings: Settings, period: Period
) -> list[pl.DataFrame]:
    """What was wrong in the files of the month, by provider and rule: where help is needed. A file that came twice counts once."""
    came = of_period(submissions, period.name, settings).filter(pl.col("status") != SubmissionStatus.DUPLICATE.value)
    files = came.filter(pl.col("kind").ne_missing(OTF)).with_columns(program=pl.col("kind").replace_strict(PROGRAM_OF, default=None))
    errors = findings.filter(severity=ERROR).join(files.select("submission_id", *BY_PROVIDER), on="submission_id")
    own = files.group_by(BY_PROVIDER).agg(read=pl.col("rows_read").sum(), rejected=pl.col("rows_rejected").sum(), files=pl.len())
    every = own.group_by(BY_PROGRAM).agg(pl.col("read", "rejected", "files").sum())
    of_rows = errors.filter(pl.col("row").is_not_null()).unique(["submission_id", "sheet", "row", "rule"])
    of_files = errors.filter(pl.col("row").is_null()).unique(["submission_id", "rule"])
    silent = held.filter(pl.col("sent_on") <= period.last).select(BY_PROVIDER).unique().join(own, on=list(BY_PROVIDER), how="anti")
    none = pl.concat([without_case(own), silent.select("program", "provider_id")], how="diagonal")
    rejected = pl.concat([every, own], how="diagonal").with_columns(numerator="rejected", denominator="read")
    return [
        ratios(rejected, Measure.REJECTED_ROWS, "no row could be read"),
        unknown(none, Measure.REJECTED_ROWS, SHARE, "no file of the month came"),
        ratios(_by_rule(of_rows, own, "read"), Measure.ROWS_WITH_RULE, "no row could be read"),
        ratios(_by_rule(of_files, own, "files"), Measure.FILES_WITH_RULE, ""),
    ]


def _by_rule(found: pl.DataFrame, own: pl.DataFrame, of: str) -> pl.DataFrame:
    counts = found.group_by(*BY_PROVIDER, detail="rule").agg(numerator=pl.len())
    return counts.join(own.with_columns(denominator=of), on=list(BY_PROVIDER), nulls_equal=True, maintain_order="left")
