"""Decides what a submission to DHCS has to say: what is told for the first time, what is told anew, and what is taken back.

A pure comparison of what stands with what was sent; what a record says is decided elsewhere.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.dhcs_records import Record
from schemas.codes import AuthorizationStatus, ClosureReason
from schemas.dhcs_submission import RecordType


@dataclass(frozen=True)
class Change:
    """One record of a submission. content: blank for a void."""

    key: str
    record_type: str
    referral_id: str
    loop: int
    content: Mapping[str, Any]

    @property
    def told(self) -> dict[str, Any]:
        return {"recordKey": self.key, "recordType": self.record_type, **self.content}


def changes(present: Iterable[Record], sent: pl.DataFrame, held_back: Collection[str] = ()) -> list[Change]:
    """What differs, by referral and loop.

    sent: `schemas.dhcs_submission.DhcsRecords`, of each key the last. held_back: keys that say nothing this time, whatever has changed.
    A record that was voided and stands again is an original once more.
    """
    known = {row["record_key"]: row for row in sent.iter_rows(named=True)}
    there: set[str] = set()
    found: list[Change] = []
    for record in present:
        there.add(record.key)
        before = known.get(record.key)
        fresh = before is None or before["record_type"] == RecordType.VOID.value
        if record.key not in held_back and (fresh or (before and before["content"] != as_stored(record.content))):
            kind = RecordType.ORIGINAL if fresh else RecordType.REPLACEMENT
            found.append(Change(record.key, kind.value, record.referral_id, record.loop, record.content))
    gone = [row for key, row in known.items() if key not in there and row["record_type"] != RecordType.VOID.value]
    found += [Change(row["record_key"], RecordType.VOID.value, row["referral_id"], row["loop"], {}) for row in gone]
    return sorted(found, key=lambda one: (one.referral_id, one.loop))


def as_stored(content: Mapping[str, Any]) -> str:
    """The content of a record as text: the same content, the same text."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False) if content else ""


def standing_after(sent: pl.DataFrame, told: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """By key, what stands once a submission is counted. told: its records as they stand in it."""
    stand: dict[str, Mapping[str, Any]] = {
        row["record_key"]: json.loads(row["content"]) for row in sent.iter_rows(named=True) if row["content"]
    }
    for one in told:
        if one.get("recordType") == RecordType.VOID.value:
            stand.pop(str(one.get("recordKey")), None)
        else:
            stand[str(one.get("recordKey"))] = one
    return stand


def totals(stand: Mapping[str, Mapping[str, Any]], referrals: int) -> dict[str, Any]:
    """The counts of what stands. referrals: how many these loops are of."""
    closures = Counter(one["closure"].get("reason") for one in stand.values() if one.get("closure"))
    decisions = Counter(one.get("authorization", {}).get("authorizationStatus") for one in stand.values())
    return {
        "loops": len(stand),
        "membersNotified": sum(one.get("authorization", {}).get("dateMemberNotified") is not None for one in stand.values()),
        "referrals": referrals,
        "referringEntitiesNotified": sum(
            (one.get("closure") or {}).get("dateReferringEntityNotified") is not None for one in stand.values()
        ),
        "closuresByReason": {one.value: closures[one.value] for one in ClosureReason},
        "authorizationsByStatus": {one.value: decisions[one.value] for one in AuthorizationStatus},
    }
