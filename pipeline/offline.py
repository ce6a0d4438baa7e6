"""The offline check: files held against the same rules as on arrival, as far as they need nothing that only the plan knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import polars as pl

from config.layout import AUTHORIZATION_NUMBER, CIN
from config.profile import LayoutChoice, Profile
from pipeline.findings import HEADINGS, errors_in, file_failures, findings_from, no_failures, without_misread
from pipeline.outreach import settle_attempts
from pipeline.packed import unpack
from pipeline.parts import on_sheets, part_beside
from pipeline.read_grid import ReadFile
from pipeline.recognise import HEADING_FAULTS, RETURN_FILES, Headings, Recognised, named_as_agreed, recognise
from pipeline.settle import settle
from pipeline.validate import FOUND, judge_for, judge_found, judge_rows, read_values, repeated_keys, said_of_files
from schemas.codes import ECM_SERVICE
from schemas.findings import Findings
from schemas.history import Loops, Observations
from schemas.layouts import EXTRACTS, INBOUND, OTF, OUTBOUND, PROGRAM_OF
from schemas.outreach import OutreachAttempts
from schemas.rule import Severity
from schemas.rules import RULES
from schemas.submissions import RowOutcome, SubmissionStatus

OFFLINE = "offline"  # stands for the submission that the file is not yet
JUDGED = pl.Schema({"submission_id": pl.String(), "row": pl.Int64(), "outcome": pl.String(), "reporting_period": pl.String()})
NONE_JUDGED = pl.DataFrame(schema=JUDGED)
REJECTED = RowOutcome.REJECTED.value


@dataclass(frozen=True)
class Checked:
    """What an offline check found. rows: count by outcome, and `read`. not_judged: rules that need what only the plan knows.

    outcomes: `row` and `outcome` of every row, those of a tracker beside the file after its own.
    """

    kind: str | None
    status: SubmissionStatus
    rows: dict[str, int]
    period: str | None
    findings: pl.DataFrame = field(default_factory=Findings.no_rows)
    not_judged: tuple[str, ...] = ()
    table: Recognised | None = None
    outcomes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"row": pl.Int64, "outcome": pl.String}))


@dataclass(frozen=True)
class Offered:
    """A file to be checked. kind: the layout that it must have; None to tell it by its headings. file_name: judged only when given."""

    file: ReadFile
    kind: str | None = None
    file_name: str = ""


@dataclass(frozen=True)
class _Part:
    """A sheet to be judged by itself. told: what is wrong with it as a whole."""

    name: str
    table: Recognised
    told: tuple[tuple[str, str], ...]

    @cached_property
    def failures(self) -> pl.DataFrame:
        return pl.concat([file_failures(self.name, self.told), self.table.failures_of_rows(self.name)])

    @property
    def errors(self) -> set[str]:
        return {rule for rule, _ in self.told if RULES[rule].severity is Severity.ERROR}

    @property
    def is_readable(self) -> bool:
        return self.table.kind is not None and not self.errors

    @property
    def has_wrong_headings(self) -> bool:
        return self.table.kind in INBOUND and bool(self.errors) and self.errors <= HEADING_FAULTS


def check_file(file: ReadFile, kind: str | None, profile: Profile, today: date, file_name: str = "") -> Checked:
    """Check one file."""
    return check_files([Offered(file, kind, file_name)], profile, today)[0]


def check_files(offered: Sequence[Offered], profile: Profile, today: date) -> list[Checked]:
    """Check files, each for itself alone: together they cost little more than one."""
    headings: dict[str | None, Headings] = {}
    files = []
    for number, one in enumerate(offered):
        if one.kind not in headings:
            headings[one.kind] = Headings((one.kind, *OUTBOUND) if one.kind else (*INBOUND, *EXTRACTS, *OUTBOUND), profile.layouts)
        files.append(_parts(one, f"{OFFLINE}{number}", headings[one.kind], profile))
    rows, failures = _judge([part for parts in files for part in parts], profile, today)
    of_parts = _by_part(rows)
    statuses = {parts[0].name: _status(parts[0], of_parts, failures, profile) for parts in files}
    said = [_said_of_status(parts[0], statuses[parts[0].name], of_parts, failures) for parts in files]
    findings = _findings(files, without_misread(pl.concat([*failures.values(), *said])))
    return [_checked(parts, statuses[parts[0].name], of_parts, findings.get(parts[0].name, Findings.no_rows())) for parts in files]


def _parts(one: Offered, name: str, headings: Headings, profile: Profile) -> tuple[_Part, ...]:
    """The file, and the tracker beside it as a file of its own."""
    table = recognise(one.file.sheets, headings) if one.file.sheets else Recognised()
    told = [*((defect.rule, defect.detail) for defect in one.file.defects), *table.failures]
    if one.file_name and table.kind in INBOUND and not named_as_agreed(one.file_name, table.kind, profile):
        told.append(("F025", ""))
    own = _Part(name, table, tuple(told))
    return (own,) if table.tracker is None else (own, _Part(part_beside(name), table.tracker, table.tracker.failures))


def _judge(parts: Sequence[_Part], profile: Profile, today: date) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """What became of the rows of all parts, `JUDGED` in their order, and what is wrong with each part and its rows."""
    judged = [NONE_JUDGED]
    failures = [no_failures(), *(part.failures for part in parts if not part.is_readable)]
    for part in parts:
        if not part.is_readable and part.table.kind is not None:
            judged.append(part.table.rows.select(pl.lit(part.name).alias("submission_id"), "row", outcome=pl.lit(REJECTED)))
    for kind in (*INBOUND, *EXTRACTS, *OUTBOUND):
        readable = [part for part in parts if part.is_readable and part.table.kind == kind]
        if readable:
            rows, found = _judge_kind(kind, readable, profile, today)
            judged.append(rows)
            failures.append(found)
        if misheaded := [part for part in parts if part.has_wrong_headings and part.table.kind == kind]:
            failures.append(_judge_misheaded(kind, misheaded, profile, today))
    every = pl.concat(failures).partition_by("submission_id", as_dict=True, maintain_order=True)
    return pl.concat(judged, how="diagonal"), {part.name: every.get((part.name,), no_failures()) for part in parts}


def _judge_misheaded(kind: str, parts: Sequence[_Part], profile: Profile, today: date) -> pl.DataFrame:
    judge = judge_for(kind, profile)
    rows = _rows_of(parts, today)
    if kind == OTF:
        rows, _ = unpack(rows)
    found = [(part.name, name) for part in parts for name in sorted(part.table.found)]
    return judge_found(read_values(rows, judge), judge, pl.DataFrame(found, schema=FOUND, orient="row"))


def _rows_of(parts: Sequence[_Part], today: date) -> pl.DataFrame:
    return pl.concat([part.table.rows.with_columns(submission_id=pl.lit(part.name), today=pl.lit(today)) for part in parts], rechunk=True)


def _judge_kind(kind: str, parts: Sequence[_Part], profile: Profile, today: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    judge = judge_for(kind, profile)
    rows = _rows_of(parts, today)
    rows, split = unpack(rows) if kind == OTF else (rows, no_failures())
    values = read_values(rows, judge)
    told = [*(part.failures for part in parts), split, judge_rows(values, judge)]
    if kind in EXTRACTS:
        told.append(repeated_keys(values, kind))
    settled, failures = _settle(kind, values, pl.concat(told), profile)
    if kind not in RETURN_FILES:
        return settled.select(name for name in JUDGED if name in settled.columns), failures
    failures = pl.concat([failures, said_of_files(values)])
    whole = _of_whole(failures)["submission_id"].unique()
    outcome = pl.when(pl.col("submission_id").is_in(whole.implode())).then(pl.lit(REJECTED)).otherwise("outcome")
    return settled.with_columns(outcome=outcome).select(JUDGED.names()), failures


def _settle(kind: str, values: pl.DataFrame, told: pl.DataFrame, profile: Profile) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with their outcomes, and all failures. Every member and service of a file stands for a loop of its own."""
    if kind not in INBOUND:
        bad = errors_in(told).select("submission_id", "row").unique().with_columns(outcome=pl.lit(REJECTED))
        settled = values.join(bad, on=["submission_id", "row"], how="left", maintain_order="left")
        return settled.with_columns(pl.col("outcome").fill_null(RowOutcome.ACCEPTED.value)), told
    placed = values.with_columns(
        plan="submission_id",
        program=pl.lit(PROGRAM_OF[kind]),
        source=pl.lit("rtf"),
        referral_id=_loop_of_its_own(values, profile.layouts.get(kind, LayoutChoice())),
        loop=pl.lit(1, dtype=pl.Int64),
    )
    if kind == OTF:
        settled, judged = settle_attempts(placed.with_columns(provider_id=pl.lit(OFFLINE)), told, OutreachAttempts.no_rows())
    else:
        settled, judged = settle(placed, told, Loops.no_rows(), Observations.no_rows(), profile.closing)
    return settled, judged.filter(pl.col("rule").is_in([rule.id for rule in RULES.values() if not rule.needs_plan]))


