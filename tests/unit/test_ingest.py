"""Files that come again, are held, are released or come from outside: every row, finding and receipt once."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tests.rules.files import CLOSED, good_row
from tests.workspaces import bring, clr, extract, files, member, new_workspace, provider, referral, rtf, send, table

ALTURA = provider("ALTURA", "1234567893", "ECM;CS")
LISTED = "2025-09-05T09:00"


def workspace(root: Path) -> Path:
    """A plan with three members placed with one provider, for ECM and for one Community Support, all sent."""
    new_workspace(root, [ALTURA])
    people = [member(f"9000000{number}A", "Ana", "Rivera") for number in (1, 2, 3)]
    placed = [referral(f"R-{number}", f"9000000{number}A", "ALTURA") for number in (1, 2, 3)]
    placed.append(referral("R-4", "90000001A", "ALTURA", "CS", "Housing Deposits"))
    bring(root, "members.csv", extract("members", people))
    bring(root, "referrals.csv", extract("referrals", placed))
    for command in (("intake",), ("emit", "mif"), ("emit", "asf")):
        assert clr(root, *command, as_of=LISTED).code == 0
    return root


def rows(*changes: dict[str, str], kind: str = "rtf-ecm") -> bytes:
    own = {"production_date", "provider_name", "provider_npi", "reporting_period"}
    told = [{name: text for name, text in good_row(kind, number).items() if name not in own} for number in range(1, len(changes) + 1)]
    return rtf(kind, ALTURA, [row | change for row, change in zip(told, changes, strict=True)])


def take_in(root: Path, at: str) -> list[tuple[object, ...]]:
    """Collect and ingest; the verdicts on what was new."""
    clr(root, "collect", as_of=at)
    said = clr(root, "ingest", "--json", as_of=at).json
    return [(one["status"], one["rows_accepted"], one["rows_rejected"], one["rows_duplicate"]) for one in said["submissions"]]


BAD = {"status_date": ""}


def test_a_held_file_that_is_released_counts_once(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w")
    send(root, "altura", "october.csv", rows({}, BAD, BAD), "2025-11-03T16:00")
    assert take_in(root, "2025-11-03T20:00") == [("HELD", 1, 2, 0)]
    assert table(root, "rows").is_empty()
    assert table(root, "observations").is_empty()
    (submission_id,) = table(root, "submissions")["submission_id"]
    assert clr(root, "ingest", "--release", submission_id, as_of="2025-11-04T09:00").code == 3
    assert table(root, "rows")["outcome"].to_list() == ["accepted", "rejected", "rejected"]
    assert table(root, "observations").height == 1
    findings = table(root, "findings").filter(pl.col("submission_id") == submission_id)
    assert findings.height == findings.unique().height
    assert findings["rule"].value_counts().sort("rule").rows()[-1] == ("R302", 2)
    receipts = [path for path in (root / "outbox" / "ALTURA").iterdir() if path.name.endswith(".receipt.json")]
    assert len(receipts) == 1
    assert '"ACCEPTED_WITH_ERRORS"' in receipts[0].read_text("utf-8")
    assert clr(root, "ingest", "--release", submission_id, as_of="2025-11-04T09:00").code == 2
    assert clr(root, "store", "verify").code == 0


def test_a_rejected_file_may_come_again_and_an_accepted_one_is_a_duplicate(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w")
    empty, good = rows(BAD), rows({}, {}, {})
    for number, (content, expected) in enumerate(
        [(empty, ("REJECTED", 0, 1, 0)), (empty, ("REJECTED", 0, 1, 0)), (good, ("ACCEPTED", 3, 0, 0)), (good, ("DUPLICATE", 0, 0, 3))]
    ):
        send(root, "altura", f"file{number}.csv", content, f"2025-11-03T1{number}:00")
        assert take_in(root, f"2025-11-03T1{number}:30") == [expected]
    assert table(root, "observations").height == 3
    assert table(root, "submissions")["first_submission_id"].drop_nulls().len() == 1
    (told,) = table(root, "findings").filter(pl.col("rule") == "F026")["message"]
    assert table(root, "submissions").filter(pl.col("status") == "ACCEPTED")["submission_id"][0] in told
    assert clr(root, "store", "verify").code == 0


def test_files_of_both_programs_and_the_same_bytes_twice_in_one_run(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w")
    ecm, cs = rows({}, CLOSED, {}), rows({"service": "H0044 U2"}, kind="rtf-cs")
    for name, content in (("a.csv", ecm), ("b.csv", cs), ("c.csv", ecm)):
        send(root, "altura", name, content, "2025-11-03T16:00")
    assert sorted(take_in(root, "2025-11-03T20:00")) == [("ACCEPTED", 1, 0, 0), ("ACCEPTED", 3, 0, 0), ("DUPLICATE", 0, 0, 3)]
    assert table(root, "observations")["referral_id"].sort().to_list() == ["R-1", "R-2", "R-3", "R-4"]
    assert clr(root, "store", "verify").code == 0
    assert clr(root, "ingest", "--json", as_of="2025-11-03T21:00").json["submissions"] == []


def test_a_dry_run_of_a_file_from_outside_writes_nothing(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w")
    path = tmp_path / "by-courier.csv"
    path.write_bytes(rows({}, {}, {}))
    before = files(root)
    given = ("ingest", str(path), "--provider", "ALTURA", "--reason", "courier", "--as-of", "2025-11-03T16:00")
    clr(root, *given, "--dry-run")
    assert files(root) == before
    assert clr(root, *given).code == 0
    assert table(root, "arrivals")["way"].to_list() == ["courier"]
    assert table(root, "observations").height == 3


def test_the_intake_speaks_of_unknown_members_and_providers_and_takes_the_rest(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w")
    bring(root, "more.csv", extract("referrals", [referral("R-8", "90000008A", "ALTURA"), referral("R-9", "90000001A", "NOBODY")]))
    said = clr(root, "intake", "--json", as_of="2025-09-10T08:00").json
    assert sorted((one["rule"], one["column"], one["severity"]) for one in said["findings"] if one["rule"].startswith("R35")) == [
        ("R354", "provider_id", "warning"),
        ("R355", "cin", "warning"),
    ]
    assert said["counts"]["referrals"] == 2
    assert "NOBODY" not in str([one["message"] for one in said["findings"]])


def test_nothing_to_do_is_no_run(tmp_path: Path) -> None:
    root = new_workspace(tmp_path / "w", [])
    for command in (("intake",), ("collect",), ("ingest",), ("emit", "mif"), ("emit", "asf"), ("notices", "build"), ("deliver",)):
        assert clr(root, *command, as_of=LISTED).code == 0, command
    assert clr(root, "report", "late", as_of=LISTED).code == 0
    assert clr(root, "store", "verify").code == 0
