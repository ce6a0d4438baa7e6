"""Faults of a row against what is known: whose member it is, and what was told of the referral before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from pipeline.synth_returns import REASONS, Cell, Row, status_cells
from pipeline.synth_row_defects import engaged
from pipeline.synth_setting import Defect, Setting, Stranger, in_columns, spoiled
from schemas.codes import ClosureReason, Program, ReferralStatus

UNKNOWN_CIN, UNKNOWN_NUMBER = "90000000A", "9900000000"  # no invented member has them: theirs begin above zero, and with 00
NOBODY = Stranger(UNKNOWN_CIN, UNKNOWN_NUMBER, "")
OTHER_NAMES: Mapping[str, str] = {"member_last_name": "Newlywed", "member_first_name": "Nickname"}


def _stranger(row: Row, setting: Setting, rng: Random, element: str) -> list[Row]:
    """A row more, about somebody whom the plan sent to another provider, or to nobody."""
    stranger, what = NOBODY, "a member whom nobody has"
    cells: dict[str, Cell] = {}
    if setting.strangers and rng.random() < 0.6:
        stranger, what = rng.choice(setting.strangers), "a member of another provider"
        cells = {"service": setting.reporter.habits.services[stranger.service]} if "service" in row.cells else {}
    cells |= {"cin": stranger.cin} | ({} if element == "cin" else {element: stranger.plan_member_id})
    return [row, replace(spoiled(row, "R201", element, what, cells), referral_id=None, cin=stranger.cin)]


def _other_cin(row: Row, setting: Setting, rng: Random, element: str) -> list[Row]:
    cin = rng.choice([UNKNOWN_CIN, *(stranger.cin for stranger in setting.strangers)])
    return [spoiled(row, "R205", element, "a CIN that is not that of the member by number", {element: cin})]


def _which_referral(row: Row, setting: Setting, _: Random, element: str) -> list[Row] | None:
    if row.referral_id not in setting.several:
        return None
    return [spoiled(row, "R206", element, "no number for a member with several services", {element: None})]


def _other_authorization(row: Row, _: Setting, rng: Random, element: str) -> list[Row]:
    return [spoiled(row, "R207", element, "the number of another authorization", {element: f"646{rng.randrange(10**10):010}"})]


def _of_numbers(element: str) -> Callable[[Setting], Sequence[str | None]]:
    """Only where a number of the plan's own tells what this one has to agree with."""

    def elements(setting: Setting) -> Sequence[str | None]:
        telling = setting.choice.key if element == "cin" else setting.choice.referral_key
        return in_columns(element)(setting) if telling == ("plan_member_id" if element == "cin" else element) else ()

    return elements


def _another_person(row: Row, _: Setting, __: Random, element: str) -> list[Row]:
    both: dict[str, Cell] = {"member_last_name": "Doe", "member_first_name": "Jo"}
    return [spoiled(row, "R202", element, "both names of somebody else", both)]


def _renamed(row: Row, _: Setting, __: Random, element: str) -> list[Row]:
    return [spoiled(row, "R203", element, "one name differs from the plan's", {element: OTHER_NAMES[element]})]


def _another_npi(row: Row, setting: Setting, rng: Random, element: str) -> list[Row] | None:
    if not setting.other_npis:
        return None
    return [spoiled(row, "R204", element, "another provider's NPI", {element: rng.choice(setting.other_npis)})]


def _silent(row: Row, setting: Setting, _: Random, element: str) -> list[Row] | None:
    if not row.alone:
        return None
    blank: dict[str, Cell] = dict.fromkeys(("referral_status", "status_date", "closure_reason", "enrollment_start", "service_start"))
    cells = blank | engaged(row, setting, setting.reporter.engagements.waiting)
    return [spoiled(row, "R301", element, "an open referral without a status", cells)]


def _before_sent(row: Row, setting: Setting, rng: Random, element: str) -> list[Row] | None:
    if not row.alone:
        return None
    on = setting.reporter.calendar.first - timedelta(days=rng.randint(1, 4))
    return [replace(spoiled(row, "R315", element, "a day before the referral was sent", {element: on}), on=on)]


def _opened_again(row: Row, setting: Setting, _: Random, element: str) -> list[Row] | None:
    later = _later(row, setting)
    if row.reason is None or later is None:
        return None
    cells = status_cells(setting.reporter, ReferralStatus.OUTREACH_INITIATED, None, later)
    return [row, spoiled(row, "R401", element, "a later status of a closed referral", cells)]


def _closed_again(row: Row, setting: Setting, _: Random, element: str) -> list[Row] | None:
    later = _later(row, setting)
    if row.reason is None or later is None:
        return None
    return [row, spoiled(row, "R402", element, "the same closing on a later day", {element: later})]


def _corrected(row: Row, setting: Setting, _: Random, element: str) -> list[Row] | None:
    later = _later(row, setting)
    if row.status is not ReferralStatus.LOOP_CLOSED or row.reason is None or later is None:
        return None
    others = [reason for _, reason in REASONS[row.status] if reason not in (row.reason, ClosureReason.SERVICES_RECEIVED)]
    cells = status_cells(setting.reporter, row.status, others[0], later)
    return [row, spoiled(row, "R403", element, "the closing with another reason", cells)]


def _closed_by_engagement(row: Row, _: Setting, __: Random, element: str) -> list[Row] | None:
    if row.status is not ReferralStatus.LOOP_CLOSED:
        return None
    cells: dict[str, Cell] = dict.fromkeys(("referral_status", "status_date", "closure_reason"))
    return [spoiled(row, "R404", element, "a closing that the engagement alone tells of", cells)]


def _of_closing_engagement(setting: Setting) -> Sequence[str | None]:
    closes = setting.engagement_closes and setting.reporter.program == Program.ECM
    return in_columns("engagement")(setting) if closes else ()


def _later(row: Row, setting: Setting) -> date | None:
    return row.on + timedelta(days=1) if row.on < setting.reporter.calendar.last else None


HISTORY_DEFECTS: Mapping[str, Defect] = {
    "R201": Defect(lambda setting: in_columns(setting.choice.key)(setting), _stranger),
    "R202": Defect(in_columns("member_last_name"), _another_person),
    "R203": Defect(in_columns(*OTHER_NAMES), _renamed),
    "R204": Defect(in_columns("provider_npi"), _another_npi),
    "R205": Defect(_of_numbers("cin"), _other_cin),
    "R206": Defect(_of_numbers("authorization_number"), _which_referral),
    "R207": Defect(_of_numbers("authorization_number"), _other_authorization),
    "R301": Defect(in_columns("referral_status"), _silent),
    "R315": Defect(in_columns("status_date"), _before_sent),
    "R401": Defect(in_columns("referral_status"), _opened_again),
    "R402": Defect(in_columns("status_date"), _closed_again),
    "R403": Defect(in_columns("closure_reason"), _corrected),
    "R404": Defect(_of_closing_engagement, _closed_by_engagement),
}
