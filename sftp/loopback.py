"""An SFTP server on this machine's loopback address, for demonstrations and tests only.

It serves one folder to one user, in threads of this process, to show the whole round trip where no sshd is installed. It refuses
every address that other machines can reach. It decides nothing about who may do what: the one user may do everything below the
folder, and nothing outside of it.
"""

import errno
import hmac
import ipaddress
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED, OPEN_SUCCEEDED
from paramiko.sftp import SFTP_FAILURE, SFTP_OK, SFTP_PERMISSION_DENIED

from sftp.confined import open_file, opened_folder, rename_to_free_name, status_of

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

logging.getLogger("paramiko").addHandler(logging.NullHandler())

_OneName = Callable[[int, str], None]
_TwoNames = Callable[[str, int, str, int], None]


@dataclass(frozen=True)
class LoopbackServer:
    """A running server, as a client needs to know it."""

    host: str
    port: int
    username: str
    host_key_fingerprint: str
    """`SHA256:…`, for `Endpoint.host_key`."""
    known_hosts_line: str
    """For a known_hosts file."""

    @property
    def url(self) -> str:
        return f"sftp://{self.username}@{self.host}:{self.port}/"


@contextmanager
def serve(
    root: Path,
    *,
    username: str = "clr",
    password: str | None = None,
    authorized_keys: Sequence[paramiko.PKey] = (),
    read_only: bool = False,
    host: str = "127.0.0.1",
    port: int = 0,
    subsystem: type[paramiko.SFTPServer] = paramiko.SFTPServer,
    files: type["LoopbackFiles"] | None = None,
) -> Iterator[LoopbackServer]:
    """Serve `root` until the block ends; port 0 takes a free one. The host key is new each time.

    subsystem, files: what answers the requests, for tests of clients that must survive a bad server.
    Raises ValueError for an address that is not loopback, and when neither password nor key would let anybody in.
    """
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError("this server is for demonstrations: it serves on a loopback address only")
    if password is None and not authorized_keys:
        raise ValueError("a password or an authorized key is needed")
    key = paramiko.ECDSAKey.generate()
    login = _Login(username, password, tuple(authorized_keys))
    stopping = threading.Event()
    with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=64) as listener:
        listener.settimeout(0.02)
        handler = (subsystem, files or LoopbackFiles, root, read_only)
        acceptor = threading.Thread(target=_accept, args=(listener, stopping, key, login, handler), name="sftp-loopback", daemon=True)
        acceptor.start()
        try:
            bound = int(listener.getsockname()[1])
            line = f"[{host}]:{bound} {key.get_name()} {key.get_base64()}"
            yield LoopbackServer(host, bound, username, key.fingerprint, line)
        finally:
            stopping.set()
            acceptor.join()


class LoopbackFiles(paramiko.SFTPServerInterface):
    """The folder as one session sees it. Paths are taken below the root, `..` at the root leads nowhere, links are not followed."""

    def __init__(self, server: paramiko.ServerInterface, root: Path, read_only: bool) -> None:
        super().__init__(server)
        self._root = root
        self._read_only = read_only

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        try:
            with opened_folder(self._root, _parts(path)) as folder:
                names = sorted(os.listdir(folder))  # noqa: PTH208 - pathlib lists no descriptors
                return [_entry(name, status_of(name, folder)) for name in names]
        except OSError as error:
            return _code(error)

    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            if not _parts(path):
                return paramiko.SFTPAttributes.from_stat(self._root.stat())
            with self._parent(path) as (folder, name):
                return paramiko.SFTPAttributes.from_stat(status_of(name, folder))
        except OSError as error:
            return _code(error)

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        return self.lstat(path)

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:  # noqa: ARG002 - paramiko's signature
        if self._read_only and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
            return SFTP_PERMISSION_DENIED
        try:
            with self._parent(path) as (folder, name):
                return LoopbackFile(open_file(name, flags, folder), flags)
        except OSError as error:
            return _code(error)

    def remove(self, path: str) -> int:
        return self._change(lambda folder, name: os.unlink(name, dir_fd=folder), path)

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:  # noqa: ARG002 - paramiko's signature
        return self._change(lambda folder, name: os.mkdir(name, dir_fd=folder), path)

    def rmdir(self, path: str) -> int:
        return self._change(lambda folder, name: os.rmdir(name, dir_fd=folder), path)

    def rename(self, oldpath: str, newpath: str) -> int:
        return self._change_two(rename_to_free_name, oldpath, newpath)

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        return self._change_two(
            lambda name, folder, new_name, new_folder: os.replace(name, new_name, src_dir_fd=folder, dst_dir_fd=new_folder),
            oldpath,
            newpath,
        )

    def _change(self, change: _OneName, path: str) -> int:
        if self._read_only:
            return SFTP_PERMISSION_DENIED
        try:
            with self._parent(path) as (folder, name):
                change(folder, name)
        except OSError as error:
            return _code(error)
        return SFTP_OK

    def _change_two(self, change: _TwoNames, path: str, new_path: str) -> int:
        if self._read_only:
            return SFTP_PERMISSION_DENIED
        try:
            with self._parent(path) as (folder, name), self._parent(new_path) as (new_folder, new_name):
                change(name, folder, new_name, new_folder)
        except OSError as error:
            return _code(error)
        return SFTP_OK

    @contextmanager
    def _parent(self, path: str) -> Iterator[tuple[int, str]]:
        parts = _parts(path)
        if not parts:
            raise OSError(errno.EISDIR, "the root itself")
        with opened_folder(self._root, parts[:-1]) as folder:
            yield folder, parts[-1]


