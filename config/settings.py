"""The settings of one workspace: the plan, its SFTP endpoints and notice channels, over its profile.

Secrets never stand here: a password is named by its environment variable, a key by its file.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, StringConstraints, field_validator, model_validator

from config.profile import Choice, Profile

PlanId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$")]
Channel = Literal["sftp", "email", "print", "portal", "manual"]
URL = "The server that holds the mailboxes, `sftp://user@host:port/root`, or `file:///folder` when it is this machine."


class Plan(Choice):
    """The managed care plan."""

    id: PlanId = Field(description="Short name of the plan; stands in file names.")
    name: Annotated[str, StringConstraints(min_length=1)] = Field(description="Name of the plan, as it stands in files and reports.")
    time_zone: str = Field(default="America/Los_Angeles", description="Plan time: every day and deadline is one of this zone.")

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


class Sftp(EndpointChoice):
    """The plan's endpoint, and overrides by provider."""

    url: str = Field(description=URL)
    providers: dict[str, EndpointChoice] = Field(default_factory=dict, description="What differs for one provider, by `provider_id`.")

    @model_validator(mode="after")
    def _server_is_known(self) -> Self:
        for provider_id in (None, *self.providers):
            endpoint = self.of(provider_id)
            if not str(endpoint.url).startswith(("sftp://", "file://")):
                raise ValueError(f"{_where(provider_id)}url: sftp://user@host:port/root or file:///folder is allowed")
            if str(endpoint.url).startswith("sftp://") and not (endpoint.host_key or endpoint.known_hosts):
                raise ValueError(f"{_where(provider_id)}host_key: an SFTP server needs `host_key` or `known_hosts`")
        return self

    def of(self, provider_id: str | None) -> EndpointChoice:
        """The endpoint of one provider: the plan's, with the provider's own values over it."""
        chosen = self.model_dump(exclude={"providers"})
        override = self.providers.get(provider_id) if provider_id else None
        if override is not None:
            own = override.model_dump(exclude_none=True)
            if "url" in own:  # another server: nothing that identifies the plan's server may be carried over to it
                chosen |= {"host_key": None, "known_hosts": None}
            chosen |= own
        return EndpointChoice(**chosen)


class Notices(Choice):
    """How each kind of recipient is told; without a contact a notice waits in the manual queue."""

    referring_entity: Channel = Field(default="manual", description="Who made the referral.")
    member: Channel = Field(default="print", description="The member.")
    guardian: Channel = Field(default="print", description="Guardian or conservator, who is told in the member's place.")
    pcp: Channel = Field(default="manual", description="The member's primary care provider.")
    provider: Channel = Field(default="sftp", description="The ECM or Community Supports provider. No notice goes to one yet.")


class Settings(Choice):
    """Everything that a workspace sets."""

    plan: Plan
    sftp: Sftp
    notices: Notices
    profile: Profile
    profile_name: str


def _where(provider_id: str | None) -> str:
    return f"providers.{provider_id}." if provider_id else ""
