"""What vendors and mail servers say of notices comes back: evidence, notified days, and what is due again. All people are made up."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from pipeline.confirmations import confirmed, read_confirmations
from schemas.notices import Notices
from tests.notices.plan import AT, BUILT, ledger, made
from tests.spec.notice_stories import settings
from tests.workspaces import clr, copied, files, runs

LETTER, OTHER = ("authorization_decision", "member", "R-1"), ("authorization_decision", "member", "R-2")
PCP = ("pcp_assignment", "pcp", "R-1")
LATER = "2025-09-12T09:00"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose letters are out."""
    root = made(tmp_path_factory.mktemp("out") / "plan")
    clr(root, "notices", "build", as_of=BUILT)
    clr(root, "notices", "send", as_of=AT)
    return root


@pytest.fixture
def plan(out: Path, tmp_path: Path) -> Path:
    return copied(out, tmp_path / "plan")


def told(root: Path, *lines: str, name: str = "back.csv", head: str = "notice_id,outcome,at,reference") -> Path:
    path = root / name
    path.write_text("\n".join([head, *lines]) + "\n", "utf-8")
    return path


def notice_id(root: Path, key: tuple[str, str, str] = LETTER) -> str:
    return str(ledger(root)[key]["notice_id"])


def notified_on(root: Path, referral_id: str = "R-1") -> str | None:
    rows = clr(root, "query", f"SELECT member_notified_on FROM notified WHERE referral_id = '{referral_id}'", "--json", as_of=LATER)
    (row,) = rows.json["rows"]
    return str(row["member_notified_on"]) if row["member_notified_on"] else None


def test_what_was_sent_counts_as_notified_and_what_is_confirmed_on_the_day_that_is_named(plan: Path) -> None:
    assert notified_on(plan) == "2025-09-04"
    done = clr(plan, "notices", "confirm", str(told(plan, f"{notice_id(plan)},delivered,2025-09-06,T-77")), "--json", as_of=LATER)
    assert (done.code, done.json["counts"]["delivered"]) == (0, 1)
    letter = ledger(plan)[LETTER]
    assert (letter["state"], str(letter["sent_at"])) == ("sent", "2025-09-04 20:00:00+00:00")
    assert "delivered on 2025-09-06 (T-77)" in str(letter["evidence"])
    assert (notified_on(plan), notified_on(plan, "R-2")) == ("2025-09-06", "2025-09-04")
    assert "notice sent" in clr(plan, "referral", "show", "R-1", as_of=LATER).out


def test_what_comes_back_is_due_again_and_nobody_counts_as_notified(plan: Path) -> None:
    done = clr(plan, "notices", "confirm", str(told(plan, f"{notice_id(plan)},returned,2025-09-06T10:00,no such street")), as_of=LATER)
    assert done.code == 3
    letter = ledger(plan)[LETTER]
    assert (letter["state"], letter["sent_at"], letter["why_manual"]) == ("manual", None, "returned on 2025-09-06: no such street")
    assert notice_id(plan) in (plan / "outbox/notices/manual.csv").read_text("utf-8")
    assert notified_on(plan) is None
    assert clr(plan, "notices", "send", "--json", as_of=LATER).json["counts"]["sent"] == 0
    assert "notice told of" in clr(plan, "referral", "show", "R-1", as_of=LATER).out


def test_the_same_file_a_second_time_changes_nothing(plan: Path) -> None:
    file = told(plan, f"{notice_id(plan)},bounced,2025-09-06T10:00,x", f"{notice_id(plan, OTHER)},delivered,2025-09-05,y")
    clr(plan, "notices", "confirm", str(file), as_of=LATER)
    clr(plan, "notices", "confirm", "--notice", notice_id(plan), "--how", "fax", "--evidence", "report 5", as_of=LATER)
    before, ran = files(plan), runs(plan).height
    done = clr(plan, "notices", "confirm", str(file), "--json", as_of=LATER)
    assert (done.code, done.json["counts"]["repeated"]) == (0, 2)
    assert (files(plan), runs(plan).height) == (before, ran)
    assert ledger(plan)[LETTER]["state"] == "sent"


