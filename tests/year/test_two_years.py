"""Two years of nights: no notice is lost and none doubled, each is due when it should be, and every lateness is explained."""

from __future__ import annotations

import json
import operator
import os
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from pipeline import delta
from pipeline.store import latest
from schemas.notices import NoticeKind, RecipientKind
from tests.workspaces import clr, files, runs, table
from tests.year import simulation
from tests.year.days import at
from tests.year.expected import Expected
from tests.year.oracle import owed
from tests.year.simulation import DAY, EVENING, FIRST, LAST, Truth, all_nights, copied, new_plan, outages, play, truth

ZONE = ZoneInfo("America/Los_Angeles")
FACTS = ("kind", "recipient_kind", "recipient", "channel", "referral_id", "loop", "provider_id", "tells", "tells_date")
IDENTITY = ("kind", "recipient_kind", "recipient", "referral_id", "loop", "provider_id", "due_at")
MOMENTS = ("trigger_at", "known_at", "due_at")
# What somebody did is told whatever the machine does; what the calendar asks for depends on the evenings on which it could be asked.
BY_FACT = ("authorization_decision", "loop_closure", "assignment", "pcp_assignment", "rereferral")
# The machine is down for five days, runs for one evening, and is down again: that shows nearly all, and takes a fraction of the time.
# With EVERY_NIGHT=1 in the environment it runs every evening of the two years but for outages of one to five days.
EVERY, EVERY_NIGHT = 6, bool(os.environ.get("EVERY_NIGHT"))
LAST_EVENING, LATER = f"{LAST}T{EVENING:%H:%M}", f"{LAST}T23:30"


@pytest.fixture(scope="module")
def made() -> Truth:
    return truth()


@pytest.fixture(scope="module")
def nights() -> list[date]:
    return all_nights(outages()) if EVERY_NIGHT else [LAST - number * DAY for number in range(0, simulation.NIGHTS, EVERY)][::-1]


