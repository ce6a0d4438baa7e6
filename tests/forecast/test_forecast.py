"""What a dry run says is what the run then does, for three synthetic plans; and a second dry run finds nothing left to say."""

from __future__ import annotations

import csv
import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.store import latest
from schemas.lateness import LATE_CLASSES
from tests.synth.plans import invent
from tests.synth.plans import table as rows_of
from tests.workspaces import Done, clr, settings, table

SENT, DUE, LATE = "2026-02-01T10:00", "2026-03-04T09:00", "2026-03-06T22:00"
LISTS = ("events", "closures", "notices", "late")


@dataclass(frozen=True)
class Standing:
    """What a workspace held at a moment: the ids of what may be forecast."""

    events: frozenset[str]
    closed: frozenset[tuple[str, int]]
    notices: frozenset[str]
    late: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, root: Path) -> Standing:
        closed = table(root, "loops").filter(pl.col("closed_on").is_not_null())
        reports = sorted((root / "reports").glob("*/late.csv"))
        return cls(
            frozenset(table(root, "events")["event_id"]),
            frozenset(closed.select("referral_id", "loop").iter_rows()),
            frozenset(table(root, "notices")["notice_id"]),
            frozenset(late_entries(reports[-1]) if reports else ()),
        )

    def gained_since(self, before: Standing) -> list[list[Any]]:
        pairs = ((self.events, before.events), (self.closed, before.closed), (self.notices, before.notices), (self.late, before.late))
        return [sorted(now - then) for now, then in pairs]


def late_entries(path: Path) -> list[tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["period"], row["provider_id"], row["program"], row["class"]) for row in csv.DictReader(file)]


def foretold(told: dict[str, Any]) -> list[list[Any]]:
    """The ids of a forecast, in the order of `Standing.gained_since`; each list is in an order of its own."""
    return [
        sorted(one["event_id"] for one in told["events"]),
        [(one["referral_id"], one["loop"]) for one in told["closures"]],
        sorted(one["notice_id"] for one in told["notices"]),
        [(one["period"], one["provider_id"], one["program"], one["class"]) for one in told["late"]],
    ]


def tree(root: Path) -> dict[str, tuple[int, int, str]]:
    """Mode, modification time and digest of everything in workspace and mailboxes; only `store`, where the copy lies, may look touched."""
    told = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        told[str(path.relative_to(root))] = (status.st_mode, 0 if path == root / "store" else status.st_mtime_ns, content)
    return told


def planned(root: Path, seed: int) -> Path:
    """A synthetic plan with its extracts waiting."""
    invent(root, providers=4, referrals=40, seed=seed)
    (root / "clr.toml").write_text(settings(root, "iehp"), "utf-8")
    (root / "mailboxes").mkdir()
    return root


def sent(root: Path) -> Path:
    """The extracts taken in, and the first list made."""
    for command in (("intake",), ("emit", "mif"), ("emit", "asf")):
        assert clr(root, *command, as_of=SENT).code in (0, 3)
    return root


def upload(root: Path, *, withheld: int = 0) -> None:
    """Providers answer; the last `withheld` of them do not."""
    files = rows_of(root, "arrivals.csv")
    silent = sorted({file["mailbox"] for file in files})[-withheld:] if withheld else []
    for file in files:
        if file["mailbox"] not in silent:
            folder = root / "mailboxes" / file["mailbox"] / "to_plan"
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / "returns" / file["mailbox"] / file["file_name"], folder)


def rehearse_and_do(root: Path, *command: str, as_of: str) -> dict[str, Any]:
    """Forecast a job, do it, and compare. Returns the forecast."""
    found, before = tree(root), Standing.of(root)
    dry = clr(root, *command, "--dry-run", "--json", as_of=as_of)
    assert tree(root) == found
    done = clr(root, *command, "--json", as_of=as_of)
    assert (dry.code, dry.err) == (done.code, done.err)
    assert foretold(dry.json) == Standing.of(root).gained_since(before)
    assert {name: dry.json[name] for name in done.json} == done.json
    assert_as_stored(root, dry.json)
    told: dict[str, Any] = dry.json
    return told


