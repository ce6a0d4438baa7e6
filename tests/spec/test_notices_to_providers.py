"""What providers are owed: reminders of their file, word that it is late, and the list of aging referrals. All people are made up.

The file of February 2026 is due by the end of Thursday, March 5; the aging run of March is on Thursday, March 12.
"""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from config.settings import Settings
from pipeline.aging_list import aging_list
from pipeline.file_notices import file_notices, files_matter
from pipeline.notice_facts import with_due_times
from pipeline.notices import Owed, notice_changes
from pipeline.provider_notices import aging
from schemas.history import Assignments, Closures, Loops
from schemas.members import Members
from schemas.notices import Notices
from schemas.providers import Providers
from schemas.referrals import Referrals
from tests.spec.notice_stories import MOMENT, PROVIDERS, frame, lines
from tests.spec.test_lateness import at, listings, outage, record, rows_of, settings

PACIFIC = "America/Los_Angeles"
FILES = """
files                          now          owed
-                              02-27 21:00  -
-                              02-28 00:00  rtf_reminder 2026-02 03-04
-                              03-05 21:00  rtf_reminder 2026-02 03-04
-                              03-06 00:00  rtf_late 2026-02 03-06
-                              03-27 21:00  rtf_late 2026-02 03-06
03-03 10:00 ACCEPTED ab        03-04 21:00  -
03-03 10:00 ACCEPTED ab        03-06 21:00  -
03-03 10:00 ACCEPTED a         03-04 21:00  -
03-03 10:00 ACCEPTED a         03-06 21:00  rtf_late 2026-02 03-06
03-03 10:00 REJECTED           03-04 21:00  rtf_reminder 2026-02 03-04
03-03 10:00 REJECTED           03-06 21:00  rtf_late 2026-02 03-06
03-03 10:00 HELD ab            03-04 21:00  rtf_reminder 2026-02 03-04
03-03 10:00 DUPLICATE ab       03-04 21:00  rtf_reminder 2026-02 03-04
03-04 22:00 ACCEPTED ab        03-04 21:00  rtf_reminder 2026-02 03-04
03-06 10:00 ACCEPTED ab        03-06 21:00  rtf_late 2026-02 03-06
"""


def owed_by(facts: pl.DataFrame, chosen: Settings) -> list[str]:
    due = pl.col("due_at").dt.convert_time_zone(PACIFIC).dt.strftime("%m-%d")
    rows = with_due_times(facts, chosen).sort("kind").select(pl.format("{} {} {}", "kind", "period", due))
    return rows.to_series().to_list()


@pytest.mark.parametrize(("files", "now", "owed"), lines(FILES))
def test_a_provider_is_reminded_before_its_file_is_due_and_told_after(files: str, now: str, owed: str) -> None:
    facts = file_notices(record(files), settings(), at(f"2026-{now}"))
    assert owed_by(facts, settings()) == ([] if owed == "-" else [owed])
    assert set(facts["program"]) <= {"ECM"}
    assert facts["known_by"].to_list() == ["schedule"] * facts.height


CLASSES = """
files                    told
-                        missing
03-03 10:00 REJECTED     rejected
03-03 10:00 ACCEPTED a   incomplete
03-06 10:00 ACCEPTED ab  late
"""


@pytest.mark.parametrize(("files", "told"), lines(CLASSES))
def test_who_is_late_is_told_how(files: str, told: str) -> None:
    assert file_notices(record(files), settings(), at("2026-03-06 21:00"))["tells"].to_list() == [told]


@pytest.mark.parametrize("now", ["2026-03-04 21:00", "2026-03-06 21:00"])
@pytest.mark.parametrize(
    "others",
    [
        {"outages": outage("2026-03-01 00:00", None)},
        {"effective": "2026-02-20"},
        {"listed": listings()},
        {"listed": listings(("a", "2026-03-02 09:00", False))},
        {"closed": {"a": "2026-03-01 10:00", "b": "2026-03-01 10:00"}},
    ],
    ids=["excused", "in its grace period", "sent no list", "first list after the period", "everybody closed"],
)
def test_nobody_hears_of_a_file_that_is_not_owed(others: dict[str, Any], now: str) -> None:
    assert file_notices(record(**others), settings(), at(now)).is_empty()


def test_without_a_lead_nobody_is_reminded() -> None:
    assert file_notices(record(), settings(rtf_reminder_days=0), at("2026-03-04 21:00")).is_empty()
    assert owed_by(file_notices(record(), settings(rtf_reminder_days=1), at("2026-03-04 21:00")), settings()) == [
        "rtf_reminder 2026-02 03-04"
    ]
    assert file_notices(record(), settings(rtf_reminder_days=1), at("2026-03-03 21:00")).is_empty()


def owed_of(files: str) -> Owed:
    provider = {**PROVIDERS[0], "mailbox": "p1"}
    return Owed(
        referrals=frame(Referrals, [], plan=pl.String(), known_from=MOMENT),
        members=frame(Members, []),
        providers=frame(Providers, [provider]),
        assignments=Assignments.no_rows(),
        closures=Closures.no_rows(),
        exchange=record(files),
    )


