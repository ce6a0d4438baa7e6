"""Letters to members are written plainly: counted as readability is counted, over running text without headings and greeting."""

from __future__ import annotations

import pytest

from outputs.notice_markup import blocks_of
from outputs.notice_samples import MEMBER, samples
from outputs.notice_texts import NoticeTexts, notice_texts
from tests.letters.reading import grade, inflesz, syllables_of_english, syllables_of_spanish
from tests.letters.written import plan_templates

LONG_NAMES = {"service": "Environmental Accessibility Adaptations", "provider_name": "Desert Willow Community Health Partners"}
LETTERS = {name: fields for name, fields in samples() if fields["recipient_kind"] == MEMBER}


def running_text(html: str) -> str:
    shown = [block for block in blocks_of(html) if block.part == "main" and block.tag in ("p", "li") and block.role != "closing"]
    return "\n".join(block.text for block in shown[1:])  # the first is the greeting


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> NoticeTexts:
    return notice_texts(plan_templates(tmp_path_factory.mktemp("templates")))


@pytest.mark.parametrize("name", LETTERS)
def test_a_sixth_grader_can_read_a_letter(name: str, texts: NoticeTexts) -> None:
    fields = LETTERS[name]
    text = running_text(texts.write(fields | {key: value for key, value in LONG_NAMES.items() if fields[key]}).html)
    if fields["language"] == "en":
        assert grade(text) <= 6
    else:
        assert inflesz(text) >= 65


@pytest.mark.parametrize(
    ("word", "syllables"),
    [("care", 1), ("service", 2), ("called", 1), ("started", 2), ("people", 2), ("eligible", 4), ("rules", 1), ("changes", 2), ("able", 2)],
)
def test_syllables_of_english_are_counted(word: str, syllables: int) -> None:
    assert syllables_of_english(word) == syllables


@pytest.mark.parametrize(
    ("word", "syllables"),
    [("servicio", 3), ("atención", 3), ("todavía", 4), ("guía", 2), ("quiere", 2), ("cuidado", 3), ("ciudad", 2), ("hoy", 1), ("aérea", 4)],
)
def test_syllables_of_spanish_are_counted(word: str, syllables: int) -> None:
    assert syllables_of_spanish(word) == syllables


def test_a_hard_text_is_found_hard() -> None:
    assert grade("Notwithstanding the aforementioned determination, beneficiaries retain administrative adjudication entitlements.") > 12
    assert inflesz("La determinación administrativa anteriormente mencionada condiciona indefectiblemente las prestaciones.") < 40
