"""The story of one referral for tests of notices: what happened to it, what the plan then holds, and the ledger as people read it.

All people are made up.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from config.load import load_profile
from config.settings import Channel, Notices, Plan, Settings, Sftp
from pipeline.notices import Owed, owed_notices
from schemas.columns import Layout
from schemas.history import Assignments, Closures
from schemas.members import Members
from schemas.notices import Notices as NoticesTable
from schemas.providers import Providers
from schemas.referrals import Referrals

PACIFIC = ZoneInfo("America/Los_Angeles")
MOMENT = pl.Datetime("us", "UTC")
MOMENTS = ("request_received_at", "decision_at", "assigned_at", "known_from")
LATER = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)

MEMBER = {
    "cin": "90000001A",
    "plan_member_id": "M1",
    "first_name": "Ana",
    "last_name": "Reyes",
    "address": "1 Elm St",
    "city": "Fresno",
    "state": "CA",
    "zip": "93701",
    "phone": "5595550101",
    "pcp_name": "Poe, Dana, MD",
    "pcp_npi": "1111111112",
    "pcp_phone": "5595550102",
}
REFERRAL = {
    "referral_id": "R1",
    "program": "CS",
    "service": "Respite Services",
    "cin": "90000001A",
    "referral_type": "Community Referral",
    "referring_org_name": "Elm Clinic",
    "referring_individual_email": "desk@elm.example",
    "referring_relationship": "Medical provider",
}
PROVIDERS = [
    {"provider_id": "P1", "name": "First Care", "npi": "1234567893", "programs": "ECM;CS"},
    {"provider_id": "P2", "name": "Second Care", "npi": "1245319599", "programs": "ECM;CS"},
]


def settings(assignment_to_referrer: str = "anybody", **channels: Channel) -> Settings:
    ways: dict[str, Channel] = {"referring_entity": "email", "pcp": "email", **channels}
    plan = Plan(id="demo", name="Demo Health Plan")
    profile = load_profile("dhcs")
    deadlines = profile.deadlines.model_copy(update={"assignment_to_referrer": assignment_to_referrer})
    profile = profile.model_copy(update={"deadlines": deadlines})
    return Settings(plan=plan, sftp=Sftp(url="file:///srv"), notices=Notices(**ways), profile=profile, profile_name="dhcs")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PACIFIC)


def frame(layout: type[Layout], rows: list[dict[str, Any]], **more: pl.DataType) -> pl.DataFrame:
    schema = {name: MOMENT if name in MOMENTS else element.format.dtype for name, element in layout.elements().items()}
    return pl.DataFrame(rows, schema=pl.Schema({**schema, **more}))


@dataclass(frozen=True)
class Story:
    """What has happened to one referral."""

    referral: dict[str, Any] = field(default_factory=dict)
    member: dict[str, Any] = field(default_factory=dict)
    placed: tuple[tuple[int, str | None, str | None], ...] = ()
    closed: tuple[tuple[int, int, str, str, str], ...] = ()
    closed_by: str = "rtf"

    def owed(self, as_of: dt.datetime = LATER) -> Owed:
        """What the plan holds of it at a moment."""
        referral = {**REFERRAL, **self.referral, "plan": "demo", "known_from": at("2026-01-02")}
        loops = [
            {**{key: referral[key] for key in ("plan", "referral_id", "program", "service", "cin")}, "loop": loop}
            | {"provider_id": provider, "assigned_at": at(since) if since else None, "known_at": at("2026-01-02")}
            for loop, provider, since in self.placed
            if not since or at(since) <= as_of
        ]
        closures = [
            {"plan": "demo", "referral_id": referral["referral_id"], "loop": loop, "step": step, "closure_reason": reason}
            | {"closed_on": dt.date.fromisoformat(day), "received_at": at(received), "source": self.closed_by}
            | {"status": "Referral Loop Closed", "submission_id": "S1"}
            for loop, step, reason, day, received in self.closed
            if at(received) <= as_of
        ]
        return Owed(
            referrals=frame(Referrals, [referral], plan=pl.String(), known_from=MOMENT),
            members=frame(Members, [{**MEMBER, **self.member}]),
            providers=frame(Providers, PROVIDERS),
            assignments=pl.DataFrame(loops, schema=Assignments.polars_schema()),
            closures=pl.DataFrame(closures, schema=Closures.polars_schema()),
        )

    def notices(self, as_of: dt.datetime = LATER, **channels: Channel) -> pl.DataFrame:
        return owed_notices(self.owed(as_of), NoticesTable.no_rows(), settings(**channels), as_of)

    def told_along(self, *runs: str) -> pl.DataFrame:
        """The ledger of several runs, each of which sends what it queued."""
        known = NoticesTable.no_rows()
        for run in runs:
            new = owed_notices(self.owed(at(run)), known, settings(), at(run))
            known = pl.concat([known, sent(new)])
        return known.sort("due_at", "kind", "referral_id", "loop", "recipient_kind", "notice_id")


def sent(notices: pl.DataFrame) -> pl.DataFrame:
    """The same notices, sent the moment they were queued."""
    return notices.with_columns(state=pl.lit("sent"), sent_at=pl.col("trigger_at"), evidence=pl.lit("a test"))


def ledger(notices: pl.DataFrame) -> list[tuple[str, ...]]:
    """The notices as a programme analyst reads them."""
    due = pl.col("due_at").dt.convert_time_zone("America/Los_Angeles").dt.strftime("%a %Y-%m-%d %H:%M")
    who = pl.format("{} {}", "recipient_kind", "recipient")
    return notices.select(kind="kind", loop=pl.col("loop").cast(pl.String).fill_null("-"), to=who, tells="tells", due=due).rows()


def lines(text: str) -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in line.split("  ") if cell) for line in text.strip().splitlines()][1:]
