"""The workspace's own tables, `providers.csv` and `outages.csv`: their cells, or every reason why they cannot be used, by row and column.

What a table is for, its reader knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from config.errors import Mistake
from pipeline.read import ReadFile, ReadLimits, read
from schemas.rules import RULES

NO_LIMITS = ReadLimits(
    file_bytes=8 * 2**30, rows=20_000_000, columns=512, cell_characters=65_536, unpacked_bytes=8 * 2**30
)  # the plan's own files
UNREADABLE = ("F00", "F010")  # beginnings of rules: no such file is a table


@dataclass(frozen=True)
class OwnTable:
    """What a table of the configuration says.

    rows: as its reader describes; not to be relied upon when there are mistakes. warnings: what was not used, though the rest was.
    notes: what need not be put right.
    """

    rows: pl.DataFrame
    mistakes: tuple[Mistake, ...] = ()
    warnings: tuple[Mistake, ...] = ()
    notes: tuple[Mistake, ...] = ()


def read_own(path: Path, content: bytes) -> tuple[ReadFile, list[Mistake]]:
    """What is read of a file's bytes, and why it is no table; nothing where it is one."""
    file = read(content, path.name, NO_LIMITS)
    fatal = [defect for defect in file.defects if defect.rule.startswith(UNREADABLE)]
    return file, [
        Mistake(str(path), "", f"cannot be read as a table ({defect.rule} {RULES[defect.rule].title}). {defect.detail}") for defect in fatal
    ]


def place(row: object, column: str | None = None) -> str:
    """A place in a table as messages name it; rows as Excel numbers them."""
    return ", ".join(part for part in ("" if row is None else f"row {row}", column or "") if part)
