"""Decides how each provider stands with its Return Transmission File: on time, late, missing, and what the file leaves out.

It tells nobody: reminders and the exception report are made of its rows elsewhere.
"""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from config.settings import Settings
from pipeline.business_days import end_of_day, in_utc
from pipeline.persons import with_person
from schemas.codes import PROGRAMS, SOBERING_CENTERS, Program
from schemas.history import LOOP
from schemas.lateness import LATE_CLASSES, LateMembers, Lateness, LatenessClass
from schemas.layouts import OTF, RTF_CS, RTF_ECM
from schemas.submissions import MERGED, RowOutcome, SubmissionStatus

PAIR = ("provider_id", "program")
REFUSED = (SubmissionStatus.REJECTED.value, SubmissionStatus.HELD.value)
PERIODS_BACK = 24  # how far repeat lateness is followed: two years
# A file so broken that its kind cannot be told may be of either program.
PROGRAMS_OF_KIND = pl.DataFrame(
    {"kind": [RTF_ECM, RTF_CS, None, None], "program": [Program.ECM.value, Program.CS.value, Program.ECM.value, Program.CS.value]}
)


@dataclass(frozen=True)
class ExchangeRecord:
    """What was asked of providers and what came back: collected frames of one plan.

    providers: as `schemas.providers`. members: current versions. listings, loops: as in `schemas.history`. submissions: one current row
    for each, and rows, as in `schemas.submissions`. outages: `from`, `to` (moments in UTC; an open end is null), `providers` (separated
    by `;`, blank for all), `reason`, `evidence`.
    """

    providers: pl.DataFrame
    members: pl.DataFrame
    listings: pl.DataFrame
    loops: pl.DataFrame
    submissions: pl.DataFrame
    rows: pl.DataFrame
    outages: pl.DataFrame


def rtf_due_at(period: str, settings: Settings) -> dt.datetime:
    """When the files of a period (`YYYY-MM`) are due, in UTC: the end of the due day of the month after, weekend or not.

    In a month without that day it is the last. Raises ValueError when the period is no month.
    """
    month = _first_day_after(period)
    day = min(settings.profile.cadence.rtf_due_day, monthrange(month.year, month.month)[1])
    return end_of_day(month.replace(day=day), settings.plan.zone)


def last_due_period(as_of: dt.datetime, settings: Settings) -> str:
    """The last period whose due time has passed."""
    this_month = f"{in_utc(as_of).astimezone(settings.plan.zone):%Y-%m}"
    last = period_before(this_month)
    return last if rtf_due_at(last, settings) < as_of else period_before(last)


def period_before(period: str) -> str:
    """The month before a period. Raises ValueError when the period is no month."""
    return f"{_first_day(period) - dt.timedelta(days=1):%Y-%m}"


def next_due_period(as_of: dt.datetime, settings: Settings) -> str:
    """The first period whose due time has not passed."""
    return f"{_first_day_after(last_due_period(as_of, settings)):%Y-%m}"


