"""The Return Transmission File: what a provider reports about each referral that it holds, for ECM and for Community Supports.

Says what each column is, which values it may hold and how the columns of a row must agree. Whose member it is, the history knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandera.polars as pa
import polars as pl

from schemas.codes import (
    CLOSING_STATUSES,
    CLOSURE_REASONS,
    CS_SERVICES,
    DENIED_FOR_DECLINED,
    OUTREACH_METHODS,
    PROVIDER_CLOSURE_REASONS,
    PROVIDER_TYPES,
    REFERRAL_STATUSES,
    ClosureReason,
    Code,
    CodeList,
    plain,
    plain_words,
)
from schemas.columns import Layout, Need, column
from schemas.formats import CIN, COUNT, DATE, EMAIL, IDENTIFIER, INDICATOR, MEMBER_NUMBER, NAME, NPI, PERIOD, PHONE, STATE, TIN, ZIP, coded
from schemas.rtf_further import ECM_RTF, EcmFurther

if TYPE_CHECKING:
    from pandera.api.polars.types import PolarsData

CLR = "CLR guidance, Tables 4, 5, 9 to 12"
CS_RTF = "Community Supports member information sharing, RTF"

DISCONTINUATION_REASONS = CodeList(  # numbers 1 to 15 as plans use them; the labels are to be confirmed against the plan's own template
    "Discontinuation Reason Code",
    tuple(
        Code(str(number), label)
        for number, label in enumerate(
            (
                "All care plan goals met",
                "Ready to transition to a lower level of care",
                "No longer wishes to receive ECM or unresponsive",
                "Not able to connect with the member",
                "Incarcerated",
                "Declined to participate",
                "Duplicative program",
                "Lost Medi-Cal coverage",
                "Switched plan",
                "Moved out of the county",
                "Moved out of the country",
                "Unsafe behavior or environment",
                "Not reauthorized",
                "Deceased",
                "Other Reason",
            ),
            start=1,
        )
    ),
)


def blank(name: str) -> pl.Expr:
    """True where a cell of the file was blank (and not merely unreadable)."""
    return pl.col(f"{name}_text").is_null()


class Payer(Layout):
    """The plan that the file is for."""

    plan_identifier: str = column("Primary Payer (MCP) Identifier", "The plan's identifier.", ECM_RTF)
    plan_name: str = column("MCP Name", "The plan's name.", ECM_RTF)


class PlanMember(Layout):
    """The member by the plan's own number."""

    plan_member_id: str = column(
        "Managed Care Plan Member ID",
        "The plan's own number for the member, with its leading zeros.",
        CS_RTF,
        format=MEMBER_NUMBER,
        aliases=("Medical Record Number (MRN)", "MRN", "Member MRN"),
    )


class Member(Layout):
    """Who the row is about, and what has changed in how to reach them."""

    cin: str = column(
        "Member Client Index Number (CIN)",
        "The nine characters that Medi-Cal knows the member by.",
        "CLR guidance, Tables 1 and 6",
        need=Need.REQUIRED,
        format=CIN,
        aliases=(
            "CIN",
            "Client Index Number (CIN)",
            "Medi-Cal Member Client Index Number (CIN)",
            "Member CIN",
            "MCP_CIN",
            "Medi-Cal Number",
        ),
    )
    member_last_name: str = column(
        "Member Last Name",
        "The member's last name.",
        "CLR guidance, Tables 1 and 6",
        need=Need.REQUIRED,
        format=NAME,
        aliases=("Last Name",),
    )
    member_first_name: str = column(
        "Member First Name",
        "The member's first name.",
        "CLR guidance, Tables 1 and 6",
        need=Need.REQUIRED,
        format=NAME,
        aliases=("First Name",),
    )
    new_address: str = column("Member New Address Indicator", "Y when the address beside it is new.", ECM_RTF, format=INDICATOR)
    new_phone: str = column("Member New Phone Number Indicator", "Y when the phone number beside it is new.", ECM_RTF, format=INDICATOR)
    homeless: str = column(
        "Member Homelessness Indicator", "Y when the member has no home.", "CLR guidance, Tables 1 and 6", format=INDICATOR
    )
    address: str = column(
        "Member Residential Address",
        "The new address.",
        ECM_RTF,
        need=Need.CONDITIONAL,
        aliases=("Member Resdidential Address", "Member Resdential Address"),
    )
    city: str = column(
        "Member Residential City",
        "City of the new address.",
        ECM_RTF,
        need=Need.CONDITIONAL,
        aliases=("Member Resdidential City", "Member Resdential City"),
    )
    state: str = column("Member Residential State", "State of the new address.", ECM_RTF, need=Need.CONDITIONAL, format=STATE)
    zip: str = column(
        "Member Residential Zip",
        "Zip code of the new address.",
        ECM_RTF,
        need=Need.CONDITIONAL,
        format=ZIP,
        aliases=(
            "Member Residential Zip Code",
            *(f"Member {misspelt} {zip_code}" for misspelt in ("Resdidential", "Resdential") for zip_code in ("Zip", "Zip Code")),
        ),
    )
    phone: str = column("Member Phone Number", "The new phone number.", ECM_RTF, need=Need.CONDITIONAL, format=PHONE)

    @pa.check("address", "city", "state", "zip", name="R102", error="R102", ignore_na=False)
    def new_address_is_given(cls, data: PolarsData) -> pl.LazyFrame:
        """An address said to be new stands in full."""
        return data.lazyframe.select((pl.col("new_address") != "Y").fill_null(value=True) | ~blank(data.key))

    @pa.check("phone", name="R103", error="R103", ignore_na=False)
    def new_phone_is_given(cls, data: PolarsData) -> pl.LazyFrame:
        """A phone number said to be new stands there."""
        return data.lazyframe.select((pl.col("new_phone") != "Y").fill_null(value=True) | ~blank(data.key))


