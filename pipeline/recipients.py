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
PROVIDER = RecipientKind.PROVIDER.value

IDENTIFIED_BY_PLAN = "Identified by the MCP"  # Referral Type 2 (CLR guidance, Table 2)
MEMBER_OR_FAMILY = "Member/family"  # Referring Individual Relationship to Member 3 (CLR guidance, Table 2)
ORGANIZATIONS = (REFERRING_ENTITY, PCP, PROVIDER)
CARE = ("Medical provider", "Social services provider")  # 1 and 2 of the same list
NO_FIXED_ADDRESS = "no fixed current address"  # stands for an address where there is none (CLR guidance, Table 1)
NO_PHONE = "0000000000"  # stands for a phone number that is not known (CLR guidance, Table 1)

NO_CONTACT = "no contact on file"
NO_ELECTRONIC_ADDRESS = "no electronic address on file; fax needs an agreement on file"
NO_POSTAL_ADDRESS = "no postal address on file"
NO_MAILBOX_OF_PROVIDER = "no mailbox on file: the provider is not on the roster"
BY_HAND = "the plan's notice channel for this recipient is manual"

EMAIL = r"^[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+$"
PHONE = r"^[0-9]{10}$"
ZIP = r"^[0-9]{5}(-?[0-9]{4})?$"
NOT_AN_EMAIL = "the e-mail address on file is malformed"
NOT_A_PHONE = "the phone number on file has not ten digits"
NO_CITY = "the address on file has no city"
NO_ZIP = "the address on file has no zip code of five digits"
NO_DENIAL_REASON = "the denial has no reason on file"
# Reasons that begin so are mended in the plan's own data; the others are how the plan wants it.
TO_BE_MENDED = (NO_CONTACT, NO_ELECTRONIC_ADDRESS, NO_POSTAL_ADDRESS, NO_MAILBOX_OF_PROVIDER, NO_DENIAL_REASON)


def made_by_member() -> pl.Expr:
    """Whether the member or the family made a referral; what comes from a correctional facility is answered to the facility."""
    by_family = pl.col("referring_relationship").eq_missing(MEMBER_OR_FAMILY)
    return by_family & pl.col("justice_involved").ne_missing("Y") & pl.col("referral_type").ne_missing(IDENTIFIED_BY_PLAN)


def made_by_provider() -> pl.Expr:
    """Whether a provider referred: medical or of social services by its own word, or one that has an NPI."""
    return pl.col("referring_relationship").is_in(CARE).fill_null(value=False) | pl.col("referring_org_npi").is_not_null()


