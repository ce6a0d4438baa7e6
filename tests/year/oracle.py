"""What the plan owes of a truth, in plain Python: slow, and written from the rules alone.

Rules: All Plan Letter 21-011 and the state's guidance on closed-loop referrals for decisions, closures and re-referrals; the plans' own
notices for assignments. It shares no code with the program, so that the two can only agree by both being right. What time alone asks
for stands in `by_evening`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from tests.year.by_evening import CLOSING, asked_by_calendar
from tests.year.days import at, end_of_business_day, next_evening
from tests.year.expected import NAMES, NPIS, SOBERING, Expected, recipient
from tests.year.simulation import EVENING, Referral, Truth, Upload, Version


def owed(made: Truth, nights: Sequence[date]) -> list[Expected]:
    """Every notice that the truth asks for, when `clr run due` is called in the evenings named."""
    evenings = [at(datetime.combine(night, EVENING)) for night in nights]
    found = asked_by_calendar(made, evenings)
    for referral in made.referrals:
        if referral.service != SOBERING:
            found += [*_decisions(referral, evenings), *_placements(referral, evenings), *_closures(referral, made.uploads, evenings)]
    return found


def _decisions(referral: Referral, evenings: Sequence[datetime]) -> Iterator[Expected]:
    before: Version | None = None
    for version in referral.versions:
        is_new = before is None or (before.status, before.decided) != (version.status, version.decided)
        before = version
        known = next_evening(at(version.told), evenings)
        if version.status not in ("Approved", "Denied") or not is_new or known is None or version.decided is None:
            continue
        decided = at(version.decided)
        if version.streamlined is not None:  # the span lasts until its provider is told
            yield Expected(
                "authorization_decision", "provider", NAMES[version.provider], "sftp", referral.referral_id, None, version.provider,
                version.status, version.decided.date(), decided, known, decided + timedelta(hours=24), known,
            )  # fmt: skip
        for side in _sides(referral):
            due = decided + timedelta(hours=24) if side == "referring_entity" else end_of_business_day(decided, 2)
            yield _told(
                referral, side, "authorization_decision", None, None, version.status, version.decided.date(), decided, known, due, evenings
            )


def _placements(referral: Referral, evenings: Sequence[datetime]) -> Iterator[Expected]:
    loop, before = 0, None
    for version in referral.versions:
        known = next_evening(at(version.told), evenings)
        if not version.provider or version.placed is None or (version.provider, version.placed) == before or known is None:
            continue
        loop, before = loop + 1, (version.provider, version.placed)
        placed, holder = at(version.placed), version.provider
        kind, days = ("assignment", 10) if loop == 1 else ("rereferral", 2)
        sides = [(side, kind, days) for side in _sides(referral)]
        if referral.program == "ECM" and referral.person.pcp and referral.person.pcp != NPIS[holder]:
            sides.append(("pcp", "pcp_assignment", 10))
        for side, what, count in sides:
            if next_evening(max(placed, known), evenings) is not None:
                due = end_of_business_day(placed, count)
                yield _told(referral, side, what, loop, holder, NAMES[holder], version.placed.date(), placed, known, due, evenings)


def _closures(referral: Referral, uploads: Sequence[Upload], evenings: Sequence[datetime]) -> Iterator[Expected]:
    """The first closing of a loop, and each later one with another reason; nothing that a provider says after the plan has denied."""
    if referral.made_by == "plan":
        return
    side = "member" if referral.made_by == "member" else "referring_entity"
    denied = [next_evening(at(version.told), evenings) for version in referral.versions if version.status == "Denied"]
    holders = _holders(referral)
    stands: dict[int, str] = {}
    for upload in sorted((one for one in uploads if one.kind == "good"), key=lambda one: one.at):
        seen = next_evening(at(upload.at), evenings)
        for row in upload.rows:
            if row.referral_id != referral.referral_id or row.status not in CLOSING or seen is None or row.reason == stands.get(row.loop):
                continue
            is_last = row.loop == len(holders)
            if row.loop not in stands and is_last and any(moment is not None and moment <= seen for moment in denied):
                continue
            before, stands[row.loop] = stands.get(row.loop), row.reason
            due = end_of_business_day(seen, 2)
            yield _told(
                referral, side, "loop_closure", row.loop, holders[row.loop - 1], row.reason, row.on, seen, seen, due, evenings, before
            )


def _holders(referral: Referral) -> list[str]:
    placed = [(version.provider, version.placed) for version in referral.versions if version.provider]
    return [holder for holder, _ in dict.fromkeys(placed)]


def _sides(referral: Referral) -> list[str]:
    return ["member"] if referral.made_by in ("member", "plan") else ["referring_entity", "member"]


def _told(
    referral: Referral,
    side: str,
    kind: str,
    loop: int | None,
    holder: str | None,
    tells: str,
    on: date,
    trigger: datetime,
    known: datetime,
    due: datetime,
    evenings: Sequence[datetime],
    corrects: str | None = None,
) -> Expected:
    who, name, way = recipient(referral, side)
    queued = next_evening(max(trigger, known), evenings)
    assert queued is not None
    return Expected(kind, who, name, way, referral.referral_id, loop, holder, tells, on, trigger, known, due, queued, corrects)
