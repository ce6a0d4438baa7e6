"""Building the month's submission to DHCS: what stands at the month's end and was not yet told goes into one numbered file of the outbox.

What a record says, and whether it is told, is decided elsewhere. Nothing is written that does not keep its schema.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from outputs.dhcs_document import Fault, as_bytes, document, faults
from outputs.files import write_file
from pipeline.dhcs_adapter import Adapter, adapter
from pipeline.dhcs_changes import Change, as_stored, changes, standing_after, totals
from pipeline.dhcs_findings import findings
from pipeline.dhcs_records import Record, Standing, records
from pipeline.holdings import plan_day
from pipeline.knowledge import Knowledge, knowledge
from pipeline.lateness import last_due_period, rtf_due_at
from pipeline.names import digest
from pipeline.periods import Period, end_of, month_of
from pipeline.run import Context, lock, start
from schemas.dhcs_submission import DhcsRecords, DhcsSubmissions, RecordType

FOLDER = "outbox/dhcs"


@dataclass(frozen=True)
class Built:
    """What came of building a submission.

    file: where it is, below the workspace; blank where none was written, and `why` says why. counts: records by type, and those held back.
    held_back: referral, loop, place and keyword of the schema for each record left out. broken: what else keeps the document from its
    schema.
    """

    period: str
    usage: str
    file: str
    why: str
    counts: Mapping[str, int]
    totals: Mapping[str, Any] = field(default_factory=dict)
    held_back: Sequence[Mapping[str, object]] = ()
    broken: Sequence[str] = ()

    @property
    def attention(self) -> bool:
        return bool(self.held_back or self.broken)


@dataclass(frozen=True)
class Sent:
    """What was submitted before: `DhcsSubmissions` and `DhcsRecords`, of the latter the last of each key and of one usage."""

    submissions: pl.DataFrame
    records: pl.DataFrame


@dataclass(frozen=True)
class Drafted:
    """A submission before it is written. content: None where there is nothing to write."""

    built: Built
    sequence: int
    told: Sequence[Change]
    content: bytes | None


def build(context: Context, period: str = "", known_at: dt.datetime | None = None) -> Built:
    """Write `CLR_<plan>_<YYYYMM>_<seq>.json` into the outbox, and remember what was told.

    known_at: make again what was, or would have been, made at an earlier moment: into the reports, and nothing is remembered. Raises
    ValueError for a month that is none, is not due yet, or lies before one that was submitted; ConfigurationError.
    """
    month = due_month(context, period)
    shaped = adapter(context.workspace)
    if known_at is not None:
        return _made_again(context, month, shaped, known_at)
    with lock(context):
        job = start(context, "dhcs-build", month.name)
        drafted = draft(context, month, shaped, context.as_of, sent_before(context, None))
        if drafted.content is not None:
            name = file_name(context, month.name, drafted.sequence)
            job.publish(f"{FOLDER}/{name}", drafted.content)
            job.run.append("dhcs_submissions", _submission(context, drafted, name))
            job.run.append("dhcs_records", _rows(context, drafted))
            lines = [("D103", str(one["record_key"]), str(one["place"]), str(one["keyword"])) for one in drafted.built.held_back]
            job.run.append("findings", findings(name.removesuffix(".json"), lines))
            job.commit(drafted.built.counts, attention=drafted.built.attention)
    return drafted.built


def due_month(context: Context, period: str) -> Period:
    """The month asked for, or the last that is due: one is due once the files of its providers were. Raises ValueError."""
    settings = context.workspace.settings
    last = last_due_period(context.as_of, settings)
    month = month_of(period or last)
    if month.name > last:
        due = rtf_due_at(month.name, settings).astimezone(settings.plan.zone)
        raise ValueError(f"{month.name} is not due yet: the files that tell of it are due by {due:%Y-%m-%d %H:%M}")
    return month


def file_name(context: Context, period: str, sequence: int) -> str:
    """The name of a submission in the outbox."""
    return f"CLR_{context.workspace.plan}_{period.replace('-', '')}_{sequence}.json"


def sent_before(context: Context, moment: dt.datetime | None) -> Sent:
    """What was submitted, or with a moment what was submitted before it."""
    snapshot, usage = context.snapshot(), context.workspace.settings.dhcs.usage
    earlier = pl.lit(value=True) if moment is None else pl.col("produced_at") < moment
    told = snapshot.read("dhcs_records").filter(earlier, pl.col("usage") == usage)
    return Sent(snapshot.read("dhcs_submissions").filter(earlier), last_of_each(told))


def last_of_each(told: pl.DataFrame) -> pl.DataFrame:
    """Of the records of several submissions the last of each key."""
    return told.sort("period", "sequence", "record_key").unique("record_key", keep="last", maintain_order=True).sort("record_key")


def standing_at(known: Knowledge) -> Standing:
    """What records are made of, as known."""
    history = known.history
    notices = known.snapshot.current("notices")
    return Standing(known.referrals, known.members, known.providers, notices, history.loops, history.events)


def draft(context: Context, month: Period, shaped: Adapter, known_at: dt.datetime, sent: Sent) -> Drafted:
    """The submission of a month as it would be at a moment. Raises ValueError when a later month was submitted."""
    settings = context.workspace.settings
    later = sent.submissions.filter((pl.col("usage") == settings.dhcs.usage) & (pl.col("period") > month.name))
    if later.height:
        last = max(later["period"].to_list())
        raise ValueError(f"{last} was submitted already: what {month.name} lacks is told with the next month")
    end = end_of(month, settings, context.as_of)
    present = records(standing_at(knowledge(context, end, known_at)), settings, end)
    numbers = sent.submissions.filter(pl.col("period") == month.name)["sequence"].to_list()
    sequence = max(numbers, default=0) + 1
    told = changes(present, sent.records)
    made, found = _document(told, sent, month, sequence, context, shaped, known_at)
    held = _held_back(found, told, shaped)
    if held:
        told = changes(present, sent.records, {str(one["record_key"]) for one in held})
        made, found = _document(told, sent, month, sequence, context, shaped, known_at)
    counts = {one.value: sum(change.record_type == one.value for change in told) for one in RecordType} | {
        "held_back": len({one["record_key"] for one in held})
    }
    broken = tuple(str(one) for one in found) if told else ()
    content = as_bytes(made) if told and not broken else None
    file = f"{FOLDER}/{file_name(context, month.name, sequence)}" if content is not None else ""
    why = _why_none(present, told, held, broken, month)
    all_told = _totals(told, sent) if content is not None else {}
    return Drafted(Built(month.name, settings.dhcs.usage, file, why, counts, all_told, held, broken), sequence, told, content)


def _why_none(present: Sequence[Record], told: Sequence[Change], held: Sequence[object], broken: Sequence[str], month: Period) -> str:
    if broken:
        return "the document does not keep its schema"
    if told:
        return ""
    if held:
        return "every record that would be told is held back"
    return (
        f"nothing has changed since the last submission for {month.name}" if present else f"there is no referral to tell of in {month.name}"
    )


def _document(
    told: Sequence[Change], sent: Sent, month: Period, sequence: int, context: Context, shaped: Adapter, known_at: dt.datetime
) -> tuple[dict[str, Any], list[Fault]]:
    settings = context.workspace.settings
    header = {
        "plan": settings.plan.id,
        "period": month.name,
        "sequence": sequence,
        "usage": settings.dhcs.usage,
        "producedAt": known_at.astimezone(settings.plan.zone).isoformat(timespec="seconds"),
        "records": {one.value: sum(change.record_type == one.value for change in told) for one in RecordType},
    }
    made = document({"header": header, "totals": _totals(told, sent), "records": [one.told for one in told]}, shaped.shape)
    return made, faults(made, shaped.schema)


def _totals(told: Sequence[Change], sent: Sent) -> dict[str, Any]:
    stand = standing_after(sent.records, (one.told for one in told))
    of = dict(sent.records.select("record_key", "referral_id").iter_rows()) | {one.key: one.referral_id for one in told}
    return totals(stand, len({of[key] for key in stand}))


def _held_back(found: Sequence[Fault], told: Sequence[Change], shaped: Adapter) -> list[dict[str, object]]:
    """The records that break the schema, each with the places where they do."""
    place = tuple(shaped.shape.place("records").split("."))
    held: list[dict[str, object]] = []
    for fault in found:
        if fault.path[: len(place)] == place and len(fault.path) > len(place):
            one = told[int(fault.path[len(place)])]
            where = "/".join(map(str, fault.path[len(place) + 1 :]))
            held.append({"record_key": one.key, "referral_id": one.referral_id, "loop": one.loop, "place": where, "keyword": fault.keyword})
    return held


def _submission(context: Context, drafted: Drafted, name: str) -> pl.DataFrame:
    counts = drafted.built.counts
    row = {
        "plan": context.workspace.plan,
        "period": drafted.built.period,
        "sequence": drafted.sequence,
        "file_name": name,
        "usage": drafted.built.usage,
        "sha256": digest(drafted.content or b""),
        "originals": counts[RecordType.ORIGINAL],
        "replacements": counts[RecordType.REPLACEMENT],
        "voids": counts[RecordType.VOID],
        "produced_at": context.as_of,
    }
    return pl.DataFrame([row], schema=DhcsSubmissions.polars_schema())


def _rows(context: Context, drafted: Drafted) -> pl.DataFrame:
    rows = [
        {
            "plan": context.workspace.plan,
            "period": drafted.built.period,
            "sequence": drafted.sequence,
            "usage": drafted.built.usage,
            "record_key": one.key,
            "record_type": one.record_type,
            "referral_id": one.referral_id,
            "loop": one.loop,
            "content": as_stored(one.content),
            "produced_at": context.as_of,
        }
        for one in drafted.told
    ]
    return pl.DataFrame(rows, schema=DhcsRecords.polars_schema())


def _made_again(context: Context, month: Period, shaped: Adapter, known_at: dt.datetime) -> Built:
    drafted = draft(context, month, shaped, known_at, sent_before(context, known_at))
    if drafted.content is None:
        return drafted.built
    settings = context.workspace.settings
    day, known_on = plan_day(context.as_of, settings), plan_day(known_at, settings)
    file = f"reports/{day}_known_{known_on}/{file_name(context, month.name, drafted.sequence)}"
    write_file(context.workspace.root / file, drafted.content)
    return replace(drafted.built, file=file)
