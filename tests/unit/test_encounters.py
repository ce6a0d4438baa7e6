"""An encounter closes the loop of whose end no Return Transmission File has told."""

import datetime as dt

import polars as pl
import pytest

from pipeline.encounters import services_received
from schemas.encounters import Encounters
from schemas.history import Loops, Observations
from schemas.tables import version_schema

KNOWN = dt.datetime(2026, 5, 2, 20, tzinfo=dt.UTC)
PROVIDERS = pl.DataFrame({"provider_id": ["ALTURA"], "npi": ["1234567893"]})


def encounter(hcpcs: str, modifiers: str, npi: str = "1234567893", day: dt.date = dt.date(2026, 4, 10)) -> pl.DataFrame:
    row = {
        "plan": "p",
        "encounter_id": "E1",
        "cin": "90000001A",
        "provider_npi": npi,
        "service_date": day,
        "hcpcs": hcpcs,
        "modifiers": modifiers,
        "received_on": dt.date(2026, 5, 1),
        "known_from": KNOWN,
    }
    return pl.DataFrame([row], schema=version_schema(Encounters))


def loop(service: str, sent_on: dt.date | None = dt.date(2026, 3, 13), referral_id: str = "R1") -> pl.DataFrame:
    row = {
        "plan": "p",
        "referral_id": referral_id,
        "loop": 1,
        "program": "ECM" if service == "ECM" else "CS",
        "service": service,
        "cin": "90000001A",
        "provider_id": "ALTURA",
        "sent_on": sent_on,
    }
    return pl.DataFrame([row], schema=Loops.polars_schema())


def closed(encounters: pl.DataFrame, loops: pl.DataFrame) -> list[tuple[str, str, dt.date, str]]:
    told = services_received(encounters, PROVIDERS, loops, Observations.no_rows())
    return told.select("referral_id", "closure_reason", "status_date", "source").rows()


SERVED = ("R1", "Services Received", dt.date(2026, 4, 10), "encounter")


@pytest.mark.parametrize(
    ("service", "hcpcs", "modifiers"),
    [
        ("ECM", "G9008", "U1"),
        ("ECM", "g9012", "GQ U2"),
        ("Housing Deposits", "H0044", "U2"),
        ("Housing Deposits", "H0044", "GQ U2"),
        ("Community or Home Transition Services", "H0044", "U5"),
    ],
)
def test_code_with_its_modifier_in_any_place_tells_of_the_service(service: str, hcpcs: str, modifiers: str) -> None:
    assert closed(encounter(hcpcs, modifiers), loop(service)) == [SERVED]


@pytest.mark.parametrize(
    ("service", "hcpcs", "modifiers"),
    [
        ("ECM", "G9008", "U8"),
        ("ECM", "G9012", "GQ U8"),
        ("Housing Deposits", "H0044", "U5"),
        ("Housing Deposits", "H0044", ""),
        ("ECM", "99213", "U1"),
        ("Sobering Centers", "H0014", "U6"),
    ],
)
def test_outreach_other_services_and_sobering_centers_close_nothing(service: str, hcpcs: str, modifiers: str) -> None:
    assert closed(encounter(hcpcs, modifiers), loop(service)) == []


def test_another_provider_s_encounter_closes_nothing() -> None:
    assert closed(encounter("G9008", "U1", npi="1245319599"), loop("ECM")) == []


def test_a_loop_that_was_never_sent_is_not_closed() -> None:
    assert closed(encounter("G9008", "U1"), loop("ECM", sent_on=None)) == []


def test_of_two_loops_the_one_sent_last_before_the_service_is_closed() -> None:
    loops = pl.concat([loop("ECM"), loop("ECM", dt.date(2026, 4, 1), "R2"), loop("ECM", dt.date(2026, 4, 15), "R3")])
    assert [row[0] for row in closed(encounter("G9008", "U1"), loops)] == ["R2"]


def test_an_encounter_is_told_once() -> None:
    first = services_received(encounter("G9008", "U1"), PROVIDERS, loop("ECM"), Observations.no_rows())
    assert services_received(encounter("G9008", "U1"), PROVIDERS, loop("ECM"), first).is_empty()
