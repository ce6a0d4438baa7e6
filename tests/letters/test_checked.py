"""Templates of a plan are tried before they are used: what `clr check` says of them; and `clr notices show`, which shows one notice."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from outputs.notice_texts import notice_texts
from outputs.template_faults import missing_inserts, template_faults
from pipeline.store import latest
from tests.letters.printed import page_texts
from tests.letters.written import plan_templates
from tests.workspaces import Done, bring, clr, extract, member, new_workspace, provider, referral, table

NOW = "2025-09-08T06:00"
MEMBER_LETTER = '{% extends "member.en.j2" %}\n{% block subject %}A letter{% endblock %}\n{% block body %}\n'
END = "\n{% endblock %}\n"


def faults(folder: Path, **templates: str) -> list[str]:
    """What is found in a plan's folder with these templates: `__` in a name stands for a dot."""
    plan_templates(folder)
    for name, text in templates.items():
        (folder / f"{name.replace('__', '.')}.j2").write_text(text, "utf-8")
    return [str(fault) for fault in template_faults(notice_texts(folder))]


def test_templates_that_come_with_the_program_have_no_faults(tmp_path: Path) -> None:
    assert faults(tmp_path) == []
    assert template_faults(notice_texts(None)) == []


def test_a_plan_that_says_nothing_of_appeal_rights_is_told(tmp_path: Path) -> None:
    missing = [fault.template for fault in missing_inserts(notice_texts(None))]
    assert missing == ["appeal_rights.en.j2", "appeal_rights.es.j2"]
    assert missing_inserts(notice_texts(plan_templates(tmp_path))) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<p>{{ provder_name }}</p>", "line 4: there is no field provder_name (did you mean provider_name?)"),
        ('{% if decision == "Never" %}{{ nonsense }}{% endif %}', "line 4: there is no field nonsense"),
        ("<p>{{ decision }}</p>", "line 4: has no value for decision"),
        ("<p>{{ recipient.__class__ }}</p>", "line 4: asks for __class__, which a template may not have"),
        ("<p>{{ recipient|nofilter }}</p>", "line 4: No filter named 'nofilter'"),
        ("<p>{% if %}</p>", "line 4: Expected an expression, got 'end of statement block'"),
        ("<p>\n<table>", "line 5: <table> is no element of a notice"),
        ("{% include 'nowhere.j2' %}", "line 4: asks for nowhere.j2, and there is no such file"),
        ("<p>王小明</p>", "has characters that no font for letters has"),
    ],
)
def test_a_fault_is_told_with_its_file_and_line(text: str, said: str, tmp_path: Path) -> None:
    found = faults(tmp_path, assignment__member__en=MEMBER_LETTER + text + END)
    assert len(found) == 1, found
    assert found[0].startswith("assignment.member.en.j2")
    assert said in found[0]


def test_a_subject_with_a_name_is_told(tmp_path: Path) -> None:
    text = MEMBER_LETTER.replace("A letter", "For {{ member_name }}") + END
    assert faults(tmp_path, assignment__member__en=text) == [
        "assignment.member.en.j2, line 2: the subject asks for member_name, but may have the plan's own fields only: anybody can read it"
    ]


def test_a_letter_without_a_subject_is_told(tmp_path: Path) -> None:
    assert faults(tmp_path, assignment__member__en="<p>Hello</p>") == ["assignment.member.en.j2: the block subject is missing"]


def test_a_fault_of_a_part_is_told_of_the_part(tmp_path: Path) -> None:
    found = faults(tmp_path, nondiscrimination__en="<p>We do not\n{{ discriminat }}</p>")
    assert found == ["nondiscrimination.en.j2, line 2: there is no field discriminat"] or found[0].startswith(
        "nondiscrimination.en.j2, line 2"
    )
    assert {line.split(",")[0] for line in found} == {"nondiscrimination.en.j2"}


def test_a_file_that_nothing_uses_is_told_with_what_was_meant(tmp_path: Path) -> None:
    assert faults(tmp_path, asignment__member__en="x") == [
        "asignment.member.en.j2: takes no template's place, and no template asks for it (did you mean assignment.member.en.j2?)"
    ]


def test_a_language_that_was_begun_has_to_have_every_letter(tmp_path: Path) -> None:
    found = faults(tmp_path, assignment__member__vi=MEMBER_LETTER + "<p>Chào</p>" + END)
    assert [line.split(":")[0] for line in found] == [
        f"{kind}.member.vi.j2" for kind in ("authorization_decision", "loop_closure", "pending_update", "rereferral")
    ]


def test_what_a_template_sets_and_imports_is_no_unknown_field(tmp_path: Path) -> None:
    own = "{% import 'words.en.j2' as words %}{% set mine = 'x' %}{% macro twice(it) %}{{ it }}{{ it }}{% endmacro %}"
    text = f"{own}{{% for line in address %}}{{{{ twice(line) }}}}{{{{ loop.index }}}}{{% endfor %}}{{{{ words.service(service) }}}}"
    assert faults(tmp_path, assignment__member__en=MEMBER_LETTER + text + END) == []


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = new_workspace(tmp_path / "plan", [provider("ALTURA", "1234567893") | {"phone": "6195550100"}])
    chosen = (root / "clr.toml").read_text("utf-8").replace('referring_entity = "email"', 'referring_entity = "manual"')
    (root / "clr.toml").write_text(chosen, "utf-8")
    told = {"language_written": "Vietnamese"}
    bring(root, "members.csv", extract("members", [member("90000001A", "Ana", "Reyes") | told]))
    bring(root, "referrals.csv", extract("referrals", [referral("R-1", "90000001A", "ALTURA")]))
    for words in (["intake"], ["notices", "build"]):
        assert clr(root, *words, as_of=NOW).code in (0, 3)
    return root


