"""The Authorization Status File: what the plan tells a Community Supports provider about each referral that it holds."""

from schemas.codes import AUTHORIZATION_STATUSES, REFERRAL_TYPES
from schemas.columns import Need, column
from schemas.formats import DATE, PERIOD, PHONE, coded
from schemas.member_columns import MemberColumns

TABLE_2 = "CLR guidance, Tables 2 and 7"
TABLE_3 = "CLR guidance, Tables 3 and 8"
TABLE_4 = "CLR guidance, Tables 4 and 9"
SUPPORT = "CLR guidance, II.B.2"
PLAN = "Community Supports authorization file"


class Asf(MemberColumns):
    """One row for each service that a member was referred for."""

    referred_service: str = column("Referred Service", "The Community Support asked for.", TABLE_2, need=Need.REQUIRED)
    referral_type: str = column(
        "Referral Type", "From the community, or identified by the plan.", TABLE_2, need=Need.CONDITIONAL, format=coded(REFERRAL_TYPES)
    )
    request_received_on: str = column(
        "Date Received Request for Authorization",
        "When the plan was asked to authorize.",
        TABLE_3,
        need=Need.CONDITIONAL,
        format=DATE,
    )
    authorization_status: str = column(
        "Referral Authorization Status", "What the plan decided.", TABLE_3, need=Need.CONDITIONAL, format=coded(AUTHORIZATION_STATUSES)
    )
    authorization_effective: str = column(
        "Authorization Effective Date", "First day authorized.", TABLE_3, need=Need.CONDITIONAL, format=DATE
    )
    authorization_end: str = column("Authorization End Date", "Last day authorized.", TABLE_3, need=Need.CONDITIONAL, format=DATE)
    decision_on: str = column(
        "Date MCP Provides a Response About the Request for Authorization",
        "When the plan decided.",
        TABLE_3,
        need=Need.CONDITIONAL,
        format=DATE,
    )
    authorization_number: str = column("Authorization Number", "The plan's number for the authorization.", PLAN)
    sent_on: str = column(
        "Date Referral Sent to Servicing Provider Organization",
        "When this provider first received the referral.",
        TABLE_4,
        need=Need.REQUIRED,
        format=DATE,
    )
    supplemental_phone: str = column("Supplemental Phone Number", "A phone number that a provider reported.", SUPPORT, format=PHONE)
    supplemental_address: str = column("Supplemental Address", "An address that a provider reported.", SUPPORT)
    production_date: str = column("ASF Production Date", "The day this file was made.", PLAN, need=Need.REQUIRED, format=DATE)
    reporting_period: str = column("ASF Reporting Period", "The month this file is for.", PLAN, format=PERIOD)
    plan_identifier: str = column("MCP Identifier", "The plan's identifier.", PLAN)
    plan_name: str = column("MCP Name", "The plan's name.", PLAN)
