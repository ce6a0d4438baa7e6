"""The settings of one workspace: the plan, its SFTP endpoints and notice channels, over its profile.

Secrets never stand here: a password is named by its environment variable, a key by its file.
"""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from config.contradictions import refuse
from config.dhcs import Dhcs
from config.endpoints import CREDENTIALS, KEYS, URL, EndpointChoice, endpoint_mistakes
from config.notices import Channel as Channel
from config.notices import Notices as Notices
from config.profile import Choice, Profile

PlanId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$")]
PLAN_TIME = "America/Los_Angeles"


class Plan(Choice):
    """The managed care plan."""

    id: PlanId = Field(description="Short name of the plan; stands in file names.")
    name: Annotated[str, StringConstraints(min_length=1)] = Field(description="Name of the plan, as it stands in files and reports.")
    time_zone: str = Field(default=PLAN_TIME, description="Plan time: every day and deadline is one of this zone.")
    phone: Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")] | None = Field(
        default=None, description="Ten digits: whom people call with questions about a notice. No letter goes to a member without it."
    )
    tty: Annotated[str, StringConstraints(pattern=r"^(?:711|[0-9]{10})$")] = Field(
        default="711", description="Number for people who cannot hear or speak well: 711, or ten digits."
    )
    hours: dict[str, str] = Field(
        default_factory=dict,
        description='When somebody answers, by language: `{ en = "Monday to Friday, 8 a.m. to 6 p.m.", es = "…" }`. A language that is '
        "left out says nothing of it.",
    )
    website: str | None = Field(default=None, description="The plan's website, as letters name it.")
    address: tuple[str, ...] = Field(default=(), description="Lines of the plan's postal address, below its name: who a letter is from.")

    @field_validator("time_zone")
    @classmethod
    def _is_a_time_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{name!r} is no time zone; allowed: names such as America/Los_Angeles") from None
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Sftp(EndpointChoice):
    """The plan's endpoint, and overrides by provider."""

    url: str = Field(description=URL)
    providers: dict[str, EndpointChoice] = Field(
        default_factory=dict, description="What differs for one provider, by `provider_id`.", validate_default=True
    )

    @field_validator("providers")
    @classmethod
    def _servers_are_known(cls, providers: dict[str, EndpointChoice], info: ValidationInfo) -> dict[str, EndpointChoice]:
        own = endpoint_mistakes("sftp", EndpointChoice(**{key: value for key, value in info.data.items() if key != "providers"}))
        refuse([*own, *(fault for name, one in providers.items() for fault in endpoint_mistakes(f"sftp.providers.{name}", one))])
        return providers

    def of(self, provider_id: str | None) -> EndpointChoice:
        """The endpoint of one provider: the plan's, with the provider's own values over it."""
        chosen = self.model_dump(exclude={"providers"})
        override = self.providers.get(provider_id) if provider_id else None
        if override is not None:
            own = override.model_dump(exclude_none=True)
            if "url" in own:  # another server: nothing that identifies the plan's server may be carried over to it
                chosen |= dict.fromkeys(KEYS)
            if str(own.get("url", "")).startswith("file://"):  # which asks for no credentials
                chosen |= dict.fromkeys(CREDENTIALS)
            chosen |= own
        return EndpointChoice(**chosen)


class Settings(Choice):
    """Everything that a workspace sets."""

    plan: Plan
    sftp: Sftp
    notices: Notices
    dhcs: Dhcs = Field(default_factory=Dhcs)
    profile: Profile
    profile_name: str
