"""Who stands on a provider's next file, and what its rows say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
import pytest

from config.load import load_profile
from pipeline.emission import NO_ADDRESS, NO_PHONE, REDISCLOSURE, Standing, answer_rows, information_rows, to_be_listed
from pipeline.history import fold
from schemas.contacts import ContactChanges
from schemas.history import Assignments, Listings, Observations
from schemas.layouts import EXTRACTS, OUTBOUND
from schemas.tables import version_schema
from tests.rules.known import PLAN, members, moment, observed, placed, roster, settings

AS_OF = "2025-11-10T09:00"
APPROVED = {"authorization_status": "Approved", "decision_at": moment("2025-09-03T10:00"), "authorization_end": date(2026, 9, 2)}
DENIED = {"authorization_status": "Denied", "decision_at": moment("2025-11-08T10:00")}
HOUSING = "Housing Deposits"


def referral(referral_id: str = "R-1", /, **cells: Any) -> dict[str, Any]:
    return (
        {"plan": PLAN, "referral_id": referral_id, "referral_date": date(2025, 9, 1), "known_from": moment("2025-09-04T08:00")}
        | APPROVED
        | cells
    )


def listed(
    kind: str,
    referrals: Sequence[Mapping[str, Any]],
    loops: Sequence[Mapping[str, Any]] | None = None,
    *,
    people: pl.DataFrame | None = None,
    providers: pl.DataFrame | None = None,
    observations: Sequence[Mapping[str, Any]] = (),
    before: Mapping[str, str] | None = None,
    supplemental: bool = False,
    as_of: str = AS_OF,
) -> pl.DataFrame:
    """What a file made now lists. before: when each loop was listed last, by referral."""
    service = "ECM" if kind == "mif" else HOUSING
    placements = loops if loops is not None else [placed(one["referral_id"], "90000001A", service=service) for one in referrals]
    listings = [
        {name: loop[name] for name in ("plan", "provider_id", "program", "referral_id", "loop", "cin")}
        | {"file_name": "x", "kind": kind, "supplemental": False, "produced_at": moment((before or {})[loop["referral_id"]])}
        for loop in placements
        if loop["referral_id"] in (before or {})
    ]
    tables = (
        pl.DataFrame(list(placements), schema=Assignments.polars_schema()),
        pl.DataFrame(listings, schema=Listings.polars_schema()),
        pl.DataFrame(list(observations), schema=Observations.polars_schema()),
    )
    folded = fold(*tables, load_profile("dhcs").closing, "America/Los_Angeles")
    standing = Standing(
        referrals=pl.DataFrame(list(referrals), schema=version_schema(EXTRACTS["referrals"])),
        members=people if people is not None else members({"cin": "90000001A"}, {"cin": "90000002A"}),
        providers=providers if providers is not None else roster({"provider_id": "ALTURA"}, {"provider_id": "BONITA"}),
        loops=folded.loops,
        listings=tables[1],
        contacts=ContactChanges.no_rows(),
    )
    return to_be_listed(kind, standing, settings(), moment(as_of), supplemental=supplemental)


def ids(rows: pl.DataFrame) -> list[tuple[str, int]]:
    return rows.select("referral_id", "loop").rows()


@pytest.mark.parametrize(
    ("cells", "on_mif"),
    [
        ({}, True),
        ({"authorization_end": date(2025, 11, 10)}, True),
        ({"authorization_end": date(2025, 11, 9)}, False),
        ({"authorization_end": None}, True),
        ({"authorization_status": "Under Review"}, False),
        ({"authorization_status": None}, False),
        ({"authorization_status": "Under Review", "streamlined_start": date(2025, 10, 11)}, True),  # day 30
        ({"authorization_status": None, "streamlined_start": date(2025, 10, 11)}, True),
        ({"authorization_status": "Under Review", "streamlined_start": date(2025, 10, 10)}, False),
        ({"authorization_status": "Under Review", "streamlined_start": date(2025, 11, 11)}, False),  # begins tomorrow
        (DENIED | {"streamlined_start": date(2025, 11, 1)}, False),
    ],
)
def test_the_mif_lists_what_is_approved_or_in_a_streamlined_span(cells: dict[str, Any], on_mif: bool) -> None:
    assert ids(listed("mif", [referral(**cells)])) == ([("R-1", 1)] if on_mif else [])


@pytest.mark.parametrize("status", ["Approved", "Under Review", "Need Additional Information from Referral Source", "Denied", None])
def test_the_asf_lists_a_referral_whatever_its_authorization(status: str | None) -> None:
    assert ids(listed("asf", [referral(authorization_status=status)])) == [("R-1", 1)]


def denied_on(known: str) -> dict[str, Any]:
    """A referral denied on November 8, and the plan's own closure when its extract told of that."""
    loop = placed("R-1", "90000001A", service=HOUSING)
    denial = observed(
        loop,
        "Referral Loop Closed",
        "2025-11-08",
        "Authorization Denied",
        source="plan",
        submission_id="plan",
        row=None,
        received_at=moment(known),
    )
    return {"referrals": [referral(**DENIED, known_from=moment(known))], "observations": [denial]}


