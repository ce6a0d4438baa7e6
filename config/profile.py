"""A profile: the choices that one plan (or the state's guidance) makes for file layouts, closing, calendar, cadence and names.

Profiles are TOML files; a plan's own `clr.toml` may change any of their values. Nothing here has a default hidden in code:
whatever the sources leave open stands in `profiles/dhcs.toml`, where it can be seen and changed.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from schemas.codes import CLOSURE_REASONS, Code, CodeList, plain_words
from schemas.layouts import INBOUND

Share = Annotated[float, Field(ge=0, le=1, strict=True)]
Count = Annotated[int, Field(ge=0, strict=True)]
Positive = Annotated[int, Field(ge=1, strict=True)]
DayOfMonth = Annotated[int, Field(ge=1, le=31, strict=True)]
FolderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


class Choice(BaseModel):
    """A frozen part of the settings; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CodeChoice(Choice):
    """One value of a code list that the plan chooses."""

    code: str = Field(default="", description="What may be written instead of the label.")
    label: str = Field(description="The value as it is stored.")
    aliases: tuple[str, ...] = Field(default=(), description="Other ways of writing it that are accepted.")


class Codes(Choice):
    """Code lists that differ from plan to plan."""

    ecm_engagement: tuple[CodeChoice, ...] = Field(description="Member ECM Status: the values accepted.")
    cs_engagement: tuple[CodeChoice, ...] = Field(description="Status of Member Engagement of Community Supports: the values accepted.")

    @model_validator(mode="after")
    def _spellings_are_clear(self) -> Self:
        for program in ("ECM", "CS"):
            self.engagement(program)  # raises ValueError where one spelling means two labels
        return self

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

    rule: Literal["status", "engagement"] = Field(
        description="`status`: Declined and Referral Loop Closed close. `engagement`: ECM closes by the engagements below alone; Community "
        "Supports close by Referral Loop Closed, once the engagement is one of those below; Declined closes."
    )
    ecm_engagement_reasons: dict[str, str] = Field(
        description="ECM engagements that mean the end, each with its reason. Under `engagement` they close; under `status` they warn when "
        "the status says otherwise."
    )
    cs_engagements: tuple[str, ...] = Field(description="The same for Community Supports, whose reason is always the one told.")

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

    required: tuple[str, ...] = Field(default=(), description="Columns that this plan requires beyond those that the layout does.")
    aliases: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Further headings for a column.")
    sheet: str = Field(default="", description="The sheet to read; the only one that matches when blank.")
    file_name: str = Field(default="", description="Regular expression for the agreed file name; another name is a warning.")

    @field_validator("file_name")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        return pattern


class Cadence(Choice):
    """When files go and come."""

    rtf_due_day: DayOfMonth = Field(
        description="Day of the month after the period by which a Return Transmission File has to come, until 23:59:59 plan time; a "
        "weekend does not move it."
    )
    mif_day: DayOfMonth = Field(description="Day by which the MIF goes out. Nothing reads it yet: the crontab says when.")
    asf_days: tuple[DayOfMonth, ...] = Field(description="Days about which the ASF goes out. Nothing reads it yet: the crontab says when.")
    asf_days_move: Literal["nearest", "before", "none"] = Field(
        description="Which business day stands for an ASF day that is closed. Nothing reads it yet: the crontab says when."
    )
    grace_days: Count = Field(description="Days after its contract begins in which a provider owes no file.")


class Calendar(Choice):
    """Which days are closed. Names are those of the `holidays` library for the United States and California."""

    version: str = Field(description="Name of this calendar, stored with every due time: change it when the days below change.")
    observed: tuple[str, ...] = Field(description="Holidays on which the plan is closed. One on a Sunday moves to Monday.")
    not_observed: tuple[str, ...] = Field(description="Holidays on which it is open. Every holiday stands in one of the two lists.")
    saturday_to_friday: tuple[str, ...] = Field(description="Holidays that move to Friday when they fall on a Saturday; others stay there.")
    closed: tuple[dt.date, ...] = Field(description="Further days on which the plan is closed.")
    confirmed_through: Annotated[int, Field(ge=2025, le=2100, strict=True)] = Field(
        description="Last year whose days somebody has looked at. A due time past it is refused with exit code 2."
    )

    @model_validator(mode="after")
    def _lists_are_disjoint(self) -> Self:
        if both := sorted(set(self.observed) & set(self.not_observed)):
            raise ValueError(f"{both[0]!r} stands in both `observed` and `not_observed`")
        return self


class Thresholds(Choice):
    """When a person has to look."""

    hold_rejected_share: Share = Field(description="A file is held when more than this share of its rows, but not all, are rejected.")
    hold_rows_share: Share = Field(description="A file is held when it has fewer than this share of the rows of the last accepted one.")
    hold_rows_from: Count = Field(description="From so many rows of the last accepted file on is the number of rows compared.")
    resolve_days: Positive = Field(description="Goal: days from sending to a known closure. Nothing reads it yet.")
    aging_days: tuple[Positive, ...] = Field(description="Ages of open loops that are listed. Nothing reads it yet.")


