"""The ECM Provider Initial Outreach Tracker: one row for each attempt to reach a member."""

import polars as pl

from schemas.codes import OUTREACH_METHODS, PROVIDER_TYPES
from schemas.columns import Layout, Need, column
from schemas.formats import CIN, DATE, INDICATOR, MINUTES, NAME, NPI, SEVERAL_DAYS, TIN, coded, of_one_attempt

OUTREACH = "ECM Provider Initial Outreach Tracker"


class Otf(Layout):
    """One attempt to reach one member."""

    plan_identifier: str = column("Primary Payer (MCP) Identifier", "The plan's identifier.", OUTREACH)
    plan_name: str = column("MCP Name", "The plan's name.", OUTREACH)
    provider_name: str = column("ECM Provider Name", "The provider that reports.", OUTREACH, need=Need.REQUIRED, format=NAME)
    provider_npi: str = column(
        "ECM Provider National Provider Identifier (NPI)",
        "NPI of the provider that reports.",
        OUTREACH,
        need=Need.REQUIRED,
        format=NPI,
        aliases=("ECM Provider NPI",),
    )
    provider_tin: str = column(
        "ECM Provider Tax ID Number (TIN)", "Tax number of the provider.", OUTREACH, format=TIN, aliases=("ECM Provider TIN",)
    )
    client_name: str = column("Client Name", "The member's name.", OUTREACH, format=NAME)
    cin: str = column(
        "Member Client Index Number (CIN)",
        "The nine characters that Medi-Cal knows the member by.",
        OUTREACH,
        need=Need.REQUIRED,
        format=CIN,
        aliases=("Member CIN", "CIN"),
    )
    provider_type: str = column(
        "Provider Type", "Who approached the member.", OUTREACH, need=Need.REQUIRED, format=of_one_attempt(coded(PROVIDER_TYPES))
    )
    outreach_date: pl.Date = column(
        "Date of Outreach Attempt",
        "When the member was approached.",
        OUTREACH,
        need=Need.REQUIRED,
        format=of_one_attempt(DATE, SEVERAL_DAYS),
        past=True,
    )
    outreach_method: str = column(
        "Outreach Attempt Method",
        "How the member was approached.",
        OUTREACH,
        need=Need.REQUIRED,
        format=of_one_attempt(coded(OUTREACH_METHODS)),
    )
    outreach_successful: str = column(
        "Outreach Attempt Successful", "Y when the member was reached.", OUTREACH, need=Need.REQUIRED, format=of_one_attempt(INDICATOR)
    )
    minutes: pl.Int64 = column("Time Spent Performing Outreach", "Minutes spent.", OUTREACH, format=of_one_attempt(MINUTES))
