"""Members as the plan's own systems describe them: an extract that the plan drops into `intake/`."""

import polars as pl

from schemas.columns import Layout, Need, column
from schemas.formats import BIRTH_DATE, CIN, INDICATOR, NPI, PHONE

EXTRACT = "plan extract: members"


class Members(Layout):
    """One row for each member as they stand; a changed row in a later extract is a new version."""

    cin: str = column("cin", "Client Index Number.", EXTRACT, need=Need.REQUIRED, format=CIN)
    plan_member_id: str = column("plan_member_id", "The plan's own number.", EXTRACT, need=Need.REQUIRED)
    first_name: str = column("first_name", "First name.", EXTRACT, need=Need.REQUIRED)
    last_name: str = column("last_name", "Last name.", EXTRACT, need=Need.REQUIRED)
    date_of_birth: pl.Date = column("date_of_birth", "Date of birth.", EXTRACT, need=Need.REQUIRED, format=BIRTH_DATE, past=True)
    gender: str = column("gender", "Gender as the 834 codes it.", EXTRACT)
    race_ethnicity: str = column("race_ethnicity", "Race or ethnicity as the 834 codes it.", EXTRACT)
    language_spoken: str = column("language_spoken", "Language to speak.", EXTRACT)
    language_written: str = column("language_written", "Language to write.", EXTRACT)
    phone: str = column("phone", "Primary phone number.", EXTRACT, format=PHONE)
    address: str = column("address", "Residential address.", EXTRACT)
    city: str = column("city", "City.", EXTRACT)
    state: str = column("state", "State.", EXTRACT)
    zip: str = column("zip", "Zip code.", EXTRACT)
    county: str = column("county", "County.", EXTRACT)
    email: str = column("email", "E-mail address.", EXTRACT)
    homeless: str = column("homeless", "Y when without a home.", EXTRACT, format=INDICATOR)
    guardian_first_name: str = column("guardian_first_name", "Guardian's first name.", EXTRACT)
    guardian_last_name: str = column("guardian_last_name", "Guardian's last name.", EXTRACT)
    guardian_phone: str = column("guardian_phone", "Guardian's phone number.", EXTRACT, format=PHONE)
    pcp_name: str = column("pcp_name", "Primary care provider.", EXTRACT)
    pcp_npi: str = column("pcp_npi", "NPI of the primary care provider.", EXTRACT, format=NPI)
    pcp_phone: str = column("pcp_phone", "Phone number of the primary care provider.", EXTRACT, format=PHONE)
    populations_of_focus: str = column("populations_of_focus", "ECM populations of focus, separated by `;`.", EXTRACT)
    acuity: str = column("acuity", "Acuity level.", EXTRACT)
    clinical_highlights: str = column("clinical_highlights", "What a care manager should know.", EXTRACT)
    part2_consent: str = column("part2_consent", "Y when substance-use records may be shared.", EXTRACT, format=INDICATOR)
    previous_cin: str = column("previous_cin", "An older CIN of the same person.", EXTRACT, format=CIN)
