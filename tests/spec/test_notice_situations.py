"""Every situation of a referral in which somebody is owed a notice, or nobody: worked out by hand from a wall calendar of 2026.

March 2, 2026 is a Monday; March 31 is Cesar Chavez Day. Two business days from Thursday, March 5 end on Monday, March 9.
"""

import datetime as dt
from dataclasses import fields, replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from pipeline.notices import Owed, notice_changes
from schemas.notices import Notices
from tests.spec import notice_stories
from tests.spec.notice_situations import Referral, evenings, frames, live, told
from tests.spec.notice_stories import at, lines

FRAMES = [one.name for one in fields(Owed)]

EVERY_EVENING = """
program  kind                    story                                                                                        owed
CS       authorization_decision  03-05 15:00 approved                                                                         referrer 03-06 15:00, member 03-09
ECM      authorization_decision  03-05 15:00 approved                                                                         referrer 03-06 15:00, member 03-09
CS       authorization_decision  03-05 15:00 denied not eligible                                                              referrer 03-06 15:00, member 03-09
ECM      authorization_decision  03-05 15:00 denied not eligible                                                              referrer 03-06 15:00, member 03-09
CS       authorization_decision  03-05 15:00 denied                                                                           ?referrer 03-06 15:00, ?member 03-09
CS       authorization_decision  03-05 15:00 denied; 03-05 15:00 denied not eligible seen 03-06                               -referrer 03-06 15:00, referrer 03-06 15:00, -member 03-09, member 03-09
CS       authorization_decision  03-05 review                                                                                 nobody
CS       authorization_decision  03-05 asked                                                                                  nobody
CS       authorization_decision  by plan; 03-05 15:00 approved                                                                member 03-09
ECM      authorization_decision  by plan; 03-05 15:00 denied not eligible                                                     member 03-09
CS       authorization_decision  by self; 03-05 15:00 approved                                                                member 03-09
ECM      authorization_decision  by self; guardian; 03-05 15:00 denied not eligible                                           guardian 03-09
CS       authorization_decision  guardian; 03-05 15:00 approved                                                               referrer 03-06 15:00, guardian 03-09
CS       authorization_decision  by facility; 03-05 15:00 approved                                                            referrer 03-06 15:00, member 03-09
ECM      authorization_decision  by inmate; 03-05 15:00 approved                                                              referrer 03-06 15:00, member 03-09
CS       authorization_decision  by mailless; 03-05 15:00 approved                                                            ?referrer 03-06 15:00, member 03-09
CS       authorization_decision  by nobody; 03-05 15:00 approved                                                              ?referrer 03-06 15:00, member 03-09
CS       authorization_decision  by badmail; 03-05 15:00 approved                                                             ?referrer 03-06 15:00, member 03-09
CS       authorization_decision  homeless; 03-05 15:00 approved                                                               referrer 03-06 15:00, ?member 03-09
CS       authorization_decision  cityless; 03-05 15:00 approved                                                               referrer 03-06 15:00, ?member 03-09
CS       authorization_decision  zipless; 03-05 15:00 approved                                                                referrer 03-06 15:00, ?member 03-09
CS       authorization_decision  cityless; 03-05 15:00 approved; 03-06 healed                                                 referrer 03-06 15:00, member 03-09
CS       authorization_decision  03-04 sobering; 03-05 15:00 approved                                                         nobody
CS       authorization_decision  unsent; 03-05 15:00 approved; 03-06 sobering                                                 -referrer 03-06 15:00, -member 03-09
CS       authorization_decision  03-05 15:00 approved seen 03-12                                                              referrer 03-06 15:00, member 03-09
CS       authorization_decision  03-05 15:00 approved; 03-12 10:00 denied not eligible                                        referrer 03-06 15:00, member 03-09, referrer 03-13 10:00, member 03-16
CS       authorization_decision  unsent; 03-05 15:00 approved; 03-06 10:00 denied not eligible                                -referrer 03-06 15:00, -member 03-09, !referrer 03-07 10:00, !member 03-10
ECM      authorization_decision  unsent; 03-05 15:00 denied not eligible; 03-06 10:00 approved                                -referrer 03-06 15:00, -member 03-09, !referrer 03-07 10:00, !member 03-10
CS       authorization_decision  unsent; 03-05 15:00 approved; 03-06 review                                                   -referrer 03-06 15:00, -member 03-09
CS       authorization_decision  unsent; 03-05 15:00 approved; 03-06 review; 03-05 15:00 approved seen 03-09                  !referrer 03-06 15:00, !member 03-09
CS       authorization_decision  03-05 15:00 denied wrong code; 03-05 15:00 denied not eligible seen 03-09                    referrer 03-06 15:00, referrer* 03-06 15:00, member 03-09, member* 03-09
CS       authorization_decision  unsent; 03-05 15:00 denied wrong code; 03-05 15:00 denied not eligible seen 03-09            -referrer 03-06 15:00, !referrer 03-06 15:00, -member 03-09, !member 03-09
CS       authorization_decision  unsent; 03-05 15:00 approved; 03-06 notified 03-06                                           !referrer 03-06 15:00, member 03-09
CS       authorization_decision  unsent; 03-05 15:00 approved; 03-06 notified 03-04                                           !referrer 03-06 15:00, !member 03-09
CS       authorization_decision  unsent; by self; 03-05 15:00 denied not eligible; 03-06 notified 03-05                       member 03-09
CS       authorization_decision  unsent; 03-05 15:00 approved; 03-06 by plan                                                  -referrer 03-06 15:00, !member 03-09
CS       authorization_decision  unsent; 03-05 15:00 approved; 03-06 guardian                                                 !referrer 03-06 15:00, !guardian 03-09
ECM      authorization_decision  streamlined 02-20; 03-02 placed P1; 03-05 15:00 denied not eligible                          provider 03-06 15:00, referrer 03-06 15:00, member 03-09
ECM      authorization_decision  streamlined 02-20; by plan; 03-02 placed P1; 03-05 15:00 approved                            provider 03-06 15:00, member 03-09
ECM      authorization_decision  streamlined 02-20; by provider; 03-02 placed P1; 03-05 15:00 denied not eligible             referrer 03-06 15:00, member 03-09
ECM      authorization_decision  streamlined 02-20; by namesake; 03-02 placed P1; 03-05 15:00 approved                        referrer 03-06 15:00, member 03-09
ECM      authorization_decision  03-02 placed P1; 03-05 15:00 denied not eligible                                             referrer 03-06 15:00, member 03-09
CS       authorization_decision  streamlined 02-20; 03-02 placed P1; 03-05 15:00 approved                                     referrer 03-06 15:00, member 03-09
CS       loop_closure            03-02 placed P1; 03-20 served seen 04-03                                                     referrer 04-07
ECM      loop_closure            03-02 placed P1; 03-20 served seen 04-03                                                     referrer 04-07
CS       loop_closure            03-02 placed P1; 03-20 declined seen 04-03                                                   referrer 04-07
CS       loop_closure            03-02 placed P1; 03-20 unreached seen 04-03                                                  referrer 04-07
CS       loop_closure            by self; 03-02 placed P1; 03-20 ineligible seen 04-03                                        member 04-07
ECM      loop_closure            by self; guardian; 03-02 placed P1; 03-20 other seen 04-03                                   guardian 04-07
CS       loop_closure            by plan; 03-02 placed P1; 03-20 served seen 04-03                                            nobody
ECM      loop_closure            by facility; 03-02 placed P1; 03-20 served seen 04-03                                        referrer 04-07
CS       loop_closure            by inmate; 03-02 placed P1; 03-20 served seen 04-03                                          referrer 04-07
CS       loop_closure            by mailless; 03-02 placed P1; 03-20 served seen 04-03                                        ?referrer 04-07
CS       loop_closure            03-02 placed P1; 03-20 served seen 04-03; 03-25 served seen 05-04                            referrer 04-07
CS       loop_closure            03-02 placed P1; 03-20 other seen 04-03; 03-21 served seen 05-04                             referrer 04-07, referrer* 05-06
CS       loop_closure            by plan; 03-02 placed P1; 03-20 other seen 04-03; 03-21 served seen 05-04                    nobody
CS       loop_closure            unsent; 03-02 placed P1; 03-20 other seen 04-03; 03-21 served seen 05-04                     -referrer 04-07, !referrer 04-07
CS       loop_closure            unsent; 03-02 placed P1; 03-20 other seen 04-03; 03-21 served seen 05-04; 03-20 other seen 06-01  -referrer 04-07, -referrer 04-07, !referrer 04-07
CS       loop_closure            03-02 placed P1; 03-20 other seen 04-03; 03-21 served seen 05-04; 03-20 other seen 06-01     referrer 04-07, referrer* 05-06, referrer* 06-03
CS       loop_closure            03-02 placed P1; 03-20 other seen 04-03; 03-21 served seen 05-04; 03-20 other seen 05-04     referrer 04-07
CS       loop_closure            03-02 placed P1; 03-18 encounter seen 03-25                                                  referrer 03-27
CS       loop_closure            03-02 placed P1; 03-18 encounter seen 03-25; 03-20 other seen 04-03                          referrer 03-27, referrer* 04-07
CS       loop_closure            unsent; 03-02 placed P1; 03-18 encounter seen 03-25; 03-20 other seen 04-03                  -referrer 03-27, !referrer 03-27
CS       loop_closure            03-02 placed P1; 03-18 encounter seen 03-25; 03-20 served seen 04-03                         referrer 03-27
ECM      loop_closure            03-02 placed P1; 03-05 15:00 denied not eligible                                             nobody
ECM      loop_closure            streamlined 02-20; 03-02 placed P1; 03-05 15:00 denied not eligible                          nobody
CS       loop_closure            03-02 placed P1; 03-20 other seen 04-03; 04-06 denied not eligible                           referrer 04-07
CS       loop_closure            03-02 placed P1; 03-05 declined seen 03-06; 03-10 placed P2; 03-20 served seen 04-03         referrer 03-10, referrer 04-07
CS       loop_closure            03-02 placed P1; 03-20 served seen 04-03; 03-01 sobering                                     nobody
CS       assignment              03-02 placed P1                                                                              member 03-16, referrer 03-16
ECM      assignment              guardian; 03-02 placed P1                                                                    guardian 03-16, referrer 03-16
CS       assignment              by plan; 03-02 placed P1                                                                     member 03-16
ECM      assignment              by self; 03-02 placed P1                                                                     member 03-16
ECM      assignment              by inmate; 03-02 placed P1                                                                   member 03-16, referrer 03-16
CS       assignment              by neighbour; 03-02 placed P1                                                                member 03-16, referrer 03-16
CS       assignment              03-02 placed P1 seen 03-20                                                                   member 03-16, referrer 03-16
CS       assignment              03-02 placed P1; 03-04 placed P2                                                             member 03-16, referrer 03-16
CS       assignment              unsent; 03-02 placed P1; 03-04 placed P2                                                     -member 03-16, -referrer 03-16
CS       assignment              unsent; 03-02 placed P1; 03-03 declined seen 03-06                                           -member 03-16, -referrer 03-16
ECM      assignment              unsent; 03-02 placed P1; 03-05 denied not eligible                                           -member 03-16, -referrer 03-16
CS       assignment              unsent; 03-02 placed P1; 03-04 unplaced                                                      -member 03-16, -referrer 03-16
CS       assignment              unsent; 03-02 placed P1; 03-20 served seen 04-03                                             !member 03-16, !referrer 03-16
CS       rereferral              03-02 placed P1; 03-04 placed P2                                                             member 03-06, referrer 03-06
ECM      rereferral              03-02 placed P1; 03-03 declined seen 03-06; 03-10 placed P2                                  member 03-12, referrer 03-12
CS       rereferral              by plan; guardian; 03-02 placed P1; 03-04 placed P2                                          guardian 03-06
CS       rereferral              by self; 03-02 placed P1; 03-04 placed P2                                                    member 03-06
ECM      rereferral              by facility; 03-02 placed P1; 03-04 placed P2                                                member 03-06, referrer 03-06
CS       rereferral              unsent; 03-02 placed P1; 03-04 placed P2; 03-09 placed P1                                    -member 03-06, -referrer 03-06, !member 03-11, !referrer 03-11
ECM      pcp_assignment          03-02 placed P1                                                                              ?pcp 03-16
ECM      pcp_assignment          by plan; 03-02 placed P1                                                                     ?pcp 03-16
CS       pcp_assignment          03-02 placed P1                                                                              nobody
ECM      pcp_assignment          pcp_is_provider; 03-02 placed P1                                                             nobody
ECM      pcp_assignment          pcp_of_provider; 03-02 placed P1                                                             nobody
ECM      pcp_assignment          pcp_unknown; 03-02 placed P1                                                                 ?pcp 03-16
ECM      pcp_assignment          no_pcp; 03-02 placed P1                                                                      nobody
ECM      pcp_assignment          pcp_is_provider; 03-02 placed P1; 03-04 placed P2                                            ?pcp 03-18
ECM      pcp_assignment          03-02 placed P1; 03-04 placed P2                                                             -pcp 03-16, ?pcp 03-18
ECM      pcp_assignment          03-02 placed P1; 03-09 pcp_is_provider                                                       -pcp 03-16
"""  # noqa: E501 - a table

