"""The archive: every inbound file as it was received, by its digest, written once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from outputs.files import write_once
from pipeline.names import digest
from pipeline.store import StoreDamaged


def keep(archive: Path, content: bytes) -> str:
    """Keep a file; the same bytes are kept once. Returns the digest that names it.

    Raises FileExistsError when other bytes, or a link, lie under that name: then somebody has tampered with the archive.
    """
    sha256 = digest(content)
    write_once(place(archive, sha256), content, archive)
    return sha256


def place(archive: Path, sha256: str) -> Path:
    """Where a file lies."""
    return archive / sha256[:2] / sha256


def fetch(archive: Path, sha256: str) -> bytes:
    """A file as it was received. Raises StoreDamaged when it is gone or is not what it was."""
    try:
        content = place(archive, sha256).read_bytes()
    except FileNotFoundError:
        raise StoreDamaged(f"archive file {sha256} is missing") from None
    if digest(content) != sha256:
        raise StoreDamaged(f"archive file {sha256} is not what was received")
    return content


def damages(archive: Path, wanted: Iterable[str]) -> list[str]:
    """Digests whose file is missing, or is not what it was."""
    found = []
    for sha256 in sorted(set(wanted)):
        path = place(archive, sha256)
        if not path.is_file():
            found.append(f"archive file {sha256} is missing")
        elif digest(path.read_bytes()) != sha256:
            found.append(f"archive file {sha256} is not what was received")
    return found
