"""An SSH connection that knows whom it talks to: the key is compared first, credentials follow.

Decides which algorithms and which server key are acceptable and in which order things are sent. No agent, no keys found lying
about, no question to a person: what the endpoint names is all that is used.
"""

import hmac
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
from paramiko.hostkeys import HostKeyEntry, HostKeys
from paramiko.ssh_exception import IncompatiblePeer

from sftp.endpoint import SSH_PORT, Endpoint
from sftp.errors import HostKeyMismatch, LoginRefused, TransportError, Unreachable, WeakAlgorithms

# Authenticated ciphers first: they are also the fastest. Left out of paramiko's list: CBC modes, 3DES, MD5, SHA-1.
CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
DIGESTS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")

# paramiko logs failures with a traceback; they are reported as our own errors, and must not reach stderr by default.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


def connect(endpoint: Endpoint) -> paramiko.Transport:
    """A logged-in connection; the caller closes it.

    Raises Unreachable, WeakAlgorithms, HostKeyMismatch, LoginRefused, and ValueError when a key file cannot be used.
    """
    key = private_key(endpoint.private_key) if endpoint.private_key else None
    transport = _transport(endpoint)
    try:
        _agree(transport, endpoint)
        _compare_host_key(transport.get_remote_server_key(), endpoint)
        _log_in(transport, endpoint, key)
    except TransportError:
        hang_up(transport)
        raise
    except (EOFError, OSError, paramiko.SSHException):
        hang_up(transport)
        raise Unreachable(f"{endpoint.place}: the connection was lost while it was made") from None
    except BaseException:
        hang_up(transport)
        raise
    return transport


def hang_up(transport: paramiko.Transport) -> None:
    """Close a connection, also one that paramiko takes for closed because it never came to life."""
    transport.close()
    transport.sock.close()


@contextmanager
def time_limit(transport: paramiko.Transport, seconds: float, place: str) -> Iterator[None]:
    """Close the connection when the block takes longer, for the calls of paramiko that would wait for ever; raises Unreachable then."""
    expired = threading.Event()

    def give_up() -> None:
        expired.set()
        transport.close()

    timer = threading.Timer(seconds, give_up)
    timer.start()
    try:
        yield
    except Exception:
        if expired.is_set():
            raise Unreachable(f"{place}: no answer within {seconds:g} seconds") from None
        raise
    finally:
        timer.cancel()
        timer.join()


def known_keys(known_hosts: Path, host: str, port: int) -> list[paramiko.PKey]:
    """Keys that a known_hosts file names for a server, plain or hashed names; patterns and certificate authorities are not read."""
    name = host if port == SSH_PORT else f"[{host}]:{port}"
    keys: list[paramiko.PKey] = []
    for line in known_hosts.read_text(encoding="utf-8", errors="replace").splitlines():
        text = line.strip()
        if not text or text.startswith(("#", "@")):
            continue
        entry = HostKeyEntry.from_line(text)
        if entry is not None and entry.key is not None and any(_names(known, name) for known in entry.hostnames or ()):
            keys.append(entry.key)
    return keys


def _names(known: str, name: str) -> bool:
    if known.startswith("|1|"):
        return hmac.compare_digest(HostKeys.hash_host(name, known), known)
    return known == name


def private_key(path: Path) -> paramiko.PKey:
    """The key of a file. Raises ValueError, saying what is wrong, when it holds none or asks for a passphrase."""
    try:
        return paramiko.PKey.from_path(path)
    except paramiko.PasswordRequiredException:
        raise ValueError(f"private_key: protected by a passphrase, which cannot be asked for in a scheduled job: {path}") from None
    except Exception:  # anything a malformed file makes the library raise
        raise ValueError(f"private_key: not a private key in OpenSSH or PEM format: {path}") from None


def _transport(endpoint: Endpoint) -> paramiko.Transport:
    try:
        connection = socket.create_connection((endpoint.host, endpoint.port), timeout=endpoint.connect_timeout)
    except OSError as error:
        reason = "no answer" if isinstance(error, TimeoutError) else "no connection"
        raise Unreachable(f"{endpoint.place}: {reason}") from None
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # requests are small and each is waited for
        transport = paramiko.Transport(connection)
    except BaseException:
        connection.close()
        raise
    options = transport.get_security_options()
    options.ciphers = CIPHERS
    options.digests = DIGESTS
    transport.banner_timeout = transport.handshake_timeout = endpoint.connect_timeout
    transport.auth_timeout = 2 * endpoint.connect_timeout  # never reached: `time_limit` comes first, and says what happened
    transport.channel_timeout = endpoint.operation_timeout
    return transport


def _agree(transport: paramiko.Transport, endpoint: Endpoint) -> None:
    if endpoint.known_hosts is not None:
        known = {key.get_name() for key in known_keys(endpoint.known_hosts, endpoint.host, endpoint.port)}
        options = transport.get_security_options()
        wanted = [kind for kind in options.key_types if ("ssh-rsa" if kind.startswith("rsa-") else kind) in known]
        if not wanted:
            raise HostKeyMismatch(f"{endpoint.place}: known_hosts names no key for this server")
        options.key_types = wanted
    try:
        with time_limit(transport, endpoint.connect_timeout, endpoint.place):
            transport.start_client(timeout=endpoint.connect_timeout)
    except IncompatiblePeer:
        raise WeakAlgorithms(f"{endpoint.place}: the server offers no algorithm that is accepted") from None


def _compare_host_key(shown: paramiko.PKey, endpoint: Endpoint) -> None:
    matches = endpoint.host_key is None or hmac.compare_digest(shown.fingerprint, endpoint.host_key)
    if matches and endpoint.known_hosts is not None:
        known = known_keys(endpoint.known_hosts, endpoint.host, endpoint.port)
        matches = any(hmac.compare_digest(key.asbytes(), shown.asbytes()) for key in known)
    if not matches:
        raise HostKeyMismatch(
            f"{endpoint.place}: the server shows another key than the one expected: {shown.get_name()} {shown.fingerprint}"
        )


def _log_in(transport: paramiko.Transport, endpoint: Endpoint, key: paramiko.PKey | None) -> None:
    try:
        with time_limit(transport, endpoint.connect_timeout, endpoint.place):
            further = transport.auth_publickey(endpoint.user, key) if key else ["password"]
            if further and endpoint.password is not None:
                further = transport.auth_password(endpoint.user, endpoint.password.get_secret_value())
    except (EOFError, OSError, paramiko.SSHException):
        # Some servers hang up instead of saying no. Taking that for a bad line would send a wrong password again and lock the account.
        raise LoginRefused(f"{endpoint.place}: the server does not accept the login") from None
    if further:
        raise LoginRefused(f"{endpoint.place}: the server asks for a further proof of identity")
