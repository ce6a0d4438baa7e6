"""Workspaces to measure in: a plan that has sent its MIF and ASF, whose providers have answered."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import CLR, clr, run, work
from bench.plans import EXTRACTS, LISTS, Size
from tests.sftp_servers import RealServer


@contextmanager
def plan_of(size: Size, server: RealServer | None = None, *, emitted: bool = True) -> Iterator[Path]:
    """A workspace of a plan that has sent its MIF and ASF, whose providers' files lie in their mailboxes behind the server."""
    with tempfile.TemporaryDirectory(prefix="clr-bench-") as name:
        workspace = Path(name) / "plan"
        run([*CLR, "init", str(workspace), "--profile", "dhcs"])
        work("make_plan", workspace, size.providers, size.rows, size.faulty, *size.formats)
        settings = workspace / "clr.toml"
        told = settings.read_text() if server is None else _behind(settings.read_text(), server, workspace / "mailboxes")
        settings.write_text(f"{told}\n[collection]\nsettle_seconds = 0\n")
        clr(workspace, EXTRACTS, "intake")
        for kind in ("mif", "asf") if emitted else ():
            clr(workspace, LISTS, "emit", kind)
        yield workspace


@contextmanager
def copy_of(workspace: Path) -> Iterator[Path]:
    """A workspace as it stands, to be used up. Its mailboxes stay those of the original."""
    with tempfile.TemporaryDirectory(prefix="clr-bench-") as name:
        yield Path(shutil.copytree(workspace, Path(name) / "plan", ignore=shutil.ignore_patterns("mailboxes")))


def _behind(settings: str, server: RealServer, mailboxes: Path) -> str:
    """Settings with the mailboxes behind a server."""
    lines = [line for line in settings.splitlines() if not line.startswith("url = ")]
    place = lines.index("[sftp]") + 1
    url = f"sftp://{server.username}@127.0.0.1:{server.port}{mailboxes}"
    lines[place:place] = [f'url = "{url}"', f'host_key = "{server.host_key}"', f'private_key = "{server.private_key}"']
    return "\n".join([*lines, ""])
