"""Letters on paper: where things lie, which characters print, and that the same letters are the same bytes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outputs.letters import UnprintableLetters, letter_pages, letters_pdf
from outputs.notice_samples import MEMBER, samples
from outputs.notice_texts import NoticeText, notice_texts
from tests.letters.printed import page_texts, within
from tests.letters.written import plan_templates

Letter = Callable[..., NoticeText]
LETTERS = {name: fields for name, fields in samples() if fields["recipient_kind"] == MEMBER}
DENIAL = "authorization_decision.member.en.denied"
NAMES = ("Nguyễn Thị Hồng", "Muñoz Ávila", "Hovhannisyan Հովհաննիսյան", "Đặng Ğül Šimůnek", "Ильина Анна", "O\u2019Brien-Łukasz")


@pytest.fixture(scope="module")
def letter(tmp_path_factory: pytest.TempPathFactory) -> Letter:
    texts = notice_texts(plan_templates(tmp_path_factory.mktemp("templates")))

    def write(name: str = DENIAL, **more: object) -> NoticeText:
        return texts.write(LETTERS[name] | more)

    return write


def test_the_same_letters_are_the_same_bytes(letter: Letter) -> None:
    letters = [letter(), letter("assignment.member.es")]
    assert letters_pdf(letters) == letters_pdf(letters)


def test_each_letter_counts_its_own_pages_in_its_own_language(letter: Letter) -> None:
    letters = [letter(), letter("assignment.member.es"), letter()]
    texts = page_texts(letters_pdf(letters))
    assert letter_pages(letters) == [2, 1, 2]
    assert [text.strip().splitlines()[-1].split("N0123456789abcdef")[-1].strip() for text in texts] == [
        "Page 1 of 2",
        "Page 2 of 2",
        "Página 1 de 1",
        "Page 1 of 2",
        "Page 2 of 2",
    ]


def test_nothing_but_the_address_shows_in_the_window(letter: Letter) -> None:
    """A No. 10 envelope, its window 7/8 in. from the left and 1/2 in. from the bottom; the sheet may slide one inch across, .46 up."""
    lines = ["Maximiliano Hovhannisyan", "c/o Altura House", "12000 Desert Willow Boulevard Apt 1204", "Rancho Cucamonga, CA 91739-1234"]
    pdf = letters_pdf([letter(recipient=lines[0], address=lines[1:])])
    for across in (0.0, -1.0):
        for up in (0.0, -0.458):
            window = (max(0.0, 0.875 + across), 2.5 + up, 5.375 + across, 3.625 + up)
            assert within(pdf, 0, *window).split("\n") == lines


def test_the_title_stands_below_the_fold(letter: Letter) -> None:
    assert "We said no" in within(letters_pdf([letter()]), 0, 0, 11 / 3, 8.5, 11)


def test_names_of_many_languages_print(letter: Letter) -> None:
    for name, text in zip(NAMES, page_texts(letters_pdf([letter("assignment.member.en", recipient=name) for name in NAMES])), strict=True):
        assert text.count(name) == 2  # address and greeting


def test_a_character_that_no_font_has_stops_that_letter_alone(letter: Letter) -> None:
    letters = [letter(), letter(recipient="王小明"), letter()]
    with pytest.raises(UnprintableLetters) as stopped:
        letters_pdf(letters)
    assert stopped.value.places == (1,)
    assert "王" not in str(stopped.value)
    assert letters_pdf([letters[0], letters[2]])


def test_words_of_a_letter_are_never_markup(letter: Letter) -> None:
    told = letter("assignment.member.en", provider_name='<script>#read("x") *A* & B</script>', recipient="$x$ _y_ #z")
    assert "<script>" not in told.html
    pages = page_texts(letters_pdf([told]))[0]
    assert '<script>#read("x") *A* & B</script>' in pages
    assert "$x$ _y_ #z" in pages


def test_a_letter_is_tagged_for_people_who_hear_it(letter: Letter) -> None:
    pdf = letters_pdf([letter("assignment.member.es")])
    assert b"/StructTreeRoot" in pdf
    assert b"/Lang(es)" in pdf
    assert b"pdfuaid" in pdf
