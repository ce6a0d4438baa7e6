"""Workspaces for tests: a plan's folder with its roster, its extracts and its providers' mailboxes, and the commands run in it.

Everything goes in through files and comes out through `clr`, as it does for a plan.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from typer.main import get_command

from pipeline.cli import app
from pipeline.interruption import SIGNALS
from pipeline.store import latest
from schemas.layouts import EXTRACTS, INBOUND

ZONE = ZoneInfo("America/Los_Angeles")
COMMAND = get_command(app)  # made once: it takes as long as a small command runs
PROJECT = Path(__file__).resolve().parent.parent
OUTCOME = ("referral_status", "status_date", "closure_reason")  # the columns that no Return Transmission File may lack
CLINIC = {
    "referral_type": "1",
    "referring_org_name": "County Clinic",
    "referring_individual_name": "Lee, Kim, MD",
    "referring_individual_email": "kim@clinic.example",
    "referring_relationship": "1",
}
SETTINGS = """\
profile = "{profile}"

[plan]
id = "sunrise"
name = "Sunrise Health Plan"
phone = "8005550100"

[sftp]
url = "file://{root}/mailboxes"
attempts = 1

[notices]
referring_entity = "email"
member = "print"

[collection]
settle_seconds = 0
"""
RIGHTS = {  # what only the plan can say: without it no denial goes to a member
    "appeal_rights.en.j2": "<h2>Your rights</h2>\n<p>You can appeal within 60 days.</p>\n",
    "appeal_rights.es.j2": "<h2>Sus derechos</h2>\n<p>Puede apelar en 60 días.</p>\n",
}


@dataclass(frozen=True)
class Done:
    """What a command said and ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The result; fails where stdout is anything but one JSON object on one line."""
        line, end = self.out.splitlines(), self.out[-1:]
        assert len(line) == 1, self.out
        assert end == "\n", self.out
        return json.loads(line[0])


def settings(root: Path, profile: str = "dhcs") -> str:
    """The text of a `clr.toml` whose mailboxes lie below the workspace and whose uploads need no time to settle."""
    return SETTINGS.format(profile=profile, root=root)


def new_workspace(root: Path, roster: Sequence[Mapping[str, str]], profile: str = "dhcs") -> Path:
    """A workspace with its settings, its roster, and an empty mailbox root."""
    (root / "intake").mkdir(parents=True)
    (root / "mailboxes").mkdir()
    (root / "clr.toml").write_text(settings(root, profile), "utf-8")
    (root / "providers.csv").write_bytes(extract("providers", roster))
    (root / "templates").mkdir()
    for name, text in RIGHTS.items():
        (root / "templates" / name).write_text(text, "utf-8")
    return root


def copied(source: Path, root: Path, profile: str = "dhcs") -> Path:
    """A copy of a workspace, modification times and all, with mailboxes of its own."""
    shutil.copytree(source, root)
    (root / "clr.toml").write_text(settings(root, profile), "utf-8")
    return root


def provider(provider_id: str, npi: str, programs: str = "ECM", file_format: str = "csv") -> dict[str, str]:
    """A row of the roster; the mailbox is the identifier in small letters."""
    told = {"provider_id": provider_id, "name": f"{provider_id.title()} Care", "npi": npi, "programs": programs}
    return told | {"mailbox": provider_id.lower(), "file_format": file_format, "effective": "2025-01-01"}


def member(cin: str, first_name: str, last_name: str) -> dict[str, str]:
    """A row of the members' extract."""
    told = {"cin": cin, "plan_member_id": f"M{cin}", "first_name": first_name, "last_name": last_name, "date_of_birth": "1980-02-03"}
    return told | {"address": "1 Main St", "city": "San Diego", "state": "CA", "zip": "92101", "homeless": "N"}


def referral(referral_id: str, cin: str, provider_id: str, program: str = "ECM", service: str = "ECM", **more: str) -> dict[str, str]:
    """A row of the referrals' extract: approved, and placed with a provider on September 4, 2025."""
    told = {"referral_id": referral_id, "program": program, "service": service, "cin": cin, "referral_date": "2025-09-01"}
    decided = {"authorization_status": "Approved", "decision_at": "2025-09-03T10:00", "authorization_effective": "2025-09-03"}
    placed = {"authorization_end": "2026-09-02", "provider_id": provider_id, "assigned_at": "2025-09-04T10:00"}
    return told | CLINIC | decided | placed | more


def extract(kind: str, rows: Sequence[Mapping[str, str]]) -> bytes:
    """An extract of the plan's own systems as CSV."""
    return as_csv(list(EXTRACTS[kind].elements()), rows)


def rtf(
    kind: str, provider_row: Mapping[str, str], rows: Sequence[Mapping[str, str]], period: str = "10/2025", made: str = "10/31/2025"
) -> bytes:
    """A Return Transmission File as CSV: rows by element names, the file's own facts filled in."""
    own = {"provider_name": provider_row["name"], "provider_npi": provider_row["npi"]}
    own |= {"reporting_period": period, "production_date": made}
    told = [own | dict(row) for row in rows]
    used = {name: element.header for name, element in INBOUND[kind].elements().items() if name in {*OUTCOME}.union(*told)}
    return as_csv(list(used.values()), [{used[name]: text for name, text in row.items()} for row in told])


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def bring(root: Path, name: str, content: bytes) -> Path:
    """The plan's own systems drop an extract."""
    path = root / "intake" / name
    path.write_bytes(content)
    return path


def send(root: Path, mailbox: str, name: str, content: bytes, at: str) -> Path:
    """A provider uploads a file; its modification time is the moment of the upload, in plan time."""
    folder = root / "mailboxes" / mailbox / "to_plan"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    moment = datetime.fromisoformat(at).replace(tzinfo=ZONE).timestamp()
    os.utime(path, (moment, moment))
    return path


def clr(root: Path, *arguments: str, as_of: str = "") -> Done:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        with redirect_stdout(out), redirect_stderr(err):
            COMMAND([*arguments, *_place(root, arguments, as_of)], prog_name="clr")
    except SystemExit as ended:
        return Done(int(ended.code or 0), out.getvalue(), err.getvalue())
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    raise AssertionError("a command ends with an exit code")


def clr_process(root: Path, *arguments: str, as_of: str = "", before: str = "") -> subprocess.Popen[str]:
    """Start a command in a process of its own; `before` is Python that runs there first."""
    program = f"{before}\nimport sys\nfrom pipeline.cli import main\nsys.argv[0] = 'clr'\nmain()"
    command = [sys.executable, "-c", program, *arguments, *_place(root, arguments, as_of)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def table(root: Path, name: str) -> pl.DataFrame:
    """All rows of a table of the store, in its order."""
    return latest(root / "store").read(name)


def runs(root: Path) -> pl.DataFrame:
    """The committed runs."""
    return latest(root / "store").runs


def files(root: Path) -> dict[str, str]:
    """Digest of every file below a folder, by relative path; the lock's own file, which says nothing, is left out."""
    found = sorted(path for path in root.rglob("*") if path.is_file())
    told = {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}
    return {name: digest for name, digest in told.items() if name != "store/lock"}


def _place(root: Path, arguments: Sequence[str], as_of: str) -> list[str]:
    given = [] if "--workspace" in arguments else ["--workspace", str(root)]
    return [*given, *(["--as-of", as_of] if as_of else [])]
