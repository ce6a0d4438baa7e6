"""Many referrals at once, each with a story of its own in a line of text, and one ledger for all of them. All people are made up.

A story is a list of events, separated by `;`. An event without a day is how things are from the beginning; one with a day (`03-05 15:00`,
of 2026) happens then, and is known from then on, or from the day behind `seen`. Every evening that a story names is a run, for all stories;
it sends what it queued, except for stories that say `unsent`.
"""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from config.settings import Settings
from pipeline.history import fold
from pipeline.notices import Owed, notice_changes
from schemas.columns import Layout
from schemas.history import LOOP, Assignments, Listings, Observations
from schemas.members import Members
from schemas.notices import Notices as NoticesTable
from schemas.providers import Providers
from schemas.referrals import Referrals
from tests.spec.notice_stories import MEMBER, MOMENT, PROVIDERS, REFERRAL, at, frame, settings

EVENT = re.compile(r"(?:(\d\d-\d\d)(?: (\d\d:\d\d))? )?(\w+)(?: (?!seen )(.*?))?(?: seen (\d\d-\d\d))?")
REASONS = {
    "served": "Services Received",
    "declined": "Service Provider Declined",
    "unreached": "Unable to Reach Member",
    "ineligible": "Member No Longer Eligible for Services",
    "other": "Other",
}
STATUSES = {
    "approved": "Approved",
    "denied": "Denied",
    "review": "Under Review",
    "asked": "Need Additional Information from Referral Source",
}
SELF = {"referring_relationship": "Member/family"}
WHO: dict[str, dict[str, Any]] = {
    "clinic": {},
    "plan": {"referral_type": "Identified by the MCP"},
    "self": SELF,
    "social": {"referring_relationship": "Social services provider"},
    "neighbour": {"referring_relationship": "Other"},
    "company": {"referring_relationship": "Other", "referring_org_npi": "1999999992"},
    "facility": {"referring_relationship": "Other", "justice_involved": "Y", "referring_org_name": "Valley Facility"},
    "inmate": {**SELF, "justice_involved": "Y", "referring_org_name": "Valley Facility"},
    "provider": {"referring_org_npi": PROVIDERS[0]["npi"]},
    "namesake": {"referring_org_name": "FIRST CARE"},
    "mailless": {"referring_individual_email": None, "referring_individual_phone": "5595550199"},
    "nobody": {"referring_individual_email": None},
    "badmail": {"referring_individual_email": "desk at elm"},
}
PEOPLE: dict[str, dict[str, Any]] = {
    "guardian": {"guardian_first_name": "Luis", "guardian_last_name": "Sol", "guardian_phone": "5595550177"},
    "homeless": {"address": "No fixed current address", "phone": None},
    "cityless": {"address": "1 Elm St", "city": None},
    "zipless": {"zip": "937"},
    "badphone": {"address": None, "phone": "555-12"},
    "pcp_is_provider": {"pcp_npi": PROVIDERS[0]["npi"]},
    "pcp_of_provider": {"pcp_name": "First Care,"},
    "pcp_unknown": {"pcp_npi": None},
    "no_pcp": {"pcp_name": None, "pcp_npi": None, "pcp_phone": None},
}


