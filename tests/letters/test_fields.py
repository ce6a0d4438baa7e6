"""What the words of a notice may say: enough for its recipient, and nothing that he may not see."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from config.load import load_profile
from config.settings import Notices, Plan, Settings, Sftp
from outputs.notice_samples import samples
from pipeline.emission import REDISCLOSURE
from pipeline.notice_fields import notice_fields
from pipeline.notices import Owed
from schemas.columns import Layout
from schemas.history import Assignments, Closures
from schemas.members import Members
from schemas.notice_fields import NoticeFields
from schemas.notices import Notices as NoticesTable
from schemas.providers import Providers
from schemas.referrals import Referrals

MOMENT = pl.Datetime("us", "UTC")
MOMENTS = ("request_received_at", "decision_at", "assigned_at")
NOW = dt.datetime(2026, 3, 6, 4, 30, tzinfo=dt.UTC)  # still March 5 in plan time
SECRET = "Diabetes, on insulin"
MEMBER = {
    "cin": "90000001A",
    "plan_member_id": "M1",
    "first_name": "Ana",
    "last_name": "Reyes",
    "address": "1 Elm St",
    "city": "Fresno",
    "state": "CA",
    "zip": "93701",
    "phone": "5595550101",
    "language_written": "Spanish",
    "clinical_highlights": SECRET,
    "populations_of_focus": SECRET,
    "date_of_birth": dt.date(1980, 2, 3),
}
REFERRAL = {
    "referral_id": "R1",
    "program": "ECM",
    "service": "ECM",
    "cin": "90000001A",
    "referral_date": dt.date(2026, 2, 20),
    "denial_reason": "Not in a group that the service is for.",
    "authorization_number": "A1",
    "authorization_effective": dt.date(2026, 3, 2),
    "authorization_end": dt.date(2027, 3, 1),
}
PROVIDER = {"provider_id": "P1", "name": "First Care", "npi": "1234567893", "programs": "ECM", "phone": "6195550100"}
DENIED = {"kind": "authorization_decision", "tells": "Denied", "tells_date": dt.date(2026, 3, 2)}
KINDS = {
    "authorization_decision": "Approved",
    "loop_closure": "Other",
    "assignment": "First Care",
    "rereferral": "First Care",
    "pcp_assignment": "First Care",
    "pending_update": "Pending",
    "streamlined_ending": "Under Review",
    "aging": "3 referrals, 1 past the goal",
    "rtf_reminder": None,
    "rtf_late": "missing",
}


def frame(layout: type[Layout], rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = {name: MOMENT if name in MOMENTS else element.format.dtype for name, element in layout.elements().items()}
    return pl.DataFrame(rows, schema=pl.Schema(schema))


def fields(notice: dict[str, Any], member: dict[str, Any] | None = None, shared: tuple[str, ...] = (), **plan: Any) -> dict[str, Any]:
    """The fields of one notice about one referral of one member."""
    common = {"notice_id": "N1", "plan": "demo", "recipient": "Somebody", "referral_id": "R1", "cin": "90000001A", "provider_id": "P1"}
    told = common | {"due_at": NOW, "trigger_at": NOW, "state": "queued", "channel": "print"} | notice
    schema = NoticesTable.polars_schema()
    owed = Owed(
        referrals=frame(Referrals, [REFERRAL]),
        members=frame(Members, [MEMBER | (member or {})]),
        providers=frame(Providers, [PROVIDER]),
        assignments=Assignments.no_rows(),
        closures=Closures.no_rows(),
    )
    settings = Settings(
        plan=Plan(id="demo", name="Demo Health Plan", **plan),
        sftp=Sftp(url="file:///srv"),
        notices=Notices(shared_denial_reasons=shared),
        profile=load_profile("dhcs"),
        profile_name="dhcs",
    )
    made = notice_fields(pl.DataFrame([told], schema=schema), owed, settings, NOW)
    NoticeFields.validate(made)
    return made.row(0, named=True)


def test_a_member_is_told_the_reason_of_a_denial() -> None:
    told = fields(DENIED | {"recipient_kind": "member"})
    assert told["denial_reason"] == REFERRAL["denial_reason"]
    assert told["redisclosure"] is None


@pytest.mark.parametrize("recipient_kind", ["referring_entity", "provider"])
@pytest.mark.parametrize("consent", ["N", None])
def test_without_consent_nobody_else_is_told_the_reason(recipient_kind: str, consent: str | None) -> None:
    told = fields(DENIED | {"recipient_kind": recipient_kind}, {"part2_consent": consent})
    assert (told["denial_reason"], told["denial_reason_withheld"], told["redisclosure"]) == (None, True, None)


def test_with_consent_the_reason_goes_out_with_the_notice_against_redisclosure() -> None:
    told = fields(DENIED | {"recipient_kind": "referring_entity"}, {"part2_consent": "Y"})
    assert (told["denial_reason"], told["redisclosure"]) == (REFERRAL["denial_reason"], REDISCLOSURE)
    assert not told["denial_reason_withheld"]


def test_a_reason_that_the_plan_has_listed_as_harmless_goes_to_everybody() -> None:
    told = fields(DENIED | {"recipient_kind": "referring_entity"}, shared=(str(REFERRAL["denial_reason"]),))
    assert (told["denial_reason"], told["redisclosure"], told["denial_reason_withheld"]) == (REFERRAL["denial_reason"], None, False)


def test_the_reason_that_was_queued_is_told_not_the_one_that_stands_now() -> None:
    assert fields(DENIED | {"recipient_kind": "member", "tells_reason": "As queued."})["denial_reason"] == "As queued."


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recipient_kind", ["member", "guardian", "referring_entity", "provider", "pcp"])
def test_no_notice_holds_clinical_data(kind: str, recipient_kind: str) -> None:
    told = fields(
        {"kind": kind, "recipient_kind": recipient_kind, "tells": KINDS[kind], "tells_date": dt.date(2026, 3, 2)}, {"part2_consent": "Y"}
    )
    assert SECRET not in str(told)
    assert "1980" not in str(told)
    assert (told["cin"] is not None) == (recipient_kind in ("provider", "pcp"))
    assert bool(told["address"]) == (recipient_kind in ("member", "guardian"))
    assert (told["denial_reason"], told["denial_reason_withheld"]) == (None, False)


@pytest.mark.parametrize("recipient_kind", ["member", "guardian"])
def test_the_number_of_an_authorization_is_not_for_letters(recipient_kind: str) -> None:
    approved = DENIED | {"tells": "Approved", "recipient_kind": recipient_kind}
    assert fields(approved)["authorization_number"] is None
    assert fields(approved | {"recipient_kind": "provider"})["authorization_number"] == "A1"


def test_a_letter_is_dated_in_plan_time_and_speaks_the_members_language() -> None:
    told = fields({"kind": "assignment", "recipient_kind": "member", "tells": "First Care"}, hours={"en": "8 to 6", "es": "de 8 a 6"})
    assert (told["written_on"], told["language"], told["plan_hours"]) == (dt.date(2026, 3, 5), "es", "de 8 a 6")


@pytest.mark.parametrize("recipient_kind", ["referring_entity", "provider", "pcp"])
def test_organizations_are_written_to_in_english(recipient_kind: str) -> None:
    told = fields({"kind": "assignment", "recipient_kind": recipient_kind, "tells": "First Care"}, hours={"en": "8 to 6", "es": "de 8 a 6"})
    assert (told["language"], told["plan_hours"]) == ("en", "8 to 6")


@pytest.mark.parametrize(
    ("member", "lines"),
    [
        ({}, ["1 Elm St", "Fresno, CA 93701"]),
        ({"city": None}, ["1 Elm St", "CA 93701"]),
        ({"state": None, "zip": None}, ["1 Elm St", "Fresno"]),
        ({"address": "No fixed current address"}, []),
        ({"address": None}, []),
    ],
)
def test_an_address_has_as_many_lines_as_are_known(member: dict[str, Any], lines: list[str]) -> None:
    assert fields({"kind": "assignment", "recipient_kind": "member", "tells": "First Care"}, member)["address"] == lines


def test_a_member_is_known_by_an_earlier_number() -> None:
    told = fields({"kind": "assignment", "recipient_kind": "member", "cin": "90000002A"}, {"previous_cin": "90000002A"})
    assert told["member_name"] == "Ana Reyes"


@pytest.mark.parametrize("name", dict(samples()))
def test_samples_have_no_field_that_their_notice_would_not(name: str) -> None:
    """So that a template which is tried with samples works with what comes."""
    sample = dict(samples())[name]
    notice = {"kind": sample["kind"], "recipient_kind": sample["recipient_kind"], "tells_date": dt.date(2026, 3, 2), "period": "2026-03"}
    words = ("decision", "reason", "status", "counted", "file_status")
    notice |= {"tells": next((sample[word] for word in words if sample[word]), "First Care"), "corrects": "N0"}
    consent = {"part2_consent": "Y" if sample["redisclosure"] else "N"}
    made = fields(notice, consent, phone="8005550100", hours={"en": "8 to 6"}, website="x.example", address=("PO Box 1",))
    assert {key for key, value in sample.items() if value} <= {key for key, value in made.items() if value}
