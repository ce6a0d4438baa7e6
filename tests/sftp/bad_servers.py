"""Servers that misbehave on purpose, each in one way."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
from paramiko.common import AUTH_FAILED, OPEN_SUCCEEDED

from sftp.endpoint import Endpoint

Hook = Callable[[int, paramiko.Transport], bool]
"""Called with the kind of each request; false to go no further with it."""


def hooked(before: Hook | None = None, after: Hook | None = None) -> type[paramiko.SFTPServer]:
    """A way to answer requests that asks one hook before a request is carried out, and one between that and the answer."""

    class Hooked(paramiko.SFTPServer):
        _kind: int | None = None

        def _process(self, kind: int, number: int, message: paramiko.Message) -> None:
            assert self.sock is not None
            if before is None or before(kind, self.sock.get_transport()):
                self._kind = kind
                super()._process(kind, number, message)  # type: ignore[misc]  # the stubs leave it out

        def _send_packet(self, kind: int, packet: paramiko.Message) -> None:
            assert self.sock is not None
            if after is None or self._kind is None or after(self._kind, self.sock.get_transport()):
                super()._send_packet(kind, packet)  # type: ignore[misc]  # the stubs leave it out

    return Hooked


@dataclass
class Witness:
    """What a server was told by those who wanted to log in."""

    port: int
    fingerprint: str
    credentials: list[str] = field(default_factory=list)

    def endpoint(self, **changes: object) -> Endpoint:
        given: dict[str, object] = {"connect_timeout": 5.0, "operation_timeout": 1.0, "attempts": 3, "backoff": 0.0, **changes}
        return Endpoint(url=f"sftp://clr@127.0.0.1:{self.port}/", **given)  # type: ignore[arg-type]  # each test gives what fits


@contextmanager
def refusing_server(*, ciphers: Sequence[str] = (), hang_up: bool = False) -> Iterator[Witness]:
    """A server that lets nobody in and writes down what it was shown."""
    key = paramiko.ECDSAKey.generate()

    class Login(paramiko.ServerInterface):
        def __init__(self, transport: paramiko.Transport) -> None:
            self._transport = transport

        def get_allowed_auths(self, username: str) -> str:
            return "publickey,password"

        def check_auth_none(self, username: str) -> int:
            witness.credentials.append("none")
            return AUTH_FAILED

        def check_auth_password(self, username: str, password: str) -> int:
            witness.credentials.append(f"password {password}")
            if hang_up:
                self._transport.sock.close()
            return AUTH_FAILED

        def check_auth_publickey(self, username: str, offered: paramiko.PKey) -> int:
            witness.credentials.append("key")
            return AUTH_FAILED

    def start(connection: socket.socket) -> paramiko.Transport:
        transport = paramiko.Transport(connection)
        transport.add_server_key(key)
        if ciphers:
            transport.get_security_options().ciphers = ciphers
        transport.start_server(event=threading.Event(), server=Login(transport))
        return transport

    with _accepting(start) as port:
        witness = Witness(port, key.fingerprint)
        yield witness


@contextmanager
def silent_server() -> Iterator[int]:
    """Takes connections and never says a word. Yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


@contextmanager
def server_without_sftp(*, stall: bool) -> Iterator[Witness]:
    """Lets everybody in, then has no SFTP to offer, or never says whether it has."""
    key = paramiko.ECDSAKey.generate()
    over = threading.Event()

    class Login(paramiko.ServerInterface):
        def get_allowed_auths(self, username: str) -> str:
            return "password"

        def check_auth_password(self, username: str, password: str) -> int:
            return int(paramiko.common.AUTH_SUCCESSFUL)

        def check_channel_request(self, kind: str, chanid: int) -> int:
            return int(OPEN_SUCCEEDED)

        def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
            if stall:
                over.wait(20)
            return False

    def start(connection: socket.socket) -> paramiko.Transport:
        transport = paramiko.Transport(connection)
        transport.add_server_key(key)
        transport.start_server(event=threading.Event(), server=Login())
        return transport

    with _accepting(start) as port:
        try:
            yield Witness(port, key.fingerprint)
        finally:
            over.set()


@contextmanager
def _accepting(start: Callable[[socket.socket], paramiko.Transport]) -> Iterator[int]:
    stopping = threading.Event()
    sessions: list[paramiko.Transport] = []

    def accept(listener: socket.socket) -> None:
        while not stopping.is_set():
            try:
                sessions.append(start(listener.accept()[0]))
            except TimeoutError:
                continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.02)
        thread = threading.Thread(target=accept, args=(listener,))
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            stopping.set()
            thread.join()
            for session in sessions:
                session.close()


def public_line(key: paramiko.PKey, name: str) -> str:
    return f"{name} {key.get_name()} {key.get_base64()}\n"


def write_known_hosts(path: Path, *lines: str) -> Path:
    path.write_text("".join(lines))
    return path
