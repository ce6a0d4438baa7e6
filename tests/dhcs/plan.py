"""A small plan of two months whose submissions have every kind of record."""

from __future__ import annotations

from pathlib import Path

from tests.workspaces import Done, bring, clr, extract, member, new_workspace, provider, referral, rtf, send

ALTURA = provider("ALTURA", "1234567893", "ECM") | {"phone": "6195550101"}
BONITA = provider("BONITA", "1245319599", "CS") | {"phone": "6195550102"}
DEPOSITS = "Housing Deposits"
OCTOBER, NOVEMBER = "2025-11-06T08:00", "2025-12-06T08:00"  # when the months are due
DENIED = {"authorization_status": "Denied", "denial_reason": "Not eligible", "provider_id": "", "assigned_at": "", "authorization_end": ""}
DENIED |= {"authorization_effective": "", "member_notified_on": "2025-09-05"}
OPEN = dict.fromkeys(("decision_at", "provider_id", "assigned_at", "authorization_effective", "authorization_end"), "")
OPEN |= {"authorization_status": "Under Review"}
PEOPLE = [
    member(f"9000000{number}A", first, "Rivera") | {"phone": "6195550188", "gender": "F", "race_ethnicity": "8", "language_spoken": "ENG"}
    for number, first in enumerate(("Ana", "Ben", "Cleo", "Dora", "Eli", "Fay"), start=1)
]
REFERRALS = [
    referral("R-1", "90000001A", "ALTURA", request_received_at="2025-09-02T09:00"),
    referral("R-2", "90000002A", "BONITA", "CS", DEPOSITS, member_notified_on="2025-09-04"),
    referral("R-3", "90000003A", "") | DENIED,
    referral("R-4", "90000004A", "") | OPEN,
    referral("R-5", "90000005A", "ALTURA"),
    referral("R-6", "90000006A", "BONITA", "CS", "Sobering Centers"),
]
WITHDRAWN = '\n[dhcs]\nwithdrawn = ["R-5"]\n'


def told(cin: str, first: str, status: str, day: str, reason: str = "") -> dict[str, str]:
    row = {"cin": cin, "member_first_name": first, "member_last_name": "Rivera"}
    return row | {"referral_status": status, "status_date": day, "closure_reason": reason}


def begun(root: Path) -> Path:
    """The plan at the end of October: sent out in September, heard of once, and letters about the decisions gone on October 3."""
    new_workspace(root, [ALTURA, BONITA])
    settings = (root / "clr.toml").read_text("utf-8")
    (root / "clr.toml").write_text(settings.replace('referring_entity = "email"', 'referring_entity = "portal"'), "utf-8")
    bring(root, "members.csv", extract("members", PEOPLE))
    bring(root, "referrals.csv", extract("referrals", REFERRALS))
    ok(clr(root, "intake", as_of="2025-09-08T08:00"))
    for kind in ("mif", "asf"):
        ok(clr(root, "emit", kind, as_of="2025-09-08T09:00"))
    notified(root, "2025-10-03")
    rows = [told("90000001A", "Ana", "1", "10/01/2025"), told("90000001A", "Ana", "5", "10/15/2025", "1")]
    send(root, "altura", "a.csv", rtf("rtf-ecm", ALTURA, rows), "2025-11-04T09:00")
    rows = [told("90000002A", "Ben", "4", "10/20/2025") | {"service": DEPOSITS}]
    send(root, "bonita", "b.csv", rtf("rtf-cs", BONITA, rows), "2025-11-04T09:00")
    heard(root, "2025-11-04T10:00")
    return root


def gone_on(root: Path) -> Path:
    """The plan at the end of November: Ben's loop closes, and Dora's referral is denied."""
    notified(root, "2025-11-05")
    denied = referral("R-4", "90000004A", "") | DENIED | {"decision_at": "2025-11-20T10:00", "member_notified_on": "2025-11-21"}
    bring(root, "referrals.csv", extract("referrals", [denied]))
    ok(clr(root, "intake", as_of="2025-11-21T08:00"))
    rows = [told("90000002A", "Ben", "2", "11/12/2025", "2") | {"service": DEPOSITS}]
    send(root, "bonita", "c.csv", rtf("rtf-cs", BONITA, rows, "11/2025", "11/30/2025"), "2025-12-03T09:00")
    heard(root, "2025-12-03T10:00")
    return root


def withdrawn(root: Path) -> Path:
    """The same, once somebody has seen that Eli's referral was never meant."""
    with (root / "clr.toml").open("a", encoding="utf-8") as file:
        file.write(WITHDRAWN)
    return root


def notified(root: Path, day: str) -> None:
    """Whatever is owed by then goes, in part late."""
    ok(clr(root, "notices", "build", as_of=f"{day}T08:00"), 3)
    ok(clr(root, "deliver", as_of=f"{day}T09:00"))


def heard(root: Path, at: str) -> None:
    for stage in ("collect", "ingest"):
        ok(clr(root, stage, as_of=at))


def ok(done: Done, code: int = 0) -> Done:
    assert done.code == code, done.out + done.err
    return done
