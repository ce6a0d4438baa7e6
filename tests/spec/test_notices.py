"""Which notices are owed: the guidance's own use cases, and one rule at a time. All people are made up."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from config.settings import Channel
from pipeline.business_days import CalendarNotConfirmed
from pipeline.notices import notice_changes, overdue, owed_notices
from schemas.notices import Notices as NoticesTable
from tests.spec.notice_stories import LATER, MOMENT, Story, at, ledger, lines, sent, settings


def test_use_case_1_a_physician_refers_to_respite_services() -> None:
    story = Story(
        referral={"authorization_status": "Approved", "decision_at": at("2026-03-05 15:00")},
        placed=((1, "P1", "2026-03-06 09:00"),),
        closed=((1, 1, "Services Received", "2026-03-20", "2026-04-03 16:00"),),
    )
    assert ledger(story.notices()) == lines("""
        kind                    loop  to                           tells              due
        authorization_decision  -     referring_entity Elm Clinic  Approved           Fri 2026-03-06 15:00
        authorization_decision  -     member Ana Reyes             Approved           Mon 2026-03-09 23:59
        assignment              1     member Ana Reyes             First Care         Fri 2026-03-20 23:59
        assignment              1     referring_entity Elm Clinic  First Care         Fri 2026-03-20 23:59
        loop_closure            1     referring_entity Elm Clinic  Services Received  Tue 2026-04-07 23:59
    """)


def test_use_case_2_the_plan_refers_again_after_a_provider_declines() -> None:
    story = Story(
        referral={"program": "ECM", "service": "ECM", "authorization_status": "Approved", "decision_at": at("2026-03-02 10:00")},
        placed=((1, "P1", "2026-03-03 09:00"), (2, "P2", "2026-04-08 09:00")),
        closed=(
            (1, 1, "Service Provider Declined", "2026-03-10", "2026-04-03 17:01"),
            (2, 1, "Services Received", "2026-04-20", "2026-05-05 08:00"),
        ),
    )
    told = story.told_along("2026-03-02 21:00", "2026-03-03 21:00", "2026-04-03 21:00", "2026-04-08 21:00", "2026-05-05 21:00")
    assert ledger(told) == lines("""
        kind                    loop  to                           tells                      due
        authorization_decision  -     referring_entity Elm Clinic  Approved                   Tue 2026-03-03 10:00
        authorization_decision  -     member Ana Reyes             Approved                   Wed 2026-03-04 23:59
        assignment              1     member Ana Reyes             First Care                 Tue 2026-03-17 23:59
        assignment              1     referring_entity Elm Clinic  First Care                 Tue 2026-03-17 23:59
        pcp_assignment          1     pcp Poe, Dana, MD            First Care                 Tue 2026-03-17 23:59
        loop_closure            1     referring_entity Elm Clinic  Service Provider Declined  Tue 2026-04-07 23:59
        rereferral              2     member Ana Reyes             Second Care                Fri 2026-04-10 23:59
        rereferral              2     referring_entity Elm Clinic  Second Care                Fri 2026-04-10 23:59
        pcp_assignment          2     pcp Poe, Dana, MD            Second Care                Wed 2026-04-22 23:59
        loop_closure            2     referring_entity Elm Clinic  Services Received          Thu 2026-05-07 23:59
    """)


def test_use_case_3_a_correctional_facility_refers_to_housing_navigation() -> None:
    story = Story(
        referral={
            "service": "Housing Transition Navigation Services",
            "referring_org_name": "Valley Correctional Facility",
            "referring_individual_email": "reentry@valley.example",
            "referring_relationship": "Other",
            "justice_involved": "Y",
            "authorization_status": "Approved",
            "decision_at": at("2026-11-25 14:00"),
        },
        placed=((1, "P1", "2026-11-25 14:30"),),
        closed=((1, 1, "Services Received", "2026-12-28", "2027-01-05 08:00"),),
    )
    owed = story.notices(as_of=at("2027-02-01"))
    assert ledger(owed) == lines("""
        kind                    loop  to                                             tells              due
        authorization_decision  -     referring_entity Valley Correctional Facility  Approved           Thu 2026-11-26 14:00
        authorization_decision  -     member Ana Reyes                               Approved           Tue 2026-12-01 23:59
        assignment              1     member Ana Reyes                               First Care         Fri 2026-12-11 23:59
        assignment              1     referring_entity Valley Correctional Facility  First Care         Fri 2026-12-11 23:59
        loop_closure            1     referring_entity Valley Correctional Facility  Services Received  Thu 2027-01-07 23:59
    """)
    told = owed.filter(pl.col("recipient_kind") == "referring_entity")
    assert set(told["contact"]) == {"reentry@valley.example"}


SIDES = """
referral type          relationship       justice  decision                  closure           why
Community Referral     Medical provider   N        referring_entity, member  referring_entity  the ordinary case
-                      -                  -        referring_entity, member  referring_entity  nothing told: somebody referred
Community Referral     Member/family      N        member                    member            who referred himself is told once
Community Referral     Member/family      Y        referring_entity, member  referring_entity  the facility answers for the inmate
Identified by the MCP  -                  N        member                    -                 the plan need not tell itself
Identified by the MCP  Member/family      N        member                    -                 even if the column says otherwise
"""


@pytest.mark.parametrize(("kind", "relationship", "justice", "decision", "closure", "why"), lines(SIDES))
def test_each_side_is_told_what_concerns_it(kind: str, relationship: str, justice: str, decision: str, closure: str, why: str) -> None:
    blank_or = {"-": None}
    story = Story(
        referral={
            "referral_type": blank_or.get(kind, kind),
            "referring_relationship": blank_or.get(relationship, relationship),
            "justice_involved": blank_or.get(justice, justice),
            "authorization_status": "Approved",
            "decision_at": at("2026-03-05 15:00"),
        },
        placed=((1, "P1", "2026-03-06 09:00"),),
        closed=((1, 1, "Other", "2026-03-20", "2026-04-03 16:00"),),
    )
    told = story.notices()
    by_kind = {
        one: ", ".join(told.filter(pl.col("kind") == one)["recipient_kind"]) or "-" for one in ("authorization_decision", "loop_closure")
    }
    assert by_kind == {"authorization_decision": decision, "loop_closure": closure}, why
    assert "member" in told.filter(pl.col("kind") == "assignment")["recipient_kind"].to_list()


WAYS = """
channel  e-mail            phone       contact           goes by  state   why it waits
email    desk@elm.example  5595550199  desk@elm.example  email    queued  -
portal   desk@elm.example  -           desk@elm.example  portal   queued  -
email    -                 5595550199  5595550199        manual   manual  no electronic address on file; fax needs an agreement on file
portal   -                 5595550199  5595550199        manual   manual  no electronic address on file; fax needs an agreement on file
manual   -                 5595550199  5595550199        manual   manual  no electronic address on file; fax needs an agreement on file
manual   desk@elm.example  -           desk@elm.example  manual   manual  the plan's notice channel for this recipient is manual
print    desk@elm.example  -           desk@elm.example  manual   manual  no postal address on file
email    -                 0000000000  -                 manual   manual  no contact on file
email    -                 -           -                 manual   manual  no contact on file
"""


@pytest.mark.parametrize(("channel", "email", "phone", "contact", "way", "state", "why"), lines(WAYS))
def test_a_referring_entity_is_told_electronically_or_by_a_person(
    channel: Channel, email: str, phone: str, contact: str, way: str, state: str, why: str
) -> None:
    story = Story(
        referral={
            "referring_individual_email": None if email == "-" else email,
            "referring_individual_phone": None if phone == "-" else phone,
            "authorization_status": "Approved",
            "decision_at": at("2026-03-05 15:00"),
        }
    )
    told = story.notices(referring_entity=channel).row(0, named=True)
    assert told["recipient_kind"] == "referring_entity"
    assert [told[key] or "-" for key in ("contact", "channel", "state", "why_manual")] == [contact, way, state, why]


MEMBERS = """
channel  address                   guardian  to                    contact                     goes by  why it waits
print    1 Elm St                  -         member Ana Reyes      1 Elm St, Fresno, CA 93701  print    -
print    1 Elm St                  Luis      guardian Luis Sol     1 Elm St, Fresno, CA 93701  print    -
email    1 Elm St                  -         member Ana Reyes      ana@home.example            email    -
email    1 Elm St                  Luis      guardian Luis Sol     1 Elm St, Fresno, CA 93701  manual   no electronic address on file; fax needs an agreement on file
print    No fixed current address  -         member Ana Reyes      ana@home.example            manual   no postal address on file
print    No fixed current address  Luis      guardian Luis Sol     5595550177                  manual   no postal address on file
manual   1 Elm St                  -         member Ana Reyes      1 Elm St, Fresno, CA 93701  manual   the plan's notice channel for this recipient is manual
"""  # noqa: E501 - a table


@pytest.mark.parametrize(("channel", "address", "guardian", "to", "contact", "way", "why"), lines(MEMBERS))
def test_the_member_or_the_guardian_is_told_never_both(
    channel: Channel, address: str, guardian: str, to: str, contact: str, way: str, why: str
) -> None:
    guarded = {"guardian_first_name": "Luis", "guardian_last_name": "Sol", "guardian_phone": "5595550177"} if guardian == "Luis" else {}
    story = Story(
        referral={"referral_type": "Identified by the MCP", "authorization_status": "Approved", "decision_at": at("2026-03-05 15:00")},
        member={"address": address, "email": "ana@home.example", **guarded},
    )
    told = story.notices(member=channel, guardian=channel)
    assert [f"{row['recipient_kind']} {row['recipient']}" for row in told.rows(named=True)] == [to]
    assert [told[key][0] or "-" for key in ("contact", "channel", "why_manual")] == [contact, way, why]


def test_a_member_whom_the_plan_does_not_describe_waits_for_a_person() -> None:
    story = Story(
        referral={"cin": "90000009W", "referral_type": "Identified by the MCP", "authorization_status": "Approved"}
        | {"decision_at": at("2026-03-05 15:00")}
    )
    told = story.notices().row(0, named=True)
    assert [told[key] for key in ("recipient", "contact", "state", "why_manual")] == [None, None, "manual", "no contact on file"]


def test_a_member_whose_number_changed_is_found_by_the_old_one() -> None:
    story = Story(
        referral={"cin": "90000009W", "authorization_status": "Approved", "decision_at": at("2026-03-05 15:00")},
        member={"previous_cin": "90000009W"},
    )
    assert "Ana Reyes" in story.notices()["recipient"].to_list()


PCPS = """
program  PCP's NPI   PCP            told           why
ECM      1111111112  Poe, Dana, MD  Poe, Dana, MD  another organization
ECM      1234567893  Poe, Dana, MD  -              the PCP is the provider
ECM      -           Poe, Dana, MD  Poe, Dana, MD  whoever cannot be told apart is told
ECM      -           -              -              no PCP on file
CS       1111111112  Poe, Dana, MD  -              ECM alone
"""


@pytest.mark.parametrize(("program", "npi", "pcp", "told", "why"), lines(PCPS))
def test_the_pcp_hears_of_an_ecm_provider_of_another_organization(program: str, npi: str, pcp: str, told: str, why: str) -> None:
    story = Story(
        referral={"program": program, "service": "ECM" if program == "ECM" else "Respite Services"},
        member={"pcp_npi": None if npi == "-" else npi, "pcp_name": None if pcp == "-" else pcp},
        placed=((1, "P1", "2026-03-06 09:00"),),
    )
    notices = story.notices().filter(pl.col("kind") == "pcp_assignment")
    assert notices["recipient"].to_list() == ([] if told == "-" else [told]), why


def test_an_undecided_referral_owes_no_decision_and_a_loop_without_provider_no_assignment() -> None:
    asked_back = "Need Additional Information from Referral Source"
    for status in ("Under Review", asked_back, None):
        story = Story(referral={"authorization_status": status, "decision_at": at("2026-03-05 15:00")}, placed=((1, None, None),))
        assert story.notices().is_empty()


def test_a_changed_decision_is_a_notice_of_its_own() -> None:
    approved = Story(referral={"authorization_status": "Approved", "decision_at": at("2026-03-05 15:00")})
    denied = Story(referral={"authorization_status": "Denied", "decision_at": at("2026-03-12 15:00"), "denial_reason": "not eligible"})
    again = owed_notices(denied.owed(), approved.notices(), settings(), LATER)
    assert again["tells"].to_list() == ["Denied", "Denied"]
    assert again["tells_date"].to_list() == [dt.date(2026, 3, 12)] * 2


def test_a_corrected_reason_is_told_to_the_same_recipient_as_a_correction() -> None:
    correction = (1, 2, "Services Received", "2026-03-22", "2026-05-04 16:00")
    back_again = (1, 3, "Other", "2026-03-20", "2026-06-03 16:00")
    story = Story(placed=((1, "P1", None),), closed=((1, 1, "Other", "2026-03-20", "2026-04-03 16:00"), correction, back_again))
    told = story.told_along("2026-04-03 21:00", "2026-05-04 21:00", "2026-06-03 21:00")
    assert told["tells"].to_list() == ["Other", "Services Received", "Other"]
    assert told["corrects"].to_list() == [None, *told["notice_id"].to_list()[:2]]
    assert told["tells_date"].to_list()[1] == dt.date(2026, 3, 22)
    assert told["trigger_at"].to_list()[1] == at("2026-05-04 16:00")
    assert set(told["recipient"]) == {"Elm Clinic"}


def test_a_denial_by_the_plan_is_told_once_as_a_decision() -> None:
    story = Story(
        referral={"authorization_status": "Denied", "decision_at": at("2026-03-05 15:00")},
        closed=((1, 1, "Authorization Denied", "2026-03-05", "2026-03-05 15:00"),),
        closed_by="plan",
    )
    assert set(story.notices()["kind"]) == {"authorization_decision"}
    other = replace(story, closed=((1, 1, "Member No Longer Eligible for Services", "2026-03-05", "2026-03-05 15:00"),))
    for told in (other, replace(story, closed_by="encounter")):
        assert "loop_closure" in told.notices()["kind"].to_list()


def test_sobering_centers_are_outside_closed_loop_referral() -> None:
    story = Story(
        referral={"service": "Sobering Centers", "authorization_status": "Approved", "decision_at": at("2026-03-05 15:00")},
        placed=((1, "P1", "2026-03-06 09:00"),),
        closed=((1, 1, "Other", "2026-03-20", "2026-04-03 16:00"),),
    )
    assert story.notices().is_empty()


def test_a_notice_names_provider_and_member_of_its_loop() -> None:
    story = Story(placed=((1, "P1", "2026-03-06 23:30"),), closed=((1, 1, "Other", "2026-03-20", "2026-04-03 16:00"),))
    told = story.notices()
    assert set(told["provider_id"]) == {"P1"}
    assert set(told["cin"]) == {"90000001A"}
    assert told.filter(pl.col("kind") == "assignment")["tells_date"].unique().to_list() == [dt.date(2026, 3, 6)]
    assert set(told["calendar_version"]) == {"calhr-1"}


def test_what_has_not_happened_yet_is_not_told() -> None:
    story = Story(referral={"authorization_status": "Approved", "decision_at": at("2026-03-05 15:00")})
    assert story.notices(as_of=at("2026-03-05 14:59")).is_empty()


def test_a_due_day_past_the_confirmed_calendar_is_not_guessed() -> None:
    story = Story(closed=((1, 1, "Other", "2027-12-30", "2027-12-30 16:00"),))
    with pytest.raises(CalendarNotConfirmed):
        story.notices(as_of=at("2028-01-10"))


STORY = Story(
    referral={"program": "ECM", "service": "ECM", "authorization_status": "Approved", "decision_at": at("2026-03-02 10:00")},
    placed=((1, "P1", "2026-03-03 09:00"), (2, "P2", "2026-04-08 09:00")),
    closed=((1, 1, "Service Provider Declined", "2026-03-10", "2026-04-03 17:01"), (1, 2, "Other", "2026-03-10", "2026-05-04 09:00")),
)


STANDS = ("notice_id", "recipient_kind", "contact", "tells", "trigger_at", "known_at", "known_by", "due_at", "corrects")


@effort(max_examples=15)
@given(st.lists(st.datetimes(dt.datetime.fromisoformat("2026-03-01"), dt.datetime.fromisoformat("2026-06-01")), max_size=4))
def test_any_runs_on_the_way_that_send_nothing_owe_together_what_one_run_at_the_end_owes(runs: list[dt.datetime]) -> None:
    at_once = STORY.notices()
    known = NoticesTable.no_rows()
    for run in [*sorted(runs), LATER.replace(tzinfo=None)]:
        changes = notice_changes(STORY.owed(run.replace(tzinfo=dt.UTC)), known, settings(), run.replace(tzinfo=dt.UTC))
        known = pl.concat([known.join(changes.rows, on="notice_id", how="anti", maintain_order="left"), changes.rows])
    outstanding = known.filter(pl.col("state") != "cancelled").sort("due_at", "kind", "referral_id", "loop", "recipient_kind")
    assert outstanding.select(STANDS).rows() == at_once.select(STANDS).rows()
    assert at_once["notice_id"].is_unique().all()


LATE = """
known             queued            why
2026-03-02 21:00  2026-03-02 21:00  -
2026-03-09 21:00  2026-03-09 21:00  the decision of Mar 2, 2026 came to the plan on Mar 9, 2026
2026-03-02 21:00  2026-03-06 21:00  known since Mar 2, 2026 21:00 and due by Mar 3, 2026 10:00, but no run queued it before Mar 6, 2026 21:00
"""  # noqa: E501 - a table


@pytest.mark.parametrize(("known", "queued", "why"), lines(LATE))
def test_a_notice_that_is_late_when_it_is_queued_says_why(known: str, queued: str, why: str) -> None:
    owed = replace(Story(), referral={"authorization_status": "Approved", "decision_at": at("2026-03-02 10:00")}).owed()
    first, last = (owed.referrals.with_columns(known_from=pl.lit(at(day)).cast(MOMENT)) for day in (known, "2026-03-10"))
    versions = pl.concat([last.with_columns(run_id=pl.lit("000009-intake")), first.with_columns(run_id=pl.lit("000001-intake"))])
    queue = owed_notices(replace(owed, referrals=last, versions=versions), NoticesTable.no_rows(), settings(), at(queued))
    to_referrer = queue.row(0, named=True)
    assert [to_referrer[key] for key in ("known_at", "known_by")] == [at(known), "000001-intake"]
    assert (to_referrer["late_because"] or "-") == why


def test_closures_and_placements_are_known_by_their_own_evidence() -> None:
    owed = Story(placed=((1, "P1", "2026-01-01"),), closed=((1, 1, "Other", "2026-03-20", "2026-04-03 16:00"),)).owed()
    versions = owed.referrals.with_columns(run_id=pl.lit("000001-intake"))
    queue = owed_notices(replace(owed, versions=versions), NoticesTable.no_rows(), settings(), LATER)
    by_kind = {row["kind"]: (row["known_at"], row["known_by"]) for row in queue.rows(named=True)}
    assert by_kind["loop_closure"] == (at("2026-04-03 16:00"), "S1")
    assert by_kind["assignment"] == (at("2026-01-02"), "000001-intake")


def test_a_guardian_named_later_is_not_told_what_the_member_was_told() -> None:
    guarded = replace(STORY, member={"guardian_first_name": "Luis"})
    assert notice_changes(guarded.owed(), sent(STORY.notices()), settings(), LATER).rows.is_empty()


def test_notices_are_rows_of_their_table() -> None:
    told = STORY.notices()
    assert dict(told.schema) == dict(NoticesTable.polars_schema())
    NoticesTable.validate(told)
    assert told["notice_id"].str.contains(r"^N[0-9a-f]{16}$").all()


OVERDUE = """
state      due               overdue
queued     2026-03-04 23:59  yes
manual     2026-03-04 23:59  yes
failed     2026-03-04 23:59  yes
sent       2026-03-04 23:59  no
cancelled  2026-03-04 23:59  no
queued     2026-03-05 00:00  no
"""


@pytest.mark.parametrize(("state", "due", "late"), lines(OVERDUE))
def test_overdue_is_what_is_due_and_has_not_gone(state: str, due: str, late: str) -> None:
    notice = STORY.notices().head(1).with_columns(state=pl.lit(state), due_at=pl.lit(at(due)).cast(MOMENT))
    assert overdue(notice, at("2026-03-05 00:00"))["overdue"].to_list() == [late == "yes"]
