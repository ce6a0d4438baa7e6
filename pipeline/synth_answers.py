"""What every invented provider sends, and what has to come of it: its files, the faults planted in them, and how it then stands.

Decides who keeps to the rules and who does not. What a fault looks like in a row is decided elsewhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto
from random import Random

from config.profile import Profile
from pipeline.synth_defects import DEFECTS
from pipeline.synth_files import ENDINGS, PDF, file_bytes, row_number, usual_mess
from pipeline.synth_mess import NOT_READ
from pipeline.synth_people import UNUSUAL_CIN_LETTERS, Record
from pipeline.synth_planting import is_rejected, marked, plant, plant_most, severity
from pipeline.synth_referrals import Months, is_listed
from pipeline.synth_returns import Engagements, Fault, Habits, Reporter, Row, Sheet, engagements_of, habits_of, truthful_rows
from pipeline.synth_setting import Setting
from pipeline.validate import judge_for
from schemas.codes import SOBERING_CENTERS
from schemas.lateness import LatenessClass
from schemas.layouts import PROGRAM_OF, RTF_CS, RTF_ECM
from schemas.rules import RULES
from schemas.submissions import SubmissionStatus

ENOUGH_PROVIDERS = 12  # from here on every kind of misbehavior has somebody
ENOUGH_ROWS = 6
CLR_COLUMNS = ("referral_status", "status_date", "closure_reason")


class Conduct(Enum):
    """How a provider behaves in the reporting period."""

    ORDERLY = auto()
    MISSING = auto()
    LATE = auto()
    INCOMPLETE = auto()
    REPEATED = auto()  # sends its file a second time
    HELD = auto()  # the first from here whose file itself is wrong
    OLD_TEMPLATE = auto()
    UNREADABLE = auto()
    SEVERAL_DATES = auto()
    EXTRA_COLUMN = auto()
    MISNAMED = auto()

    @property
    def is_a_defect(self) -> bool:
        return self.value >= Conduct.HELD.value


RULE_OF = {  # what is said of a file for the conduct of its provider
    Conduct.INCOMPLETE: "F029",
    Conduct.REPEATED: "F026",
    Conduct.HELD: "F019",
    Conduct.OLD_TEMPLATE: "F012",
    Conduct.UNREADABLE: "F001",
    Conduct.SEVERAL_DATES: "F027",
    Conduct.EXTRA_COLUMN: "F024",
    Conduct.MISNAMED: "F021",
}


@dataclass(frozen=True)
class SentFile:
    """One file in a mailbox. told: the truth about it, as rows of truth.csv; verdict: its row of files.csv."""

    mailbox: str
    file_name: str
    content: bytes
    arrives: str
    told: tuple[Record, ...]
    verdict: Record


@dataclass(frozen=True)
class Answer:
    """What a provider sends for one program (at most twice the same file), and its row of expected.csv."""

    files: tuple[SentFile, ...]
    expected: Record


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


def answers(known: World, rng: Random) -> Iterator[Answer]:
    """What every provider sends, by provider and program."""
    conducts = _conducts(known, rng)
    turns = [rule for rule in DEFECTS if not known.rules or rule in known.rules]
    rng.shuffle(turns)
    order = deque(turns)
    for provider in known.roster:
        largest = max((RTF_ECM, RTF_CS), key=lambda kind: len(known.held.get((provider["provider_id"], kind), ())))
        for kind in (RTF_ECM, RTF_CS):
            if PROGRAM_OF[kind] in provider["programs"].split(";"):
                conduct = conducts[provider["provider_id"]]
                of_one_file = conduct.is_a_defect or conduct in (Conduct.REPEATED, Conduct.INCOMPLETE)
                yield _answer(known, provider, kind, Conduct.ORDERLY if of_one_file and kind != largest else conduct, order)


def _conducts(known: World, rng: Random) -> dict[str, Conduct]:
    """Who behaves how: among fewer than `ENOUGH_PROVIDERS` everybody is orderly, and without defects no file itself is wrong."""
    conducts = {provider["provider_id"]: Conduct.ORDERLY for provider in known.roster}
    if len(known.roster) < ENOUGH_PROVIDERS:
        return conducts
    large = sorted({provider_id for (provider_id, _), held in known.held.items() if len(held) >= ENOUGH_ROWS})
    rng.shuffle(large)
    wanted = [conduct for conduct in Conduct if conduct is not Conduct.ORDERLY and (known.defects > 0 or not conduct.is_a_defect)]
    wanted += [Conduct.MISSING, Conduct.LATE, Conduct.INCOMPLETE] * (len(known.roster) // 30)
    asked = [conduct for conduct in wanted if not known.rules or RULE_OF.get(conduct, known.rules[0]) in known.rules]
    return conducts | dict(zip(large, asked, strict=False))


def _answer(known: World, provider: Record, kind: str, conduct: Conduct, turns: deque[str]) -> Answer:
    rng = Random(f"{known.seed}:{provider['provider_id']}:{kind}")  # noqa: S311 - invents data, keeps no secret
    held = known.held.get((provider["provider_id"], kind), ())
    expected = tuple((referral["referral_id"], referral["cin"]) for referral, _ in held if referral["service"] != SOBERING_CENTERS)
    if not held or conduct is Conduct.MISSING:
        class_ = LatenessClass.MISSING if expected else LatenessClass.NOTHING_DUE
        return Answer((), _standing(provider, kind, known.calendar, class_, len(expected), len(expected)))
    file_format = rng.choice(("csv", "tab")) if provider["file_format"] == "csv" else provider["file_format"]
    sheet, setting = _sheet(known, provider, kind, file_format, held, rng)
    sheet = _with_conduct(replace(sheet, expected=expected), conduct, setting, turns, known.defects, rng)
    files = _files(sheet, setting, conduct, file_format)
    class_ = _class(conduct, expected, missing := len(_missing(sheet, setting)))
    missing = len(expected) if class_ is LatenessClass.REJECTED else missing
    return Answer(files, _standing(provider, kind, known.calendar, class_, len(expected), missing))


def _sheet(
    known: World, provider: Record, kind: str, file_format: str, held: Sequence[tuple[Record, Record]], rng: Random
) -> tuple[Sheet, Setting]:
    reporter = _reporter(known, provider, kind, file_format, rng)
    judge = judge_for(kind, known.profile)
    setting = Setting(
        reporter=reporter,
        formats=judge.formats,
        required=judge.required,
        strangers=_strangers(known, provider["provider_id"], kind),
        other_npis=[other["npi"] for other in known.roster if other["npi"] != provider["npi"]],
        engagement_closes=known.profile.closing.rule == "engagement",
        is_text=file_format != "xlsx",
    )
    return Sheet(reporter, truthful_rows(reporter, held, rng)), setting


def _reporter(known: World, provider: Record, kind: str, file_format: str, rng: Random) -> Reporter:
    calendar = known.calendar
    habits: Habits = habits_of(kind, file_format, calendar, rng)
    engagements: Engagements = engagements_of(known.profile, PROGRAM_OF[kind])
    produced_on = calendar.today.replace(day=rng.randint(1, max(1, min(calendar.today.day, calendar.due_day))))
    return Reporter(kind, provider, habits, engagements, calendar, produced_on)


def _strangers(known: World, provider_id: str, kind: str, at_most: int = 50) -> list[tuple[str, str]]:
    """CIN and service of some members whom other providers were sent and this one was not."""
    own = {referral["cin"] for referral, _ in known.held.get((provider_id, kind), ())}
    own |= {member["previous_cin"] for _, member in known.held.get((provider_id, kind), ())}
    found: list[tuple[str, str]] = []
    for (other, other_kind), held in known.held.items():
        if other != provider_id and other_kind == kind and len(found) < at_most:
            found += [(referral["cin"], referral["service"]) for referral, _ in held[:5] if referral["cin"] not in own]
    return [(cin, service) for cin, service in found if cin[8] not in UNUSUAL_CIN_LETTERS]


def _with_conduct(sheet: Sheet, conduct: Conduct, setting: Setting, turns: deque[str], rate: float, rng: Random) -> Sheet:
    """The sheet as it is after everything that its provider does wrong."""
    if conduct is Conduct.OLD_TEMPLATE:
        headings = {name: text for name, text in sheet.reporter.habits.headings.items() if name not in CLR_COLUMNS}
        reporter = replace(sheet.reporter, habits=replace(sheet.reporter.habits, headings=headings))
        rows = tuple(marked(row) for row in sheet.rows)
        return replace(sheet, reporter=reporter, rows=rows, told=(Fault("F012", None, "the template from before July 2025"),))
    if conduct is Conduct.HELD:
        rows = plant_most(sheet.rows, setting, turns, rng)
        rejected = sum(is_rejected(row, setting) for row in rows)
        return replace(sheet, rows=rows, told=(Fault("F019", None, f"{rejected} of {len(rows)} rows are rejected"),))
    if conduct is Conduct.INCOMPLETE:
        sheet = replace(sheet, rows=_left_out(sheet, rng))
    sheet = replace(sheet, rows=plant(sheet.rows, setting, turns, rate, rng))
    if conduct is Conduct.SEVERAL_DATES:
        sheet = replace(sheet, rows=_dated_otherwise(sheet), told=(Fault("F027", None, "rows of two production dates"),))
    if conduct is Conduct.EXTRA_COLUMN:
        sheet = replace(sheet, extra_heading=NOT_READ, told=(Fault("F024", None, "a column of the provider's own"),))
    if conduct is Conduct.MISNAMED:
        sheet = replace(sheet, told=(Fault("F021", None, "a name whose ending says something else"),))
    missing = _missing(sheet, setting)
    return replace(sheet, told=(*sheet.told, Fault("F029", None, f"{len(missing)} left out"))) if missing else sheet


def _left_out(sheet: Sheet, rng: Random) -> tuple[Row, ...]:
    """The rows without those of one to three members."""
    owed = {referral_id for referral_id, _ in sheet.expected}
    cins = sorted({str(row.cin) for row in sheet.rows if row.referral_id in owed})
    gone = set(rng.sample(cins, min(rng.randint(1, 3), len(cins) - 1)))
    return tuple(row for row in sheet.rows if row.cin not in gone)


def _dated_otherwise(sheet: Sheet) -> tuple[Row, ...]:
    """The rows, the last sound one made a day before the others."""
    place = max(place for place, row in enumerate(sheet.rows) if not row.faults)
    day_before = sheet.reporter.produced_on - timedelta(days=1)
    row = replace(sheet.rows[place], cells={**sheet.rows[place].cells, "production_date": day_before})
    return (*sheet.rows[:place], row, *sheet.rows[place + 1 :])


def _missing(sheet: Sheet, setting: Setting) -> list[str]:
    """Referrals that the plan will miss: no row tells of them, not even a rejected one that names the member."""
    told = {row.referral_id for row in sheet.rows}
    named = {row.cin for row in sheet.rows if is_rejected(row, setting)}
    return [referral_id for referral_id, cin in sheet.expected if referral_id not in told and cin not in named]


def _files(sheet: Sheet, setting: Setting, conduct: Conduct, file_format: str) -> tuple[SentFile, ...]:
    reporter = sheet.reporter
    ending = ENDINGS[file_format]
    if conduct is Conduct.UNREADABLE:
        ending = "pdf"
    if conduct is Conduct.MISNAMED:
        ending = "csv" if file_format == "xlsx" else "xlsx"
    name = f"RTF_{reporter.program}_{reporter.provider['provider_id']}_{reporter.calendar.name}"
    content = PDF if conduct is Conduct.UNREADABLE else file_bytes(sheet, file_format, usual_mess(sheet, file_format))
    told, verdict = _truth(sheet, setting, conduct)
    arrives = "late" if conduct is Conduct.LATE else "on_time"
    first = _sent(sheet, f"{name}.{ending}", content, arrives, told, verdict)
    if conduct is not Conduct.REPEATED:
        return (first,)
    rows = len(sheet.rows)
    twice = _verdict(reporter.kind, SubmissionStatus.DUPLICATE, rows, duplicate=rows)
    fault = Fault("F026", None, "the same file once more")
    return first, _sent(sheet, f"{name}_again.{ending}", content, "late", [_told(fault, None, "", setting)], twice)


def _sent(sheet: Sheet, file_name: str, content: bytes, arrives: str, told: Sequence[Record], verdict: Record) -> SentFile:
    provider = sheet.reporter.provider
    of_file = {"provider_id": provider["provider_id"], "mailbox": provider["mailbox"], "file_name": file_name, "kind": verdict["kind"]}
    return SentFile(provider["mailbox"], file_name, content, arrives, tuple(of_file | one for one in told), of_file | verdict)


def _truth(sheet: Sheet, setting: Setting, conduct: Conduct) -> tuple[list[Record], Record]:
    """What is to be found in the file, and how it will be judged."""
    kind, rows = sheet.reporter.kind, len(sheet.rows)
    if conduct is Conduct.UNREADABLE:
        return [_told(Fault("F001", None, "a PDF document"), None, "", setting)], _verdict("", SubmissionStatus.REJECTED, 0)
    told = [_told(fault, None, "", setting) for fault in sheet.told]
    headings = sheet.reporter.habits.headings
    for place, row in enumerate(sheet.rows):
        told += [
            _told(fault, row_number(usual_mess(sheet, ""), place), headings[fault.element] if fault.element else "", setting)
            for fault in row.faults
        ]
    if conduct is Conduct.OLD_TEMPLATE:
        return told, _verdict(kind, SubmissionStatus.REJECTED, rows, rejected=rows)
    rejected = sum(is_rejected(row, setting) for row in sheet.rows)
    faults = [fault.rule for row in sheet.rows for fault in row.faults]
    counts = {"rejected": rejected, "duplicate": faults.count("R331"), "unchanged": faults.count("R402")}
    status = SubmissionStatus.ACCEPTED_WITH_ERRORS if rejected else SubmissionStatus.ACCEPTED
    return told, _verdict(kind, SubmissionStatus.HELD if conduct is Conduct.HELD else status, rows, **counts)


def _told(fault: Fault, row: int | None, column: str, setting: Setting) -> Record:
    where = {"row": "" if row is None else str(row), "column": column}
    loud = severity(fault, setting) if fault.element else RULES[fault.rule].severity.value
    return where | {"rule": fault.rule, "severity": loud, "what": fault.what}


def _verdict(kind: str, status: SubmissionStatus, rows: int, rejected: int = 0, duplicate: int = 0, unchanged: int = 0) -> Record:
    counts = {"rows": rows, "rejected": rejected, "duplicate": duplicate, "unchanged": unchanged}
    return {"kind": kind, "status": status.value} | {name: str(count) for name, count in counts.items()}


def _class(conduct: Conduct, expected: Sequence[object], missing: int) -> LatenessClass:
    if not expected:
        return LatenessClass.NOTHING_DUE
    if conduct is Conduct.LATE:
        return LatenessClass.LATE
    if conduct in (Conduct.HELD, Conduct.OLD_TEMPLATE, Conduct.UNREADABLE):
        return LatenessClass.REJECTED
    return LatenessClass.INCOMPLETE if missing else LatenessClass.ON_TIME


def _standing(provider: Record, kind: str, calendar: Months, class_: LatenessClass, expected: int, missing: int) -> Record:
    told = {"provider_id": provider["provider_id"], "program": PROGRAM_OF[kind], "period": f"{calendar.first:%Y-%m}", "class": class_.value}
    return told | {"members_expected": str(expected), "members_missing": str(missing)}