def test_a_reminder_that_did_not_go_is_withdrawn_when_the_file_comes_and_when_it_is_too_late() -> None:
    first = notice_changes(owed_of("-"), Notices.no_rows(), settings(), at("2026-02-28 21:00"))
    assert first.new.select("kind", "recipient_kind", "recipient", "contact", "channel", "state", "program", "period").rows() == [
        ("rtf_reminder", "provider", "First Care", "p1", "sftp", "queued", "ECM", "2026-02")
    ]
    came = notice_changes(owed_of("03-03 10:00 ACCEPTED ab"), first.new, settings(), at("2026-03-03 21:00"))
    assert came.rows.select("state", "why_cancelled").rows() == [("cancelled", "the file came, is not owed, or its due time has passed")]
    late = notice_changes(owed_of("-"), first.new, settings(), at("2026-03-06 21:00"))
    assert (late.new["kind"].to_list(), late.cancelled["kind"].to_list()) == (["rtf_late"], ["rtf_reminder"])


def test_word_of_lateness_that_did_not_go_says_what_is_so_when_it_goes() -> None:
    missing = notice_changes(owed_of("-"), Notices.no_rows(), settings(), at("2026-03-06 06:00")).new
    came = notice_changes(owed_of("03-06 10:00 ACCEPTED ab"), missing, settings(), at("2026-03-06 21:00"))
    assert came.rows.select("notice_id", "tells", "state").rows() == [(missing["notice_id"][0], "late", "queued")]
    assert came.rows["trigger_at"].to_list() == missing["trigger_at"].to_list()
    gone = missing.with_columns(state=pl.lit("sent"))
    assert notice_changes(owed_of("03-06 10:00 ACCEPTED ab"), gone, settings(), at("2026-03-06 21:00")).rows.is_empty()


def test_files_are_looked_at_only_while_something_may_be_said_of_them() -> None:
    late = notice_changes(owed_of("-"), Notices.no_rows(), settings(), at("2026-03-06 21:00")).new
    gone = late.with_columns(state=pl.lit("sent"))
    assert files_matter(Notices.no_rows(), settings(), at("2026-03-06 21:00"))
    assert files_matter(late, settings(), at("2026-03-20 21:00"))
    assert not files_matter(gone, settings(), at("2026-03-20 21:00"))
    assert files_matter(gone, settings(), at("2026-03-31 21:00"))


HELD = """
referral  provider  sent        closed      service           why
R1        P1        2026-02-10  -           ECM               30 days on March 12
R2        P1        2026-02-11  -           ECM               29 days
R3        P1        2025-12-12  -           ECM               90 days: on the goal
R4        P1        2025-12-11  -           ECM               91 days: past it
R5        P2        2026-01-05  2026-03-13  Respite Services  closed since the run
R6        P2        2026-01-05  -           Sobering Centers  outside
R7        P2        -           -           ECM               never sent
R8        P2        2026-01-11  -           Respite Services  60 days
"""


def held() -> pl.DataFrame:
    day = {"-": None}
    rows: list[dict[str, Any]] = [
        {"referral_id": referral, "provider_id": provider, "service": service, "cin": f"9000000{referral[1]}A"}
        | {
            "sent_on": day.get(sent, sent) and dt.date.fromisoformat(sent),
            "closed_on": day.get(closed, closed) and dt.date.fromisoformat(closed),
        }
        for referral, provider, sent, closed, service, _ in lines(HELD)
    ]
    return rows_of(Loops.polars_schema(), rows, plan="demo", loop=1, program="CS", corrections=0, assigned_at=at("2025-12-01 09:00"))


def test_an_aging_list_has_what_has_been_open_for_thirty_days_and_more() -> None:
    listed = aging_list(held(), frame(Members, []), dt.date(2026, 3, 12), settings())
    assert listed.select("provider_id", "referral_id", "days_open", "bucket", "past_goal").rows() == [
        ("P1", "R4", 91, "90+", True),
        ("P1", "R3", 90, "90+", False),
        ("P1", "R1", 30, "30-59", False),
        ("P2", "R8", 60, "60-89", False),
    ]


AGING = """
now               owed
2026-03-12 05:59  aging 2026-02 02-13
2026-03-12 06:00  aging 2026-03 03-13
2026-03-20 21:00  aging 2026-03 03-13
2026-04-10 06:00  aging 2026-04 04-13
"""


@pytest.mark.parametrize(("now", "owed"), lines(AGING))
def test_each_aging_run_owes_a_provider_one_list(now: str, owed: str) -> None:
    facts = aging(held(), frame(Members, []), settings(), at(now))
    assert set(owed_by(facts, settings())) == {owed}
    assert facts["provider_id"].is_unique().all()
    assert facts["notice_id"].is_unique().all()


def test_an_aging_notice_says_how_many_and_a_plan_may_have_no_aging_run() -> None:
    facts = aging(held(), frame(Members, []), settings(), at("2026-03-12 06:00"))
    assert dict(facts.select("provider_id", "tells").rows()) == {
        "P1": "referrals: 3, past the goal: 1",
        "P2": "referrals: 1, past the goal: 0",
    }
    assert aging(held(), frame(Members, []), settings(aging_day=0), at("2026-03-12 06:00")).is_empty()
