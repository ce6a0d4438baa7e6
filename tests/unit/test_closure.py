"""What one observation says about the end of its loop, by each profile's rule; as a table that a programme analyst can read."""

from __future__ import annotations

import polars as pl
import pytest

from config.load import load_profile
from pipeline.closure import disagreements, with_closing

# program, source, status, reason, engagement; then how it closes by status and by engagement, and where the two disagree (* derived)
TABLE = """
ECM | rtf  | Accepted             |                           | Pending Outreach              | -                         | -                                                    | -   -
ECM | rtf  | Outreach Initiated   |                           | Enrolled                      | -                         | Services Received *                                  | yes yes
ECM | rtf  |                      |                           | Enrolled                      | -                         | Services Received *                                  | -   -
ECM | rtf  |                      |                           | Declined                      | -                         | Member No Longer Needs Services or Declines Services * | -   -
ECM | rtf  |                      |                           | Excluded                      | -                         | Member No Longer Eligible for Services *             | -   -
ECM | rtf  |                      |                           | Discontinued                  | -                         | -                                                    | -   -
ECM | rtf  | Referral Loop Closed | Services Received         | Enrolled                      | Services Received         | Services Received                                    | -   -
ECM | rtf  | Referral Loop Closed | Other                     | Enrolled                      | Other                     | Other                                                | -   -
ECM | rtf  | Referral Loop Closed | Unable to Reach Member    | Currently in Outreach         | Unable to Reach Member    | -                                                    | -   yes
ECM | rtf  | Referral Loop Closed | Services Received         | Pending Outreach              | Services Received         | -                                                    | yes yes
ECM | rtf  | Referral Loop Closed | Services Received         |                               | Services Received         | -                                                    | -   -
ECM | rtf  | Declined             | Service Provider Declined | Pending Outreach              | Service Provider Declined | Service Provider Declined                            | -   -
ECM | rtf  | Declined             | Service Provider Declined |                               | Service Provider Declined | Service Provider Declined                            | -   -
CS  | rtf  | Accepted             |                           | Currently Delivering Services | -                         | -                                                    | yes yes
CS  | rtf  | Referral Loop Closed | Services Received         | Currently Delivering Services | Services Received         | Services Received                                    | -   -
CS  | rtf  | Referral Loop Closed | Other                     | Services Discontinued         | Other                     | Other                                                | -   -
CS  | rtf  | Referral Loop Closed | Unable to Reach Member    | Currently in Outreach         | Unable to Reach Member    | -                                                    | -   yes
CS  | rtf  | Declined             | Other                     | Pending Outreach              | Other                     | Other                                                | -   -
CS  | rtf  |                      |                           | Services Discontinued         | -                         | -                                                    | -   -
ECM | plan | Referral Loop Closed | Authorization Denied      |                               | Authorization Denied      | Authorization Denied                                 | -   -
CS  | plan | Referral Loop Closed | Authorization Denied      |                               | Authorization Denied      | Authorization Denied                                 | -   -
"""  # noqa: E501 - a table
LINES = [[cell.strip() or None for cell in line.split("|")] for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("profile", "column"), [("dhcs", 5), ("iehp", 5), ("chpiv", 6)])
@pytest.mark.parametrize("line", LINES, ids=lambda line: " ".join(str(cell) for cell in line[:5]))
def test_which_observations_close_and_why(line: list[str | None], profile: str, column: int) -> None:
    closing = load_profile(profile).closing
    names = ("program", "source", "status", "closure_reason", "engagement")
    told = pl.DataFrame([dict(zip(names, line, strict=False))], schema=dict.fromkeys(names, pl.String))
    found = with_closing(told, closing).row(0, named=True)
    expected = str(line[column])
    assert found["closes"] == (expected != "-")
    assert found["closing_reason"] == (None if expected == "-" else expected.removesuffix(" *"))
    assert found["derived"] == expected.endswith("*")
    disagree = str(line[7]).split()[0 if closing.rule == "status" else 1]
    rows = told.rename({"status": "referral_status"})
    assert disagreements(rows, closing).height == (disagree == "yes")


def test_nothing_told_closes_nothing() -> None:
    names = ("program", "source", "status", "closure_reason", "engagement")
    for profile in ("dhcs", "chpiv"):
        assert with_closing(pl.DataFrame(schema=dict.fromkeys(names, pl.String)), load_profile(profile).closing).is_empty()
