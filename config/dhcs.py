"""How the plan submits to DHCS: test or production, from which referrals on, and by whose schema."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from config.profile import Choice

CLR_BEGAN = dt.date(2025, 7, 1)  # CLR guidance: monitoring data from July 1, 2025


class Dhcs(Choice):
    """The monthly submission to DHCS."""

    usage: Literal["test", "production"] = Field(
        default="test",
        description="Whether submissions are marked as a `test` or for `production`. What was tested only counts as never sent.",
    )
    referrals_since: dt.date = Field(default=CLR_BEGAN, description="Referrals made before this day are not told.")
    withdrawn: tuple[str, ...] = Field(
        default=(), description="Referrals (`referral_id`) made in error: what was told of them is voided, and nothing more is told."
    )
    schema_file: str = Field(
        default="",
        description="JSON Schema, such as the official one that DHCS hands out on request, relative to the workspace: a submission has to "
        "keep it, in place of ours.",
    )
    mapping_file: str = Field(
        default="", description="TOML file, relative to the workspace, that says where the other schema wants each element, and how."
    )