# Runs on Mondays alone: 60 days from Monday, March 2 are Friday, May 1, and 120 are Tuesday, June 30.
EVERY_MONDAY = """
program  kind                story                                                                          owed
CS       pending_update      03-02 placed P1                                                                member 05-05, member 07-02, member 09-01
ECM      pending_update      by plan; 03-02 placed P1; 03-09 status Accepted                                member 05-05, member 07-02, member 09-01
CS       pending_update      by self; guardian; 03-02 placed P1                                             guardian 05-05, guardian 07-02, guardian 09-01
CS       pending_update      03-02 placed P1; 04-20 served seen 04-27                                       nobody
CS       pending_update      03-02 placed P1; 05-10 served seen 06-01                                       member 05-05
CS       pending_update      unsent; 03-02 placed P1; 05-10 served seen 06-01                               -member 05-05
CS       pending_update      unsent; 03-02 placed P1                                                        -member 05-05, -member 07-02, !member 09-01
CS       pending_update      03-02 placed P1; 04-06 placed P2                                               member 06-09, member 08-06
CS       pending_update      03-02 placed P1; 03-05 declined seen 03-09                                     nobody
CS       pending_update      03-02 made                                                                     member 05-04, member 07-01, member 09-01
CS       pending_update      03-02 review; 04-06 placed P1                                                  member 06-09, member 08-06
CS       pending_update      unsent; 03-02 made; 05-11 placed P1                                            -member 05-04, -member 07-14, !member 09-10
CS       pending_update      03-05 denied not eligible                                                      nobody
ECM      pending_update      03-02 placed P1; 03-05 denied not eligible                                     nobody
CS       pending_update      homeless; 03-02 placed P1; 05-10 served seen 06-01                             -member 05-05
CS       pending_update      03-02 placed P1; 03-09 sobering                                                nobody
ECM      streamlined_ending  streamlined 03-02; 03-02 placed P1                                             provider 03-24
ECM      streamlined_ending  streamlined 03-02; by plan; 03-02 placed P1; 03-09 review                      provider 03-24
ECM      streamlined_ending  streamlined 03-11; 03-11 placed P1                                             provider 04-03
CS       streamlined_ending  streamlined 03-02; 03-02 placed P1                                             nobody
ECM      streamlined_ending  03-02 placed P1                                                                nobody
ECM      streamlined_ending  streamlined 03-02; 03-02 made                                                  nobody
ECM      streamlined_ending  streamlined 03-02; 03-02 placed P1; 03-10 approved                             nobody
ECM      streamlined_ending  streamlined 03-02; 03-02 placed P1; 03-10 denied not eligible                  nobody
ECM      streamlined_ending  streamlined 03-02; 03-02 placed P1; 03-10 declined                             nobody
ECM      streamlined_ending  streamlined 03-02; 03-02 placed P1; 03-30 approved                             provider 03-24
ECM      streamlined_ending  unsent; streamlined 03-02; 03-02 placed P1; 03-30 approved                     -provider 03-24
ECM      streamlined_ending  unsent; streamlined 03-02; 03-02 placed P1                                     -provider 03-24
ECM      streamlined_ending  unsent; streamlined 03-09; 03-02 placed P1; 03-30 placed P2 seen 04-01         -provider 04-01, -provider 04-01
ECM      streamlined_ending  streamlined 03-02; 03-02 placed P1; 03-25 placed P2                            provider 03-24, provider 03-24
ECM      streamlined_ending  streamlined 03-02; 03-05 placed P1 seen 04-06                                  nobody
"""  # noqa: E501 - a table
MONDAYS = [at("2026-03-02 21:00") + dt.timedelta(weeks=number) for number in range(31)]

