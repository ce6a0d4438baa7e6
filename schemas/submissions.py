"""Files on their way in: when each was first seen, what was taken into the archive, and how it was judged."""

from __future__ import annotations

from enum import StrEnum

import polars as pl

from schemas.columns import Moment, Table, described


class SubmissionStatus(StrEnum):
    """How a submission was judged."""

    ACCEPTED = "ACCEPTED"
    ACCEPTED_WITH_ERRORS = "ACCEPTED_WITH_ERRORS"
    REJECTED = "REJECTED"
    DUPLICATE = "DUPLICATE"
    HELD = "HELD"


MERGED = (SubmissionStatus.ACCEPTED.value, SubmissionStatus.ACCEPTED_WITH_ERRORS.value)


class RowOutcome(StrEnum):
    """What became of a row; every row read has exactly one."""

    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class Sightings(Table):
    """One row for each file seen in a mailbox: the receipt clock, which the uploader cannot set."""

    plan: str = described("The plan.")
    provider_id: str = described("Whose mailbox.")
    file_name: str = described("Name in the mailbox.")
    size: pl.Int64 = described("Bytes, as listed.")
    modified_at: Moment = described("Modification time as listed: recorded, never trusted.")
    first_seen_at: Moment = described("When it was first listed.")


class Arrivals(Table):
    """One row for each file taken into the archive."""

    submission_id: str = described("Name of the submission, derived from what and when it is.")
    plan: str = described("The plan.")
    provider_id: str = described("Whose mailbox it came from.")
    file_name: str = described("Name in the mailbox.")
    sha256: str = described("Digest of the file: its name in the archive.")
    size: pl.Int64 = described("Bytes.")
    modified_at: Moment = described("Modification time as listed.", nullable=True)
    received_at: Moment = described("First sighting: starts every clock.")
    fetched_at: Moment = described("When it was taken.")
    way: str = described("sftp, or the reason given for a file received another lawful way.")


class Submissions(Table):
    """How each submission was judged; a later version (a held file released) replaces the earlier. Key: `submission_id`."""

    submission_id: str = described("Name of the submission.")
    plan: str = described("The plan.")
    provider_id: str = described("Whose mailbox it came from.")
    file_name: str = described("Name in the mailbox.")
    sha256: str = described("Digest of the file.")
    kind: str = described("Layout by content; null when it could not be told.", nullable=True)
    period: str = described("Reporting period, YYYY-MM.", nullable=True)
    received_at: Moment = described("First sighting.")
    ruleset: str = described("Rules that it was judged by.")
    status: str = described("ACCEPTED, ACCEPTED_WITH_ERRORS, REJECTED, DUPLICATE or HELD.")
    rows_read: pl.Int64 = described("Rows below the header.")
    rows_accepted: pl.Int64 = described("Rows that told something new.")
    rows_unchanged: pl.Int64 = described("Rows that told what was known.")
    rows_duplicate: pl.Int64 = described("Rows that repeat an earlier row, or a file received before.")
    rows_rejected: pl.Int64 = described("Rows with an error.")
    warnings: pl.Int64 = described("Findings of severity warning.")
    members_missing: pl.Int64 = described("Members on the plan's last file that are not in this one.")
    due_at: Moment = described("When the period's file was due.", nullable=True)
    on_time: pl.Boolean = described("Whether it was received by then.", nullable=True)
    first_submission_id: str = described("For a duplicate: the submission that it repeats.", nullable=True)
    corrects: str = described("For corrections: the submission whose findings it answers.", nullable=True)


class Rows(Table):
    """One row for each row read: what became of it. The accounting of a submission is a count over these."""

    plan: str = described("The plan.")
    submission_id: str = described("The submission.")
    kind: str = described("Layout of the sheet that it stands on; null when it could not be told.", nullable=True)
    row: pl.Int64 = described("Row of that sheet as Excel numbers it.")
    outcome: str = described("accepted, unchanged, duplicate or rejected.")
    cin: str = described("The member that the row names; null when it cannot be read.", nullable=True)
    referral_id: str = described("The referral that it belongs to, when one was found.", nullable=True)
    loop: pl.Int64 = described("The loop that it belongs to, when one was found.", nullable=True)
    sheet: str = described("Sheet of the workbook, where two of them were read.", nullable=True)
    service: str = described("The service that the row names; null when it cannot be read.", nullable=True)
    corrects_row: pl.Int64 = described("For corrections: the row of the corrected file that it says it is.", nullable=True)


class Quarantine(Table):
    """One row for each file set aside."""

    submission_id: str = described("Name of the submission.")
    plan: str = described("The plan.")
    provider_id: str = described("Whose mailbox it came from.")
    rules: str = described("Rules that set it aside, separated by blanks.")
