"""What users and cron may rely on: options, exit codes, JSON on stdout, and dry runs that leave no trace."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.conftest import CAME, SENT
from tests.workspaces import COMMAND, clr, clr_process, copied, files, runs, table

SHARED = {"--workspace", "--as-of", "--json", "--quiet", "--verbose", "--wait", "--dry-run"}
OPTIONS = {  # those of one command alone
    "init": {"--profile"},
    "check": {"--provider"},
    "demo": set(),
    "synth": {"--providers", "--referrals", "--seed", "--defects", "--rule", "--corpus"},
    "intake": set(),
    "emit": {"--supplemental"},
    "collect": set(),
    "ingest": {"--provider", "--reason", "--release"},
    "deliver": set(),
    "notices build": set(),
    "notices list": set(),
    "notices show": {"--format", "--out"},
    "report late": {"--period", "--known-at", "--deliver"},
    "report aging": {"--period", "--known-at"},
    "report closures": {"--period", "--known-at"},
    "report denials": {"--period", "--known-at"},
    "report monitoring": {"--period", "--known-at"},
    "run nightly": set(),
    "run monthly": set(),
    "run due": {"--explain"},
    "referral show": {"--cin"},
    "validate": {"--kind", "--profile", "--format"},
    "schema list": set(),
    "schema show": set(),
    "schema docs": set(),
    "query": set(),
    "export": {"--out", "--known-at"},
    "store verify": set(),
    "store rebuild": set(),
    "store compact": set(),
}
WRITING = {  # commands that write or send, and the moment at which they have something to do
    "intake": "intake",
    "emit mif": "emit mif",
    "emit asf --supplemental": "emit asf",
    "collect": "collect",
    "ingest": "ingest",
    "deliver": "deliver",
    "notices build": "after",
    "report late --period 2025-09": "after",
    "report aging": "after",
    "report closures": "after",
    "run nightly": "collect",
    "run monthly": "intake",
    "run due": "after",
    "store rebuild": "after",
    "store compact": "after",
}
READING = (
    "check",
    "notices list",
    "referral show R-1",
    "run due --explain",
    "query SELECT~*~FROM~loops",
    "store verify",
    "schema list",
    "schema show mif",
)
LATER = "2025-11-06T06:00"


def words(command: str) -> list[str]:
    return [word.replace("~", " ") for word in command.split()]


@pytest.mark.parametrize("name", OPTIONS)
def test_command_has_its_options(name: str) -> None:
    found = COMMAND
    for word in name.split():
        found = found.commands[word]  # type: ignore[attr-defined]
    assert {option for one in found.params for option in one.opts if option.startswith("--")} >= SHARED | OPTIONS[name]


@pytest.mark.parametrize("command", [*WRITING, *(command for command in READING if not command.startswith("schema"))])
@pytest.mark.parametrize(("line", "key"), [("[cadence]\nrtf_due_dya = 5\n", "cadence.rtf_due_dya"), ("[surprise]\n", "surprise")])
def test_unknown_key_stops_every_command_before_it_touches_anything(
    command: str, line: str, key: str, before: dict[str, Path], tmp_path: Path
) -> None:
    root = copied(before["intake"], tmp_path / "plan")
    with (root / "clr.toml").open("a") as file:
        file.write(line)
    found = tree(root)
    done = clr(root, *words(command), as_of=LATER)
    assert done.code == 2
    assert str(root / "clr.toml") in done.err
    assert key in done.err
    assert done.out == ""
    assert tree(root) == found


@pytest.mark.parametrize("as_of", ["yesterday", "2025-13-01T00:00", "05/03/2026"])
def test_moment_that_is_none_is_wrong_usage(as_of: str, before: dict[str, Path]) -> None:
    done = clr(before["intake"], "intake", as_of=as_of)
    assert done.code == 2
    assert "--as-of" in done.err


@pytest.mark.parametrize(
    "command", ["emit tapes", "ingest nosuch.csv --provider ALTURA --reason fax", "ingest --release S0", "export nosuch --out x.csv"]
)
def test_what_cannot_be_done_is_wrong_usage(command: str, before: dict[str, Path]) -> None:
    assert clr(before["after"], *words(command), as_of=LATER).code == 2


def test_rejected_files_ask_for_a_person(before: dict[str, Path], tmp_path: Path) -> None:
    assert clr(copied(before["ingest"], tmp_path / "plan"), "ingest", as_of=CAME).code == 3


def test_mailboxes_out_of_reach_ask_for_a_person(before: dict[str, Path], tmp_path: Path) -> None:
    root = copied(before["collect"], tmp_path / "plan")
    (root / "mailboxes").rename(root / "elsewhere")
    done = clr(root, "collect", "--quiet", as_of=CAME)
    assert done.code == 3
    assert "ALTURA" in done.err
    assert "BONITA" in done.err


def test_lock_held_by_another_run_is_told(before: dict[str, Path], tmp_path: Path) -> None:
    root = copied(before["ingest"], tmp_path / "plan")
    with held(root):
        found = files(root)
        done = clr(root, "ingest", as_of=CAME)
        assert (done.code, done.out) == (4, "")
        assert "lock" in done.err
        assert files(root) == found
        assert clr(root, "query", "SELECT * FROM loops").code == 0  # readers need no lock
        assert clr(root, "ingest", "--dry-run", as_of=CAME).code in (0, 3)


def test_lock_can_be_waited_for(before: dict[str, Path], tmp_path: Path) -> None:
    root = copied(before["ingest"], tmp_path / "plan")
    with held(root) as let_go:
        threading.Timer(0.5, let_go).start()
        assert clr(root, "ingest", "--wait", "30", as_of=CAME).code == 3
    assert runs(root)["job"][-1] == "ingest"


def test_killed_holder_holds_no_lock(before: dict[str, Path], tmp_path: Path) -> None:
    root = copied(before["ingest"], tmp_path / "plan")
    program = f"import fcntl, time; file = open({str(root / 'store' / 'lock')!r}, 'a'); fcntl.flock(file, fcntl.LOCK_EX); print(flush=True)"
    command = [sys.executable, "-c", f"{program}; time.sleep(60)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert clr(root, "ingest", as_of=CAME).code == 4
        holder.kill()
    assert clr(root, "ingest", as_of=CAME).code == 3


@pytest.mark.parametrize("command", ["store verify", "query SELECT~*~FROM~arrivals", "ingest", "ingest --dry-run"])
def test_cut_off_table_fails_the_integrity_check(command: str, before: dict[str, Path], tmp_path: Path) -> None:
    root = copied(before["ingest"], tmp_path / "plan")
    (path,) = (root / "store" / "arrivals").glob("*.parquet")
    path.write_bytes(path.read_bytes()[:100])
    done = clr(root, *words(command), as_of=CAME)
    assert done.code == 5
    assert "arrivals" in done.out + done.err


def test_changed_byte_in_store_or_archive_is_found(before: dict[str, Path], tmp_path: Path) -> None:
    for number, pattern in enumerate(("store/events/*.parquet", "archive/??/*")):
        root = copied(before["after"], tmp_path / f"plan{number}")
        arrived = set(table(root, "arrivals")["sha256"])
        path = next(path for path in sorted(root.glob(pattern)) if path.suffix or path.name in arrived)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        assert clr(root, "store", "verify", as_of=LATER).code == 5


READS_ARCHIVE = """
import os, signal, sys
def hear(event, arguments):
    if event == "open" and "/archive/" in str(arguments[0]):
        os.kill(os.getpid(), signal.{signal})