@pytest.mark.parametrize(
    ("last_listed", "once_more"),
    [
        ("2025-10-20T09:00", True),
        ("2025-11-08T09:00", True),  # that morning
        ("2025-11-09T09:00", True),  # the denial had been made, but no extract had told of it
        ("2025-11-10T08:00", False),  # listed with it
    ],
)
def test_the_asf_tells_of_a_denial_one_last_time_once_the_plan_knows_of_it(last_listed: str, once_more: bool) -> None:
    told = denied_on("2025-11-10T08:00")
    assert ids(listed("asf", **told, before={"R-1": last_listed}, as_of="2025-11-20T09:00")) == ([("R-1", 1)] if once_more else [])


@pytest.mark.parametrize(("last_listed", "once_more"), [("2025-10-31T23:30", True), ("2025-11-01T00:30", False)])
def test_the_asf_tells_of_an_end_one_last_time(last_listed: str, once_more: bool) -> None:
    over = [referral(authorization_end=date(2025, 10, 31))]
    assert ids(listed("asf", over, before={"R-1": last_listed})) == ([("R-1", 1)] if once_more else [])
    moved = [referral(authorization_end=date(2025, 10, 31), known_from=moment("2025-11-05T08:00"))]  # the end was set afterwards
    assert ids(listed("asf", moved, before={"R-1": last_listed})) == [("R-1", 1)]


@pytest.mark.parametrize(("reason", "listed_again"), [("Services Received", True), ("Unable to Reach Member", False), ("Other", False)])
@pytest.mark.parametrize("kind", ["mif", "asf"])
def test_a_loop_that_ended_without_service_is_not_listed_again(kind: str, reason: str, listed_again: bool) -> None:
    loop = placed("R-1", "90000001A", service="ECM" if kind == "mif" else HOUSING)
    rows = listed(kind, [referral()], [loop], observations=[observed(loop, "Referral Loop Closed", "2025-10-10", reason)])
    assert ids(rows) == ([("R-1", 1)] if listed_again else [])


def test_only_the_last_loop_of_a_referral_is_listed() -> None:
    loops = [placed("R-1", "90000001A"), placed("R-1", "90000001A", "BONITA", loop=2)]
    rows = listed("mif", [referral()], loops)
    assert rows.select("provider_id", "loop").rows() == [("BONITA", 2)]


def test_each_file_lists_its_own_program_and_never_a_loop_without_provider() -> None:
    loops = [placed("R-1", "90000001A"), placed("R-2", "90000002A", service=HOUSING), placed("R-3", "90000002A", None)]
    referrals = [referral(name) for name in ("R-1", "R-2", "R-3")]
    assert ids(listed("mif", referrals, loops)) == [("R-1", 1)]
    assert ids(listed("asf", referrals, loops)) == [("R-2", 1)]


def test_a_supplement_lists_what_was_never_listed() -> None:
    loops = [placed("R-1", "90000001A"), placed("R-2", "90000002A")]
    referrals = [referral("R-1"), referral("R-2")]
    assert ids(listed("mif", referrals, loops, before={"R-1": "2025-10-10T09:00"}, supplemental=True)) == [("R-2", 1)]
    assert ids(listed("mif", referrals, loops, before={"R-1": "2025-10-10T09:00"})) == [("R-1", 1), ("R-2", 1)]


@pytest.mark.parametrize(
    ("contract", "served"),
    [
        ({"effective": date(2025, 11, 10)}, True),
        ({"effective": date(2025, 11, 11)}, False),
        ({"end": date(2025, 11, 10)}, True),
        ({"end": date(2025, 11, 9)}, False),
    ],
)
def test_only_providers_under_contract_get_a_file(contract: dict[str, Any], served: bool) -> None:
    assert listed("mif", [referral()], providers=roster({"provider_id": "ALTURA"} | contract)).height == served


