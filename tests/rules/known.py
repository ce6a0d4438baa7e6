"""What a plan knows, for tests: members, providers, loops that were sent, and what providers told of them before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from config.settings import Notices, Plan, Settings, Sftp
from pipeline.findings import HEADINGS, findings_from
from pipeline.history import fold
from pipeline.judgement import Judgement, judge_submissions
from pipeline.read import ReadLimits, read
from pipeline.recognise import Headings, recognise
from pipeline.submitted import AUTHORIZATIONS, Known, Submitted
from schemas.history import LOOP, Assignments, Listings, Observations
from schemas.layouts import EXTRACTS, INBOUND, OUTBOUND
from schemas.outreach import OutreachAttempts
from schemas.submissions import Arrivals, Rows, Submissions
from schemas.tables import version_schema
from tests.rules.files import NPI, as_csv, as_table, profile_of

PLAN = "sunrise"
PACIFIC = ZoneInfo("America/Los_Angeles")
SENT = datetime(2025, 9, 5, 16, tzinfo=UTC)


def moment(text: str) -> datetime:
    """A moment in plan time."""
    return datetime.fromisoformat(text).replace(tzinfo=PACIFIC).astimezone(UTC)


def settings(profile: str = "dhcs", **changes: Any) -> Settings:
    """Settings of a plan whose mailboxes are nowhere."""
    chosen = profile_of(profile)
    return Settings(
        plan=Plan(id=PLAN, name="Sunrise"),
        sftp=Sftp(url="file:///nowhere"),
        notices=Notices(),
        profile=chosen.model_copy(update=changes),
        profile_name=profile,
    )


def members(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """Current members; `cin`, names and whatever else is told."""
    schema = version_schema(EXTRACTS["members"])
    return pl.DataFrame([{"plan": PLAN, "first_name": "Ana", "last_name": "Rivera"} | dict(row) for row in rows], schema=schema)


def roster(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """The roster: `provider_id` and whatever else is told."""
    schema = {name: dtype for name, dtype in version_schema(EXTRACTS["providers"]).items() if name in EXTRACTS["providers"].elements()}
    return pl.DataFrame([{"npi": NPI, "programs": "ECM;CS", "name": "Altura Care"} | dict(row) for row in rows], schema=schema)


def placed(referral_id: str, cin: str, provider_id: str | None = "ALTURA", loop: int = 1, service: str = "ECM") -> dict[str, Any]:
    """One loop: a row of `Assignments`."""
    told = {"plan": PLAN, "referral_id": referral_id, "loop": loop, "program": "ECM" if service == "ECM" else "CS", "service": service}
    return told | {"cin": cin, "provider_id": provider_id, "assigned_at": SENT, "known_at": SENT}


def observed(loop: Mapping[str, Any], status: str | None, on: str, reason: str | None = None, **more: Any) -> dict[str, Any]:
    """One row of `Observations` on a loop, received at noon of the day after unless told otherwise."""
    told = {name: loop[name] for name in ("plan", "referral_id", "loop", "program", "service", "cin", "provider_id")}
    number = str(more.get("row", 2)) + str(more.get("received_at", on)) + str(more.get("submission_id", "S0"))
    told |= {
        "observation_id": f"O{number}{status}{reason}",
        "status": status,
        "status_date": date.fromisoformat(on),
        "closure_reason": reason,
    }
    given = {"engagement": None, "source": "rtf", "received_at": moment(f"{on}T12:00"), "submission_id": "S0", "row": 2}
    return told | given | more


@dataclass(frozen=True)
class Told:
    """A file that came in. rows: cells by element over a good row; at: when it was first seen, in plan time."""

    rows: Sequence[Mapping[str, str]]
    provider_id: str = "ALTURA"
    kind: str = "rtf-ecm"
    at: str = "2025-11-03T16:00"
    name: str = "S1"
    content: bytes | None = None


@dataclass(frozen=True)
class World:
    """A plan in the making: what it knows before files come in."""

    loops: Sequence[Mapping[str, Any]] = ()
    members: pl.DataFrame = field(default_factory=members)
    roster: pl.DataFrame = field(default_factory=lambda: roster({"provider_id": "ALTURA"}, {"provider_id": "BONITA", "npi": "1245319599"}))
    observations: Sequence[Mapping[str, Any]] = ()
    submissions: pl.DataFrame = field(default_factory=Submissions.no_rows)
    rows: pl.DataFrame = field(default_factory=Rows.no_rows)
    settings: Settings = field(default_factory=settings)
    authorizations: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=AUTHORIZATIONS))
    sent: Mapping[tuple[str, int], datetime | None] = field(default_factory=dict)  # when not at SENT; None: not sent

    def known(self) -> Known:
        """The same as the stages take it."""
        assignments = pl.DataFrame(list(self.loops), schema=Assignments.polars_schema())
        listings = self._listings()
        observations = pl.DataFrame(list(self.observations), schema=Observations.polars_schema())
        plan = self.settings.plan
        folded = fold(assignments, listings, observations, self.settings.profile.closing, plan.time_zone)
        first = listings.group_by(LOOP).agg(sent_at=pl.col("produced_at").min())
        return Known(
            settings=self.settings,
            providers=self.roster,
            members=self.members,
            loops=folded.loops.join(first, on=LOOP, how="left"),
            told=lambda loops: observations.join(loops.unique(), on=LOOP, how="semi"),
            attempts=lambda _loops: OutreachAttempts.no_rows(),
            listings=listings,
            submissions=self.submissions,
            rows=self.rows,
            authorizations=lambda: self.authorizations,
        )

    def judge(self, *files: Told, hold: bool = True) -> Judgement:
        """Judge files that came in at once."""
        return judge_submissions(self.known(), [submitted(one, self.settings) for one in files], hold=hold)

    def merged(self, judgement: Judgement) -> World:
        """What the plan knows after a judgement."""
        return replace(
            self,
            observations=[*self.observations, *judgement.observations.to_dicts()],
            submissions=pl.concat([self.submissions, judgement.submissions]),
            rows=pl.concat([self.rows, judgement.rows]),
        )

    def _listings(self) -> pl.DataFrame:
        rows = []
        for loop in self.loops:
            at = self.sent.get((loop["referral_id"], loop["loop"]), SENT)
            if at is not None and loop["provider_id"]:
                kind = "mif" if loop["program"] == "ECM" else "asf"
                told = {name: loop[name] for name in ("plan", "provider_id", "program", "referral_id", "loop", "cin")}
                rows.append(told | {"file_name": f"{kind}-{at}", "kind": kind, "supplemental": False, "produced_at": at})
        return pl.DataFrame(rows, schema=Listings.polars_schema())


def submitted(one: Told, chosen: Settings) -> Submitted:
    """A file as received and recognized."""
    content = as_csv(as_table(one.kind, one.rows)) if one.content is None else one.content
    file = read(content, f"{one.name}.csv", ReadLimits())
    arrival = dict.fromkeys(Arrivals.polars_schema().names())
    arrival |= {"submission_id": one.name, "plan": PLAN, "provider_id": one.provider_id, "file_name": f"{one.name}.csv", "sha256": one.name}
    table = recognise(file.sheets, Headings((*INBOUND, *OUTBOUND), chosen.profile.layouts)) if file.sheets else None
    told = tuple((defect.rule, defect.detail) for defect in file.defects)
    return Submitted(arrival | {"received_at": moment(one.at)}, table, told)


def findings(judgement: Judgement, *files: Told) -> pl.DataFrame:
    """The findings of a judgement as the providers read them."""
    headings = [
        row for one in files for table in [submitted(one, settings()).table] if table is not None for row in table.headings_of(one.name)
    ]
    return findings_from(judgement.failures, pl.DataFrame(headings, schema=HEADINGS, orient="row"))
