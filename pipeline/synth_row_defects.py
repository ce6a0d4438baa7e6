"""Faults of a row against itself and against the other rows of its file: for every such rule, how a truthful row breaks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random

from pipeline.synth_returns import ENROLLED, Cell, Row
from pipeline.synth_setting import Defect, Setting, in_columns, on_row, spoiled
from schemas.codes import CLOSING_STATUSES, ClosureReason, Program, ReferralStatus


def engaged(row: Row, setting: Setting, engagement: str) -> dict[str, Cell]:
    """The engagement cell; a first day of enrollment stands beside Enrolled alone."""
    written = setting.reporter.habits.engagements[engagement]
    return {"engagement": written} | ({"enrollment_start": row.on} if engagement == ENROLLED else {})


def _too_many_fields(row: Row, setting: Setting, _: Random, __: str) -> list[Row] | None:
    return [replace(spoiled(row, "R001", None, "a field too many", {}), extra_fields=1)] if setting.is_text else None


def _headings_again(row: Row, setting: Setting, _: Random, __: str) -> list[Row]:
    again = replace(row, referral_id=None, cin=None, faults=(), cells=dict(setting.reporter.habits.headings))
    return [row, spoiled(again, "R002", None, "the headings once more", {})]


def _new_address(row: Row, _: Setting, __: Random, element: str) -> list[Row]:
    cells: dict[str, Cell] = {"address": "12 Birch St", "city": "Hemet", "state": "CA", "zip": "92543", "new_address": "Y", element: None}
    return [spoiled(row, "R102", element, "a new address that is not whole", cells)]


def _new_phone(row: Row, _: Setting, __: Random, element: str) -> list[Row]:
    return [spoiled(row, "R103", element, "a new phone number that is not given", {"new_phone": "Y", element: None})]


def _no_date(row: Row, _: Setting, __: Random, element: str) -> list[Row]:
    return [spoiled(row, "R302", element, "a status without its date", {element: None})]


def _no_status(row: Row, _: Setting, __: Random, element: str) -> list[Row]:
    return [spoiled(row, "R303", element, "a date without a status", {element: None})]


def _no_reason(row: Row, _: Setting, __: Random, element: str) -> list[Row] | None:
    return [spoiled(row, "R310", element, "a closing without its reason", {element: None})] if row.reason else None


def _reason_too_early(row: Row, setting: Setting, rng: Random, element: str) -> list[Row] | None:
    reason = setting.reporter.habits.reasons[rng.choice((ClosureReason.OTHER, ClosureReason.UNABLE_TO_REACH))]
    return None if row.reason else [spoiled(row, "R311", element, "a reason without a closing", {element: reason})]


def _authorization_denied(row: Row, _: Setting, rng: Random, element: str) -> list[Row] | None:
    text = rng.choice(("7", "Authorization Denied"))
    return [spoiled(row, "R312", element, "the plan's own reason", {element: text})] if row.reason else None


def _denied(row: Row, _: Setting, __: Random, element: str) -> list[Row] | None:
    if row.status is not ReferralStatus.DECLINED:
        return None
    return [spoiled(row, "R313", element, "Denied instead of Declined", {element: "Denied"})]


def _disagreeing(row: Row, setting: Setting, _: Random, element: str) -> list[Row] | None:
    words = setting.reporter.engagements
    what = "status and engagement say different things"
    if row.reason is ClosureReason.SERVICES_RECEIVED:
        return [spoiled(row, "R320", element, what, engaged(row, setting, words.waiting))]
    closes_by_itself = setting.engagement_closes and setting.reporter.program == Program.ECM
    if row.status in CLOSING_STATUSES or closes_by_itself:
        return None
    return [spoiled(row, "R320", element, what, engaged(row, setting, words.other_closing))]


def _enrolled_when(row: Row, setting: Setting, _: Random, element: str) -> list[Row] | None:
    if row.cells["engagement"] != setting.reporter.habits.engagements.get(ENROLLED):
        return None
    return [spoiled(row, "R321", element, "enrolled, but since when", {element: None})]


def _ends_before_start(row: Row, _: Setting, __: Random, element: str) -> list[Row]:
    cells: dict[str, Cell] = {"enrollment_start": row.on, element: row.on - timedelta(days=9)}
    return [spoiled(row, "R322", element, "an enrollment that ends before it starts", cells)]


def _half_discontinued(row: Row, _: Setting, __: Random, element: str) -> list[Row]:
    other: dict[str, Cell] = {"discontinuation_code": "5"} if element == "discontinuation_date" else {"discontinuation_date": row.on}
    return [spoiled(row, "R323", element, "half a discontinuation", other | {element: None})]


def _contradiction(row: Row, setting: Setting, _: Random, element: str) -> list[Row] | None:
    if row.reason is None:
        return None
    what = "two rows that contradict each other"
    other = setting.reporter.habits.reasons[ClosureReason.UNABLE_TO_REACH if row.reason is ClosureReason.OTHER else ClosureReason.OTHER]
    return [spoiled(row, "R330", element, what, {}), spoiled(row, "R330", element, what, {element: other})]


def _repetition(row: Row, _: Setting, __: Random, ___: str) -> list[Row]:
    return [row, spoiled(row, "R331", None, "the row before once more", {})]


ROW_DEFECTS: Mapping[str, Defect] = {
    "R001": Defect(lambda setting: (None,) if setting.is_text else (), _too_many_fields),
    "R002": Defect(on_row, _headings_again),
    "R102": Defect(in_columns("address", "city", "state", "zip"), _new_address),
    "R103": Defect(in_columns("phone"), _new_phone),
    "R302": Defect(in_columns("status_date"), _no_date),
    "R303": Defect(in_columns("referral_status"), _no_status),
    "R310": Defect(in_columns("closure_reason"), _no_reason),
    "R311": Defect(in_columns("closure_reason"), _reason_too_early),
    "R312": Defect(in_columns("closure_reason"), _authorization_denied),
    "R313": Defect(in_columns("referral_status"), _denied),
    "R320": Defect(in_columns("referral_status"), _disagreeing),
    "R321": Defect(in_columns("enrollment_start"), _enrolled_when),
    "R322": Defect(in_columns("enrollment_end"), _ends_before_start),
    "R323": Defect(in_columns("discontinuation_date", "discontinuation_code"), _half_discontinued),
    "R330": Defect(in_columns("closure_reason"), _contradiction),
    "R331": Defect(on_row, _repetition),
}
