"""A batch for the print vendor: the letters as one PDF, a table that says which pages go to whom, and a manifest to check both by.

Which letters make a batch is the caller's business. The same letters make the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from outputs.letters import letters_and_pages
from outputs.notice_texts import NoticeText
from outputs.tables import table_csv

ADDRESS_LINES = 4
COLUMNS = ("notice_id", "recipient", *(f"address_{number}" for number in range(1, ADDRESS_LINES + 1)), "language")

Letter = tuple[str, str, Sequence[str], NoticeText]


def print_batch(name: str, letters: Sequence[Letter], made_at: datetime) -> dict[str, bytes]:
    """Three files by name: `.pdf`, `.csv` and, last, `.json`.

    letters: `notice_id`, name of the recipient, lines of the address, words. The table has a row for each letter, in the order of the PDF:
    `first_page` and `pages` there, and `needs_translation` (true where the recipient reads another language than the letter is in).
    Raises UnprintableLetters as `letters_pdf` does.
    """
    pdf, pages = letters_and_pages([text for *_, text in letters])
    table = table_csv(_table(letters, pages))
    manifest = {
        "batch": name,
        "made_at": made_at.isoformat(),
        "letters": len(letters),
        "pages": sum(pages),
        "needs_translation": sum(text.needs_translation for *_, text in letters),
        "files": {f"{name}{ending}": _described(content) for ending, content in ((".pdf", pdf), (".csv", table))},
    }
    return {f"{name}.pdf": pdf, f"{name}.csv": table, f"{name}.json": (json.dumps(manifest, indent=1) + "\n").encode()}


def _table(letters: Sequence[Letter], pages: Sequence[int]) -> pl.DataFrame:
    rows = []
    first = 1
    for (notice_id, recipient, lines, text), count in zip(letters, pages, strict=True):
        address = [*lines[: ADDRESS_LINES - 1], ", ".join(lines[ADDRESS_LINES - 1 :])]
        rows.append(
            (notice_id, recipient, *address, *[""] * (ADDRESS_LINES - len(address)), text.language, text.needs_translation, first, count)
        )
        first += count
    schema = dict.fromkeys(COLUMNS, pl.String) | {"needs_translation": pl.Boolean, "first_page": pl.Int64, "pages": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _described(content: bytes) -> dict[str, object]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
