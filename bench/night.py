"""A night of the fifth, small: every provider's file over SFTP from a real sshd, collected, judged, merged and answered."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import CLR, Line, Taken, clr, holds, run, work
from bench.plans import PLAN_TIME, Size
from tests.sftp_servers import RealServer, real_sshd

EXTRACTS, LISTS, NIGHT = PLAN_TIME


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
        holds(answers, delivered=answers["waiting"])  # type: ignore[call-overload,index,arg-type]
        verified = clr(workspace, NIGHT, "store", "verify")
        holds({"code": verified.code}, code=0)
    of = f"{providers} files, {size.all_rows:,} rows"
    return [
        Line(f"night: clr {name}", of, _told(taken))
        for name, taken in (("collect", collected), ("ingest", ingested), ("deliver", delivered))
    ]


@contextmanager
def plan_of(size: Size, server: RealServer) -> Iterator[Path]:
    """A workspace of a plan that has sent its MIF and ASF, whose providers' files lie in their mailboxes behind the server."""
    with tempfile.TemporaryDirectory(prefix="clr-bench-") as name:
        workspace = Path(name) / "plan"
        run([*CLR, "init", str(workspace), "--profile", "dhcs"])
        work("make_plan", workspace, size.providers, size.rows, *size.formats)
        settings = workspace / "clr.toml"
        told = [line for line in settings.read_text().splitlines() if not line.startswith("url = ")]
        place = told.index("[sftp]") + 1
        told[place:place] = [
            f'url = "sftp://{server.username}@127.0.0.1:{server.port}{workspace / "mailboxes"}"',
            f'host_key = "{server.host_key}"',
            f'private_key = "{server.private_key}"',
        ]
        settings.write_text("\n".join([*told, "", "[collection]", "settle_seconds = 0", ""]))
        clr(workspace, EXTRACTS, "intake")
        for kind in ("mif", "asf"):
            clr(workspace, LISTS, "emit", kind)
        yield workspace


def _told(taken: Taken) -> str:
    return f"{taken.wall:.1f} s; {taken.cpu:.1f} s of processor; {taken.peak:,.0f} MB"
