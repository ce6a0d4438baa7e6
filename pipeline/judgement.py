"""The verdict on submissions: each stage in turn over the rows of many files at once, then one verdict for every file.

Every row read ends in exactly one of four outcomes; a gap is a bug and stops the run. Nothing is stored here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from config.profile import Profile
from config.settings import Settings
from pipeline.contacts import contact_reports
from pipeline.findings import errors_in, file_failures, no_failures, without_misread
from pipeline.lateness import expected_members, missing_members, rtf_due_at
from pipeline.match import match, match_attempts
from pipeline.names import digest_names
from pipeline.outreach import outreach_attempts, settle_attempts
from pipeline.parts import BESIDE, is_beside, of_submission, part_beside
from pipeline.recognise import Recognised
from pipeline.settle import ROW, settle
from pipeline.validate import judge_for, judge_rows, read_values
from schemas.codes import ECM_SERVICE
from schemas.contacts import CONTACT_VALUES
from schemas.history import LOOP, Observations
from schemas.layouts import INBOUND, OTF, PROGRAM_OF
from schemas.rule import RULESET, Severity
from schemas.rules import RULES
from schemas.submissions import MERGED, RowOutcome, Rows, Submissions, SubmissionStatus

COUNTS = {f"rows_{outcome.value}": outcome.value for outcome in RowOutcome}
JUDGED = pl.Schema(
    dict.fromkeys(("submission_id", "kind", "outcome", "cin", "referral_id", "provider_id", "program", "service", "status"), pl.String())
    | dict.fromkeys(("closure_reason", "engagement", "plan", "reporting_period"), pl.String())
    | dict.fromkeys(("new_address", "new_phone", *CONTACT_VALUES), pl.String())
    | dict.fromkeys(("method", "provider_type"), pl.String())
    | dict.fromkeys(("row", "loop", "minutes"), pl.Int64())
    | {"successful": pl.Boolean()}
    | dict.fromkeys(("status_date", "production_date", "attempted_on"), pl.Date())
)


@dataclass(frozen=True)
class Submitted:
    """One file as received and as recognized. arrival: a row of `schemas.submissions.Arrivals`; told: file-level defects of reading it."""

    arrival: Mapping[str, object]
    table: Recognised | None
    told: tuple[tuple[str, str], ...]

    @property
    def submission_id(self) -> str:
        return str(self.arrival["submission_id"])

    @property
    def parts(self) -> tuple[Submitted, ...]:
        """The file, and the tracker beside it as a file of its own."""
        if self.table is None or self.table.tracker is None:
            return (self,)
        arrival = {**self.arrival, "submission_id": part_beside(self.submission_id)}
        return (self, Submitted(arrival, self.table.tracker, ()))

    @property
    def failures(self) -> tuple[tuple[str, str], ...]:
        """What is said of the file as a whole before its rows are looked at."""
        return self.told + (self.table.failures if self.table else ())

    @property
    def is_readable(self) -> bool:
        """Whether its rows can be judged."""
        errors = [rule for rule, _ in self.failures if RULES[rule].severity is Severity.ERROR]
        return self.table is not None and self.table.kind in INBOUND and not errors


@dataclass(frozen=True)
class Known:
    """What the plan knows before these submissions.

    providers: the roster. members: current versions. loops: `schemas.history.Loops` with `sent_at`. told: gives the observations of loops.
    attempts: gives their `schemas.outreach.OutreachAttempts`. listings, submissions (those that stand), rows: as stored.
    """

    settings: Settings
    providers: pl.DataFrame
    members: pl.DataFrame
    loops: pl.DataFrame
    told: Callable[[pl.DataFrame], pl.DataFrame]
    attempts: Callable[[pl.DataFrame], pl.DataFrame]
    listings: pl.DataFrame
    submissions: pl.DataFrame
    rows: pl.DataFrame


@dataclass(frozen=True)
class Judgement:
    """`Submissions` and `Rows` of `schemas.submissions`, what is to be merged, and `pipeline.findings.FAILURE`.

    observations: `schemas.history.Observations`. contacts: `schemas.contacts.ContactReports`.
    attempts: `schemas.outreach.OutreachAttempts`.
    """

    submissions: pl.DataFrame
    rows: pl.DataFrame
    observations: pl.DataFrame
    contacts: pl.DataFrame
    attempts: pl.DataFrame
    failures: pl.DataFrame


def judge_submissions(known: Known, submitted: Sequence[Submitted], *, hold: bool) -> Judgement:
    """Judge submissions, at most one of each provider. hold: whether a file with unusual numbers waits for a person.

    Failures name the parts that they speak of (`pipeline.parts`), everything else the submissions.
    """
    parts = [part for one in submitted for part in one.parts]
    failures = [no_failures(), *(file_failures(one.submission_id, one.failures) for one in parts)]
    judged = [pl.DataFrame(schema=JUDGED)]
    for kind in INBOUND:
        readable = [one for one in parts if one.is_readable and one.table is not None and one.table.kind == kind]
        if readable:
            rows, found = _judge_trackers(readable, known) if kind == OTF else _judge_returns(kind, readable, known)
            judged.append(rows)
            failures.append(found)
    of_parts = pl.concat([*judged, *(_unreadable_rows(one, known) for one in parts if not one.is_readable)], how="diagonal")
    rows, verdicts, said = _verdicts(of_parts, submitted, without_misread(pl.concat(failures)), known, hold=hold)
    merged = verdicts.filter(pl.col("status").is_in(MERGED)).select("submission_id", "received_at")
    accounted = rows.join(verdicts.filter(pl.col("status") != SubmissionStatus.HELD), on="submission_id", how="semi", maintain_order="left")
    told = accounted.select(Rows.polars_schema().names())
    complete = _with_missing(verdicts, told, known)
    of_merged = rows.join(merged, on="submission_id", how="inner", maintain_order="left")
    of_returns, of_trackers = of_merged.filter(pl.col("kind") != OTF), of_merged.filter(pl.col("kind") == OTF)
    observations, contacts = _observations(of_returns), contact_reports(of_returns, known.loops)
    return Judgement(complete, told, observations, contacts, outreach_attempts(of_trackers), pl.concat([said, _missing(complete)]))


def _judge_returns(kind: str, readable: Sequence[Submitted], known: Known) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Send the rows of all Return Transmission Files of a kind through the stages. Returns rows with `outcome`, and failures."""
    values, failures = _read_and_judge(kind, readable, known)
    of_files = pl.concat([_of_files(values), _of_senders(readable, known, kind)])
    matched, unmatched = match(values, known.loops, known.members, known.providers)
    told = known.told(matched.select(LOOP).drop_nulls())
    settled, failures = settle(matched, pl.concat([failures, unmatched]), known.loops, told, known.settings.profile.closing)
    whole = errors_in(of_files)["submission_id"].unique()
    outcome = pl.when(pl.col("submission_id").is_in(whole.implode())).then(pl.lit(RowOutcome.REJECTED.value)).otherwise("outcome")
    rows = settled.with_columns(outcome=outcome, service=_service(settled))
    return _of_schema(rows), pl.concat([failures, of_files])


