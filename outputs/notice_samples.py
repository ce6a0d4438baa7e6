"""Sample fields of every notice that there can be: what templates are tried with, and what tells which fields a kind has.

The people are made up. Which notices are owed is decided by the pipeline.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from schemas.codes import AuthorizationStatus, ClosureReason, ReferralStatus
from schemas.lateness import LATE_CLASSES
from schemas.notice_fields import NoticeFields
from schemas.notices import NoticeKind, RecipientKind

MEMBER, GUARDIAN = RecipientKind.MEMBER.value, RecipientKind.GUARDIAN.value
REFERRER, PROVIDER, PCP = RecipientKind.REFERRING_ENTITY.value, RecipientKind.PROVIDER.value, RecipientKind.PCP.value
DAY = dt.date(2026, 3, 4)

_COMMON: dict[str, object] = {
    "notice_id": "N0123456789abcdef",
    "language": "en",
    "written_on": dt.date(2026, 3, 5),
    "plan_name": "Sunrise Health Plan",
    "plan_phone": "8005550100",
    "plan_tty": "711",
    "plan_hours": "Monday to Friday, 8 a.m. to 6 p.m.",
    "plan_website": "www.sunrise.example",
    "plan_address": ["PO Box 4000", "San Diego, CA 92112"],
    "denial_reason_withheld": False,
    "corrects_earlier": False,
    "due_date": dt.date(2026, 3, 6),
}
_REFERRAL: dict[str, object] = {
    "member_name": "Hồng Nguyễn",
    "referral_id": "R-1001",
    "program": "ECM",
    "service": "ECM",
    "referral_date": dt.date(2026, 2, 20),
}
_PLACED: dict[str, object] = {"provider_name": "Altura Care", "provider_phone": "6195550123"}
_PERSON: dict[str, object] = {"recipient": "Hồng Nguyễn", "address": ["1200 Desert Willow St Apt 4", "San Diego, CA 92101"]}
_RECIPIENTS: dict[str, dict[str, object]] = {
    MEMBER: _PERSON,
    GUARDIAN: _PERSON | {"recipient": "Muñoz Hovhannisyan"},
    REFERRER: {"recipient": "County Clinic", "address": []},
    PROVIDER: {"recipient": "Altura Care", "address": []},
    PCP: {"recipient": "Dr. Ana Peña", "address": []},
}
_SEES_CIN = {"cin": "90000001A"}


def samples(languages: tuple[str, ...] = ("en", "es")) -> Iterator[tuple[str, dict[str, object]]]:
    """Every notice with a name, such as `loop_closure.member.es.other`, and its fields: columns of `NoticeFields`.

    languages: those that members' letters are wanted in; others are written to in English.
    """
    blank: dict[str, object] = dict.fromkeys(NoticeFields.polars_schema())
    for kind, recipient_kind, variant, told in _notices():
        of_member = recipient_kind in (MEMBER, GUARDIAN)
        for language in languages if of_member else ("en",):
            name = ".".join(filter(None, (kind, recipient_kind, language, variant)))
            fields = blank | _COMMON | _RECIPIENTS[recipient_kind] | dict(told)
            yield name, fields | {"kind": kind, "recipient_kind": recipient_kind, "language": language}


def _notices() -> Iterator[tuple[str, str, str, Mapping[str, object]]]:
    yield from _of_referral(MEMBER)
    yield NoticeKind.PENDING_UPDATE, MEMBER, "", _REFERRAL | _PLACED | {"status": ReferralStatus.OUTREACH_INITIATED.value}
    yield NoticeKind.PENDING_UPDATE, MEMBER, "no-provider", _REFERRAL | {"status": AuthorizationStatus.UNDER_REVIEW.value}
    yield from _decisions(GUARDIAN, _REFERRAL)  # a guardian reads the same letters, told whom they are about
    yield from _of_referral(REFERRER)
    yield from _decisions(PROVIDER, _REFERRAL | _PLACED | _SEES_CIN)
    yield NoticeKind.PCP_ASSIGNMENT, PCP, "", _REFERRAL | _PLACED | _SEES_CIN | {"assigned_date": DAY}
    ending = {"ends_date": dt.date(2026, 3, 20), "status": AuthorizationStatus.UNDER_REVIEW.value}
    yield NoticeKind.STREAMLINED_ENDING, PROVIDER, "", _REFERRAL | _PLACED | _SEES_CIN | ending
    listed = {"counted": "referrals: 12, past the goal: 3", "listed_date": DAY, "list_file": "AGING_sunrise_ALTURA_20260304.csv"}
    yield NoticeKind.AGING, PROVIDER, "", _PLACED | listed | {"period": "2026-03"}
    file = _PLACED | {"program": "ECM", "period": "2026-02", "file_due_date": dt.date(2026, 3, 5)}
    yield NoticeKind.RTF_REMINDER, PROVIDER, "", file
    for class_ in LATE_CLASSES:
        yield NoticeKind.RTF_LATE, PROVIDER, class_, file | {"file_status": class_}


def _of_referral(recipient_kind: str) -> Iterator[tuple[str, str, str, Mapping[str, object]]]:
    yield from _decisions(recipient_kind, _REFERRAL)
    closed = _REFERRAL | _PLACED | {"closed_date": DAY}
    for reason in ClosureReason:
        variant = reason.value.lower().replace(" ", "-")
        yield NoticeKind.LOOP_CLOSURE, recipient_kind, variant, closed | {"reason": reason.value}
    corrected = closed | {"reason": ClosureReason.SERVICES_RECEIVED.value, "corrects_earlier": True}
    yield NoticeKind.LOOP_CLOSURE, recipient_kind, "corrected", corrected
    for kind in (NoticeKind.ASSIGNMENT, NoticeKind.REREFERRAL):
        yield kind, recipient_kind, "", _REFERRAL | _PLACED | {"assigned_date": DAY}


def _decisions(recipient_kind: str, referral: Mapping[str, object]) -> Iterator[tuple[str, str, str, Mapping[str, object]]]:
    kind, of_member = NoticeKind.AUTHORIZATION_DECISION, recipient_kind in (MEMBER, GUARDIAN)
    decided = dict(referral) | {"decision_date": DAY}
    span = {"authorization_effective": DAY, "authorization_end": dt.date(2027, 3, 3)}
    number = {} if of_member else {"authorization_number": "A-778"}
    yield kind, recipient_kind, "approved", decided | span | number | {"decision": AuthorizationStatus.APPROVED.value}
    denied = decided | {"decision": AuthorizationStatus.DENIED.value}
    reason = {"denial_reason": "You are not in one of the groups that this service is for."}
    statement = {} if of_member else {"redisclosure": "42 CFR Part 2 prohibits unauthorized use or disclosure of these records."}
    yield kind, recipient_kind, "denied", denied | reason | statement
    yield kind, recipient_kind, "denied-corrected", denied | reason | statement | {"corrects_earlier": True}
    if not of_member:
        yield kind, recipient_kind, "denied-withheld", denied | {"denial_reason_withheld": True}
