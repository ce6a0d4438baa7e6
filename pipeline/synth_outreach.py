"""Invented Initial Outreach Trackers: the attempts that stand behind what a provider reports of its referrals.

Whoever says that outreach began has tried somebody, and whoever was served was reached. What goes wrong is planted afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

from pipeline.synth_people import Record
from pipeline.synth_returns import PLAN_NAME, SENT_BY, Cell, Reporter, Row
from schemas.codes import OUTREACH_METHODS, PROVIDER_TYPES, ClosureReason, CodeList, ReferralStatus

FAILED_BEFORE_GIVING_UP = 3


def outreach_rows(reporter: Reporter, told: Sequence[Row], members: Mapping[str, Record], rng: Random) -> tuple[Row, ...]:
    """The attempts behind the rows of a Return Transmission File, in their order.

    reporter: of the tracker. told: truthful rows. members: by referral. At most one attempt of a referral on a day.
    """
    rows: list[Row] = []
    for place, row in enumerate(told):
        earlier = [before.on for before in told[:place] if before.referral_id == row.referral_id]
        first = max(earlier) + timedelta(days=1) if earlier else reporter.calendar.first + timedelta(days=SENT_BY)
        for on, reached in _attempts(row, first, rng):
            rows.append(_row(reporter, row, members[str(row.referral_id)], on, rng, reached=reached))
    return tuple(rows)


def _attempts(row: Row, first: date, rng: Random) -> list[tuple[date, bool]]:
    """Day and success of the attempts since the row before, the last on the day of the status."""
    days = [row.on - timedelta(days=back) for back in range((row.on - first).days + 1)]
    if row.reason is ClosureReason.UNABLE_TO_REACH:
        return [(on, False) for on in sorted(days[:FAILED_BEFORE_GIVING_UP])]
    if row.status is ReferralStatus.OUTREACH_INITIATED:
        return [(row.on, rng.random() < 0.4)]
    if row.status is ReferralStatus.LOOP_CLOSED:
        failed = [(on, False) for on in days[1:2] if rng.random() < 0.5]
        return [*failed, (row.on, True)]
    return []


def _row(reporter: Reporter, row: Row, member: Record, on: date, rng: Random, *, reached: bool) -> Row:
    provider = reporter.provider
    cells: dict[str, Cell] = {
        "plan_name": PLAN_NAME,
        "provider_name": provider["name"],
        "provider_npi": provider["npi"],
        "provider_tin": provider["tin"],
        "client_name": f"{member['last_name']}, {member['first_name']}",
        "cin": row.cin,
        "provider_type": _spelt(PROVIDER_TYPES, rng),
        "outreach_date": on,
        "outreach_method": _spelt(OUTREACH_METHODS, rng),
        "outreach_successful": rng.choice(("Y", "Yes", "1") if reached else ("N", "No", "0")),
        "minutes": rng.choice((20, 45, "1 h 20 mins", None)),
    }
    return Row(row.referral_id, row.cin, row.status, row.reason, on, row.alone, cells)


def _spelt(codes: CodeList, rng: Random) -> str:
    return rng.choice(rng.choice(codes.codes).spellings())