def expected_members(listings: pl.DataFrame, loops: pl.DataFrame, period: str, cutoffs: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Whom each provider has to report on for a period: `provider_id`, `program`, `cin`, `referral_id`, `loop`, sorted.

    They stand on its last full MIF or ASF made by the end of the period (plan time) or on a supplement to that file made by then.
    Sobering Centers are outside. Left out are loops whose closure the plan knew before the provider's cutoff.
    cutoffs: `provider_id`, `program`, `cutoff`: receipt of the period's first accepted file; where there is none, the due time holds.
    """
    made_on = pl.col("produced_at").dt.convert_time_zone(settings.plan.time_zone).dt.date()
    made = listings.filter(made_on < _first_day_after(period))
    last_full = made.filter(~pl.col("supplemental")).group_by(PAIR).agg(full_at=pl.col("produced_at").max())
    standing = made.join(last_full, on=PAIR, how="left").filter((pl.col("produced_at") >= pl.col("full_at")).fill_null(value=True))
    closed_before = pl.col("closure_received_at") < pl.col("cutoff").fill_null(rtf_due_at(period, settings))
    return (
        standing.join(loops.select(*LOOP, "service", "closure_received_at"), on=LOOP, how="left")
        .join(cutoffs.select(*PAIR, "cutoff"), on=PAIR, how="left")
        .filter(pl.col("service").ne_missing(SOBERING_CENTERS) & ~closed_before.fill_null(value=False))
        .select(*PAIR, "cin", "referral_id", "loop")
        .unique()
        .sort(*PAIR, "cin", "referral_id", "loop")
    )


def missing_members(
    expected: pl.DataFrame, rows: pl.DataFrame, submissions: pl.DataFrame, members: pl.DataFrame, period: str
) -> pl.DataFrame:
    """Those expected on whom no merged file of the provider, program and period has a row, in their order.

    A rejected row counts for the member that it names, by whatever CIN: the provider has reported, if badly, and knows of its error. A row
    of the outreach tracker beside a file reports on nobody.
    """
    merged = rtfs(submissions).filter((pl.col("period") == period) & pl.col("status").is_in(MERGED))
    returned = rows.filter(pl.col("kind").ne_missing(OTF))
    told = returned.join(merged.select("submission_id", *PAIR), on="submission_id")
    rejected = told.filter(pl.col("outcome") == RowOutcome.REJECTED.value)
    untold = expected.join(told, on=[*PAIR, "referral_id", "loop"], how="anti", maintain_order="left")
    return (
        with_person(untold, members)
        .join(with_person(rejected, members), on=[*PAIR, "person"], how="anti", maintain_order="left")
        .select(expected.columns)
    )


def lateness(record: ExchangeRecord, period: str, settings: Settings, as_of: dt.datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """How every provider stands for a period in each program that it has a contract or a listing in, and whom it left out.

    Returns rows of `schemas.lateness.Lateness`, by provider and program, and `LateMembers` of those whose class is late. Each has
    exactly one class; of several that would fit, the first in the order of `LatenessClass`. Raises ValueError before the due time.
    """
    if in_utc(as_of) <= rtf_due_at(period, settings):
        due = rtf_due_at(period, settings).astimezone(settings.plan.zone)
        raise ValueError(f"the files of {period} are due at {due:%Y-%m-%d %H:%M:%S}: nobody is late before that")
    known = pl.col("received_at") <= in_utc(as_of)
    submissions = record.submissions.filter(known)
    pairs = _pairs(record)
    judged, missing = _judge(record, submissions, pairs, period, settings)
    rows = (
        judged.join(_consecutive(record, submissions, judged, period, settings), on=PAIR, how="left")
        .join(_last_accepted(submissions), on=PAIR, how="left")
        .with_columns(
            plan=pl.lit(settings.plan.id),
            period=pl.lit(period),
            days_late=_days_late(in_utc(as_of), settings),
            consecutive_periods=pl.col("consecutive_periods").fill_null(0),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in Lateness.polars_schema().items())
        .sort(PAIR)
    )
    members = missing.with_columns(period=pl.lit(period)).select(LateMembers.polars_schema().names()).sort(*PAIR, "cin", "referral_id")
    return rows, members


def judged_by_now(record: ExchangeRecord, period: str, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """How every provider and program stands for a period by now, before its due time too, when nobody is late yet.

    Returns `provider_id`, `program`, `class_`, `received_at`, `members_expected`, `members_missing` and `due_at`, by provider and program.
    """
    pairs = _pairs(record)
    judged, _ = _judge(record, record.submissions.filter(pl.col("received_at") <= in_utc(as_of)), pairs, period, settings)
    return judged.select(*PAIR, "class_", "received_at", "members_expected", "members_missing", "due_at").sort(PAIR)


def _judge(
    record: ExchangeRecord, submissions: pl.DataFrame, pairs: pl.DataFrame, period: str, settings: Settings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The pairs with `class_` and what it rests on, and the members missing of those whose class is late."""
    due_at = rtf_due_at(period, settings)
    came = of_period(rtfs(submissions), period, settings)
    accepted = came.filter(pl.col("status").is_in(MERGED)).group_by(PAIR).agg(pl.col("received_at").min())
    refused = came.filter(pl.col("status").is_in(REFUSED) & (pl.col("received_at") <= due_at)).select(PAIR).unique()
    listings = record.listings.join(pairs, on=PAIR, how="semi")
    expected = expected_members(listings, record.loops, period, accepted.rename({"received_at": "cutoff"}), settings)
    missing = missing_members(expected, record.rows, submissions, record.members, period).unique(
        [*PAIR, "cin", "referral_id"], maintain_order=True
    )
    in_grace = pl.col("effective") + pl.duration(days=settings.profile.cadence.grace_days) > due_at.astimezone(settings.plan.zone).date()
    judged = (
        pairs.join(accepted, on=PAIR, how="left")
        .join(refused.with_columns(refused=True), on=PAIR, how="left")
        .join(_members_of(expected, "members_expected"), on=PAIR, how="left")
        .join(_members_of(missing, "members_missing"), on=PAIR, how="left")
        .with_columns(
            pl.col("members_expected", "members_missing").fill_null(0),
            pl.col("refused").fill_null(value=False),
            due_at=due_at,
            excused=_excused(record.outages, due_at),
            in_grace=in_grace.fill_null(value=False),
        )
        .with_columns(class_=_class())
    )
    held_against = pl.col("class_").is_in(LATE_CLASSES)
    judged = judged.with_columns(members_missing=pl.when(held_against).then("members_missing").otherwise(0))
    return judged, missing.join(judged.filter(held_against), on=PAIR, how="semi", maintain_order="left")


def _class() -> pl.Expr:
    in_time = (pl.col("received_at") <= pl.col("due_at")).fill_null(value=False)
    nothing_came = pl.col("received_at").is_null()
    return (
        pl.when(pl.col("excused") & ~in_time)
        .then(pl.lit(LatenessClass.EXCUSED.value))
        .when((pl.col("members_expected") == 0) | pl.col("in_grace"))
        .then(pl.lit(LatenessClass.NOTHING_DUE.value))
        .when(nothing_came & ~pl.col("refused"))
        .then(pl.lit(LatenessClass.MISSING.value))
        .when(nothing_came)
        .then(pl.lit(LatenessClass.REJECTED.value))
        .when(~in_time)
        .then(pl.lit(LatenessClass.LATE.value))
        .when(pl.col("members_missing") > 0)
        .then(pl.lit(LatenessClass.INCOMPLETE.value))
        .otherwise(pl.lit(LatenessClass.ON_TIME.value))
    )


def _days_late(as_of: dt.datetime, settings: Settings) -> pl.Expr:
    """Days begun since the due time, by the plan's calendar, until the file came; where none came, until now."""
    zone = settings.plan.time_zone
    until = pl.col("received_at").fill_null(as_of).dt.convert_time_zone(zone).dt.date()
    begun = (until - pl.col("due_at").dt.convert_time_zone(zone).dt.date()).dt.total_days().clip(lower_bound=1)
    late = pl.col("class_").is_in([LatenessClass.MISSING.value, LatenessClass.REJECTED.value, LatenessClass.LATE.value])
    return pl.when(late).then(begun).otherwise(0)


def _pairs(record: ExchangeRecord) -> pl.DataFrame:
    """Every provider with each program of its contract, and whoever was ever sent a list, on the roster or not."""
    contracts = record.providers.select("provider_id", program=pl.col("programs").str.split(";")).explode("program")
    contracted = contracts.with_columns(program=PROGRAMS.parse(pl.col("program"))).drop_nulls()
    details = record.providers.select("provider_id", "effective", "contact_email", provider_name="name")
    return (
        pl.concat([contracted, record.listings.select(PAIR)])
        .unique()
        .sort(PAIR)
        .join(details, on="provider_id", how="left", maintain_order="left")
        .with_columns(pl.col("provider_name").fill_null(pl.col("provider_id")))
    )


def rtfs(submissions: pl.DataFrame) -> pl.DataFrame:
    """Return Transmission Files with their `program`; a file of unknown kind once for each."""
    return submissions.join(PROGRAMS_OF_KIND, on="kind", nulls_equal=True, maintain_order="left")


def of_period(rtfs: pl.DataFrame, period: str, settings: Settings) -> pl.DataFrame:
    """Files of a period; one that does not say its period counts for the one that was due next when it came."""
    after_last = pl.col("received_at") > rtf_due_at(period_before(period), settings)
    due_next = pl.col("period").is_null() & after_last & (pl.col("received_at") <= rtf_due_at(period, settings))
    return rtfs.filter((pl.col("period") == period) | due_next)


def _excused(outages: pl.DataFrame, due_at: dt.datetime) -> pl.Expr:
    """Whether an outage of the plan, for which there is evidence, covers the due time."""
    proven = pl.col("evidence").str.strip_chars() != ""
    covering = outages.filter(proven & (pl.col("from") <= due_at) & (pl.col("to") >= due_at).fill_null(value=True))
    named = covering.select(pl.col("providers").fill_null("").str.split(";")).explode("providers").to_series().str.strip_chars()
    whole = covering.filter(pl.col("providers").fill_null("").str.strip_chars() == "")
    return pl.lit(value=True) if whole.height else pl.col("provider_id").is_in(named.to_list())


def _members_of(members: pl.DataFrame, name: str) -> pl.DataFrame:
    return members.unique([*PAIR, "cin", "referral_id"]).group_by(PAIR).agg(pl.len().cast(pl.Int64).alias(name))


def _last_accepted(submissions: pl.DataFrame) -> pl.DataFrame:
    return rtfs(submissions).filter(pl.col("status").is_in(MERGED)).group_by(PAIR).agg(last_accepted_at=pl.col("received_at").max())


def _consecutive(record: ExchangeRecord, submissions: pl.DataFrame, judged: pl.DataFrame, period: str, settings: Settings) -> pl.DataFrame:
    """How many periods in a row, counted back from this one, each pair was late: any other class ends the row."""
    in_a_row = [judged]
    for earlier in _periods_before(period, record.listings, settings):
        still_late = in_a_row[-1].filter(pl.col("class_").is_in(LATE_CLASSES))
        if still_late.is_empty():
            break
        pairs = still_late.select(*PAIR, "effective", "contact_email", "provider_name")
        in_a_row.append(_judge(record, submissions, pairs, earlier, settings)[0])
    late = pl.concat(judged.filter(pl.col("class_").is_in(LATE_CLASSES)).select(PAIR) for judged in in_a_row)
    return late.group_by(PAIR).agg(consecutive_periods=pl.len().cast(pl.Int64))


def _periods_before(period: str, listings: pl.DataFrame, settings: Settings) -> Iterator[str]:
    """Earlier periods, the nearest first, back to the first in which a provider was sent a list."""
    if listings.is_empty():
        return
    first = listings.select(pl.col("produced_at").min().dt.convert_time_zone(settings.plan.time_zone).dt.strftime("%Y-%m")).item()
    for _ in range(PERIODS_BACK - 1):
        period = period_before(period)
        if period < first:
            return
        yield period


def _first_day(period: str) -> dt.date:
    if not re.fullmatch(r"[0-9]{4}-(?:0[1-9]|1[0-2])", period):
        raise ValueError("a reporting period is a month, such as 2026-02")
    return dt.date.fromisoformat(f"{period}-01")


def _first_day_after(period: str) -> dt.date:
    return (_first_day(period) + dt.timedelta(days=31)).replace(day=1)
