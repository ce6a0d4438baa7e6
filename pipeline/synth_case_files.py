"""One file of a conformance corpus: a provider, those whom it was sent, what it reports of them, the one fault, and what is to be found.

Every file comes from a provider of its own, so that all of them can be judged together and none says anything of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from config.profile import Profile
from pipeline.synth_cases import OF_THE_MEMBER, Case
from pipeline.synth_defects import spoil
from pipeline.synth_file_defects import Broken, other_program
from pipeline.synth_files import ENDINGS, SHEET, SHEET_BESIDE, file_bytes
from pipeline.synth_mess import MESSES, PLAIN, Mess, roughened, worn
from pipeline.synth_outreach import outreach_rows
from pipeline.synth_people import UNUSUAL_CIN_LETTERS, Record
from pipeline.synth_planting import severity
from pipeline.synth_referrals import Months, is_listed, referrals
from pipeline.synth_returns import Fault, Reporter, Row, Sheet, engagements_of, habits_of, truthful_rows
from pipeline.synth_setting import Setting
from pipeline.validate import Judge
from schemas.codes import CS_SERVICES, SOBERING_CENTERS, AuthorizationStatus, Program
from schemas.layouts import OTF, PROGRAM_OF, RTF_CS, RTF_ECM
from schemas.rule import Severity

CANDIDATES = 8  # members kept for a file; those who are referred and whose referral is approved are reported
FEWEST, MOST = 4, 6  # referrals of a file
SERVICES = 3


@dataclass(frozen=True)
class CaseFile:
    """One file and everything that is meant to be known of it. parts: its sheets by name, the own one first."""

    case: Case
    provider: Record
    members: tuple[Record, ...]
    referrals: tuple[Record, ...]
    file_name: str
    content: bytes
    file_format: str
    mess: Mess
    kind: str | None
    parts: tuple[tuple[str, Sheet, Setting], ...]
    of_file: tuple[tuple[str, Fault], ...]


@dataclass(frozen=True)
class Place:
    """Where a file comes from.

    candidates: members who may be referred to the provider. first: number of its first referral. judges: of the profile, by layout.
    """

    provider: Record
    candidates: Sequence[Record]
    first: int
    strangers: Sequence[tuple[str, str]]
    other_npis: Sequence[str]
    judges: Mapping[str, Judge]


def setting_of(reporter: Reporter, profile: Profile, place: Place, *, is_text: bool) -> Setting:
    """What a fault may need to know of a sheet."""
    judge = place.judges[reporter.kind]
    closes = profile.closing.rule == "engagement"
    return Setting(reporter, judge.formats, judge.required, place.strangers, place.other_npis, closes, is_text)


def reporter_of(kind: str, file_format: str, place: Place, profile: Profile, calendar: Months, mess: Mess, rng: Random) -> Reporter:
    """The provider as it writes a sheet of a kind."""
    habits = worn(habits_of(kind, file_format, calendar, rng), kind, mess)
    return Reporter(kind, place.provider, habits, engagements_of(profile, PROGRAM_OF[kind]), calendar, calendar.today)


def case_file(case: Case, file_format: str, place: Place, profile: Profile, calendar: Months, rng: Random) -> CaseFile | None:
    """The file; None where these dice do not show the case."""
    mess = PLAIN if case.defect else case.mess or rng.choice([mess for mess in MESSES if file_format in mess.formats])
    place = _of_program(place, case, rng)
    held = _held(place, case, rng, calendar)
    parts = _parts(case, file_format, place, held, profile, calendar, mess, rng)
    if case.rule and case.defect is None and case.mess is None:
        parts = _planted(case, parts, rng)
    if min((len(sheet.rows) for _, sheet, _ in parts), default=0) < FEWEST or (case.rule == "R331" and not mess.is_even):
        return None
    parts = [(name, replace(sheet, rows=tuple(roughened(row, mess) for row in sheet.rows)), setting) for name, sheet, setting in parts]
    written = _written(case, parts, file_format, mess)
    if written is None:
        return None
    provider = place.provider
    name = f"{'OTF' if case.kind == OTF else 'RTF'}_{PROGRAM_OF[case.kind]}_{provider['provider_id']}_{calendar.name}.{written.ending}"
    return CaseFile(
        case=case,
        provider=provider | ({"programs": other_program(case.kind)} if case.defect and case.defect.other_program else {}),
        members=tuple({member["cin"]: member for _, member in held}.values()),
        referrals=tuple(referral for referral, _ in held),
        file_name=name,
        content=written.content,
        file_format=file_format,
        mess=mess,
        kind=case.kind if written.is_known else None,
        parts=((parts[0][0], written.sheet, parts[0][2]), *parts[1:]),
        of_file=tuple(_of_file(case, mess, beside=len(parts) > 1)),
    )


def _of_program(place: Place, case: Case, rng: Random) -> Place:
    program = PROGRAM_OF[case.kind]
    offered = [label for label in CS_SERVICES.labels if label != SOBERING_CENTERS]
    services = ["ECM"] if program == Program.ECM else sorted(rng.sample(offered, SERVICES))
    return replace(place, provider=place.provider | {"programs": program, "services": ";".join(services)})


def _held(place: Place, case: Case, rng: Random, calendar: Months) -> list[tuple[Record, Record]]:
    """The referrals that the provider was sent, each with its member."""
    made = referrals(len(place.candidates), [place.provider], place.candidates, rng, calendar)
    approved = [one for one in made if is_listed(one) and one["authorization_status"] == AuthorizationStatus.APPROVED]
    known_by_one = {"previous_cin": ""} if case.rule else {}  # a rejected row by a CIN that was given up names nobody whom the plan awaits
    of_cin = {member["cin"]: member | known_by_one for member in place.candidates}
    held = [
        (referral | {"referral_id": f"R{calendar.before:%y}{place.first + at:06}"}, of_cin[referral["cin"]])
        for at, referral in enumerate(approved[: rng.randint(FEWEST, MOST)])
    ]
    if case.rule == OF_THE_MEMBER and held:
        unusual = {"cin": f"{held[0][1]['cin'][:-1]}{rng.choice(UNUSUAL_CIN_LETTERS)}"}
        own = held[0][1]["cin"]
        held = [(referral | unusual, member | unusual) if member["cin"] == own else (referral, member) for referral, member in held]
    return held


def _parts(
    case: Case,
    file_format: str,
    place: Place,
    held: list[tuple[Record, Record]],
    profile: Profile,
    calendar: Months,
    mess: Mess,
    rng: Random,
) -> list[tuple[str, Sheet, Setting]]:
    """The sheets of the file, without a fault."""
    kind = RTF_CS if PROGRAM_OF[case.kind] == Program.CS else RTF_ECM
    returning = reporter_of(kind, file_format, place, profile, calendar, mess, rng)
    told = truthful_rows(returning, held, rng)
    sheets = [Sheet(returning, told)]
    if case.kind == OTF or case.beside:
        tracking = reporter_of(OTF, file_format, place, profile, calendar, mess, rng)
        of_referral = {referral["referral_id"]: member for referral, member in held}
        tracker = Sheet(tracking, outreach_rows(tracking, told, of_referral, rng))
        sheets = [tracker] if case.kind == OTF else [*sheets, tracker]
    names = (SHEET, SHEET_BESIDE) if case.beside else ("",)
    is_text = file_format != "xlsx"
    return [(name, sheet, setting_of(sheet.reporter, profile, place, is_text=is_text)) for name, sheet in zip(names, sheets, strict=True)]


def _planted(case: Case, parts: list[tuple[str, Sheet, Setting]], rng: Random) -> list[tuple[str, Sheet, Setting]]:
    """The sheets with the fault in one of them; none where no row can have it without half of the rows being rejected."""
    name, sheet, setting = parts[-1] if case.on_tracker else parts[0]
    places = list(range(len(sheet.rows)))
    rng.shuffle(places)
    for place in places:
        if case.rule == OF_THE_MEMBER:
            rows = tuple(_marked(row) for row in sheet.rows)
        else:
            made = spoil(case.rule, case.element, sheet.rows[place], setting, rng)
            rows = (*sheet.rows[:place], *made, *sheet.rows[place + 1 :]) if made else ()
        if any(row.faults for row in rows) and 2 * rejections(rows, setting) <= len(rows):
            spoiled = (name, replace(sheet, rows=rows), setting)
            return [*parts[:-1], spoiled] if case.on_tracker else [spoiled, *parts[1:]]
    return []


def rejections(rows: Sequence[Row], setting: Setting) -> int:
    """How many of the rows are rejected for what is planted in them."""
    return sum(any(severity(fault, setting) == Severity.ERROR for fault in row.faults) for row in rows)


def _marked(row: Row) -> Row:
    if row.cin is None or row.cin[8] not in UNUSUAL_CIN_LETTERS:
        return row
    return replace(row, faults=(Fault(OF_THE_MEMBER, "cin", "the member's CIN ends with a letter that Medi-Cal does not use"),))


def _written(case: Case, parts: list[tuple[str, Sheet, Setting]], file_format: str, mess: Mess) -> Broken | None:
    """The bytes; None where the encoding does not have a letter of a name."""
    _, sheet, setting = parts[0]
    if case.defect is not None:
        return case.defect.spoil(sheet, file_format, setting)
    try:
        content = file_bytes(sheet, file_format, mess, parts[1][1] if len(parts) > 1 else None)
    except UnicodeEncodeError:
        return None
    return Broken(sheet, content, ENDINGS[file_format])


def _of_file(case: Case, mess: Mess, *, beside: bool) -> Iterable[tuple[str, Fault]]:
    """What is told of the file as a whole, with the sheet that it speaks of."""
    if case.defect is not None and case.defect.rule.startswith("F"):
        yield "", Fault(case.defect.rule, None, case.defect.what)
    for rule in mess.owed:
        yield "", Fault(rule, None, mess.name)
        if beside and rule == "F024":
            yield SHEET_BESIDE, Fault(rule, None, mess.name)
        if beside and rule == "F023":
            yield "", Fault(rule, None, mess.name)
