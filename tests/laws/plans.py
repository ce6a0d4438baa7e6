"""Plans made up at random, and what their providers report: small enough to play, mixed enough to meet every rule."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from schemas.layouts import RTF_CS, RTF_ECM
from tests.workspaces import ZONE, bring, clr, extract, member, new_workspace, provider, referral, rtf

NPIS = ("1234567893", "1245319599", "1003000126", "1730187485")
ROSTER = [
    provider("ALTURA", NPIS[0], "ECM", "csv"),
    provider("BONITA", NPIS[1], "CS", "pipe"),
    provider("CEDRO", NPIS[2], "ECM;CS", "xlsx"),
    provider("DELMAR", NPIS[3], "ECM", "csv"),
]
SERVICES = ("Housing Deposits", "Respite Services")
FILES = 8
REASONS = ("Services Received", "Unable to Reach Member", "Other")
SENT, FIRST_RECEIPT = "2025-09-05T09:00", datetime(2025, 10, 31, 20, tzinfo=ZONE)


def cin(number: int) -> str:
    """The CIN of the member of that number."""
    return f"9{number:07d}A"


def referrals(chance: random.Random, count: int) -> list[dict[str, str]]:
    """Approved referrals of count members, each placed with a provider of its program."""
    rows = []
    for number in range(count):
        program, service = chance.choice([("ECM", "ECM"), ("CS", chance.choice(SERVICES))])
        able = [row["provider_id"] for row in ROSTER if program in row["programs"]]
        rows.append(referral(f"R-{number}", cin(number), chance.choice(able), program, service))
    return rows


def sent_plan(root: Path, placed: Sequence[Mapping[str, str]]) -> Path:
    """A workspace that has sent its MIF and ASF for these referrals."""
    new_workspace(root, ROSTER)
    members = sorted({row["cin"] for row in placed})
    bring(root, "members.csv", extract("members", [member(one, f"First{one[1:8]}", f"Last{one[1:8]}") for one in members]))
    bring(root, "referrals.csv", extract("referrals", placed))
    for command in ("intake", "emit mif", "emit asf"):
        done = clr(root, *command.split(), as_of=SENT)
        assert done.code == 0, done.err
    return root


def returned(
    chance: random.Random, placed: Sequence[Mapping[str, str]], rows_per_file: int, *, silent: bool
) -> list[tuple[str, str, bytes]]:
    """Files that come back: provider, moment of receipt, content. silent: some rows leave status, date and reason blank."""
    files = []
    at = FIRST_RECEIPT
    for number in range(FILES):
        row = chance.choice(ROSTER)
        kind = RTF_ECM if "ECM" in row["programs"] and (row["programs"] == "ECM" or chance.random() < 0.5) else RTF_CS
        program = "ECM" if kind == RTF_ECM else "CS"
        own = [one for one in placed if one["provider_id"] == row["provider_id"] and one["program"] == program]
        others = [one for one in placed if one["program"] == program and one not in own]
        about = [chance.choice(others if others and chance.random() < 0.1 else own) for _ in range(chance.randint(1, rows_per_file)) if own]
        if about:
            at += timedelta(hours=chance.choice([0, 1, 30]))
            content = rtf(kind, row, [_row(chance, one, program, silent=silent) for one in about], made=f"10/{10 + number}/2025")
            files.append((str(row["provider_id"]), f"{at:%Y-%m-%dT%H:%M}", content))
    return files


def _row(chance: random.Random, placed: Mapping[str, str], program: str, *, silent: bool) -> dict[str, str]:
    number = placed["cin"][1:8]
    who = {"cin": placed["cin"], "member_last_name": f"Last{number}", "member_first_name": f"First{number}"}
    about = who | ({"service": placed["service"]} if program == "CS" else {})
    if silent and chance.random() < 0.2:
        return about
    status = chance.choice(["Pending", "Accepted", "Outreach Initiated", "Declined", "Referral Loop Closed", "Referral Loop Closed"])
    reason = chance.choice(REASONS) if status in ("Declined", "Referral Loop Closed") else ""
    day = chance.choice(["09/30/2025", "10/01/2025", "10/02/2025", "10/15/2025"])
    return about | {"referral_status": status, "status_date": day, "closure_reason": reason}
