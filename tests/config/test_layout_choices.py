"""What a profile says of a return file's layout, and what it may not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import ConfigurationError
from config.layout import elements_of, template_elements
from config.load import load_profile
from config.profile import LayoutChoice
from schemas.columns import Need
from schemas.layouts import INBOUND
from tests.workspaces import clr

PROFILE = 'based_on = "dhcs"\ntitle = "A plan of its own"\n'
MERGED_COLUMNS = repr(list(load_profile("merged").layouts["rtf-ecm"].columns))
NAMES = "'member_last_name', 'member_first_name'"
CONTRADICTORY = [
    ("[layouts.rtf-ecm]\nrequired = ['cin', 'plan_name']\noptional = ['plan_name']", ("rtf-ecm.optional.0", "rtf-ecm.required.1")),
    ("[layouts.rtf-ecm]\nkey = 'plan_member_id'", ("rtf-ecm.key", "rtf-ecm.columns")),
    ("[layouts.otf]\nkey = 'plan_member_id'", ("otf.key",)),
    ("[layouts.rtf-cs]\nkey = 'plan_member_id'\noptional = ['plan_member_id']", ("rtf-cs.optional.0", "rtf-cs.key")),
    ("[layouts.rtf-cs]\noptional = ['cin']", ("rtf-cs.optional.0", "rtf-cs.key")),
    ("[layouts.rtf-cs]\noptional = ['service']", ("rtf-cs.optional.0", "rtf-cs.referral_key")),
    ("[layouts.rtf-ecm]\nreferral_key = 'authorization_number'", ("rtf-ecm.referral_key", "rtf-ecm.columns")),
    ("[layouts.rtf-ecm]\noptional = ['status_date']", ("rtf-ecm.optional.0", "status_date")),
    ("[layouts.rtf-ecm]\nrequired = ['outreach_date']", ("rtf-ecm.required.0", "rtf-ecm.columns")),
    ("[layouts.rtf-ecm.headings]\noutreach_date = 'Outreach'", ("rtf-ecm.headings.outreach_date", "rtf-ecm.columns")),
    ("[layouts.rtf-ecm]\ncolumns = ['cin']", ("rtf-ecm.columns", "member_last_name", "rtf-ecm.optional")),
    (f"[layouts.rtf-ecm]\nkey = 'cin'\noptional = [{NAMES}]\ncolumns = {MERGED_COLUMNS[:-1]}, 'cin']", ("rtf-ecm.columns.46", "twice")),
    ("[layouts.rtf-cs]\ncolumns = ['colour']", ("rtf-cs.columns.0", "colour")),
    ("[layouts.rtf-cs.headings]\ncin = 'Referral Status'", ("rtf-cs.headings.cin", "referral_status")),
    ("[layouts.rtf-cs.headings]\ncin = 'Number'\nplan_member_id = 'NUMBER'", ("rtf-cs.headings.plan_member_id", "rtf-cs.headings.cin")),
    ("[layouts.rtf-cs.headings]\ncin = '...'", ("rtf-cs.headings.cin",)),
    ("[layouts.rtf-cs]\nignored = ['Zip', 'MRN']", ("rtf-cs.ignored.1", "plan_member_id")),
]


def profile(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(PROFILE + text, "utf-8")
    return path


@pytest.mark.parametrize(("text", "words"), CONTRADICTORY)
def test_a_layout_that_contradicts_itself_is_refused_with_both_keys(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    path = profile(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        load_profile(str(path))
    assert [word for word in words if word not in str(caught.value)] == []
    assert clr(tmp_path, "schema", "show", "rtf-ecm", "--profile", str(path)).code == 2


@pytest.mark.parametrize("kind", INBOUND)
def test_a_plan_that_chooses_nothing_has_the_standard_layout(kind: str) -> None:
    assert elements_of(kind, LayoutChoice()) == INBOUND[kind].elements()
    assert list(template_elements(kind, load_profile("dhcs").layouts[kind])) == list(INBOUND[kind].elements())


def test_a_key_makes_its_column_required_and_the_other_one_optional() -> None:
    elements = elements_of("rtf-cs", LayoutChoice(key="plan_member_id", referral_key="authorization_number"))
    assert [elements[name].need for name in ("plan_member_id", "cin", "service")] == [Need.REQUIRED, Need.OPTIONAL, Need.OPTIONAL]
    assert elements_of("rtf-cs", LayoutChoice(key="plan_member_id", required=("cin",)))["cin"].need is Need.REQUIRED


def test_columns_that_the_plans_sheets_leave_out_are_still_read_but_never_asked_for() -> None:
    choice = load_profile("merged").layouts["rtf-ecm"]
    elements = elements_of("rtf-ecm", choice)
    assert set(INBOUND["rtf-ecm"].elements()) < set(elements)
    assert (elements["state"].need, INBOUND["rtf-ecm"].elements()["state"].need) == (Need.OPTIONAL, Need.CONDITIONAL)
    assert elements["engagement"].header == "Status of Member Engagement"
    assert "Member ECM Status" in elements["engagement"].aliases
