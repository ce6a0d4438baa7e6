"""The demonstration: a whole month of a synthetic plan over SFTP on this machine, checked against the truth that was planted.

It calls the jobs as cron would, at moments of its own; what it shows is what a plan's night looks like.
"""

from __future__ import annotations

import csv
import re
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import SecretStr

from outputs.console import Terminal
from outputs.files import write_file
from pipeline.collect import collect
from pipeline.command import BUG, DONE, UsageError
from pipeline.emit import emit
from pipeline.ingest import ingest
from pipeline.init import initialise
from pipeline.intake import intake
from pipeline.jobs import LateReport, build_notices, report_late
from pipeline.run import Context
from pipeline.sending import send
from pipeline.synth import SynthPlan, synthesize
from pipeline.workspace import Workspace, open_workspace
from sftp.endpoint import Endpoint
from sftp.folder import RemoteFolder
from sftp.loopback import LoopbackServer, serve
from sftp.retries import with_retries

ZONE = ZoneInfo("America/Los_Angeles")
PERIOD = "2026-03"
EXTRACTS_AT = datetime(2026, 3, 10, 8, 0, tzinfo=ZONE)
SENT_AT = datetime(2026, 3, 13, 9, 0, tzinfo=ZONE)
NIGHT_OF_THE_5TH = datetime(2026, 4, 5, 21, 0, tzinfo=ZONE)
TWO_NIGHTS_LATER = datetime(2026, 4, 7, 21, 0, tzinfo=ZONE)
PROVIDERS, REFERRALS, SEED, DEFECTS = 16, 480, 20260405, 0.08
USER, PASSWORD_ENV = "plan", "CLR_DEMO_PASSWORD"
FOLLOWING = ("F018", "F029")  # rules that follow from others: no row accepted; members missing
SERVED = {
    "ARROYO": "Arroyo Family Clinic",
    "CASA-ABIERTA": "Casa Abierta",
}  # two of those who refer have a mailbox; no mail server is there
APPEAL_RIGHTS = {  # what only a plan can say
    "appeal_rights.en.j2": "<h2>Your rights</h2>\n<p>Made up: a plan has its own notice of appeal rights here.</p>\n",
    "appeal_rights.es.j2": "<h2>Sus derechos</h2>\n<p>Inventado: aquí va el aviso de derechos del plan.</p>\n",
}
PLACE = ("sheet", "row", "column")
MARK = ".clr-demo"  # a folder with this file was made here and may be made anew


@dataclass(frozen=True)
class Check:
    """One comparison with the planted truth."""

    what: str
    planted: int
    found: int
    agree: bool


def demonstrate(folder: Path, terminal: Terminal) -> int:
    """Run the demonstration in a new folder, or in that of an earlier one. Returns 0, or 1 when it disagrees with the truth.

    Raises UsageError when the folder holds anything else.
    """
    root = _fresh(folder)
    truth = root / "synthetic"
    synthesize(truth, SynthPlan(PROVIDERS, REFERRALS, SEED, DEFECTS, NIGHT_OF_THE_5TH, str(ZONE), "dhcs"))
    workspace, mailboxes = root / "workspace", root / "mailboxes"
    initialise(workspace, "dhcs")
    mailboxes.mkdir(mode=0o700)
    password = secrets.token_urlsafe(16)
    with serve(mailboxes, username=USER, password=password) as server:
        _configure(workspace, truth, server)
        month = _Month(open_workspace(workspace), truth, server, password, terminal)
        report = month.pass_by()
    checks = compare(truth, month.context(TWO_NIGHTS_LATER), report)
    month.tell(report, checks)
    return DONE if all(check.agree for check in checks) else BUG