sys.addaudithook(hear)
"""
COMMITS = """
import os, signal
from pipeline import delta
write = delta.write_deltalake
def watched(*given, **named):
    os.kill(os.getpid(), signal.{signal})
    write(*given, **named)
delta.write_deltalake = watched
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_run_that_is_stopped_while_judging_is_undone(name: str, before: dict[str, Path], tmp_path: Path) -> None:
    root = copied(before["ingest"], tmp_path / "plan")
    found = files(root)
    process = clr_process(root, "ingest", as_of=CAME, before=READS_ARCHIVE.format(signal=name))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert "stopped" in err
    assert files(root) == found
    assert clr(root, "ingest", as_of=CAME).code == 3
    assert runs(root)["job"].to_list().count("ingest") == 1


def test_run_that_is_stopped_while_committing_finishes_its_step(before: dict[str, Path], tmp_path: Path) -> None:
    root = copied(before["ingest"], tmp_path / "plan")
    process = clr_process(root, "ingest", as_of=CAME, before=COMMITS.format(signal=signal.SIGTERM.name))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert runs(root)["job"][-1] == "ingest"
    assert len(list(root.glob("outbox/*/*.receipt.json"))) == 3
    assert not (root / ".staging").exists()


TELLS_MODULES = """
import atexit, sys
atexit.register(lambda: print(*sorted(name.partition(".")[0] for name, module in sys.modules.items() if module), file=sys.stderr))
"""


