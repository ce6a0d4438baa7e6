"""The settings of one workspace: the plan, its SFTP endpoints and notice channels, over its profile.

Secrets never stand here: a password is named by its environment variable, a key by its file.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from config.contradictions import Fault, endpoint_faults, refuse
from config.profile import Choice, Profile

PlanId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$")]
PLAN_TIME = "America/Los_Angeles"
Channel = Literal["sftp", "email", "print", "portal", "manual"]
URL = "The server that holds the mailboxes, `sftp://user@host:port/root`, or `file:///folder` when it is this machine."

KEYS, CREDENTIALS = ("host_key", "known_hosts"), ("private_key", "password_env")  # who the server is; who the plan is


class Plan(Choice):
    """The managed care plan."""

    id: PlanId = Field(description="Short name of the plan; stands in file names.")
    name: Annotated[str, StringConstraints(min_length=1)] = Field(description="Name of the plan, as it stands in files and reports.")
    time_zone: str = Field(default=PLAN_TIME, description="Plan time: every day and deadline is one of this zone.")

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


class EndpointChoice(Choice):
    """Where mailboxes are, or what differs for one provider; what is left out is the plan's."""

    url: str | None = Field(default=None, description=URL)
    host_key: str | None = Field(
        default=None, description="Fingerprint of the server's key, as `ssh-keygen -lf` prints it: `SHA256:` and 43 characters."
    )
    known_hosts: str | None = Field(
        default=None, description="File in OpenSSH's format that names the server's key; relative to the workspace."
    )
    private_key: str | None = Field(
        default=None, description="Key file without a passphrase, mode 0600; relative to the workspace. Tried before the password."
    )
    password_env: str | None = Field(default=None, description="Name of the environment variable that holds the password.")
    connect_seconds: Annotated[float, Field(gt=0, le=600, strict=True)] | None = Field(
        default=None, description="Patience for each of connection, key exchange and login; 15 when left out."
    )
    operation_seconds: Annotated[float, Field(gt=0, le=3600, strict=True)] | None = Field(
        default=None, description="Patience for the answer to one request; 60 when left out."
    )
    attempts: Annotated[int, Field(ge=1, le=10, strict=True)] | None = Field(
        default=None, description="How often is tried in all when the network fails; 4 when left out."
    )
    backoff_seconds: Annotated[float, Field(ge=0, le=300, strict=True)] | None = Field(
        default=None, description="Wait before the second attempt, longer before each further one; 2 when left out."
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("sftp://", "file://")):
            raise ValueError("sftp://user@host:port/root or file:///folder is allowed")
        return url


class Sftp(EndpointChoice):
    """The plan's endpoint, and overrides by provider."""

    url: str = Field(description=URL)
    providers: dict[str, EndpointChoice] = Field(
        default_factory=dict, description="What differs for one provider, by `provider_id`.", validate_default=True
    )

    @field_validator("providers")
    @classmethod
    def _servers_are_known(cls, providers: dict[str, EndpointChoice], info: ValidationInfo) -> dict[str, EndpointChoice]:
        own = _endpoint_faults("sftp", EndpointChoice(**{key: value for key, value in info.data.items() if key != "providers"}))
        refuse([*own, *(fault for name, one in providers.items() for fault in _endpoint_faults(f"sftp.providers.{name}", one))])
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


class Notices(Choice):
    """How each kind of recipient is told; without a contact a notice waits in the manual queue."""

    referring_entity: Channel = Field(default="manual", description="Who made the referral.")
    member: Channel = Field(default="print", description="The member.")
    guardian: Channel = Field(default="print", description="Guardian or conservator, who is told in the member's place.")
    pcp: Channel = Field(default="manual", description="The member's primary care provider.")
    provider: Channel = Field(default="sftp", description="The ECM or Community Supports provider. No notice goes to one yet.")

    @field_validator("member", "guardian")
    @classmethod
    def _has_no_mailbox(cls, channel: Channel) -> Channel:
        if channel == "sftp":
            raise ValueError("only organizations have a mailbox; allowed: email, print, portal, manual")
        return channel


class Settings(Choice):
    """Everything that a workspace sets."""

    plan: Plan
    sftp: Sftp
    notices: Notices
    profile: Profile
    profile_name: str


def _endpoint_faults(key: str, endpoint: EndpointChoice) -> list[Fault]:
    given = endpoint.model_dump(exclude_none=True)
    known, shown = [name for name in KEYS if name in given], [name for name in CREDENTIALS if name in given]
    return list(endpoint_faults(key, endpoint.url, known, shown))
