"""Faults to plant: for every rule, how a truthful row goes wrong so that this rule speaks and no other.

Nothing here knows how faults are found, or which rows are to have them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from pipeline.synth_returns import ENROLLED, REASONS, Cell, Fault, Reporter, Row, status_cells
from schemas.codes import CLOSING_STATUSES, ClosureReason, Program, ReferralStatus
from schemas.layouts import INBOUND

UNKNOWN_CIN = "90000000A"  # no invented member has it: their numbers begin above zero
ADDRESS = ("address", "city", "state", "zip")
PHONES = ("phone", "provider_phone", "care_manager_phone")
PAST_DATES = ("status_date", "latest_encounter", "assessment_started", "outreach_date", "housed_on")
DATES = (*PAST_DATES, "status_date", "care_conference", "enrollment_end", "service_end", "production_date")


@dataclass(frozen=True)
class Setting:
    """What a fault may need to know of its file.

    required: columns that the profile's layout requires. strangers: CIN and service of members whom others were sent.
    other_npis: of other providers. engagement_closes: whether an ECM engagement closes a loop by itself.
    """

    reporter: Reporter
    required: frozenset[str]
    strangers: Sequence[tuple[str, str]]
    other_npis: Sequence[str]
    engagement_closes: bool
    is_text: bool


Defect = Callable[[Row, Setting, Random], "list[Row] | None"]


def _spoiled(row: Row, rule: str, element: str | None, what: str, cells: Mapping[str, Cell]) -> Row:
    return replace(row, cells={**row.cells, **cells}, faults=(*row.faults, Fault(rule, element, what)))


def _in_cell(rule: str, elements: Sequence[str], what: str, *texts: str | Callable[[date], str]) -> Defect:
    """A fault in one cell. texts: what may stand there instead, some made from the day that the row is about."""

    def spoil(row: Row, setting: Setting, rng: Random) -> list[Row] | None:
        present = [element for element in elements if element in INBOUND[setting.reporter.kind].elements()]
        if not present:
            return None
        element, text = rng.choice(present), rng.choice(texts)
        return [_spoiled(row, rule, element, what, {element: text if isinstance(text, str) else text(row.on)})]

    return spoil


def _required_blank(row: Row, setting: Setting, rng: Random) -> list[Row]:
    element = rng.choice(sorted(setting.required))
    blank = _spoiled(row, "R101", element, "a required cell is blank", {element: None})
    return [row, replace(blank, referral_id=None, cin=None)] if element == "cin" else [blank]


def _no_cin(row: Row, _: Setting, rng: Random) -> list[Row]:
    text = rng.choice(("9000001A", "unknown", "9 0000001 A", "80000001A"))
    return [row, replace(_spoiled(row, "R110", "cin", "a row without a CIN that can be read", {"cin": text}), referral_id=None, cin=None)]


def _own_cin(rule: str, what: str, written: Callable[[str], str]) -> Defect:
    return lambda row, _setting, _rng: [_spoiled(row, rule, "cin", what, {"cin": written(str(row.cin))})]


def _wrong_check_digit(row: Row, setting: Setting, _: Random) -> list[Row]:
    npi = setting.reporter.provider["npi"]
    return [_spoiled(row, "R115", "provider_npi", "the NPI's last digit is wrong", {"provider_npi": f"{npi[:9]}{(int(npi[9]) + 1) % 10}"})]


def _another_npi(row: Row, setting: Setting, rng: Random) -> list[Row] | None:
    if not setting.other_npis:
        return None
    return [_spoiled(row, "R204", "provider_npi", "another provider's NPI", {"provider_npi": rng.choice(setting.other_npis)})]


def _new_address(row: Row, _: Setting, rng: Random) -> list[Row]:
    element = rng.choice(ADDRESS)
    cells: dict[str, Cell] = {"address": "12 Birch St", "city": "Hemet", "state": "CA", "zip": "92543", "new_address": "Y", element: None}
    return [_spoiled(row, "R102", element, "a new address that is not whole", cells)]


def _new_phone(row: Row, _: Setting, __: Random) -> list[Row]:
    return [_spoiled(row, "R103", "phone", "a new phone number that is not given", {"new_phone": "Y", "phone": None})]


def _stranger(row: Row, setting: Setting, rng: Random) -> list[Row]:
    """A row more, about somebody whom the plan sent to another provider, or to nobody."""
    service_known = "service" in row.cells
    cin, what, cells = UNKNOWN_CIN, "a CIN that nobody has", {}
    if setting.strangers and rng.random() < 0.6:
        cin, service = rng.choice(setting.strangers)
        what = "a member of another provider"
        cells = {"service": setting.reporter.habits.services[service]} if service_known else {}
    return [row, replace(_spoiled(row, "R201", "cin", what, {"cin": cin, **cells}), referral_id=None, cin=cin)]


def _another_person(row: Row, _: Setting, __: Random) -> list[Row]:
    both: dict[str, Cell] = {"member_last_name": "Doe", "member_first_name": "Jo"}
    return [_spoiled(row, "R202", "member_last_name", "both names of somebody else", both)]


def _renamed(row: Row, _: Setting, rng: Random) -> list[Row]:
    element, name = rng.choice((("member_last_name", "Newlywed"), ("member_first_name", "Nickname")))
    return [_spoiled(row, "R203", element, "one name differs from the plan's", {element: name})]


def _silent(row: Row, setting: Setting, _: Random) -> list[Row] | None:
    if not row.alone:
        return None
    blank: dict[str, Cell] = dict.fromkeys(("referral_status", "status_date", "closure_reason", "enrollment_start", "service_start"))
    cells = blank | _engaged(row, setting.reporter.engagements.waiting)
    return [_spoiled(row, "R301", "referral_status", "an open referral without a status", cells)]


def _no_date(row: Row, _: Setting, __: Random) -> list[Row]:
    return [_spoiled(row, "R302", "status_date", "a status without its date", {"status_date": None})]


def _no_status(row: Row, _: Setting, __: Random) -> list[Row]:
    return [_spoiled(row, "R303", "referral_status", "a date without a status", {"referral_status": None})]


def _no_reason(row: Row, _: Setting, __: Random) -> list[Row] | None:
    return [_spoiled(row, "R310", "closure_reason", "a closing without its reason", {"closure_reason": None})] if row.reason else None


def _reason_too_early(row: Row, setting: Setting, rng: Random) -> list[Row] | None:
    reason = setting.reporter.habits.reasons[rng.choice((ClosureReason.OTHER, ClosureReason.UNABLE_TO_REACH))]
    return None if row.reason else [_spoiled(row, "R311", "closure_reason", "a reason without a closing", {"closure_reason": reason})]


def _authorization_denied(row: Row, _: Setting, rng: Random) -> list[Row] | None:
    text = rng.choice(("7", "Authorization Denied"))
    return [_spoiled(row, "R312", "closure_reason", "the plan's own reason", {"closure_reason": text})] if row.reason else None


def _denied(row: Row, _: Setting, __: Random) -> list[Row] | None:
    if row.status is not ReferralStatus.DECLINED:
        return None
    return [_spoiled(row, "R313", "referral_status", "Denied instead of Declined", {"referral_status": "Denied"})]


def _before_sent(row: Row, setting: Setting, rng: Random) -> list[Row] | None:
    if not row.alone:
        return None
    on = setting.reporter.calendar.first - timedelta(days=rng.randint(1, 4))
    return [replace(_spoiled(row, "R315", "status_date", "a day before the referral was sent", {"status_date": on}), on=on)]


def _disagreeing(row: Row, setting: Setting, _: Random) -> list[Row] | None:
    words = setting.reporter.engagements
    what = "status and engagement say different things"
    if row.reason is ClosureReason.SERVICES_RECEIVED:
        return [_spoiled(row, "R320", "referral_status", what, _engaged(row, words.waiting))]
    closes_by_itself = setting.engagement_closes and setting.reporter.program == Program.ECM
    if row.status in CLOSING_STATUSES or closes_by_itself:
        return None
    return [_spoiled(row, "R320", "referral_status", what, _engaged(row, words.other_closing))]


def _bad_reason(row: Row, _: Setting, rng: Random) -> list[Row] | None:
    text = rng.choice(("Moved away", "9", "no show"))
    return [_spoiled(row, "R130", "closure_reason", "a reason that no list has", {"closure_reason": text})] if row.reason else None


def _not_in_list(row: Row, setting: Setting, rng: Random) -> list[Row] | None:
    columns = ["referral_status", "engagement", "service", "outreach_method"]
    spoil = _in_cell("R130", columns, "a word that no list has", "Waitlisted", "In Progress", "no news")
    return _bad_reason(row, setting, rng) if row.reason and rng.random() < 0.5 else spoil(row, setting, rng)


def _enrolled_when(row: Row, _: Setting, __: Random) -> list[Row] | None:
    if row.cells["engagement"] != ENROLLED:
        return None
    return [_spoiled(row, "R321", "enrollment_start", "enrolled, but since when", {"enrollment_start": None})]


def _ends_before_start(row: Row, setting: Setting, _: Random) -> list[Row] | None:
    if setting.reporter.program != Program.ECM:
        return None
    cells: dict[str, Cell] = {"enrollment_start": row.on, "enrollment_end": row.on - timedelta(days=9)}
    return [_spoiled(row, "R322", "enrollment_end", "an enrollment that ends before it starts", cells)]


def _half_discontinued(row: Row, setting: Setting, rng: Random) -> list[Row] | None:
    if setting.reporter.program != Program.ECM:
        return None
    dated = rng.random() < 0.5
    blank = "discontinuation_code" if dated else "discontinuation_date"
    cells: dict[str, Cell] = {"discontinuation_date": row.on} if dated else {"discontinuation_code": "5"}
    return [_spoiled(row, "R323", blank, "half a discontinuation", cells)]


def _contradiction(row: Row, setting: Setting, _: Random) -> list[Row] | None:
    if row.reason is None:
        return None
    what = "two rows that contradict each other"
    other = setting.reporter.habits.reasons[ClosureReason.UNABLE_TO_REACH if row.reason is ClosureReason.OTHER else ClosureReason.OTHER]
    return [_spoiled(row, "R330", "closure_reason", what, {}), _spoiled(row, "R330", "closure_reason", what, {"closure_reason": other})]


def _repetition(row: Row, _: Setting, __: Random) -> list[Row]:
    return [row, _spoiled(row, "R331", None, "the row before once more", {})]


def _opened_again(row: Row, setting: Setting, _: Random) -> list[Row] | None:
    later = _later(row, setting)
    if row.reason is None or later is None:
        return None
    cells = status_cells(setting.reporter, ReferralStatus.OUTREACH_INITIATED, None, later)
    return [row, _spoiled(row, "R401", "referral_status", "a later status of a closed referral", cells)]


def _closed_again(row: Row, setting: Setting, _: Random) -> list[Row] | None:
    later = _later(row, setting)
    if row.reason is None or later is None:
        return None
    return [row, _spoiled(row, "R402", "status_date", "the same closing on a later day", {"status_date": later})]


def _corrected(row: Row, setting: Setting, _: Random) -> list[Row] | None:
    later = _later(row, setting)
    if row.status is not ReferralStatus.LOOP_CLOSED or row.reason is None or later is None:
        return None
    others = [reason for _, reason in REASONS[row.status] if reason not in (row.reason, ClosureReason.SERVICES_RECEIVED)]
    cells = status_cells(setting.reporter, row.status, others[0], later)
    return [row, _spoiled(row, "R403", "closure_reason", "the closing with another reason", cells)]


def _closed_by_engagement(row: Row, setting: Setting, _: Random) -> list[Row] | None:
    if not setting.engagement_closes or setting.reporter.program != Program.ECM or row.status is not ReferralStatus.LOOP_CLOSED:
        return None
    cells: dict[str, Cell] = dict.fromkeys(("referral_status", "status_date", "closure_reason"))
    return [_spoiled(row, "R404", "engagement", "a closing that the engagement alone tells of", cells)]


def _too_many_fields(row: Row, setting: Setting, _: Random) -> list[Row] | None:
    return [replace(_spoiled(row, "R001", None, "a field too many", {}), extra_fields=1)] if setting.is_text else None


def _headings_again(row: Row, setting: Setting, _: Random) -> list[Row]:
    again = replace(row, referral_id=None, cin=None, faults=(), cells=dict(setting.reporter.habits.headings))
    return [row, _spoiled(again, "R002", None, "the headings once more", {})]


def _later(row: Row, setting: Setting) -> date | None:
    return row.on + timedelta(days=1) if row.on < setting.reporter.calendar.last else None


def _engaged(row: Row, engagement: str) -> dict[str, Cell]:
    """The engagement cell; a first day of enrollment stands beside Enrolled alone."""
    return {"engagement": engagement} | ({"enrollment_start": row.on} if engagement == ENROLLED else {})


def _next_year(on: date) -> str:
    return f"{on:%m}/{min(on.day, 28):02}/{on.year + 1}"


DEFECTS: dict[str, Defect] = {
    "R001": _too_many_fields,
    "R002": _headings_again,
    "R101": _required_blank,
    "R102": _new_address,
    "R103": _new_phone,
    "R110": _no_cin,
    "R111": _own_cin("R111", "the CIN with what follows it on the card", lambda cin: f"{cin}5"),
    "R112": _own_cin("R112", "the CIN in small letters", str.lower),
    "R114": _in_cell("R114", ("provider_npi",), "no NPI", "20481", "200000000X", "pending"),
    "R115": _wrong_check_digit,
    "R116": _in_cell("R116", PHONES, "no phone number", "760-555-0123 x4", "the front desk"),
    "R120": _in_cell("R120", DATES, "words in place of a date", "last week", "unknown"),
    "R121": _in_cell("R121", DATES, "a year of two digits", lambda on: f"{on:%m/%d/%y}"),
    "R122": _in_cell("R122", DATES, "a day that no calendar has", lambda on: f"02/30/{on.year}", lambda on: f"04/31/{on.year}"),
    "R123": _in_cell("R123", DATES, "the day before the month", lambda on: f"25/{on:%m/%Y}"),
    "R124": _in_cell("R124", DATES, "a time of day beside the date", lambda on: f"{on:%m/%d/%Y} 14:30"),
    "R125": _in_cell("R125", DATES, "two dates in one cell", lambda on: f"{on:%m/%d/%Y}, {on:%m}/01/{on.year}"),
    "R126": _in_cell("R126", PAST_DATES, "the year before the month", lambda on: on.isoformat()),
    "R127": _in_cell("R127", DATES, "a year of another century", lambda on: f"{on:%m}/{min(on.day, 28):02}/1926"),
    "R128": _in_cell("R128", PAST_DATES, "a day that is yet to come", _next_year),
    "R130": _not_in_list,
    "R131": _in_cell("R131", ("new_address", "new_phone", "homeless", "housed"), "neither yes nor no", "maybe", "2", "unknown"),
    "R132": _in_cell("R132", ("in_person", "telephonic"), "no whole number", "about 3", "-1", "2.5"),
    "R133": _in_cell("R133", ("zip",), "no zip code", "9224", "92243-1"),
    "R134": _in_cell("R134", ("state",), "no state", "Calif.", "C"),
    "R135": _in_cell("R135", ("reporting_period",), "a month in words", lambda on: f"{on:%B %Y}", "last month"),
    "R136": _in_cell("R136", ("authorization_number",), "a number that Excel shortened", "6.45E+12"),
    "R137": _in_cell("R137", ("provider_tin",), "no tax number", "12-345", "00-12345678"),
    "R138": _in_cell("R138", ("care_manager_email",), "no e-mail address", "none", "care at example.org"),
    "R201": _stranger,
    "R202": _another_person,
    "R203": _renamed,
    "R204": _another_npi,
    "R301": _silent,
    "R302": _no_date,
    "R303": _no_status,
    "R310": _no_reason,
    "R311": _reason_too_early,
    "R312": _authorization_denied,
    "R313": _denied,
    "R315": _before_sent,
    "R320": _disagreeing,
    "R321": _enrolled_when,
    "R322": _ends_before_start,
    "R323": _half_discontinued,
    "R330": _contradiction,
    "R331": _repetition,
    "R401": _opened_again,
    "R402": _closed_again,
    "R403": _corrected,
    "R404": _closed_by_engagement,
}
