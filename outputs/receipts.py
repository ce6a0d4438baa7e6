"""The receipt of a file: what became of it, in a form that people and programs can read.

Tells what was decided, and what the sender may do now; the decision itself was the pipeline's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.submissions import RowOutcome, SubmissionStatus

WHAT_TO_DO = {
    SubmissionStatus.ACCEPTED: "Nothing needs to be sent again; when there is a findings file, look at it before you send the next file.",
    SubmissionStatus.ACCEPTED_WITH_ERRORS: (
        "Correct the marked rows in the findings file and send it back; rows that were accepted need not be sent again."
    ),
    SubmissionStatus.REJECTED: "Nothing of this file was taken: correct what the findings file names and send the whole file again.",
    SubmissionStatus.DUPLICATE: "Nothing needs to be done: this very file was received before, and its first receipt stands.",
    SubmissionStatus.HELD: "Nothing of this file was taken yet: wait to hear from the plan, or send a corrected file.",
}
_AS_THEY_ARE = (
    "submission_id",
    "plan",
    "provider_id",
    "file_name",
    "sha256",
    "kind",
    "period",
    "ruleset",
    "status",
    "warnings",
    "members_missing",
    "on_time",
    "corrects",
)
_MOMENTS = ("received_at", "due_at")


def receipt(submission: Mapping[str, object], findings_by_rule: Mapping[str, int], settled: int, zone: ZoneInfo) -> bytes:
    """The receipt as JSON in ASCII, keys sorted, moments with the offset of the plan's time zone.

    submission: one row of `Submissions`. findings_by_rule: how many findings each rule has; rules without any are left out.
    settled: how many findings on earlier files this one has put right.
    """
    told: dict[str, object] = {name: submission[name] for name in _AS_THEY_ARE}
    told |= {name: _in_plan_time(submission[name], zone) for name in _MOMENTS}
    told["rows"] = {name: submission[f"rows_{name}"] for name in ("read", *RowOutcome)}
    told["findings"] = {rule: count for rule, count in findings_by_rule.items() if count}
    told["findings_settled"] = settled
    told["what_to_do"] = WHAT_TO_DO[SubmissionStatus(str(submission["status"]))]
    if submission["status"] == SubmissionStatus.DUPLICATE:
        told["first_submission_id"] = submission["first_submission_id"]
    # ASCII, because a file name may hold bytes that are no character, and marks that turn the reading direction
    return (json.dumps(told, indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def _in_plan_time(moment: object, zone: ZoneInfo) -> str | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise TypeError("a moment of a receipt must be an aware datetime")
    return moment.astimezone(zone).isoformat()
