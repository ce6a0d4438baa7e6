"""A night of the fifth, small: every provider's file over SFTP from a real sshd, collected, judged, merged and answered."""

from __future__ import annotations

from bench.measure import Line, Taken, clr, holds
from bench.plans import NIGHT, Size
from bench.workspaces import plan_of
from tests.sftp_servers import real_sshd


def night(providers: int = 300, rows: int = 200) -> list[Line]:
    """Collect, ingest and deliver as commands of their own. Files are CSV and workbooks in turn."""
    size = Size(providers, rows, ("csv", "xlsx"))
    with real_sshd() as server, plan_of(size, server) as workspace:
        collected = clr(workspace, NIGHT, "collect")
        holds(collected.answer["counts"], collected=providers, seen=providers)  # type: ignore[arg-type]
        ingested = clr(workspace, NIGHT, "ingest")
        holds(
            ingested.answer["counts"],  # type: ignore[arg-type]
            files=providers,
            accepted_with_errors=providers,
            rows_read=size.all_rows,
            rows_rejected=size.rejected,
            rows_accepted=size.all_rows - size.rejected,
        )
        delivered = clr(workspace, NIGHT, "deliver")
        answers = delivered.answer["counts"]
        holds(answers, delivered=answers["waiting"])  # type: ignore[arg-type,index]
        verified = clr(workspace, NIGHT, "store", "verify")
        holds({"code": verified.code}, code=0)
    of = f"{providers} files, {size.all_rows:,} rows"
    return [
        Line(f"night: clr {name}", of, _told(taken))
        for name, taken in (("collect", collected), ("ingest", ingested), ("deliver", delivered))
    ]


def _told(taken: Taken) -> str:
    return f"{taken.wall:.1f} s; {taken.cpu:.1f} s of processor; {taken.peak:,.0f} MB"
