"""Servers that tests talk to: the shipped loopback server, and OpenSSH's own.

Plain functions and context managers, so that any folder of tests can use them.
"""

import base64
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paramiko
import pytest

from sftp.endpoint import Endpoint

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/usr/libexec")
PATIENCE = 10.0  # seconds; on a busy machine everything takes a while

_CONFIG = """\
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile {folder}/pid
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding no
MaxStartups 100:30:200
Subsystem sftp internal-sftp{options}
ForceCommand internal-sftp{options}
"""


@dataclass(frozen=True)
class RealServer:
    """A running sshd and the key to it. It serves the whole file system as this user: name a root in the URL."""

    port: int
    username: str
    host_key: str
    private_key: Path
    known_hosts: Path

    def endpoint(self, root: Path) -> Endpoint:
        return Endpoint(
            url=f"sftp://{self.username}@127.0.0.1:{self.port}{root}",
            host_key=self.host_key,
            private_key=self.private_key,
            connect_timeout=PATIENCE,
            operation_timeout=PATIENCE,
            attempts=1,
            backoff=0,
        )


def need_sshd() -> str:
    """Path of sshd. A test that cannot have one is skipped, but fails where CI=true: there it must never be left out."""
    if SSHD is None:
        if os.environ.get("CI") == "true":
            pytest.fail("sshd is not installed here, and in CI these tests must run")
        pytest.skip("sshd is not installed here")
    return SSHD


@contextmanager
def real_sshd(*, read_only: bool = False) -> Iterator[RealServer]:
    """OpenSSH's server on a free loopback port, with keys and configuration of its own, as root or as an ordinary user."""
    program = need_sshd()
    with tempfile.TemporaryDirectory(prefix="sshd-") as name:
        folder = Path(name)
        host_key = _new_key(folder / "host_key")
        client_key = _new_key(folder / "client_key")
        (folder / "authorized_keys").write_text(client_key)
        port = free_port()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key}")
        config = folder / "sshd_config"
        config.write_text(_CONFIG.format(port=port, folder=folder, options=" -R" if read_only else ""))
        if os.geteuid() == 0:  # sshd of root insists on the folder that its service would have made
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([program, "-D", "-e", "-f", str(config)], stdin=subprocess.DEVNULL, stderr=log)
        try:
            _wait_for(port, process, folder / "log")
            fingerprint = paramiko.PKey.from_type_string(host_key.split()[0], _decoded(host_key)).fingerprint
            yield RealServer(port, _username(), fingerprint, folder / "client_key", folder / "known_hosts")
        finally:
            process.terminate()
            process.wait(PATIENCE)


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def new_private_key(path: Path) -> paramiko.PKey:
    """A new private key in a file that only its owner can read."""
    key = paramiko.ECDSAKey.generate()
    path.touch(mode=0o600)
    key.write_private_key_file(str(path))
    return key


def _new_key(path: Path) -> str:
    """Make a key pair as operators do; returns the public line."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)], check=True)
    return path.with_suffix(".pub").read_text()


def _decoded(line: str) -> bytes:
    return base64.b64decode(line.split()[1])


def _username() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"sshd did not start: {log.read_text(errors='replace')}")
