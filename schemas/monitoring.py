"""How the plan and its providers do against what is expected of them: one figure a row."""

from enum import StrEnum

import polars as pl

from schemas.columns import Table, described


class Measure(StrEnum):
    """What is measured; the page on reports defines each."""

    COMMUNITY = "community_share"
    ROUTINE_DECISION = "routine_decisions_in_time"
    EXPEDITED_DECISION = "expedited_decisions_in_time"
    FIRST_MIF = "first_mif_in_time"
    NOTICES = "notices_in_time"
    LATE_NOTICES = "late_notices"
    CLOSED = "closed_in_time"
    CLOSED_HOMELESS = "closed_in_time_without_home"
    PENDING = "open_loops_by_age"
    DENIED = "denied_share"
    ATTEMPTS = "outreach_attempts_year_to_date"
    SUCCESSES = "outreach_successes_year_to_date"
    SUCCESS_SHARE = "outreach_success_share_year_to_date"
    REJECTED_ROWS = "rejected_rows"
    ROWS_WITH_RULE = "rows_with_rule"
    FILES_WITH_RULE = "files_with_rule"


class Monitoring(Table):
    """One row for each measure, program, and provider, referring entity or detail that it is told of; with none of them, the plan's."""

    plan: str = described("The plan.")
    period: str = described("The month, YYYY-MM.")
    measure: str = described("What is measured.")
    program: str = described("ECM or CS; null where it is about both.", nullable=True)
    provider_id: str = described("The provider; null for the plan.", nullable=True)
    provider_name: str = described("Its name.", nullable=True)
    referring_entity: str = described("Who referred, where the measure is about that.", nullable=True)
    detail: str = described("The kind of notice, the rule, or the age, where the measure is about that.", nullable=True)
    numerator: pl.Int64 = described("Cases that count.", nullable=True)
    denominator: pl.Int64 = described("All cases, of a share.", nullable=True)
    value: pl.Float64 = described("The figure: of a share 0 to 1.", nullable=True)
    unit: str = described("share, or what is counted.")
    goal: pl.Float64 = described("What it should be at least, where there is such a thing.", nullable=True)
    not_available: str = described("Why there is no figure; null when there is one.", nullable=True)
