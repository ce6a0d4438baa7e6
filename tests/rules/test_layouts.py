"""The layouts as agreed, written out: headings in their order, how much each is needed, and the other headings that stand for it."""

from __future__ import annotations

import pytest

from config.load import load_profile, profile_names
from config.profile import LayoutChoice
from pipeline.recognise import Headings
from schemas.columns import Need
from schemas.layouts import INBOUND, LAYOUTS, OUTBOUND

PAYER = """
O Primary Payer (MCP) Identifier
O MCP Name
"""
PERSON = """
R Member Client Index Number (CIN) = Medi-Cal Member Client Index Number (CIN) = MCP_CIN = Medi-Cal Number = CIN
R Member Last Name
R Member First Name
O Member New Address Indicator
O Member New Phone Number Indicator
O Member Homelessness Indicator
C Member Residential Address = Member Resdidential Address
C Member Residential City
C Member Residential State
C Member Residential Zip = Member Residential Zip Code = Member Resdidential Zip Code
C Member Phone Number
"""
OUTCOME = """
C Referral Status
C Date of Referral Status Update = Date of Referral Status
C Reason for Referral Loop Closure
"""
RTF_ECM = f"""{PAYER}{PERSON}
O Member POF Indicator
O Member POF
O Member Acuity Level
O Member ECM Status = Status of Member Engagement
C ECM Enrollment Start Date
C ECM Enrollment End Date
O Date of Latest Care Plan Revision
O Date of Most Recent Care Conference
O Date Assessment Started
O Date of Most Recent Completed Assessment
O Date of Most Recent Encounter with Member
O ECM Lead Care Manager Name
O ECM Lead Care Manager Phone Number
O ECM Lead Care Manager Email
C Discontinuation Date
C Discontinuation Reason Code
C Discontinuation Reason
O In Person
O Telephonic/Video
R Member Information Return Transmission File Production Date
R Member Information File Reporting Period
R ECM Provider Name
R ECM Provider National Provider Identifier (NPI)
O ECM Provider Tax ID Number (TIN)
O ECM Provider Phone Number
{OUTCOME}"""
RTF_CS = f"""{PAYER}
O Managed Care Plan Member ID = Medical Record Number (MRN) = MRN = Member MRN
{PERSON}
R Community Supports Service = Referred Service = Service
O Authorization Number
O Status of Member Engagement
O Service Start Date
O Service End Date
O Outreach Attempt Method
O Provider Type
O Date of Outreach Attempt
O Has Member Been Housed
O Housing Type
O Date Housed
O Reauthorization Request
R Community Supports Provider Return Transmission File Production Date
R Community Supports Provider Return Transmission File Reporting Period
R Community Supports Provider Name
R Community Supports Provider National Provider Identifier (NPI)
O Community Supports Provider Phone Number
{OUTCOME}"""
OTF = f"""{PAYER}
R ECM Provider Name
R ECM Provider National Provider Identifier (NPI)
O ECM Provider Tax ID Number (TIN)
O Client Name
R Member Client Index Number (CIN)
R Provider Type
R Date of Outreach Attempt
R Outreach Attempt Method
R Outreach Attempt Successful
O Time Spent Performing Outreach
"""
MEMBER = """
Member First Name
Member Last Name
Medi-Cal Member Client Index Number (CIN)
Managed Care Plan Member ID Number
Member Date of Birth
Member Primary Phone Number
Member Residential Address
Member Residential City
Member Residential State
Member Residential Zip
Member Email
Member Preferred Language (Spoken)
Member Preferred Language (Written)
Member Gender Code
Member Race or Ethnicity Code
Member Homelessness Indicator
Member Guardian or Conservator First Name
Member Guardian or Conservator Last Name
Member Guardian or Conservator Phone Number
"""
MIF = f"""{MEMBER}
Referred Service
Referring Organization Name
Referring Organization NPI
Referring Individual Name
Referring Individual Phone Number
Referring Individual Email Address
Referring Individual Relationship to Member
Referral Type
ECM Benefit Authorization Effective Date by MCP
ECM Benefit Authorization End Date
Authorization Number
Population(s) of Focus
Acuity Level
Assigned PCP Name
Assigned PCP NPI
Assigned PCP Phone Number
Clinical Highlights
Record Type
New to Provider Indicator
Supplemental Phone Number
Supplemental Address
Member Information File Production Date (MM/DD/YYYY)
Member Information File Reporting Period
MCP Identifier
MCP Name
"""
ASF = f"""{MEMBER}
Referred Service
Referral Type
Date Received Request for Authorization
Referral Authorization Status
Authorization Effective Date
Authorization End Date
Date MCP Provides a Response About the Request for Authorization
Authorization Number
Date Referral Sent to Servicing Provider Organization
Supplemental Phone Number
Supplemental Address
ASF Production Date
ASF Reporting Period
MCP Identifier
MCP Name
"""
EXTRACTS = {
    "members": "cin plan_member_id first_name last_name date_of_birth gender race_ethnicity language_spoken language_written phone address "
    "city state zip county email homeless guardian_first_name guardian_last_name guardian_phone pcp_name pcp_npi pcp_phone "
    "populations_of_focus acuity clinical_highlights part2_consent previous_cin",
    "referrals": "referral_id program service cin referral_date referral_type referring_org_name referring_org_npi "
    "referring_individual_name referring_individual_phone "
    "referring_individual_email referring_relationship request_received_at authorization_status "
    "authorization_number authorization_effective authorization_end decision_at denial_reason member_notified_on expedited "
    "streamlined_start provider_id assigned_at justice_involved release_date",
    "providers": "provider_id name npi tin programs services counties languages capacity phone contact_name contact_email mailbox "
    "file_format effective end",
    "encounters": "encounter_id cin provider_npi service_date hcpcs modifiers received_on",
}
AGREED = {"rtf-ecm": RTF_ECM, "rtf-cs": RTF_CS, "otf": OTF}
REQUIRED_BY = {("chpiv", "rtf-ecm"): {"Member ECM Status"}, ("chpiv", "rtf-cs"): {"Status of Member Engagement"}}


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize("kind", INBOUND)
def test_inbound_layouts_have_the_agreed_headings_and_needs_in_their_order(kind: str) -> None:
    agreed = [(line[0], line[2:].split(" = ")[0]) for line in lines(AGREED[kind])]
    assert [(element.need.value, element.header) for element in LAYOUTS[kind].elements().values()] == agreed


