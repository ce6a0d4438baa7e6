"""Decides who is told about a referral, and which way of reaching them is open.

What they are told, and by when, is the business of `pipeline.notices`.
"""

from __future__ import annotations

import polars as pl

from config.settings import Notices
from schemas.codes import plain
from schemas.notices import NoticeState, RecipientKind

# The sides of a referral that may be told something. A guardian stands on the member's side: one of the two is told, never both.
MEMBER = RecipientKind.MEMBER.value
GUARDIAN = RecipientKind.GUARDIAN.value
REFERRING_ENTITY = RecipientKind.REFERRING_ENTITY.value
PCP = RecipientKind.PCP.value

IDENTIFIED_BY_PLAN = "Identified by the MCP"  # Referral Type 2 (CLR guidance, Table 2)
MEMBER_OR_FAMILY = "Member/family"  # Referring Individual Relationship to Member 3 (CLR guidance, Table 2)
NO_FIXED_ADDRESS = "no fixed current address"  # stands for an address where there is none (CLR guidance, Table 1)
NO_PHONE = "0000000000"  # stands for a phone number that is not known (CLR guidance, Table 1)

NO_CONTACT = "no contact on file"
NO_ELECTRONIC_ADDRESS = "no electronic address on file; fax needs an agreement on file"
NO_POSTAL_ADDRESS = "no postal address on file"
BY_HAND = "the plan's notice channel for this recipient is manual"


def made_by_member() -> pl.Expr:
    """Whether the member or the family made a referral; what comes from a correctional facility is answered to the facility."""
    by_family = pl.col("referring_relationship").eq_missing(MEMBER_OR_FAMILY)
    return by_family & pl.col("justice_involved").ne_missing("Y") & pl.col("referral_type").ne_missing(IDENTIFIED_BY_PLAN)


def sides_of(referrals: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Who is to be told about each referral: at most one row for each referral and side, whether or not anything is known of them.

    referrals, members: current versions. Returns `referral_id`, `side`, `recipient_kind`, `recipient`, `npi` (of a PCP), `email`,
    `address`, `phone`; each of the last five is null where the plan does not know it.
    """
    people = referrals.select("referral_id", "cin").join(_by_every_cin(members), on="cin", how="left", maintain_order="left")
    return pl.concat([_member_sides(people), _referring_entities(referrals), _pcps(people)], how="diagonal")


def reach(told: pl.DataFrame, channels: Notices) -> pl.DataFrame:
    """The way to each recipient: adds `contact`, `channel`, `state` and `why_manual` to frames with what `sides_of` returns.

    Whoever cannot be reached by the plan's channel waits for a person, with the reason.
    """
    chosen = pl.col("recipient_kind").replace_strict(channels.channels, return_dtype=pl.String)
    postal_or_electronic = pl.coalesce("address", "email")
    wanted = pl.when(chosen == "email").then("email").when(chosen == "print").then("address").otherwise(postal_or_electronic)
    contact = pl.coalesce(wanted, postal_or_electronic, "phone")
    organization = pl.col("recipient_kind").is_in([REFERRING_ENTITY, PCP])
    why_manual = (
        pl.when(contact.is_null())
        .then(pl.lit(NO_CONTACT))
        .when(organization & pl.col("email").is_null())
        .then(pl.lit(NO_ELECTRONIC_ADDRESS))
        .when(chosen == "manual")
        .then(pl.lit(BY_HAND))
        .when(wanted.is_null() & (chosen == "email"))
        .then(pl.lit(NO_ELECTRONIC_ADDRESS))
        .when(wanted.is_null())
        .then(pl.lit(NO_POSTAL_ADDRESS))
    )
    by_hand = pl.col("why_manual").is_not_null()
    return told.with_columns(contact=contact, channel=chosen, why_manual=why_manual).with_columns(
        channel=pl.when(by_hand).then(pl.lit("manual")).otherwise("channel"),
        state=pl.when(by_hand).then(pl.lit(NoticeState.MANUAL.value)).otherwise(pl.lit(NoticeState.QUEUED.value)),
    )


def _by_every_cin(members: pl.DataFrame) -> pl.DataFrame:
    """Members by each CIN that they have had: where a person's number changed, the row of the new number stands for the old one too."""
    renumbered = members.filter(pl.col("previous_cin").is_not_null()).with_columns(cin="previous_cin")
    return pl.concat([renumbered, members]).unique("cin", keep="first", maintain_order=True)


def _member_sides(people: pl.DataFrame) -> pl.DataFrame:
    guarded = _full_name("guardian_first_name", "guardian_last_name").is_not_null()
    lives_at = pl.when(plain(pl.col("address")) != NO_FIXED_ADDRESS).then("address")
    zip_line = pl.concat_str("state", "zip", separator=" ", ignore_nulls=True)
    return people.select(
        "referral_id",
        side=pl.lit(MEMBER),
        recipient_kind=pl.when(guarded).then(pl.lit(GUARDIAN)).otherwise(pl.lit(MEMBER)),
        recipient=pl.coalesce(_full_name("guardian_first_name", "guardian_last_name"), _full_name("first_name", "last_name")),
        email=pl.when(~guarded).then("email"),  # the member's mailbox is not the guardian's
        address=pl.when(lives_at.is_not_null()).then(pl.concat_str(lives_at, "city", zip_line, separator=", ", ignore_nulls=True)),
        phone=pl.when(guarded).then(_known_phone("guardian_phone")).otherwise(_known_phone("phone")),
    )


def _referring_entities(referrals: pl.DataFrame) -> pl.DataFrame:
    """Nobody referred a member whom the plan identified itself; who referred himself is told as the member."""
    return referrals.filter(pl.col("referral_type").ne_missing(IDENTIFIED_BY_PLAN) & ~made_by_member()).select(
        "referral_id",
        side=pl.lit(REFERRING_ENTITY),
        recipient_kind=pl.lit(REFERRING_ENTITY),
        recipient=pl.coalesce("referring_org_name", "referring_individual_name"),
        email="referring_individual_email",
        phone=_known_phone("referring_individual_phone"),
    )


def _pcps(people: pl.DataFrame) -> pl.DataFrame:
    """A member without a PCP on file has none to be told."""
    return people.filter(pl.col("pcp_name").is_not_null() | pl.col("pcp_npi").is_not_null()).select(
        "referral_id",
        side=pl.lit(PCP),
        recipient_kind=pl.lit(PCP),
        recipient="pcp_name",
        npi="pcp_npi",
        phone=_known_phone("pcp_phone"),
    )


def _full_name(first: str, last: str) -> pl.Expr:
    given = pl.col(first).is_not_null() | pl.col(last).is_not_null()
    return pl.when(given).then(pl.concat_str(first, last, separator=" ", ignore_nulls=True))


def _known_phone(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != NO_PHONE).then(name)
