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
from tests.corpus.judged import FINDING, Corpus, corpus, counted
from tests.workspaces import clr

FILES = 130
AS_OF, SENT = "2026-03-04T09:00", "2026-02-01T09:00"
SETTINGS = """\
profile = "dhcs"
[plan]
id = "sunrise"
name = "Sunrise Health Plan"
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
        done = clr(small.folder, "validate", str(small.folder / "returns" / name), "--json", as_of=AS_OF)
        said, told = json.loads(done.out), small.files[name]
        found = Counter(tuple(str(finding[column] or "") for column in FINDING) for finding in said["findings"])
        assert found == small.told(name, alone=True), name
        assert (said["status"], said["rows"]["rejected"]) == (told["alone_status"], int(told["alone_rejected"])), name
        assert done.code == (3 if told["alone_status"] == "REJECTED" or any(finding[-1] == "error" for finding in found) else 0), name


def test_a_file_is_judged_by_itself_as_it_is_among_others(small: Corpus) -> None:
    for name in list(small.files)[3::9]:
        checked = check_file(small.read[name], None, load_profile("dhcs"), small.today, Path(name).name)
        assert counted(checked.findings) == small.told(name, alone=True), name


def test_a_plan_that_takes_the_files_in_finds_what_the_truth_says(small: Corpus) -> None:
    root = small.folder
    (root / "clr.toml").write_text(SETTINGS.format(root=root), "utf-8")
    for name in small.files:
        drop_folder = root / "mailboxes" / Path(name).parent / "to_plan"
        drop_folder.mkdir(parents=True)
        shutil.copy(root / "returns" / name, drop_folder)
    for command in ("intake", "emit mif", "emit asf"):
        assert clr(root, *command.split(), as_of=SENT).code in (0, 3)
    for command in ("collect", "ingest"):
        assert clr(root, command, as_of=AS_OF).code in (0, 3)
    store = latest(root / "store")
    submissions = store.current("submissions")
    files = {row["submission_id"]: row["provider_id"] for row in submissions.iter_rows(named=True)}
    told = {file["provider_id"]: file for file in small.files.values()}
    assert {row["provider_id"]: row["status"] for row in submissions.iter_rows(named=True)} == {
        provider: file["status"] for provider, file in told.items()
    }
    found: dict[str, Counter[tuple[str, ...]]] = {}
    for (submission_id,), part in store.read("findings").group_by("submission_id"):
        if submission_id in files:
            found[files[submission_id]] = counted(part)
    for provider, file in told.items():
        assert found.get(provider, Counter()) == small.told(file["file"], alone=False), file["file"]
