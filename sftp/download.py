"""Downloads over an SFTP conversation, one file or many side by side.

Decides which requests bring a file here, how many are under way, and whether what came is the whole and unchanged file. Requests
on one file are asked without waiting, because servers must answer them as if asked one by one (filexfer-02 section 6.1).
"""

import stat
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path

from sftp.denials import explained
from sftp.errors import IncompleteTransfer, NotAFile, TooLarge, TransportError, Unreachable
from sftp.folder import FetchedFile, receive
from sftp.wire import NO_ATTRIBUTES, OPEN_READ, Attributes, Conversation, Kind, string, uint32, uint64

REQUESTS_IN_FLIGHT = 64  # as OpenSSH's client
FIRST_REQUESTS = 8  # of each file side by side: 256 KiB or more, the whole of nearly all files
STEPS = 3  # at most so many times a download pauses

Download = Generator[None, None, FetchedFile]
"""A download that pauses where it would have to wait, so that others can ask meanwhile; returns what arrived."""


def download(talk: Conversation, path: bytes, place: str, destination: Path, max_bytes: int, first: int = REQUESTS_IN_FLIGHT) -> Download:
    """Bring one file here.

    path: absolute, its folders known not to be links. place: server and folder, for messages. first: read requests before the
    first pause. Raises what `RemoteFolder.fetch` does.
    """
    with explained(place):
        asked = talk.ask(Kind.LSTAT, string(path))
        yield
        before = talk.attributes(asked)
        if before.mode is None or not stat.S_ISREG(before.mode) or before.size is None:
            raise NotAFile(f"{place}: not a regular file")
        if before.size > max_bytes:
            raise TooLarge(f"{place}: a file is larger than {max_bytes} bytes")
        asked = talk.ask(Kind.OPEN, string(path), uint32(OPEN_READ), NO_ATTRIBUTES)
        yield
        content = _content(talk, talk.handle(asked), path, before, place, first)
        try:
            next(content)
            yield
            return receive(content, destination, max_bytes)
        finally:
            content.close()


def finish(one: Download) -> FetchedFile:
    """Run a download to its end, waiting where it pauses."""
    while True:
        try:
            next(one)
        except StopIteration as stop:
            fetched: FetchedFile = stop.value
            return fetched


def side_by_side(downloads: Sequence[Download]) -> Iterator[FetchedFile | TransportError]:
    """Run downloads of one conversation together; for each in order what arrived or its error. Unreachable ends them all."""
    failed: dict[int, TransportError] = {}
    try:
        for _ in range(STEPS):
            for number, one in enumerate(downloads):
                if number not in failed:
                    with _noted(failed, number):
                        next(one)
        for number, one in enumerate(downloads):
            fetched: FetchedFile | None = None
            if number not in failed:
                with _noted(failed, number):
                    fetched = finish(one)
            yield fetched or failed[number]
    finally:
        for one in downloads:
            one.close()


@contextmanager
def _noted(failed: dict[int, TransportError], number: int) -> Iterator[None]:
    try:
        yield
    except Unreachable:
        raise
    except TransportError as error:
        failed[number] = error


def _content(talk: Conversation, handle: bytes, path: bytes, before: Attributes, place: str, first: int) -> Generator[bytes, None, None]:
    """An open file's bytes; ends normally only when they are all there and the file is still what it was.

    The first item is empty: by then as many requests as `first` are under way. Closes the handle.
    """
    size = before.size or 0
    spans = chain(
        ((at, min(talk.chunk, size - at)) for at in range(0, size, talk.chunk)), [(size, 1)]
    )  # and one byte that must not be there
    waiting: deque[tuple[int, int, int]] = deque()
    states = [talk.ask(Kind.FSTAT, string(handle))]

    def ask(count: int) -> None:
        for at, length in islice(spans, count):
            waiting.append((at, length, _ask_to_read(talk, handle, at, length)))
            if at == size:
                states.extend([talk.ask(Kind.FSTAT, string(handle)), talk.ask(Kind.LSTAT, string(path))])

    try:
        ask(first)
        yield b""
        ask(REQUESTS_IN_FLIGHT - first)
        received = 0
        while waiting:
            at, length, number = waiting.popleft()
            for data in _span(talk, handle, at, length, number):
                received += len(data)
                length -= len(data)
                yield data
            if length:
                break
            ask(1)
        if received != size:
            raise IncompleteTransfer(f"{place}: {received} bytes came of {size} announced")
        if any(_version(talk.attributes(number)) != _version(before) for number in states):
            raise IncompleteTransfer(f"{place}: a file changed while it was fetched")
    finally:
        for number in chain(states, (number for _, _, number in waiting)):
            talk.forget(number)
        with suppress(TransportError):
            talk.forget(talk.ask(Kind.CLOSE, string(handle)))


def _span(talk: Conversation, handle: bytes, at: int, length: int, number: int) -> Iterator[bytes]:
    """The bytes of one request; a server may give fewer than asked for, and the rest when asked again. Stops at the file's end."""
    while data := talk.data(number):
        yield data
        at, length = at + len(data), length - len(data)
        if length <= 0:
            return
        number = _ask_to_read(talk, handle, at, length)


def _ask_to_read(talk: Conversation, handle: bytes, at: int, length: int) -> int:
    return talk.ask(Kind.READ, string(handle), uint64(at), uint32(length))


def _version(attributes: Attributes) -> tuple[int | None, int | None]:
    """What tells one content of a name from the next."""
    return attributes.size, attributes.modified
