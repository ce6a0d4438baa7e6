"""The conformance corpus: provider files with one known fault each, or none, the extracts that they are meant against, and the truth.

Invents everything from a seed and reads nothing, not even the clock. What is done with the files is up to whoever asked for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from random import Random

from config.load import load_profile
from config.profile import Profile
from pipeline.synth import MEMBERS, REFERRALS, ROSTER
from pipeline.synth_case_files import GIVEN_IN_AT, PLAN, CaseFile, Place, candidates_of, case_file, reporter_of, setting_of
from pipeline.synth_case_truth import FILES, TRUTH, path_of, truth, verdict
from pipeline.synth_cases import Case, Under, cases
from pipeline.synth_files import table_bytes
from pipeline.synth_mess import PLAIN
from pipeline.synth_people import UNUSUAL_CIN_LETTERS, members, providers
from pipeline.synth_referrals import Months, months
from pipeline.synth_setting import Stranger
from pipeline.validate import Judge, judge_for
from schemas.layouts import EXTRACTS, INBOUND
from schemas.rule import USUAL_PROFILE
from schemas.rules import RULES

THROWS = 400  # of the dice, until a file shows its case
LATER = "later/referrals.csv"  # what the plan says of referrals once they were sent
OTHERS = ("dhcs", "chpiv", "merged")  # profiles for rules that no file breaks under the one asked for
NAMED, AGREED_NAME = "named.toml", r"(RTF|OTF)_(ECM|CS)_P[0-9]+_[0-9]{6}(_again)?\.(xlsx|csv|txt)"
NAMED_PROFILE = "\n\n".join(
    [
        f'based_on = "{USUAL_PROFILE}"\ntitle = "File names that were agreed on"',
        *(f"[layouts.{kind}]\nfile_name = '{AGREED_NAME}'" for kind in INBOUND),
    ]
)
RECENT = 40  # files whose members may be strangers to the next one


@dataclass(frozen=True)
class CorpusPlan:
    """What to invent. rules: only these, where there are any. as_of: aware; the day on which the files are made.

    Raises ValueError when a number is out of bounds or a rule cannot be planted.
    """

    files: int
    seed: int
    as_of: datetime
    time_zone: str
    profile: str
    rules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.files < 1:
            raise ValueError("at least one file is needed")
        if self.as_of.tzinfo is None:
            raise ValueError("as_of needs a time zone")
        unknown = sorted(set(self.rules) - set(RULES))
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: rules that can be planted are {', '.join(RULES)}")


def make_corpus(folder: Path, plan: CorpusPlan) -> Mapping[str, int]:
    """Write a corpus: extracts, `returns/<mailbox>/<file>`, and beside them truth.csv, files.csv and corpus.json. Returns counts.

    truth.csv: every finding that there must be. files.csv: every file, with and without what the plan alone knows.
    """
    profile = load_profile(plan.profile)
    calendar = months(plan.as_of, plan.time_zone, profile.cadence.rtf_due_day)
    shown = list(case_files(plan, profile, calendar))
    made = [file for one in shown for file in (one.earlier, one) if file is not None]
    for file in made:
        path = folder / ("" if file.case.extract else "returns") / path_of(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    if any(file.case.profile == NAMED for file in made):
        (folder / NAMED).write_text(NAMED_PROFILE, "utf-8")
    told = [row for file in made for row in truth(file)]
    people = sorted((member for file in shown for member in file.members), key=lambda member: member["cin"])
    later = [referral for file in shown for referral in file.later]
    tables = {
        ROSTER: (list(EXTRACTS["providers"].elements()), [file.provider for file in shown]),
        MEMBERS: (list(EXTRACTS["members"].elements()), people),
        REFERRALS: (list(EXTRACTS["referrals"].elements()), [referral for file in shown for referral in file.referrals]),
        **({LATER: (list(EXTRACTS["referrals"].elements()), later)} if later else {}),
        "truth.csv": (TRUTH, told),
        "files.csv": (FILES, [verdict(file) for file in made]),
    }
    for name, (columns, rows) in tables.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(table_bytes(columns, rows))
    (folder / "corpus.json").write_text(json.dumps(_about(plan, calendar), indent=2) + "\n", "utf-8")
    return {"files": len(made), "rules": len({row["rule"] for row in told}), "findings": len(told), "members": len(people)}


def case_files(plan: CorpusPlan, profile: Profile, calendar: Months) -> Iterator[CaseFile]:
    """The files in order, each from a provider of its own."""
    roster = providers(plan.files, _random(plan, "providers"), calendar.first)
    profiles = _profiles(plan, profile)
    every = _cases(plan, profiles, calendar)
    chosen = [every[number % len(every)] for number in range(plan.files)]
    begins = list(accumulate((candidates_of(case) for case in chosen), initial=0))
    people = members(begins[-1], 0, _random(plan, "members"), calendar.first)
    npis = [provider["npi"] for provider in roster]
    judges = {name: _judges(one) for name, one in profiles.items()}
    recent: list[CaseFile] = []
    for number, (case, begin, end) in enumerate(zip(chosen, begins, begins[1:], strict=False)):
        file_format = case.formats[(number // len(every) + number) % len(case.formats)]
        other_npis = [npi for npi in npis[:50] if npi != roster[number]["npi"]]
        strangers = _strangers(recent, case)
        place = Place(roster[number], people[begin:end], begin + 1, strangers, other_npis, profiles[case.profile], judges[case.profile])
        file = _shown(plan, number, case, file_format, place, calendar)
        recent = [*recent[-RECENT:], file]
        yield file


def _profiles(plan: CorpusPlan, profile: Profile) -> dict[str, Profile]:
    """The profile asked for, and those by which rules are shown that no file breaks under it."""
    others = {name: load_profile(name) for name in OTHERS if name != plan.profile}
    guidance = load_profile(USUAL_PROFILE)
    named = {kind: choice.model_copy(update={"file_name": AGREED_NAME}) for kind, choice in guidance.layouts.items()}
    return {plan.profile: profile} | others | {NAMED: guidance.model_copy(update={"layouts": named})}


def _cases(plan: CorpusPlan, profiles: Mapping[str, Profile], calendar: Months) -> list[Case]:
    own, *others = (_under(plan, name, profile, calendar) for name, profile in profiles.items())
    return cases(own, others, plan.rules)


def _under(plan: CorpusPlan, name: str, profile: Profile, calendar: Months) -> Under:
    dice = _random(plan, "layouts")
    (provider,) = providers(1, dice, calendar.first)
    nobody = Place(provider, (), 0, (), (provider["npi"],), profile, _judges(profile))
    reporters = [reporter_of(kind, "csv", nobody, calendar, PLAIN, dice) for kind in INBOUND]
    return Under(name, [setting_of(reporter, nobody, frozenset(), is_text=True) for reporter in reporters], is_named=name == NAMED)


def _judges(profile: Profile) -> Mapping[str, Judge]:
    return {kind: judge_for(kind, profile) for kind in INBOUND}


def _shown(plan: CorpusPlan, number: int, case: Case, file_format: str, place: Place, calendar: Months) -> CaseFile:
    rng = _random(plan, f"file {number}")
    for _ in range(THROWS):
        file = case_file(case, file_format, place, calendar, rng)
        if file is not None:
            return file
    raise AssertionError(f"no file shows {case.rule} in {case.element} of {case.kind}")


def _strangers(recent: Sequence[CaseFile], case: Case) -> list[Stranger]:
    """Members whom other providers of the same kind were sent."""
    found = []
    for file in recent:
        numbers = {member["cin"]: member["plan_member_id"] for member in file.members}
        sent = file.referrals if file.case.kind == case.kind else ()
        found += [Stranger(one["cin"], numbers[one["cin"]], one["service"]) for one in sent if one["cin"][8] not in UNUSUAL_CIN_LETTERS]
    return found


def _about(plan: CorpusPlan, calendar: Months) -> dict[str, str | int]:
    """What one needs to know to judge the files: by which profile, for which month, and as of when."""
    told: dict[str, str | int] = {"profile": plan.profile, "period": f"{calendar.first:%Y-%m}", "received_on": calendar.today.isoformat()}
    given_in_at = datetime.combine(calendar.today, GIVEN_IN_AT, calendar.zone).isoformat()
    told |= {"plan": PLAN, "earlier_given_in_at": given_in_at}
    return told | {"lists_sent_on": calendar.first.isoformat(), "time_zone": plan.time_zone, "seed": plan.seed, "files": plan.files}


def _random(plan: CorpusPlan, what: str) -> Random:
    """A sequence of its own for each thing, so that one does not change with the number of another."""
    return Random(f"{plan.seed}:corpus:{what}")  # noqa: S311 - invents data, keeps no secret
