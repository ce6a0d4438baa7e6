"""Which remote names may be handled at all: the rules for names that came from a stranger.

Decides what is skipped in a listing and what is refused in a path. It never turns a remote name into a local one: nobody may.
"""

import re
import stat
import unicodedata

TEMPORARY_ENDINGS = (".filepart", ".part", ".tmp")  # WinSCP, browsers and curl, many others
OWN_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.part")  # under which this program writes before it renames
TEMPORARY_BEGINNINGS = (".", "~$")  # hidden and rsync or SFTPGo uploads, Office lock files
LONGEST_NAME = 255  # bytes; NAME_MAX of Linux, macOS and NTFS alike

SYMBOLIC_LINK = "symbolic link"
FOLDER = "folder"
SPECIAL_FILE = "special file"
TEMPORARY_NAME = "temporary name"
UNSAFE_NAME = "unsafe name"

# Cc control, Cf format (all bidi marks and zero-width characters), Cs lone surrogate (bytes that are not UTF-8), Zl and Zp line breaks.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def is_unsafe(name: str) -> bool:
    """Whether a name holds anything that could be taken for a path, a line break or a change of reading direction, or is too long."""
    return (
        name in {"", ".", ".."}
        or "/" in name
        or "\\" in name
        or len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME
        or any(unicodedata.category(character) in _UNSAFE_CATEGORIES for character in name)
    )


def is_temporary(name: str) -> bool:
    """Whether a name is one under which programs write before they rename."""
    lowered = name.lower()
    return lowered.startswith(TEMPORARY_BEGINNINGS) or lowered.endswith(TEMPORARY_ENDINGS)


def is_own_temporary(name: str) -> bool:
    """Whether this program gave a name: where nobody else of ours is at work, such a file was left by a run that was killed."""
    return OWN_TEMPORARY.fullmatch(name) is not None


def reason_to_skip(name: str, mode: int) -> str | None:
    """Why a folder's entry is not a file to fetch, or None when it is one.

    name: as the server gives it. mode: type and permission bits of the entry itself, a link not followed.
    """
    if is_unsafe(name):
        return UNSAFE_NAME
    if stat.S_ISLNK(mode):
        return SYMBOLIC_LINK
    if stat.S_ISDIR(mode):
        return FOLDER
    if not stat.S_ISREG(mode):
        return SPECIAL_FILE
    if is_temporary(name):
        return TEMPORARY_NAME
    return None


def escaped(name: str) -> str:
    """The name with each unsafe character written as its code point, fit for a table or a log that people read."""
    return "".join(f"\\u{ord(character):04x}" if unicodedata.category(character) in _UNSAFE_CATEGORIES else character for character in name)


def parts_of(path: str) -> tuple[str, ...]:
    """The folders and the name of a relative posix path; "" and "." are the root itself.

    Raises ValueError for an absolute path and for any part that is unsafe, so that no path leaves the endpoint's root.
    """
    if path in {"", "."}:
        return ()
    parts = tuple(path.split("/"))
    if any(is_unsafe(part) for part in parts):
        raise ValueError("a remote path must be relative and made of plain names, without '..', backslashes or control characters")
    return parts