@dataclass(frozen=True)
class _Month:
    """The month, step by step."""

    workspace: Workspace
    truth: Path
    server: LoopbackServer
    password: str
    terminal: Terminal

    def context(self, as_of: datetime) -> Context:
        return Context(self.workspace, as_of.astimezone(ZoneInfo("UTC")), {PASSWORD_ENV: self.password})

    def pass_by(self) -> LateReport:
        self._step("the plan's extracts are taken in", EXTRACTS_AT)
        self._did("intake", intake(self.context(EXTRACTS_AT)).counts)
        self._step("providers are sent their MIF and ASF", SENT_AT)
        for kind in ("mif", "asf"):
            self._did(f"emit {kind}", emit(self.context(SENT_AT), kind).counts)
        self._send(self.context(SENT_AT))
        self._step("providers answer; the night of the 5th", NIGHT_OF_THE_5TH)
        self._answer("on_time")
        self._night(NIGHT_OF_THE_5TH)
        self._step("two nights later: the late ones", TWO_NIGHTS_LATER)
        self._answer("late")
        self._night(TWO_NIGHTS_LATER)
        return report_late(self.context(TWO_NIGHTS_LATER), PERIOD)

    def tell(self, report: LateReport, checks: Sequence[Check]) -> None:
        """A short table of what happened, the comparison with the truth, and the paths worth opening."""
        context = self.context(TWO_NIGHTS_LATER)
        snapshot = context.snapshot()
        submissions = snapshot.current("submissions")
        counted = submissions.group_by("status").agg(files=pl.len(), **{name: pl.col(name).sum() for name in ROW_COUNTS}).sort("status")
        late = report.lateness.group_by(pl.col("class_").alias("class")).agg(
            providers=pl.len(), members_missing=pl.col("members_missing").sum()
        )
        notices = snapshot.current("notices").group_by("kind", "recipient_kind", "channel", "state").agg(notices=pl.len())
        loops = snapshot.read("loops").group_by(pl.col("status").fill_null("not reported yet")).agg(loops=pl.len())
        self.terminal.table(counted, "\nProvider files, and what became of their rows")
        self.terminal.table(loops.sort("loops", "status", descending=[True, False]), "\nReferral loops")
        self.terminal.table(late.sort("class"), f"\nProviders and programs, period {report.period}")
        self.terminal.table(notices.sort("kind", "recipient_kind", "channel", "state"), "\nNotices")
        compared = pl.DataFrame(
            [(check.what, check.planted, check.found, "yes" if check.agree else "NO") for check in checks],
            schema=("compared", "planted", "found", "agree"),
            orient="row",
        )
        self.terminal.table(compared, "\nAgainst the planted truth")
        reports = self.workspace.folder("reports") / TWO_NIGHTS_LATER.date().isoformat()
        boxes = self.workspace.root.parent / "mailboxes"
        some = next(iter(sorted(boxes.glob("*/from_plan/*.findings.xlsx"))), None)
        letters = next(iter(sorted(self.workspace.folder("outbox").glob("notices/print/*.pdf"))), None)
        message = next(iter(sorted(boxes.glob("arroyo/from_plan/NOTICE_*.html"))), None)
        self.terminal.line("\nWorth opening")
        self.terminal.lines(
            f"  {path}  {what}"
            for path, what in (
                (reports / "late.html", "who is late, for reading"),
                (reports / "late.xlsx", "the same as a work queue"),
                (self.workspace.folder("outbox") / "notices/queue.csv", "notices with their deadlines"),
                (letters, "letters to members, for the print vendor"),
                (message, "what a clinic that referred finds in its mailbox"),
                (some, "a provider's own file with the findings in it"),
                (self.truth / "truth.csv", "every defect that was planted"),
                (self.workspace.root, "a workspace to try commands on: clr referral show, clr query, clr store verify"),
            )
            if path is not None
        )

    def _night(self, as_of: datetime) -> None:
        context = self.context(as_of)
        with self.terminal.progress() as move:
            bars = Context(context.workspace, context.as_of, context.environment, progress=move)
            self._did("collect", collect(bars, sleep=lambda _seconds: None).counts)
            self._did("ingest", ingest(bars).counts)
            self._did("notices", build_notices(bars)[0])
            self._send(bars)

    def _send(self, context: Context) -> None:
        delivered, sent = send(context)
        self._did("deliver", delivered.counts)
        self._did("send", sent.counts)

    def _answer(self, arrives: str) -> None:
        """Providers put their files into their drop folders, over SFTP like everything else."""
        endpoint = Endpoint(self.server.url, host_key=self.server.host_key_fingerprint, password=SecretStr(self.password))
        files = [row for row in _table(self.truth / "arrivals.csv") if row["arrives"] == arrives]

        def put(folder: RemoteFolder) -> None:
            for row in files:
                target = f"{row['mailbox']}/to_plan"
                folder.make_folder(target)
                folder.put(self.truth / "returns" / row["mailbox"] / row["file_name"], f"{target}/{row['file_name']}")

        with_retries(endpoint, put)
        self._did("providers", {"files_sent": len(files)})

    def _step(self, what: str, as_of: datetime) -> None:
        self.terminal.line(f"\n{as_of:%a %b %d %Y, %I:%M %p}  {what}")

    def _did(self, step: str, counts: Mapping[str, int]) -> None:
        self.terminal.counts(f"  {step:<9}", counts)


