"""The letters and messages of the tests: every sample in words, with the texts that only a plan can say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from outputs.letters import letters_pdf
from outputs.notice_samples import GUARDIAN, MEMBER, samples
from outputs.notice_texts import NoticeText, notice_texts
from tests.workspaces import RIGHTS

EXPECTED = Path(__file__).parent / "expected"
LINE = "-" * 78


def plan_templates(folder: Path) -> Path:
    """A folder of a plan's own templates with what letters cannot do without."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in RIGHTS.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@cache
def written(folder: Path) -> dict[str, NoticeText]:
    """Every sample in words, by its name."""
    texts = notice_texts(plan_templates(folder))
    return {name: texts.write(fields) for name, fields in samples()}


def pages(folder: Path) -> bytes:
    """One file with every letter."""
    return letters_pdf([text for name, text in written(folder).items() if name.split(".")[1] in (MEMBER, GUARDIAN)])


def kept(folder: Path) -> Iterator[tuple[str, str]]:
    """The golden files: by template the text of every variant, and the page of the first."""
    by_template: dict[str, list[tuple[str, NoticeText]]] = {}
    for name, text in written(folder).items():
        by_template.setdefault(".".join(name.split(".")[:3]), []).append((name, text))
    for template, variants in by_template.items():
        yield f"{template}.txt", "\n".join(f"{LINE}\n{name}: {text.subject}\n{LINE}\n\n{text.text}" for name, text in variants)
        if GUARDIAN not in template:
            yield f"{template}.html", variants[0][1].html
