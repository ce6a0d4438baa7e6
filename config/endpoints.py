"""Where files are exchanged, as settings say it: the address, the keys, and the patience.

Whether somebody answers there is not asked here.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from config.contradictions import Fault, endpoint_faults
from config.profile import Choice

URL = "The server that holds the mailboxes, `sftp://user@host:port/root`, or `file:///folder` when it is this machine."

KEYS, CREDENTIALS = ("host_key", "known_hosts"), ("private_key", "password_env")  # who the server is; who the plan is


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


def endpoint_mistakes(key: str, endpoint: EndpointChoice) -> list[Fault]:
    """Faults of an endpoint, whose dotted key is `key`."""
    given = endpoint.model_dump(exclude_none=True)
    known, shown = [name for name in KEYS if name in given], [name for name in CREDENTIALS if name in given]
    return list(endpoint_faults(key, endpoint.url, known, shown))
