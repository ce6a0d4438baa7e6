"""The offline check: a file held against the same rules as on arrival, as far as they need nothing that only the plan knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from config.profile import Profile
from pipeline.extracts import repeated_keys
from pipeline.findings import HEADINGS, errors_in, file_failures, findings_from, without_misread
from pipeline.judgement import named_as_agreed
from pipeline.outreach import settle_attempts
from pipeline.parts import on_sheets, part_beside
from pipeline.read_grid import ReadFile
from pipeline.recognise import RETURN_FILES, Headings, Recognised, recognise
from pipeline.settle import settle
from pipeline.validate import judge_for, judge_rows, read_values
from schemas.codes import ECM_SERVICE
from schemas.findings import Findings
from schemas.history import Loops, Observations
from schemas.layouts import EXTRACTS, INBOUND, OTF, OUTBOUND, PROGRAM_OF
from schemas.outreach import OutreachAttempts
from schemas.rules import RULES
from schemas.submissions import RowOutcome, SubmissionStatus

OFFLINE = "offline"  # stands for the submission that the file is not yet


@dataclass(frozen=True)
class Checked:
    """What an offline check found. rows: count by outcome, and `read`. not_judged: rules that need what only the plan knows."""

    kind: str | None
    status: SubmissionStatus
    rows: dict[str, int]
    period: str | None
    findings: pl.DataFrame = field(default_factory=Findings.no_rows)
    not_judged: tuple[str, ...] = ()
    table: Recognised | None = None


def check_file(file: ReadFile, kind: str | None, profile: Profile, today: date, file_name: str = "") -> Checked:
    """Check one file. kind: the layout that it must have; None to tell it by its headings. file_name: judged only when given."""
    kinds = (kind, *OUTBOUND) if kind else (*INBOUND, *EXTRACTS, *OUTBOUND)
    table = recognise(file.sheets, Headings(kinds, profile.layouts)) if file.sheets else Recognised()
    told = [(defect.rule, defect.detail) for defect in file.defects] + list(table.failures)
    if file_name and table.kind in INBOUND and not named_as_agreed(file_name, table.kind, profile):
        told.append(("F025", ""))
    outcomes, failures, period = _judge(table, told, profile, today)
    status = _status(table.kind, outcomes, profile, unreadable=_is_unreadable(failures))
    if table.kind in INBOUND:
        failures = pl.concat([failures, _said_of_status(status, outcomes, failures)])
    findings = _findings(table, failures)
    if table.tracker is not None:
        beside, failures, _ = _judge(table.tracker, list(table.tracker.failures), profile, today)
        rejected = pl.Series("outcome", [RowOutcome.REJECTED.value] * beside.len(), dtype=pl.String)
        outcomes = pl.concat([outcomes, rejected if status is SubmissionStatus.REJECTED else beside])
        if status is SubmissionStatus.ACCEPTED and (beside == RowOutcome.REJECTED.value).any():
            status = SubmissionStatus.ACCEPTED_WITH_ERRORS
        findings = _on_both(findings, _findings(table.tracker, failures), table)
    return Checked(
        kind=table.kind,
        status=status,
        rows={"read": outcomes.len()} | {outcome.value: int((outcomes == outcome.value).sum()) for outcome in RowOutcome},
        period=period,
        findings=findings,
        not_judged=tuple(rule.id for rule in RULES.values() if rule.needs_plan),
        table=table,
    )


def _judge(table: Recognised, told: list[tuple[str, str]], profile: Profile, today: date) -> tuple[pl.Series, pl.DataFrame, str | None]:
    """Outcomes of a sheet's rows in their order, what is wrong with them, and their period."""
    failures = pl.concat([file_failures(OFFLINE, told), table.failures_of_rows(OFFLINE)])
    rejected = pl.Series("outcome", [RowOutcome.REJECTED.value] * table.rows.height, dtype=pl.String)
    if table.kind is None or _is_unreadable(failures):
        return rejected, failures, None
    values = _values(table, profile, today)
    outcomes, found = _settle(table.kind, values, failures, profile)
    failures = pl.concat([failures, found])
    if table.kind not in RETURN_FILES:
        return outcomes, failures, None
    periods = values["reporting_period"].drop_nulls().unique().sort().to_list()
    of_file = [("F016", ", ".join(periods))] if len(periods) > 1 else []
    if values["production_date"].drop_nulls().n_unique() > 1:
        of_file.append(("F027", ""))
    failures = pl.concat([failures, file_failures(OFFLINE, of_file)])
    return rejected if len(periods) > 1 else outcomes, failures, periods[0] if periods else None