class LoopbackFile(paramiko.SFTPHandle):
    """One open file of one session."""

    def __init__(self, descriptor: int, flags: int) -> None:
        super().__init__(flags)
        self._descriptor = descriptor

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def read(self, offset: int, length: int) -> bytes | int:
        try:
            return os.pread(self._descriptor, min(length, 1 << 18), offset)
        except OSError as error:
            return _code(error)

    def write(self, offset: int, data: "Buffer") -> int:
        left = memoryview(data)
        try:
            while left:
                written = os.pwrite(self._descriptor, left, offset)
                offset, left = offset + written, left[written:]
        except OSError as error:
            return _code(error)
        return SFTP_OK

    def stat(self) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(os.fstat(self._descriptor))
        except OSError as error:
            return _code(error)


class _Login(paramiko.ServerInterface):
    """Who may come in: one user, by password or key."""

    def __init__(self, username: str, password: str | None, keys: tuple[paramiko.PKey, ...]) -> None:
        self._username = username
        self._password = password
        self._keys = keys

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's signature
        return ",".join([*(["publickey"] if self._keys else []), *(["password"] if self._password is not None else [])])

    def check_auth_password(self, username: str, password: str) -> int:
        expected = self._password
        known = expected is not None and hmac.compare_digest(password.encode(), expected.encode())
        return AUTH_SUCCESSFUL if known and username == self._username else AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        known = any(hmac.compare_digest(key.asbytes(), allowed.asbytes()) for allowed in self._keys)
        return AUTH_SUCCESSFUL if known and username == self._username else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - paramiko's signature
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


def _accept(
    listener: socket.socket,
    stopping: threading.Event,
    key: paramiko.PKey,
    login: _Login,
    handler: tuple[type[paramiko.SFTPServer], type[LoopbackFiles], Path, bool],
) -> None:
    sessions: list[paramiko.Transport] = []
    while not stopping.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        session = paramiko.Transport(connection)
        session.add_server_key(key)
        session.set_subsystem_handler("sftp", *handler)
        session.start_server(event=threading.Event(), server=login)
        sessions = [*(running for running in sessions if running.is_alive()), session]
    for session in sessions:
        session.close()


def _parts(path: str) -> list[str]:
    """A client's path below the root; `..` goes up, but never above it."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    return parts


def _entry(name: str, status: os.stat_result) -> paramiko.SFTPAttributes:
    attributes = paramiko.SFTPAttributes.from_stat(status, name)
    if any("\udc80" <= character <= "\udcff" for character in name):  # not UTF-8 on disk: to be sent as it is there
        attributes.filename = os.fsencode(name)  # type: ignore[assignment]  # paramiko sends bytes as they are
    return attributes


def _code(error: OSError) -> int:
    if error.errno in {errno.EPERM, errno.EROFS}:
        return SFTP_PERMISSION_DENIED
    return paramiko.SFTPServer.convert_errno(error.errno) if error.errno else SFTP_FAILURE
