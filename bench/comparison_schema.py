"""The return file in the terms of another validator: a Table Schema, and the checks that it can run beside one.

Written out by hand as the best that the format can say; nothing of it is used by the project itself.
"""

from __future__ import annotations

from schemas.columns import Element, Need
from schemas.layouts import LAYOUTS, RTF_ECM

PATTERNS = {
    "CIN": "9[0-9]{7}[A-Z]",
    "NPI": "[0-9]{10}",
    "TIN": "[0-9]{9}",
    "phone": "[0-9]{10}",
    "zip": "[0-9]{5}([0-9]{4})?",
    "reporting period": "(0[1-9]|1[0-2])/20[0-9]{2}",
    "state": "[A-Z]{2}",
    "whole number": "[0-9]+",
}
DOUBLED = " + ".join(f"2*int(provider_npi[{place}]) - 9*(int(provider_npi[{place}]) > 4)" for place in range(0, 9, 2))
SINGLE = " + ".join(f"int(provider_npi[{place}])" for place in range(1, 10, 2))
FORMULAS = (
    "(closure_reason != None) == (referral_status in ['Declined', 'Referral Loop Closed'])",
    "enrollment_start == None or enrollment_end == None or enrollment_start <= enrollment_end",
    f"(24 + {DOUBLED} + {SINGLE}) % 10 == 0",  # the check digit, with the prefix 80840 that belongs to every NPI
)
DIALECT = '{"headerCase": false}'
CHECKLIST = {"checks": [{"type": "duplicate-row"}, *({"type": "row-constraint", "formula": formula} for formula in FORMULAS)]}


def table_schema() -> dict[str, object]:
    """Types, formats, lists and what is required, under the elements' short names; a row is known by member, status and day.

    Columns are found by name, in any order, beside others: the most lenient of its ways.
    """
    fields = [_field(element) for element in LAYOUTS[RTF_ECM].elements().values()]
    return {"fields": fields, "fieldsMatch": "partial", "primaryKey": ["cin", "referral_status", "status_date"]}


def _field(element: Element) -> dict[str, object]:
    constraints: dict[str, object] = {"required": True} if element.need is Need.REQUIRED else {}
    if element.format.name == "date":
        return {"name": element.name, "type": "date", "format": "%m/%d/%Y", "constraints": constraints}
    if element.format.choices:
        constraints["enum"] = [str(choice) for choice in element.format.choices]
    elif element.format.name in PATTERNS:
        constraints["pattern"] = PATTERNS[element.format.name]
    return {"name": element.name, "type": "string", "constraints": constraints}
