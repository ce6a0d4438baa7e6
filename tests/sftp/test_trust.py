"""Whom the client believes, and what it shows to whom."""

import time
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from paramiko.hostkeys import HostKeys
from pydantic import SecretStr

from sftp.endpoint import Endpoint, open_folder
from sftp.errors import HostKeyMismatch, LoginRefused, Unreachable, WeakAlgorithms
from sftp.loopback import serve
from sftp.retries import with_retries
from tests.sftp.bad_servers import public_line, refusing_server, server_without_sftp, silent_server, write_known_hosts
from tests.sftp.conftest import PASSWORD, Place, loopback_endpoint
from tests.sftp_servers import RealServer, free_port, new_private_key

SECRET = SecretStr("hunter2")
OTHER_KEY = "SHA256:" + "A" * 43
REFUSED = "No such file|Failure|Permission|unsupported"


def connect(endpoint: Endpoint) -> None:
    """Once if it can be, more often if the retries think it worth it."""
    with_retries(endpoint, lambda folder: folder.survey(""), sleep=lambda _: None)


def test_a_server_with_another_key_sees_no_credentials(tmp_path: Path) -> None:
    new_private_key(tmp_path / "key")
    with refusing_server() as witness, pytest.raises(HostKeyMismatch, match="another key"):
        connect(witness.endpoint(host_key=OTHER_KEY, password=SECRET, private_key=tmp_path / "key"))
    assert witness.credentials == []


def test_a_server_missing_from_known_hosts_sees_no_credentials(tmp_path: Path) -> None:
    with refusing_server() as witness:
        known_hosts = write_known_hosts(
            tmp_path / "known_hosts",
            "# comment\n\nnot a line\n",
            public_line(paramiko.ECDSAKey.generate(), "elsewhere.example"),
            public_line(paramiko.ECDSAKey.generate(), "127.0.0.1"),  # another port's
        )
        with pytest.raises(HostKeyMismatch, match="names no key"):
            connect(witness.endpoint(known_hosts=known_hosts, password=SECRET))
        write_known_hosts(known_hosts, public_line(paramiko.ECDSAKey.generate(), f"[127.0.0.1]:{witness.port}"))
        with pytest.raises(HostKeyMismatch, match="another key"):
            connect(witness.endpoint(known_hosts=known_hosts, password=SECRET))
    assert witness.credentials == []


@pytest.mark.parametrize("hashed", [False, True])
def test_known_hosts_may_list_several_keys_in_plain_or_hashed_names(tmp_path: Path, hashed: bool) -> None:
    with serve(tmp_path, password=PASSWORD) as server:
        name, rest = server.known_hosts_line.split(" ", 1)
        shown = HostKeys.hash_host(name) if hashed else f"other.example,{name}"
        lines = [public_line(paramiko.ECDSAKey.generate(), name), f"{shown} {rest}\n"]
        known_hosts = write_known_hosts(tmp_path / "known_hosts", *lines)
        connect(replace(loopback_endpoint(server), host_key=None, known_hosts=known_hosts))


def test_a_fingerprint_beside_known_hosts_must_match_too(tmp_path: Path) -> None:
    with serve(tmp_path, password=PASSWORD) as server:
        known_hosts = write_known_hosts(tmp_path / "known_hosts", server.known_hosts_line)
        with pytest.raises(HostKeyMismatch):
            connect(replace(loopback_endpoint(server), host_key=OTHER_KEY, known_hosts=known_hosts))


def test_openssh_is_known_by_its_known_hosts_line(sshd: RealServer, tmp_path: Path) -> None:
    connect(replace(sshd.endpoint(tmp_path), host_key=None, known_hosts=sshd.known_hosts))
    with pytest.raises(HostKeyMismatch):
        connect(replace(sshd.endpoint(tmp_path), host_key=OTHER_KEY))


def test_a_wrong_password_is_sent_once() -> None:
    with refusing_server() as witness, pytest.raises(LoginRefused) as caught:
        connect(witness.endpoint(host_key=witness.fingerprint, password=SECRET))
    assert witness.credentials == ["password hunter2"]
    assert "hunter2" not in str(caught.value)


def test_a_wrong_password_is_sent_once_to_a_server_that_hangs_up() -> None:
    with refusing_server(hang_up=True) as witness, pytest.raises(LoginRefused):
        connect(witness.endpoint(host_key=witness.fingerprint, password=SECRET))
    assert witness.credentials == ["password hunter2"]