def notice(root: Path, kind: str, recipient_kind: str) -> str:
    rows = table(root, "notices").rows(named=True)
    return next(str(row["notice_id"]) for row in rows if (row["kind"], row["recipient_kind"]) == (kind, recipient_kind))


def test_check_finds_a_workspace_with_its_texts_good(root: Path) -> None:
    done = clr(root, "check", as_of=NOW)
    assert done.code == 0, done.out
    assert "ok    templates  of the plan's own: 2" in done.out


def test_check_names_file_and_line_of_a_template(root: Path) -> None:
    (root / "templates" / "assignment.member.en.j2").write_text(MEMBER_LETTER + "{{ provder_name }}" + END, "utf-8")
    done = clr(root, "check", as_of=NOW)
    assert done.code == 3
    assert "FAIL  templates/assignment.member.en.j2  line 4: there is no field provder_name" in done.out


def test_check_says_what_letters_need(root: Path) -> None:
    for path in (root / "templates").iterdir():
        path.unlink()
    settings = root / "clr.toml"
    settings.write_text(settings.read_text("utf-8").replace('phone = "8005550100"\n', ""), "utf-8")
    done = clr(root, "check", as_of=NOW)
    assert done.code == 3
    assert "FAIL  plan.phone  is needed" in done.out
    assert "FAIL  templates/appeal_rights.es.j2  is missing: no denial goes to a member" in done.out
    settings.write_text(settings.read_text("utf-8").replace('member = "print"', 'member = "manual"\nguardian = "manual"'), "utf-8")
    assert clr(root, "check", as_of=NOW).code == 0


def shown(root: Path, *words: str) -> Done:
    return clr(root, "notices", "show", notice(root, "assignment", "member"), *words, as_of=NOW)


def test_a_notice_is_shown_as_it_goes_out(root: Path) -> None:
    done = shown(root)
    assert done.code == 0, done.err
    assert "Dear Ana Reyes:" in done.out
    assert "Altura Care\nPhone: 619-555-0100" in done.out
    assert "September 8, 2025" in done.out
    assert "needs translation" in done.err


def test_a_notice_is_shown_as_a_page_as_paper_and_as_data(root: Path, tmp_path: Path) -> None:
    assert shown(root, "--format", "html").out.startswith("<!doctype html>")
    told = shown(root, "--json").json
    assert (told["language"], told["needs_translation"], told["subject"]) == ("en", True, "A letter about your health care")
    assert shown(root, "--format", "pdf", "--out", str(tmp_path / "letter.pdf")).code == 0
    assert "Ana Reyes" in page_texts((tmp_path / "letter.pdf").read_bytes())[0]


def test_what_cannot_be_shown_is_said(root: Path) -> None:
    assert "--out FILE is needed" in shown(root, "--format", "pdf").err
    assert "text, html, pdf are allowed" in shown(root, "--format", "docx").err
    unknown = clr(root, "notices", "show", "N1", as_of=NOW)
    assert (unknown.code, "no notice N1" in unknown.err) == (2, True)
    (root / "templates" / "assignment.member.en.j2").write_text(MEMBER_LETTER + "{{ recipient.nothing }}" + END, "utf-8")
    broken = shown(root)
    assert broken.code == 2
    assert "assignment.member.en.j2, line 4: has no value for nothing" in broken.err


def test_the_queue_flags_letters_that_need_translation(root: Path) -> None:
    def flagged() -> dict[str, tuple[str, str]]:
        with (root / "outbox/notices/queue.csv").open(encoding="utf-8", newline="") as file:
            return {row["notice_id"]: (row["language"], row["needs_translation"]) for row in csv.DictReader(file)}

    assert flagged()[notice(root, "assignment", "member")] == ("vi", "true")
    assert flagged()[notice(root, "assignment", "referring_entity")] == ("en", "false")
    (root / "templates" / "assignment.member.vi.j2").write_text(MEMBER_LETTER + "<p>Chào</p>" + END, "utf-8")
    bring(root, "more.csv", extract("referrals", [referral("R-2", "90000001A", "ALTURA", assigned_at="2025-09-05T10:00")]))
    for words in (["intake"], ["notices", "build"]):
        clr(root, *words, as_of="2025-09-08T07:00")
    assert flagged()[notice(root, "assignment", "member")] == ("vi", "false")
    assert flagged()[notice(root, "authorization_decision", "member")] == ("vi", "true")


def test_a_letter_that_cannot_be_printed_waits_for_a_person_and_the_others_go(root: Path) -> None:
    bring(root, "members.csv", extract("members", [member("90000002A", "小明", "王")]))
    bring(root, "referrals.csv", extract("referrals", [referral("R-2", "90000002A", "ALTURA")]))
    for words in (["intake"], ["notices", "build"], ["notices", "send"]):
        assert clr(root, *words, as_of="2025-09-08T07:00").code in (0, 3)
    rows = [row for row in latest(root / "store").current("notices").rows(named=True) if row["recipient_kind"] == "member"]
    assert {(row["referral_id"], row["state"], row["why_manual"]) for row in rows} == {
        ("R-1", "sent", None),
        ("R-2", "manual", "the letter has characters that no font has"),
    }
