"""Faults of a file's bytes: how a sound file becomes one that cannot be read.

Every change takes the bytes, and the name of the provider as it stands in every row. Which rule each breaks is decided elsewhere.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO

from pipeline.synth_files import PDF

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how documents of old Office versions begin, and encrypted ones
TOO_MANY_COLUMNS, TOO_MANY_CHARACTERS = 520, 70_000
WEB_PAGE = b"<!DOCTYPE html>\n<html><body><table><tr><td>CIN</td></tr></table></body></html>\n"

Change = Callable[[bytes, bytes], bytes]


def instead(content: bytes) -> Change:
    """Something else altogether."""
    return lambda _, __: content


PDF_DOCUMENT, PICTURE = instead(PDF), instead(b"\x89PNG\r\n\x1a\n" + bytes(64))
OLD_WORKBOOK = instead(OLE + bytes(1024))
WITH_PASSWORD = instead(OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(64))


def in_utf_16(content: bytes, _: bytes) -> bytes:
    """The text as Excel's Unicode Text."""
    return content.decode().encode("utf-16")


def half_windows(content: bytes, _: bytes) -> bytes:
    """Two encodings."""
    return "Señal;é".encode() + "Peña".encode("cp1252") + b"\n" + content


def with_nul(content: bytes, name: bytes) -> bytes:
    """A NUL byte in a cell."""
    return content.replace(name, name.replace(b" ", b"\0", 1), 1)


def unclosed_quote(content: bytes, name: bytes) -> bytes:
    """A quotation mark without a second one."""
    first, _, rest = content.partition(name)
    return first + b'"' + name + rest


def semicolons(content: bytes, _: bytes) -> bytes:
    """Semicolons between the columns."""
    return content.translate(bytes.maketrans(b",\t|", b";;;"))


def cut_off(content: bytes, name: bytes) -> bytes:
    """The last line ends in the middle of a cell."""
    return content[: content.rstrip().rindex(name) + 5]


def too_wide(content: bytes, _: bytes) -> bytes:
    """Hundreds of columns."""
    return b"".join(line + b"," * TOO_MANY_COLUMNS + b"\n" for line in content.splitlines())


def too_long(content: bytes, name: bytes) -> bytes:
    """A cell without end."""
    return content.replace(name, b"Synthetic " * (TOO_MANY_CHARACTERS // 10), 1)


def halved(content: bytes, _: bytes) -> bytes:
    """The first half."""
    return content[: len(content) // 2]


def with_part(part: str) -> Change:
    """A workbook with one part more in its package."""

    def change(content: bytes, _: bytes) -> bytes:
        written = BytesIO(content)
        with zipfile.ZipFile(written, "a") as package:
            package.writestr(zipfile.ZipInfo(part), b"x")
        return written.getvalue()

    return change


def archive(part: str) -> Change:
    """A package of something else."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        package.writestr(zipfile.ZipInfo(part), b"x")
    return instead(written.getvalue())
