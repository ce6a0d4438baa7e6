"""Packed rows: rows of an outreach tracker that tell of several attempts at once, as some programs write them.

Takes a row apart only where it can be read in one way: every cell holds one value for all attempts, or one for each. Any other row is left
as it is, and its cells are told as R146 by the layout.
"""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl

from pipeline.findings import no_failures, row_failures
from schemas.formats import MINUTES

SPLIT = "R145"
SHARED = ("outreach_method", "outreach_successful", "provider_type")  # one value may stand for all attempts
PACKED = ("outreach_date", *SHARED, "minutes")

DAY = r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK = r"[0-9]{1,2}:[0-9]{2}(?:\s?[AaPp]\.?[Mm]\.?)?"
SPAN = rf"[\sT@]\s*({CLOCK})\s*(?:-|\u2013|to)\s*({CLOCK})"
ATTEMPT = re.compile(rf"({DAY})(?:{SPAN})?(?=$|[\s,;|&])")
BETWEEN = re.compile(r"\s*(?:[,;|&\n]|\band\b)\s*")
CANDIDATE = rf"(?s)(?:{DAY}).*(?:{DAY})|(?:{DAY}){SPAN}"
HALF_DAY = re.compile(r"([0-9]{1,2}):([0-9]{2})\s?(?:([AaPp])\.?[Mm]\.?)?")

Cells = tuple[str | None, ...]


def unpack(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give each attempt of a packed row a row of its own, all with the number of the row that they stand in.

    rows: `submission_id`, `row`, `line`, one cleaned String column for each element of a tracker. Returns them, where any was packed with
    `packed_text` (what a packed row said, and which of its attempts this is), and R145 for each, `pipeline.findings.FAILURE`.
    """
    indexed = rows.with_row_index("at")
    candidates = indexed.filter(pl.col("outreach_date").str.contains(CANDIDATE)).select("at", *PACKED)
    apart = {at: attempts for at, *cells in candidates.iter_rows() if (attempts := _attempts(tuple(cells)))}
    if not apart:
        return rows, no_failures()
    said = {at: "\x1f".join(cell or "" for cell in cells) for at, *cells in candidates.iter_rows()}
    pieces = [(at, *attempt, f"{said[at]}\x1f{number}") for at, attempts in apart.items() for number, attempt in enumerate(attempts)]
    schema = {"at": pl.UInt32} | dict.fromkeys((*PACKED, "packed_text"), pl.String)
    split = indexed.drop(PACKED).join(pl.DataFrame(pieces, schema=schema, orient="row"), on="at", how="inner", maintain_order="left_right")
    whole = indexed.filter(~pl.col("at").is_in(list(apart))).with_columns(packed_text=pl.lit(None, dtype=pl.String))
    counts = pl.col("at").replace_strict({at: str(len(attempts)) for at, attempts in apart.items()}, return_dtype=pl.String)
    packed = indexed.filter(pl.col("at").is_in(list(apart))).with_columns(outreach_date_text="outreach_date")
    told = row_failures(packed, SPLIT, "outreach_date", detail=counts)
    return pl.concat([whole, split.select(whole.columns)]).sort("at", maintain_order=True).drop("at"), told


def _attempts(cells: Cells) -> list[Cells]:
    """The cells of each attempt that a row tells of, each attempt once; nothing where that cannot be told."""
    date_cell, *shared, minutes = cells
    found = _days(date_cell or "")
    columns = [_each(cell, len(found)) for cell in shared]
    spans = [_span(start, end) for _, start, end in found]
    timed = any(start for _, start, _ in found)
    if not found or None in columns or (timed and None in spans):
        return []
    spent = _spent(minutes, spans if timed else [], len(found))
    if spent is None:
        return []
    days = [day for day, _, _ in found]
    return list(dict.fromkeys(zip(days, *(column for column in columns if column is not None), spent, strict=True)))


def _days(text: str) -> list[tuple[str, str, str]]:
    """Day, start and end of each attempt; nothing where the cell holds anything else."""
    found, at = [], 0
    while at < len(text):
        attempt = ATTEMPT.match(text, at)
        if attempt is None:
            return []
        found.append((attempt[1], attempt[2] or "", attempt[3] or ""))
        at = attempt.end()
        between = BETWEEN.match(text, at) or re.compile(r"\s+").match(text, at)
        at = between.end() if between else at
    return found


def _each(cell: str | None, count: int) -> list[str | None] | None:
    """A cell's value for each attempt: one for all, or as many as attempts."""
    values = BETWEEN.split(cell) if cell is not None else [None]
    if len(values) == 1:
        return [*values] * count
    return [*values] if len(values) == count and all(values) else None


def _span(start: str, end: str) -> int | None:
    """Minutes from start to end of one day; both with AM or PM, or neither."""
    times = [HALF_DAY.fullmatch(clock) for clock in (start, end)]
    if None in times:
        return None
    (first, last) = (_minute_of_day(int(time[1]), int(time[2]), (time[3] or "").lower()) for time in times if time is not None)
    alike = len({bool(time[3]) for time in times if time is not None}) == 1
    return last - first if alike and first is not None and last is not None and last > first else None


def _minute_of_day(hour: int, minute: int, half: str) -> int | None:
    if minute > 59 or (half and not 1 <= hour <= 12) or hour > 23:
        return None
    return (hour % 12 + (12 if half == "p" else 0) if half else hour) * 60 + minute


def _spent(cell: str | None, spans: list[int | None], count: int) -> list[str | None] | None:
    """Minutes of each attempt, by the spans of time or by a cell that has as many; one number for several attempts is no answer."""
    by_span = [str(span) for span in spans]
    if cell is None:
        return [*by_span] if spans else [None] * count
    told = [_minutes(part) for part in BETWEEN.split(cell)]
    if spans:
        return [*by_span] if told in (spans, [sum(span or 0 for span in spans)]) else None
    return [*BETWEEN.split(cell)] if len(told) == count > 1 and None not in told else None


@lru_cache(maxsize=10_000)
def _minutes(text: str) -> int | None:
    minutes: int | None = pl.select(MINUTES.parse(pl.lit(text))).item()
    return minutes