class EcmService(Layout):
    """What the ECM provider did for the member, and which file this is."""

    member_pof_indicator: str = column("Member POF Indicator", "Whether the population of focus has changed.", ECM_RTF)
    member_pof: str = column("Member POF", "Population of focus.", ECM_RTF)
    member_acuity: str = column("Member Acuity Level", "How intensive the need is.", ECM_RTF)
    engagement: str = column(
        "Member ECM Status",
        "How far the member is engaged in ECM; the plan's own list.",
        ECM_RTF,
        aliases=("Status of Member Engagement", "ECM Status"),
    )
    enrollment_start: pl.Date = column(
        "ECM Enrollment Start Date", "First day of enrollment in ECM.", ECM_RTF, need=Need.CONDITIONAL, format=DATE
    )
    enrollment_end: pl.Date = column(
        "ECM Enrollment End Date", "Last day of enrollment in ECM.", ECM_RTF, need=Need.CONDITIONAL, format=DATE
    )
    care_plan_revised: pl.Date = column("Date of Latest Care Plan Revision", "Latest revision.", ECM_RTF, format=DATE, past=True)
    care_conference: pl.Date = column("Date of Most Recent Care Conference", "Latest conference.", ECM_RTF, format=DATE, past=True)
    assessment_started: pl.Date = column("Date Assessment Started", "Start of the assessment.", ECM_RTF, format=DATE, past=True)
    assessment_completed: pl.Date = column(
        "Date of Most Recent Completed Assessment", "End of the latest assessment.", ECM_RTF, format=DATE, past=True
    )
    latest_encounter: pl.Date = column("Date of Most Recent Encounter with Member", "Latest encounter.", ECM_RTF, format=DATE, past=True)
    care_manager_name: str = column("ECM Lead Care Manager Name", "The member's lead care manager.", ECM_RTF, format=NAME)
    care_manager_phone: str = column("ECM Lead Care Manager Phone Number", "Where to call the lead care manager.", ECM_RTF, format=PHONE)
    care_manager_email: str = column("ECM Lead Care Manager Email", "Where to write to the lead care manager.", ECM_RTF, format=EMAIL)
    discontinuation_date: pl.Date = column("Discontinuation Date", "Day that ECM ended.", ECM_RTF, need=Need.CONDITIONAL, format=DATE)
    discontinuation_code: str = column(
        "Discontinuation Reason Code", "Why ECM ended.", ECM_RTF, need=Need.CONDITIONAL, format=coded(DISCONTINUATION_REASONS)
    )
    discontinuation_reason: str = column("Discontinuation Reason", "Why ECM ended, in words.", ECM_RTF, need=Need.CONDITIONAL)
    in_person: pl.Int64 = column("In Person", "Encounters in person in the period.", ECM_RTF, format=COUNT)
    telephonic: pl.Int64 = column("Telephonic/Video", "Encounters by phone or video in the period.", ECM_RTF, format=COUNT)
    production_date: pl.Date = column(
        "Member Information Return Transmission File Production Date",
        "The day this file was made.",
        ECM_RTF,
        need=Need.REQUIRED,
        format=DATE,
        past=True,
        aliases=("Member Information RTF Production Date", "RTF Production Date"),
    )
    reporting_period: str = column(
        "Member Information File Reporting Period",
        "The month this file reports on.",
        ECM_RTF,
        need=Need.REQUIRED,
        format=PERIOD,
        aliases=(
            "Member Information RTF Reporting Period",
            "Member Information Return Transmission File Reporting Period",
            "RTF Reporting Period",
        ),
    )
    provider_name: str = column(
        "ECM Provider Name", "The provider that reports.", "CLR guidance, Tables 4 and 9", need=Need.REQUIRED, format=NAME
    )
    provider_npi: str = column(
        "ECM Provider National Provider Identifier (NPI)",
        "NPI of the provider that reports.",
        "CLR guidance, Tables 4 and 9",
        need=Need.REQUIRED,
        format=NPI,
        aliases=("ECM Provider NPI",),
    )
    provider_tin: str = column(
        "ECM Provider Tax ID Number (TIN)", "Tax number of the provider.", ECM_RTF, format=TIN, aliases=("ECM Provider TIN",)
    )
    provider_phone: str = column("ECM Provider Phone Number", "Where to call the provider.", "CLR guidance, Tables 4 and 9", format=PHONE)

    @pa.check("enrollment_start", name="R321", error="R321", ignore_na=False)
    def enrolled_since(cls, data: PolarsData) -> pl.LazyFrame:
        """An enrolled member has a first day of enrollment."""
        return data.lazyframe.select((pl.col("engagement") != "Enrolled").fill_null(value=True) | ~blank(data.key))

    @pa.check("enrollment_end", name="R322", error="R322", ignore_na=False)
    def enrollment_ends_after_its_start(cls, data: PolarsData) -> pl.LazyFrame:
        """An enrollment does not end before it begins."""
        return data.lazyframe.select((pl.col(data.key) >= pl.col("enrollment_start")).fill_null(value=True))

    @pa.check("discontinuation_date", "discontinuation_code", name="R323", error="R323", ignore_na=False)
    def discontinuation_is_whole(cls, data: PolarsData) -> pl.LazyFrame:
        """Date and reason code of a discontinuation come together."""
        other = "discontinuation_code" if data.key == "discontinuation_date" else "discontinuation_date"
        return data.lazyframe.select(blank(other) | ~blank(data.key))


