import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from outputs.receipts import WHAT_TO_DO, receipt
from schemas.submissions import Submissions, SubmissionStatus

ZONE = ZoneInfo("America/Los_Angeles")
SUBMISSION: dict[str, object] = {
    "submission_id": "s1",
    "plan": "iehp",
    "provider_id": "P001",
    "file_name": "RTF_March.xlsx",
    "sha256": "ab" * 32,
    "kind": "rtf-ecm",
    "period": "2026-02",
    "received_at": dt.datetime(2026, 3, 6, 5, 0, tzinfo=dt.UTC),
    "ruleset": "2025-07",
    "status": "ACCEPTED_WITH_ERRORS",
    "rows_read": 10,
    "rows_accepted": 4,
    "rows_unchanged": 3,
    "rows_duplicate": 1,
    "rows_rejected": 2,
    "warnings": 5,
    "members_missing": 6,
    "due_at": dt.datetime(2026, 3, 6, 7, 59, 59, tzinfo=dt.UTC),
    "on_time": True,
    "first_submission_id": None,
    "corrects": "s0",
}


def told(**changed: object) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(receipt(SUBMISSION | changed, {"R310": 2, "R101": 1, "R112": 0}, 3, ZONE))
    return written


def test_a_receipt_tells_the_whole_submission() -> None:
    assert set(SUBMISSION) == set(Submissions.polars_schema())
    assert told() == {
        "submission_id": "s1",
        "plan": "iehp",
        "provider_id": "P001",
        "file_name": "RTF_March.xlsx",
        "sha256": "ab" * 32,
        "kind": "rtf-ecm",
        "period": "2026-02",
        "received_at": "2026-03-05T21:00:00-08:00",
        "ruleset": "2025-07",
        "status": "ACCEPTED_WITH_ERRORS",
        "rows": {"read": 10, "accepted": 4, "unchanged": 3, "duplicate": 1, "rejected": 2},
        "warnings": 5,
        "members_missing": 6,
        "due_at": "2026-03-05T23:59:59-08:00",
        "on_time": True,
        "corrects": "s0",
        "findings_settled": 3,
        "findings": {"R101": 1, "R310": 2},
        "what_to_do": WHAT_TO_DO[SubmissionStatus.ACCEPTED_WITH_ERRORS],
    }


def test_a_moment_in_summer_has_the_offset_of_summer() -> None:
    assert told(received_at=dt.datetime(2026, 7, 6, 5, 0, tzinfo=dt.UTC))["received_at"] == "2026-07-05T22:00:00-07:00"


def test_what_is_not_known_is_null_and_not_left_out() -> None:
    written = told(kind=None, period=None, due_at=None, on_time=None)
    assert [written[name] for name in ("kind", "period", "due_at", "on_time")] == [None] * 4


def test_a_duplicate_names_the_submission_that_it_repeats() -> None:
    assert told(status="DUPLICATE", first_submission_id="s0")["first_submission_id"] == "s0"


@pytest.mark.parametrize("status", SubmissionStatus)
def test_every_status_says_in_one_sentence_what_to_do(status: SubmissionStatus) -> None:
    sentence = told(status=status.value, first_submission_id="s0")["what_to_do"]
    assert (sentence.count("."), sentence[-1]) == (1, ".")


def test_a_receipt_is_sorted_ascii_and_ends_its_last_line() -> None:
    written = receipt(SUBMISSION | {"file_name": "Año\u202e\udcff.csv"}, {"R310": 1, "R101": 1}, 3, ZONE)
    assert written.isascii()
    assert written.endswith(b"}\n")
    assert list(json.loads(written)) == sorted(json.loads(written))
    assert json.loads(written)["file_name"] == "Año\u202e\udcff.csv"


def test_the_order_of_what_is_given_does_not_matter() -> None:
    backwards = dict(reversed(SUBMISSION.items()))
    assert receipt(backwards, {"R310": 1, "R101": 1}, 3, ZONE) == receipt(SUBMISSION, {"R101": 1, "R310": 1}, 3, ZONE)


def test_a_moment_without_a_zone_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="aware"):
        told(received_at=dt.datetime(2026, 3, 6))  # noqa: DTZ001 - the mistake