@pytest.mark.parametrize("kind", ["mif", "asf"])
def test_nothing_known_lists_nothing(kind: str) -> None:
    rows = listed(kind, [], people=members(), providers=roster())
    assert rows.is_empty()
    assert information_rows(kind, rows, settings(), moment(AS_OF)).is_empty()
    assert answer_rows(rows, settings()).is_empty()


def row_of(kind: str, **person: Any) -> dict[str, Any]:
    told = {"cin": "90000001A", "date_of_birth": date(1980, 2, 3)} | person
    return information_rows(kind, listed(kind, [referral()], people=members(told)), settings(), moment(AS_OF)).row(0, named=True)


@pytest.mark.parametrize(("consent", "highlights"), [("Y", f"Two ED visits {REDISCLOSURE}"), ("N", None), (None, None)])
def test_clinical_highlights_leave_only_with_consent_and_its_statement(consent: str | None, highlights: str | None) -> None:
    assert row_of("mif", clinical_highlights="Two ED visits", part2_consent=consent)["clinical_highlights"] == highlights
    assert row_of("mif", part2_consent="Y")["clinical_highlights"] is None


@pytest.mark.parametrize(
    ("person", "address"),
    [({"homeless": "Y"}, NO_ADDRESS), ({"homeless": "Y", "address": "1 Main St"}, "1 Main St"), ({"homeless": "N"}, None), ({}, None)],
)
def test_no_fixed_address_is_said_of_the_homeless_alone(person: dict[str, Any], address: str | None) -> None:
    assert row_of("asf", **person)["address"] == address


def test_what_a_row_says() -> None:
    row = row_of("mif")
    assert list(row) == ["provider_id", *OUTBOUND["mif"].elements()]
    told = (
        "phone",
        "homeless",
        "new_to_provider",
        "record_type",
        "production_date",
        "reporting_period",
        "plan_identifier",
        "date_of_birth",
    )
    assert [row[name] for name in told] == [NO_PHONE, "N", "Y", "Assigned", "11/10/2025", "11/2025", PLAN, "02/03/1980"]


def test_a_referral_listed_before_is_not_new_and_keeps_the_day_that_it_was_first_sent() -> None:
    rows = listed("asf", [referral()], before={"R-1": "2025-10-10T22:00"})
    row = information_rows("asf", rows, settings(), moment(AS_OF)).row(0, named=True)
    assert row["sent_on"] == "10/10/2025"
    mif = listed("mif", [referral()], before={"R-1": "2025-10-10T22:00"})
    assert information_rows("mif", mif, settings(), moment(AS_OF))["new_to_provider"].to_list() == ["N"]


def test_days_are_those_of_plan_time() -> None:
    rows = listed(
        "asf", [referral(decision_at=moment("2025-09-03T20:00"), request_received_at=moment("2025-09-01T23:59"))], as_of="2025-11-10T22:00"
    )
    row = information_rows("asf", rows, settings(), moment("2025-11-10T22:00")).row(0, named=True)
    assert (row["decision_on"], row["request_received_on"], row["production_date"]) == ("09/03/2025", "09/01/2025", "11/10/2025")


def test_the_answer_is_filled_in_as_far_as_the_plan_knows() -> None:
    rows = listed("asf", [referral(authorization_number="0007")], people=members({"cin": "90000001A", "plan_member_id": "0042"}))
    (row,) = answer_rows(rows, settings()).to_dicts()
    assert (row["cin"], row["service"], row["authorization_number"], row["plan_member_id"]) == ("90000001A", HOUSING, "0007", "0042")
    assert row["provider_npi"] == "1234567893"


def test_files_are_sorted_by_provider_and_name_whatever_the_order_in_the_store() -> None:
    loops = [placed("R-2", "90000002A", "BONITA"), placed("R-1", "90000001A", "BONITA"), placed("R-3", "90000002A")]
    referrals = [referral(name) for name in ("R-2", "R-3", "R-1")]
    expected = [("R-3", 1), ("R-1", 1), ("R-2", 1)]
    assert ids(listed("mif", referrals, loops)) == expected
    assert ids(listed("mif", referrals[::-1], loops[::-1])) == expected
