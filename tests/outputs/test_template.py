"""Templates as the people who fill them in see them, and as the plan reads them when they come back."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

from config.layout import template_elements
from config.load import load_profile, profile_names
from config.profile import LayoutChoice, Profile
from outputs.template import INSTRUCTIONS, KINDS, template
from outputs.workbooks import LISTS, LOOKS, Style
from pipeline.cli import app
from pipeline.offline import Checked, check_file
from pipeline.read import ReadLimits, read
from pipeline.recognise import Headings, recognise
from pipeline.validate import judge_for
from schemas.columns import Need
from schemas.examples import example
from schemas.formats import BIRTH_DATE, DATE, EXTRACT_DATE
from schemas.layouts import INBOUND, LAYOUTS, PROGRAM_OF
from schemas.rtf import RtfEcm
from schemas.submissions import SubmissionStatus
from tests.outputs.conftest import opened
from tests.rules.files import TODAY, good_row

DHCS = load_profile("dhcs")
LAST_ROW = 1_048_576
NOT_IN_LIST = {"R130", "R131"}  # the rules of columns that hold one of a few values
REQUIRED_COLOR = "FF" + str(LOOKS[Style.HEADING_REQUIRED]["bg_color"])[1:]
# Profiles change the files of providers; an extract is the plan's own.
OF_EVERY_PLAN = [(kind, name) for kind in KINDS for name in (profile_names() if kind in INBOUND else ["dhcs"])]
OF_EVERY_KIND_AND_PLAN = pytest.mark.parametrize(
    ("kind", "profile"), [(kind, load_profile(name)) for kind, name in OF_EVERY_PLAN], ids=[" ".join(one) for one in OF_EVERY_PLAN]
)
OF_EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


def data_sheet(book: Workbook) -> Worksheet:
    return book.worksheets[0]


def places(kind: str, profile: Profile = DHCS) -> dict[str, int]:
    """Column number by element."""
    return {name: place for place, name in enumerate(template_elements(kind, profile.layouts.get(kind)), start=1)}


def validation(sheet: Worksheet, place: int, row: int) -> DataValidation | None:
    found = [one for one in sheet.data_validations.dataValidation if sheet.cell(row, place).coordinate in one.sqref]
    assert len(found) <= 1
    return found[0] if found else None


def offered(book: Workbook, rule: DataValidation | None) -> tuple[str, ...]:
    """What a drop-down shows, wherever its values stand."""
    if rule is None or rule.type != "list":
        return ()
    formula = str(rule.formula1)
    if formula.startswith('"'):
        return tuple(formula.strip('"').split(","))
    sheet, cells = formula.split("!")
    return tuple(str(row[0].value) for row in book[sheet][cells.replace("$", "")])


def filled(content: bytes, kind: str, *rows: dict[str, str], profile: Profile = DHCS) -> bytes:
    """A template with rows; what the plan's sheet has no column for is left out."""
    book, columns = opened(content), places(kind, profile)
    for number, row in enumerate(rows, start=2):
        for name, text in row.items():
            if name in columns:
                data_sheet(book).cell(number, columns[name]).value = text
    return saved(book)


def saved(book: Workbook) -> bytes:
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def checked(content: bytes, profile: Profile = DHCS, today: date = TODAY) -> Checked:
    return check_file(read(content, "file.xlsx", ReadLimits()), None, profile, today)


def told(content: bytes) -> list[tuple[object, ...]]:
    """The rows of the instructions."""
    return [tuple(cell.value for cell in row) for row in opened(content)[INSTRUCTIONS].iter_rows()]


def guide(content: bytes) -> dict[object, tuple[object, ...]]:
    """The table of columns below the texts, by heading."""
    rows = told(content)
    first = next(place for place, row in enumerate(rows) if row[:2] == ("Column", "Need"))
    return {row[0]: row[1:] for row in rows[first + 1 :]}