REFERRERS = """
program  kind        story                              owed
CS       assignment  by clinic; 03-02 placed P1         member 03-16, referrer 03-16
CS       assignment  by social; 03-02 placed P1         member 03-16, referrer 03-16
CS       assignment  by company; 03-02 placed P1        member 03-16, referrer 03-16
CS       assignment  by neighbour; 03-02 placed P1      member 03-16
ECM      assignment  by facility; 03-02 placed P1       member 03-16
CS       rereferral  by neighbour; 03-02 placed P1; 03-04 placed P2  member 03-06, referrer 03-06
"""


def stories(table: str) -> list[Referral]:
    return [Referral(number, program, story) for number, (program, _, story, _) in enumerate(lines(table))]


def cases(table: str) -> list[Any]:
    rows = enumerate(lines(table))
    return [pytest.param(f"S{number:02}", kind, owed, id=f"{program} {kind} {story}") for number, (program, kind, story, owed) in rows]


@pytest.fixture(scope="module")
def every_evening() -> pl.DataFrame:
    referrals = stories(EVERY_EVENING)
    return live(referrals, evenings(referrals))


@pytest.fixture(scope="module")
def every_monday() -> pl.DataFrame:
    return live(stories(EVERY_MONDAY), MONDAYS)


@pytest.fixture(scope="module")
def to_providers() -> pl.DataFrame:
    referrals = stories(REFERRERS)
    return live(referrals, evenings(referrals), assignment_to_referrer="provider")


