"""Contact data that providers report of members: kept beside the plan's own, never over it."""

from enum import StrEnum

import polars as pl

from schemas.columns import Moment, Table, described


class ContactKind(StrEnum):
    """What a provider says is new."""

    ADDRESS = "address"
    PHONE = "phone"
    HOMELESS = "homeless"


CONTACT_VALUES = ("address", "city", "state", "zip", "phone", "homeless")
PARTY = ("plan", "cin", "provider_id", "what")  # who says what of whom


class ContactReports(Table):
    """One row for each time that a row of a merged file told of new contact data, said before or not."""

    plan: str = described("The plan.")
    cin: str = described("The member, as the plan's referral has it.")
    referral_id: str = described("The referral that the row is about.")
    provider_id: str = described("Who reports.")
    what: str = described("address, phone or homeless.")
    address: str = described("The new address.", nullable=True)
    city: str = described("Its city.", nullable=True)
    state: str = described("Its state.", nullable=True)
    zip: str = described("Its zip code.", nullable=True)
    phone: str = described("The new phone number.", nullable=True)
    homeless: str = described("Y or N.", nullable=True)
    received_at: Moment = described("When the plan first knew.")
    submission_id: str = described("Where it came from.")
    row: pl.Int64 = described("Row of the file.")


class ContactChanges(ContactReports):
    """Each change once, as it was first told: what a provider reported and had not said last time. Key: `change_id`."""

    change_id: str = described("Name of the change, derived from what it says.")


class ContactPublications(Table):
    """One row for each change that was written for the plan's own systems: on which file. Key: `change_id`."""

    plan: str = described("The plan.")
    change_id: str = described("The change.")
    file_name: str = described("The file of the day.")
    published_at: Moment = described("When it was first written.")
