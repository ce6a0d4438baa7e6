"""Referrals as the plan's own systems hold them, with authorization and assignment: an extract that the plan drops into `intake/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandera.polars as pa
import polars as pl

from schemas.codes import AUTHORIZATION_STATUSES, ECM_SERVICE, PROGRAMS, REFERRAL_TYPES, RELATIONSHIPS, SERVICES, Program
from schemas.columns import Layout, Need, column
from schemas.formats import CIN, EMAIL, EXTRACT_DATE, INDICATOR, MOMENT, NPI, PHONE, coded

if TYPE_CHECKING:
    from pandera.api.polars.types import PolarsData

EXTRACT = "plan extract: referrals"


class Referrals(Layout):
    """One row for each referral as it stands; a changed row in a later extract is a new version, an absent one is no deletion."""

    referral_id: str = column("referral_id", "The plan's number for the referral.", EXTRACT, need=Need.REQUIRED)
    program: str = column("program", "ECM or CS.", EXTRACT, need=Need.REQUIRED, format=coded(PROGRAMS))
    service: str = column("service", "The service asked for.", EXTRACT, need=Need.REQUIRED, format=coded(SERVICES))
    cin: str = column("cin", "The member's Client Index Number.", EXTRACT, need=Need.REQUIRED, format=CIN)
    referral_date: pl.Date = column("referral_date", "Day that the referral was made.", EXTRACT, need=Need.REQUIRED, format=EXTRACT_DATE)
    referral_type: str = column("referral_type", "From the community or identified by the plan.", EXTRACT, format=coded(REFERRAL_TYPES))
    referring_org_name: str = column("referring_org_name", "Organization that referred.", EXTRACT)
    referring_org_npi: str = column("referring_org_npi", "Its NPI.", EXTRACT, format=NPI)
    referring_individual_name: str = column("referring_individual_name", "Who referred: last, first, title.", EXTRACT)
    referring_individual_phone: str = column("referring_individual_phone", "Phone number of who referred.", EXTRACT, format=PHONE)
    referring_individual_email: str = column("referring_individual_email", "E-mail address of who referred.", EXTRACT, format=EMAIL)
    referring_relationship: str = column(
        "referring_relationship", "What who referred is to the member.", EXTRACT, format=coded(RELATIONSHIPS)
    )
    request_received_at: str = column("request_received_at", "When the plan was asked to authorize.", EXTRACT, format=MOMENT)
    authorization_status: str = column("authorization_status", "The plan's decision.", EXTRACT, format=coded(AUTHORIZATION_STATUSES))
    authorization_number: str = column("authorization_number", "Number of the authorization.", EXTRACT)
    authorization_effective: pl.Date = column("authorization_effective", "First day authorized.", EXTRACT, format=EXTRACT_DATE)
    authorization_end: pl.Date = column("authorization_end", "Last day authorized.", EXTRACT, format=EXTRACT_DATE)
    decision_at: str = column("decision_at", "When the plan decided.", EXTRACT, format=MOMENT)
    denial_reason: str = column("denial_reason", "Why the plan denied.", EXTRACT)
    member_notified_on: pl.Date = column(
        "member_notified_on", "Day that the member was told of the decision.", EXTRACT, format=EXTRACT_DATE
    )
    expedited: str = column("expedited", "Y when to be decided within 72 hours.", EXTRACT, format=INDICATOR)
    streamlined_start: pl.Date = column("streamlined_start", "First day of a streamlined (presumptive) span.", EXTRACT, format=EXTRACT_DATE)
    provider_id: str = column("provider_id", "The provider that the referral is placed with.", EXTRACT)
    assigned_at: str = column("assigned_at", "When it was placed there.", EXTRACT, format=MOMENT)
    justice_involved: str = column("justice_involved", "Y for a referral from a correctional facility.", EXTRACT, format=INDICATOR)
    release_date: pl.Date = column("release_date", "Day of release.", EXTRACT, format=EXTRACT_DATE)

    @pa.check("service", name="R350", error="R350", ignore_na=False)
    def service_belongs_to_program(cls, data: PolarsData) -> pl.LazyFrame:
        """The ECM program has the ECM service, Community Supports have theirs."""
        of_ecm = pl.col(data.key) == ECM_SERVICE
        agrees = of_ecm == (pl.col("program") == Program.ECM)
        return data.lazyframe.select(agrees.fill_null(value=True))

    @pa.check("assigned_at", name="R351", error="R351", ignore_na=False)
    def assignment_has_its_moment(cls, data: PolarsData) -> pl.LazyFrame:
        """A referral placed with a provider says since when."""
        return data.lazyframe.select(pl.col("provider_id_text").is_null() | pl.col(f"{data.key}_text").is_not_null())

    @pa.check("decision_at", name="R352", error="R352", ignore_na=False)
    def decision_has_its_moment(cls, data: PolarsData) -> pl.LazyFrame:
        """A referral approved or denied says when."""
        decided = pl.col("authorization_status").is_in(["Approved", "Denied"]).fill_null(value=False)
        return data.lazyframe.select(~decided | pl.col(f"{data.key}_text").is_not_null())