def _judge_trackers(readable: Sequence[Submitted], known: Known) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Send the rows of all Initial Outreach Trackers through the stages. Returns rows with `outcome`, and failures."""
    values, failures = _read_and_judge(OTF, readable, known)
    matched, unmatched = match_attempts(values, known.loops, known.members, known.providers)
    told = known.attempts(matched.select(LOOP).drop_nulls())
    settled, failures = settle_attempts(matched, pl.concat([failures, unmatched]), told)
    rows = settled.with_columns(service=pl.lit(ECM_SERVICE))
    return _of_schema(rows), pl.concat([failures, _of_senders(readable, known, OTF)])


def _read_and_judge(kind: str, readable: Sequence[Submitted], known: Known) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The values of all rows of a kind as one frame, and what is wrong with them by themselves."""
    judge = judge_for(kind, known.settings.profile)
    values = read_values(pl.concat([_placed(one, kind, known.settings) for one in readable], rechunk=True), judge)
    of_rows = [one.table.failures_of_rows(one.submission_id) for one in readable if one.table is not None]
    return values, pl.concat([judge_rows(values, judge), *of_rows])


def _of_schema(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(name for name in JUDGED if name in rows.columns)


def _service(rows: pl.DataFrame) -> pl.Expr:
    return pl.col("service") if "service" in rows.columns else pl.lit(ECM_SERVICE)


def _placed(one: Submitted, kind: str, settings: Settings) -> pl.DataFrame:
    """The rows of a file, with what is known of them from where they came."""
    received_at = one.arrival["received_at"]
    rows = one.table.rows if one.table is not None else pl.DataFrame()
    return rows.with_columns(
        submission_id=pl.lit(one.submission_id),
        kind=pl.lit(kind),
        plan=pl.lit(settings.plan.id),
        provider_id=pl.lit(one.arrival["provider_id"]),
        program=pl.lit(PROGRAM_OF[kind]),
        source=pl.lit("rtf"),
        received_at=pl.lit(received_at, dtype=pl.Datetime("us", "UTC")),
    ).with_columns(today=pl.col("received_at").dt.convert_time_zone(settings.plan.time_zone).dt.date())


def _of_files(values: pl.DataFrame) -> pl.DataFrame:
    """What the rows of a file say about the file: its period, its production date."""
    said = values.group_by("submission_id", maintain_order=True).agg(
        periods=pl.col("reporting_period").drop_nulls().unique().sort().str.join(", "),
        several_periods=pl.col("reporting_period").drop_nulls().n_unique() > 1,
        several_dates=pl.col("production_date").drop_nulls().n_unique() > 1,
    )
    told = [
        *(("F016", name, periods) for name, periods in said.filter("several_periods").select("submission_id", "periods").iter_rows()),
        *(("F027", name, "") for name in said.filter("several_dates")["submission_id"]),
    ]
    return pl.concat([no_failures(), *(file_failures(name, [(rule, detail)]) for rule, name, detail in told)])


def _of_senders(readable: Sequence[Submitted], known: Known, kind: str) -> pl.DataFrame:
    """Whether files are of their sender's program, and named as agreed."""
    offered = pl.col("programs").str.split(";").list.eval(pl.element().str.strip_chars())
    other = known.providers.filter(~offered.list.contains(PROGRAM_OF[kind]))
    strangers = [one for one in readable if one.arrival["provider_id"] in other["provider_id"]]
    named = [one for one in readable if not one.submission_id.endswith(BESIDE)]  # a sheet has no file name of its own
    unusual = [one for one in named if not named_as_agreed(str(one.arrival["file_name"]), kind, known.settings.profile)]
    told = [
        *(("F028", one.submission_id, PROGRAM_OF[kind]) for one in strangers),
        *(("F025", one.submission_id, "") for one in unusual),
    ]
    return pl.concat([no_failures(), *(file_failures(name, [(rule, detail)]) for rule, name, detail in told)])


def named_as_agreed(file_name: str, kind: str, profile: Profile) -> bool:
    """Whether a file's name is what the profile asks for."""
    choice = profile.layouts.get(kind)
    return not choice or not choice.file_name or re.fullmatch(choice.file_name, file_name) is not None


def _unreadable_rows(one: Submitted, known: Known) -> pl.DataFrame:
    """The rows of a file that is rejected as a whole: they were read, so they are accounted for."""
    if one.table is None or one.table.kind is None:
        return pl.DataFrame(schema={"submission_id": pl.String, "row": pl.Int64, "outcome": pl.String})
    return one.table.rows.select(
        "row",
        kind=pl.lit(one.table.kind),
        submission_id=pl.lit(one.submission_id),
        outcome=pl.lit(RowOutcome.REJECTED.value),
        plan=pl.lit(known.settings.plan.id),
    )


def _verdicts(
    of_parts: pl.DataFrame, submitted: Sequence[Submitted], failures: pl.DataFrame, known: Known, *, hold: bool
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The rows of submissions, one verdict for each, and all failures with those that the verdict adds.

    A return file is judged by its own rows. The tracker beside it goes with it, and can add no more than errors.
    """
    arrivals = pl.DataFrame(
        [
            {name: one.arrival[name] for name in ("submission_id", "plan", "provider_id", "file_name", "sha256", "received_at")}
            | {"kind": one.table.kind if one.table else None}
            for one in submitted
        ],
        schema={name: dtype for name, dtype in Submissions.polars_schema().items() if name in _ARRIVED},
    )
    stated = _with_status(_counted(arrivals, of_parts.filter(~is_beside())), known, hold=hold)
    said = pl.concat([failures, *_said_of_status(stated, failures)])
    rejected = stated.filter(pl.col("status") == SubmissionStatus.REJECTED)["submission_id"]
    with_its_file = pl.when(pl.col("submission_id").is_in(rejected.implode())).then(pl.lit(RowOutcome.REJECTED.value))
    rows = of_parts.with_columns(submission_id=of_submission()).with_columns(outcome=with_its_file.otherwise("outcome"))
    counted = _counted(arrivals, rows).join(stated.select("submission_id", "status"), on="submission_id", maintain_order="left")
    due = {period: rtf_due_at(period, known.settings) for period in counted["period"].drop_nulls().unique().to_list()}
    warnings = said.filter(_is_warning()).group_by(submission_id=of_submission()).agg(warnings=pl.len().cast(pl.Int64))
    errors_beside = (pl.col("status") == SubmissionStatus.ACCEPTED) & (pl.col("rows_rejected") > 0)
    complete = (
        counted.join(warnings, on="submission_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("warnings").fill_null(0),
            status=pl.when(errors_beside).then(pl.lit(SubmissionStatus.ACCEPTED_WITH_ERRORS.value)).otherwise("status"),
            members_missing=pl.lit(0, dtype=pl.Int64),
            ruleset=pl.lit(RULESET),
            first_submission_id=pl.lit(None, dtype=pl.String),
            due_at=pl.col("period").replace_strict(due, default=None, return_dtype=pl.Datetime("us", "UTC")),
        )
        .with_columns(on_time=pl.col("received_at") <= pl.col("due_at"))
    )
    return rows, complete, said


def _counted(arrivals: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Arrivals with the rows read, how many of them ended in which way, and the period that they name."""
    counts = rows.group_by("submission_id").agg(
        rows_read=pl.len().cast(pl.Int64),
        period=pl.col("reporting_period").drop_nulls().first(),
        **{name: (pl.col("outcome") == outcome).sum().cast(pl.Int64) for name, outcome in COUNTS.items()},
    )
    counted = arrivals.join(counts, on="submission_id", how="left", maintain_order="left").with_columns(
        pl.col("rows_read", *COUNTS).fill_null(0)
    )
    if counted.filter(pl.col("rows_read") != pl.sum_horizontal(*COUNTS)).height:
        raise AssertionError("a row was read and not accounted for")
    return counted


_ARRIVED = ("submission_id", "plan", "provider_id", "file_name", "sha256", "received_at", "kind")


def _is_warning() -> pl.Expr:
    severities = {rule.id: rule.severity.value for rule in RULES.values()}
    return pl.coalesce("severity", pl.col("rule").replace_strict(severities, return_dtype=pl.String)) == Severity.WARNING


def _with_status(counted: pl.DataFrame, known: Known, *, hold: bool) -> pl.DataFrame:
    """Add `status`, and `few`: the rows of the last accepted file of this provider and kind, where this one has far fewer."""
    thresholds = known.settings.profile.thresholds
    last = (
        known.submissions.filter(pl.col("status").is_in(MERGED))
        .sort("received_at", "submission_id")
        .unique(["provider_id", "kind"], keep="last", maintain_order=True)
        .select("submission_id", "provider_id", "kind", "rows_read")
    )
    of_kind = known.rows.join(last, on=["submission_id", "kind"], how="semi").group_by("submission_id").agg(own=pl.len().cast(pl.Int64))
    last = last.join(of_kind, on="submission_id", how="left").select("provider_id", "kind", last_rows=pl.coalesce("own", "rows_read"))
    compared = counted.join(last, on=["provider_id", "kind"], how="left", maintain_order="left")
    none_left = pl.col("rows_rejected") == pl.col("rows_read")
    many = pl.col("rows_rejected") > thresholds.hold_rejected_share * pl.col("rows_read")
    few = (pl.col("last_rows") >= thresholds.hold_rows_from) & (pl.col("rows_read") < thresholds.hold_rows_share * pl.col("last_rows"))
    held = (many | few.fill_null(value=False)) & hold
    return compared.with_columns(
        status=pl.when(none_left)
        .then(pl.lit(SubmissionStatus.REJECTED.value))
        .when(held)
        .then(pl.lit(SubmissionStatus.HELD.value))
        .when(pl.col("rows_rejected") > 0)
        .then(pl.lit(SubmissionStatus.ACCEPTED_WITH_ERRORS.value))
        .otherwise(pl.lit(SubmissionStatus.ACCEPTED.value)),
        many=many,
        few=few.fill_null(value=False),
    )


def _said_of_status(stated: pl.DataFrame, failures: pl.DataFrame) -> list[pl.DataFrame]:
    """Why a file was rejected or held, where nothing has said so yet."""
    told = set(errors_in(failures).filter(pl.col("row").is_null())["submission_id"].to_list())
    said = []
    for row in stated.iter_rows(named=True):
        name = row["submission_id"]
        if row["status"] == SubmissionStatus.REJECTED and name not in told:
            said.append(file_failures(name, [("F018", "")]))
        if row["status"] == SubmissionStatus.HELD and row["many"]:
            said.append(file_failures(name, [("F019", f"{row['rows_rejected']} of {row['rows_read']}")]))
        if row["status"] == SubmissionStatus.HELD and row["few"]:
            said.append(file_failures(name, [("F020", f"{row['rows_read']} instead of {row['last_rows']}")]))
    return said


def _with_missing(verdicts: pl.DataFrame, rows: pl.DataFrame, known: Known) -> pl.DataFrame:
    """Count the members of the plan's last file who are in no merged file of the provider for the period, these files included."""
    columns = Submissions.polars_schema().names()
    merged = verdicts.filter(pl.col("status").is_in(MERGED), pl.col("period").is_not_null())
    submissions = pl.concat([known.submissions, verdicts.select(columns)])
    covered = pl.concat([known.rows, rows])
    counts = [pl.DataFrame(schema={"submission_id": pl.String, "missing": pl.Int64})]
    for part in merged.partition_by("period", maintain_order=True):
        period = part["period"][0]
        asked = part.select("submission_id", "provider_id", program=pl.col("kind").replace_strict(PROGRAM_OF), cutoff="received_at")
        expected = expected_members(known.listings, known.loops, period, asked.drop("submission_id"), known.settings)
        missing = missing_members(expected, covered, submissions, period)
        by_provider = missing.group_by("provider_id", "program").agg(missing=pl.len().cast(pl.Int64))
        counts.append(asked.join(by_provider, on=["provider_id", "program"], how="inner").select("submission_id", "missing"))
    joined = verdicts.join(pl.concat(counts), on="submission_id", how="left", maintain_order="left")
    missing_members_found = pl.col("missing").fill_null(0)
    return joined.with_columns(
        members_missing=missing_members_found, warnings=pl.col("warnings") + (missing_members_found > 0).cast(pl.Int64)
    ).select(columns)


def _missing(verdicts: pl.DataFrame) -> pl.DataFrame:
    found = verdicts.filter(pl.col("members_missing") > 0).select("submission_id", "members_missing").iter_rows()
    return pl.concat([no_failures(), *(file_failures(name, [("F029", str(count))]) for name, count in found)])


def _observations(of_merged: pl.DataFrame) -> pl.DataFrame:
    """Accepted and unchanged rows as observations: a row that says nothing new still says that the member was reported."""
    told = of_merged.filter(pl.col("outcome").is_in([RowOutcome.ACCEPTED.value, RowOutcome.UNCHANGED.value]))
    return told.with_columns(
        observation_id=digest_names("O", told.select(ROW)),
        status_date=pl.coalesce("status_date", "production_date"),
        source=pl.lit("rtf"),
    ).select(Observations.polars_schema().names())
