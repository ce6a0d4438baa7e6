"""Decides what the words of a notice may say: the fields of its template, and never more than its recipient may see.

How they are said is the templates' business; whom a notice goes to, and by when, was decided before.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from config.settings import Settings
from pipeline.aging_list import list_file
from pipeline.emission import REDISCLOSURE
from pipeline.notices import Owed
from pipeline.recipients import NO_FIXED_ADDRESS
from schemas.codes import AuthorizationStatus, plain
from schemas.languages import ENGLISH, language_of
from schemas.notice_fields import NoticeFields
from schemas.notices import NoticeKind, RecipientKind

MEMBERS_SIDE = (RecipientKind.MEMBER.value, RecipientKind.GUARDIAN.value)
SEES_CIN = (RecipientKind.PROVIDER.value, RecipientKind.PCP.value)  # who treats the member; who referred knows the referral by its number
PLACEMENTS = (NoticeKind.ASSIGNMENT.value, NoticeKind.REREFERRAL.value, NoticeKind.PCP_ASSIGNMENT.value)
FILES = (NoticeKind.RTF_REMINDER.value, NoticeKind.RTF_LATE.value)
ENDING, AGING = NoticeKind.STREAMLINED_ENDING.value, NoticeKind.AGING.value
NO_LINES = pl.lit([], dtype=pl.List(pl.String))


def notice_fields(notices: pl.DataFrame, owed: Owed, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """What templates may use, one row for each notice, in their order: columns of `NoticeFields`.

    notices: as `schemas.notices.Notices`. What a notice tells is taken from the notice, not from how things stand since. as_of: the
    moment at which it is written, aware.
    """
    known = (
        with_language(notices, owed.members)
        .join(_referrals(owed), on="referral_id", how="left", maintain_order="left")
        .join(_members(owed.members), on="cin", how="left", maintain_order="left")
        .join(_providers(owed), on="provider_id", how="left", maintain_order="left")
        .with_columns(of_member=pl.col("recipient_kind").is_in(MEMBERS_SIDE))
    )
    told = known.with_columns(
        **_plan(settings),
        **_recipient(settings, as_of),
        **_decision(settings),
        **_closure(),
        **_placement(),
        **_schedule(),
        program=pl.coalesce("program", "referral_program"),
        cin=pl.when(pl.col("recipient_kind").is_in(SEES_CIN)).then("cin"),
        due_date=pl.col("due_at").dt.convert_time_zone(settings.plan.time_zone).dt.date(),
    )
    return told.select(pl.col(name).cast(dtype) for name, dtype in NoticeFields.polars_schema().items())


def with_language(notices: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Notices with `language`, the one that each recipient reads: organizations are written to in English."""
    joined = notices.join(_members(members).select("cin", "member_reads"), on="cin", how="left", maintain_order="left")
    of_member = pl.col("recipient_kind").is_in(MEMBERS_SIDE)
    language = pl.when(of_member).then(pl.col("member_reads").fill_null(ENGLISH)).otherwise(pl.lit(ENGLISH))
    return joined.with_columns(language=language).drop("member_reads")


def _referrals(owed: Owed) -> pl.DataFrame:
    wanted = ("service", "referral_date", "authorization_number", "authorization_effective", "authorization_end")
    rows = owed.referrals.unique("referral_id", keep="last", maintain_order=True)
    return rows.select("referral_id", *wanted, referral_program="program", own_reason="denial_reason")


def _members(members: pl.DataFrame) -> pl.DataFrame:
    """Members by each CIN that they have had, as their notices may name any of them."""
    older = members.filter(pl.col("previous_cin").is_not_null()).with_columns(cin="previous_cin")
    by_cin = pl.concat([older, members]).unique("cin", keep="first", maintain_order=True)
    lives_at = pl.when(plain(pl.col("address")) != NO_FIXED_ADDRESS).then("address")
    zip_line = pl.concat_str("state", "zip", separator=" ", ignore_nulls=True)
    city_line = pl.concat_str("city", pl.when(zip_line != "").then(zip_line), separator=", ", ignore_nulls=True)
    return by_cin.select(
        "cin",
        "part2_consent",
        member_name=pl.concat_str("first_name", "last_name", separator=" ", ignore_nulls=True),
        member_reads=language_of(pl.col("language_written")),
        member_address=pl.when(lives_at.is_not_null())
        .then(pl.concat_list(lives_at, pl.when(city_line != "").then(city_line)).list.drop_nulls())
        .otherwise(pl.lit([], dtype=pl.List(pl.String))),
    )


