"""What holds for every exchange of files, whatever stands in them."""

from __future__ import annotations

import csv
import json
import random
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.ingest import ingest, receive
from pipeline.run import Context
from pipeline.workspace import open_workspace
from tests.laws.plans import ROSTER, referrals, returned, sent_plan
from tests.workspaces import ZONE, bring, clr, copied, extract, files, send, table

LATER = "2025-12-20T20:00"
DERIVED = ("events", "loops")
OUTCOMES = ("accepted", "unchanged", "duplicate", "rejected")
File = tuple[str, str, bytes]  # provider, moment of receipt, content


@pytest.fixture(scope="module")
def placed() -> list[dict[str, str]]:
    return referrals(random.Random(7), 14)


@pytest.fixture(scope="module")
def plan(placed: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sent_plan(tmp_path_factory.mktemp("sent") / "plan", placed)


@pytest.fixture(scope="module", params=[1, 2])
def busy(request: pytest.FixtureRequest, plan: Path, placed: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan that has collected, ingested and answered a month of files."""
    root = copied(plan, tmp_path_factory.mktemp("busy") / "plan")
    for number, (provider_id, at, content) in enumerate(returned(random.Random(request.param), placed, 6, silent=True)):
        send(root, provider_id.lower(), f"file {number}.csv", content, at)
        if number % 4 == 3:
            send(root, provider_id.lower(), f"again {number}.csv", content, at)
    night(root)
    return root


def night(root: Path) -> None:
    for command in ("collect", "ingest", "deliver"):
        assert clr(root, command, as_of=LATER).code in (0, 3)


def derived(root: Path) -> dict[str, pl.DataFrame]:
    frames = {name: table(root, name) for name in DERIVED}
    return {name: frame.sort(frame.columns) for name, frame in frames.items()}


def ingested(plan: Path, root: Path, groups: Sequence[Sequence[File]]) -> dict[str, pl.DataFrame]:
    """Take groups of files in, each group judged before the next one comes. Returns what the history says in the end."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(plan, root)
    upload = root.parent / "upload.csv"
    workspace = open_workspace(root)
    for group in groups:
        for provider_id, at, content in group:
            upload.write_bytes(content)
            receive(Context(workspace, moment(at), {}), upload, provider_id, "by hand")
        ingest(Context(workspace, moment(LATER), {}))
    return derived(root)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def in_groups(chance: random.Random, told: Sequence[File]) -> list[list[File]]:
    """The same files in the same order, cut into groups."""
    cuts = sorted(chance.sample(range(1, len(told)), min(2, len(told) - 1)))
    return [list(told[start:end]) for start, end in zip([0, *cuts], [*cuts, len(told)], strict=True)]


def same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> bool:
    return all(one[name].equals(other[name]) for name in DERIVED)


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], phases=[Phase.generate])
@given(seed=st.integers(0, 10**6))
def test_the_order_of_processing_means_nothing(plan: Path, placed: list[dict[str, str]], tmp_path: Path, seed: int) -> None:
    """Files judged as they came, and the same files judged in any other order and grouping, by their times of receipt."""
    chance = random.Random(seed)
    told = returned(chance, placed, 8, silent=False)
    as_they_came = ingested(plan, tmp_path / "plan", [told])
    assert as_they_came["events"].height > 10
    shuffled = chance.sample(told, len(told))
    assert same(as_they_came, ingested(plan, tmp_path / "plan", in_groups(chance, shuffled)))


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], phases=[Phase.generate])
@given(seed=st.integers(0, 10**6))
def test_judging_many_nights_at_once_is_judging_them_one_by_one(
    plan: Path, placed: list[dict[str, str]], tmp_path: Path, seed: int
) -> None:
    """Rows may be silent here: whether a blank status is right depends on what was told before."""
    chance = random.Random(seed)
    told = returned(chance, placed, 8, silent=True)
    told.append(told[0])  # the same bytes once more
    at_once = ingested(plan, tmp_path / "plan", [told])
    one_by_one = ingested(plan, tmp_path / "plan", in_groups(chance, told))
    assert same(at_once, one_by_one)


def test_every_row_read_is_accounted_for(busy: Path) -> None:
    receipts = [json.loads(path.read_text("ascii")) for path in busy.glob("mailboxes/*/from_plan/*.receipt.json")]
    assert len(receipts) == table(busy, "arrivals").height > 8
    assert all(rows["read"] == sum(rows[outcome] for outcome in OUTCOMES) for rows in (receipt["rows"] for receipt in receipts))
    assert all(sum(receipt["rows"][outcome] for receipt in receipts) for outcome in OUTCOMES)  # the month meets every outcome


def test_a_night_repeated_does_nothing(busy: Path) -> None:
    before = files(busy)
    night(busy)
    assert files(busy) == before


def test_the_derived_tables_follow_from_the_facts(busy: Path) -> None:
    before = files(busy)
    done = clr(busy, "store", "rebuild", "--json", as_of=LATER)
    assert set(done.json["changed"].values()) == {0}
    assert files(busy) == before
    assert clr(busy, "store", "verify", as_of=LATER).code == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_a_file_for_one_provider_holds_no_row_of_another(seed: int, tmp_path: Path) -> None:
    """Members are placed with several providers, and some referrals move to another one before the next files are made."""
    chance = random.Random(seed)
    placed = referrals(chance, 40)
    placed += [dict(row, referral_id=f"{row['referral_id']}-second") for row in referrals(chance, 20)]
    root = sent_plan(tmp_path / "plan", placed)
    check_files(root, "20250905", {(row["provider_id"], row["cin"], row["program"], row["service"]) for row in placed})
    moved = [move(chance, row) for row in placed]
    bring(root, "moved.csv", extract("referrals", moved))
    for command in ("intake", "emit mif", "emit asf"):
        assert clr(root, *command.split(), as_of="2025-10-10T09:00").code == 0
    check_files(root, "20251010", {(row["provider_id"], row["cin"], row["program"], row["service"]) for row in moved})


def move(chance: random.Random, row: dict[str, str]) -> dict[str, str]:
    able = [one["provider_id"] for one in ROSTER if row["program"] in one["programs"] and one["provider_id"] != row["provider_id"]]
    return row | {"provider_id": chance.choice(able), "assigned_at": "2025-10-09T10:00"} if chance.random() < 0.4 else row


def check_files(root: Path, day: str, wanted: set[tuple[str, str, str, str]]) -> None:
    """The files of a day, together, hold exactly these members and services, each in the file of its own provider."""
    told = set()
    for path in sorted(root.glob(f"outbox/*/*_{day}.*")):
        provider_id, program = path.parent.name, "ECM" if path.name.startswith("MIF") else "CS"
        assert f"_{provider_id}_" in path.name
        told |= {(provider_id, cin, program, service) for cin, service in members_in(path)}
    assert told == wanted


def members_in(path: Path) -> set[tuple[str, str]]:
    """Members and services on a MIF or ASF, on every sheet of it."""
    if path.suffix != ".xlsx":
        text = path.read_text("utf-8-sig")
        rows = list(csv.DictReader(text.splitlines(), delimiter="|" if path.suffix == ".txt" else ","))
        return {(row["Medi-Cal Member Client Index Number (CIN)"], row["Referred Service"]) for row in rows}
    book = fastexcel.read_excel(path)
    data, answer = (book.load_sheet(name, dtypes="string").to_polars() for name in (0, "RTF"))
    assert set(answer["Member Client Index Number (CIN)"]) == set(data["Medi-Cal Member Client Index Number (CIN)"])
    return set(data.select("Medi-Cal Member Client Index Number (CIN)", "Referred Service").iter_rows())