@pytest.fixture(scope="module")
def years(made: Truth, nights: list[date], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plan after two years of evenings, but for outages."""
    root = new_plan(tmp_path_factory.mktemp("years") / "plan")
    play(root, made, nights)
    return root


@pytest.fixture(scope="module")
def expected(made: Truth, nights: list[date]) -> list[Expected]:
    return owed(made, nights)


@pytest.fixture(scope="module")
def ledger(years: Path) -> pl.DataFrame:
    return as_queued(years)


def as_queued(root: Path) -> pl.DataFrame:
    """Every notice as it stood when it was queued, with the channel that it has in the end."""
    versions = latest(root / "store").scan("notices").sort("run_id", maintain_order=True).drop("run_id").collect()
    last = versions.unique("notice_id", keep="last", maintain_order=True).select("notice_id", "channel")
    return versions.unique("notice_id", keep="first", maintain_order=True).drop("channel").join(last, on="notice_id", maintain_order="left")


def told(notices: pl.DataFrame, columns: Iterable[str]) -> Counter[tuple[object, ...]]:
    return Counter(notices.select(*columns).iter_rows())


def wanted(expected: Iterable[Expected], columns: Iterable[str]) -> Counter[tuple[object, ...]]:
    named = tuple(columns)
    return Counter(tuple(getattr(one, name) for name in named) for one in expected)


def test_the_two_years_have_everything_in_them(years: Path, made: Truth, nights: list[date], expected: list[Expected]) -> None:
    assert {len(run) for run in in_a_row(sorted(outages()))} == {1, 2, 3, 4, 5}
    assert nights[-1] == LAST
    assert {date(2025, 11, 2), date(2026, 3, 8), date(2026, 11, 1), date(2027, 3, 14)} <= set(all_nights(()))
    assert len(all_nights(())) == simulation.NIGHTS
    assert {one.kind for one in expected} == {kind.value for kind in NoticeKind}
    assert {one.recipient_kind for one in expected} == {kind.value for kind in RecipientKind}
    assert {one.tells for one in expected if one.kind == "rtf_late"} == {"missing", "rejected", "late", "incomplete"}
    assert any(one.corrects for one in expected)
    assert any(one.known_at > one.due_at for one in expected)  # the plan was told too late
    assert any(one.known_at <= one.due_at < one.queued_at for one in expected)  # the machine was down
    assert set(table(years, "submissions")["status"]) == {"ACCEPTED", "ACCEPTED_WITH_ERRORS", "DUPLICATE", "REJECTED"}
    assert {one.made_by for one in made.referrals} == set(simulation.REFERRERS)
    assert "Sobering Centers" in {one.service for one in made.referrals}


def test_every_notice_is_there_once_with_its_recipient_and_its_due_time(ledger: pl.DataFrame, expected: list[Expected]) -> None:
    columns = (*FACTS, *MOMENTS)
    assert told(ledger, columns) == wanted(expected, columns)
    assert ledger["notice_id"].is_unique().all()


def test_notices_by_kind_recipient_and_month_are_as_many_as_the_oracle_says(ledger: pl.DataFrame, expected: list[Expected]) -> None:
    by_month = ledger.with_columns(month=pl.col("due_at").dt.convert_time_zone(ZONE.key).dt.strftime("%Y-%m"))
    counted = Counter((one.kind, one.recipient_kind, f"{one.due_at.astimezone(ZONE):%Y-%m}") for one in expected)
    assert told(by_month, ("kind", "recipient_kind", "month")) == counted


def test_a_correction_is_linked_to_what_it_corrects(ledger: pl.DataFrame, expected: list[Expected]) -> None:
    before = ledger.select(corrects="notice_id", corrected="tells")
    linked = ledger.join(before, on="corrects", how="left", maintain_order="left")
    columns = ("kind", "referral_id", "loop", "recipient_kind", "tells", "trigger_at")
    corrected = Counter((*(getattr(one, name) for name in columns), one.corrects) for one in expected)
    assert told(linked, (*columns, "corrected")) == corrected


def test_every_lateness_is_explained_and_nothing_else_is_called_late(ledger: pl.DataFrame, expected: list[Expected]) -> None:
    key = (*FACTS, *MOMENTS)
    why = {tuple(row[:-1]): row[-1] for row in ledger.select(*key, "late_because").iter_rows()}
    for one in expected:
        because = why[tuple(getattr(one, name) for name in key)]
        assert (because is not None) == one.late, one
        if one.late:
            told_late = one.due_at < one.known_at
            moments = (one.trigger_at, one.known_at) if told_late else (one.known_at, one.due_at, one.queued_at)
            for moment in moments:
                assert f"{moment.astimezone(ZONE):%b %-d, %Y}" in because
            assert ("no run queued it before" in because) != told_late


def test_every_notice_that_can_go_has_gone_once(years: Path, expected: list[Expected]) -> None:
    versions = table(years, "notices")
    sent = versions.filter(pl.col("state") == "sent")
    assert sent["notice_id"].is_unique().all()
    assert sent.height == sum(one.channel != "manual" for one in expected)
    assert sent.filter(pl.col("sent_at").is_null() | pl.col("evidence").is_null()).is_empty()
    left = latest(years / "store").current("notices").filter(pl.col("state") != "sent")
    assert set(left["state"]) == {"manual", "cancelled"}
    assert left.filter((pl.col("state") == "cancelled") & pl.col("why_cancelled").is_null()).is_empty()
    assert left.height == sum(one.channel == "manual" for one in expected)
    messages = [json.loads(line)["notice_id"] for path in feeds(years) for line in path.read_text("utf-8").splitlines()]
    assert Counter(messages) == Counter(sent.filter(pl.col("channel") == "portal")["notice_id"])
    laid_down = [path.stem.rpartition("_")[2] for path in years.glob("mailboxes/*/from_plan/NOTICE_*.html")]
    assert Counter(laid_down) == Counter(sent.filter(pl.col("channel") == "sftp")["notice_id"])


def test_the_store_is_sound_and_made_anew_is_the_same(years: Path, tmp_path: Path) -> None:
    root = copied(years, tmp_path / "plan")
    assert clr(root, "store", "verify", as_of=LAST_EVENING).code == 0
    before = files(root)
    done = clr(root, "store", "rebuild", "--json", as_of=LAST_EVENING)
    assert (done.code, set(done.json["changed"].values())) == (0, {0})
    assert files(root) == before


def test_the_last_evening_again_changes_nothing(years: Path, tmp_path: Path) -> None:
    root = copied(years, tmp_path / "plan")
    before = files(root)
    for moment in (LAST_EVENING, LATER):
        assert clr(root, "run", "due", "--quiet", as_of=moment).code == 0
    assert files(root) == before
    assert clr(root, "notices", "build", as_of=LAST_EVENING).code in (0, 3)
    assert files(root) == before


def test_what_was_known_on_any_evening_can_still_be_asked(years: Path, nights: list[date], expected: list[Expected]) -> None:
    snapshot = latest(years / "store")
    for night in nights[20::40]:
        evening = at(datetime.combine(night, EVENING))
        known = snapshot.known_at(evening).read("notices").unique("notice_id")
        assert told(known, IDENTITY) == wanted((one for one in expected if one.queued_at <= evening), IDENTITY)


def test_a_table_is_never_in_many_files_and_a_quiet_night_is_one_run(years: Path, nights: list[date]) -> None:
    snapshot = latest(years / "store")
    for name, version in snapshot.versions.items():
        assert len(delta.opened(years / "store" / name, version).file_uris()) <= delta.TOGETHER
    by_night = runs(years).group_by("as_of").agg(jobs=pl.col("job"))
    quiet = [jobs for jobs in by_night["jobs"].to_list() if set(jobs) == {"night"}]
    assert len(quiet) > len(nights) / (2 if EVERY_NIGHT else 20)
    assert {len(jobs) for jobs in quiet} == {1}


def test_other_outages_and_another_order_owe_the_same_notices(made: Truth, ledger: pl.DataFrame, tmp_path: Path) -> None:
    seldom = [FIRST + number * DAY for number in range(0, simulation.NIGHTS if EVERY_NIGHT else 200, EVERY)]
    root = new_plan(tmp_path / "plan")
    play(root, made, seldom, shuffled=1)
    other = as_queued(root)
    by_fact = pl.col("kind").is_in(BY_FACT)
    both = (told(one.filter(by_fact), ("notice_id", *FACTS)) for one in (other, ledger))
    assert operator.eq(*both) if EVERY_NIGHT else operator.le(*both)
    columns = (*FACTS, *MOMENTS)
    assert told(other, columns) == wanted(owed(made, seldom), columns)


def feeds(root: Path) -> list[Path]:
    """The portal's feeds of messages."""
    return sorted(root.glob("outbox/notices/portal/MESSAGES_*.jsonl"))


def in_a_row(days: list[date]) -> list[list[date]]:
    """Days that follow each other, together."""
    parts: list[list[date]] = []
    for day in days:
        if parts and day - parts[-1][-1] == timedelta(days=1):
            parts[-1].append(day)
        else:
            parts.append([day])
    return parts
