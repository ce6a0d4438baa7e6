"""A profile: the choices that one plan (or the state's guidance) makes for file layouts, closing, calendar, cadence and names.

Profiles are TOML files; a plan's own `clr.toml` may change any of their values. Nothing here has a default hidden in code:
whatever the sources leave open stands in `profiles/dhcs.toml`, where it can be seen and changed.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from schemas.codes import CLOSURE_REASONS, Code, CodeList
from schemas.layouts import INBOUND

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
DayOfMonth = Annotated[int, Field(ge=1, le=31)]
FolderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


class Choice(BaseModel):
    """A frozen part of the settings; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CodeChoice(Choice):
    """One value of a code list that the plan chooses."""

    code: str = ""
    label: str
    aliases: tuple[str, ...] = ()


class Codes(Choice):
    """Code lists that differ from plan to plan."""

    ecm_engagement: tuple[CodeChoice, ...]
    cs_engagement: tuple[CodeChoice, ...]

    def engagement(self, program: str) -> CodeList:
        """The engagement list of a program, ECM or CS."""
        chosen = self.ecm_engagement if program == "ECM" else self.cs_engagement
        return CodeList("engagement", tuple(Code(one.code, one.label, one.aliases) for one in chosen))


class Closing(Choice):
    """When a loop counts as closed.

    rule `status`: Declined or Referral Loop Closed closes (DHCS). rule `engagement`: ECM closes by the engagements below, each with its
    reason; Community Supports close by status, once the engagement is one of those below (Health Net / CHPIV notice). Declined always
    closes.
    """

    rule: Literal["status", "engagement"]
    ecm_engagement_reasons: dict[str, str]
    cs_engagements: tuple[str, ...]

    @model_validator(mode="after")
    def _reasons_are_known(self) -> Self:
        for engagement, reason in self.ecm_engagement_reasons.items():
            if reason not in CLOSURE_REASONS.labels:
                raise ValueError(
                    f"ecm_engagement_reasons.{engagement}: {reason!r} is no closure reason; allowed: {CLOSURE_REASONS.allowed()}"
                )
        return self


class LayoutChoice(Choice):
    """What a plan changes in one inbound layout; columns go by their names in the data dictionary."""

    required: tuple[str, ...] = ()
    aliases: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    sheet: str = ""
    file_name: str = ""


class Cadence(Choice):
    """When files go and come."""

    rtf_due_day: DayOfMonth
    mif_day: DayOfMonth
    asf_days: tuple[DayOfMonth, ...]
    asf_days_move: Literal["nearest", "before", "none"]
    grace_days: Count


class Calendar(Choice):
    """Which days are closed. Names are those of the `holidays` library for the United States and California."""

    version: str
    observed: tuple[str, ...]
    not_observed: tuple[str, ...]
    saturday_to_friday: tuple[str, ...]
    closed: tuple[dt.date, ...]
    confirmed_through: Annotated[int, Field(ge=2025, le=2100)]

    @model_validator(mode="after")
    def _lists_are_disjoint(self) -> Self:
        if both := sorted(set(self.observed) & set(self.not_observed)):
            raise ValueError(f"{both[0]!r} stands in both `observed` and `not_observed`")
        return self


class Thresholds(Choice):
    """When a person has to look."""

    hold_rejected_share: Share
    hold_rows_share: Share
    hold_rows_from: Count
    resolve_days: Positive
    aging_days: tuple[Positive, ...]


class Deadlines(Choice):
    """By when a notice is due. Hours are elapsed hours, business days end at 23:59:59 in plan time."""

    decision_to_referrer_hours: Positive
    decision_to_member_business_days: Positive
    closure_business_days: Positive
    assignment_business_days: Positive
    pcp_assignment_business_days: Positive
    rereferral_business_days: Positive


class Limits(Choice):
    """How large a file may be."""

    file_bytes: Positive
    rows: Positive
    columns: Positive
    cell_characters: Positive
    unpacked_bytes: Positive


class Names(Choice):
    """Names of outbound files; `{plan}`, `{provider_id}`, `{date}` and `{extension}` are filled in."""

    mif: str
    mif_supplemental: str
    asf: str
    asf_supplemental: str

    @model_validator(mode="after")
    def _fields_are_known(self) -> Self:
        for name in (self.mif, self.mif_supplemental, self.asf, self.asf_supplemental):
            try:
                filled = name.format(plan="p", provider_id="q", date="d", extension="x")
            except (KeyError, IndexError, ValueError):
                raise ValueError(f"{name!r}: only {{plan}}, {{provider_id}}, {{date}} and {{extension}} are filled in") from None
            if "/" in filled or "{provider_id}" not in name or "{date}" not in name:
                raise ValueError(f"{name!r}: a file name with {{provider_id}} and {{date}} is needed")
        return self


class Folders(Choice):
    """Folders of a provider's mailbox."""

    to_plan: FolderName
    from_plan: FolderName
    processed: FolderName


class Collection(Choice):
    """How mailboxes are emptied."""

    settle_seconds: Annotated[float, Field(ge=0, le=3600)]
    mailboxes_at_once: Annotated[int, Field(ge=1, le=64)]


class Profile(Choice):
    """Everything that a profile sets."""

    title: str
    codes: Codes
    closing: Closing
    layouts: dict[str, LayoutChoice]
    cadence: Cadence
    calendar: Calendar
    thresholds: Thresholds
    deadlines: Deadlines
    limits: Limits
    names: Names
    folders: Folders
    collection: Collection

    @model_validator(mode="after")
    def _layouts_are_known(self) -> Self:
        for kind, choice in self.layouts.items():
            if kind not in INBOUND:
                raise ValueError(f"layouts.{kind}: no such layout; allowed: {', '.join(INBOUND)}")
            elements = INBOUND[kind].elements()
            for name in (*choice.required, *choice.aliases):
                if name not in elements:
                    raise ValueError(f"layouts.{kind}: {name!r} is no column of this layout")
        return self