@dataclass
class Referral:
    """One story while it is told."""

    number: int
    program: str
    events: str
    row: dict[str, Any] = field(default_factory=dict)
    person: dict[str, Any] = field(default_factory=dict)
    versions: list[dict[str, Any]] = field(default_factory=list)
    assignments: list[dict[str, Any]] = field(default_factory=list)
    observations: list[dict[str, Any]] = field(default_factory=list)
    sends: bool = True
    due: list[tuple[dt.datetime, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.name = f"S{self.number:02}"
        self.cin = f"9{self.number:07}A"
        service = "ECM" if self.program == "ECM" else "Respite Services"
        self.row = {**REFERRAL, "referral_id": self.name, "program": self.program, "service": service, "cin": self.cin}
        self.row |= {"referral_date": dt.date(2026, 3, 1), "plan": "demo"}
        self.person = {**MEMBER, "cin": self.cin}
        for event in self.events.split(";"):
            found = EVENT.fullmatch(event.strip())
            assert found, event
            day, time, verb, detail, seen = found.groups()
            if day is None:
                self._set(verb, detail or "")
                continue
            moment = at(f"2026-{day} {time or '12:00'}")
            known = at(f"2026-{seen} 12:00") if seen else moment
            self.due.append((known, lambda v=verb, d=detail or "", m=moment, k=known: self._happens(v, d, m, k)))  # type: ignore[misc]
        self.due.sort(key=lambda one: one[0])

    def live_until(self, moment: dt.datetime) -> None:
        """Let everything happen that is known by a moment."""
        while self.due and self.due[0][0] <= moment:
            self.due.pop(0)[1]()

    def _set(self, verb: str, detail: str) -> None:
        if verb == "by":
            self.row |= WHO[detail]
        elif verb == "unsent":
            self.sends = False
        elif verb == "streamlined":
            self.row["streamlined_start"] = dt.date.fromisoformat(f"2026-{detail}")
        else:
            self.person |= PEOPLE[verb]

    def _happens(self, verb: str, detail: str, moment: dt.datetime, known: dt.datetime) -> None:
        if verb in STATUSES:
            self._extract(known, authorization_status=STATUSES[verb], decision_at=moment, denial_reason=detail or None)
            if verb == "denied":
                self._observe("Referral Loop Closed", "Authorization Denied", "plan", moment, known)
        elif verb == "placed":
            self._extract(known, provider_id=detail, assigned_at=moment)
            own = {key: self.row[key] for key in ("plan", "referral_id", "program", "service", "cin")}
            self.assignments.append(
                own | {"loop": len(self.assignments) + 1, "provider_id": detail, "assigned_at": moment, "known_at": known}
            )
        elif verb == "unplaced":
            self._extract(known, provider_id=None, assigned_at=None)
        elif verb == "notified":
            self._extract(known, member_notified_on=dt.date.fromisoformat(f"2026-{detail}"))
        elif verb == "made":
            self._extract(known)
        elif verb == "sobering":
            self._extract(known, service="Sobering Centers")
            for row in self.assignments + self.observations:
                row["service"] = "Sobering Centers"
        elif verb == "by":
            self._extract(known, **WHO[detail])
        elif verb in PEOPLE:
            self.person |= PEOPLE[verb]
        elif verb == "healed":
            self.person |= {name: MEMBER[name] for name in ("address", "city", "zip", "phone")}
        elif verb == "status":
            self._observe(detail, None, "rtf", moment, known)
        elif verb == "encounter":
            self._observe("Referral Loop Closed", REASONS["served"], "encounter", moment, known)
        elif verb in REASONS:
            status = "Declined" if verb == "declined" else "Referral Loop Closed"
            self._observe(status, REASONS[verb], "rtf", moment, known, loop=int(detail) if detail else None)
        else:
            assert verb == "evening", verb

    def _extract(self, known: dt.datetime, **changes: Any) -> None:
        self.row |= changes
        self.versions.append({**self.row, "known_from": known, "run_id": f"{known:%m%d%H}-intake"})

    def _observe(
        self, status: str, reason: str | None, source: str, moment: dt.datetime, known: dt.datetime, loop: int | None = None
    ) -> None:
        if not self.assignments:
            return
        place = self.assignments[(loop or len(self.assignments)) - 1]
        own = {key: place[key] for key in ("plan", "referral_id", "program", "service", "cin", "loop")}
        self.observations.append(
            own
            | {"observation_id": f"O{self.number}-{len(self.observations)}", "provider_id": place["provider_id"], "status": status}
            | {"status_date": moment.date(), "closure_reason": reason, "source": source, "received_at": known, "row": None}
            | {"submission_id": f"{source}{known:%m%d}", "engagement": None}
        )


def frames(referrals: Sequence[Referral], chosen: Settings) -> Owed:
    """What the plan holds of all stories as they are told by now."""
    versions = [row for one in referrals for row in one.versions]
    current = [one.versions[-1] for one in referrals if one.versions]
    assignments = pl.DataFrame([row for one in referrals for row in one.assignments], schema=Assignments.polars_schema())
    observations = pl.DataFrame([row for one in referrals for row in one.observations], schema=Observations.polars_schema())
    listings = Listings.no_rows()
    folded = fold(assignments.sort(LOOP), listings, observations, chosen.profile.closing, chosen.plan.time_zone)
    extra: dict[str, pl.DataType] = {"plan": pl.String(), "known_from": MOMENT, "run_id": pl.String()}
    columns: type[Layout] = Referrals
    return Owed(
        referrals=frame(columns, current, **extra).drop("run_id"),
        members=frame(Members, [one.person for one in referrals]),
        providers=frame(Providers, [{**row, "mailbox": row["provider_id"].lower()} for row in PROVIDERS]),
        assignments=assignments,
        closures=folded.closures,
        versions=frame(columns, versions, **extra),
        loops=folded.loops,
    )


def live(referrals: Sequence[Referral], runs: Sequence[dt.datetime], **chosen: Any) -> pl.DataFrame:
    """The ledger after runs at these moments: the last version of every notice."""
    own = settings(**chosen)
    ledger = NoticesTable.no_rows()
    unsent = [one.name for one in referrals if not one.sends]
    for run in sorted(runs):
        for one in referrals:
            one.live_until(run)
        changes = notice_changes(frames(referrals, own), ledger, own, run).rows
        assert changes["notice_id"].is_unique().all()
        ledger = pl.concat([ledger.join(changes, on="notice_id", how="anti", maintain_order="left"), changes])
        goes = (pl.col("state") == "queued") & ~pl.col("referral_id").is_in(unsent).fill_null(value=False)
        ledger = ledger.with_columns(
            sent_at=pl.when(goes).then(pl.lit(run).cast(MOMENT)).otherwise("sent_at"),
            state=pl.when(goes).then(pl.lit("sent")).otherwise("state"),
        )
    return ledger


def evenings(referrals: Sequence[Referral]) -> list[dt.datetime]:
    """Nine o'clock of every day on which something is known."""
    days = {known.date() for one in referrals for known, _ in one.due}
    return [at(f"{day} 21:00") for day in sorted(days)]


def told(ledger: pl.DataFrame, referral: str, kind: str) -> str:
    """The notices of one kind as a line: `-` cancelled, `?` for a person, `!` queued; who, `*` as a correction, and when it is due."""
    rows = ledger.filter((pl.col("referral_id") == referral) & (pl.col("kind") == kind))
    marks = {"cancelled": "-", "manual": "?", "queued": "!", "sent": ""}
    lines = []
    for row in rows.sort("trigger_at", "due_at", "recipient_kind", "known_at", "tells").rows(named=True):
        due = row["due_at"].astimezone(at("2026-01-01").tzinfo)
        moment = f"{due:%m-%d}" if due.time() == dt.time(23, 59, 59) else f"{due:%m-%d %H:%M}"
        who = row["recipient_kind"].replace("referring_entity", "referrer")
        lines.append(f"{marks[row['state']]}{who}{'*' if row['corrects'] else ''} {moment}")
    return ", ".join(lines) or "nobody"