@OF_EVERY_KIND
def test_the_headings_are_those_of_the_layout_in_its_order_and_stay_in_sight(kind: str) -> None:
    sheet = data_sheet(opened(template(kind, DHCS)))
    assert [cell.value for cell in sheet[1]] == [element.header for element in KINDS[kind].elements().values()]
    assert sheet.freeze_panes == "A2"
    assert sheet.max_row == 1


@OF_EVERY_KIND
def test_every_cell_of_every_column_is_text(kind: str) -> None:
    columns = data_sheet(opened(template(kind, DHCS))).column_dimensions.values()
    assert sum(int(column.max or 0) - int(column.min or 0) + 1 for column in columns) == len(KINDS[kind].elements())
    assert {column.number_format for column in columns} == {"@"}


@OF_EVERY_KIND_AND_PLAN
def test_coded_columns_offer_what_the_plan_takes_down_to_the_last_row(kind: str, profile: Profile) -> None:
    book = opened(template(kind, profile))
    formats = judge_for(kind, profile).formats
    lists: dict[str, tuple[str, ...]] = {}
    for name, place in places(kind, profile).items():
        rule = validation(data_sheet(book), place, LAST_ROW)
        assert rule is not None
        assert rule == validation(data_sheet(book), place, 2)
        choices = offered(book, rule)
        assert choices == formats[name].choices
        texts = pl.Series("text", choices, dtype=pl.String).to_frame().select(value=formats[name].parse(pl.col("text")), text="text")
        assert texts["value"].to_list() == list(choices), "a choice is what is stored"
        lists |= {name: choices} if choices else {}
    assert set(lists) == {name for name in places(kind, profile) if formats[name].faults[-1].rule in NOT_IN_LIST}
    assert all(choice in formats[name].allowed for name, choices in lists.items() for choice in choices)


def test_the_lists_of_the_return_file_are_those_of_the_guidance_and_of_the_plan() -> None:
    book = opened(template("rtf-ecm", DHCS))
    lists = {name: offered(book, validation(data_sheet(book), place, 2)) for name, place in places("rtf-ecm").items()}
    assert lists["referral_status"] == ("Accepted", "Declined", "Pending", "Outreach Initiated", "Referral Loop Closed")
    assert lists["closure_reason"][-1] == "Other"
    assert lists["new_address"] == ("Y", "N")
    assert lists["engagement"] == DHCS.codes.engagement("ECM").labels
    assert len(lists["discontinuation_code"]) == 15
    assert book[LISTS].sheet_state == "hidden"


@OF_EVERY_KIND_AND_PLAN
def test_a_chosen_cell_says_how_much_it_is_needed_what_it_means_and_what_is_allowed(kind: str, profile: Profile) -> None:
    sheet = data_sheet(opened(template(kind, profile)))
    judge = judge_for(kind, profile)
    for name, place in places(kind, profile).items():
        rule = validation(sheet, place, 2)
        assert rule is not None
        text = str(rule.prompt)
        assert text.startswith(judge.elements[name].definition)
        assert len(text) <= 255, "Excel shows no more"
        assert ("Not in the future." in text) == judge.elements[name].past
        assert (rule.promptTitle == "Required") == (name in judge.required)
        assert len(str(rule.promptTitle)) <= 32
        if judge.formats[name] in (DATE, BIRTH_DATE, EXTRACT_DATE):
            assert "MM/DD/YYYY" in text
        if judge.formats[name].choices:
            assert "list" in text
            assert rule.errorStyle == "warning", "codes and older names may be typed"


def test_a_column_that_the_plan_requires_looks_different_and_says_so() -> None:
    colors, needs = {}, {}
    for name in ("dhcs", "chpiv"):
        content = template("rtf-ecm", load_profile(name))
        sheet = data_sheet(opened(content))
        colors[name] = sheet.cell(1, places("rtf-ecm")["engagement"]).fill.fgColor.rgb
        needs[name] = guide(content)["Member ECM Status"][0]
        assert sheet.cell(1, places("rtf-ecm")["cin"]).fill.fgColor.rgb == REQUIRED_COLOR
    assert needs == {"dhcs": "Optional", "chpiv": "Required"}
    assert colors["dhcs"] != colors["chpiv"] == REQUIRED_COLOR


