"""Who is late with what: the late-provider exception report as data."""

from __future__ import annotations

from enum import StrEnum

import polars as pl

from schemas.columns import Moment, Table, described


class LatenessClass(StrEnum):
    """How a provider stands for one program and period; exactly one holds."""

    EXCUSED = "excused"
    NOTHING_DUE = "nothing_due"
    MISSING = "missing"
    REJECTED = "rejected"
    LATE = "late"
    INCOMPLETE = "incomplete"
    ON_TIME = "on_time"


LATE_CLASSES = (LatenessClass.MISSING.value, LatenessClass.REJECTED.value, LatenessClass.LATE.value, LatenessClass.INCOMPLETE.value)


class Lateness(Table):
    """One row for every provider, program and period."""

    plan: str = described("The plan.")
    period: str = described("Reporting period, YYYY-MM.")
    provider_id: str = described("The provider.")
    provider_name: str = described("Its name.")
    program: str = described("ECM or CS.")
    class_: str = described("on_time, late, incomplete, rejected, missing, nothing_due or excused (column `class` in files).")
    due_at: Moment = described("When the file was due.")
    received_at: Moment = described("When the first accepted file was received.", nullable=True)
    days_late: pl.Int64 = described("Whole days begun since the due time, until the file came or until now.")
    members_expected: pl.Int64 = described("Members on the plan's last file, still open.")
    members_missing: pl.Int64 = described("Of those, not in the provider's file.")
    consecutive_periods: pl.Int64 = described("Periods in a row, this one included, with a class that is not on time.")
    last_accepted_at: Moment = described("When the last accepted file of any period was received.", nullable=True)
    contact_email: str = described("Whom to ask.", nullable=True)


class LateMembers(Table):
    """One row for each member that a provider did not report."""

    period: str = described("Reporting period.")
    provider_id: str = described("The provider.")
    program: str = described("ECM or CS.")
    cin: str = described("The member.")
    referral_id: str = described("The referral.")


class LateFiles(Table):
    """One row for each return file of the period that was rejected or is held."""

    period: str = described("Reporting period.")
    provider_id: str = described("The provider.")
    program: str = described("ECM or CS; a file of unknown kind stands under both.")
    submission_id: str = described("The submission; its receipt has the same name.")
    received_at: Moment = described("When it was first seen.")
    status: str = described("REJECTED or HELD.")
    rows_read: pl.Int64 = described("Rows below the header.")
    rows_rejected: pl.Int64 = described("Rows with an error.")
    refused_because: str = described("What is wrong with the file, then the errors that most rows have, each with its rule.")