class CsService(Layout):
    """What the Community Supports provider did for the member, and which file this is."""

    service: str = column(
        "Community Supports Service",
        "The Community Support that the row is about.",
        "CLR guidance, Tables 2 and 7",
        need=Need.REQUIRED,
        format=coded(CS_SERVICES),
        aliases=("Referred Service", "Service"),
    )
    authorization_number: str = column(
        "Authorization Number", "The plan's number for the authorization, in full.", CS_RTF, format=IDENTIFIER
    )
    engagement: str = column(
        "Status of Member Engagement", "How far the member is engaged in the service; the plan's own list.", CS_RTF, aliases=("CS Status",)
    )
    service_start: pl.Date = column("Service Start Date", "First day of the service.", CS_RTF, format=DATE)
    service_end: pl.Date = column("Service End Date", "Last day of the service.", CS_RTF, format=DATE)
    outreach_method: str = column("Outreach Attempt Method", "How the member was approached.", CS_RTF, format=coded(OUTREACH_METHODS))
    outreach_provider_type: str = column("Provider Type", "Who approached the member.", CS_RTF, format=coded(PROVIDER_TYPES))
    outreach_date: pl.Date = column("Date of Outreach Attempt", "When the member was approached.", CS_RTF, format=DATE, past=True)
    housed: str = column("Has Member Been Housed", "Whether the member has been housed.", CS_RTF, format=INDICATOR)
    housing_type: str = column("Housing Type", "Where the member has been housed.", CS_RTF)
    housed_on: pl.Date = column("Date Housed", "When the member was housed.", CS_RTF, format=DATE, past=True)
    reauthorization: str = column("Reauthorization Request", "Whether the provider asks for a new authorization.", CS_RTF)
    production_date: pl.Date = column(
        "Community Supports Provider Return Transmission File Production Date",
        "The day this file was made.",
        CS_RTF,
        need=Need.REQUIRED,
        format=DATE,
        past=True,
        aliases=("Community Supports Provider RTF Production Date", "RTF Production Date"),
    )
    reporting_period: str = column(
        "Community Supports Provider Return Transmission File Reporting Period",
        "The month this file reports on.",
        CS_RTF,
        need=Need.REQUIRED,
        format=PERIOD,
        aliases=("Community Supports Provider RTF Reporting Period", "RTF Reporting Period"),
    )
    provider_name: str = column(
        "Community Supports Provider Name", "The provider that reports.", "CLR guidance, Tables 4 and 9", need=Need.REQUIRED, format=NAME
    )
    provider_npi: str = column(
        "Community Supports Provider National Provider Identifier (NPI)",
        "NPI of the provider that reports.",
        "CLR guidance, Tables 4 and 9",
        need=Need.REQUIRED,
        format=NPI,
        aliases=("Community Supports Provider NPI",),
    )
    provider_phone: str = column(
        "Community Supports Provider Phone Number", "Where to call the provider.", "CLR guidance, Tables 4 and 9", format=PHONE
    )


