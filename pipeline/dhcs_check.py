"""Checking a submission to DHCS: against its schema, against its own counts, and against what the history said when it was made.

It corrects nothing. The counts of the history are made from its tables, not from the records.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from config.settings import Settings
from outputs.dhcs_document import faults, in_order, part_of, records_of
from outputs.dhcs_schema import COUNTED
from pipeline.dhcs_adapter import Adapter, adapter
from pipeline.dhcs_build import FOLDER, last_of_each, standing_at
from pipeline.dhcs_changes import standing_after, totals
from pipeline.dhcs_records import Standing, told_loops
from pipeline.knowledge import knowledge
from pipeline.names import digest
from pipeline.periods import end_of, month_of
from pipeline.run import Context
from schemas.codes import AuthorizationStatus, ClosureReason
from schemas.dhcs_submission import RecordType

GROUPS = ("closuresByReason", "authorizationsByStatus")


@dataclass(frozen=True)
class Checked:
    """What came of a check.

    file: its name. breaks: places where the schema is not kept. counts: `what`, and how many `file` (its records, with those of earlier
    submissions), `stated` (its own totals) and `history` have of it. as_made: whether it is the file that was made.
    """

    file: str
    period: str
    sequence: int
    breaks: Sequence[str]
    counts: Sequence[Mapping[str, object]]
    as_made: bool

    @property
    def differing(self) -> list[Mapping[str, object]]:
        return [one for one in self.counts if len({one["file"], one["stated"], one["history"]}) > 1]

    @property
    def attention(self) -> bool:
        return bool(self.breaks or self.differing or not self.as_made)


def check(context: Context, file: Path | None = None) -> Checked:
    """Check a submission; the last that was made when none is named.

    Raises ValueError when there is none, or a file is no submission of this plan; ConfigurationError.
    """
    shaped = adapter(context.workspace)
    submissions = context.snapshot().read("dhcs_submissions").sort("produced_at", "period", "sequence")
    path = file or _last(context, submissions)
    content = path.read_bytes()
    made = submissions.filter(pl.col("file_name") == path.name)
    if made.is_empty():
        raise ValueError(f"{path.name}: no submission of that name was made here")
    [one] = made.to_dicts()
    try:
        told = json.loads(content)
    except ValueError:
        raise ValueError(f"{path.name} is no JSON") from None
    breaks = [str(fault) for fault in in_order(faults(told, shaped.schema))]
    counts = _counts(context, told, one, shaped)
    return Checked(path.name, one["period"], one["sequence"], breaks, counts, digest(content) == one["sha256"])


def _last(context: Context, submissions: pl.DataFrame) -> Path:
    if submissions.is_empty():
        raise ValueError("no submission was made yet: `clr dhcs build` makes one")
    name = str(submissions["file_name"][-1])
    path = context.workspace.root / FOLDER / name
    if not path.is_file():
        raise ValueError(f"{name} is no longer in the outbox: name the file")
    return path


def _counts(context: Context, told: Any, one: Mapping[str, Any], shaped: Adapter) -> list[dict[str, object]]:
    settings = context.workspace.settings
    every = context.snapshot().read("dhcs_records").filter(pl.col("usage") == one["usage"])
    earlier = (pl.col("period") == one["period"]) & (pl.col("sequence") < one["sequence"])
    before = last_of_each(every.filter((pl.col("period") < one["period"]) | earlier))
    stand = standing_after(before, records_of(told, shaped.shape))
    of = dict(every.select("record_key", "referral_id").iter_rows())
    by_file = _flat(totals(stand, len({of.get(key, key) for key in stand})))
    month = month_of(one["period"])
    end = end_of(month, settings, context.as_of)
    known = knowledge(context, end, one["produced_at"])
    by_history = _flat(history_totals(standing_at(known), _as_then(settings, {of.get(key, key) for key in stand}), end))
    stated = _flat(part_of(told, "totals", _totals_of_nothing(), shaped.shape))
    by_type = Counter(record.get("recordType") for record in records_of(told, shaped.shape))
    header = part_of(told, "header", {"records": dict.fromkeys(RecordType, 0)}, shaped.shape).get("records", {})
    types = [
        {"what": f"records, {kind.value}", "file": by_type[kind.value], "stated": header.get(kind.value), "history": one[f"{kind.value}s"]}
        for kind in RecordType
    ]
    return types + [
        {"what": what, "file": number, "stated": stated.get(what), "history": by_history[what]} for what, number in by_file.items()
    ]


def history_totals(standing: Standing, settings: Settings, end: datetime) -> dict[str, Any]:
    """The totals of a submission, counted in the tables of the history."""
    loops = told_loops(standing, settings, end)
    closed = loops.filter(pl.col("reason").is_not_null())
    reasons = dict(closed.group_by("reason").len().iter_rows())
    decisions = dict(loops.group_by("authorization_status").len().iter_rows())
    return {
        "loops": loops.height,
        "membersNotified": loops["member_told_on"].count(),
        "referrals": loops["referral_id"].n_unique(),
        "referringEntitiesNotified": closed["referrer_told_on"].count(),
        "closuresByReason": {one.value: reasons.get(one.value, 0) for one in ClosureReason},
        "authorizationsByStatus": {one.value: decisions.get(one.value, 0) for one in AuthorizationStatus},
    }


def _as_then(settings: Settings, told: Collection[str]) -> Settings:
    """The settings without what was withdrawn only after it had been told."""
    withdrawn = tuple(name for name in settings.dhcs.withdrawn if name not in told)
    return settings.model_copy(update={"dhcs": settings.dhcs.model_copy(update={"withdrawn": withdrawn})})


def _totals_of_nothing() -> dict[str, Any]:
    groups = {"closuresByReason": dict.fromkeys(ClosureReason, 0), "authorizationsByStatus": dict.fromkeys(AuthorizationStatus, 0)}
    return dict.fromkeys(COUNTED, 0) | groups


def _flat(told: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in told.items():
        if name in GROUPS:
            found |= {f"{name}, {label}": number for label, number in (value or {}).items()}
        else:
            found[name] = value
    return found
