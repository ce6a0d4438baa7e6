"""A plan whose providers report attempts to reach members, and their trackers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from schemas.layouts import INBOUND
from tests.workspaces import as_csv, bring, clr, extract, member, new_workspace, provider, referral, send

ALTURA = provider("ALTURA", "1234567893")
BONITA = provider("BONITA", "1679576722", "ECM;CS")
ANA, LUIS, MAYA = "90000001A", "90000002A", "90000003A"
NIGHT = "2025-10-31T20:00"


def sent_plan(root: Path) -> Path:
    """Ana and Luis are with Altura for ECM; Maya is with Bonita, for housing alone."""
    new_workspace(root, (ALTURA, BONITA))
    people = (member(ANA, "Ana", "Rivera"), member(LUIS, "Luis", "Moreno"), member(MAYA, "Maya", "Castro"))
    placed = (
        referral("R-1", ANA, "ALTURA"),
        referral("R-2", LUIS, "ALTURA"),
        referral("R-3", MAYA, "BONITA", program="CS", service="Housing Deposits"),
    )
    bring(root, "members.csv", extract("members", people))
    bring(root, "referrals.csv", extract("referrals", placed))
    for command in (("intake",), ("emit", "mif"), ("emit", "asf"), ("deliver",)):
        assert clr(root, *command, as_of="2025-09-05T09:00").code == 0
    return root


def attempt(cin: str = ANA, **cells: str) -> dict[str, str]:
    """A row of a tracker: a call on October 9 that nobody answered."""
    told = {"cin": cin, "provider_type": "Clinical", "outreach_date": "10/09/2025", "outreach_method": "Telephonic"}
    return told | {"outreach_successful": "N", "minutes": "5"} | cells


def tracker(rows: tuple[dict[str, str], ...], by: dict[str, str] = ALTURA) -> bytes:
    headers = {name: element.header for name, element in INBOUND["otf"].elements().items()}
    own = {"provider_name": by["name"], "provider_npi": by["npi"]}
    return as_csv(list(headers.values()), [{headers[name]: text for name, text in (own | row).items()} for row in rows])


def reports(root: Path, *rows: dict[str, str], at: str = NIGHT, by: dict[str, str] = ALTURA) -> dict[str, Any]:
    """A provider sends a tracker, and the plan takes it in. Returns its receipt."""
    return takes_in(root, f"tracker-{at[:10]}.csv", tracker(rows, by), at, by)


def takes_in(root: Path, name: str, content: bytes, at: str, by: dict[str, str] = ALTURA) -> dict[str, Any]:
    send(root, by["mailbox"], name, content, at)
    assert clr(root, "collect", as_of=at).code == 0
    assert clr(root, "ingest", as_of=at).code in (0, 3)
    [path] = (root / "outbox" / by["provider_id"]).glob(f"{name}.*.receipt.json")
    receipt: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return receipt


def rows(accepted: int = 0, unchanged: int = 0, duplicate: int = 0, rejected: int = 0) -> dict[str, int]:
    told = {"accepted": accepted, "unchanged": unchanged, "duplicate": duplicate, "rejected": rejected}
    return told | {"read": sum(told.values())}
