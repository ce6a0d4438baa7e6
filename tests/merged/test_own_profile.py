"""A TOML file alone makes a plan with other headings, another order and other needs: sheet, check and all."""

from __future__ import annotations

import io
import json
from pathlib import Path

import openpyxl
import pytest

from schemas.layouts import INBOUND
from tests.rules.files import good_row
from tests.workspaces import clr

ORDER = ["referral_status", "status_date", "closure_reason", "cin", "member_last_name", "engagement"]
REST = ["production_date", "reporting_period", "provider_npi", "provider_name", "provider_tin"]
PROFILE = f"""\
based_on = "dhcs"
title = "Sunrise"

[layouts.rtf-ecm]
columns = {json.dumps(ORDER + REST)}
required = ["provider_tin"]
optional = ["member_first_name", "provider_name"]
ignored = ["Team"]

[layouts.rtf-ecm.headings]
referral_status = "Stand"
cin = "Client No."
"""
HEADINGS = {
    "referral_status": "Stand",
    "cin": "Client No.",
} | {name: INBOUND["rtf-ecm"].elements()[name].header for name in ORDER + REST if name not in ("referral_status", "cin")}
TODAY = "2025-11-03T12:00"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "sunrise.toml"
    path.write_text(PROFILE, "utf-8")
    return path


def sheet_of(path: Path) -> list[str]:
    return [str(cell.value) for cell in openpyxl.load_workbook(path)["RTF"][1]]


def returned(path: Path, *rows: dict[str, str], team: str = "Team") -> Path:
    """The template with rows, and a column of the provider's own."""
    book = openpyxl.load_workbook(path)
    sheet = book["RTF"]
    sheet.cell(1, len(HEADINGS) + 1).value = team
    for number, row in enumerate(rows, start=2):
        for place, name in enumerate(ORDER + REST, start=1):
            sheet.cell(number, place).value = row.get(name)
        sheet.cell(number, len(HEADINGS) + 1).value = "North"
    written = io.BytesIO()
    book.save(written)
    path.write_bytes(written.getvalue())
    return path


def test_template_and_dictionary_have_the_plans_headings_in_its_order(profile: Path, tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    assert clr(tmp_path, "schema", "template", "rtf-ecm", str(path), "--profile", str(profile)).code == 0
    wanted = [HEADINGS[name] for name in ORDER + REST]
    assert sheet_of(path) == wanted
    shown = clr(tmp_path, "schema", "show", "rtf-ecm", "--profile", str(profile), "--json").json["columns"]
    assert [one["header"] for one in shown] == wanted
    assert {one["name"]: one["need"] for one in shown if one["name"].startswith("provider")} == {
        "provider_npi": "R",
        "provider_name": "O",
        "provider_tin": "R",
    }


def test_the_check_asks_for_what_the_plan_needs_and_for_nothing_else(profile: Path, tmp_path: Path) -> None:
    path = tmp_path / "october.xlsx"
    assert clr(tmp_path, "schema", "template", "rtf-ecm", str(path), "--profile", str(profile)).code == 0
    without_name = {name: text for name, text in good_row("rtf-ecm", 1).items() if name not in ("provider_name", "member_first_name")}
    rows = [without_name | {"provider_tin": "12-3456789"}, good_row("rtf-ecm", 2)]
    returned(path, *rows)
    done = clr(tmp_path, "validate", str(path), "--profile", str(profile), "--format", "json", as_of=TODAY)
    assert [(one["row"], one["rule"], one["column"]) for one in done.json["findings"]] == [(3, "R101", "ECM Provider Tax ID Number (TIN)")]
    assert (done.code, done.json["rows"]["accepted"]) == (3, 1)


def test_standard_headings_are_still_read_and_a_column_nobody_knows_is_named(profile: Path, tmp_path: Path) -> None:
    path = tmp_path / "october.xlsx"
    assert clr(tmp_path, "schema", "template", "rtf-ecm", str(path), "--profile", str(profile)).code == 0
    book = openpyxl.load_workbook(path)
    for place, name in enumerate(ORDER + REST, start=1):
        book["RTF"].cell(1, place).value = INBOUND["rtf-ecm"].elements()[name].header
    book.save(path)
    returned(path, good_row("rtf-ecm", 1) | {"provider_tin": "12-3456789"}, team="Region")
    done = clr(tmp_path, "validate", str(path), "--profile", str(profile), "--format", "json", as_of=TODAY)
    assert [(one["rule"], one["severity"]) for one in done.json["findings"]] == [("F024", "note")]
    assert (done.code, done.json["status"]) == (0, "ACCEPTED")