@pytest.mark.parametrize("kind", INBOUND)
def test_every_other_heading_stands_for_the_agreed_one(kind: str) -> None:
    headings = Headings((kind,), {})
    elements = LAYOUTS[kind].elements()
    for line in lines(AGREED[kind]):
        header, *others = line[2:].split(" = ")
        (name,) = (name for name, element in elements.items() if element.header == header)
        for text in (header, *others):
            written_ways = (text, text.upper(), text.lower().replace(" ", "_"), f"  {text.replace(' ', '  ')}* ", text.replace(" ", "\n"))
            for written in written_ways:
                assert headings.element(kind, written) == name, written


@pytest.mark.parametrize(("kind", "text"), [("mif", MIF), ("asf", ASF)])
def test_outbound_layouts_have_the_agreed_headings_in_their_order(kind: str, text: str) -> None:
    assert [element.header for element in OUTBOUND[kind].elements().values()] == lines(text)


@pytest.mark.parametrize("kind", EXTRACTS)
def test_extracts_have_the_agreed_columns(kind: str) -> None:
    assert [element.header for element in LAYOUTS[kind].elements().values()] == EXTRACTS[kind].split()


@pytest.mark.parametrize("kind", INBOUND)
@pytest.mark.parametrize("name", profile_names())
def test_profiles_require_what_was_agreed_beyond_the_layout(name: str, kind: str) -> None:
    elements = LAYOUTS[kind].elements()
    choice = load_profile(name).layouts[kind]
    assert {elements[one].header for one in choice.required} == REQUIRED_BY.get((name, kind), set())


def test_the_three_columns_of_the_outcome_must_be_there_though_their_cells_may_be_blank() -> None:
    for kind in ("rtf-ecm", "rtf-cs"):
        elements = LAYOUTS[kind].elements()
        needed = {elements[name].header for name in Headings((kind,), {}).required(kind)}
        of_layout = {element.header for element in elements.values() if element.need is Need.REQUIRED}
        assert needed - of_layout == {line[2:].split(" = ")[0] for line in lines(OUTCOME)}


def test_a_profile_may_add_headings() -> None:
    headings = Headings(("rtf-cs",), {"rtf-cs": LayoutChoice(aliases={"cin": ("Client No.",)})})
    assert headings.element("rtf-cs", "CLIENT NO") == "cin"
    assert Headings(("rtf-cs",), {}).element("rtf-cs", "CLIENT NO") is None


@pytest.mark.parametrize("kind", LAYOUTS)
def test_no_heading_stands_for_two_columns(kind: str) -> None:
    headings = Headings((kind,), {})
    for name, element in LAYOUTS[kind].elements().items():
        assert {headings.element(kind, text) for text in (element.header, *element.aliases)} == {name}