def sides_of(referrals: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Who is to be told about each referral: at most one row for each referral and side, whether or not anything is known of them.

    referrals, members: current versions. Returns `referral_id`, `side`, `recipient_kind`, `recipient`, `npi` (of a PCP), `email`,
    `address`, `phone`; each of the last five is null where the plan does not know it, and `address_fault` says what is wrong with an
    address that nothing can be sent to.
    """
    people = referrals.select("referral_id", "cin").join(_by_every_cin(members), on="cin", how="left", maintain_order="left")
    return pl.concat([_member_sides(people), _referring_entities(referrals), _pcps(people)], how="diagonal")


def providers_as_sides(providers: pl.DataFrame) -> pl.DataFrame:
    """Who is to be told of each provider on the roster: `provider_id`, `recipient_kind`, `recipient`, `email`, `phone`, `mailbox`."""
    return providers.select(
        "provider_id",
        recipient_kind=pl.lit(PROVIDER),
        recipient="name",
        email="contact_email",
        phone=_known_phone("phone"),
        mailbox="mailbox",
    )


def reach(told: pl.DataFrame, channels: Notices) -> pl.DataFrame:
    """The way to each recipient: adds `contact`, `channel`, `state` and `why_manual` to frames with what `sides_of` returns.

    Whoever cannot be reached by the plan's channel waits for a person, with the reason. A malformed contact is as good as none, and the
    reason says so. mailbox: of providers, the folder that `sftp` leads to.
    """
    told = _well_formed(told)
    chosen = pl.col("recipient_kind").replace_strict(channels.channels, return_dtype=pl.String)
    postal_or_electronic = pl.coalesce("address", "email")
    to_mailbox = (pl.col("recipient_kind") == PROVIDER) & chosen.is_in(["sftp", "portal"])
    wanted = (
        pl.when(to_mailbox)
        .then("mailbox")
        .when(chosen == "email")
        .then("email")
        .when(chosen == "print")
        .then("address")
        .otherwise(postal_or_electronic)
    )
    contact = pl.coalesce(wanted, postal_or_electronic, "phone")
    organization = pl.col("recipient_kind").is_in(ORGANIZATIONS) & ~to_mailbox
    why_manual = (
        pl.when(contact.is_null())
        .then(pl.lit(NO_CONTACT))
        .when(to_mailbox & wanted.is_null())
        .then(pl.lit(NO_MAILBOX_OF_PROVIDER))
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
    because = pl.when(why_manual == BY_HAND).then(why_manual).otherwise(pl.concat_str(why_manual, "faults", separator=": "))
    why = pl.coalesce(because, why_manual)
    return told.with_columns(contact=contact, channel=chosen, why_manual=why).with_columns(
        channel=pl.when(by_hand).then(pl.lit("manual")).otherwise("channel"),
        state=pl.when(by_hand).then(pl.lit(NoticeState.MANUAL.value)).otherwise(pl.lit(NoticeState.QUEUED.value)),
    )


def _well_formed(told: pl.DataFrame) -> pl.DataFrame:
    """Contacts that can be used; `faults`: what is wrong with the others, in words, null when nothing is."""
    absent = [name for name in ("mailbox", "address", "address_fault", "npi") if name not in told.columns]
    told = told.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)
    is_email, is_phone = pl.col("email").str.contains(EMAIL), pl.col("phone").str.contains(PHONE)
    faults = pl.concat_str(
        "address_fault",
        pl.when(~is_email).then(pl.lit(NOT_AN_EMAIL)),
        pl.when(~is_phone).then(pl.lit(NOT_A_PHONE)),
        separator="; ",
        ignore_nulls=True,
    )
    return told.with_columns(
        email=pl.when(is_email).then("email"),
        phone=pl.when(is_phone).then("phone"),
        faults=pl.when(faults != "").then(faults),
    )


def _by_every_cin(members: pl.DataFrame) -> pl.DataFrame:
    """Members by each CIN that they have had: where a person's number changed, the row of the new number stands for the old one too."""
    renumbered = members.filter(pl.col("previous_cin").is_not_null()).with_columns(cin="previous_cin")
    return pl.concat([renumbered, members]).unique("cin", keep="first", maintain_order=True)


def _member_sides(people: pl.DataFrame) -> pl.DataFrame:
    guarded = _full_name("guardian_first_name", "guardian_last_name").is_not_null()
    lives_at = pl.when(plain(pl.col("address")) != NO_FIXED_ADDRESS).then("address")
    zip_line = pl.concat_str("state", "zip", separator=" ", ignore_nulls=True)
    no_city = pl.col("city").is_null() | (pl.col("city").str.strip_chars() == "")
    no_zip = ~pl.col("zip").str.contains(ZIP).fill_null(value=False)
    fault = pl.when(lives_at.is_not_null() & no_city).then(pl.lit(NO_CITY)).when(lives_at.is_not_null() & no_zip).then(pl.lit(NO_ZIP))
    return people.select(
        "referral_id",
        side=pl.lit(MEMBER),
        recipient_kind=pl.when(guarded).then(pl.lit(GUARDIAN)).otherwise(pl.lit(MEMBER)),
        recipient=pl.coalesce(_full_name("guardian_first_name", "guardian_last_name"), _full_name("first_name", "last_name")),
        email=pl.when(~guarded).then("email"),  # the member's mailbox is not the guardian's
        address=pl.when(lives_at.is_not_null() & fault.is_null()).then(
            pl.concat_str(lives_at, "city", zip_line, separator=", ", ignore_nulls=True)
        ),
        address_fault=fault,
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
