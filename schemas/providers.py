"""Providers: the roster of ECM and Community Supports providers, and the mailbox of each."""

import polars as pl

from schemas.codes import FILE_FORMATS
from schemas.columns import Layout, Need, column
from schemas.formats import COUNT, EMAIL, EXTRACT_DATE, IDENTIFIER_NAME, NPI, PHONE, TIN, coded

EXTRACT = "plan extract: providers"


class Providers(Layout):
    """One row for each provider as it stands. The mailbox, never a name or number inside a file, says who sent it."""

    provider_id: str = column(
        "provider_id", "The plan's name for the provider; it stands in file names.", EXTRACT, need=Need.REQUIRED, format=IDENTIFIER_NAME
    )
    name: str = column("name", "Name of the organization.", EXTRACT, need=Need.REQUIRED)
    npi: str = column("npi", "Its NPI.", EXTRACT, need=Need.REQUIRED, format=NPI)
    tin: str = column("tin", "Its tax number.", EXTRACT, format=TIN)
    programs: str = column("programs", "ECM, CS, or both separated by `;`.", EXTRACT, need=Need.REQUIRED)
    services: str = column("services", "Services offered, separated by `;`.", EXTRACT)
    counties: str = column("counties", "Counties served, separated by `;`.", EXTRACT)
    languages: str = column("languages", "Languages spoken, separated by `;`.", EXTRACT)
    capacity: pl.Int64 = column("capacity", "Members that it can serve.", EXTRACT, format=COUNT)
    phone: str = column("phone", "Phone number.", EXTRACT, format=PHONE)
    contact_name: str = column("contact_name", "Who answers for the files.", EXTRACT)
    contact_email: str = column("contact_email", "E-mail address of who answers for the files.", EXTRACT, format=EMAIL)
    mailbox: str = column("mailbox", "Folder below the root of the SFTP server.", EXTRACT, need=Need.REQUIRED, format=IDENTIFIER_NAME)
    file_format: str = column("file_format", "xlsx, csv or pipe.", EXTRACT, need=Need.REQUIRED, format=coded(FILE_FORMATS))
    effective: pl.Date = column("effective", "First day of the contract.", EXTRACT, format=EXTRACT_DATE)
    end: pl.Date = column("end", "Last day of the contract.", EXTRACT, format=EXTRACT_DATE)
