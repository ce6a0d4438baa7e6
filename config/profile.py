"""A profile: the choices that one plan (or the state's guidance) makes for file layouts, closing, calendar, cadence and names.

Profiles are TOML files; a plan's own `clr.toml` may change any of their values. Nothing here has a default hidden in code:
whatever the sources leave open stands in `profiles/dhcs.toml`, where it can be seen and changed.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from config.contradictions import closing_faults, in_both, refuse, repeated, same_names, slower, too_small, unclear_spellings
from config.layout_faults import layout_faults
from schemas.codes import Code, CodeList

Share = Annotated[float, Field(ge=0, le=1, strict=True)]
Count = Annotated[int, Field(ge=0, strict=True)]
Positive = Annotated[int, Field(ge=1, strict=True)]
DayOfMonth = Annotated[int, Field(ge=1, le=31, strict=True)]
DayOfMonthOrNone = Annotated[int, Field(ge=0, le=31, strict=True)]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
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

    @field_validator("ecm_engagement", "cs_engagement")
    @classmethod
    def _spellings_are_clear(cls, choices: tuple[CodeChoice, ...], info: ValidationInfo) -> tuple[CodeChoice, ...]:
        refuse(unclear_spellings(f"codes.{info.field_name}", _codes(choices)))
        return choices

    def engagement(self, program: str) -> CodeList:
        """The engagement list of a program, ECM or CS."""
        return CodeList("engagement", _codes(self.ecm_engagement if program == "ECM" else self.cs_engagement))


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
        "the status says otherwise. A blank reason takes an engagement of the profile away."
    )
    cs_engagements: tuple[str, ...] = Field(description="The same for Community Supports, whose reason is always the one told.")

    @field_validator("ecm_engagement_reasons")
    @classmethod
    def _blank_takes_away(cls, reasons: dict[str, str]) -> dict[str, str]:
        return {engagement: reason for engagement, reason in reasons.items() if reason}


class LayoutChoice(Choice):
    """What a plan changes in one inbound layout; columns go by their names in the data dictionary."""

    columns: tuple[str, ...] = Field(
        default=(),
        description="The columns of the plan's own sheets, in their order; the standard layout's when empty. Columns of the standard "
        "layout that are left out are still read where a file has them.",
    )
    headings: dict[str, str] = Field(
        default_factory=dict, description="The plan's own heading for a column. The standard one is still accepted."
    )
    required: tuple[str, ...] = Field(default=(), description="Columns that this plan requires beyond those that the layout does.")
    optional: tuple[str, ...] = Field(
        default=(),
        description="Columns that the layout requires, in every row or in some, and this plan does not: they may be blank or missing.",
    )
    key: Literal["cin", "plan_member_id"] = Field(
        default="cin",
        description="Which column says whose row it is. With `plan_member_id` the CIN may be blank; one that is given has to be "
        "that member's.",
    )
    referral_key: Literal["service", "authorization_number"] = Field(
        default="service",
        description="Which column says which of the member's referrals a row is about. With `authorization_number` the service may be "
        "blank, and the number too where the member has one referral only; what is given has to agree.",
    )
    aliases: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Further headings for a column.")
    ignored: tuple[str, ...] = Field(default=(), description="Headings of columns that nobody reads, and nobody is told so.")
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
    mif_day: DayOfMonth = Field(
        description="Day of the month by which the MIF goes out: on a closed day, the business day before. A month without that day has it "
        "on its last."
    )
    mif_supplement_weekday: Literal["none", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday"] = Field(
        description="Day of the week on which newly authorized members go out in a supplement to the MIF: on a closed day, the business "
        "day before."
    )
    asf_days: tuple[DayOfMonth, ...] = Field(
        description="Days of the month about which the ASF goes out. A month without that day has it on its last."
    )
    asf_days_move: Literal["nearest", "before", "none"] = Field(
        description="What stands for an ASF day that is closed: the nearest business day (of two, the earlier), the one before, or the "
        "closed day itself."
    )
    send_at: TimeOfDay = Field(
        description="When on its day, in plan time, `clr run due` makes and delivers the MIF, its supplement, and the ASF."
    )
    night_at: TimeOfDay = Field(
        description="When every day, in plan time, `clr run due` takes in what came, answers it, and queues the notices owed."
    )
    aging_day: DayOfMonthOrNone = Field(
        description="Day of the month on which providers are told which referrals are aging: on a closed day, the business day before. A "
        "month without that day has it on its last. 0: never."
    )
    rtf_reminder_days: Count = Field(
        description="So many days before the due day of their files providers are reminded of them, unless they have come. 0: never."
    )
    pending_update_days: Count = Field(
        description="A member whose referral stays open hears of it after so many days, and after as many again. 0: never."
    )
    grace_days: Count = Field(description="Days after its contract begins in which a provider owes no file.")

    @field_validator("asf_days")
    @classmethod
    def _days_differ(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        refuse(repeated("cadence.asf_days", days))
        return days


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

    @field_validator("not_observed")
    @classmethod
    def _lists_are_apart(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        refuse(in_both(names, "calendar.observed", info.data.get("observed", ())))
        return names


class Thresholds(Choice):
    """When a person has to look."""

    hold_rejected_share: Share = Field(description="A file is held when more than this share of its rows, but not all, are rejected.")
    hold_rows_share: Share = Field(description="A file is held when it has fewer than this share of the rows of the last accepted one.")
    hold_rows_from: Count = Field(description="From so many rows of the last accepted file on is the number of rows compared.")
    resolve_days: Positive = Field(description="Goal: days from sending to a known closure.")
    homeless_resolve_days: Positive = Field(
        description="The same for members without a home, whose referrals are followed up sooner; no more than `resolve_days`."
    )
    aging_days: tuple[Positive, ...] = Field(
        min_length=1,
        description="Ages, in days since sending, at which the buckets of the aging report begin; what is younger is the first. "
        "Providers are asked about the others.",
    )
    outlier_cases: Positive = Field(description="From so many cases on reports compare the share of one provider or referring entity.")

    @field_validator("homeless_resolve_days")
    @classmethod
    def _is_the_faster_track(cls, days: int, info: ValidationInfo) -> int:
        refuse(slower("thresholds", "homeless_resolve_days", days, {"resolve_days": info.data.get("resolve_days", days)}))
        return days

    @field_validator("aging_days")
    @classmethod
    def _ages_differ(cls, ages: tuple[int, ...]) -> tuple[int, ...]:
        refuse(repeated("thresholds.aging_days", ages))
        return tuple(sorted(ages))


class Deadlines(Choice):
    """By when a notice is due. Hours are elapsed hours, business days end at 23:59:59 in plan time."""

    routine_decision_business_days: Positive = Field(description="Decision: business days after the plan was asked to authorize.")
    expedited_decision_hours: Positive = Field(description="Expedited decision: hours after the plan was asked to authorize.")
    first_mif_business_days: Positive = Field(description="First MIF with a member of ECM: business days after the authorization.")
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
    assignment_to_referrer: Literal["anybody", "provider"] = Field(
        description="Which referring entity is told of the first assignment: `anybody`, or only a `provider`: medical, social "
        "services, or with an NPI. Of a re-referral all are told."
    )
    pending_update_business_days: Positive = Field(
        description="Status of a referral that stays open, to member or guardian: business days after the day of the schedule."
    )
    aging_business_days: Positive = Field(description="Aging referrals, to the provider: business days after the aging day.")
    streamlined_ending_business_days: Positive = Field(
        description="Ending streamlined span, to the ECM provider: business days before its day 30."
    )
    rtf_late_business_days: Positive = Field(description="Late or incomplete file, to the provider: business days after it was due.")


class Limits(Choice):
    """How large a file may be."""

    file_bytes: Positive = Field(description="Bytes of a file. One of up to four times as many is still fetched, and told so.")
    rows: Positive = Field(description="Rows of a sheet.")
    columns: Positive = Field(description="Columns of a sheet.")
    cell_characters: Positive = Field(description="Characters of a cell.")
    unpacked_bytes: Positive = Field(description="Bytes of a workbook once unpacked.")

    @field_validator("unpacked_bytes")
    @classmethod
    def _holds_the_others(cls, limit: int, info: ValidationInfo) -> int:
        refuse(too_small("limits", limit, {key: info.data[key] for key in ("file_bytes", "cell_characters") if key in info.data}))
        return limit


class Names(Choice):
    """Names of outbound files; `{plan}`, `{provider_id}`, `{date}` and `{extension}` are filled in."""

    mif: str = Field(description="Name of a full MIF.")
    mif_supplemental: str = Field(description="Name of a supplement to it.")
    asf: str = Field(description="Name of a full ASF.")
    asf_supplemental: str = Field(description="Name of a supplement to it.")

    @field_validator("*")
    @classmethod
    def _is_a_name_of_its_own(cls, name: str, info: ValidationInfo) -> str:
        try:
            filled = name.format(plan="p", provider_id="q", date="d", extension="x")
        except (KeyError, IndexError, ValueError, AttributeError):
            raise ValueError(f"{name!r}: only {{plan}}, {{provider_id}}, {{date}} and {{extension}} are filled in") from None
        if "/" in filled or "{provider_id}" not in name or "{date}" not in name:
            raise ValueError(f"{name!r}: a file name with {{provider_id}} and {{date}} is needed")
        refuse(same_names("names", name, info.data, "one would take the place of the other"))
        return name


class Folders(Choice):
    """Folders of a provider's mailbox."""

    to_plan: FolderName = Field(description="Where the provider puts its files.")
    from_plan: FolderName = Field(description="Where the plan puts its own.")
    processed: FolderName = Field(description="Below `to_plan`: where a file goes once it is in the archive.")

    @field_validator("from_plan")
    @classmethod
    def _ways_are_apart(cls, name: str, info: ValidationInfo) -> str:
        refuse(same_names("folders", name, info.data, "what the plan sends would come back to it"))
        return name


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

    @field_validator("closing")
    @classmethod
    def _closing_engagements_are_listed(cls, closing: Closing, info: ValidationInfo) -> Closing:
        codes: Codes | None = info.data.get("codes")
        labels = (codes.engagement("ECM").labels, codes.engagement("CS").labels) if codes is not None else None
        refuse(closing_faults(closing.rule, closing.ecm_engagement_reasons, closing.cs_engagements, labels))
        return closing

    @field_validator("layouts")
    @classmethod
    def _layouts_are_known(cls, layouts: dict[str, LayoutChoice]) -> dict[str, LayoutChoice]:
        refuse(fault for kind, choice in layouts.items() for fault in layout_faults(kind, choice))
        return layouts


def _codes(choices: tuple[CodeChoice, ...]) -> tuple[Code, ...]:
    return tuple(Code(one.code, one.label, one.aliases) for one in choices)