def _is_unreadable(failures: pl.DataFrame) -> bool:
    return not errors_in(failures).filter(pl.col("row").is_null()).is_empty()


def _findings(table: Recognised, failures: pl.DataFrame) -> pl.DataFrame:
    headings = pl.DataFrame(table.headings_of(OFFLINE), schema=HEADINGS, orient="row")
    return findings_from(without_misread(failures), headings)


def _on_both(returned: pl.DataFrame, tracked: pl.DataFrame, table: Recognised) -> pl.DataFrame:
    """The findings on both sheets of a workbook, each with the sheet that it speaks of."""
    sheets = {OFFLINE: table.sheet, part_beside(OFFLINE): table.tracker.sheet if table.tracker else ""}
    return on_sheets(pl.concat([returned, tracked.with_columns(submission_id=pl.lit(part_beside(OFFLINE)))]), sheets)


def _values(table: Recognised, profile: Profile, today: date) -> pl.DataFrame:
    rows = table.rows.with_columns(submission_id=pl.lit(OFFLINE), today=pl.lit(today))
    return read_values(rows, judge_for(str(table.kind), profile))


def _settle(kind: str, values: pl.DataFrame, failures: pl.DataFrame, profile: Profile) -> tuple[pl.Series, pl.DataFrame]:
    """Outcomes of the rows in their order, and the failures found. Every member and service stands for a loop of its own."""
    found = judge_rows(values, judge_for(kind, profile))
    if kind in EXTRACTS:
        found = pl.concat([found, repeated_keys(values, kind)])
    if kind not in INBOUND:
        bad = pl.concat([errors_in(failures), errors_in(found)])["row"].unique()
        rejected = (
            pl.when(pl.col("row").is_in(bad.implode())).then(pl.lit(RowOutcome.REJECTED.value)).otherwise(pl.lit(RowOutcome.ACCEPTED.value))
        )
        return values.select(rejected.alias("outcome")).to_series(), found
    service = pl.col("service") if "service" in values.columns else pl.lit(ECM_SERVICE)
    placed = values.with_columns(
        plan=pl.lit(OFFLINE),
        program=pl.lit(PROGRAM_OF[kind]),
        source=pl.lit("rtf"),
        referral_id=pl.concat_str("cin", service, separator=" "),
        loop=pl.lit(1, dtype=pl.Int64),
    )
    told = pl.concat([failures, found])
    if kind == OTF:
        settled, judged = settle_attempts(placed.with_columns(provider_id=pl.lit(OFFLINE)), told, OutreachAttempts.no_rows())
    else:
        settled, judged = settle(placed, told, Loops.no_rows(), Observations.no_rows(), profile.closing)
    offline = [rule.id for rule in RULES.values() if not rule.needs_plan]
    fresh = judged.filter(pl.col("rule").is_in(offline)).join(
        failures, on=failures.columns, how="anti", nulls_equal=True, maintain_order="left"
    )
    return settled["outcome"], fresh


def _status(kind: str | None, outcomes: pl.Series, profile: Profile, *, unreadable: bool) -> SubmissionStatus:
    rejected = int((outcomes == RowOutcome.REJECTED.value).sum())
    if unreadable or rejected == outcomes.len():
        return SubmissionStatus.REJECTED
    if kind in INBOUND and rejected > profile.thresholds.hold_rejected_share * outcomes.len():
        return SubmissionStatus.HELD
    return SubmissionStatus.ACCEPTED_WITH_ERRORS if rejected else SubmissionStatus.ACCEPTED


def _said_of_status(status: SubmissionStatus, outcomes: pl.Series, failures: pl.DataFrame) -> pl.DataFrame:
    """Why a file would be rejected or held, where nothing has said so yet."""
    if status is SubmissionStatus.REJECTED and not errors_in(failures).filter(pl.col("row").is_null()).height:
        return file_failures(OFFLINE, [("F018", "")])
    if status is SubmissionStatus.HELD:
        rejected = int((outcomes == RowOutcome.REJECTED.value).sum())
        return file_failures(OFFLINE, [("F019", f"{rejected} of {outcomes.len()}")])
    return file_failures(OFFLINE, ())
