"""Decides what the words of a notice may say: the fields of its template, and never more than its recipient may see.

How they are said is the templates' business; whom a notice goes to, and by when, was decided before.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from config.settings import Settings
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


def notice_fields(notices: pl.DataFrame, owed: Owed, settings: Settings, as_of: dt.datetime) -> pl.DataFrame:
    """What templates may use, one row for each notice, in their order: columns of `NoticeFields`.

    notices: as `schemas.notices.Notices`. What a notice tells is taken from the notice, not from how things stand since. as_of: the
    moment at which it is written, aware.
    """
    known = (
        notices.join(_referrals(owed), on="referral_id", how="left", maintain_order="left")
        .join(_members(owed), on="cin", how="left", maintain_order="left")
        .join(_providers(owed), on="provider_id", how="left", maintain_order="left")
    )
    told = known.with_columns(
        **_plan(settings),
        **_recipient(settings, as_of),
        **_decision(),
        **_closure(),
        **_placement(),
        cin=pl.when(pl.col("recipient_kind").is_in(SEES_CIN)).then("cin"),
        due_date=pl.col("due_at").dt.convert_time_zone(settings.plan.time_zone).dt.date(),
    )
    return told.select(pl.col(name).cast(dtype) for name, dtype in NoticeFields.polars_schema().items())


def _referrals(owed: Owed) -> pl.DataFrame:
    wanted = ("program", "service", "referral_date", "authorization_number", "authorization_effective", "authorization_end")
    return owed.referrals.select("referral_id", *wanted, own_reason="denial_reason").unique("referral_id", keep="last", maintain_order=True)


def _members(owed: Owed) -> pl.DataFrame:
    """Members by each CIN that they have had, as their notices may name any of them."""
    older = owed.members.filter(pl.col("previous_cin").is_not_null()).with_columns(cin="previous_cin")
    by_cin = pl.concat([older, owed.members]).unique("cin", keep="first", maintain_order=True)
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
    words = {name: getattr(plan, name) for name in ("name", "phone", "tty", "hours", "website")}
    told = {f"plan_{name}": pl.lit(text, dtype=pl.String) for name, text in words.items()}
    return told | {"plan_address": pl.lit(list(plan.address), dtype=pl.List(pl.String))}


def _recipient(settings: Settings, as_of: dt.datetime) -> dict[str, pl.Expr]:
    """Organizations are written to in English; of their postal addresses the plan knows nothing."""
    of_member = pl.col("recipient_kind").is_in(MEMBERS_SIDE)
    return {
        "language": pl.when(of_member).then(pl.col("member_reads").fill_null(ENGLISH)).otherwise(pl.lit(ENGLISH)),
        "address": pl.when(of_member & pl.col("member_address").is_not_null())
        .then("member_address")
        .otherwise(pl.lit([], dtype=pl.List(pl.String))),
        "written_on": pl.lit(as_of.astimezone(settings.plan.zone).date()),
    }


def _decision() -> dict[str, pl.Expr]:
    """A denial's reason is free text of the plan: it reaches others than the member only with consent, with the notice against
    redisclosure."""
    is_decision = pl.col("kind") == NoticeKind.AUTHORIZATION_DECISION.value
    approved = is_decision & (pl.col("tells") == AuthorizationStatus.APPROVED.value)
    reason = pl.when(is_decision & (pl.col("tells") == AuthorizationStatus.DENIED.value)).then("own_reason")
    of_member = pl.col("recipient_kind").is_in(MEMBERS_SIDE)
    may_see = of_member | pl.col("part2_consent").eq_missing("Y")
    return {
        "decision": pl.when(is_decision).then("tells"),
        "decision_date": pl.when(is_decision).then("tells_date"),
        "denial_reason": pl.when(may_see).then(reason),
        "denial_reason_withheld": reason.is_not_null() & ~may_see,
        "redisclosure": pl.when(~of_member & may_see & reason.is_not_null()).then(pl.lit(REDISCLOSURE)),
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
