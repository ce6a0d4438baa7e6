"""A month of a plan whose only job is `clr run due`, called once an evening, with five evenings on which the machine was down."""

from __future__ import annotations

import csv
import fcntl
import json
import shutil
import subprocess
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.acceptance.conftest import ROSTER
from tests.workspaces import bring, clr, clr_process, copied, extract, files, member, new_workspace, referral, runs

FIRST, LAST = date(2025, 9, 5), date(2025, 10, 7)
DOWN = [date(2025, 9, number) for number in range(12, 17)]  # over the MIF of the 15th and the supplement of that Monday
EVENING = "22:00"
NOTICES_OVERDUE = 3  # nobody sends them here
DONE_BY_HAND = {  # every job of the month but the nights, by the evening on which it was done
    "2025-09-06": [("late", "2025-08")],
    "2025-09-08": [("mif-supplement", "2025-09-08")],
    "2025-09-10": [("asf", "2025-09-10")],
    "2025-09-17": [("aging", "2025-09"), ("mif", "2025-09")],
    "2025-09-19": [("asf", "2025-09-20")],
    "2025-09-22": [("mif-supplement", "2025-09-22")],
    "2025-09-29": [("mif-supplement", "2025-09-29")],
    "2025-10-06": [("late", "2025-09"), ("mif-supplement", "2025-10-06")],
}


def plan_with_extracts(root: Path) -> Path:
    """Two providers and a referral for each, taken in before the first evening."""
    new_workspace(root, ROSTER, "iehp")
    bring(root, "members.csv", extract("members", [member("90000001A", "Ana", "One"), member("90000002A", "Ben", "Two")]))
    placed = [referral("R-1", "90000001A", "ALTURA"), referral("R-2", "90000002A", "BONITA", "CS", "Housing Deposits")]
    bring(root, "referrals.csv", extract("referrals", placed))
    assert clr(root, "intake", as_of="2025-09-05T09:00").code == 0
    return root


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[tuple[str, str]]]]:
    """The workspace after the month, and what each evening said that it did."""
    root = plan_with_extracts(tmp_path_factory.mktemp("month") / "plan")
    told = {}
    evenings = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    for evening in evenings:
        if evening not in DOWN:
            done = clr(root, "run", "due", "--json", "--quiet", as_of=f"{evening}T{EVENING}")
            assert done.code in (0, NOTICES_OVERDUE), done.err
            told[evening.isoformat()] = [(one["job"], one["period"]) for one in done.json["done"]]
    return root, told


def test_every_evening_does_its_night_and_what_the_calendar_says(month: tuple[Path, dict[str, list[tuple[str, str]]]]) -> None:
    _, told = month
    assert {evening: [one for one in jobs if one[0] != "night"] for evening, jobs in told.items() if len(jobs) > 1} == DONE_BY_HAND
    assert all(("night", evening) in jobs for evening, jobs in told.items())


def test_each_job_of_each_period_is_stamped_once(month: tuple[Path, dict[str, list[tuple[str, str]]]]) -> None:
    root, told = month
    stamped = runs(root).filter(job="schedule")["period"].to_list()
    assert stamped == [FIRST.isoformat()]
    jobs = [tuple(row) for row in runs(root).select("job", "period").iter_rows()]
    for one in {one for done in told.values() for one in done}:
        assert Counter(jobs)[one] == 1


def test_providers_got_each_list_once(month: tuple[Path, dict[str, list[tuple[str, str]]]]) -> None:
    root, _ = month
    names = sorted(path.name for path in (root / "mailboxes").glob("*/from_plan/*") if not path.name.startswith("NOTICE_"))
    assert names == [
        "ASF_sunrise_BONITA_20250910.csv",
        "ASF_sunrise_BONITA_20250919.csv",
        "MIF_sunrise_ALTURA_20250908_S.xlsx",
        "MIF_sunrise_ALTURA_20250917.xlsx",
        "late_sunrise_ALTURA_2025-09.csv",
        "late_sunrise_BONITA_2025-09.csv",
    ]


def test_the_late_report_is_made_once_the_files_are_late(month: tuple[Path, dict[str, list[tuple[str, str]]]]) -> None:
    root, _ = month
    assert [path.name for path in sorted((root / "reports").iterdir())] == ["2025-09-06", "2025-10-06"]
    with (root / "reports/2025-10-06/late.csv").open(encoding="utf-8") as file:
        assert {(row["period"], row["class"]) for row in csv.DictReader(file)} >= {("2025-09", "missing")}


def test_what_was_done_is_not_done_again(month: tuple[Path, dict[str, list[tuple[str, str]]]], tmp_path: Path) -> None:
    root = copied(month[0], tmp_path / "plan", "iehp")
    found = files(root)
    for moment in (f"{LAST}T{EVENING}", f"{LAST}T23:59", f"{LAST - timedelta(days=9)}T12:00"):
        done = clr(root, "run", "due", "--quiet", as_of=moment)
        assert (done.code, done.out, done.err) == (0, "", "")
    assert files(root) == found


