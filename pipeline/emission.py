"""Emission: which referrals stand on a provider's next Member Information File or Authorization Status File, and what each row says.

A file for one provider holds that provider's referrals alone. How it becomes a workbook is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from config.settings import Settings
from pipeline.contacts import supplemental_contacts
from schemas.codes import AuthorizationStatus, ClosureReason
from schemas.history import LOOP
from schemas.layouts import OUTBOUND, PROGRAM_OF

STREAMLINED_DAYS = 30  # ECM Policy Guide: a streamlined span lasts 30 calendar days or until the decision
REDISCLOSURE = "42 CFR Part 2 prohibits unauthorized use or disclosure of these records."
NO_ADDRESS, NO_PHONE = "No fixed current address", "0000000000"


@dataclass(frozen=True)
class Standing:
    """What the plan knows when it makes its files: current versions, all loops, what was listed before, and all contact changes."""

    referrals: pl.DataFrame
    members: pl.DataFrame
    providers: pl.DataFrame
    loops: pl.DataFrame
    listings: pl.DataFrame
    contacts: pl.DataFrame


def to_be_listed(kind: str, standing: Standing, settings: Settings, as_of: datetime, *, supplemental: bool) -> pl.DataFrame:
    """The loops that a file of this kind lists now, with everything known of referral, member and provider.

    MIF: ECM referrals that are approved or in a streamlined span. ASF: Community Supports referrals whatever their authorization, and a
    last time after denial or end. A loop that ended without service is not listed again. supplemental: only loops that were never listed.
    Returns one row for each loop, sorted by provider, member and referral.
    """
    today = as_of.astimezone(settings.plan.zone).date()
    last_loop = pl.col("loop") == pl.col("loop").max().over("plan", "referral_id")
    placed = standing.loops.filter(last_loop & (pl.col("program") == PROGRAM_OF[kind]) & pl.col("provider_id").is_not_null())
    under_contract = (pl.col("effective").is_null() | (pl.col("effective") <= today)) & (pl.col("end").is_null() | (pl.col("end") >= today))
    providers = standing.providers.filter(under_contract).select(
        "provider_id", provider_name="name", provider_npi="npi", file_format="file_format"
    )
    known = (
        placed.join(
            standing.referrals.drop("provider_id", "assigned_at", "program", "service", "cin"), on=["plan", "referral_id"], how="inner"
        )
        .join(standing.members.rename({"extra": "member_extra", "known_from": "member_known_from"}), on=["plan", "cin"], how="inner")
        .join(supplemental_contacts(standing.contacts, standing.members), on=["plan", "cin"], how="left")
        .join(providers, on="provider_id", how="inner")
        .join(_listed_before(standing.listings), on=LOOP, how="left")
    )
    wanted = known.filter(_on_mif(today) if kind == "mif" else _on_asf(today, settings))
    fresh = wanted.filter(pl.col("last_listed_at").is_null()) if supplemental else wanted
    return fresh.sort("provider_id", "last_name", "first_name", "cin", "referral_id", "loop")


def information_rows(kind: str, listed: pl.DataFrame, settings: Settings, as_of: datetime) -> pl.DataFrame:
    """The rows of the file: String columns named as the layout's elements, and `provider_id`, in the order given."""
    today = as_of.astimezone(settings.plan.zone).date()
    homeless_only = (pl.col("homeless") == "Y") & pl.col("address").is_null()
    consented = pl.col("part2_consent") == "Y"
    told = listed.with_columns(
        member_first_name="first_name",
        member_last_name="last_name",
        phone=pl.col("phone").fill_null(NO_PHONE),
        address=pl.when(homeless_only).then(pl.lit(NO_ADDRESS)).otherwise("address"),
        homeless=pl.col("homeless").fill_null("N"),
        referred_service="service",
        # nobody can tell which highlights stem from substance-use treatment: without consent none leaves
        clinical_highlights=pl.when(consented).then(pl.concat_str("clinical_highlights", pl.lit(" " + REDISCLOSURE))),
        record_type=pl.lit("Assigned"),
        new_to_provider=pl.when(pl.col("last_listed_at").is_null()).then(pl.lit("Y")).otherwise(pl.lit("N")),
        request_received_on=_local_day("request_received_at", settings),
        decision_on=_local_day("decision_at", settings),
        sent_on=pl.col("sent_on").fill_null(today),
        production_date=pl.lit(today),
        reporting_period=pl.lit(today.strftime("%m/%Y")),
        plan_identifier=pl.lit(settings.plan.id),
        plan_name=pl.lit(settings.plan.name),
    )
    elements = OUTBOUND[kind].elements()
    return told.select("provider_id", *(_as_text(name, told.schema[name]) for name in elements))


def answer_rows(listed: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The rows of the Return Transmission File that travels with the file, filled in as far as the plan knows; by `provider_id`."""
    told = {
        "plan_identifier": pl.lit(settings.plan.id),
        "plan_name": pl.lit(settings.plan.name),
        **{name: pl.col(name) for name in ("cin", "plan_member_id", "service", "authorization_number")},
        "member_last_name": pl.col("last_name"),
        "member_first_name": pl.col("first_name"),
        "provider_name": pl.col("provider_name"),
        "provider_npi": pl.col("provider_npi"),
    }
    return listed.select("provider_id", **told)


def _listed_before(listings: pl.DataFrame) -> pl.DataFrame:
    return listings.group_by(LOOP).agg(last_listed_at=pl.col("produced_at").max())


def _served() -> pl.Expr:
    return pl.col("closed_on").is_null() | (pl.col("closure_reason") == ClosureReason.SERVICES_RECEIVED)


def _on_mif(today: date) -> pl.Expr:
    status = pl.col("authorization_status")
    approved = (status == AuthorizationStatus.APPROVED) & (pl.col("authorization_end").is_null() | (pl.col("authorization_end") >= today))
    begun = pl.col("streamlined_start")
    streamlined = (
        (begun <= today)
        & (today <= begun.dt.offset_by(f"{STREAMLINED_DAYS}d"))
        & (status != AuthorizationStatus.DENIED).fill_null(value=True)
    )
    return (approved.fill_null(value=False) | streamlined.fill_null(value=False)) & _served()


def _on_asf(today: date, settings: Settings) -> pl.Expr:
    denied = (pl.col("authorization_status") == AuthorizationStatus.DENIED).fill_null(value=False)
    ended = (pl.col("authorization_end") < today).fill_null(value=False)
    # a file made before the plan's extract told of the denial or the end did not tell the provider, whatever day it took effect
    known_at = pl.when(denied & (pl.col("closure_source") == "plan")).then("closure_received_at").otherwise("known_from")
    listed_after = denied | (_local_day("last_listed_at", settings) > pl.col("authorization_end"))
    told_of_end = ((pl.col("last_listed_at") >= known_at) & listed_after).fill_null(value=False)
    over = denied | ended
    return (_served() & ~over) | (over & (_served() | denied) & ~told_of_end)


def _local_day(name: str, settings: Settings) -> pl.Expr:
    return pl.col(name).dt.convert_time_zone(settings.plan.time_zone).dt.date()


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    return pl.col(name).dt.strftime("%m/%d/%Y") if dtype == pl.Date else pl.col(name).cast(pl.String)