ROW_COUNTS = ("rows_read", "rows_accepted", "rows_unchanged", "rows_duplicate", "rows_rejected")


def compare(truth: Path, context: Context, report: LateReport) -> list[Check]:
    """Hold what was found against what was planted: findings by file, row, column and rule; verdicts on files; classes of providers."""
    snapshot = context.snapshot()
    submissions = snapshot.current("submissions")
    files = submissions.select("submission_id", "provider_id", "file_name")
    findings = snapshot.read("findings").filter(pl.col("severity") != "note").join(files, on="submission_id", how="left")
    planted_rows = [row for row in _table(truth / "truth.csv") if row["severity"] != "note"]
    spoken_of = {row["rule"] for row in planted_rows}
    found = {
        (_text(row["provider_id"]), _text(row["file_name"]), *(_text(row[name]) for name in PLACE), row["rule"])
        for row in findings.filter(pl.col("rule").is_in(spoken_of) | ~pl.col("rule").is_in(FOLLOWING)).iter_rows(named=True)
    }
    planted = {
        (row["provider_id"], row["file_name"] if row["provider_id"] else "", *(row[name] for name in PLACE), row["rule"])
        for row in planted_rows
    }
    verdicts = _multiset(
        (row["provider_id"], row["file_name"], row["status"], str(row["rows_read"]), str(row["rows_rejected"]), str(row["rows_duplicate"]))
        for row in submissions.iter_rows(named=True)
    )
    expected = _multiset(
        (row["provider_id"], row["file_name"], row["status"], row["rows"], row["rejected"], row["duplicate"])
        for row in _table(truth / "files.csv")
    )
    classes = {(row["provider_id"], row["program"], row["class_"]) for row in report.lateness.iter_rows(named=True)}
    told = {(row["provider_id"], row["program"], row["class"]) for row in _table(truth / "expected.csv")}
    return [
        Check("defects: rule, row and column", len(planted), len(found), planted == found),
        Check("files: verdict and rows", len(expected), len(verdicts), expected == verdicts),
        Check("providers: class by program", len(told), len(classes), told == classes),
    ]


def _multiset(rows: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return sorted(rows)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _fresh(folder: Path) -> Path:
    root = folder.resolve()
    if root.exists():
        if not (root / MARK).is_file() and (not root.is_dir() or any(root.iterdir())):
            raise UsageError(f"{folder}: a new folder is needed, or that of an earlier demonstration")
        shutil.rmtree(root)
    write_file(root / MARK, b"made by clr demo; made anew by the next one\n")
    return root


def _configure(workspace: Path, truth: Path, server: LoopbackServer) -> None:
    """Fit the new workspace to the synthetic plan and the server on this machine."""
    endpoint = f'url = "{server.url}"\nhost_key = "{server.host_key_fingerprint}"\npassword_env = "{PASSWORD_ENV}"'
    settings = (workspace / "clr.toml").read_text("utf-8")
    for pattern, chosen in (
        (r"^url = .*$", endpoint),
        (r"^id = .*$", 'id = "DEMO"'),
        (r"^name = .*$", 'name = "Synthetic Health Plan"'),
        (r"^# phone = .*$", 'phone = "8005550100"'),
        (r"^referring_entity = .*$", 'referring_entity = "email"'),
        (r"^(member|guardian) = .*$", r'\1 = "print"'),
    ):
        settings = re.sub(pattern, chosen, settings, flags=re.MULTILINE)
    mailboxes = (
        f'\n[notices.organizations.{key}]\nname = "{name}"\nchannel = "sftp"\nmailbox = "{key.lower()}"\n' for key, name in SERVED.items()
    )
    write_file(workspace / "clr.toml", "".join([settings, *mailboxes]).encode())
    for name, text in APPEAL_RIGHTS.items():
        write_file(workspace / "templates" / name, text.encode())
    shutil.copy(truth / "providers.csv", workspace / "providers.csv")
    for extract in sorted((truth / "intake").iterdir()):
        shutil.copy(extract, workspace / "intake" / extract.name)
