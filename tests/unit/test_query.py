"""SQL over the store: only asking, and no member's data in what is said about a query that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspaces import bring, clr, extract, files, member, new_workspace, provider, referral

AT = "2025-09-05T08:00"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = new_workspace(tmp_path_factory.mktemp("plan") / "w", [provider("ALTURA", "1234567893")])
    bring(made, "members.csv", extract("members", [member("90000001A", "Ana", "Rivera")]))
    bring(made, "referrals.csv", extract("referrals", [referral("R-1", "90000001A", "ALTURA")]))
    assert clr(made, "intake", as_of=AT).code == 0
    return made


def test_tables_can_be_joined(root: Path) -> None:
    sql = "SELECT m.last_name, l.provider_id FROM loops l JOIN members m ON m.cin = l.cin"
    assert clr(root, "query", sql, "--json", as_of=AT).json == {"rows": [{"last_name": "Rivera", "provider_id": "ALTURA"}]}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CAST(cin AS BIGINT) FROM members",
        "SELECT CAST(last_name AS DATE) FROM members",
        "SELECT first_name + 1 FROM members",
        "SELECT nothing FROM members",
        "SELECT * FROM nowhere",
        "SELECT",
        "DELETE FROM members",
        "DROP TABLE members",
        "SELECT * FROM read_csv('/etc/passwd')",
        "WITH a AS (SELECT 1) DELETE FROM members",
    ],
)
def test_a_query_that_fails_is_told_without_values_and_changes_nothing(root: Path, sql: str) -> None:
    before = files(root)
    done = clr(root, "query", sql, as_of=AT)
    assert done.code == 2
    assert "Rivera" not in done.err + done.out
    assert "90000001A" not in done.err + done.out
    assert "Ana" not in done.err + done.out
    assert files(root) == before


@pytest.mark.parametrize("sql", ["SELECT nothing FROM members", "SELECT * FROM nowhere"])
def test_a_wrong_name_is_named(root: Path, sql: str) -> None:
    said = clr(root, "query", sql, as_of=AT).err
    assert "nothing" in said or "nowhere" in said
    assert "referrals" in said
