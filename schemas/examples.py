"""One example of what may stand in each column, for people who fill in a file. Everybody in them is invented."""

from __future__ import annotations

from schemas.columns import Element
from schemas.formats import Format

BY_FORMAT = {
    "CIN": "90000001A",
    "NPI": "1234567893",
    "TIN": "12-3456789",
    "birth date": "02/03/1980",
    "date": "03/05/2026",
    "email": "name@example.org",
    "identifier": "0012345678",
    "minutes": "25",
    "moment": "03/05/2026 14:30",
    "name for files": "ALTURA",
    "phone": "9095550100",
    "reporting period": "03/2026",
    "state": "CA",
    "whole number": "2",
    "zip": "92501",
}
BY_NAME = {
    "acuity": "High",
    "address": "12 Orange Street, Apt 3",
    "authorization_number": "0012345678",
    "care_manager_name": "Okafor, Grace, RN",
    "city": "Riverside",
    "client_name": "Rivera, Ana",
    "clinical_highlights": "Two emergency visits in January",
    "contact_name": "Grace Okafor",
    "counties": "Riverside; San Bernardino",
    "county": "Riverside",
    "denial_reason": "Not in a population of focus",
    "discontinuation_reason": "Moved to Nevada",
    "email": "name@example.org",
    "encounter_id": "E-10001",
    "first_name": "Ana",
    "gender": "F",
    "guardian_first_name": "Luis",
    "guardian_last_name": "Rivera",
    "hcpcs": "G9008",
    "housing_type": "Apartment",
    "language_spoken": "SPA",
    "language_written": "SPA",
    "languages": "English; Spanish",
    "last_name": "Rivera",
    "member_acuity": "High",
    "member_first_name": "Ana",
    "member_last_name": "Rivera",
    "member_pof": "Adults experiencing homelessness",
    "member_pof_indicator": "Y",
    "modifiers": "U1 GQ",
    "name": "Altura Care",
    "outreach_reason": "First contact",
    "pcp_name": "Lee, Kim, MD",
    "plan_identifier": "305",
    "plan_member_id": "00012345",
    "plan_name": "Example Health Plan",
    "populations_of_focus": "Adults experiencing homelessness",
    "programs": "ECM; CS",
    "provider_id": "ALTURA",
    "provider_name": "Altura Care",
    "race_ethnicity": "H",
    "reauthorization": "Y",
    "referral_id": "R-10001",
    "referring_individual_name": "Lee, Kim, MD",
    "referring_org_name": "County Clinic",
    "services": "Housing Deposits; Asthma Remediation",
    "state": "CA",
    "zip": "92501",
}


def example(element: Element, form: Format) -> str:
    """A text for the column; form: what the column holds with this plan. Raises KeyError when nobody thought of one."""
    return form.choices[0] if form.choices else BY_FORMAT.get(form.name) or BY_NAME[element.name]