@pytest.mark.parametrize(("referral", "kind", "owed"), cases(EVERY_EVENING))
def test_who_is_owed_what_by_when(every_evening: pl.DataFrame, referral: str, kind: str, owed: str) -> None:
    assert told(every_evening, referral, kind) == owed


@pytest.mark.parametrize(("referral", "kind", "owed"), cases(EVERY_MONDAY))
def test_what_the_schedule_owes(every_monday: pl.DataFrame, referral: str, kind: str, owed: str) -> None:
    assert told(every_monday, referral, kind) == owed


@pytest.mark.parametrize(("referral", "kind", "owed"), cases(REFERRERS))
def test_who_referred_may_have_to_be_a_provider_to_hear_of_an_assignment(
    to_providers: pl.DataFrame, referral: str, kind: str, owed: str
) -> None:
    assert told(to_providers, referral, kind) == owed


def shuffled(owed: Owed, seed: int) -> Owed:
    """The same rows in another order, as other file names or another reader would give them."""
    parts: dict[str, Any] = {name: part for name in FRAMES if isinstance(part := getattr(owed, name), pl.DataFrame)}
    mixed: dict[str, Any] = {name: part.sample(fraction=1, shuffle=True, seed=seed) for name, part in parts.items()}
    return replace(owed, **mixed)


