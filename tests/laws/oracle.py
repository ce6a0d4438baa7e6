"""What the observations of a loop amount to, in plain Python: slow, and written from the rules alone.

Rules: the state's guidance (Tables 4, 5, 11 to 13) and the notice of CHPIV and Health Net. It shares no code with the program,
so that the two can only agree by both being right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

ORDER = ["Pending", "Accepted", "Outreach Initiated", "Declined", "Referral Loop Closed"]
CLOSING = ("Declined", "Referral Loop Closed")
ECM_ENDS = {
    "Enrolled": "Services Received",
    "Declined": "Member No Longer Needs Services or Declines Services",
    "Excluded": "Member No Longer Eligible for Services",
}
CS_ENDS = ("Currently Delivering Services", "Services Discontinued")


@dataclass(frozen=True)
class Told:
    """One thing told about a loop."""

    program: str
    status: str | None
    on: date
    reason: str | None
    engagement: str | None
    source: str
    received_at: datetime
    submission_id: str
    row: int


@dataclass
class State:
    """Where a loop stands."""

    status: str | None = None
    status_date: date | None = None
    closure_reason: str | None = None
    closed_on: date | None = None
    closure_received_at: datetime | None = None
    corrections: int = 0
    engagement: str | None = None
    last_reported_at: datetime | None = None


def in_receipt_order(told: Sequence[Told]) -> list[Told]:
    """By when the plan knew; of one moment by submission and row."""
    return sorted(told, key=lambda one: (one.received_at, one.submission_id, one.row))


def end_told(one: Told, rule: str) -> tuple[str, bool] | None:
    """The reason for which a row closes its loop, and whether the engagement alone says so; None when it closes nothing."""
    says_closed = one.status in CLOSING
    if rule == "status" or one.source != "rtf" or one.status == "Declined":
        closes = says_closed
    elif one.program == "ECM":
        closes = one.engagement in ECM_ENDS
    else:
        closes = says_closed and one.engagement in CS_ENDS
    if not closes:
        return None
    return (str(one.reason), False) if says_closed else (ECM_ENDS[str(one.engagement)], True)


def counted(told: Sequence[Told], rule: str) -> list[Told]:
    """In receipt order, without the encounters of a loop whose end the provider tells itself."""
    provider_tells = any(one.source == "rtf" and end_told(one, rule) for one in told)
    return [one for one in in_receipt_order(told) if one.source != "encounter" or not provider_tells]


def state(told: Sequence[Told], rule: str) -> State:
    """Where the loop stands when all of this has been told."""
    now = State()
    reports = [one for one in in_receipt_order(told) if one.source == "rtf"]
    for one in reports:
        now.last_reported_at = max(one.received_at, now.last_reported_at or one.received_at)
        now.engagement = one.engagement or now.engagement
    latest: tuple[date, int] | None = None
    closed_by: str | None = None
    for one in counted(told, rule):
        if one.status is not None and now.closed_on is None:
            place = (one.on, ORDER.index(one.status))
            if latest is None or place >= latest:
                latest, now.status, now.status_date = place, one.status, one.on
    for one in counted(told, rule):
        end = end_told(one, rule)
        if end is None:
            continue
        reason, derived = end
        correction = closed_by in ("rtf", "encounter") and one.source == "rtf" and not derived and reason != now.closure_reason
        if closed_by is None or correction:
            now.corrections += closed_by is not None
            closed_by = closed_by or one.source
            now.status = "Referral Loop Closed" if derived else one.status
            now.status_date, now.closed_on = one.on, one.on
            now.closure_reason, now.closure_received_at = reason, one.received_at
    return now


def facts(told: Sequence[Told], rule: str) -> set[tuple[str, date, str | None]]:
    """What the history keeps: every status with its day and reason, once; a row without one only where it closes the open loop."""
    kept: set[tuple[str, date, str | None]] = set()
    is_closed = False
    for one in counted(told, rule):
        end = end_told(one, rule)
        if one.status is not None:
            kept.add((one.status, one.on, one.reason))
        elif end is not None and not is_closed:
            kept.add(("Referral Loop Closed", one.on, end[0]))
        is_closed = is_closed or end is not None
    return kept
