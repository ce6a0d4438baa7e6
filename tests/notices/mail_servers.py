"""A real mail server in a process of its own, on loopback, with a certificate of an authority made for the test."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.sftp_servers import PATIENCE, free_port
from tests.workspaces import PROJECT

USER, PASSWORD = "clr", "correct horse"


@dataclass(frozen=True)
class MailServer:
    """A running server, and the folder into which it puts what it accepts."""

    port: int
    ca: Path
    accepted: Path

    def mails(self) -> list[EmailMessage]:
        """What was accepted, in order."""
        parser = BytesParser(policy=default)
        return [parser.parsebytes(path.read_bytes()) for path in sorted(self.accepted.glob("*.eml"))]

    def envelopes(self) -> list[str]:
        return [path.read_text("utf-8") for path in sorted(self.accepted.glob("*.txt"))]


@contextmanager
def mail_server(folder: Path, port: int = 0, **how: Any) -> Iterator[MailServer]:
    """A server that offers STARTTLS and wants a login.

    how: `security` (starttls, implicit, none), `name` (in its certificate), `no_login`, `answers` (to RCPT, by address), `drops` and
    `refuses` (numbers of the mails at which it hangs up before it answers, or says no).
    """
    folder.mkdir(exist_ok=True)
    accepted = folder / "accepted"
    accepted.mkdir(exist_ok=True)
    if not (folder / "ca.pem").exists():
        make_certificates(folder, how.get("name", "localhost"))
    port = port or free_port()
    order = how | {"port": port, "folder": str(folder)}
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-m", "tests.notices.mail_servers", json.dumps(order)], cwd=PROJECT)
    try:
        _wait(folder / f"listens-{port}", process)
        yield MailServer(port, folder / "ca.pem", accepted)
    finally:
        process.kill()
        process.wait(PATIENCE)
        (folder / f"listens-{port}").unlink(missing_ok=True)


def make_certificates(folder: Path, name: str) -> None:
    """An authority, and a server's certificate signed by it."""
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)

    def signed(subject: x509.Name, key: ec.EllipticCurvePublicKey, *extensions: tuple[x509.ExtensionType, bool]) -> bytes:
        builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number(), begin, begin + dt.timedelta(days=9))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    key_id = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    ca = signed(issuer, authority.public_key(), (x509.BasicConstraints(ca=True, path_length=0), True), (key_id, False), (usage, True))
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))])
    by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    (folder / "ca.pem").write_bytes(ca)
    (folder / "server.pem").write_bytes(signed(subject, own.public_key(), (alternatives, False), (by, False)))
    plain = serialization.NoEncryption()
    (folder / "server.key").write_bytes(own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))


class _Handler:
    """Keeps what it accepts: content as it came, and sender and recipient beside it."""

    def __init__(self, how: dict[str, Any]) -> None:
        self.how, self.folder, self.seen = how, Path(how["folder"]), 0

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        answer = self.how.get("answers", {}).get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return str(answer)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.seen += 1
        if self.seen in self.how.get("drops", []):
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            return "421 gone"
        if self.seen in self.how.get("refuses", []):
            return "554 5.6.0 not this one"
        assert isinstance(envelope.content, bytes)
        assert server.transport is not None
        encrypted = server.transport.get_extra_info("ssl_object") is not None
        stem = self.folder / "accepted" / f"{len(list((self.folder / 'accepted').glob('*.eml'))) + 1:04}"
        stem.with_suffix(".txt").write_text(f"{envelope.mail_from} {' '.join(envelope.rcpt_tos)} {encrypted}", "utf-8")
        stem.with_suffix(".eml").write_bytes(envelope.content)
        return f"250 queued as {self.seen}"


async def _serve(how: dict[str, Any]) -> None:
    security, folder = how.get("security", "starttls"), Path(how["folder"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    handler = _Handler(how)

    def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False)

    def protocol() -> SMTP:
        return SMTP(
            handler,
            hostname="localhost",
            tls_context=context if security == "starttls" else None,
            authenticator=login,
            auth_required=not how.get("no_login", False),
            auth_require_tls=security == "starttls",
        )

    implicit = context if security == "implicit" else None
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", how["port"], ssl=implicit)
    (folder / f"listens-{how['port']}").touch()
    await server.serve_forever()


def _wait(mark: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 6 * PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if mark.exists():
            return
        time.sleep(0.02)
    raise RuntimeError("the mail server did not start")


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.argv[1])))
