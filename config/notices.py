"""How notices go out: the channel of each kind of recipient, what is special to one organization, and where each channel leads.

Who is owed a notice, and by when, stands in the profile. No password stands here: it is named by its environment variable.
"""

from __future__ import annotations

from collections.abc import Iterator
from re import fullmatch
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from config.contradictions import Fault, refuse
from config.endpoints import EndpointChoice, endpoint_mistakes
from config.profile import Choice

Channel = Literal["sftp", "email", "print", "portal", "manual"]
KINDS = ("referring_entity", "member", "guardian", "pcp", "provider")  # keys of `Notices` that choose a channel

ADDRESS = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"
Address = Annotated[str, StringConstraints(pattern=ADDRESS)]
NAME_OF_FOLDER = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
FolderName = Annotated[str, StringConstraints(pattern=NAME_OF_FOLDER)]
Folders = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")]
Npi = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]+$")]
HeaderLine = Annotated[str, StringConstraints(pattern=r"^[!-9;-~]+: [ -~]+$")]
PlainLine = Annotated[str, StringConstraints(pattern=r"^[ -~]{1,120}$")]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https://[^\s/]+(/[^\s]*)?$")]
Seconds = Annotated[float, Field(gt=0, le=600, strict=True)]


class Smtp(Choice):
    """The mail server for notices by e-mail; without this table they wait in `outbox/notices/queue.csv`."""

    host: Host = Field(description="Name of the server, as its certificate has it.")
    port: Annotated[int, Field(ge=1, le=65535, strict=True)] = Field(default=587, description="465 is usual for `implicit`.")
    security: Literal["starttls", "implicit"] = Field(
        default="starttls", description="How the line is encrypted. A server that does not offer it is sent nothing."
    )
    ca_file: str | None = Field(
        default=None, description="Certificates (PEM) that vouch for the server, in place of the system's; relative to the workspace."
    )
    username: str | None = Field(default=None, description="Account at the server; without one nobody logs in.")
    password_env: str | None = Field(default=None, description="Name of the environment variable that holds the password.")
    sender: Address = Field(description="From whom notices come; its domain stands in their Message-ID.")
    mode: Literal["link", "gateway"] = Field(
        description="`link`: the mail says that a message waits on the portal. `gateway`: the message, for a gateway that encrypts it."
    )
    link: WebAddress | None = Field(default=None, description="Address of messages on the portal; the notice's number is put behind it.")
    subject: PlainLine = Field(default="A message from your health plan", description="Subject of every mail, the same for all.")
    gateway_tag: PlainLine | None = Field(default=None, description="What the gateway looks for in the subject, such as `[secure]`.")
    gateway_header: HeaderLine | None = Field(default=None, description="What it looks for in the header, such as `X-Secure: yes`.")
    timeout_seconds: Seconds = Field(default=30, description="Patience for the connection and for each answer.")
    attempts: Annotated[int, Field(ge=1, le=10, strict=True)] = Field(
        default=3, description="How often is tried in one run when the server is out of reach or asks for patience."
    )
    backoff_seconds: Annotated[float, Field(ge=0, le=300, strict=True)] = Field(
        default=2, description="Wait before the second attempt, longer before each further one."
    )


class Drop(EndpointChoice):
    """Where letters go to be printed: to an SFTP server, or, without `url`, they stay in the outbox until somebody takes them."""

    folder: Folders = Field(default="letters", description="Folder below the server's root.")


class Portal(EndpointChoice):
    """Where the portal's feeds go: messages, and the authorizations of each provider's members; without `url` they stay in the outbox."""

    folder: Folders = Field(default="portal", description="Folder below the server's root.")
    format: Literal["csv", "jsonl"] = Field(default="jsonl", description="How the feed of messages is written.")
    authorizations: bool = Field(default=False, description="Whether providers see the authorizations of their members there.")


class Organization(Choice):
    """One organization that is told in a way of its own: a referring entity, a provider, a primary care provider."""

    npi: Npi | None = Field(default=None, description="It is known by its NPI,")
    name: Annotated[str, StringConstraints(min_length=1)] | None = Field(
        default=None, description="by its name as referrals have it, letter case and blanks aside,"
    )
    provider_id: FolderName | None = Field(default=None, description="or by its row of the roster.")
    channel: Channel | None = Field(default=None, description="Its channel; that of its kind when left out.")
    mailbox: FolderName | None = Field(
        default=None,
        description="Its folder on the SFTP server; a provider's is that of the roster. `[sftp.providers.…]` may name its server.",
    )
    email: Address | None = Field(default=None, description="Its address for notices, in place of the one that referrals name.")
    fax: Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")] | None = Field(default=None, description="Its fax number.")
    fax_agreement: Annotated[str, StringConstraints(min_length=1)] | None = Field(
        default=None, description="The agreement on file that it may be told by fax. Without one nothing is faxed."
    )


