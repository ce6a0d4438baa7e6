"""Being stopped: a signal ends a run between two steps, never inside a commit."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_waiting: list[int] = []
_deferring: list[bool] = []


class Stopped(BaseException):
    """Raised where the run is when it is told to stop; what it did not commit is undone."""


def listen() -> None:
    """From now on a signal raises Stopped."""
    for number in SIGNALS:
        signal.signal(number, _on_signal)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Finish a step before any signal is heard."""
    _deferring.append(True)
    try:
        yield
    finally:
        _deferring.pop()
        if _waiting and not _deferring:
            _waiting.clear()
            raise Stopped


def _on_signal(number: int, _frame: FrameType | None) -> None:
    if _deferring:
        _waiting.append(number)
    else:
        raise Stopped
