"""The JSON Schema (2020-12) of the monthly submission to DHCS, made from the declarations of its elements.

It mirrors Tables 1 to 5. The official schema, which a plan gets on request, takes its place by the plan's settings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from schemas.codes import CLOSING_STATUSES, AuthorizationStatus, ClosureReason
from schemas.columns import Need
from schemas.dhcs_submission import PATTERNS, STATUSES, Property, RecordType, Usage, of_section

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER = "urn:closed-loop-referrals:dhcs-submission:1"
COUNT = {"type": "integer", "minimum": 0}
KEY = {"type": "string", "pattern": "^D[0-9a-f]{16}$", "description": "Stable for one referral with one servicing provider."}
COUNTED = ("membersNotified", "referringEntitiesNotified", "loops", "referrals")


@cache
def submission_schema() -> Mapping[str, Any]:
    """The schema as a JSON object."""
    return {
        "$schema": DIALECT,
        "$id": IDENTIFIER,
        "title": "Closed-loop referrals of a month",
        "description": "Every referral with each of its servicing providers whose record was not yet sent as it stood at the month's end.",
        **_object({"header": _header(), "totals": _totals(), "records": {"type": "array", "minItems": 1, "items": _record()}}),
    }


def schema_text() -> str:
    """The schema as it stands in `schemas/dhcs_submission.schema.json`."""
    return json.dumps(submission_schema(), indent=2, ensure_ascii=False) + "\n"


def _header() -> dict[str, Any]:
    return _object(
        {
            "plan": {"type": "string", "minLength": 1},
            "period": {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"},
            "sequence": {"type": "integer", "minimum": 1},
            "usage": {"enum": [one.value for one in Usage]},
            "producedAt": {"type": "string", "format": "date-time"},
            "records": _object({one.value: COUNT for one in RecordType}),
        }
    )


def _totals() -> dict[str, Any]:
    """Of all records that stand once this submission is counted, those of earlier ones among them."""
    return _object(
        {
            **dict.fromkeys(sorted(COUNTED), COUNT),
            "closuresByReason": _object({one.value: COUNT for one in ClosureReason}),
            "authorizationsByStatus": _object({one.value: COUNT for one in AuthorizationStatus}),
        }
    )


def _record() -> dict[str, Any]:
    told = {
        "member": _section("member"),
        "referral": _section("referral"),
        "authorization": _section("authorization"),
        "servicingProvider": {"oneOf": [{"type": "null", "description": "Placed with nobody."}, _section("servicingProvider")]},
        STATUSES: {"type": "array", "items": _section(STATUSES)},
        "closure": _section("closure") | {"required": ["reason"]},
    }
    closing = {"properties": {STATUSES: {"contains": {"properties": {"status": {"enum": list(CLOSING_STATUSES)}}}}}}
    whole = {
        "required": [name for name in told if name != "closure"],
        "if": closing,
        "then": {"required": ["closure"]},
        "else": {"properties": {"closure": False}},
    }
    return {
        "type": "object",
        "properties": {"recordKey": KEY, "recordType": {"enum": [one.value for one in RecordType]}, **told},
        "required": ["recordKey", "recordType"],
        "additionalProperties": False,
        "if": {"properties": {"recordType": {"const": RecordType.VOID.value}}},
        "then": {"properties": dict.fromkeys(told, False)},
        "else": whole,
    }


def _section(section: str) -> dict[str, Any]:
    properties = of_section(section)
    return {
        "type": "object",
        "properties": {one.name: _value(one) for one in properties},
        "required": [one.name for one in properties if one.need is Need.REQUIRED],
        "additionalProperties": False,
    }


def _value(one: Property) -> dict[str, Any]:
    about = {"title": one.element.name, "$comment": f"{one.source}, {one.need.value}"} | ({"description": one.blank} if one.blank else {})
    if one.choices:
        return about | {"enum": [*one.choices, *([None] if one.blank else [])]}
    if one.form == "Y/N":
        return about | {"enum": ["Y", "N", *([None] if one.blank else [])]}
    pattern = {"pattern": PATTERNS[one.form]} if one.form in PATTERNS else {"minLength": 1}
    return about | {"type": ["string", "null"] if one.blank else "string", **pattern}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(properties), "additionalProperties": False}