class Notices(Choice):
    """How each kind of recipient is told; without a contact a notice waits in the manual queue."""

    referring_entity: Channel = Field(default="manual", description="Who made the referral.")
    member: Channel = Field(default="print", description="The member.")
    guardian: Channel = Field(default="print", description="Guardian or conservator, who is told in the member's place.")
    pcp: Channel = Field(default="manual", description="The member's primary care provider.")
    provider: Channel = Field(default="sftp", description="The ECM or Community Supports provider.")
    templates: str = Field(
        default="templates", description="Folder with the plan's own templates, relative to the workspace; each takes the place of ours."
    )
    shared_denial_reasons: tuple[str, ...] = Field(
        default=(),
        description="Reasons for a denial, word for word, that say nothing of substance-use treatment: whoever is told of a denial is told "
        "these. Any other reaches a referring entity or a provider only with the member's consent (`part2_consent`).",
    )
    smtp: Smtp | None = Field(default=None, description="The mail server.")
    print: Drop = Field(default_factory=Drop, description="Where letters go to be printed.", validate_default=True)
    portal: Portal = Field(default_factory=Portal, description="Where the portal's feeds go.", validate_default=True)
    organizations: dict[str, Organization] = Field(
        default_factory=dict, description="What differs for one organization, by a short name that you choose.", validate_default=True
    )

    @property
    def channels(self) -> dict[str, Channel]:
        """The channel of each kind of recipient."""
        return {kind: getattr(self, kind) for kind in KINDS}

    @field_validator("member", "guardian")
    @classmethod
    def _has_no_mailbox(cls, channel: Channel) -> Channel:
        if channel == "sftp":
            raise ValueError("only organizations have a mailbox; allowed: email, print, portal, manual")
        return channel

    @field_validator("smtp")
    @classmethod
    def _mails_can_go(cls, smtp: Smtp | None) -> Smtp | None:
        refuse([] if smtp is None else _smtp_faults(smtp))
        return smtp

    @field_validator("print", "portal")
    @classmethod
    def _drop_is_known(cls, drop: EndpointChoice, info: ValidationInfo) -> EndpointChoice:
        refuse(endpoint_mistakes(f"notices.{info.field_name}", drop))
        return drop

    @field_validator("organizations")
    @classmethod
    def _can_be_recognised(cls, organizations: dict[str, Organization]) -> dict[str, Organization]:
        refuse(fault for name, one in organizations.items() for fault in _organization_faults(name, one))
        return organizations


def _smtp_faults(smtp: Smtp) -> Iterator[Fault]:
    if smtp.mode == "link" and smtp.link is None:
        yield Fault(("link",), "is needed where `mode` is `link`: where does the message wait?")
    if smtp.mode == "gateway" and smtp.gateway_tag is None and smtp.gateway_header is None:
        why = "`gateway_tag` or `gateway_header` is needed where `mode` is `gateway`: without a sign nothing would encrypt the message"
        yield Fault(("gateway_tag",), why)
    if (smtp.username is None) != (smtp.password_env is None):
        name = "username" if smtp.username is None else "password_env"
        yield Fault((name,), "an account needs both `username` and `password_env`")


def _organization_faults(name: str, one: Organization) -> Iterator[Fault]:
    if not fullmatch(NAME_OF_FOLDER, name):
        yield Fault((name,), f"a name like `{NAME_OF_FOLDER}` is needed: it names a folder")
    if one.npi is None and one.name is None and one.provider_id is None:
        yield Fault((name,), "`npi`, `name` or `provider_id` is needed, to know the organization by")
    if one.channel == "sftp" and one.mailbox is None and one.provider_id is None:
        yield Fault((name,), "`mailbox` or `provider_id` is needed where `channel` is `sftp`")
    if one.provider_id is not None and one.mailbox is not None:
        yield Fault((name, "mailbox"), "a provider's mailbox is that of the roster", f"notices.organizations.{name}.provider_id")