def _providers(owed: Owed) -> pl.DataFrame:
    rows = owed.providers.unique("provider_id", keep="last", maintain_order=True)
    return rows.select("provider_id", provider_name="name", provider_phone="phone")


def _plan(settings: Settings) -> dict[str, pl.Expr]:
    plan = settings.plan
    told = {f"plan_{name}": pl.lit(getattr(plan, name), dtype=pl.String) for name in ("name", "phone", "tty", "website")}
    in_english = pl.lit(plan.hours.get(ENGLISH), dtype=pl.String)
    hours = pl.col("language").replace_strict(plan.hours, default=in_english, return_dtype=pl.String) if plan.hours else in_english
    return told | {"plan_hours": hours, "plan_address": pl.lit(list(plan.address), dtype=pl.List(pl.String))}


def _recipient(settings: Settings, as_of: dt.datetime) -> dict[str, pl.Expr]:
    """Of the postal addresses of organizations the plan knows nothing."""
    housed = pl.col("of_member") & pl.col("member_address").is_not_null()
    return {
        "address": pl.when(housed).then("member_address").otherwise(NO_LINES),
        "written_on": pl.lit(as_of.astimezone(settings.plan.zone).date()),
    }


def _decision(settings: Settings) -> dict[str, pl.Expr]:
    """The reason of a denial is free text, and may speak of substance-use treatment (42 CFR Part 2): others than the member see it when
    the plan has listed it as one that does not, or with consent, and then with the notice against redisclosure."""
    is_decision = pl.col("kind") == NoticeKind.AUTHORIZATION_DECISION.value
    approved = is_decision & (pl.col("tells") == AuthorizationStatus.APPROVED.value)
    reason = pl.when(is_decision & (pl.col("tells") == AuthorizationStatus.DENIED.value)).then(pl.coalesce("tells_reason", "own_reason"))
    of_member, consented = pl.col("of_member"), pl.col("part2_consent").eq_missing("Y")
    harmless = pl.coalesce("tells_reason", "own_reason").is_in(list(settings.notices.shared_denial_reasons)).fill_null(value=False)
    return {
        "decision": pl.when(is_decision).then("tells"),
        "decision_date": pl.when(is_decision).then("tells_date"),
        "denial_reason": pl.when(of_member | harmless | consented).then(reason),
        "denial_reason_withheld": reason.is_not_null() & ~of_member & ~harmless & ~consented,
        "redisclosure": pl.when(~of_member & ~harmless & consented & reason.is_not_null()).then(pl.lit(REDISCLOSURE)),
        "authorization_number": pl.when(approved & ~of_member).then("authorization_number"),
        "authorization_effective": pl.when(approved).then("authorization_effective"),
        "authorization_end": pl.when(approved).then("authorization_end"),
    }


def _closure() -> dict[str, pl.Expr]:
    is_closure = pl.col("kind") == NoticeKind.LOOP_CLOSURE.value
    return {
        "reason": pl.when(is_closure).then("tells"),
        "closed_date": pl.when(is_closure).then("tells_date"),
        "corrects_earlier": pl.col("corrects").is_not_null(),
    }


def _placement() -> dict[str, pl.Expr]:
    is_placement = pl.col("kind").is_in(PLACEMENTS)
    return {
        "provider_name": pl.coalesce(pl.when(is_placement).then("tells"), "provider_name"),
        "assigned_date": pl.when(is_placement).then("tells_date"),
    }


def _schedule() -> dict[str, pl.Expr]:
    """What is told by the calendar: how open referrals stand, spans that end, aging lists, and files."""
    kind = pl.col("kind")
    is_file = kind.is_in(FILES)
    return {
        "status": pl.when(kind.is_in([NoticeKind.PENDING_UPDATE.value, ENDING])).then("tells"),
        "ends_date": pl.when(kind == ENDING).then("tells_date"),
        "counted": pl.when(kind == AGING).then("tells"),
        "listed_date": pl.when(kind == AGING).then("tells_date"),
        "list_file": pl.when(kind == AGING).then(list_file(pl.col("plan"), pl.col("provider_id"), pl.col("tells_date"))),
        "file_due_date": pl.when(is_file).then("tells_date"),
        "file_status": pl.when(is_file).then("tells"),
    }
