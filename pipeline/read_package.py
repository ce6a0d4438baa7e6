"""The zip package of a workbook: which parts it has, and a bounded, safe way to walk through their XML.

Decides what may be opened at all. What the parts mean is for the modules that read workbooks and worksheets.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from xml.parsers import expat

from pipeline.read_grid import ReadLimits, RefusedError

CHUNK_BYTES = 2**22
MAX_PARTS = 10_000
# Worksheets of a million formatted blank rows pack about 60 to 1; only a bomb packs this much.
MAX_RATIO, RATIO_FROM_BYTES = 500, 64 * 2**20
MAX_DEPTH = 100
# What every spreadsheet program writes, and the only one in which both parsers are sure to see the same.
ENCODINGS = frozenset({None, "utf-8", "us-ascii"})
UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
PACKED_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED_FLAG = 0x1

DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, expat.ExpatError, EOFError, OSError, NotImplementedError, UnicodeError, ValueError)
DAMAGED = "A part of it is missing or cannot be read."

Attributes = dict[str, str]


def ignore(*_: object) -> None:
    """The handler for what a part's reader does not look at."""


class Package:
    """An opened workbook file, whose parts together unpack to no more than `limits.unpacked_bytes`."""

    def __init__(self, content: bytes, limits: ReadLimits) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        # What the directory declares is all that the archive can unpack. The allowance stops parts that are named again and again; it
        # is twice the limit because a part is looked through and copied.
        self.unpacked_bytes = sum(info.file_size for info in self._archive.infolist())
        self._allowance = 2 * limits.unpacked_bytes
        self._limits = limits
        # Some writers use backslashes or another letter case than the relations that name the parts.
        self._parts = {_key(info.filename): info for info in self._archive.infolist()}
        self._check_directory()

    @property
    def names(self) -> list[str]:
        """The names of all parts, in lower case."""
        return sorted(self._parts)

    def has(self, name: str) -> bool:
        """Whether there is a part of that name."""
        return _key(name) in self._parts

    def read(self, name: str) -> bytes:
        """The unpacked bytes of a small part."""
        return b"".join(self.chunks(name))

    def walk(
        self,
        name: str,
        start: Callable[[str, Attributes], None] = ignore,
        end: Callable[[str], None] = ignore,
        text: Callable[[str], None] = ignore,
    ) -> None:
        """Call back for each tag and text of an XML part. A part nested deeper than any workbook's is refused.

        The part goes through the parser piece by piece, so that it is never in memory as a whole.
        """
        depth = 0

        def deeper(tag: str, attributes: Attributes) -> None:
            nonlocal depth
            depth += 1
            if depth > MAX_DEPTH:
                raise RefusedError("F010", DAMAGED)
            start(tag, attributes)

        def back(tag: str) -> None:
            nonlocal depth
            depth -= 1
            end(tag)

        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.buffer_size = 65_536
        parser.XmlDeclHandler = _refuse_encoding
        parser.StartDoctypeDeclHandler = _refuse_document_type
        parser.StartElementHandler = deeper
        parser.EndElementHandler = back
        parser.CharacterDataHandler = text
        first = True
        for chunk in self.chunks(name):
            if first and chunk.startswith(UTF_16):
                raise RefusedError("F010", DAMAGED)
            first = False
            parser.Parse(chunk, False)
        parser.Parse(b"", True)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The unpacked bytes of a part, piece by piece."""
        with self._archive.open(self._parts[_key(name)]) as part:
            while chunk := part.read(CHUNK_BYTES):
                self._allowance -= len(chunk)
                if self._allowance < 0:
                    raise self._too_large()
                yield chunk

    def _check_directory(self) -> None:
        parts = self._archive.infolist()
        if len(parts) > MAX_PARTS:
            raise RefusedError("F005", f"The workbook has more than {MAX_PARTS:,} parts.")
        if self.unpacked_bytes > self._limits.unpacked_bytes:
            raise self._too_large()
        for part in parts:
            if part.flag_bits & ENCRYPTED_FLAG:
                raise RefusedError("F003", "The file is protected by a password.")
            if part.compress_type not in PACKED_PLAIN:
                raise RefusedError("F010", DAMAGED)
            if part.file_size > RATIO_FROM_BYTES and part.file_size > MAX_RATIO * part.compress_size:
                raise RefusedError("F005", f"A part of the workbook is packed more than {MAX_RATIO} to 1.")

    def _too_large(self) -> RefusedError:
        size = self._limits.unpacked_bytes // 2**20
        return RefusedError("F005", f"The workbook unpacks to more than {size:,} MiB.")


def local(tag: str) -> str:
    """The name of a tag or attribute without its namespace prefix."""
    return tag[tag.find(":") + 1 :]


def relations(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """The parts that a part refers to: id to (last word of the relation's type, name of the part). External targets are left out."""
    path = PurePosixPath(part)
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: Attributes) -> None:
        if local(tag) == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, _resolved(path.parent, attributes.get("Target", "")))

    name = str(path.parent / "_rels" / f"{path.name}.rels")
    if package.has(name):
        package.walk(name, start)
    return found


def _resolved(folder: PurePosixPath, target: str) -> str:
    steps: list[str] = []
    for step in (target if target.startswith(("/", "\\")) else f"{folder}/{target}").replace("\\", "/").split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


def _key(name: str) -> str:
    return name.replace("\\", "/").removeprefix("/").lower()


def _refuse_document_type(*_: object) -> None:
    raise RefusedError("F010", "It holds a document type declaration, which Excel never writes.")


def _refuse_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    if (encoding and encoding.lower()) not in ENCODINGS:
        raise RefusedError("F010", DAMAGED)
