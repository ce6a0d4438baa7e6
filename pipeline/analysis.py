"""Analysis: SQL over the tables of the store, and tables as files."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import polars as pl

from config.settings import Settings
from outputs.tables import table_csv, table_parquet, table_workbook
from pipeline.store import Snapshot
from pipeline.views import VIEWS, view

WRITERS: dict[str, Callable[[pl.DataFrame, str], bytes]] = {
    ".csv": lambda rows, _name: table_csv(rows),
    ".parquet": lambda rows, _name: table_parquet(rows),
    ".xlsx": table_workbook,
}
SPEAKS_OF_NAMES = (pl.exceptions.SQLInterfaceError, pl.exceptions.SQLSyntaxError, pl.exceptions.ColumnNotFoundError)
READS_FILES = re.compile(r"\b(?:read_csv|read_parquet|read_ipc|read_json|read_ndjson|scan_\w+)\s*\(", re.IGNORECASE)


def ask(snapshot: Snapshot, sql: str, settings: Settings, as_of: datetime) -> pl.DataFrame:
    """The answer to one SELECT. Tables have the names and columns of `pipeline.views`. Raises ValueError, with what is wrong in words."""
    if not re.match(r"\s*(?:select|with|from|show)\b", sql, re.IGNORECASE) or READS_FILES.search(sql):
        raise ValueError("only SELECT over the tables of the store; nothing can be changed here, and no file read")
    named = [name for name in VIEWS if re.search(rf"\b{name}\b", sql, re.IGNORECASE)]
    tables = {name: view(snapshot, name, settings, as_of).lazy() for name in named}
    try:
        return pl.SQLContext(tables).execute(sql, eager=True)
    except SPEAKS_OF_NAMES as error:
        raise ValueError(f"{str(error).splitlines()[0]}; tables: {', '.join(VIEWS)}") from None
    except pl.exceptions.PolarsError:  # its text may quote cells
        raise ValueError("a value does not have the type that the query asks of it; TRY_CAST makes such a value null") from None
