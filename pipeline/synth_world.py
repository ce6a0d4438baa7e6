"""The world of a synthetic month before anybody answers: who was sent whom, and what a provider's mistake may need to know of others.

What the providers then send is decided elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from config.profile import LayoutChoice, Profile
from pipeline.synth_habits import engagements_of, habits_of
from pipeline.synth_people import UNUSUAL_CIN_LETTERS, Record
from pipeline.synth_referrals import Months, is_listed
from pipeline.synth_returns import Reporter
from pipeline.synth_setting import Setting, Stranger
from pipeline.validate import judge_for
from schemas.layouts import OTF, PROGRAM_OF, RTF_CS, RTF_ECM


@dataclass(frozen=True)
class World:
    """All that is so before anybody answers.

    held: by provider and kind, the referrals that it was sent, each with its member. rules: the only ones to be broken, if any.
    """

    profile: Profile
    calendar: Months
    roster: Sequence[Record]
    held: Mapping[tuple[str, str], Sequence[tuple[Record, Record]]]
    defects: float
    seed: str
    rules: tuple[str, ...]


def world(
    profile: Profile,
    calendar: Months,
    roster: Sequence[Record],
    referrals: Sequence[Record],
    members: Sequence[Record],
    defects: float,
    seed: str,
    rules: tuple[str, ...],
) -> World:
    """Put together who was sent whom."""
    of_cin = {member["cin"]: member for member in members}
    held: dict[tuple[str, str], list[tuple[Record, Record]]] = {}
    kind_of = {PROGRAM_OF[kind]: kind for kind in (RTF_ECM, RTF_CS)}
    for referral in referrals:
        if is_listed(referral):
            held.setdefault((referral["provider_id"], kind_of[referral["program"]]), []).append((referral, of_cin[referral["cin"]]))
    return World(profile, calendar, roster, held, defects, seed, rules)


def setting_for(known: World, provider: Record, kind: str, file_format: str, rng: Random) -> Setting:
    """A provider as it writes a file of a kind, and what a fault in it may need to know."""
    calendar, choice = known.calendar, known.profile.layouts.get(kind, LayoutChoice())
    habits = habits_of(kind, file_format, calendar, known.profile, rng)
    engagements = engagements_of(known.profile, PROGRAM_OF[kind])
    produced_on = calendar.today.replace(day=rng.randint(1, max(1, min(calendar.today.day, calendar.due_day))))
    of_returns = RTF_ECM if kind == OTF else kind
    return Setting(
        reporter=Reporter(kind, provider, habits, engagements, calendar, produced_on, choice.key),
        judge=judge_for(kind, known.profile),
        choice=choice,
        strangers=_strangers(known, provider["provider_id"], of_returns),
        other_npis=[other["npi"] for other in known.roster if other["npi"] != provider["npi"]],
        several=_several(known.held.get((provider["provider_id"], of_returns), ())),
        engagement_closes=known.profile.closing.rule == "engagement",
        is_text=file_format != "xlsx",
    )


def _several(held: Sequence[tuple[Record, Record]]) -> frozenset[str]:
    """The referrals of members who have more than one service with the provider."""
    of_members = Counter(referral["cin"] for referral, _ in held)
    return frozenset(referral["referral_id"] for referral, _ in held if of_members[referral["cin"]] > 1)


def _strangers(known: World, provider_id: str, kind: str, at_most: int = 50) -> list[Stranger]:
    """Some members whom other providers were sent and this one was not."""
    own = {referral["cin"] for referral, _ in known.held.get((provider_id, kind), ())}
    own |= {member["previous_cin"] for _, member in known.held.get((provider_id, kind), ())}
    found: list[Stranger] = []
    for (other, other_kind), held in known.held.items():
        if other != provider_id and other_kind == kind and len(found) < at_most:
            others = [(referral, member) for referral, member in held[:5] if referral["cin"] not in own]
            found += [Stranger(referral["cin"], member["plan_member_id"], referral["service"]) for referral, member in others]
    return [stranger for stranger in found if stranger.cin[8] not in UNUSUAL_CIN_LETTERS]
