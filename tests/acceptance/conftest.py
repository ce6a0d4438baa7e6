"""A small plan, at the moments at which commands meet it."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.layouts import RTF_CS, RTF_ECM
from tests.workspaces import bring, clr, copied, extract, member, new_workspace, provider, referral, rtf, send

ROSTER = [provider("ALTURA", "1234567893", "ECM", "xlsx"), provider("BONITA", "1245319599", "CS", "csv")]
SENT, CAME = "2025-09-05T09:00", "2025-10-31T20:00"
STEPS = (
    ("intake", SENT),
    ("emit mif", SENT),
    ("emit asf", SENT),
    ("collect", CAME),
    ("ingest", CAME),
    ("deliver", CAME),
)


@pytest.fixture(scope="package")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A workspace as it is just before each command, and `after` them all."""
    place = tmp_path_factory.mktemp("before")
    root = _made(place / "plan")
    kept = {}
    for name, as_of in STEPS:
        if name == "collect":
            _upload(root)
        kept[name] = copied(root, place / name)
        assert clr(root, *name.split(), as_of=as_of).code in (0, 3)
    return kept | {"after": root}


def _made(root: Path) -> Path:
    """A plan with two providers and a referral for each, extracts waiting."""
    new_workspace(root, ROSTER)
    bring(root, "members.csv", extract("members", [member("90000001A", "Ana", "One"), member("90000002A", "Ben", "Two")]))
    placed = [referral("R-1", "90000001A", "ALTURA"), referral("R-2", "90000002A", "BONITA", "CS", "Housing Deposits")]
    bring(root, "referrals.csv", extract("referrals", placed))
    return root


def _upload(root: Path) -> None:
    """One file closes a loop, one has a wrong row as well, one is nothing but wrong."""
    ana = {"cin": "90000001A", "member_last_name": "One", "member_first_name": "Ana"}
    ben = {"cin": "90000002A", "member_last_name": "Two", "member_first_name": "Ben", "service": "Housing Deposits"}
    closed = {"referral_status": "5", "status_date": "10/15/2025", "closure_reason": "1"}
    send(root, "altura", "october.csv", rtf(RTF_ECM, ROSTER[0], [ana | closed]), "2025-10-31T10:00")
    send(root, "altura", "by mistake.csv", rtf(RTF_CS, ROSTER[1], [ben | closed]), "2025-10-31T11:00")
    accepted = {"referral_status": "1", "status_date": "10/01/2025"}
    send(root, "bonita", "october.csv", rtf(RTF_CS, ROSTER[1], [ben | accepted, ben | {"referral_status": "9"}]), "2025-10-31T12:00")