@given(st.integers(0, 2**32), st.integers(0, 12))
@effort(max_examples=3, deadline=None)
def test_neither_the_order_of_what_is_known_nor_repetition_changes_the_ledger(seed: int, weeks: int) -> None:
    referrals = stories(EVERY_EVENING)
    own, now = notice_stories.settings(), MONDAYS[weeks]
    for one in referrals:
        one.live_until(now)
    known = frames(referrals, own)
    changes = notice_changes(known, Notices.no_rows(), own, now)
    assert notice_changes(shuffled(known, seed), Notices.no_rows(), own, now).rows.equals(changes.rows)
    assert changes.rows["notice_id"].is_unique().all()
    assert notice_changes(shuffled(known, seed + 1), changes.rows, own, now).rows.is_empty()


def test_an_update_that_was_missed_twice_is_made_up_for_once() -> None:
    (referral,) = stories("program  kind  story  owed\nCS  pending_update  03-02 placed P1  -")
    ledger = live([referral], [at("2026-03-02 21:00"), at("2026-07-06 21:00"), at("2026-07-07 21:00")])
    assert told(ledger, "S00", "pending_update") == "member 07-02"
    (late,) = ledger.filter(kind="pending_update")["late_because"]
    assert late == "known since Jun 30, 2026 00:00 and due by Jul 2, 2026 23:59, but no run queued it before Jul 6, 2026 21:00"


