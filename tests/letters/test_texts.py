"""Notices in words: which language is taken, what stops a notice, and what a template of the plan may do."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from outputs.notice_markup import WIDTH, UnknownElement, blocks_of, text_of
from outputs.notice_samples import samples
from outputs.notice_texts import NoticeTexts, TemplateFault, notice_texts
from schemas.languages import language_of
from tests.letters.written import plan_templates

SAMPLES = dict(samples(("en", "es", "vi")))
ASSIGNMENT = SAMPLES["assignment.member.en"]
DENIAL = SAMPLES["authorization_decision.member.en.denied"]


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> NoticeTexts:
    return notice_texts(plan_templates(tmp_path_factory.mktemp("templates")))


def own(folder: Path, name: str, text: str) -> NoticeTexts:
    (folder / name).write_text(text, "utf-8")
    return notice_texts(folder)


def body(words: str) -> str:
    return f'{{% extends "member.en.j2" %}}{{% block subject %}}A letter{{% endblock %}}\n{{% block body %}}<p>{words}</p>{{% endblock %}}'


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("Spanish", "es"),
        ("spa", "es"),
        ("Español", "es"),
        ("ES", "es"),
        ("Mandarin", "zh"),
        ("Iu-Mien", "ium"),
        (None, "en"),
        ("Klingon", "und"),
    ],
)
def test_a_language_is_known_by_its_names_and_codes(told: str | None, code: str) -> None:
    assert pl.Series([told], dtype=pl.String).to_frame("t").select(language_of(pl.col("t"))).item() == code


def test_a_member_reads_a_language_that_there_are_letters_in(texts: NoticeTexts) -> None:
    text = texts.write(SAMPLES["assignment.member.es"])
    assert (text.language, text.needs_translation) == ("es", False)
    assert "Administración de Atención Mejorada" in text.text


@pytest.mark.parametrize("language", ["vi", "und"])
def test_any_other_language_falls_back_to_english_and_needs_translation(language: str, texts: NoticeTexts) -> None:
    text = texts.write(ASSIGNMENT | {"language": language})
    assert (text.language, text.needs_translation) == ("en", True)
    assert '<html lang="en">' in text.html


def test_a_guardian_reads_whom_a_letter_is_about(texts: NoticeTexts) -> None:
    text = texts.write(SAMPLES["authorization_decision.guardian.en.approved"]).text
    assert "Dear Muñoz Hovhannisyan:" in text
    assert "“you” and “your” mean Hồng Nguyễn" in " ".join(text.split())


def test_a_denial_does_not_go_out_without_the_appeal_rights_of_the_plan(tmp_path: Path) -> None:
    with pytest.raises(TemplateFault, match=r"asks for appeal_rights\.en\.j2"):
        notice_texts(tmp_path).write(DENIAL)
    assert "YOUR RIGHTS" in notice_texts(plan_templates(tmp_path)).write(DENIAL).text


@pytest.mark.parametrize(("fields", "field"), [(ASSIGNMENT, "plan_phone"), (DENIAL, "denial_reason")])
def test_a_missing_value_stops_the_notice_by_its_name(fields: dict[str, object], field: str, texts: NoticeTexts) -> None:
    with pytest.raises(TemplateFault, match=field) as fault:
        texts.write(fields | {field: None})
    assert fault.value.variable == field
    assert fault.value.line


def test_a_template_of_the_plan_takes_the_place_of_ours(tmp_path: Path) -> None:
    texts = own(tmp_path, "assignment.member.en.j2", body("Welcome, {{ recipient }}."))
    assert "Welcome, Hồng Nguyễn." in texts.write(ASSIGNMENT).text
    assert "Welcome" not in texts.write(SAMPLES["rereferral.member.en"]).text


def test_a_letter_in_a_language_of_the_plans_own_needs_no_translation(tmp_path: Path) -> None:
    text = own(tmp_path, "assignment.member.vi.j2", body("Chào")).write(SAMPLES["assignment.member.vi"])
    assert (text.language, text.needs_translation) == ("vi", False)


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ recipient.format.__globals__ }}",
        "{{ address.append('x') }}",
        "{% for i in range(10**9) %}x{% endfor %}",
    ],
)
def test_a_template_of_the_plan_stays_in_its_sandbox(attack: str, tmp_path: Path) -> None:
    with pytest.raises(TemplateFault):
        own(tmp_path, "assignment.member.en.j2", body(attack)).write(ASSIGNMENT)


def test_a_template_cannot_read_files_beside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.j2").write_text("a secret", "utf-8")
    (tmp_path / "templates").mkdir()
    with pytest.raises(TemplateFault, match="no such file"):
        own(tmp_path / "templates", "assignment.member.en.j2", body('{% include "../secret.j2" %}')).write(ASSIGNMENT)


def test_a_subject_cannot_name_anybody(tmp_path: Path) -> None:
    template = '{% extends "member.en.j2" %}{% block subject %}For {{ member_name }}{% endblock %}'
    with pytest.raises(TemplateFault, match="the subject asks for member_name"):
        own(tmp_path, "assignment.member.en.j2", template).write(ASSIGNMENT)


@pytest.mark.parametrize("name", SAMPLES)
def test_no_subject_says_who_or_what(name: str, texts: NoticeTexts) -> None:
    fields = SAMPLES[name]
    subject = texts.write(fields).subject
    told = ("recipient", "member_name", "service", "reason", "provider_name", "decision", "referral_id", "cin")
    assert subject
    assert not [key for key in told if fields[key] and str(fields[key]) in subject]


def test_a_fault_holds_no_value(tmp_path: Path) -> None:
    """Jinja's own words would: it quotes the key that a mapping does not have."""
    template = body("{{ {'a': 1}[member_name] }} {{ {'a': 1}[member_name].x }}")
    with pytest.raises(TemplateFault) as fault:
        own(tmp_path, "assignment.member.en.j2", template).write(ASSIGNMENT)
    assert "Nguyễn" not in str(fault.value)


def test_values_are_escaped_on_the_page_and_plain_in_the_text(texts: NoticeTexts) -> None:
    text = texts.write(ASSIGNMENT | {"provider_name": "<b>Care</b> & Co"})
    assert "&lt;b&gt;Care&lt;/b&gt; &amp; Co" in text.html
    assert "<b>Care</b> & Co" in text.text


def test_text_is_wrapped_and_lists_are_marked() -> None:
    blocks = blocks_of(
        f"<h1>Title</h1>\n<p>{'word ' * 40}</p><ol><li>One</li><li>Two <strong>bold</strong> end</li></ol><ul><li>Dot</li></ul>"
    )
    text = text_of(blocks)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.startswith("Title\n=====\n\nword word")
    assert "\n\n1. One\n2. Two bold end\n\n- Dot\n" in text + "\n"


def test_an_element_that_no_notice_has_is_named() -> None:
    with pytest.raises(UnknownElement, match="script"):
        blocks_of("<p>x</p><script>y</script>")
