"""A small corpus through the commands themselves: checked file by file, then uploaded, collected and ingested by a plan."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from config.load import load_profile
from pipeline.offline import check_file
from pipeline.store import latest
from pipeline.synth_corpus import LATER
from schemas.layouts import EXTRACTS
from tests.corpus.judged import FINDING, Corpus, corpus, counted
from tests.workspaces import clr

FILES = 130
AS_OF, SENT = "2026-03-04T09:00", "2026-02-01T09:00"
SETTINGS = """\
profile = "dhcs"
[plan]
id = "synthetic"
name = "Synthetic Health Plan"
[sftp]
url = "file://{root}/mailboxes"
attempts = 1
[collection]
settle_seconds = 0
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return corpus(tmp_path_factory.mktemp("small"), FILES, seed=7)


def test_validate_says_what_the_truth_says(small: Corpus) -> None:
    for name in list(small.files)[::6]:
        profile = ("--profile", small.files[name]["profile"])
        done = clr(small.folder, "validate", str(small.path(name)), "--json", *profile, as_of=AS_OF)
        said, told = json.loads(done.out), small.files[name]
        found = Counter(tuple(str(finding[column] or "") for column in FINDING) for finding in said["findings"])
        assert found == small.told(name, alone=True), name
        assert (said["status"], said["rows"]["rejected"]) == (told["alone_status"], int(told["alone_rejected"])), name
        assert done.code == (3 if told["alone_status"] == "REJECTED" or any(finding[-1] == "error" for finding in found) else 0), name


def test_a_file_is_judged_by_itself_as_it_is_among_others(small: Corpus) -> None:
    for name in list(small.files)[3::9]:
        profile = load_profile(small.files[name]["profile"], small.folder)
        checked = check_file(small.read[name], None, profile, small.today, Path(name).name)
        assert counted(checked.findings) == small.told(name, alone=True), name


@pytest.fixture(scope="module")
def plan(small: Corpus) -> Path:
    """A plan that has taken in the files of its profile: those that come before others first, and what it denied meanwhile."""
    root = small.folder
    (root / "clr.toml").write_text(SETTINGS.format(root=root), "utf-8")
    theirs = {name: file for name, file in small.files.items() if file["profile"] == small.profile and file["kind"] not in EXTRACTS}
    before = {file["after"] for file in theirs.values()} - {""}
    (root / "mailboxes").mkdir()
    for name in set(theirs) - before:
        drop_folder = root / "mailboxes" / Path(name).parent / "to_plan"
        drop_folder.mkdir(parents=True)
        shutil.copy(root / "returns" / name, drop_folder)
    for command in ("intake", "emit mif", "emit asf", f"intake {root / LATER}"):
        assert clr(root, *command.split(), as_of=SENT).code in (0, 3)
    for name in sorted(before):
        given = ("ingest", str(root / "returns" / name), "--provider", theirs[name]["provider_id"], "--reason", "by mail")
        assert clr(root, *given, as_of=small.about["earlier_given_in_at"][:16]).code == 0
    for command in ("collect", "ingest"):
        assert clr(root, command, as_of=AS_OF).code in (0, 3)
    return root


def test_a_plan_that_takes_the_files_in_finds_what_the_truth_says(small: Corpus, plan: Path) -> None:
    store = latest(plan / "store")
    judged = {row["submission_id"]: row for row in store.current("submissions").iter_rows(named=True)}
    names = {(file["provider_id"], Path(name).name): name for name, file in small.files.items()}
    found = {names[row["provider_id"], row["file_name"]]: (submission, row) for submission, row in judged.items()}
    assert {file["rule"] for name, file in small.files.items() if name in found} >= {"F020", "F026", "F031", "F032", "R405"}
    told = store.read("findings").partition_by("submission_id", as_dict=True)
    for name, (submission, row) in found.items():
        counts = {outcome: row[f"rows_{outcome}"] for outcome in ("accepted", "unchanged", "duplicate", "rejected")}
        assert {"status": row["status"], **counts} == {"status": small.files[name]["status"]} | {
            outcome: int(small.files[name][outcome]) for outcome in counts
        }, name
        assert (counted(told[submission,]) if (submission,) in told else Counter()) == small.told(name, alone=False), name


def test_extracts_are_taken_in_as_the_truth_says(small: Corpus, plan: Path) -> None:
    extracts = [name for name, file in small.files.items() if file["kind"] in EXTRACTS]
    of_no_row = [name for name in extracts if any(not row["row"] for row in small.truth[name])]
    assert {small.files[name]["rule"] for name in of_no_row} == {"R354", "R355"}
    assert {"R139", "R140", "R350", "R351", "R352", "R353"} <= {small.files[name]["rule"] for name in extracts}
    for names in ([name for name in extracts if name not in of_no_row], *([name] for name in of_no_row)):
        done = clr(plan, "intake", *(str(small.path(name)) for name in names), "--json", as_of=AS_OF)
        found = Counter(tuple(str(finding[column] or "") for column in FINDING) for finding in json.loads(done.out)["findings"])
        assert found == sum((small.told(name, alone=False) for name in names), Counter()), names
