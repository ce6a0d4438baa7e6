import csv
import datetime as dt
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from outputs.notice_queue import notice_queue
from schemas.notices import Notices

ZONE = ZoneInfo("America/Los_Angeles")


def notice(notice_id: str, due_at: dt.datetime, **others: Any) -> dict[str, Any]:
    return {
        "notice_id": notice_id,
        "plan": "iehp",
        "kind": "loop_closure",
        "recipient_kind": "member",
        "recipient": "Day, Ann",
        "contact": "1 Main St, Ontario CA 91764",
        "channel": "print",
        "referral_id": "R1",
        "loop": 1,
        "provider_id": "P001",
        "cin": "90000001A",
        "tells": "Services Received",
        "tells_date": dt.date(2026, 3, 2),
        "trigger_at": dt.datetime(2026, 3, 6, 5, 0, tzinfo=dt.UTC),
        "due_at": due_at,
        "calendar_version": "calhr-1",
        "state": "queued",
        "sent_at": None,
        "evidence": None,
        "corrects": None,
        "why_manual": None,
    } | others


SOON, LATER = dt.datetime(2026, 3, 7, 7, 59, 59, tzinfo=dt.UTC), dt.datetime(2026, 3, 11, 6, 59, 59, tzinfo=dt.UTC)


def queue(*notices: dict[str, Any]) -> list[dict[str, str]]:
    frame = pl.DataFrame(notices, schema=Notices.polars_schema())
    return list(csv.DictReader(StringIO(notice_queue(frame, ZONE).decode(), newline="")))


def test_a_notice_says_to_whom_about_what_and_by_when_in_plan_time() -> None:
    (written,) = queue(notice("n1", SOON))
    assert written == {
        "notice_id": "n1",
        "plan": "iehp",
        "kind": "loop_closure",
        "recipient_kind": "member",
        "recipient": "Day, Ann",
        "contact": "1 Main St, Ontario CA 91764",
        "channel": "print",
        "referral_id": "R1",
        "loop": "1",
        "provider_id": "P001",
        "cin": "90000001A",
        "tells": "Services Received",
        "tells_date": "2026-03-02",
        "tells_reason": "",
        "program": "",
        "period": "",
        "trigger_at": "2026-03-05T21:00:00-08:00",
        "due_at": "2026-03-06T23:59:59-08:00",
        "state": "queued",
        "late_because": "",
        "corrects": "",
        "why_manual": "",
    }


def test_a_deadline_after_the_clocks_change_has_the_offset_of_summer() -> None:
    assert queue(notice("n1", LATER))[0]["due_at"] == "2026-03-10T23:59:59-07:00"


def test_the_most_urgent_comes_first_whatever_the_order_given() -> None:
    given = [notice("n2", LATER), notice("n3", SOON), notice("n1", SOON)]
    assert [written["notice_id"] for written in queue(*given)] == ["n1", "n3", "n2"]
    assert queue(*given) == queue(*reversed(given))


def test_overdue_stands_there_when_it_is_known() -> None:
    frame = pl.DataFrame([notice("n1", SOON)], schema=Notices.polars_schema()).with_columns(overdue=True)
    (written,) = csv.DictReader(StringIO(notice_queue(frame, ZONE).decode(), newline=""))
    assert written["overdue"] == "true"


def test_a_hostile_recipient_is_no_formula_and_no_new_line_of_the_file() -> None:
    (written,) = queue(notice("n1", SOON, recipient="=1+1\nn2,fake"))
    assert written["recipient"] == "'=1+1\nn2,fake"


def test_an_empty_queue_has_its_headings() -> None:
    assert notice_queue(Notices.no_rows(), ZONE).decode().startswith("notice_id,plan,kind,")
