"""Workbooks in the hands of LibreOffice, which many providers have in place of Excel: opened, saved, filled in, and sent back."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from config.load import load_profile, profile_names
from outputs.template import template
from pipeline.given_back import given_back as answer
from pipeline.recognise import Headings
from schemas.layouts import INBOUND
from schemas.submissions import SubmissionStatus
from tests.rules.files import TODAY, as_table, as_workbook, check, good_row

SUBMISSION = "S0123456789abcdef"
SOFFICE = shutil.which("soffice")
PATIENCE = 120  # seconds; the first start makes a profile
OF_EVERY_PLAN = [(kind, name) for name in profile_names() for kind in INBOUND]

Save = Callable[[Iterable[Path]], list[Path]]


@dataclass(frozen=True)
class Opened:
    """A template that LibreOffice opened and saved."""

    kind: str
    profile: str
    path: Path


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Save:
    """Opens workbooks with LibreOffice and saves them as .xlsx in another folder. Fails on CI, where it has to be."""
    if SOFFICE is None:
        pytest.skip("soffice (Debian: libreoffice-calc-nogui) is not installed")
    own = tmp_path_factory.mktemp("libreoffice")

    def save(paths: Iterable[Path]) -> list[Path]:
        names = list(paths)
        folder = tmp_path_factory.mktemp("saved")
        command = [SOFFICE, f"-env:UserInstallation=file://{own}", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
        subprocess.run(
            [*command, "--outdir", str(folder), *map(str, names)],
            check=True,
            capture_output=True,
            timeout=PATIENCE,
            env=os.environ | {"HOME": str(own)},
        )
        return [folder / f"{name.stem}.xlsx" for name in names]

    return save


@pytest.fixture(scope="module")
def templates(saved: Save, tmp_path_factory: pytest.TempPathFactory) -> list[Opened]:
    folder = tmp_path_factory.mktemp("templates")
    made = []
    for kind, profile in OF_EVERY_PLAN:
        made.append(folder / f"{profile}-{kind}.xlsx")
        made[-1].write_bytes(template(kind, load_profile(profile)))
    return [Opened(kind, profile, path) for (kind, profile), path in zip(OF_EVERY_PLAN, saved(made), strict=True)]


def columns(sheet: Worksheet, kind: str, profile: str) -> dict[str, int]:
    """Column number by element."""
    headings = Headings((kind,), load_profile(profile).layouts)
    return {str(headings.element(kind, str(cell.value))): cell.column for cell in sheet[1] if cell.value}


def is_text(sheet: Worksheet, place: int) -> bool:
    return any((one.min or 0) <= place <= (one.max or 0) and one.number_format == "@" for one in sheet.column_dimensions.values())


def test_templates_filled_in_with_libreoffice_are_accepted(templates: list[Opened], saved: Save, tmp_path: Path) -> None:
    filled = []
    for one in templates:
        book = openpyxl.load_workbook(one.path)
        sheet = book.worksheets[0]
        places = columns(sheet, one.kind, one.profile)
        for number in (1, 2):
            row = good_row(one.kind, number) | {"engagement": "Currently in Outreach", "plan_member_id": f"{number:08}"}
            for name, text in row.items():
                if name in places:  # a plan's template may lack the column
                    sheet.cell(number + 1, places[name]).value = text
        filled.append(tmp_path / one.path.name)
        book.save(filled[-1])
    for one, path in zip(templates, saved(filled), strict=True):
        checked = check(path.read_bytes(), path.name, one.profile)
        assert (checked.kind, checked.status, checked.rows["accepted"]) == (one.kind, SubmissionStatus.ACCEPTED, 2), path.name
        assert not checked.findings.height, path.name


def test_drop_downs_text_columns_and_the_sheet_of_instructions_outlive_it(templates: list[Opened]) -> None:
    for one in templates:
        book = openpyxl.load_workbook(one.path)
        sheet = book.worksheets[0]
        lists = [rule for rule in sheet.data_validations.dataValidation if rule.type == "list"]
        assert lists, one.path.name
        assert all(is_text(sheet, place) for place in columns(sheet, one.kind, one.profile).values()), one.path.name
        assert len([name for name in book.sheetnames if book[name].sheet_state == "visible"]) == 2, one.path.name


def test_a_findings_workbook_corrected_with_libreoffice_is_accepted(saved: Save, tmp_path: Path) -> None:
    rows = [good_row("rtf-ecm", 1), good_row("rtf-ecm", 2) | {"status_date": "13/13/2025"}]
    first = check(as_workbook(RTF=as_table("rtf-ecm", rows)), "rtf.xlsx")
    assert first.rows["rejected"] == 1
    assert first.table is not None
    given_back = tmp_path / "rtf.xlsx.findings.xlsx"
    given_back.write_bytes(answer(first.table, first.findings, TODAY, SUBMISSION))
    [opened] = saved([given_back])
    book = openpyxl.load_workbook(opened)
    sheet = book["RTF"]
    place = next(cell.column for cell in sheet[1] if cell.value == first.table.headings["status_date"])
    [wrong] = [cell for (cell,) in sheet.iter_rows(min_row=2, min_col=place, max_col=place) if cell.value == "13/13/2025"]
    assert wrong.comment is not None
    wrong.value = "10/13/2025"
    corrected = tmp_path / "corrected.xlsx"
    book.save(corrected)
    [sent] = saved([corrected])
    again = check(sent.read_bytes(), sent.name)
    assert (again.status, again.rows["accepted"]) == (SubmissionStatus.ACCEPTED, 2), again.findings
    assert again.table is not None
    assert (again.table.answers, again.table.numbers.rows()) == ((SUBMISSION,), [(3, 3)])
