"""Where files are kept and how to prove who is who: the address, the pinned key, the credentials and the patience.

Decides whether an endpoint is written down well enough to be used. Secrets come in as values; where they are kept is not known here.
"""

import math
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import SecretStr

from sftp.folder import RemoteFolder
from sftp.local_folder import LocalFolder
from sftp.rehearsal import Rehearsal, RehearsedFolder

SSH_PORT = 22
FINGERPRINT_PREFIX = "SHA256:"
FINGERPRINT_LENGTH = 43  # base64 of 32 bytes without padding, as `ssh-keygen -l` prints it


@dataclass(frozen=True)
class Endpoint:
    """One place to exchange files with. `check` says whether it can be used; `open_folder` connects to it."""

    url: str
    """`sftp://user@host:port/root`, or `file:///root` when the plan's SFTP server is this machine."""
    host_key: str | None = None
    """Fingerprint of the server's key, `SHA256:…`."""
    known_hosts: Path | None = None
    """File in OpenSSH's format. When both are given the key must satisfy both."""
    private_key: Path | None = None
    password: SecretStr | None = None
    """Used when there is no private key, or when the server asks for it after the key."""
    connect_timeout: float = 15.0
    """Seconds for each of connection, key exchange and login."""
    operation_timeout: float = 60.0
    """Seconds that the answer to one request may take."""
    attempts: int = 4
    """How often an action is tried in all when the network fails; 1 is never again."""
    backoff: float = 2.0
    """Seconds before the second attempt, doubling with each further one."""
    rehearsal: Rehearsal | None = None
    """Where changes are remembered instead of being made; None when they are to be made."""

    @property
    def is_local(self) -> bool:
        return urlsplit(self.url).scheme == "file"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or SSH_PORT

    @property
    def user(self) -> str:
        return unquote(urlsplit(self.url).username or "")

    @property
    def root(self) -> str:
        """Absolute path of the folder that all remote paths are relative to."""
        return unquote(urlsplit(self.url).path) or "/"

    @property
    def place(self) -> str:
        """The endpoint as messages name it: host and port, or the local folder."""
        return self.root if self.is_local else f"{self.host}:{self.port}"


def check(endpoint: Endpoint) -> Endpoint:
    """The same endpoint when it can be used. Reads the key files, contacts nobody. Raises ValueError saying what is wrong and allowed."""
    address = _address(endpoint.url)
    for name in ("connect_timeout", "operation_timeout"):
        if not 0 < getattr(endpoint, name) < math.inf:
            raise ValueError(f"{name} must be a number of seconds above 0")
    if endpoint.attempts < 1:
        raise ValueError("attempts must be 1 or more")
    if not 0 <= endpoint.backoff < math.inf:
        raise ValueError("backoff must be 0 seconds or more")
    if address.scheme == "file":
        _check_local(endpoint, address)
    else:
        _check_server(endpoint, address)
        _check_credentials(endpoint)
    return endpoint


def check_address(url: str) -> None:
    """Raise ValueError, saying what is wrong and allowed, when an address is none; its keys and its password are not looked at."""
    address = _address(url)
    _check_folder(address) if address.scheme == "file" else _check_account(address)


def open_folder(endpoint: Endpoint) -> RemoteFolder:
    """The folder behind an endpoint, which connects when entered with `with`. Raises ValueError as `check` does."""
    check(endpoint)
    if endpoint.rehearsal is not None:
        return RehearsedFolder(_real_folder(endpoint), endpoint.url, endpoint.rehearsal)
    return _real_folder(endpoint)


def _real_folder(endpoint: Endpoint) -> RemoteFolder:
    if endpoint.is_local:
        return LocalFolder(Path(endpoint.root))
    from sftp.paramiko_folder import ParamikoFolder

    return ParamikoFolder(endpoint)


def _address(url: str) -> SplitResult:
    try:
        address = urlsplit(url)
        port = address.port
    except ValueError:
        raise ValueError("url is not an address: write sftp://user@host:port/root or file:///root") from None
    if address.scheme not in {"sftp", "file"}:
        raise ValueError("url must begin with sftp:// or file://")
    if address.password is not None:
        raise ValueError("url must not hold a password: name the environment variable that does")
    if address.query or address.fragment:
        raise ValueError("url must end with the root folder: write ? and # in it as %3F and %23")
    if port == 0:
        raise ValueError("url must name a port between 1 and 65535")
    if ".." in unquote(address.path).split("/") or "\0" in unquote(address.path):
        raise ValueError("url must name its root folder without '..'")
    return address


def _check_local(endpoint: Endpoint, address: SplitResult) -> None:
    _check_folder(address)
    if endpoint.host_key or endpoint.known_hosts or endpoint.private_key or endpoint.password:
        raise ValueError("a file url takes no host_key, known_hosts, private_key or password")


def _check_folder(address: SplitResult) -> None:
    if address.netloc not in {"", "localhost"}:
        raise ValueError("a file url names a folder of this machine with three slashes: file:///srv/sftp")
    if not address.path.startswith("/"):
        raise ValueError("a file url must name an absolute folder: file:///srv/sftp")


def _check_account(address: SplitResult) -> None:
    if not address.hostname:
        raise ValueError("url must name a host: sftp://user@host:port/root")
    if not address.username:
        raise ValueError("url must name a user: sftp://user@host:port/root")


def _check_server(endpoint: Endpoint, address: SplitResult) -> None:
    _check_account(address)
    if endpoint.host_key is None and endpoint.known_hosts is None:
        raise ValueError("either host_key or known_hosts is needed: without it anybody could answer in the server's place")
    if endpoint.host_key is not None:
        encoded = endpoint.host_key.removeprefix(FINGERPRINT_PREFIX)
        if encoded == endpoint.host_key or len(encoded) != FINGERPRINT_LENGTH:
            raise ValueError('host_key must be a fingerprint as ssh-keygen -l prints it: "SHA256:" and 43 characters')
    if endpoint.known_hosts is not None and not endpoint.known_hosts.is_file():
        raise ValueError(f"known_hosts: no such file: {endpoint.known_hosts}")


def _check_credentials(endpoint: Endpoint) -> None:
    if endpoint.private_key is None:
        if endpoint.password is None or not endpoint.password.get_secret_value():
            raise ValueError("either private_key or a password is needed")
        return
    try:
        mode = endpoint.private_key.stat().st_mode
    except OSError:
        raise ValueError(f"private_key: cannot be read: {endpoint.private_key}") from None
    if not stat.S_ISREG(mode):
        raise ValueError(f"private_key: not a file: {endpoint.private_key}")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ValueError(f"private_key: others than its owner can read it: chmod 600 {endpoint.private_key}")
