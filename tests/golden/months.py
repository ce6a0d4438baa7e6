"""Golden months: what a plan and its providers do, step by step, and everything that must come of it.

A case is a folder. `given/` holds `clr.toml`, `providers.csv`, the extracts and the providers' files, and `steps.txt`:

    2025-09-05 08:00  plan brings members.csv referrals.csv      into intake/
    2025-09-05 08:00  clr intake                                 any command; its moment is that of the line
    2025-10-31 18:40  ALTURA sends october.csv                   into its mailbox; `as NAME` gives it another name there

`expected/` holds what was there in the end, compared whole.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.load import load_settings
from outputs.tables import table_csv
from pipeline.history import fold
from pipeline.store import latest
from pipeline.views import in_plan_time
from schemas.corrections import FINDING
from schemas.history import LOOP
from tests.workspaces import RIGHTS, bring, clr, send, table

CASES = Path(__file__).parent
FILES = ("sent_as", "evidence")  # name digests of files whose words have tests of their own


@dataclass(frozen=True)
class Step:
    """One line of `steps.txt`: who does what, when."""

    at: str
    who: str
    what: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.at.replace("T", " "), self.who, *self.what))


def cases() -> list[str]:
    """Names of the cases."""
    return sorted(path.parent.parent.name for path in CASES.glob("*/given/steps.txt"))


def play(name: str, root: Path) -> dict[str, str]:
    """Play a case in an empty folder. Returns what came of it: text by path, as below `expected/`."""
    given = CASES / name / "given"
    (root / "intake").mkdir(parents=True)
    (root / "mailboxes").mkdir()
    settings = (given / "clr.toml").read_text("utf-8")
    (root / "clr.toml").write_text(settings.replace("file:///mailboxes", f"file://{root}/mailboxes"), "utf-8")
    shutil.copy(given / "providers.csv", root)
    (root / "templates").mkdir()
    for template, text in RIGHTS.items():
        (root / "templates" / template).write_text(text, "utf-8")
    codes = [f"{code}  {step}\n" for step in _steps(given) if (code := _do(root, given, step)) is not None]
    return {"exit_codes.txt": "".join(codes)} | _tables(root) | _reports(root) | _mailboxes(root)


def expected(name: str) -> dict[str, str]:
    """What must come of a case."""
    folder = CASES / name / "expected"
    return {str(path.relative_to(folder)): _text(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def record(name: str, came: dict[str, str]) -> None:
    """Let what came of a case be what is expected of it."""
    folder = CASES / name / "expected"
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in came.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8", newline="")


def _steps(given: Path) -> Iterator[Step]:
    for line in (given / "steps.txt").read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            day, time, who, *what = shlex.split(line)
            yield Step(f"{day}T{time}", who, tuple(what))


def _do(root: Path, given: Path, step: Step) -> int | None:
    """Do a step. Returns the exit code of a command."""
    if step.who == "clr":
        done = clr(root, *step.what, as_of=step.at)
        if done.code in (1, 2):
            raise AssertionError(f"{step}: exit {done.code}\n{done.err}")
        return done.code
    verb, *names = step.what
    if step.who == "plan" and verb == "brings":
        for name in names:
            bring(root, name.partition("/")[2] or name, (given / name).read_bytes())
    elif verb == "sends":
        content = (given / names[0]).read_bytes()
        send(root, step.who.lower(), names[2] if "as" in names else Path(names[0]).name, content, step.at)
    else:
        raise ValueError(f"{given}: {step}: who does what?")
    return None


def _tables(root: Path) -> dict[str, str]:
    settings = load_settings(root)
    assignments, listings, observations = (table(root, name) for name in ("assignments", "listings", "observations"))
    folded = fold(assignments, listings, observations, settings.profile.closing, settings.plan.time_zone)
    frames = {
        "events": table(root, "events").sort(*LOOP, "received_at", "row", "status_date"),
        "loops": table(root, "loops").sort(LOOP),
        "closures": folded.closures,
        "notices": latest(root / "store").current("notices").sort("due_at", "notice_id").drop(FILES),
        "settlements": table(root, "settlements").sort("settled_at", "settled_by", *FINDING, nulls_last=False),
    }
    return {f"{name}.csv": table_csv(in_plan_time(frame, settings)).decode() for name, frame in frames.items()}


def _reports(root: Path) -> dict[str, str]:
    """Every late-provider report, by its day."""
    return {str(path.relative_to(root)): _text(path) for path in sorted((root / "reports").glob("*/*.csv"))}


def _mailboxes(root: Path) -> dict[str, str]:
    """What providers find in their mailboxes, workbooks left out: they say what the CSV files say."""
    found = sorted((root / "mailboxes").glob("*/from_plan/*"))
    return {str(path.relative_to(root)): _text(path) for path in found if path.suffix != ".xlsx"}


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8")
