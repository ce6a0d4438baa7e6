"""Uploads over an SFTP conversation: written beside, checked, then put in place in one step.

Decides how a file gets to the other side without anybody seeing half of it. Temporary names are given by the caller.
"""

from collections import deque
from contextlib import suppress
from typing import BinaryIO

from sftp.errors import IncompleteTransfer, TransportError
from sftp.wire import (
    FSYNC,
    NO_ATTRIBUTES,
    OPEN_CREATE,
    OPEN_EXCLUSIVE,
    OPEN_WRITE,
    POSIX_RENAME,
    Code,
    Conversation,
    Denied,
    Kind,
    string,
    uint32,
    uint64,
)

REQUESTS_IN_FLIGHT = 64  # as OpenSSH's client


def upload(talk: Conversation, file: BinaryIO, temporary: bytes, final: bytes, place: str) -> None:
    """Bring a local file to the path `final`, by way of the path `temporary` in the same folder, which is free again after a failure.

    Raises Denied, IncompleteTransfer and Unreachable; after the last the temporary file may stay.
    """
    handle = _new_file(talk, temporary)
    try:
        sent = _write(talk, handle, file)
        if talk.attributes(talk.ask(Kind.LSTAT, string(temporary))).size != sent:
            raise IncompleteTransfer(f"{place}: the server did not keep all {sent} bytes")
        _replace(talk, temporary, final)
    except BaseException:
        with suppress(Denied, TransportError):
            talk.done(talk.ask(Kind.REMOVE, string(temporary)))
        raise


def _new_file(talk: Conversation, path: bytes) -> bytes:
    """Handle of a file that did not exist before: whatever has the name, also a link, is removed and never written through."""
    request = (string(path), uint32(OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE), NO_ATTRIBUTES)
    try:
        return talk.handle(talk.ask(Kind.OPEN, *request))
    except Denied as denied:
        if denied.code != Code.FAILURE:
            raise
    # The writer's own upload, cut off a moment ago: nobody else uses this temporary name.
    with suppress(Denied):
        talk.done(talk.ask(Kind.REMOVE, string(path)))
    return talk.handle(talk.ask(Kind.OPEN, *request))


def _write(talk: Conversation, handle: bytes, file: BinaryIO) -> int:
    """Send a whole local file, make the server put it on disk where it can, and close the handle. Returns the bytes sent."""
    waiting: deque[int] = deque()
    sent = 0
    try:
        while data := file.read(talk.chunk):
            waiting.append(talk.ask(Kind.WRITE, string(handle), uint64(sent), string(data)))
            sent += len(data)
            if len(waiting) >= REQUESTS_IN_FLIGHT:
                talk.done(waiting.popleft())
        if FSYNC in talk.extensions:
            waiting.append(talk.ask(Kind.EXTENDED, string(FSYNC.encode()), string(handle)))
        while waiting:
            talk.done(waiting.popleft())
    except BaseException:
        for number in waiting:
            talk.forget(number)
        with suppress(TransportError):
            talk.forget(talk.ask(Kind.CLOSE, string(handle)))
        raise
    talk.done(talk.ask(Kind.CLOSE, string(handle)))
    return sent


def _replace(talk: Conversation, temporary: bytes, final: bytes) -> None:
    try:
        talk.done(talk.ask(Kind.EXTENDED, string(POSIX_RENAME.encode()), string(temporary), string(final)))
    except Denied as denied:
        if denied.code != Code.OP_UNSUPPORTED:
            raise
        # For a moment the name is gone, but never half written.
        with suppress(Denied):
            talk.done(talk.ask(Kind.REMOVE, string(final)))
        talk.done(talk.ask(Kind.RENAME, string(temporary), string(final)))
