"""One file of a conformance corpus: a provider, those whom it was sent, what it reports of them, the one fault, and what is to be found.

Every file comes from a provider of its own, so that all of them can be judged together and none says anything of another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from random import Random

from config.profile import LayoutChoice, Profile
from pipeline.names import digest, digest_name
from pipeline.synth_cases import OF_THE_MEMBER, OF_THE_PLAN, Case
from pipeline.synth_defects import spoil
from pipeline.synth_extract_defects import ExtractDefect, extract_sheet
from pipeline.synth_file_defects import FileDefect, other_program
from pipeline.synth_files import ENDINGS, SHEET, SHEET_BESIDE, file_bytes
from pipeline.synth_habits import engagements_of, habits_of
from pipeline.synth_mess import MESSES, PLAIN, Mess, roughened, worn
from pipeline.synth_outreach import outreach_rows
from pipeline.synth_people import UNUSUAL_CIN_LETTERS, Record
from pipeline.synth_planting import severity
from pipeline.synth_referrals import Months, is_listed, referrals
from pipeline.synth_returns import Fault, Reporter, Row, Sheet, truthful_rows
from pipeline.synth_setting import Setting, Stranger
from pipeline.validate import Judge
from schemas.codes import CS_SERVICES, SOBERING_CENTERS, AuthorizationStatus, Program
from schemas.layouts import OTF, PROGRAM_OF, RTF_CS, RTF_ECM
from schemas.rule import Severity

CANDIDATES, CROWD = 8, 30  # members kept for a file; those who are referred and whose referral is approved are reported
FEWEST, MOST = 4, 6  # referrals of a file
GIVEN_IN_AT = time(8)  # on the day that all files arrive: when those were given in that come before others
PLAN = "synthetic"  # what the plan is called, which decides what it calls a file
SERVICES = 3
DENIED_AFTER = 2  # days of the month: after the lists went out, before anything is reported


@dataclass(frozen=True)
class CaseFile:
    """One file and everything that is meant to be known of it.

    parts: its sheets by name, the own one first. later: what the plan tells of the referrals once they were sent. earlier: the file that
    comes before, and what the plan then calls that one, where its name matters.
    """

    case: Case
    provider: Record
    members: tuple[Record, ...]
    referrals: tuple[Record, ...]
    later: tuple[Record, ...]
    file_name: str
    content: bytes
    file_format: str
    mess: Mess
    kind: str | None
    parts: tuple[tuple[str, Sheet, Setting], ...]
    of_file: tuple[tuple[str, Fault], ...]
    earlier: CaseFile | None = None
    names: str = ""


@dataclass(frozen=True)
class Place:
    """Where a file comes from.

    candidates: members who may be referred to the provider. first: number of its first referral. judges: of the profile, by layout.
    """

    provider: Record
    candidates: Sequence[Record]
    first: int
    strangers: Sequence[Stranger]
    other_npis: Sequence[str]
    profile: Profile
    judges: Mapping[str, Judge]


def setting_of(reporter: Reporter, place: Place, several: frozenset[str], *, is_text: bool) -> Setting:
    """What a fault may need to know of a sheet. several: referrals of members who have more than one service with the provider."""
    closes = place.profile.closing.rule == "engagement"
    choice = place.profile.layouts.get(reporter.kind, LayoutChoice())
    judge = place.judges[reporter.kind]
    return Setting(reporter, judge, choice, place.strangers, place.other_npis, several, closes, is_text)


def reporter_of(kind: str, file_format: str, place: Place, calendar: Months, mess: Mess, rng: Random) -> Reporter:
    """The provider as it writes a sheet of a kind."""
    profile = place.profile
    habits = worn(habits_of(kind, file_format, calendar, profile, rng), place.judges[kind].elements, mess)
    key = profile.layouts.get(kind, LayoutChoice()).key
    return Reporter(kind, place.provider, habits, engagements_of(profile, PROGRAM_OF[kind]), calendar, calendar.today, key)


def candidates_of(case: Case) -> int:
    """How many members a file needs, so that enough of them are referred and approved."""
    return CROWD if case.defect is not None and case.defect.crowd else CANDIDATES


def case_file(case: Case, file_format: str, place: Place, calendar: Months, rng: Random) -> CaseFile | None:
    """The file; None where these dice do not show the case."""
    if case.extract is not None:
        return _extract(case, case.extract, file_format, place, calendar, rng)
    mess = PLAIN if case.defect else case.mess or rng.choice([mess for mess in MESSES if file_format in mess.formats])
    place = _of_program(place, case, rng)
    held = _held(place, case, rng, calendar)
    parts = _parts(case, file_format, place, held, calendar, mess, rng)
    later: tuple[Record, ...] = ()
    if case.rule == OF_THE_PLAN and held:
        later = (denied(held[0][0], calendar),)
        parts = [(name, _overruled(sheet, held[0][0]), setting) for name, sheet, setting in parts]
    elif case.rule and case.defect is None and case.mess is None:
        parts = _planted(case, parts, rng)
    if min((len(sheet.rows) for _, sheet, _ in parts), default=0) < FEWEST or (case.rule == "R331" and not mess.is_even):
        return None
    parts = [(name, replace(sheet, rows=tuple(roughened(row, mess) for row in sheet.rows)), setting) for name, sheet, setting in parts]
    of_provider = place.provider | ({"programs": other_program(case.kind)} if case.defect and case.defect.other_program else {})
    sound = CaseFile(
        case=case,
        provider=of_provider,
        members=tuple({member["cin"]: member for _, member in held}.values()),
        referrals=tuple(referral for referral, _ in held),
        later=later,
        file_name=f"{'OTF' if case.kind == OTF else 'RTF'}_{PROGRAM_OF[case.kind]}_{of_provider['provider_id']}_{calendar.name}",
        content=b"",
        file_format=file_format,
        mess=mess,
        kind=case.kind,
        parts=tuple(parts),
        of_file=tuple(_of_file(case, mess, beside=len(parts) > 1)),
    )
    return _written(sound)


def denied(referral: Record, calendar: Months) -> Record:
    """A referral that the plan denied in the days after it was sent."""
    decided = datetime.combine(calendar.first + timedelta(days=DENIED_AFTER), time(10), calendar.zone)
    said = {"authorization_status": AuthorizationStatus.DENIED.value, "denial_reason": "Not eligible for the service"}
    return referral | said | {"authorization_number": "", "decision_at": decided.isoformat(timespec="minutes")}


def _extract(case: Case, defect: ExtractDefect, file_format: str, place: Place, calendar: Months, rng: Random) -> CaseFile | None:
    """An extract of the plan, of members and a provider of whom no other one tells."""
    found = extract_sheet(defect, place.provider, place.candidates, place.profile, calendar, rng)
    if found is None:
        return None
    sheet, setting, of_file = found
    return CaseFile(
        case=case,
        provider=place.provider,
        members=tuple(place.candidates) if defect.kind == "referrals" else (),
        referrals=(),
        later=(),
        file_name=f"{defect.kind}_{place.provider['provider_id']}.{ENDINGS[file_format]}",
        content=file_bytes(sheet, file_format),
        file_format=file_format,
        mess=PLAIN,
        kind=defect.kind,
        parts=(("", sheet, setting),),
        of_file=tuple(("", fault) for fault in of_file),
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
        for at, referral in enumerate(approved[: CROWD if candidates_of(case) == CROWD else rng.randint(FEWEST, MOST)])
    ]
    if case.rule == OF_THE_MEMBER and held:
        unusual = {"cin": f"{held[0][1]['cin'][:-1]}{rng.choice(UNUSUAL_CIN_LETTERS)}"}
        own = held[0][1]["cin"]
        held = [(referral | unusual, member | unusual) if member["cin"] == own else (referral, member) for referral, member in held]
    return held


def _parts(
    case: Case, file_format: str, place: Place, held: list[tuple[Record, Record]], calendar: Months, mess: Mess, rng: Random
) -> list[tuple[str, Sheet, Setting]]:
    """The sheets of the file, without a fault."""
    kind = RTF_CS if PROGRAM_OF[case.kind] == Program.CS else RTF_ECM
    returning = reporter_of(kind, file_format, place, calendar, mess, rng)
    told = truthful_rows(returning, held, rng)
    sheets = [Sheet(returning, told)]
    if case.kind == OTF or case.beside:
        tracking = reporter_of(OTF, file_format, place, calendar, mess, rng)
        of_referral = {referral["referral_id"]: member for referral, member in held}
        tracker = Sheet(tracking, outreach_rows(tracking, told, of_referral, rng))
        sheets = [tracker] if case.kind == OTF else [*sheets, tracker]
    names = (SHEET, SHEET_BESIDE) if case.beside else ("",)
    of_members = Counter(referral["cin"] for referral, _ in held)
    several = frozenset(referral["referral_id"] for referral, _ in held if of_members[referral["cin"]] > 1)
    is_text = file_format != "xlsx"
    return [(name, sheet, setting_of(sheet.reporter, place, several, is_text=is_text)) for name, sheet in zip(names, sheets, strict=True)]


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
    if row.cin is None or row.cin[8] not in UNUSUAL_CIN_LETTERS or row.cells["cin"] is None:
        return row
    return replace(row, faults=(Fault(OF_THE_MEMBER, "cin", "the member's CIN ends with a letter that Medi-Cal does not use"),))


def _overruled(sheet: Sheet, referral: Record) -> Sheet:
    """The sheet, told of on every row about a referral that the plan has denied."""
    fault = Fault(OF_THE_PLAN, "referral_status", "a referral that the plan has denied since")
    return replace(
        sheet, rows=tuple(replace(row, faults=(fault,)) if row.referral_id == referral["referral_id"] else row for row in sheet.rows)
    )


def _written(sound: CaseFile) -> CaseFile | None:
    """The file with its bytes, wrong as a whole where its case is; None where it cannot be so, or a letter cannot be written."""
    defect, ending = sound.case.defect, ENDINGS[sound.file_format]
    (_, sheet, setting), *beside = sound.parts
    if defect is None:
        try:
            content = file_bytes(sheet, sound.file_format, sound.mess, beside[0][1] if beside else None)
        except UnicodeEncodeError:
            return None
        return replace(sound, content=content, file_name=f"{sound.file_name}.{ending}")
    earlier, names = _before(sound, defect) if defect.earlier is not None else (None, "")
    broken = defect.spoil(sheet, sound.file_format, replace(setting, earlier=names))
    if broken is None:
        return None
    stem = broken.name or (f"{sound.file_name}_again" if earlier else sound.file_name)
    return replace(
        sound,
        content=broken.content,
        file_name=f"{stem}.{broken.ending}",
        kind=sound.kind if broken.is_known else None,
        parts=((sound.parts[0][0], broken.sheet, setting), *beside),
        earlier=earlier,
        names=names,
    )


def _before(sound: CaseFile, defect: FileDefect) -> tuple[CaseFile, str]:
    """The file that comes before, without a fault, and what the plan calls it once it is given in."""
    (name, sheet, setting), *_ = sound.parts
    before = defect.earlier(sheet) if defect.earlier is not None else sheet
    content = file_bytes(before, sound.file_format)
    file_name = f"{sound.file_name}.{ENDINGS[sound.file_format]}"
    given_in_at = datetime.combine(sheet.reporter.calendar.today, GIVEN_IN_AT, sheet.reporter.calendar.zone).astimezone(UTC)
    sha256 = digest(content)
    submission = digest_name("S", PLAN, sound.provider["provider_id"], file_name, given_in_at.isoformat(), sha256)
    case = Case(sound.case.profile, "", sound.case.kind)
    return replace(sound, case=case, content=content, file_name=file_name, parts=((name, before, setting),), of_file=()), submission


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