class ReferralOutcome(Layout):
    """The three columns of closed-loop referral, and how they must agree (DHCS CLR guidance, Tables 4, 5, 11 and 12)."""

    referral_status: str = column(
        "Referral Status",
        "Where the referral stands as of the date beside it.",
        CLR,
        need=Need.CONDITIONAL,
        format=coded(REFERRAL_STATUSES),
    )
    status_date: pl.Date = column(
        "Date of Referral Status Update",
        "The day that the status began.",
        CLR,
        need=Need.CONDITIONAL,
        format=DATE,
        past=True,
        aliases=("Date of Referral Status",),
    )
    closure_reason: str = column(
        "Reason for Referral Loop Closure",
        "Why the referral loop closed.",
        CLR,
        need=Need.CONDITIONAL,
        format=coded(CLOSURE_REASONS, allowed=PROVIDER_CLOSURE_REASONS),
        aliases=("Referral Loop Closure Reason",),
    )

    @pa.check("status_date", name="R302", error="R302", ignore_na=False)
    def status_has_its_date(cls, data: PolarsData) -> pl.LazyFrame:
        """A status stands with the day it began."""
        return data.lazyframe.select(blank("referral_status") | ~blank(data.key))

    @pa.check("referral_status", name="R303", error="R303", ignore_na=False)
    def date_and_reason_have_their_status(cls, data: PolarsData) -> pl.LazyFrame:
        """A date or a reason stands with the status that it belongs to."""
        return data.lazyframe.select(~blank(data.key) | (blank("status_date") & blank("closure_reason")))

    @pa.check("closure_reason", name="R310", error="R310", ignore_na=False)
    def closing_needs_reason(cls, data: PolarsData) -> pl.LazyFrame:
        """Declined and Referral Loop Closed stand with a reason."""
        closing = pl.col("referral_status").is_in(CLOSING_STATUSES).fill_null(value=False)
        return data.lazyframe.select(~closing | ~blank(data.key))

    @pa.check("closure_reason", name="R311", error="R311", ignore_na=False)
    def only_closing_has_reason(cls, data: PolarsData) -> pl.LazyFrame:
        """No other status stands with a reason."""
        not_closing = (~pl.col("referral_status").is_in(CLOSING_STATUSES)).fill_null(value=False)
        return data.lazyframe.select(~not_closing | blank(data.key))

    @pa.check("closure_reason", name="R312", error="R312", ignore_na=False)
    def denial_is_the_plans_word(cls, data: PolarsData) -> pl.LazyFrame:
        """Authorization Denied is written by the plan alone."""
        return data.lazyframe.select((pl.col(data.key) != ClosureReason.AUTHORIZATION_DENIED).fill_null(value=True))

    @pa.check("referral_status", name="R313", error="R313", ignore_na=False)
    def declined_is_not_called_denied(cls, data: PolarsData) -> pl.LazyFrame:
        """Denied is read as Declined, and said so."""
        denied = plain(pl.col(f"{data.key}_text")) == plain_words(DENIED_FOR_DECLINED)
        return data.lazyframe.select(~denied.fill_null(value=False))


class RtfEcm(EcmFurther, ReferralOutcome, EcmService, Member, Payer):
    """Return Transmission File of an ECM provider."""


class RtfCs(ReferralOutcome, CsService, Member, PlanMember, Payer):
    """Return Transmission File of a Community Supports provider."""
