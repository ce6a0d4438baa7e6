"""Connections kept from one mailbox to the next: a server that holds hundreds of them is asked for a handful of connections.

Decides when a connection may be used again. A login that a server refused is not tried again: many wrong ones lock accounts.
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from sftp.endpoint import Endpoint, open_folder
from sftp.errors import HostKeyMismatch, LoginRefused, TransportError, Unreachable, WeakAlgorithms
from sftp.folder import RemoteFolder
from sftp.retries import PASSING, patiently

REFUSALS = (HostKeyMismatch, LoginRefused, WeakAlgorithms)
MOST_IDLE = 16  # connections kept open while nobody uses them

T = TypeVar("T")


class Connections:
    """Connected folders for actions of several threads, each used by one thread at a time. Closes them when left."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._idle: list[tuple[Endpoint, RemoteFolder]] = []
        self._refused: dict[Endpoint, TransportError] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        while self._idle:
            _close(self._idle.pop()[1])

    def with_retries(self, endpoint: Endpoint, action: Callable[[RemoteFolder], T], sleep: Callable[[float], None] = time.sleep) -> T:
        """The same as `sftp.retries.with_retries`, on a connection that is there already if there is one."""
        return patiently(endpoint, lambda: self._attempt(endpoint, action), sleep)

    def _attempt(self, endpoint: Endpoint, action: Callable[[RemoteFolder], T]) -> T:
        with self._guard:
            if endpoint in self._refused:
                raise self._refused[endpoint]
        idle = self._taken(endpoint)
        if idle is not None:
            try:
                return self._use(endpoint, idle, action)
            except Unreachable:
                pass  # it was closed while it lay idle, which says nothing about the server
        return self._use(endpoint, self._opened(endpoint), action)

    def _use(self, endpoint: Endpoint, folder: RemoteFolder, action: Callable[[RemoteFolder], T]) -> T:
        try:
            result = action(folder)
        except TransportError as error:
            if isinstance(error, PASSING):
                _close(folder)
            else:
                self._give_back(endpoint, folder)
            raise
        except BaseException:
            _close(folder)
            raise
        self._give_back(endpoint, folder)
        return result

    def _opened(self, endpoint: Endpoint) -> RemoteFolder:
        try:
            return open_folder(endpoint).__enter__()
        except REFUSALS as error:
            with self._guard:
                self._refused[endpoint] = error
            raise

    def _taken(self, endpoint: Endpoint) -> RemoteFolder | None:
        with self._guard:
            for place in reversed(range(len(self._idle))):
                if self._idle[place][0] == endpoint:
                    return self._idle.pop(place)[1]
        return None

    def _give_back(self, endpoint: Endpoint, folder: RemoteFolder) -> None:
        with self._guard:
            self._idle.append((endpoint, folder))
            superfluous = self._idle.pop(0)[1] if len(self._idle) > MOST_IDLE else None
        if superfluous is not None:
            _close(superfluous)


def _close(folder: RemoteFolder) -> None:
    folder.__exit__(None, None, None)
