"""The conformance corpus: provider files with one known fault each, or none, the extracts that they are meant against, and the truth.

Invents everything from a seed and reads nothing, not even the clock. What is done with the files is up to whoever asked for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from config.load import load_profile
from config.profile import Profile
from pipeline.synth import MEMBERS, REFERRALS, ROSTER
from pipeline.synth_case_files import CANDIDATES, CaseFile, Place, case_file, reporter_of, setting_of
from pipeline.synth_case_truth import FILES, TRUTH, truth, verdict
from pipeline.synth_cases import Case, cases, plantable
from pipeline.synth_files import table_bytes
from pipeline.synth_mess import PLAIN
from pipeline.synth_people import UNUSUAL_CIN_LETTERS, members, providers
from pipeline.synth_referrals import Months, months
from pipeline.validate import Judge, judge_for
from schemas.layouts import EXTRACTS, INBOUND

THROWS = 400  # of the dice, until a file shows its case
MOST_REFERRALS = 10  # numbers kept for a file
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
        unknown = sorted(set(self.rules) - set(plantable()))
        if unknown:
            raise ValueError(f"no file can break {', '.join(unknown)}; rules that can be planted: {', '.join(plantable())}")
        profile = load_profile(self.profile)
        if not _cases(self, profile, months(self.as_of, self.time_zone, profile.cadence.rtf_due_day)):
            raise ValueError(f"under this profile no file can break {', '.join(self.rules)}")


def make_corpus(folder: Path, plan: CorpusPlan) -> Mapping[str, int]:
    """Write a corpus: extracts, `returns/<mailbox>/<file>`, and beside them truth.csv, files.csv and corpus.json. Returns counts.

    truth.csv: every finding that there must be. files.csv: every file, with and without what the plan alone knows.
    """
    profile = load_profile(plan.profile)
    calendar = months(plan.as_of, plan.time_zone, profile.cadence.rtf_due_day)
    made = list(case_files(plan, profile, calendar))
    for file in made:
        path = folder / "returns" / file.provider["mailbox"] / file.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    told = [row for file in made for row in truth(file)]
    people = sorted((member for file in made for member in file.members), key=lambda member: member["cin"])
    tables = {
        ROSTER: (list(EXTRACTS["providers"].elements()), [file.provider for file in made]),
        MEMBERS: (list(EXTRACTS["members"].elements()), people),
        REFERRALS: (list(EXTRACTS["referrals"].elements()), [referral for file in made for referral in file.referrals]),
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
    people = members(CANDIDATES * plan.files, 0, _random(plan, "members"), calendar.first)
    npis = [provider["npi"] for provider in roster]
    every, judges = _cases(plan, profile, calendar), _judges(profile)
    recent: list[CaseFile] = []
    for number in range(plan.files):
        case = every[number % len(every)]
        file_format = case.formats[(number // len(every) + number) % len(case.formats)]
        place = Place(
            roster[number],
            people[CANDIDATES * number : CANDIDATES * (number + 1)],
            MOST_REFERRALS * number + 1,
            _strangers(recent, case),
            [npi for npi in npis[:50] if npi != roster[number]["npi"]],
            judges,
        )
        file = _shown(plan, number, case, file_format, place, profile, calendar)
        recent = [*recent[-RECENT:], file]
        yield file


def _cases(plan: CorpusPlan, profile: Profile, calendar: Months) -> list[Case]:
    dice = _random(plan, "layouts")
    (provider,) = providers(1, dice, calendar.first)
    nobody = Place(provider, (), 0, (), (provider["npi"],), _judges(profile))
    reporters = [reporter_of(kind, "csv", nobody, profile, calendar, PLAIN, dice) for kind in INBOUND]
    return cases([setting_of(reporter, profile, nobody, is_text=True) for reporter in reporters], plan.rules)


def _judges(profile: Profile) -> Mapping[str, Judge]:
    return {kind: judge_for(kind, profile) for kind in INBOUND}


def _shown(plan: CorpusPlan, number: int, case: Case, file_format: str, place: Place, profile: Profile, calendar: Months) -> CaseFile:
    rng = _random(plan, f"file {number}")
    for _ in range(THROWS):
        file = case_file(case, file_format, place, profile, calendar, rng)
        if file is not None:
            return file
    raise AssertionError(f"no file shows {case.rule} in {case.element} of {case.kind}")


def _strangers(recent: Sequence[CaseFile], case: Case) -> list[tuple[str, str]]:
    """CIN and service of members whom other providers of the same kind were sent."""
    sent = [referral for file in recent if file.case.kind == case.kind for referral in file.referrals]
    return [(one["cin"], one["service"]) for one in sent if one["cin"][8] not in UNUSUAL_CIN_LETTERS]


def _about(plan: CorpusPlan, calendar: Months) -> dict[str, str | int]:
    """What one needs to know to judge the files: by which profile, for which month, and as of when."""
    told: dict[str, str | int] = {"profile": plan.profile, "period": f"{calendar.first:%Y-%m}", "received_on": calendar.today.isoformat()}
    return told | {"lists_sent_on": calendar.first.isoformat(), "time_zone": plan.time_zone, "seed": plan.seed, "files": plan.files}


def _random(plan: CorpusPlan, what: str) -> Random:
    """A sequence of its own for each thing, so that one does not change with the number of another."""
    return Random(f"{plan.seed}:corpus:{what}")  # noqa: S311 - invents data, keeps no secret
