"""Files to hold against the rules: a good row of every layout, and files made of it under headings that are the file's own."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

import polars as pl
from openpyxl import Workbook

from config.load import load_profile
from config.profile import Profile
from pipeline.offline import Checked, Offered, check_file, check_files
from pipeline.read import ReadLimits, read
from schemas.layouts import LAYOUTS

TODAY = date(2025, 11, 3)
NPI = "1234567893"
OWN = {"production_date": "10/31/2025", "provider_name": "Altura Care", "provider_npi": NPI}
PERSON = {"member_last_name": "Rivera", "member_first_name": "Ana"}
OUTCOME = {"referral_status": "Outreach Initiated", "status_date": "10/10/2025"}
GOOD: dict[str, dict[str, str]] = {
    "rtf-ecm": OWN | PERSON | OUTCOME | {"reporting_period": "10/2025"},
    "rtf-cs": OWN | PERSON | OUTCOME | {"reporting_period": "10/2025", "service": "Housing Deposits"},
    "otf": {
        "provider_name": "Altura Care",
        "provider_npi": NPI,
        "provider_type": "Clinical",
        "outreach_date": "10/09/2025",
        "outreach_method": "Telephonic",
        "outreach_successful": "Y",
    },
    "members": {"plan_member_id": "007", "first_name": "Ana", "last_name": "Rivera", "date_of_birth": "1980-02-03"},
    "referrals": {"program": "ECM", "service": "ECM", "referral_date": "2025-09-01"},
    "providers": {"name": "Altura Care", "npi": NPI, "programs": "ECM", "file_format": "csv"},
    "encounters": {"provider_npi": NPI, "service_date": "2025-10-01", "hcpcs": "G9008", "received_on": "2025-10-20"},
}
CLOSED = {"referral_status": "Referral Loop Closed", "closure_reason": "Services Received"}


def good_row(kind: str, number: int, profile: str = "dhcs") -> dict[str, str]:
    """A row that breaks no rule of a profile; rows with different numbers are about different people or things."""
    keys = {"cin": f"9{number:07d}A", "referral_id": f"R-{number}", "encounter_id": f"E-{number}"}
    keys |= {"provider_id": f"P{number}", "mailbox": f"p{number}"} if kind == "providers" else {}
    keys |= {"engagement": "Pending Outreach"} if profile == "chpiv" else {}
    return GOOD[kind] | {name: text for name, text in keys.items() if name in LAYOUTS[kind].elements()}


def own_heading(header: str) -> str:
    """A heading as this provider writes it: neither case nor punctuation is that of the layout."""
    return header.upper().replace(" ", "_")


def as_table(kind: str, rows: Sequence[Mapping[str, str]]) -> list[list[str]]:
    """Headings and rows of a file that has every column of its layout."""
    elements = LAYOUTS[kind].elements()
    return [[own_heading(element.header) for element in elements.values()], *([row.get(name, "") for name in elements] for row in rows)]


def as_csv(table: Sequence[Sequence[str]]) -> bytes:
    """A table as comma-separated text."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table)
    return text.getvalue().encode()


def as_workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    """Tables as the sheets of a workbook; one whose name begins with `hidden` is hidden."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, table in sheets.items():
        sheet = book.create_sheet(name)
        for row in table:
            sheet.append(list(row))
        if name.startswith("hidden"):
            sheet.sheet_state = "hidden"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def check(
    content: bytes, name: str = "rtf.csv", profile: str = "dhcs", kind: str | None = None, limits: ReadLimits | None = None
) -> Checked:
    """Check a file offline, as `clr validate` does."""
    return check_file(read(content, name, limits or ReadLimits()), kind, profile_of(profile), TODAY, name)


def check_together(files: Sequence[tuple[bytes, str]], profile: str) -> list[Checked]:
    """Check CSV files, each of its kind, as `check` does one by one, and much sooner."""
    offered = [Offered(read(content, "rtf.csv", ReadLimits()), kind, "rtf.csv") for content, kind in files]
    return check_files(offered, profile_of(profile), TODAY)


@cache
def profile_of(name: str) -> Profile:
    """A profile that comes with the program, read once."""
    return load_profile(name)


def rules_of(findings: pl.DataFrame) -> list[str]:
    """Ids of the rules that were broken, each once."""
    return findings["rule"].unique().sort().to_list()