def test_a_confirmation_of_an_unknown_notice_is_told_and_changes_nothing(plan: Path) -> None:
    before, ran = files(plan), runs(plan).height
    file = told(plan, "N0123456789abcdef,delivered,2025-09-06,x", "Ana One,delivered,2025-09-06,x")
    done = clr(plan, "notices", "confirm", str(file), as_of=LATER)
    assert done.code == 3
    assert "row 2: N0123456789abcdef: unknown; nothing was changed by it" in done.err
    assert "row 3: a number that is none of ours: unknown" in done.err
    assert "Ana" not in done.err + done.out
    assert ({name: digest for name, digest in files(plan).items() if name != "back.csv"}, runs(plan).height) == (before, ran)


def test_rows_that_cannot_be_are_told_by_number_and_the_others_count(plan: Path) -> None:
    waits = notice_id(plan, PCP)
    rows = ["X,lost,2025-09-06,", f"{notice_id(plan)},delivered,soon,", f"{notice_id(plan)},delivered,2026-01-01,"]
    file = told(plan, *rows, f"{waits},delivered,2025-09-06,", f"{notice_id(plan, OTHER)},delivered,2025-09-05,ok")
    done = clr(plan, "notices", "confirm", str(file), "--json", as_of=LATER)
    assert done.code == 3
    counts = done.json["counts"]
    assert (counts["unreadable"], counts["unexpected"], counts["delivered"]) == (3, 1, 1)
    assert [line.partition(":")[0] for line in done.err.splitlines()] == ["row 2", "row 3", "row 4", "row 5"]


def test_a_bounce_that_is_older_than_the_second_sending_does_not_undo_it(plan: Path) -> None:
    clr(plan, "notices", "confirm", str(told(plan, f"{notice_id(plan)},bounced,2025-09-06T10:00,x")), as_of=LATER)
    clr(plan, "notices", "confirm", "--notice", notice_id(plan), "--how", "hand", "--evidence", "receipt", as_of=LATER)
    done = clr(plan, "notices", "confirm", str(told(plan, f"{notice_id(plan)},returned,2025-09-07,y")), as_of=LATER)
    assert (done.code, "unexpected" in done.err) == (3, True)
    letter = ledger(plan)[LETTER]
    assert (letter["state"], letter["evidence"], letter["channel"]) == ("sent", "hand: receipt", "manual")
    assert letter["late_because"] == "what was sent before came back: bounced"


def test_what_a_person_has_sent_is_written_down_once(plan: Path) -> None:
    order = ["notices", "confirm", "--notice", notice_id(plan, PCP), "--how", "fax", "--evidence", "report 12", "--at", "2025-09-05T10:00"]
    assert clr(plan, *order, as_of=LATER).code == 0
    told_pcp = ledger(plan)[PCP]
    assert (told_pcp["state"], told_pcp["evidence"], str(told_pcp["sent_at"])) == ("sent", "fax: report 12", "2025-09-05 17:00:00+00:00")
    ran = runs(plan).height
    assert clr(plan, *order, as_of=LATER).code == 0
    assert runs(plan).height == ran
    assert clr(plan, *order[:-1], "2025-09-06T10:00", as_of=LATER).code == 2
    assert notice_id(plan, PCP) not in (plan / "outbox/notices/manual.csv").read_text("utf-8")


@pytest.mark.parametrize(
    "order",
    [
        [],
        ["--notice", "N0123456789abcdef", "--how", "fax", "--evidence", "x"],
        ["--notice", "N0123456789abcdef"],
        ["nowhere.csv"],
    ],
)
def test_what_cannot_be_confirmed_is_refused(plan: Path, order: list[str]) -> None:
    assert clr(plan, "notices", "confirm", *order, as_of=LATER).code == 2


@pytest.mark.parametrize("content", [b"", b"notice_id,at\nx,y\n", b"\xff\xfe\x00", b"PK\x03\x04"])
def test_what_is_no_confirmation_file_is_refused_whole(plan: Path, content: bytes) -> None:
    (plan / "odd.csv").write_bytes(content)
    before = files(plan)
    done = clr(plan, "notices", "confirm", str(plan / "odd.csv"), as_of=LATER)
    assert (done.code, files(plan)) == (2, before)


@given(text=st.text(max_size=60))
@effort(max_examples=60)
def test_any_text_is_read_or_refused_and_changes_no_notice(text: str) -> None:
    chosen = settings()
    try:
        rows, _ = read_confirmations(f"notice_id,outcome,at\n{text}", chosen, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    except ValueError:
        return
    result = confirmed(Notices.no_rows(), Notices.no_rows(), rows, chosen)
    assert result.versions.equals(pl.DataFrame(schema=Notices.polars_schema()))
