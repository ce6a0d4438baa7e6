"""The channel that mails: one server, spoken to over an encrypted line or not at all.

Decides which refusals are for good, which pass, and when the server is not worth asking again in this run. What stands in a mail is decided
by `outputs.mails`.
"""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from re import fullmatch
from types import TracebackType
from typing import Self

from pydantic import SecretStr
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from config.notices import ADDRESS, Smtp
from outputs.mails import Heading, gateway_mail, link_mail, message_id
from pipeline.channels import Message
from pipeline.fates import QUEUED, SENT, Fate
from pipeline.interruption import uninterrupted
from pipeline.run import Context, Job
from schemas.notices import NoticeState

MAIL_SERVER = "mail server"  # as messages call it
FAILED = NoticeState.FAILED.value
MAILS_AT_ONCE = 20  # to a commit
LONGEST_WAIT = 60.0  # seconds between two attempts
NO_ADDRESS = "the e-mail address on file is none"


class MailServerOut(Exception):
    """Raised when nothing more can be mailed in this run. kind: a word for why, as messages and the ledger have it."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class _Passing(Exception):
    """Raised when the line was lost, or could not be had: perhaps it can a moment later."""


class _Patience(Exception):
    """Raised when the server asks to be asked again later (4yz)."""


class _Refusal(Exception):
    """Raised when the server refuses this mail for good (5yz)."""


class Mail:
    """A connection to the mail server, made when the first mail goes; use it with `with`."""

    def __init__(self, smtp: Smtp, trusted: Path | None, password: SecretStr | None, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings, self._trusted, self._password, self._sleep = smtp, trusted, password, sleep
        self._line: smtplib.SMTP | None = None
        self._attempts = smtp.attempts

    @property
    def link(self) -> bool:
        """Whether mails only say where the message waits."""
        return self._settings.mode == "link"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._hang_up()

    def reach(self) -> None:
        """Connect, encrypt and log in; nothing is sent. Raises MailServerOut."""
        self._patiently(self._connected)

    def send(self, messages: Sequence[Message], job: Job, told: list[Fate]) -> None:
        """Mail messages one by one. Raises MailServerOut, with what went before in `told`."""
        for message in messages:
            recipient = str(message.notice["contact"] or "")
            if not fullmatch(ADDRESS, recipient):
                told.append(Fate(message.notice_id, FAILED, why_manual=NO_ADDRESS))
                continue
            content = self._content(message, recipient, job.context)

            def attempt(notice_id: str = message.notice_id, recipient: str = recipient, content: bytes = content) -> None:
                with uninterrupted():  # what the server has accepted is told, whatever stops the run
                    answer = self._submit(recipient, content)
                    mid = message_id(notice_id, self._settings)
                    told.append(Fate(notice_id, SENT, mid, f"{self._settings.host} accepted {mid}: {answer}"))

            if not job.context.sends:  # in a dry run it counts as gone, and nobody is asked
                told.append(Fate(message.notice_id, SENT, message_id(message.notice_id, self._settings), "not mailed: a dry run"))
                continue
            try:
                self._patiently(attempt)
            except _Refusal as refusal:
                told.append(Fate(message.notice_id, FAILED, why_manual=f"the mail server refused it for good: {refusal}"))
            except _Patience as patience:
                self._attempts = 1  # the server has said twice that it needs time: the others are asked about once
                told.append(Fate(message.notice_id, QUEUED, tried=f"the mail server asks for patience: {patience}"))

    def _content(self, message: Message, recipient: str, context: Context) -> bytes:
        plan = context.workspace.settings.plan
        heading = Heading(message.notice_id, recipient, plan.name, context.as_of.astimezone(plan.zone))
        return link_mail(heading, self._settings) if self.link else gateway_mail(heading, self._settings, message.text)

    def _patiently(self, attempt: Callable[[], object]) -> None:
        backoff = self._settings.backoff_seconds
        attempts = Retrying(
            stop=stop_after_attempt(self._attempts),
            wait=wait_exponential_jitter(multiplier=backoff, max=LONGEST_WAIT, jitter=backoff),
            retry=retry_if_exception_type((_Passing, _Patience)),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            attempts(attempt)
        except _Passing as error:
            raise MailServerOut(str(error)) from None

    def _submit(self, recipient: str, content: bytes) -> str:
        """Give one mail to the server. Returns its answer."""
        line = self._connected()
        try:
            _expect(line.mail(self._settings.sender), of_all=True)
            _expect(line.rcpt(recipient))
            code, answer = line.data(content)
            _expect((code, answer))
        except smtplib.SMTPDataError as error:
            self._set_back()
            _expect((error.smtp_code, _bytes(error.smtp_error)))
            raise _Passing("Unclear") from None
        except (_Patience, _Refusal):
            self._set_back()
            raise
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise _Passing(_kind(error)) from None
        return f"{code} {_plain(answer)}"

    def _set_back(self) -> None:
        """Make the line ready for the next mail; when it is not to be had any more, the next one gets another."""
        try:
            if self._line is not None:
                self._line.rset()
        except (OSError, smtplib.SMTPException):
            self._hang_up()

    def _connected(self) -> smtplib.SMTP:
        if self._line is None:
            try:
                self._line = self._connect()
            except ssl.SSLCertVerificationError:
                raise MailServerOut("CertificateRefused") from None
            except smtplib.SMTPNotSupportedError:
                raise MailServerOut("NoEncryption") from None
            except smtplib.SMTPAuthenticationError as error:
                if error.smtp_code < 500:
                    raise _Passing("LoginDeferred") from None
                raise MailServerOut("LoginRefused") from None
            except (OSError, smtplib.SMTPException) as error:
                raise _Passing(_kind(error)) from None
        return self._line

    def _connect(self) -> smtplib.SMTP:
        """A line that is encrypted, to the server that its certificate says it is, with the account logged in."""
        chosen = self._settings
        context = ssl.create_default_context(cafile=None if self._trusted is None else str(self._trusted))
        name = chosen.sender.rpartition("@")[2]
        if chosen.security == "implicit":
            line: smtplib.SMTP = smtplib.SMTP_SSL(chosen.host, chosen.port, name, timeout=chosen.timeout_seconds, context=context)
        else:
            line = smtplib.SMTP(chosen.host, chosen.port, name, timeout=chosen.timeout_seconds)
        try:
            if chosen.security == "starttls":
                line.starttls(context=context)  # raises SMTPNotSupportedError where it is not offered: then nothing is said at all
            line.ehlo_or_helo_if_needed()
            if chosen.username is not None and self._password is not None:
                _log_in(line, chosen.username, self._password)
        except BaseException:
            line.close()
            raise
        return line

    def _hang_up(self) -> None:
        if self._line is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._line.quit()
            self._line.close()
            self._line = None


def mail_server(context: Context, sleep: Callable[[float], None] = time.sleep) -> Mail | None:
    """The mail server of a workspace; None when there is none. Nobody is contacted. The password was looked for before."""
    smtp = context.workspace.settings.notices.smtp
    if smtp is None:
        return None
    trusted = None if smtp.ca_file is None else context.workspace.root / Path(smtp.ca_file).expanduser()
    return Mail(smtp, trusted, _password(smtp, context.environment), sleep)


def _password(smtp: Smtp, environment: Mapping[str, str]) -> SecretStr | None:
    return None if smtp.password_env is None else SecretStr(environment[smtp.password_env])


def _log_in(line: smtplib.SMTP, username: str, password: SecretStr) -> None:
    """Log in once, in one way: `smtplib` would try a wrong password in every way that the server knows, and many lock accounts."""
    ways: dict[str, Callable[..., str]] = {"PLAIN": line.auth_plain, "LOGIN": line.auth_login}
    offered = line.esmtp_features.get("auth", "").upper().split()
    way = next((name for name in ways if name in offered), None)
    if way is None:
        raise MailServerOut("NoLogin")
    line.user, line.password = username, password.get_secret_value()
    line.auth(way, ways[way])


def _expect(answer: tuple[int, bytes], *, of_all: bool = False) -> None:
    """Nothing when the server agrees. of_all: what it refuses here it would refuse to every mail."""
    code, text = answer
    if 200 <= code < 300:
        return
    if code == 421 or code < 0:  # it hangs up
        raise smtplib.SMTPServerDisconnected("the server hung up")
    if 400 <= code < 500:
        raise _Patience(str(code))
    if of_all:
        raise MailServerOut(f"SenderRefused {code}")
    raise _Refusal(f"{code} {_plain(text)}")


def _kind(error: Exception) -> str:
    return "TimedOut" if isinstance(error, TimeoutError) else type(error).__name__.removeprefix("SMTP")


def _bytes(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _plain(answer: bytes) -> str:
    """What a server said, as one short line of plain characters."""
    text = answer.decode("ascii", "replace")
    return "".join(one if one.isprintable() and one.isascii() else " " for one in text)[:120].strip()