class Deadlines(Choice):
    """By when a notice is due. Hours are elapsed hours, business days end at 23:59:59 in plan time."""

    decision_to_referrer_hours: Positive = Field(description="Decision, to the referring entity: hours after it was made.")
    decision_to_member_business_days: Positive = Field(description="Decision, to the member or guardian: business days after it was made.")
    closure_business_days: Positive = Field(description="Closure, to who made the referral: business days after the plan learned of it.")
    assignment_business_days: Positive = Field(
        description="First assignment, to member and referring entity: business days after it was made."
    )
    pcp_assignment_business_days: Positive = Field(description="ECM assignment, to the member's PCP: business days after it was made.")
    rereferral_business_days: Positive = Field(
        description="Assignment to a further provider, to member and referring entity: business days after it was made."
    )


class Limits(Choice):
    """How large a file may be."""

    file_bytes: Positive = Field(description="Bytes of a file. One of up to four times as many is still fetched, and told so.")
    rows: Positive = Field(description="Rows of a sheet.")
    columns: Positive = Field(description="Columns of a sheet.")
    cell_characters: Positive = Field(description="Characters of a cell.")
    unpacked_bytes: Positive = Field(description="Bytes of a workbook once unpacked.")


class Names(Choice):
    """Names of outbound files; `{plan}`, `{provider_id}`, `{date}` and `{extension}` are filled in."""

    mif: str = Field(description="Name of a full MIF.")
    mif_supplemental: str = Field(description="Name of a supplement to it.")
    asf: str = Field(description="Name of a full ASF.")
    asf_supplemental: str = Field(description="Name of a supplement to it.")

    @model_validator(mode="after")
    def _fields_are_known(self) -> Self:
        for name in (self.mif, self.mif_supplemental, self.asf, self.asf_supplemental):
            try:
                filled = name.format(plan="p", provider_id="q", date="d", extension="x")
            except (KeyError, IndexError, ValueError):
                raise ValueError(f"{name!r}: only {{plan}}, {{provider_id}}, {{date}} and {{extension}} are filled in") from None
            if "/" in filled or "{provider_id}" not in name or "{date}" not in name:
                raise ValueError(f"{name!r}: a file name with {{provider_id}} and {{date}} is needed")
        names = (self.mif, self.mif_supplemental, self.asf, self.asf_supplemental)
        if len(set(names)) < len(names):
            raise ValueError("two kinds of files would have the same name: one would take the place of the other")
        return self


class Folders(Choice):
    """Folders of a provider's mailbox."""

    to_plan: FolderName = Field(description="Where the provider puts its files.")
    from_plan: FolderName = Field(description="Where the plan puts its own.")
    processed: FolderName = Field(description="Below `to_plan`: where a file goes once it is in the archive.")

    @model_validator(mode="after")
    def _ways_are_apart(self) -> Self:
        if self.to_plan == self.from_plan:
            raise ValueError("to_plan and from_plan are the same folder: what the plan sends would come back to it")
        return self


class Collection(Choice):
    """How mailboxes are emptied."""

    settle_seconds: Annotated[float, Field(ge=0, le=3600, strict=True)] = Field(
        description="Seconds between two listings; a file that changes between them is still being uploaded, and waits for the next run."
    )
    mailboxes_at_once: Annotated[int, Field(ge=1, le=64, strict=True)] = Field(description="Mailboxes that are served side by side.")


class Profile(Choice):
    """Everything that a profile sets."""

    title: str = Field(description="What the profile is.")
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

    def __hash__(self) -> int:
        """By title: what follows from a profile is worked out once for each, and some of its parts have no hash."""
        return hash(self.title)

    @model_validator(mode="after")
    def _layouts_are_known(self) -> Self:
        for kind, choice in self.layouts.items():
            if kind not in INBOUND:
                raise ValueError(f"layouts.{kind}: no such layout; allowed: {', '.join(INBOUND)}")
            elements = INBOUND[kind].elements()
            for name in (*choice.required, *choice.aliases):
                if name not in elements:
                    raise ValueError(f"layouts.{kind}: {name!r} is no column of this layout")
            _refuse_unclear_headings(kind, choice)
        return self

    @model_validator(mode="after")
    def _closing_engagements_are_listed(self) -> Self:
        chosen = {
            "ecm_engagement_reasons": ("ECM", self.closing.ecm_engagement_reasons),
            "cs_engagements": ("CS", self.closing.cs_engagements),
        }
        for key, (program, engagements) in chosen.items():
            labels = self.codes.engagement(program).labels
            for engagement in engagements:
                if engagement not in labels:
                    raise ValueError(f"closing.{key}: {engagement!r} is no engagement of codes; allowed: {', '.join(labels)}")
        return self


def _refuse_unclear_headings(kind: str, choice: LayoutChoice) -> None:
    """Raise ValueError where an alias already stands for another column."""
    meanings = {
        plain_words(text): name for name, element in INBOUND[kind].elements().items() for text in (element.header, *element.aliases)
    }
    for name, aliases in choice.aliases.items():
        for alias in aliases:
            if meanings.setdefault(plain_words(alias), name) != name:
                raise ValueError(f"layouts.{kind}: aliases.{name}: {alias!r} stands for {meanings[plain_words(alias)]!r} already")
