"""The data elements that DHCS wants tracked for every closed-loop referral, and the columns that hold each of them.

Says where an element is. What may stand there is declared by its layout or table; what DHCS asks stands in `docs/dhcs-elements.csv`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TOLD = ("mif", "asf")
MEMBER = ("members", *TOLD)
REPORTED = ("rtf-ecm", "rtf-cs")
HISTORY = ("events", "loops")  # every status, and the latest of a loop


@dataclass(frozen=True)
class DhcsElement:
    """One data element of the guidance. Key: `table`, `row`.

    table, row: its place in Tables 1 to 5; Tables 6 to 10 tell in the same order which file carries it. held: the column that holds it, by
    kind of layout or table of the store. since: the first ruleset that knows it.
    """

    table: int
    row: int
    name: str
    held: Mapping[str, str]
    since: str = "2025-07"


def _in(column: str, *places: str) -> dict[str, str]:
    return dict.fromkeys(places, column)


ELEMENTS = (
    # Table 1: the member
    DhcsElement(1, 1, "Member First Name", {"members": "first_name"} | _in("member_first_name", *TOLD, *REPORTED)),
    DhcsElement(1, 2, "Member Last Name", {"members": "last_name"} | _in("member_last_name", *TOLD, *REPORTED)),
    DhcsElement(1, 3, "Medi-Cal Member Client Index Number (CIN)", _in("cin", *MEMBER, *REPORTED)),
    DhcsElement(1, 4, "Managed Care Plan Member ID Number", _in("plan_member_id", *MEMBER, "rtf-cs")),
    DhcsElement(1, 5, "Member Date of Birth", _in("date_of_birth", *MEMBER)),
    DhcsElement(1, 6, "Member Primary Phone Number", _in("phone", *MEMBER, *REPORTED)),
    DhcsElement(1, 7, "Member Residential Address", _in("address", *MEMBER, *REPORTED)),
    DhcsElement(1, 8, "Member Email", _in("email", *MEMBER)),
    DhcsElement(1, 9, "Member Preferred Language (Spoken)", _in("language_spoken", *MEMBER)),
    DhcsElement(1, 10, "Member Preferred Language (Written)", _in("language_written", *MEMBER)),
    DhcsElement(1, 11, "Member Gender Code", _in("gender", *MEMBER)),
    DhcsElement(1, 12, "Member Race or Ethnicity Code", _in("race_ethnicity", *MEMBER)),
    DhcsElement(1, 13, "Member Homelessness Indicator", _in("homeless", *MEMBER, *REPORTED)),
    DhcsElement(1, 14, "Member Guardian or Conservator First Name", _in("guardian_first_name", *MEMBER)),
    DhcsElement(1, 15, "Member Guardian or Conservator Last Name", _in("guardian_last_name", *MEMBER)),
    DhcsElement(1, 16, "Member Guardian or Conservator Phone Number", _in("guardian_phone", *MEMBER)),
    # Table 2: how the referral began
    DhcsElement(2, 1, "Date of Referral", _in("referral_date", "referrals")),
    DhcsElement(2, 2, "Referred Service", _in("referred_service", *TOLD) | _in("service", "referrals", "rtf-cs")),
    DhcsElement(2, 3, "Referring Organization Name", _in("referring_org_name", "referrals", "mif")),
    DhcsElement(2, 4, "Referring Organization NPI", _in("referring_org_npi", "referrals", "mif")),
    DhcsElement(2, 5, "Referring Individual Name", _in("referring_individual_name", "referrals", "mif")),
    DhcsElement(2, 6, "Referring Individual Phone Number", _in("referring_individual_phone", "referrals", "mif")),
    DhcsElement(2, 7, "Referring Individual Email Address", _in("referring_individual_email", "referrals", "mif")),
    DhcsElement(2, 8, "Referring Individual Relationship to Member", _in("referring_relationship", "referrals", "mif")),
    DhcsElement(2, 9, "Referral Type", _in("referral_type", "referrals", *TOLD)),
    # Table 3: the decision of the plan
    DhcsElement(3, 1, "Date Received Request for Authorization", {"referrals": "request_received_at", "asf": "request_received_on"}),
    DhcsElement(3, 2, "Referral Authorization Status", _in("authorization_status", "referrals", "asf")),
    DhcsElement(3, 3, "Authorization Effective Date", _in("authorization_effective", "referrals", *TOLD)),
    DhcsElement(3, 4, "Authorization End Date", _in("authorization_end", "referrals", *TOLD)),
    DhcsElement(3, 5, "Date of Referral Authorization Decision", {"referrals": "decision_at", "asf": "decision_on"}),
    DhcsElement(
        3, 6, "Date Member Notified of Authorization Determination", {"referrals": "member_notified_on", "notices": "sent_at"}
    ),  # told by the plan's own systems, or by a notice `authorization_decision` of ours
    # Table 4: the provider, and where the referral stands with it
    DhcsElement(
        4,
        1,
        "Date Referral Sent to Servicing Provider Organization",
        {"loops": "sent_on", "mif": "production_date", "asf": "sent_on"},
    ),
    DhcsElement(4, 2, "Servicing Provider Organization Name", {"providers": "name"}),
    DhcsElement(4, 3, "Servicing Provider Organization NPI", {"providers": "npi"} | _in("provider_npi", *REPORTED)),
    DhcsElement(4, 4, "Servicing Provider Name", {"providers": "name"} | _in("provider_name", *REPORTED)),
    DhcsElement(4, 5, "Servicing Provider Phone Number", {"providers": "phone"} | _in("provider_phone", *REPORTED)),
    DhcsElement(4, 6, "Referral Status", _in("status", *HISTORY) | _in("referral_status", *REPORTED)),
    DhcsElement(4, 7, "Date of Referral Status", _in("status_date", *HISTORY, *REPORTED)),
    # Table 5: how the loop closed
    DhcsElement(5, 1, "Reason for Referral Loop Closure", _in("closure_reason", *HISTORY, *REPORTED)),
    DhcsElement(5, 2, "Date Referring Entity Notified of Referral Loop Closure", {"notices": "sent_at"}),  # of a notice `loop_closure`
)
