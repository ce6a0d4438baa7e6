"""The member as the plan describes them to a provider: the columns that MIF and ASF begin with."""

from schemas.columns import Layout, Need, column
from schemas.formats import BIRTH_DATE, CIN, EMAIL, INDICATOR, PHONE, STATE, ZIP

TABLE_1 = "CLR guidance, Tables 1 and 6"


class MemberColumns(Layout):
    """Who the member is and how to reach them (DHCS CLR guidance, Tables 1 and 6)."""

    member_first_name: str = column("Member First Name", "The member's first name.", TABLE_1, need=Need.REQUIRED)
    member_last_name: str = column("Member Last Name", "The member's last name.", TABLE_1, need=Need.REQUIRED)
    cin: str = column(
        "Medi-Cal Member Client Index Number (CIN)",
        "The nine characters that Medi-Cal knows the member by.",
        TABLE_1,
        need=Need.REQUIRED,
        format=CIN,
    )
    plan_member_id: str = column("Managed Care Plan Member ID Number", "The plan's own number for the member.", TABLE_1, need=Need.REQUIRED)
    date_of_birth: str = column("Member Date of Birth", "The member's date of birth.", TABLE_1, need=Need.REQUIRED, format=BIRTH_DATE)
    phone: str = column(
        "Member Primary Phone Number", "Where to call the member; 0000000000 when not known.", TABLE_1, need=Need.REQUIRED, format=PHONE
    )
    address: str = column(
        "Member Residential Address",
        "Where the member lives; `No fixed current address` only for a member without housing.",
        TABLE_1,
        need=Need.REQUIRED,
    )
    city: str = column("Member Residential City", "City of residence.", TABLE_1)
    state: str = column("Member Residential State", "State of residence.", TABLE_1, format=STATE)
    zip: str = column("Member Residential Zip", "Zip code of residence.", TABLE_1, format=ZIP)
    email: str = column("Member Email", "The member's e-mail address.", TABLE_1, format=EMAIL)
    language_spoken: str = column("Member Preferred Language (Spoken)", "The language to speak with the member.", TABLE_1)
    language_written: str = column("Member Preferred Language (Written)", "The language to write to the member in.", TABLE_1)
    gender: str = column("Member Gender Code", "Gender as the 834 enrollment file codes it.", TABLE_1, need=Need.REQUIRED)
    race_ethnicity: str = column(
        "Member Race or Ethnicity Code", "Race or ethnicity as the 834 enrollment file codes it.", TABLE_1, need=Need.REQUIRED
    )
    homeless: str = column("Member Homelessness Indicator", "Y when the member has no home.", TABLE_1, need=Need.REQUIRED, format=INDICATOR)
    guardian_first_name: str = column(
        "Member Guardian or Conservator First Name", "First name of who decides for the member.", TABLE_1, need=Need.CONDITIONAL
    )
    guardian_last_name: str = column(
        "Member Guardian or Conservator Last Name", "Last name of who decides for the member.", TABLE_1, need=Need.CONDITIONAL
    )
    guardian_phone: str = column(
        "Member Guardian or Conservator Phone Number",
        "Where to call who decides for the member.",
        TABLE_1,
        need=Need.CONDITIONAL,
        format=PHONE,
    )
