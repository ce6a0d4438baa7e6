"""The synthetic plan: extracts, provider files and the truth about them, written into a folder; the same plan gives the same bytes.

Invents everything from a seed and reads nothing, not even the clock. What is done with the files is up to whoever asked for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from config.load import load_profile
from pipeline.synth_answers import ENOUGH_PROVIDERS, RULE_OF, Answer, answers
from pipeline.synth_defects import DEFECTS
from pipeline.synth_files import table_bytes
from pipeline.synth_people import UNUSUAL_CIN_LETTERS, Record, members, providers
from pipeline.synth_referrals import months, numbered, referrals
from pipeline.synth_world import world
from schemas.layouts import EXTRACTS, RTF_CS

UNUSUAL_SHARE = 0.02  # of members when every row has a defect: a CIN with an unusual letter stands in every file about its member
UNUSUAL_CIN = "R113"
ROSTER, MEMBERS, REFERRALS = "providers.csv", "intake/members.csv", "intake/referrals.csv"
TRUTH = ("provider_id", "mailbox", "file_name", "kind", "sheet", "row", "column", "rule", "severity", "what")
FILES = ("provider_id", "mailbox", "file_name", "kind", "status", "rows", "rejected", "duplicate", "unchanged")
ARRIVALS = ("mailbox", "file_name", "arrives")
EXPECTED = ("provider_id", "program", "period", "class", "members_expected", "members_missing")


@dataclass(frozen=True)
class SynthPlan:
    """What to invent. defects: share of rows with a planted fault. rules: only faults of these are planted, where there are any.

    as_of: aware; now, when the files of the month before lie in the mailboxes. profile: whose layouts, words and due day hold.
    Raises ValueError when a number is out of bounds.
    """

    providers: int
    referrals: int
    seed: int
    defects: float
    as_of: datetime
    time_zone: str
    profile: str
    rules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.providers < 1 or self.referrals < 0:
            raise ValueError("at least one provider is needed, and no fewer than no referrals")
        if not 0 <= self.defects <= 1:
            raise ValueError("the rate of defects lies between 0 and 1")
        if self.as_of.tzinfo is None:
            raise ValueError("as_of needs a time zone")
        known = {*DEFECTS, *RULE_OF.values(), UNUSUAL_CIN} - {"F019"}  # a file is held for faults of other rules in its rows
        unknown = sorted(set(self.rules) - known)
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: a month can have {', '.join(sorted(known))}; --corpus plants any rule")


def synthesize(folder: Path, plan: SynthPlan) -> Mapping[str, int]:
    """Write a synthetic plan: extracts, `returns/<mailbox>/<file>`, and beside them the truth. Returns counts.

    Everything was referred in the month before the reporting period; MIF and ASF are meant to go out on its first 15 days.
    truth.csv: every planted fault, those in the extracts without a provider. files.csv: how each file is to be judged. arrivals.csv: which
    files come late. expected.csv: the lateness class of every provider and program.
    """
    profile = load_profile(plan.profile)
    calendar = months(plan.as_of, plan.time_zone, profile.cadence.rtf_due_day)
    roster = providers(plan.providers, _random(plan, "providers"), calendar.first)
    unusual = 0 if plan.rules and UNUSUAL_CIN not in plan.rules else round(UNUSUAL_SHARE * plan.defects * plan.referrals)
    people = members(plan.referrals, unusual, _random(plan, "members"), calendar.first)
    busy = roster[:-1] if len(roster) >= ENOUGH_PROVIDERS else roster  # the last is under contract, and nobody refers to it
    referred = referrals(plan.referrals, busy, people, _random(plan, "referrals"), calendar)
    if profile.layouts[RTF_CS].referral_key == "authorization_number":
        referred = numbered(referred, _random(plan, "authorizations"))
    known = world(profile, calendar, roster, referred, people, plan.defects, str(plan.seed), plan.rules)
    answered = list(answers(known, _random(plan, "answers")))
    extracts: tuple[tuple[str, str, Sequence[Record]], ...] = (
        ("providers", ROSTER, roster),
        ("members", MEMBERS, people),
        ("referrals", REFERRALS, referred),
    )
    for kind, name, rows in extracts:
        _write(folder, name, list(EXTRACTS[kind].elements()), rows)
    found = [fault for kind, name, rows in extracts for fault in _unusual_cins(kind, name, rows)]
    counts = _write_answers(folder, answered, found)
    return {"providers": len(roster), "members": len(people), "referrals": len(referred)} | counts


def _write_answers(folder: Path, answered: Sequence[Answer], found: Sequence[Record]) -> dict[str, int]:
    sent = sorted((file for answer in answered for file in answer.files), key=lambda file: (file.mailbox, file.file_name))
    for file in sent:
        path = folder / "returns" / file.mailbox / file.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    told = [*found, *(fault for file in sent for fault in file.told)]
    _write(folder, "truth.csv", TRUTH, told)
    _write(folder, "files.csv", FILES, [file.verdict for file in sent])
    _write(folder, "arrivals.csv", ARRIVALS, [{name: getattr(file, name) for name in ARRIVALS} for file in sent])
    _write(folder, "expected.csv", EXPECTED, [answer.expected for answer in answered])
    return {"files": len(sent), "rows": sum(int(file.verdict["rows"]) for file in sent), "defects": len(told)}


def _write(folder: Path, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(table_bytes(columns, rows))


def _unusual_cins(kind: str, name: str, rows: Sequence[Record]) -> list[Record]:
    """The planted CINs with an unusual letter stand in the plan's own extracts too."""
    where = {"provider_id": "", "mailbox": "", "file_name": Path(name).name, "kind": kind, "sheet": "", "column": "cin"}
    said = {"rule": UNUSUAL_CIN, "severity": "warning", "what": "the member's CIN ends with a letter that Medi-Cal does not use"}
    unusual = [place for place, row in enumerate(rows, start=2) if row.get("cin", "").endswith(tuple(UNUSUAL_CIN_LETTERS))]
    return [where | {"row": str(place)} | said for place in unusual]


def _random(plan: SynthPlan, what: str) -> Random:
    """A sequence of its own for each thing, so that one does not change with the number of another."""
    return Random(f"{plan.seed}:{what}")  # noqa: S311 - invents data, keeps no secret
