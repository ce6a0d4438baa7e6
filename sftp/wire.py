"""The SFTP conversation, version 3: requests and answers as bytes on one channel, with many requests under way at once.

Decides how a request is written, which answer belongs to it and how long to wait. What to ask, and what an answer means for a
file, is `sftp.paramiko_folder`'s business. Source: draft-ietf-secsh-filexfer-02 and OpenSSH's PROTOCOL file for the extensions.

paramiko's own SFTPClient is not used: it stops a listing at the first name that is not UTF-8, gives short files without an error,
and waits for each answer before it asks again, which costs a round trip for every step of every small file.
"""

import struct
import time
from dataclasses import dataclass
from enum import IntEnum

from paramiko import Channel, SSHException

from sftp.errors import RemoteFailure, Unreachable

VERSION = 3
LARGEST_PACKET = 1 << 20  # bytes; OpenSSH sends at most 256 KiB
SSH_PACKET = 1 << 15  # bytes: small requests share a packet of SSH

OPEN_READ = 0x01
OPEN_WRITE = 0x02
OPEN_CREATE = 0x08
OPEN_EXCLUSIVE = 0x20

POSIX_RENAME = "posix-rename@openssh.com"
FSYNC = "fsync@openssh.com"
LIMITS = "limits@openssh.com"

SMALLEST_LIMIT = 1 << 15  # bytes of a file that every server gives or takes in one packet (section 3)
LARGEST_LIMIT = 255 << 10  # what OpenSSH names

_HAS_SIZE, _HAS_OWNER, _HAS_MODE, _HAS_TIMES, _HAS_MORE = 0x1, 0x2, 0x4, 0x8, 0x80000000


class Kind(IntEnum):
    """Type of a packet (draft section 3)."""

    INIT = 1
    VERSION = 2
    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    FSTAT = 8
    OPENDIR = 11
    READDIR = 12
    REMOVE = 13
    MKDIR = 14
    RENAME = 18
    STATUS = 101
    HANDLE = 102
    DATA = 103
    NAME = 104
    ATTRS = 105
    EXTENDED = 200
    EXTENDED_REPLY = 201


class Code(IntEnum):
    """Code of a status answer (draft section 7)."""

    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    OP_UNSUPPORTED = 8


class Denied(Exception):
    """Raised when the server answers a request with a status other than OK. Its text, which may hold names, is not kept."""

    def __init__(self, code: int) -> None:
        super().__init__(f"status {code}")
        self.code = code


@dataclass(frozen=True)
class Attributes:
    """What a server says of a file; None is what it leaves out."""

    size: int | None
    mode: int | None
    modified: int | None
    """Seconds since 1970."""


@dataclass(frozen=True)
class Answer:
    """One answer, not yet read."""

    kind: int
    body: bytes


def uint32(value: int) -> bytes:
    return struct.pack(">I", value)


def uint64(value: int) -> bytes:
    return struct.pack(">Q", value)


def string(value: bytes) -> bytes:
    return uint32(len(value)) + value


NO_ATTRIBUTES = uint32(0)


