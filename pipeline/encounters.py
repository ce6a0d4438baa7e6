"""Encounters: claims that tell of a service, for loops of whose end no Return Transmission File has told.

Decides which loop an encounter speaks of. That a Return Transmission File overrules it, the history decides.
"""

from __future__ import annotations

import re

import polars as pl

from pipeline.names import digest_names
from schemas.codes import ECM_SERVICE, SERVICES, SOBERING_CENTERS, ClosureReason, ReferralStatus
from schemas.history import Observations

ECM_CODES = ("G9007", "G9008", "G9012")
OUTREACH = "U8"  # an attempt to reach the member is no service (CLR guidance, Table 5)
CODE_WITH_MODIFIER = re.compile(r"([A-Z][0-9]{4}) (U[0-9])")


def services_received(encounters: pl.DataFrame, providers: pl.DataFrame, loops: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Encounters that stand for a service of a loop, as observations `Referral Loop Closed`, `Services Received`.

    encounters, providers: current versions; loops: `schemas.history.Loops`; known: observations already made. An encounter belongs to the
    loop that its provider holds for member and service: the latest sent on or before the day of service, else the earliest.
    Returns `schemas.history.Observations`.
    """
    served = _with_service(encounters).filter(pl.col("service") != SOBERING_CENTERS)
    owners = providers.select("provider_id", provider_npi="npi")
    held = loops.filter(pl.col("sent_on").is_not_null()).select(
        "plan", "cin", "service", "provider_id", "referral_id", "loop", "program", "sent_on"
    )
    found = (
        served.join(owners, on="provider_npi", how="inner", maintain_order="left")
        .join(held, on=["plan", "cin", "service", "provider_id"], how="inner", maintain_order="left")
        .with_columns(early=pl.col("sent_on") > pl.col("service_date"))
        .with_columns(distance=(pl.col("sent_on") - pl.col("service_date")).dt.total_days().abs())
        .sort("encounter_id", "early", "distance", "referral_id", "loop", maintain_order=True)
        .unique("encounter_id", keep="first", maintain_order=True)
    )
    told = found.with_columns(
        observation_id=digest_names("O", found.select("plan", "encounter_id")),
        status=pl.lit(ReferralStatus.LOOP_CLOSED.value),
        status_date="service_date",
        closure_reason=pl.lit(ClosureReason.SERVICES_RECEIVED.value),
        engagement=pl.lit(None, dtype=pl.String),
        source=pl.lit("encounter"),
        received_at="known_from",
        submission_id="encounter_id",
        row=pl.lit(None, dtype=pl.Int64),
    )
    fresh = told.join(known.select("observation_id"), on="observation_id", how="anti", maintain_order="left")
    return fresh.select(Observations.polars_schema().names())


def _with_service(encounters: pl.DataFrame) -> pl.DataFrame:
    """Add the service that procedure code and modifiers stand for; modifiers in any order. Encounters of no such service are left out."""
    modifiers = pl.col("modifiers").fill_null("").str.to_uppercase().str.extract_all(r"[A-Z0-9]{2}")
    coded = encounters.with_columns(hcpcs=pl.col("hcpcs").str.to_uppercase().str.strip_chars(), modifier=modifiers)
    delivered = coded.filter(~pl.col("modifier").list.contains(OUTREACH))
    ecm = delivered.filter(pl.col("hcpcs").is_in(ECM_CODES)).with_columns(service=pl.lit(ECM_SERVICE))
    cs = delivered.explode("modifier").join(_community_supports(), on=["hcpcs", "modifier"], how="inner", maintain_order="left")
    columns = [*encounters.columns, "service"]
    return pl.concat([ecm.select(columns), cs.select(columns)]).unique(["plan", "encounter_id"], keep="first", maintain_order=True)


def _community_supports() -> pl.DataFrame:
    pairs = [
        (*match.groups(), code.label) for code in SERVICES.codes for alias in code.aliases if (match := CODE_WITH_MODIFIER.fullmatch(alias))
    ]
    return pl.DataFrame(pairs, schema=("hcpcs", "modifier", "service"), orient="row")
