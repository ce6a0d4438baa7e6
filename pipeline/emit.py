"""Emitting: the Member Information Files and Authorization Status Files of today, one for each provider, into the outbox.

A loop counts as sent once the file that carries it has been made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from config.layout import formats_of, template_elements
from config.profile import LayoutChoice, Profile
from config.settings import Settings
from outputs.information_files import RETURN_SHEET, ReturnSheet, information_text, information_workbook
from pipeline.emission import Standing, answer_rows, information_rows, to_be_listed
from pipeline.names import digest
from pipeline.run import Context, Job, lock, start
from pipeline.working_history import WorkingHistory
from schemas.history import LOOP, Listings
from schemas.layouts import OUTBOUND, PROGRAM_OF, RTF_CS, RTF_ECM

ENDINGS = {"xlsx": "xlsx", "csv": "csv", "pipe": "txt"}
SEPARATORS = {"csv": ",", "pipe": "|"}


@dataclass(frozen=True)
class Emitted:
    """What an emission did: counts of files, rows, and loops sent for the first time."""

    counts: dict[str, int]


def emit(context: Context, kind: str, *, supplemental: bool = False, period: str | None = None) -> Emitted:
    """Make today's files of a kind, mif or asf. A file that was made before with the same content is not made again.

    period: the one that the schedule makes them for, as the run records it.
    """
    with lock(context):
        job = start(context, f"emit-{kind}", period)
        before = job.before
        settings = context.workspace.settings
        history = WorkingHistory(job)
        names = _names(kind, settings.profile, supplemental=supplemental)
        listings = before.read("listings")
        of_today = listings.filter(
            pl.col("produced_at").dt.convert_time_zone(settings.plan.time_zone).dt.strftime("%Y%m%d") == context.today,
            pl.col("kind") == kind,
            pl.col("supplemental") == supplemental,
        )
        earlier = listings.join(of_today, on=["file_name", *LOOP], how="anti")
        standing = Standing(
            before.current("referrals"),
            before.current("members"),
            context.workspace.roster,
            history.loops,
            earlier,
            before.read("contact_changes"),
        )
        listed = to_be_listed(kind, standing, settings, context.as_of, supplemental=supplemental)
        made = {(row["provider_id"], row["file_name"]): row["sha256"] for row in before.current("deliveries").iter_rows(named=True)}
        counts = {"files": 0, "rows": 0, "sent_first": 0}
        parts = listed.partition_by("provider_id", maintain_order=True)
        for number, part in enumerate(parts, start=1):
            context.progress(f"making {kind.upper()} files", number, len(parts))
            _make(job, kind, names, part, made, counts)
        sent = _listing(listed, kind, names, context, supplemental=supplemental)
        fresh = sent.join(listings, on=["file_name", *LOOP], how="anti", maintain_order="left")
        counts["sent_first"] = fresh.join(listings, on=LOOP, how="anti").height
        history.add(listings=fresh)
        history.store()
        if counts["files"]:
            job.commit(counts, attention=False)
    return Emitted(counts)


def _make(job: Job, kind: str, name: str, part: pl.DataFrame, made: Mapping[tuple[str, str], str], counts: dict[str, int]) -> None:
    context = job.context
    settings = context.workspace.settings
    provider_id, file_format = part["provider_id"][0], part["file_format"][0]
    file_name = _file_name(name, settings.plan.id, provider_id, context.today, file_format)
    rows = information_rows(kind, part, settings, context.as_of).drop("provider_id")
    if file_format == "xlsx":
        sheet = _answer(RTF_ECM if PROGRAM_OF[kind] == "ECM" else RTF_CS, part, settings)
        today = context.as_of.astimezone(settings.plan.zone).date()
        content = information_workbook(OUTBOUND[kind], rows, kind.upper(), sheet, today)
    else:
        content = information_text(OUTBOUND[kind], rows, SEPARATORS[file_format])
    if made.get((provider_id, file_name)) != digest(content):
        job.deliver(provider_id, file_name, content, kind=kind, rows=rows.height)
        counts["files"] += 1
        counts["rows"] += rows.height


def _answer(kind: str, part: pl.DataFrame, settings: Settings) -> ReturnSheet:
    """The sheet that answers the file, as the plan has it."""
    choice = settings.profile.layouts.get(kind, LayoutChoice())
    elements, formats = template_elements(kind, choice), formats_of(kind, settings.profile)
    rows = answer_rows(part, settings).drop("provider_id")
    choices = {name: formats[name].choices for name in elements if formats[name].choices}
    return ReturnSheet(elements, rows, choices, choice.sheet or RETURN_SHEET)


def _names(kind: str, profile: Profile, *, supplemental: bool) -> str:
    names = profile.names.model_dump()
    return str(names[f"{kind}_supplemental" if supplemental else kind])


def _file_name(name: str, plan: str, provider_id: str, today: str, file_format: str) -> str:
    return name.format(plan=plan, provider_id=provider_id, date=today, extension=ENDINGS[file_format])


def _listing(listed: pl.DataFrame, kind: str, name: str, context: Context, *, supplemental: bool) -> pl.DataFrame:
    plan = context.workspace.plan
    providers = listed.select("provider_id", "file_format").unique().iter_rows()
    files = {provider_id: _file_name(name, plan, provider_id, context.today, file_format) for provider_id, file_format in providers}
    return listed.with_columns(
        file_name=pl.col("provider_id").replace_strict(files, return_dtype=pl.String),
        kind=pl.lit(kind),
        supplemental=pl.lit(supplemental),
        produced_at=pl.lit(context.as_of, dtype=pl.Datetime("us", "UTC")),
    ).select(Listings.polars_schema().names())
