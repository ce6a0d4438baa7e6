"""Mails: a notice as the bytes that a mail server is given.

Header and subject say the same in every mail and nothing of anybody: whatever is on the way can read them. So does the whole of a mail that
only says where its message waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from config.notices import Smtp
from outputs.notice_texts import NoticeText

WAITS = """\
A message from {plan} is waiting for you. To read it, sign in here:

{link}

Un mensaje de {plan} le espera. Para leerlo, inicie sesion aqui:

{link}
"""


@dataclass(frozen=True)
class Heading:
    """What stands outside of a mail's body. written_at: aware."""

    notice_id: str
    recipient: str
    plan: str
    written_at: datetime


def message_id(notice_id: str, smtp: Smtp) -> str:
    """The Message-ID: the same however often a notice is mailed, so that a mailbox can tell a repetition."""
    return f"<{notice_id}@{smtp.sender.rpartition('@')[2]}>"


def link_mail(heading: Heading, smtp: Smtp) -> bytes:
    """A mail that says only that a message waits, and where."""
    mail = _mail(heading, smtp, smtp.subject)
    mail.set_content(WAITS.format(plan=heading.plan, link=f"{str(smtp.link).rstrip('/')}/{heading.notice_id}"), cte="quoted-printable")
    return mail.as_bytes()


def gateway_mail(heading: Heading, smtp: Smtp, text: NoticeText) -> bytes:
    """The message itself, with the sign by which the gateway knows that it has to encrypt it."""
    mail = _mail(heading, smtp, f"{smtp.gateway_tag} {smtp.subject}" if smtp.gateway_tag else smtp.subject)
    if smtp.gateway_header:
        name, _, value = smtp.gateway_header.partition(":")
        mail[name] = value.strip()
    mail.set_content(text.text, cte="quoted-printable")
    mail.add_alternative(text.html, subtype="html", cte="quoted-printable")
    mail.set_boundary(f"=_{heading.notice_id}")  # else it would be another one each time
    return mail.as_bytes()


def _mail(heading: Heading, smtp: Smtp, subject: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = subject
    mail["From"] = Address(addr_spec=smtp.sender)
    mail["To"] = Address(addr_spec=heading.recipient)
    mail["Date"] = format_datetime(heading.written_at)
    mail["Message-ID"] = message_id(heading.notice_id, smtp)
    mail["Auto-Submitted"] = "auto-generated"
    return mail