def test_required_conditional_and_optional_headings_have_three_colors() -> None:
    sheet = data_sheet(opened(template("rtf-cs", DHCS)))
    colors: dict[Need, set[str]] = {}
    for place, element in enumerate(KINDS["rtf-cs"].elements().values(), start=1):
        colors.setdefault(element.need, set()).add(sheet.cell(1, place).fill.fgColor.rgb)
    assert [len(found) for found in colors.values()] == [1, 1, 1]
    assert len(set.union(*colors.values())) == 3


@OF_EVERY_KIND
def test_the_instructions_tell_of_every_column_need_meaning_values_and_an_example(kind: str) -> None:
    table = guide(template(kind, DHCS))
    judge = judge_for(kind, DHCS)
    assert list(table) == [element.header for element in judge.elements.values()]
    for name, element in judge.elements.items():
        need, meaning, allowed, shown, _ = table[element.header]
        assert (need == "Required") == (name in judge.required)
        assert (need == "Optional") == (element.need is Need.OPTIONAL and name not in judge.required)
        assert str(meaning).startswith(element.definition)
        assert str(allowed).startswith(judge.formats[name].allowed)
        assert ("Not in the future." in str(allowed)) == element.past
        assert shown


@OF_EVERY_KIND_AND_PLAN
def test_every_example_would_be_read(kind: str, profile: Profile) -> None:
    judge = judge_for(kind, profile)
    for name, element in judge.elements.items():
        text = example(element, judge.formats[name])
        assert pl.select(judge.formats[name].parse(pl.lit(text))).item() is not None, name


def test_the_instructions_print_on_pages_of_their_width_and_their_texts_take_one_line_each() -> None:
    sheet = opened(template("rtf-ecm", DHCS))[INSTRUCTIONS]
    first = next(cell.row for cell in sheet["A"] if cell.value == "Column")
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert {sheet.row_dimensions[row].height for row in range(2, first)} == {None}
    assert max(sheet.row_dimensions[row].height or 0 for row in range(first, sheet.max_row + 1)) > 30
    assert {cell.alignment.wrap_text for cell in sheet["A"][first:]} == {True}


def test_the_instructions_say_how_columns_must_agree() -> None:
    meaning = str(guide(template("rtf-ecm", DHCS))["Reason for Referral Loop Closure"][1])
    assert "Declined and Referral Loop Closed stand with a reason." in meaning
    assert "No other status stands with a reason." in meaning


@pytest.mark.parametrize("kind", ["rtf-ecm", "rtf-cs"])
def test_the_instructions_say_when_the_file_is_due_and_how_several_statuses_are_told(kind: str) -> None:
    later = DHCS.model_copy(update={"cadence": DHCS.cadence.model_copy(update={"rtf_due_day": 17})})
    text = "\n".join(str(row[0]) for row in told(template(kind, later)))
    assert "by day 17 of the month after" in text
    assert "Several statuses in one month are several rows" in text
    assert f"the folder {DHCS.folders.to_plan}" in text
    assert "{" not in text


def test_the_two_rows_of_the_instructions_are_accepted_as_they_stand_there() -> None:
    rows = []
    for text, *_ in told(template("rtf-ecm", DHCS)):
        if str(text).count(" | ") == 2:
            status, day, reason = str(text).strip().split(" | ")
            outcome = {"referral_status": status, "status_date": day}
            rows.append(good_row("rtf-ecm", 1) | outcome | ({} if reason == "no reason" else {"closure_reason": reason}))
    result = checked(filled(template("rtf-ecm", DHCS), "rtf-ecm", *rows))
    assert (result.status, result.rows["accepted"]) == (SubmissionStatus.ACCEPTED, 2)


@OF_EVERY_KIND_AND_PLAN
def test_a_template_filled_in_is_accepted(kind: str, profile: Profile) -> None:
    engagement = {"engagement": profile.codes.engagement(PROGRAM_OF[kind]).labels[1]} if kind.startswith("rtf") else {}
    rows = [{"plan_member_id": f"000{number}"} | good_row(kind, number) | engagement for number in (1, 2)]
    result = checked(filled(template(kind, profile), kind, *rows, profile=profile), profile)
    assert (result.kind, result.status) == (kind, SubmissionStatus.ACCEPTED)
    assert (result.rows["read"], result.rows["accepted"]) == (2, 2)
    assert result.findings.height == 0


