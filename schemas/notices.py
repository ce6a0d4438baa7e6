"""Notices: what the plan owes to whom, by when, and what has become of it."""

from __future__ import annotations

from enum import StrEnum

import polars as pl

from schemas.columns import Moment, Table, described


class NoticeKind(StrEnum):
    """What a notice tells."""

    AUTHORIZATION_DECISION = "authorization_decision"
    LOOP_CLOSURE = "loop_closure"
    ASSIGNMENT = "assignment"
    PCP_ASSIGNMENT = "pcp_assignment"
    REREFERRAL = "rereferral"
    AGING = "aging"
    STREAMLINED_ENDING = "streamlined_ending"
    PENDING_UPDATE = "pending_update"
    RTF_REMINDER = "rtf_reminder"
    RTF_LATE = "rtf_late"


class RecipientKind(StrEnum):
    """Who is told."""

    MEMBER = "member"
    GUARDIAN = "guardian"
    REFERRING_ENTITY = "referring_entity"
    PROVIDER = "provider"
    PCP = "pcp"


class NoticeState(StrEnum):
    """How far a notice has come."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    MANUAL = "manual"
    CANCELLED = "cancelled"


class Notices(Table):
    """One row for each version of each notice; the last version stands. Key: `notice_id`."""

    notice_id: str = described("Derived from what the notice tells, and to whom: one fact, one notice.")
    plan: str = described("The plan.")
    kind: str = described("What it tells.")
    recipient_kind: str = described("Who is told.")
    recipient: str = described("Name of the recipient; null when nobody knows it.", nullable=True)
    contact: str = described("Address, phone number or mailbox; null when there is none.", nullable=True)
    channel: str = described("How it goes: sftp, email, print, portal or manual.")
    referral_id: str = described("The referral.", nullable=True)
    loop: pl.Int64 = described("The loop.", nullable=True)
    provider_id: str = described("The provider that it speaks of.", nullable=True)
    cin: str = described("The member that it speaks of.", nullable=True)
    tells: str = described(
        "The decision, the closure reason, the status or the class of lateness in the field's words; the provider's name; or how many "
        "referrals.",
        nullable=True,
    )
    tells_date: pl.Date = described("Day of the decision, the closure, the assignment or the step of a schedule.", nullable=True)
    tells_reason: str = described("Why the plan denied, of a denial.", nullable=True)
    program: str = described("ECM or CS; null where it is about both.", nullable=True)
    period: str = described("The month that a notice to a provider is about: of its file, or of the aging run.", nullable=True)
    trigger_at: Moment = described("What started the clock.")
    known_at: Moment = described("When the plan knew of it: the first sighting of the file, or the intake of the extract.", nullable=True)
    known_by: str = described("What shows that: the submission, or the run that took the extract in.", nullable=True)
    due_at: Moment = described("When it is due.")
    calendar_version: str = described("Calendar that the due time was computed by.")
    state: str = described("queued, sent, failed, manual or cancelled.")
    sent_at: Moment = described("When it went.", nullable=True)
    evidence: str = described("What shows that it went.", nullable=True)
    late_because: str = described("Why it goes, or went, after its due time, in words; null when it does not.", nullable=True)
    corrects: str = described("The notice that this one corrects.", nullable=True)
    why_manual: str = described("Why it waits for a person.", nullable=True)
    why_cancelled: str = described("Why it is not to go any more.", nullable=True)
    sent_as: str = described("Message-ID, or name of the file or batch, that it goes as; null until it is written.", nullable=True)
    tried: str = described("When an attempt to send it failed first, and how; null when none did.", nullable=True)
    outcome: str = described("What came back of it: delivered, returned or bounced.", nullable=True)
    outcome_at: Moment = described("When that happened.", nullable=True)
    reference: str = described("What who told it calls it: the tracking number of a letter, the report of a bounce.", nullable=True)


# What a notice has only once something has become of it.
FATE = ("sent_at", "why_cancelled", "evidence", "sent_as", "tried", "outcome", "outcome_at", "reference")