def test_what_invents_examples_for_tests_is_not_loaded_to_check_a_file(before: dict[str, Path], tmp_path: Path) -> None:
    file = next(before["collect"].glob("mailboxes/*/to_plan/*.csv"))
    process = clr_process(tmp_path, "validate", str(file), before=TELLS_MODULES)
    _, err = process.communicate(timeout=60)
    assert "pandera" in err.split()
    assert "hypothesis" not in err.split()


def test_help_loads_nothing_that_works_on_data(tmp_path: Path) -> None:
    process = clr_process(tmp_path, "--help", before=TELLS_MODULES)
    _, err = process.communicate(timeout=60)
    assert "typer" in err.split()
    assert not {"deltalake", "holidays", "pandera", "polars", "pydantic"} & set(err.split())


@pytest.mark.parametrize("command", WRITING)
def test_dry_run_writes_nothing_anywhere(command: str, before: dict[str, Path], tmp_path: Path) -> None:
    root = copied(before[WRITING[command]], tmp_path / "plan")
    found = tree(root)
    assert clr(root, *words(command), "--dry-run", as_of=moment(command)).code in (0, 3)
    assert tree(root) == found


@pytest.mark.parametrize("command", ["init DIR --profile dhcs", "demo DIR", "synth DIR", "export loops --out DIR/loops.csv"])
def test_dry_run_makes_no_folder_and_no_file(command: str, before: dict[str, Path], tmp_path: Path) -> None:
    found = tree(tmp_path)
    given = [word.replace("DIR", str(tmp_path / "new")) for word in words(command)]
    assert clr(before["after"], *given, "--dry-run", as_of=LATER).code == 0
    assert tree(tmp_path) == found


@pytest.mark.parametrize("command", [*WRITING, *READING])
def test_json_is_one_object_and_nothing_else(command: str, before: dict[str, Path], tmp_path: Path) -> None:
    root = copied(before[WRITING.get(command, "after")], tmp_path / "plan")
    done = clr(root, *words(command), "--json", as_of=moment(command))
    assert done.code in (0, 3), done.err
    assert isinstance(done.json, dict)


def moment(command: str) -> str:
    first = command.split()[0]
    return SENT if first in ("intake", "emit") or command == "run monthly" else LATER


def tree(root: Path) -> dict[str, str]:
    """Every folder and every file with its digest."""
    return files(root) | {str(path.relative_to(root)): "" for path in root.rglob("*") if not path.is_file() or path.name == "lock"}


@contextmanager
def held(root: Path) -> Iterator[Callable[[], None]]:
    """Hold the lock as another run would. Gives the function that lets it go."""
    with (root / "store" / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield lambda: fcntl.flock(file, fcntl.LOCK_UN)
