"""Columns of an ECM Return Transmission File that only some plans have: read where a profile lists them, unknown elsewhere.

The plan whose return file is return file and outreach tracker in one sheet is where they come from. How the columns of the standard
layout look is `schemas.rtf`'s business.
"""

import polars as pl

from schemas.codes import OUTREACH_METHODS, OUTREACH_OUTCOMES, PROVIDER_TYPES
from schemas.columns import Layout, column
from schemas.formats import DATE, IDENTIFIER, INDICATOR, MEMBER_NUMBER, MINUTES, coded

ECM_RTF = "ECM member-level information sharing, RTF"
MERGED = "ECM RTF and outreach tracker in one sheet"


class EcmFurther(Layout):
    """Key, populations of focus, outreach and housing on the row of the member."""

    plan_member_id: str = column(
        "Managed Care Plan Member ID",
        "The plan's own number for the member, with its leading zeros.",
        MERGED,
        format=MEMBER_NUMBER,
        aliases=("Medical Record Number (MRN)", "MRN", "Member MRN"),
        standard=False,
    )
    authorization_number: str = column(
        "Authorization Number", "The plan's number for the authorization, in full.", MERGED, format=IDENTIFIER, standard=False
    )
    language_spoken: str = column(
        "Member Preferred Language Spoken",
        "The language to speak with the member.",
        MERGED,
        aliases=("Member Preferred Language (Spoken)", "Preferred Language Spoken"),
        standard=False,
    )
    language_written: str = column(
        "Member Preferred Language Written",
        "The language to write to the member in.",
        MERGED,
        aliases=("Member Preferred Language (Written)", "Preferred Language Written"),
        standard=False,
    )
    pof_homelessness: str = column(
        "POF Homelessness", "Y when the member is in the population experiencing homelessness.", MERGED, format=INDICATOR, standard=False
    )
    pof_avoidable_use: str = column(
        "POF Avoidable Hospital or ED Utilization",
        "Y when the member is at risk of avoidable hospital or emergency department use.",
        MERGED,
        format=INDICATOR,
        standard=False,
    )
    pof_smh_sud: str = column(
        "POF Serious Mental Health and/or SUD Needs",
        "Y when the member has serious mental health or substance use disorder needs.",
        MERGED,
        format=INDICATOR,
        standard=False,
    )
    pof_incarceration: str = column(
        "POF Transitioning from Incarceration", "Y when the member comes from incarceration.", MERGED, format=INDICATOR, standard=False
    )
    pof_institutionalization: str = column(
        "POF At Risk of LTC Institutionalization",
        "Y when the adult is at risk of long-term care institutionalization.",
        MERGED,
        format=INDICATOR,
        standard=False,
    )
    pof_nursing_facility: str = column(
        "POF Nursing Facility Residents Transitioning to the Community",
        "Y when the adult moves from a nursing facility to the community.",
        MERGED,
        format=INDICATOR,
        standard=False,
    )
    pof_childrens_services: str = column(
        "POF Children in CCS or CCS Whole Child Model",
        "Y when the child is in California Children's Services and has further needs.",
        MERGED,
        format=INDICATOR,
        standard=False,
    )
    pof_child_welfare: str = column(
        "POF Child Welfare", "Y when the child is or was in child welfare.", MERGED, format=INDICATOR, standard=False
    )
    pof_birth_equity: str = column(
        "POF Birth Equity", "Y when the member is in the Birth Equity population.", MERGED, format=INDICATOR, standard=False
    )
    dual: str = column(
        "Member Dually Enrolled in Medicare", "Y when the member has Medicare too.", MERGED, format=INDICATOR, standard=False
    )
    outreach_provider_type: str = column(
        "Provider Type", "Who approached the member.", MERGED, format=coded(PROVIDER_TYPES), standard=False
    )
    outreach_date: pl.Date = column(
        "Date of Outreach Attempt", "When the member was approached.", MERGED, format=DATE, past=True, standard=False
    )
    outreach_method: str = column(
        "Outreach Attempt Method", "How the member was approached.", MERGED, format=coded(OUTREACH_METHODS), standard=False
    )
    outreach_reason: str = column("Contact Reason", "What the attempt was for.", MERGED, standard=False)
    outreach_successful: str = column(
        "Outreach Attempt Successful",
        "Y when the member was reached.",
        MERGED,
        format=coded(OUTREACH_OUTCOMES),
        aliases=("Contact Outcome",),
        standard=False,
    )
    outreach_minutes: pl.Int64 = column("Time Spent Performing Outreach", "Minutes spent.", MERGED, format=MINUTES, standard=False)
    reauthorization: str = column("Reauthorization Request", "Whether the provider asks for a new authorization.", MERGED, standard=False)
    housed: str = column("Has Member Been Housed", "Whether the member has been housed.", MERGED, format=INDICATOR, standard=False)
    housing_type: str = column("Housing Type", "Where the member has been housed.", MERGED, standard=False)
    housed_on: pl.Date = column("Date Housed", "When the member was housed.", MERGED, format=DATE, past=True, standard=False)
