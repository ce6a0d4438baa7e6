"""The referral history: what was observed, the events that the observations amount to, and where each loop stands."""

import polars as pl

from schemas.columns import Moment, Table, described

LOOP = ("plan", "referral_id", "loop")
RECEIPT_ORDER = ("received_at", "submission_id", "row")  # in which observations count, however they were processed and stored


class Assignments(Table):
    """One row for each loop: a referral placed with a servicing provider (or, when denied first, with none)."""

    plan: str = described("The plan.")
    referral_id: str = described("The referral.")
    loop: pl.Int64 = described("Counts the placements of the referral from 1.")
    program: str = described("ECM or CS.")
    service: str = described("The service asked for.")
    cin: str = described("The member.")
    provider_id: str = described("Who it is placed with.", nullable=True)
    assigned_at: Moment = described("When it was placed.", nullable=True)
    known_at: Moment = described("When the plan's extract told.")


class Listings(Table):
    """One row for each loop on each outbound MIF or ASF: what a provider was told, and has to report on."""

    plan: str = described("The plan.")
    file_name: str = described("The outbound file.")
    kind: str = described("mif or asf.")
    supplemental: pl.Boolean = described("Whether the file adds to the last full one.")
    provider_id: str = described("Who it went to.")
    program: str = described("ECM or CS.")
    referral_id: str = described("The referral.")
    loop: pl.Int64 = described("The loop.")
    cin: str = described("The member.")
    produced_at: Moment = described("When the file was made.")


class Observations(Table):
    """One row for each thing told about a loop: every accepted or unchanged row of a file, and the plan's own closures. Never changed."""

    observation_id: str = described("Derived from submission and row.")
    plan: str = described("The plan.")
    referral_id: str = described("The referral.")
    loop: pl.Int64 = described("The loop.")
    program: str = described("ECM or CS.")
    service: str = described("The service.")
    cin: str = described("The member.")
    provider_id: str = described("Who told; null for the plan.", nullable=True)
    status: str = described("Referral status; null where the row leaves it out.", nullable=True)
    status_date: pl.Date = described("Day that it happened.")
    closure_reason: str = described("Reason, for a closing status.", nullable=True)
    engagement: str = described("Engagement as told.", nullable=True)
    source: str = described("rtf, plan or encounter.")
    received_at: Moment = described("When the plan knew.")
    submission_id: str = described("Where it came from.")
    row: pl.Int64 = described("Row of the file.", nullable=True)


class Events(Table):
    """What the observations say: each fact once, with its first telling. Key: `event_id`."""

    event_id: str = described("Derived from loop, status, date, reason and engagement.")
    plan: str = described("The plan.")
    referral_id: str = described("The referral.")
    loop: pl.Int64 = described("The loop.")
    program: str = described("ECM or CS.")
    service: str = described("The service.")
    cin: str = described("The member.")
    provider_id: str = described("Who told first; null for the plan.", nullable=True)
    status: str = described("Referral status; null for an engagement that changed alone.", nullable=True)
    status_date: pl.Date = described("Day that it happened.")
    closure_reason: str = described("Reason, for a closing status.", nullable=True)
    engagement: str = described("Engagement as told.", nullable=True)
    derived: pl.Boolean = described("Whether status and reason were derived from the engagement.")
    source: str = described("rtf, plan or encounter.")
    received_at: Moment = described("When the plan first knew.")
    submission_id: str = described("Where it came from.")
    row: pl.Int64 = described("Row of the file.", nullable=True)
    voided: pl.Boolean = described("Entered in error: kept, and counted nowhere.")


class Loops(Table):
    """Where each loop stands. Key: `plan`, `referral_id`, `loop`. `days_open` is counted when it is asked for."""

    plan: str = described("The plan.")
    referral_id: str = described("The referral.")
    loop: pl.Int64 = described("The loop.")
    program: str = described("ECM or CS.")
    service: str = described("The service.")
    cin: str = described("The member.")
    provider_id: str = described("Who holds it.", nullable=True)
    assigned_at: Moment = described("When it was placed.", nullable=True)
    sent_on: pl.Date = described("Day that the first MIF or ASF with it was made.", nullable=True)
    status: str = described("Latest status.", nullable=True)
    status_date: pl.Date = described("Its day.", nullable=True)
    engagement: str = described("Latest engagement told.", nullable=True)
    closure_reason: str = described("Why it closed.", nullable=True)
    closed_on: pl.Date = described("Day that it closed.", nullable=True)
    closure_received_at: Moment = described("When the plan learned of the closure that stands.", nullable=True)
    closure_source: str = described("rtf, plan or encounter.", nullable=True)
    corrections: pl.Int64 = described("How often the reason was corrected.")
    last_reported_at: Moment = described("When the provider last reported the member.", nullable=True)


class Closures(Table):
    """The steps by which a loop closed: the first closing, then each correction of its reason."""

    plan: str = described("The plan.")
    referral_id: str = described("The referral.")
    loop: pl.Int64 = described("The loop.")
    step: pl.Int64 = described("1 closes; each further one corrects.")
    status: str = described("The closing status.")
    closed_on: pl.Date = described("Day that it closed.")
    closure_reason: str = described("Why.")
    source: str = described("rtf, plan or encounter.")
    received_at: Moment = described("When the plan learned of it: starts the notice's clock.")
    submission_id: str = described("Where it came from.")
