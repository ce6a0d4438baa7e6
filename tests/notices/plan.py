"""A small plan whose notices are to be sent: two members, an ECM provider, and the clinic that referred them."""

from __future__ import annotations

from pathlib import Path

from pipeline.store import latest
from tests.workspaces import bring, clr, extract, member, new_workspace, provider, referral

TAKEN, BUILT, AT = "2025-09-04T12:00", "2025-09-04T12:30", "2025-09-04T13:00"
ROSTER = [provider("ALTURA", "1234567893", "ECM", "csv")]
MEMBERS = [
    member("90000001A", "Ana", "One") | {"pcp_name": "Poe, Dana, MD", "pcp_npi": "1111111112"},
    member("90000002A", "Ben", "Two") | {"language_written": "Spanish"},
]
REFERRALS = [referral("R-1", "90000001A", "ALTURA"), referral("R-2", "90000002A", "ALTURA")]


def made(root: Path, more: str = "", way: str = "email") -> Path:
    """A workspace that has taken its extracts in. more: further tables of the settings. way: the channel of referring entities."""
    new_workspace(root, ROSTER)
    settings_with(root, more, way)
    bring(root, "members.csv", extract("members", MEMBERS))
    bring(root, "referrals.csv", extract("referrals", REFERRALS))
    assert clr(root, "intake", as_of=TAKEN).code == 0
    return root


def settings_with(root: Path, more: str, way: str = "email") -> None:
    """Put tables behind the settings of a workspace."""
    path = root / "clr.toml"
    text = path.read_text("utf-8").replace('referring_entity = "email"', f'referring_entity = "{way}"')
    path.write_text(text + more, "utf-8")


def ledger(root: Path) -> dict[tuple[str, str, str], dict[str, object]]:
    """Each notice as it stands, by kind, recipient and referral."""
    rows = latest(root / "store").current("notices").iter_rows(named=True)
    return {(str(row["kind"]), str(row["recipient_kind"]), str(row["referral_id"])): row for row in rows}
