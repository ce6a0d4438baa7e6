"""The plan's own outages, `outages.csv`, which excuse lateness; or every mistake in the file.

Whom an outage excuses is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from config.errors import Mistake
from config.nearest import hint
from pipeline.extracts import moment
from pipeline.own_table import OwnTable, place, read_own

OUTAGES = pl.Schema(
    {
        "from": pl.Datetime("us", "UTC"),
        "to": pl.Datetime("us", "UTC"),
        "providers": pl.String(),
        "reason": pl.String(),
        "evidence": pl.String(),
    }
)
NEEDED = f"columns {', '.join(OUTAGES)} are needed"
MOMENTS = "in from, to stand moments of plan time such as 2026-03-05T21:00, and to is blank while an outage lasts"


def read_outages(path: Path, time_zone: str, provider_ids: Collection[str] | None) -> OwnTable:
    """The outages, `OUTAGES`; none when there is no file. One without evidence is a warning: it excuses nobody.

    provider_ids: those of the roster; None when it is not known.
    """
    none = pl.DataFrame(schema=OUTAGES)
    try:
        file, mistakes = read_own(path, path.read_bytes())
    except FileNotFoundError:
        return OwnTable(none)
    if mistakes:
        return OwnTable(none, tuple(replace(one, message=f"{one.message} {NEEDED}") for one in mistakes))
    cells = file.sheets[0].cells
    columns = [name for name in cells.columns if name not in ("row", "line")]
    headings = dict(zip((str(text).strip() for text in cells.row(0, named=True).values()), cells.columns, strict=True))
    if missing := [name for name in OUTAGES if headings.get(name) not in columns]:
        return OwnTable(none, (Mistake(str(path), "", f"column {' and '.join(missing)} is missing; {NEEDED}"),))
    written = pl.all_horizontal(pl.col(columns).is_null()).not_()
    texts = cells.slice(1).filter(written).select("row", **{name: pl.col(headings[name]) for name in OUTAGES})
    stripped = texts.with_columns(pl.col(list(OUTAGES)).str.strip_chars().replace("", None))
    outages = stripped.with_columns(moment(pl.col(name), time_zone).alias(name) for name in ("from", "to"))
    mistakes = [*_bad_times(path, stripped, outages), *_unknown_providers(path, outages, provider_ids)]
    proven = outages["evidence"].is_not_null()
    why = "evidence is missing, so this outage excuses nobody; a ticket, a log or a letter is named there"
    warnings = tuple(Mistake(str(path), place(row, "evidence"), why) for row in outages.filter(~proven)["row"])
    return OwnTable(none if mistakes else outages.select(list(OUTAGES)), tuple(mistakes), warnings)


def _bad_times(path: Path, texts: pl.DataFrame, outages: pl.DataFrame) -> Iterator[Mistake]:
    for (row, *written), (begin, end) in zip(
        texts.select("row", "from", "to").iter_rows(), outages.select("from", "to").iter_rows(), strict=True
    ):
        for name, text, value in zip(("from", "to"), written, (begin, end), strict=True):
            if value is None and (text is not None or name == "from"):
                yield Mistake(str(path), place(row, name), f"{'is needed' if text is None else 'no moment'}; {MOMENTS}")
        if begin is not None and end is not None and end < begin:
            yield Mistake(str(path), place(row, "to"), f"contradicts from: an outage ends after it begins; {MOMENTS}")


def _unknown_providers(path: Path, outages: pl.DataFrame, provider_ids: Collection[str] | None) -> Iterator[Mistake]:
    if provider_ids is None:
        return
    for row, named in outages.select("row", "providers").drop_nulls().iter_rows():
        for provider_id in filter(None, (one.strip() for one in named.split(";"))):
            if provider_id not in provider_ids:
                near = hint(provider_id, provider_ids)
                why = f"{provider_id!r} is not on the roster{near}; allowed: provider_id of providers.csv separated by ; or blank for all"
                yield Mistake(str(path), place(row, "providers"), why)