class Conversation:
    """An SFTP session on an open channel, for one thread. After Unreachable it is over."""

    def __init__(self, channel: Channel, place: str, seconds: float) -> None:
        """place: how messages name the server. seconds: how long one answer may take."""
        self._channel = channel
        self._place = place
        self._seconds = seconds
        self._received = bytearray()
        self._outgoing = bytearray()
        self._last = 0
        self._answers: dict[int, Answer] = {}
        self._awaited: set[int] = set()
        self.extensions = self._greet()
        self.chunk = self._limit()
        """Bytes of a file that one request may read or write."""

    def ask(self, kind: Kind, *fields: bytes) -> int:
        """Ask without waiting; the number is for `answer`. The request leaves with others, at the latest when an answer is waited for."""
        self._last = (self._last + 1) & 0xFFFFFFFF
        self._put(kind, uint32(self._last), *fields)
        self._awaited.add(self._last)
        return self._last

    def answer(self, number: int) -> Answer:
        """The answer to a request; each can be had once."""
        self._flush()
        deadline = time.monotonic() + self._seconds
        while number not in self._answers:
            kind, body = self._packet(deadline)
            numbered = Reader(body, self._place)
            answered = numbered.uint32()
            if answered in self._awaited:  # else it was forgotten, or never asked
                self._answers[answered] = Answer(kind, numbered.rest())
        self._awaited.discard(number)
        return self._answers.pop(number)

    def forget(self, number: int) -> None:
        """Drop the answer to a request when it comes."""
        self._awaited.discard(number)
        self._answers.pop(number, None)

    def done(self, number: int) -> None:
        """Wait for the OK to a request; raises Denied."""
        answer = self.answer(number)
        self._expect(answer, Kind.STATUS)

    def handle(self, number: int) -> bytes:
        """Wait for the handle of a file or folder; raises Denied."""
        return self._expect(self.answer(number), Kind.HANDLE).string()

    def data(self, number: int) -> bytes | None:
        """Wait for bytes of a file; None at its end. Raises Denied."""
        try:
            return self._expect(self.answer(number), Kind.DATA).string()
        except Denied as denied:
            if denied.code == Code.EOF:
                return None
            raise

    def attributes(self, number: int) -> Attributes:
        """Wait for a file's attributes; raises Denied."""
        return self._expect(self.answer(number), Kind.ATTRS).attributes()

    def names(self, number: int) -> list[tuple[bytes, Attributes]] | None:
        """Wait for the next entries of a folder; None at its end. Raises Denied."""
        try:
            reader = self._expect(self.answer(number), Kind.NAME)
        except Denied as denied:
            if denied.code == Code.EOF:
                return None
            raise
        entries: list[tuple[bytes, Attributes]] = []
        for _ in range(reader.uint32()):
            name = reader.string()
            reader.string()  # the line that `ls -l` would print
            entries.append((name, reader.attributes()))
        return entries

    def _expect(self, answer: Answer, kind: Kind) -> "Reader":
        reader = Reader(answer.body, self._place)
        if answer.kind == Kind.STATUS:
            code = reader.uint32()
            if code != Code.OK:
                raise Denied(code)
        if answer.kind != kind:
            raise RemoteFailure(f"{self._place}: the server answers against the SFTP protocol")
        return reader

    def _greet(self) -> frozenset[str]:
        self._put(Kind.INIT, uint32(VERSION))
        self._flush()
        kind, body = self._packet(time.monotonic() + self._seconds)
        reader = Reader(body, self._place)
        if kind != Kind.VERSION or reader.uint32() < VERSION:
            raise RemoteFailure(f"{self._place}: the server does not speak version {VERSION} of SFTP")
        extensions = set()
        while reader.has_more():
            extensions.add(reader.string().decode("ascii", "replace"))
            reader.string()
        return frozenset(extensions)

    def _limit(self) -> int:
        if LIMITS not in self.extensions:
            return SMALLEST_LIMIT
        try:
            reader = self._expect(self.answer(self.ask(Kind.EXTENDED, string(LIMITS.encode()))), Kind.EXTENDED_REPLY)
        except Denied:
            return SMALLEST_LIMIT
        reader.uint64()  # longest packet
        named = min(reader.uint64() or LARGEST_LIMIT, reader.uint64() or LARGEST_LIMIT)  # 0 is no limit
        return max(SMALLEST_LIMIT, min(named, LARGEST_LIMIT))

    def _put(self, kind: Kind, *fields: bytes) -> None:
        self._outgoing += uint32(1 + sum(map(len, fields))) + bytes([kind]) + b"".join(fields)
        if len(self._outgoing) >= SSH_PACKET:
            self._flush()

    def _flush(self) -> None:
        deadline = time.monotonic() + self._seconds
        packet = memoryview(bytes(self._outgoing))
        self._outgoing.clear()
        try:
            while packet:
                self._channel.settimeout(max(deadline - time.monotonic(), 0.001))
                sent = self._channel.send(bytes(packet[:SSH_PACKET]))
                if not sent:
                    raise EOFError
                packet = packet[sent:]
        except TimeoutError:
            raise self._stalled() from None
        except (EOFError, OSError, SSHException):
            raise self._dropped() from None

    def _packet(self, deadline: float) -> tuple[int, bytes]:
        length = struct.unpack(">I", self._bytes(4, deadline))[0]
        if not 1 <= length <= LARGEST_PACKET:
            raise RemoteFailure(f"{self._place}: the server answers against the SFTP protocol")
        packet = self._bytes(length, deadline)
        return packet[0], packet[1:]

    def _bytes(self, length: int, deadline: float) -> bytes:
        while len(self._received) < length:
            left = deadline - time.monotonic()
            if left <= 0:
                raise self._stalled()
            self._channel.settimeout(left)
            try:
                received = self._channel.recv(1 << 17)
            except TimeoutError:
                raise self._stalled() from None
            except (EOFError, OSError, SSHException):
                raise self._dropped() from None
            if not received:
                raise self._dropped()
            self._received += received
        taken = bytes(self._received[:length])
        del self._received[:length]
        return taken

    def _stalled(self) -> Unreachable:
        self._channel.close()
        return Unreachable(f"{self._place}: no answer within {self._seconds:g} seconds")

    def _dropped(self) -> Unreachable:
        return Unreachable(f"{self._place}: the connection was lost")


class Reader:
    """Fields of one answer, read in order; whatever a server sends, the worst is RemoteFailure."""

    def __init__(self, body: bytes, place: str) -> None:
        self._body = body
        self._at = 0
        self._place = place

    def has_more(self) -> bool:
        return self._at < len(self._body)

    def rest(self) -> bytes:
        return self._body[self._at :]

    def uint32(self) -> int:
        return int.from_bytes(self._take(4))

    def uint64(self) -> int:
        return int.from_bytes(self._take(8))

    def string(self) -> bytes:
        return self._take(self.uint32())

    def attributes(self) -> Attributes:
        flags = self.uint32()
        size = self.uint64() if flags & _HAS_SIZE else None
        if flags & _HAS_OWNER:
            self._take(8)
        mode = self.uint32() if flags & _HAS_MODE else None
        modified = None
        if flags & _HAS_TIMES:
            self._take(4)  # last access
            modified = self.uint32()
        if flags & _HAS_MORE:
            for _ in range(self.uint32()):
                self.string()
                self.string()
        return Attributes(size, mode, modified)

    def _take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._body):
            raise RemoteFailure(f"{self._place}: the server answers against the SFTP protocol")
        taken = self._body[self._at : end]
        self._at = end
        return taken
