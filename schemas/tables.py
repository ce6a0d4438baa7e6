"""The tables of the store by name: what columns each has, and which rows are versions of one another."""

from __future__ import annotations

import polars as pl

from schemas.columns import Layout
from schemas.contacts import ContactChanges, ContactPublications, ContactReports
from schemas.corrections import Settlements
from schemas.deliveries import Deliveries
from schemas.dhcs_submission import DhcsRecords, DhcsSubmissions
from schemas.findings import Findings
from schemas.formats import MOMENT
from schemas.history import Assignments, Events, Listings, Loops, Observations
from schemas.layouts import EXTRACT_KEYS, EXTRACTS
from schemas.notices import Notices
from schemas.outreach import OutreachAttempts
from schemas.runs import Runs
from schemas.submissions import Arrivals, Quarantine, Rows, Sightings, Submissions

UTC_MOMENT = pl.Datetime("us", "UTC")
RUN_ID: dict[str, pl.DataType] = {"run_id": pl.String()}


def version_schema(layout: type[Layout]) -> pl.Schema:
    """Columns of the versions of a plan extract: its elements as values, then `extra` (JSON of columns not declared) and `known_from`."""
    elements = {name: UTC_MOMENT if element.format == MOMENT else element.format.dtype() for name, element in layout.elements().items()}
    return pl.Schema({"plan": pl.String()} | elements | {"extra": pl.String(), "known_from": UTC_MOMENT})


RUNS = "runs"
TABLES: dict[str, pl.Schema] = {
    name: pl.Schema(dict(schema) | RUN_ID)
    for name, schema in (
        ("sightings", Sightings.polars_schema()),
        ("arrivals", Arrivals.polars_schema()),
        ("submissions", Submissions.polars_schema()),
        ("rows", Rows.polars_schema()),
        ("held_rows", Rows.polars_schema()),
        ("findings", Findings.polars_schema()),
        ("settlements", Settlements.polars_schema()),
        ("quarantine", Quarantine.polars_schema()),
        *((name, version_schema(layout)) for name, layout in EXTRACTS.items()),
        ("assignments", Assignments.polars_schema()),
        ("listings", Listings.polars_schema()),
        ("observations", Observations.polars_schema()),
        ("events", Events.polars_schema()),
        ("loops", Loops.polars_schema()),
        ("contact_reports", ContactReports.polars_schema()),
        ("contact_changes", ContactChanges.polars_schema()),
        ("contact_publications", ContactPublications.polars_schema()),
        ("outreach_attempts", OutreachAttempts.polars_schema()),
        ("notices", Notices.polars_schema()),
        ("deliveries", Deliveries.polars_schema()),
        ("dhcs_submissions", DhcsSubmissions.polars_schema()),
        ("dhcs_records", DhcsRecords.polars_schema()),
    )
}
RUNS_SCHEMA = Runs.polars_schema()

# Tables whose rows are versions: the last one of a key stands.
VERSION_KEYS: dict[str, tuple[str, ...]] = {
    "submissions": ("submission_id",),
    "deliveries": ("provider_id", "file_name"),
    "notices": ("notice_id",),
    **{kind: ("plan", key) for kind, key in EXTRACT_KEYS.items()},
}
# Tables that are a function of the others: `clr store rebuild` makes them anew and must change nothing.
DERIVED = ("events", "loops", "contact_changes")