def test_a_template_filled_in_wrongly_is_not() -> None:
    result = checked(filled(template("rtf-ecm", DHCS), "rtf-ecm", good_row("rtf-ecm", 1) | {"closure_reason": "Other"}))
    assert result.status is SubmissionStatus.REJECTED


@OF_EVERY_KIND
def test_a_template_that_nobody_filled_in_has_no_rows(kind: str) -> None:
    result = checked(template(kind, DHCS))
    assert result.kind == kind
    assert result.findings["rule"].to_list() == ["F017"]


@OF_EVERY_KIND_AND_PLAN
def test_the_instructions_are_never_taken_for_data(kind: str, profile: Profile) -> None:
    book = opened(template(kind, profile))
    del book[data_sheet(book).title]
    file = read(saved(book), "file.xlsx", ReadLimits())
    assert INSTRUCTIONS in [sheet.name for sheet in file.sheets]
    for_any = Headings(tuple(LAYOUTS), profile.layouts)
    assert recognise(file.sheets, for_any).kind is None


def with_choice(choice: LayoutChoice) -> Profile:
    return DHCS.model_copy(update={"layouts": {**DHCS.layouts, "rtf-ecm": choice}})


def test_the_sheet_is_called_as_the_plan_names_it_and_is_read() -> None:
    profile = with_choice(LayoutChoice(sheet="ECM Return"))
    content = filled(template("rtf-ecm", profile), "rtf-ecm", good_row("rtf-ecm", 1))
    assert opened(content).sheetnames[:2] == ["ECM Return", INSTRUCTIONS]
    assert checked(content, profile).status is SubmissionStatus.ACCEPTED


def test_other_headings_that_the_plan_takes_stand_beside_the_layouts_own() -> None:
    profile = with_choice(LayoutChoice(aliases={"cin": ("Client No.",)}))
    known = RtfEcm.elements()["cin"]
    assert guide(template("rtf-ecm", profile))[known.header][-1] == "; ".join((*known.aliases, "Client No."))


@OF_EVERY_KIND
def test_the_same_profile_gives_the_same_bytes_and_another_one_others(kind: str) -> None:
    assert template(kind, DHCS) == template(kind, load_profile("dhcs"))
    assert (template(kind, DHCS) != template(kind, load_profile("chpiv"))) == (kind in {"rtf-ecm", "rtf-cs"})


def test_the_command_writes_a_workbook_and_never_over_one(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    made = CliRunner().invoke(app, ["schema", "template", "rtf-cs", str(path), "--profile", "iehp"])
    assert made.exit_code == 0, made.output
    assert path.read_bytes() == template("rtf-cs", load_profile("iehp"))
    path.write_bytes(b"filled in")
    again = CliRunner().invoke(app, ["schema", "template", "rtf-cs", str(path)])
    assert again.exit_code == 2
    assert path.read_bytes() == b"filled in"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [(["mif", "a.xlsx"], "rtf-ecm, rtf-cs, otf"), (["otf", "a.csv"], ".xlsx"), (["otf", "a.xlsx", "--profile", "none"], "profile")],
    ids=["a file that the plan makes itself", "another ending", "no such profile"],
)
def test_the_command_says_what_it_cannot_make(tmp_path: Path, arguments: list[str], why: str) -> None:
    kind, name, *options = arguments
    ended = CliRunner().invoke(app, ["schema", "template", kind, str(tmp_path / name), *options])
    assert ended.exit_code == 2
    assert why in " ".join(ended.output.split())
    assert not list(tmp_path.iterdir())


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["schema", "template", "otf", str(tmp_path / "a.xlsx"), "--dry-run"])
    assert ended.exit_code == 0
    assert not list(tmp_path.iterdir())
