"""Encounters: claims and encounter lines that may tell of a service which no Return Transmission File reported."""

import polars as pl

from schemas.columns import Layout, Need, column
from schemas.formats import CIN, EXTRACT_DATE, NPI

EXTRACT = "plan extract: encounters"


class Encounters(Layout):
    """One row for each line of an encounter."""

    encounter_id: str = column("encounter_id", "The plan's number for the encounter.", EXTRACT, need=Need.REQUIRED)
    cin: str = column("cin", "The member's Client Index Number.", EXTRACT, need=Need.REQUIRED, format=CIN)
    provider_npi: str = column("provider_npi", "NPI of the provider.", EXTRACT, need=Need.REQUIRED, format=NPI)
    service_date: pl.Date = column("service_date", "Day of service.", EXTRACT, need=Need.REQUIRED, format=EXTRACT_DATE, past=True)
    hcpcs: str = column("hcpcs", "Procedure code.", EXTRACT, need=Need.REQUIRED)
    modifiers: str = column("modifiers", "Modifiers in any order, separated by blanks.", EXTRACT)
    received_on: pl.Date = column("received_on", "Day that the plan received it.", EXTRACT, need=Need.REQUIRED, format=EXTRACT_DATE)