def test_a_refused_key_is_offered_once_and_other_keys_never(tmp_path: Path, sshd: RealServer) -> None:
    new_private_key(tmp_path / "key")
    with refusing_server() as witness, pytest.raises(LoginRefused):
        connect(witness.endpoint(host_key=witness.fingerprint, private_key=tmp_path / "key"))
    assert witness.credentials == ["key"]
    with pytest.raises(LoginRefused):
        connect(replace(sshd.endpoint(tmp_path), private_key=tmp_path / "key"))


def test_a_key_lets_in_to_the_loopback_server(tmp_path: Path) -> None:
    key = new_private_key(tmp_path / "key")
    with serve(tmp_path, authorized_keys=[key]) as server:
        endpoint = replace(loopback_endpoint(server), password=None, private_key=tmp_path / "key")
        connect(endpoint)
        with pytest.raises(LoginRefused):
            connect(replace(endpoint, url=endpoint.url.replace("clr@", "other@")))
        with pytest.raises(LoginRefused):
            connect(replace(endpoint, private_key=None, password=SECRET))


def test_a_server_with_weak_ciphers_only_sees_no_credentials() -> None:
    with refusing_server(ciphers=["aes128-cbc", "3des-cbc"]) as witness, pytest.raises(WeakAlgorithms):
        connect(witness.endpoint(host_key=witness.fingerprint, password=SECRET))
    assert witness.credentials == []


def test_a_server_that_says_nothing_is_given_up() -> None:
    with silent_server() as port:
        endpoint = Endpoint(f"sftp://clr@127.0.0.1:{port}/", host_key=OTHER_KEY, password=SECRET, connect_timeout=0.3)
        began = time.monotonic()
        with pytest.raises(Unreachable, match=f"127.0.0.1:{port}"), open_folder(endpoint):
            pass
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("stall", [False, True])
def test_a_server_without_sftp_is_given_up(stall: bool) -> None:
    with server_without_sftp(stall=stall) as witness:
        endpoint = witness.endpoint(host_key=witness.fingerprint, password=SECRET, operation_timeout=0.3)
        began = time.monotonic()
        with pytest.raises(Unreachable), open_folder(endpoint):
            pass
        assert time.monotonic() - began < 3


def test_a_port_where_nobody_listens_is_unreachable_after_all_attempts() -> None:
    waits: list[float] = []
    endpoint = Endpoint(f"sftp://clr@127.0.0.1:{free_port()}/", host_key=OTHER_KEY, password=SECRET, attempts=4, backoff=2.0)
    with pytest.raises(Unreachable):
        with_retries(endpoint, lambda folder: folder.survey(""), sleep=waits.append)
    assert len(waits) == 3
    assert all(2.0 * 2**turn <= wait <= 2.0 * 2**turn + 2.0 for turn, wait in enumerate(waits))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_the_loopback_server_serves_on_loopback_only(tmp_path: Path, host: str) -> None:
    with pytest.raises(ValueError, match="loopback"), serve(tmp_path, password=PASSWORD, host=host):
        pass


def test_the_loopback_server_wants_some_proof(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="password or an authorized key"), serve(tmp_path):
        pass


def test_the_loopback_server_shows_nothing_outside_its_root(loopback: Place, tmp_path: Path) -> None:
    """With a client that asks for what ours never would."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    (loopback.root / "link").symlink_to(tmp_path / "outside")
    (loopback.root / "file-link").symlink_to(tmp_path / "outside" / "secret")
    with paramiko.Transport(("127.0.0.1", loopback.endpoint.port)) as transport:
        transport.connect(username="clr", password=PASSWORD)
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        for path in ["link/secret", "file-link", "../outside/secret", "/../outside/secret", str(tmp_path / "outside" / "secret")]:
            with pytest.raises(OSError, match=REFUSED):
                client.open(path)
            with pytest.raises(OSError, match=REFUSED):
                client.open(path, "w")
        assert client.listdir("..") == ["file-link", "link"]
        with pytest.raises(OSError, match=REFUSED):
            client.listdir("link")
        with pytest.raises(OSError, match=REFUSED):
            client.symlink("/etc/passwd", "planted")
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["secret"]
