"""Names that follow from content: the same thing gets the same name on every run and every machine."""

from __future__ import annotations

import hashlib

import polars as pl

LENGTH = 16  # hexadecimal digits: 64 bits
UNIT = "\x1f"  # stands in no cell that was cleaned


def digest_name(prefix: str, *parts: str) -> str:
    """A name from texts."""
    return prefix + hashlib.sha256(UNIT.join(parts).encode()).hexdigest()[:LENGTH]


def digest_names(prefix: str, texts: pl.DataFrame) -> pl.Series:
    """A name for each row of a frame, from all its columns; a null is not the same as a blank text."""
    joined = texts.select(pl.concat_str(pl.all().cast(pl.String).fill_null("\x00"), separator=UNIT)).to_series()
    return pl.Series([prefix + hashlib.sha256(text.encode()).hexdigest()[:LENGTH] for text in joined.to_list()], dtype=pl.String)


def digest(content: bytes) -> str:
    """The digest of a file."""
    return hashlib.sha256(content).hexdigest()