def test_an_outage_is_foreseen_and_explained_before_it_is_made_up_for(tmp_path: Path) -> None:
    root = plan_with_extracts(tmp_path / "plan")
    assert clr(root, "run", "due", "--quiet", as_of="2025-09-11T22:00").code == NOTICES_OVERDUE
    found = files(root)
    plan = clr(root, "run", "due", "--dry-run", "--json", as_of="2025-09-17T22:00").json
    assert [(one["job"], one["period"]) for one in plan["due"]] == [("aging", "2025-09"), ("night", "2025-09-17"), ("mif", "2025-09")]
    assert [one["period"] for one in plan["due"][1]["made_up_for"]] == [f"2025-09-{number}" for number in range(12, 17)]
    assert {one["state"] for one in plan["plan"]} == {"ahead"}
    assert plan["until"] == "2025-11-01T22:00:00-07:00"
    (asf,) = [one for one in plan["plan"] if one["period"] == "2025-09-20" and one["job"] == "asf"]
    assert asf["due_at"] == "2025-09-19T06:00:00-07:00"
    assert "Sat 2025-09-20, which is closed (Saturday): moved to Fri 2025-09-19" in asf["why"]
    explained = clr(root, "run", "due", "--explain", "--json", as_of="2025-09-17T22:00").json["explained"]
    told = {(one["job"], one["period"]): one["state"] for one in explained}
    assert told["night", "2025-09-11"] == "done"
    assert told["night", "2025-09-12"] == "missed"
    assert told["mif", "2025-09"] == "due"
    assert told["asf", "2025-09-10"] == "before the beginning"
    assert files(root) == found
    text = clr(root, "run", "due", "--dry-run", as_of="2025-09-17T22:00").out.splitlines()
    assert [line.split()[0] for line in text[2:6]] == ["now", "now", "now", "Thu"]


FAILS = """
from pipeline import due
def broken(*_):
    raise RuntimeError("90000001A")
due.hand_over = broken
"""


def test_a_job_that_failed_is_due_again_and_sends_nothing_twice(tmp_path: Path) -> None:
    root = plan_with_extracts(tmp_path / "plan")
    assert clr(root, "run", "due", "--quiet", as_of="2025-09-13T22:00").code == NOTICES_OVERDUE
    process = clr_process(root, "run", "due", as_of="2025-09-15T07:00", before=FAILS)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "90000001A" not in err
    assert "mif" not in runs(root)["job"].to_list()
    done = clr(root, "run", "due", "--json", as_of="2025-09-16T05:00").json["done"]
    assert [one["job"] for one in done] == ["mif", "night"]  # as they were due
    assert [path.name for path in (root / "mailboxes/altura/from_plan").iterdir()] == ["MIF_sunrise_ALTURA_20250915.xlsx"]


def test_a_new_workspace_brings_lines_for_cron_and_units_for_systemd(tmp_path: Path) -> None:
    root = tmp_path / "the plan, 100%"
    assert clr(root, "init", str(root), "--profile", "iehp").code == 0
    cron = (root / "schedule/crontab").read_text("utf-8").splitlines()
    assert f"CLR_WORKSPACE={root}" in cron
    assert any(line.endswith("clr run due --quiet --wait 900") for line in cron)
    unit = (root / "schedule/clr-due.service").read_text("utf-8")
    assert f'Environment="CLR_WORKSPACE={str(root).replace("%", "%%")}"' in unit
    if shutil.which("systemd-analyze"):
        folder = tmp_path / "units"
        shutil.copytree(root / "schedule", folder)
        text = unit.replace(unit.split('ExecStart=-"')[1].split('"')[0], "/bin/true")  # `clr` need not be installed where tests run
        (folder / "clr-due.service").write_text(text, "utf-8")
        verify = ["systemd-analyze", "verify", str(folder / "clr-due.service"), str(folder / "clr-due.timer")]
        checked = subprocess.run(verify, capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")


def test_only_a_call_with_something_to_do_needs_the_lock(tmp_path: Path) -> None:
    root = plan_with_extracts(tmp_path / "plan")
    assert clr(root, "run", "due", "--quiet", as_of="2025-09-12T22:00").code == NOTICES_OVERDUE
    with (root / "store" / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert clr(root, "run", "due", "--quiet", as_of="2025-09-13T20:00").code == 0
        found = files(root)
        assert clr(root, "run", "due", "--quiet", as_of="2025-09-13T21:00").code == 4
        assert files(root) == found


def test_a_year_whose_calendar_nobody_confirmed_stops_the_schedule(tmp_path: Path) -> None:
    root = plan_with_extracts(tmp_path / "plan")
    with (root / "clr.toml").open("a") as file:
        file.write("\n[calendar]\nconfirmed_through = 2025\n")
    assert clr(root, "run", "due", "--quiet", as_of="2025-12-31T22:00").code in (0, NOTICES_OVERDUE)
    cut_short = clr(root, "run", "due", "--dry-run", as_of="2025-12-31T22:00")
    assert (cut_short.code, cut_short.out.splitlines()[-1].split(",")[0]) == (0, "nothing is planned past 2025")
    found = files(root)
    done = clr(root, "run", "due", as_of="2026-01-05T22:00")
    assert (done.code, done.out) == (2, "")
    assert "confirmed through 2025" in done.err
    assert files(root) == found


def test_two_calls_at_once_do_everything_once(tmp_path: Path) -> None:
    root = plan_with_extracts(tmp_path / "plan")
    calls = [clr_process(root, "run", "due", "--json", "--wait", "120", as_of="2025-09-10T22:00") for _ in range(3)]
    said = [call.communicate(timeout=180) for call in calls]
    assert {call.returncode for call in calls} <= {0, NOTICES_OVERDUE}, said
    done = [(one["job"], one["period"]) for out, _ in said for one in json.loads(out)["done"]]
    assert sorted(done) == [("asf", "2025-09-10"), ("night", "2025-09-10")]
    stamped = runs(root).filter(pl.col("job").is_in(["schedule", "asf", "night"]))["job"].to_list()
    assert sorted(stamped) == ["asf", "night", "schedule"]
