"""Texts that would do harm where they are written: as a formula in a spreadsheet, as a path in a folder.

Makes them harmless without loss. Text in workbooks needs none of it: there every text is typed as text.
"""

from __future__ import annotations

import unicodedata

import polars as pl

FORMULA_BEGINNINGS = "=+-@\t\r\N{FULLWIDTH EQUALS SIGN}"
# Apostrophes before such a beginning count too: each writing adds one and each reading takes one off, so every text comes back as it was.
NEEDS_APOSTROPHE = r"^('*[=+\-@\t\r\x{FF1D}])"
HAS_APOSTROPHE = r"^'('*[=+\-@\t\r\x{FF1D}])"

LONGEST_NAME = 255  # bytes; NAME_MAX of Linux, macOS and NTFS alike
_HOSTILE = frozenset('/\\:*?"<>|%')  # what a path, a shell or Windows gives a meaning; % because it begins an escape
_HOSTILE_AT_THE_BEGINNING = frozenset(".-~ ")  # hidden files, options, home folders and temporary files
# Control and format characters (line breaks, marks that turn the reading direction), lone surrogates (bytes that are not UTF-8), separators
_HOSTILE_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def neutralised(text: pl.Expr) -> pl.Expr:
    """Text that a spreadsheet takes for text when it opens a CSV or pipe file: an apostrophe stands before what begins like a formula."""
    return text.str.replace(NEEDS_APOSTROPHE, "'${1}")


def restored(text: pl.Expr) -> pl.Expr:
    """The text that `neutralised` was given."""
    return text.str.replace(HAS_APOSTROPHE, "${1}")


def safe_file_name(name: str, suffix: str) -> str:
    """A stranger's file name with our suffix: hostile characters as %XX of their UTF-8 bytes, at most 255 bytes in all.

    The name is cut at its end, between characters. Raises ValueError when the suffix leaves no room for any of it.
    """
    room = LONGEST_NAME - len(suffix.encode())
    if room < 1:
        raise ValueError("the suffix of a file name is too long")
    kept: list[str] = []
    for place, character in enumerate(name or "_"):
        written = _percent_encoded(character) if _is_hostile(character, place) else character
        room -= len(written.encode())
        if room < 0:
            break
        kept.append(written)
    return "".join(kept) + suffix


def _is_hostile(character: str, place: int) -> bool:
    return (
        character in _HOSTILE
        or unicodedata.category(character) in _HOSTILE_CATEGORIES
        or (place == 0 and character in _HOSTILE_AT_THE_BEGINNING)
    )


def _percent_encoded(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # one byte that is not UTF-8, as Python carries it in a name
        return f"%{ord(character) - 0xDC00:02X}"
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
