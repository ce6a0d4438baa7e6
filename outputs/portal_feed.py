"""Feeds for a portal: the messages that it shall show, and the authorizations of a provider's members.

Who may see what was decided before; one file of authorizations is one provider's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import polars as pl

from outputs.tables import table_csv

COLUMNS = (
    "notice_id",
    "kind",
    "recipient_kind",
    "recipient",
    "contact",
    "provider_id",
    "referral_id",
    "cin",
    "corrects",
    "language",
    "subject",
    "text",
    "html",
)


def message_feed(messages: Sequence[Mapping[str, object]], ending: str) -> bytes:
    """Messages with `COLUMNS`, one to a row: ending `csv`, or `jsonl` for one JSON object to a line. Ordered by `notice_id`."""
    rows = [{name: message[name] for name in COLUMNS} for message in sorted(messages, key=lambda one: str(one["notice_id"]))]
    if ending == "csv":
        return table_csv(pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String)))
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def authorization_feed(rows: pl.DataFrame) -> bytes:
    """The authorizations of one provider's members, as CSV."""
    return table_csv(rows)