def assert_nothing_more_comes(root: Path, *command: str, as_of: str) -> None:
    """Once the job is done, a forecast of it is empty."""
    found = tree(root)
    assert foretold(clr(root, *command, "--dry-run", "--json", as_of=as_of).json) == [[], [], [], []]
    assert tree(root) == found


def assert_as_stored(root: Path, told: dict[str, Any]) -> None:
    """What is shown of an event, a closure and a notice is what the store then says of it."""
    stored = latest(root / "store")
    for name, key in (("events", ["event_id"]), ("closures", ["referral_id", "loop"]), ("notices", ["notice_id"])):
        rows = stored.current("notices") if name == "notices" else stored.read("loops" if name == "closures" else name)
        by_key = {tuple(row[part] for part in key): row for row in rows.iter_rows(named=True)}
        for one in told[name]:
            row = by_key[tuple(one[part] for part in key)]
            assert {part: one[part] for part in one if not part.endswith(("_at", "_on", "_date"))} == {
                part: row[part] for part in one if not part.endswith(("_at", "_on", "_date"))
            }


def assert_readable_and_nameless(root: Path, short: Done, whole: Done, told: dict[str, Any]) -> None:
    """What people read is counts and the first rows, or all of them, without anybody's name or number; nor has the data any."""
    members = table(root, "members")
    named = {text for part in ("cin", "last_name", "plan_member_id") for text in members[part].drop_nulls()}
    named |= {row["name"] for row in rows_of(root, "providers.csv")}
    assert not [name for name in named for said in (short.out, short.err, whole.out, whole.err, str(told)) if name in said]
    events, closures = told["events"], told["closures"]
    assert f"forecast  {len(events)} events, {len(closures)} closures" in short.out
    assert [sum(one["event_id"] in done.out for one in events) for done in (short, whole)] == [20, len(events)]
    assert f"... and {len(events) - 20} more; --verbose lists all" in short.out
    assert "--verbose lists all" not in whole.out


def test_month_and_night_come_as_they_were_foretold(tmp_path: Path) -> None:
    told = rehearse_and_do(planned(tmp_path, 1), "run", "monthly", as_of=SENT)
    assert told["notices"]
    assert told["steps"]["emit mif"]["sent_first"]
    upload(tmp_path)
    told = rehearse_and_do(tmp_path, "run", "nightly", as_of=DUE)
    assert all(told[name] for name in LISTS)
    assert told["steps"]["deliver"]["delivered"] > told["steps"]["ingest"]["files"] > 1
    assert {one["closure_source"] for one in told["closures"]} == {"rtf"}
    assert_nothing_more_comes(tmp_path, "run", "nightly", as_of=DUE)


def test_ingestion_comes_as_it_was_foretold(tmp_path: Path) -> None:
    upload(sent(planned(tmp_path, 2)))
    assert clr(tmp_path, "collect", as_of=DUE).code == 0
    texts = [clr(tmp_path, "ingest", "--dry-run", *more, as_of=DUE) for more in ((), ("--verbose",))]
    told = rehearse_and_do(tmp_path, "ingest", as_of=DUE)
    assert (bool(told["events"]), bool(told["closures"]), told["notices"], told["late"]) == (True, True, [], [])
    assert_nothing_more_comes(tmp_path, "ingest", as_of=DUE)
    assert_readable_and_nameless(tmp_path, texts[0], texts[1], told)


def test_what_is_due_comes_as_it_was_foretold(tmp_path: Path) -> None:
    upload(sent(planned(tmp_path, 3)), withheld=2)
    told = rehearse_and_do(tmp_path, "run", "due", as_of=LATE)
    assert [one["job"] for one in told["due"]] == ["late", "night"]
    assert all(told[name] for name in LISTS)
    assert {"missing", "late"} <= {one["class"] for one in told["late"]} <= {*LATE_CLASSES, "nothing_due"}
    assert_nothing_more_comes(tmp_path, "run", "due", as_of=LATE)
