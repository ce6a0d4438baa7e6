"""What every invented provider sends, and what has to come of it: its files, the faults planted in them, and how it then stands.

Decides who keeps to the rules and who does not. What a fault looks like in a row is decided elsewhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto
from random import Random

from pipeline.synth_defects import DEFECTS
from pipeline.synth_mess import NOT_READ
from pipeline.synth_outreach import outreach_rows
from pipeline.synth_people import Record
from pipeline.synth_planting import is_rejected, marked, plant, plant_most
from pipeline.synth_referrals import Months
from pipeline.synth_returns import Fault, Row, Sheet, truthful_rows
from pipeline.synth_sent import Part, SentFile, sent, sent_again
from pipeline.synth_setting import Setting
from pipeline.synth_world import World, setting_for
from schemas.codes import SOBERING_CENTERS
from schemas.lateness import LatenessClass
from schemas.layouts import OTF, PROGRAM_OF, RTF_CS, RTF_ECM

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
class Answer:
    """What a provider sends for one program (at most twice the same file, and a tracker), and its row of expected.csv."""

    files: tuple[SentFile, ...]
    expected: Record


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
    setting = setting_for(known, provider, kind, file_format, rng)
    told = truthful_rows(setting.reporter, held, rng)
    sheet = _with_conduct(Sheet(setting.reporter, told, expected), conduct, setting, turns, known.defects, rng)
    tracker, is_beside = _tracker(known, setting, told, file_format, conduct, turns) if kind == RTF_ECM else (None, False)
    files = _files(Part(sheet, setting), tracker, conduct, file_format, is_beside=is_beside)
    class_ = _class(conduct, expected, missing := len(_missing(sheet, setting)))
    missing = len(expected) if class_ is LatenessClass.REJECTED else missing
    return Answer(files, _standing(provider, kind, known.calendar, class_, len(expected), missing))


def _tracker(
    known: World, returning: Setting, told: Sequence[Row], file_format: str, conduct: Conduct, turns: deque[str]
) -> tuple[Part | None, bool]:
    """The attempts behind what the provider truthfully reports, and whether they stand beside it in one workbook.

    Nobody keeps a tracker where the return file has a place for them, and not everybody does elsewhere.
    """
    provider = returning.reporter.provider
    rng = Random(f"{known.seed}:{provider['provider_id']}:{OTF}")  # noqa: S311 - invents data, keeps no secret
    may_stand_beside = file_format == "xlsx" and conduct in (Conduct.ORDERLY, Conduct.LATE, Conduct.INCOMPLETE)
    where = rng.choice(("beside", "beside", "alone", "nowhere") if may_stand_beside else ("alone", "alone", "nowhere"))
    if where == "nowhere" or "outreach_successful" in returning.columns:
        return None, False
    setting = setting_for(known, provider, OTF, file_format, rng)
    held = known.held[provider["provider_id"], RTF_ECM]
    rows = outreach_rows(setting.reporter, told, {referral["referral_id"]: member for referral, member in held}, rng)
    sheet = Sheet(setting.reporter, plant(rows, setting, turns, known.defects, rng))
    return (Part(sheet, setting) if rows else None), where == "beside"


def _files(own: Part, tracker: Part | None, conduct: Conduct, file_format: str, *, is_beside: bool) -> tuple[SentFile, ...]:
    arrives = "late" if conduct is Conduct.LATE else "on_time"
    first = sent(own, tracker if is_beside else None, file_format, arrives)
    again = (sent_again(first, own),) if conduct is Conduct.REPEATED else ()
    return first, *again, *((sent(tracker, None, file_format, arrives),) if tracker and not is_beside else ())


def _with_conduct(sheet: Sheet, conduct: Conduct, setting: Setting, turns: deque[str], rate: float, rng: Random) -> Sheet:
    """The sheet as it is after everything that its provider does wrong."""
    if conduct is Conduct.OLD_TEMPLATE:
        headings = {name: text for name, text in sheet.reporter.habits.headings.items() if name not in CLR_COLUMNS}
        reporter = replace(sheet.reporter, habits=replace(sheet.reporter.habits, headings=headings))
        rows = tuple(marked(row) for row in sheet.rows)
        return replace(sheet, reporter=reporter, rows=rows, told=(Fault("F012", None, "the template from before July 2025"),))
    if conduct is Conduct.UNREADABLE:
        return replace(sheet, told=(Fault("F001", None, "a PDF document"),))
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