def _loop_of_its_own(values: pl.DataFrame, choice: LayoutChoice) -> pl.Expr:
    """A name for what a row is about; numbers that tell apart by zeros before them alone are taken for one, as the plan does."""
    member = pl.col(choice.key) if choice.key == CIN else pl.col(choice.key).str.strip_chars_start("0")
    service = pl.col("service") if "service" in values.columns else pl.lit(ECM_SERVICE)
    if choice.referral_key == AUTHORIZATION_NUMBER:
        service = pl.coalesce(pl.col(AUTHORIZATION_NUMBER).str.strip_chars_start("0"), service, pl.lit(""))
    return pl.concat_str(member, service, separator=" ")


def _by_part(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {str(name): part for (name,), part in rows.group_by("submission_id", maintain_order=True)}


def _of_whole(failures: pl.DataFrame) -> pl.DataFrame:
    """Errors that reject a file as a whole."""
    return errors_in(failures).filter(pl.col("row").is_null())


def _status(own: _Part, rows: Mapping[str, pl.DataFrame], failures: Mapping[str, pl.DataFrame], profile: Profile) -> SubmissionStatus:
    """How a file is judged by its own rows."""
    read, rejected = _counted(rows.get(own.name))
    if rejected == read or _of_whole(failures[own.name]).height:
        return SubmissionStatus.REJECTED
    if own.table.kind in INBOUND and rejected > profile.thresholds.hold_rejected_share * read:
        return SubmissionStatus.HELD
    return SubmissionStatus.ACCEPTED_WITH_ERRORS if rejected else SubmissionStatus.ACCEPTED


def _said_of_status(
    own: _Part, status: SubmissionStatus, rows: Mapping[str, pl.DataFrame], failures: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Why a file would be rejected or held, where nothing has said so yet."""
    if own.table.kind in INBOUND and status is SubmissionStatus.REJECTED and not _of_whole(failures[own.name]).height:
        return file_failures(own.name, [("F018", "")])
    if status is SubmissionStatus.HELD:
        read, rejected = _counted(rows.get(own.name))
        return file_failures(own.name, [("F019", f"{rejected} of {read}")])
    return no_failures()


def _counted(rows: pl.DataFrame | None) -> tuple[int, int]:
    """How many rows were read, and how many of them rejected."""
    return (0, 0) if rows is None else (rows.height, int((rows["outcome"] == REJECTED).sum()))


def _findings(files: Sequence[tuple[_Part, ...]], failures: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The findings on each file by its name."""
    headings = [row for parts in files for part in parts for row in part.table.headings_of(part.name)]
    sheets = {part.name: part.table.sheet for parts in files if len(parts) > 1 for part in parts}
    found = on_sheets(findings_from(failures, pl.DataFrame(headings, schema=HEADINGS, orient="row")), sheets)
    told = found.with_columns(file="submission_id", submission_id=pl.lit(OFFLINE))
    return {str(name): part for (name,), part in told.partition_by("file", include_key=False, as_dict=True, maintain_order=True).items()}


def _checked(parts: tuple[_Part, ...], status: SubmissionStatus, rows: Mapping[str, pl.DataFrame], findings: pl.DataFrame) -> Checked:
    """The verdict: a tracker beside a file goes with it, and can add no more than errors."""
    read = [rows.get(part.name, NONE_JUDGED) for part in parts]
    ended = pl.concat(read).select("row", "outcome")
    if status is SubmissionStatus.REJECTED:
        ended = ended.with_columns(outcome=pl.lit(REJECTED))
    counts = Counter(ended["outcome"].to_list())
    if status is SubmissionStatus.ACCEPTED and counts[REJECTED]:
        status = SubmissionStatus.ACCEPTED_WITH_ERRORS
    return Checked(
        kind=parts[0].table.kind,
        status=status,
        rows={"read": ended.height} | {outcome.value: counts[outcome.value] for outcome in RowOutcome},
        period=next((period for period in read[0]["reporting_period"].to_list() if period), None),
        findings=findings,
        not_judged=tuple(rule.id for rule in RULES.values() if rule.needs_plan),
        table=parts[0].table,
        outcomes=ended,
    )