WITHDRAWN = """
story                                                                            why
unsent; 03-05 15:00 approved; 03-06 10:00 denied not eligible                    the decision was changed or taken back before it was told
unsent; 03-05 15:00 denied wrong code; 03-05 15:00 denied not eligible seen 03-09  the reason for the denial was changed before it was told
unsent; 03-05 15:00 approved; 03-06 sobering                                     the service is outside closed-loop referral
unsent; 03-02 placed P1; 03-04 placed P2                                         the referral was placed elsewhere before it was told
unsent; 03-02 placed P1; 03-03 declined seen 03-06                               the provider declined, or the authorization was denied, before it was told
unsent; 03-02 placed P1; 03-04 unplaced                                          the placement was taken back before it was told
unsent; 03-20 placed P1; 03-20 other seen 04-03; 03-21 served seen 05-04         the reason for the closure was changed before it was told
"""  # noqa: E501 - a table


@pytest.mark.parametrize(("story", "why"), lines(WITHDRAWN))
def test_a_notice_that_is_withdrawn_says_why(story: str, why: str) -> None:
    referral = Referral(1, "CS", story)
    ledger = live([referral], evenings([referral]))
    gone = ledger.filter(state="cancelled", recipient_kind="referring_entity")
    assert gone["why_cancelled"].to_list() == [why]
    kept = ledger.filter(pl.col("state") != "cancelled")
    assert kept["why_cancelled"].null_count() == kept.height


def test_a_reason_corrected_before_it_was_told_is_due_when_the_first_was() -> None:
    referral = Referral(1, "CS", "unsent; 03-02 placed P1; 03-20 other seen 04-03; 03-21 served seen 05-04")
    told_now = live([referral], evenings([referral])).filter(kind="loop_closure", state="queued").row(0, named=True)
    assert [told_now[name] for name in ("tells", "trigger_at", "known_at", "known_by", "corrects")] == [
        *("Services Received", at("2026-04-03 12:00"), at("2026-05-04 12:00"), "rtf0504", None)
    ]
    why = "the reason that stands came on May 4, 2026, and the closure known since Apr 3, 2026 had not been told"
    assert told_now["late_because"] == why


def test_what_the_plan_told_itself_is_settled_by_its_extract() -> None:
    referral = Referral(1, "CS", "unsent; 03-05 15:00 approved; 03-12 notified 03-10")
    settled = live([referral], evenings([referral])).filter(recipient_kind="member").row(0, named=True)
    assert settled["state"] == "sent"
    assert settled["sent_at"] == at("2026-03-10 23:59:59")
    assert settled["evidence"] == "the plan's own extract says that the member was told on 2026-03-10: 031212-intake"
    assert settled["late_because"] == "the member was told on Mar 10, 2026"
