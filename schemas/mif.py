"""The Member Information File: what the plan tells an ECM provider about each member that it places there."""

from schemas.codes import REFERRAL_TYPES, RELATIONSHIPS, Code, CodeList
from schemas.columns import Need, column
from schemas.formats import DATE, EMAIL, INDICATOR, NPI, PERIOD, PHONE, coded
from schemas.member_columns import MemberColumns

TABLE_2 = "CLR guidance, Tables 2 and 7"
TABLE_3 = "CLR guidance, Tables 3 and 8"
TABLE_4 = "CLR guidance, Tables 4 and 9"
SUPPORT = "CLR guidance, II.B.2"
PLAN = "ECM Policy Guide, assignment file"
RECORD_TYPES = CodeList("Record Type", (Code("", "Assigned"), Code("", "Potential")))


class Mif(MemberColumns):
    """One row for each referral placed with the provider, and for each member of the targeted engagement list."""

    referred_service: str = column("Referred Service", "The service asked for.", TABLE_2, need=Need.REQUIRED)
    referring_org_name: str = column("Referring Organization Name", "The organization that referred.", TABLE_2, need=Need.CONDITIONAL)
    referring_org_npi: str = column("Referring Organization NPI", "Its NPI.", TABLE_2, need=Need.CONDITIONAL, format=NPI)
    referring_individual_name: str = column(
        "Referring Individual Name", "Who referred: last name, first name, title.", TABLE_2, need=Need.CONDITIONAL
    )
    referring_individual_phone: str = column(
        "Referring Individual Phone Number", "Where to call who referred.", TABLE_2, need=Need.CONDITIONAL, format=PHONE
    )
    referring_individual_email: str = column("Referring Individual Email Address", "Where to write to who referred.", TABLE_2, format=EMAIL)
    referring_relationship: str = column(
        "Referring Individual Relationship to Member",
        "What who referred is to the member.",
        TABLE_2,
        need=Need.CONDITIONAL,
        format=coded(RELATIONSHIPS),
    )
    referral_type: str = column(
        "Referral Type", "From the community, or identified by the plan.", TABLE_2, need=Need.CONDITIONAL, format=coded(REFERRAL_TYPES)
    )
    authorization_effective: str = column(
        "ECM Benefit Authorization Effective Date by MCP", "First day authorized.", TABLE_3, need=Need.CONDITIONAL, format=DATE
    )
    authorization_end: str = column(
        "ECM Benefit Authorization End Date", "Last day authorized.", TABLE_3, need=Need.CONDITIONAL, format=DATE
    )
    authorization_number: str = column("Authorization Number", "The plan's number for the authorization.", PLAN)
    populations_of_focus: str = column("Population(s) of Focus", "The ECM populations that the member belongs to.", PLAN)
    acuity: str = column("Acuity Level", "How intensive the need is.", PLAN)
    pcp_name: str = column("Assigned PCP Name", "The member's primary care provider.", PLAN)
    pcp_npi: str = column("Assigned PCP NPI", "NPI of the primary care provider.", PLAN, format=NPI)
    pcp_phone: str = column("Assigned PCP Phone Number", "Where to call the primary care provider.", PLAN, format=PHONE)
    clinical_highlights: str = column("Clinical Highlights", "What claims and encounters tell a care manager.", PLAN)
    record_type: str = column(
        "Record Type", "Assigned: referred and placed. Potential: to be reached out to.", PLAN, format=coded(RECORD_TYPES)
    )
    new_to_provider: str = column("New to Provider Indicator", "Y on the first file that lists the referral.", PLAN, format=INDICATOR)
    supplemental_phone: str = column("Supplemental Phone Number", "A phone number that a provider reported.", SUPPORT, format=PHONE)
    supplemental_address: str = column("Supplemental Address", "An address that a provider reported.", SUPPORT)
    production_date: str = column(
        "Member Information File Production Date (MM/DD/YYYY)", "The day this file was made.", TABLE_4, need=Need.REQUIRED, format=DATE
    )
    reporting_period: str = column("Member Information File Reporting Period", "The month this file is for.", PLAN, format=PERIOD)
    plan_identifier: str = column("MCP Identifier", "The plan's identifier.", PLAN)
    plan_name: str = column("MCP Name", "The plan's name.", PLAN)
