"""`clr notices show`: what one notice says, in the words in which it goes out, for whoever wants to see them before or after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.command import DONE, Shared, UsageError

if TYPE_CHECKING:
    from outputs.notice_texts import NoticeText
    from pipeline.run import Context

FORMATS = ("text", "html", "pdf")


def show(
    shared: Shared,
    notice_id: Annotated[str, typer.Argument(metavar="NOTICE_ID", help="As `clr notices list` has it.")],
    format_: Annotated[str, typer.Option("--format", help="text, html or pdf.")] = "text",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write there; needed for pdf.")] = None,
) -> int:
    """Show a notice in the words in which it goes out."""
    if format_ not in FORMATS:
        raise UsageError(f"--format {format_}: {', '.join(FORMATS)} are allowed")
    if format_ == "pdf" and out is None:
        raise UsageError("--format pdf: --out FILE is needed")
    with shared.context() as context:
        text = _written(context, notice_id)
    content = _content(text, format_)
    if out is not None and not shared.dry_run:
        from outputs.files import write_file

        write_file(out, content)
    shared.terminal.result(_data(notice_id, text, out), _shown(shared, text, content, out))
    return DONE


def _written(context: Context, notice_id: str) -> NoticeText:
    """The notice in words: as of when it went, or as of now. Raises UsageError when there is none, or its template cannot be filled in."""
    from outputs.notice_texts import TemplateFault, notice_texts
    from pipeline.notice_fields import notice_fields
    from pipeline.notices import Owed
    from schemas.history import Closures

    snapshot, workspace = context.snapshot(), context.workspace
    rows = snapshot.current("notices").filter(notice_id=notice_id)
    if rows.is_empty():
        raise UsageError(f"no notice {notice_id}; `clr notices list` has them")
    parties = Owed(
        referrals=snapshot.current("referrals"),
        members=snapshot.current("members"),
        providers=workspace.roster,
        assignments=snapshot.read("assignments"),
        closures=Closures.no_rows(),  # what is told stands in the notice
    )
    fields = notice_fields(rows, parties, workspace.settings, rows["sent_at"][0] or context.as_of).row(0, named=True)
    own = workspace.root / workspace.settings.notices.templates
    try:
        return notice_texts(own if own.is_dir() else None).write(fields)
    except TemplateFault as fault:
        raise UsageError(f"{notice_id} cannot be written: {fault}") from None


def _content(text: NoticeText, format_: str) -> bytes:
    if format_ != "pdf":
        return (text.html if format_ == "html" else text.text).encode()
    from outputs.letters import UnprintableLetters, letters_pdf

    try:
        return letters_pdf([text])
    except UnprintableLetters as error:
        raise UsageError(str(error)) from None


def _data(notice_id: str, text: NoticeText, out: Path | None) -> dict[str, object]:
    told = {"language": text.language, "needs_translation": text.needs_translation, "subject": text.subject}
    return {"notice_id": notice_id} | told | ({"text": text.text, "html": text.html} if out is None else {"file": str(out)})


def _shown(shared: Shared, text: NoticeText, content: bytes, out: Path | None) -> Callable[[], None]:
    def say() -> None:
        if text.needs_translation:
            shared.terminal.say(f"the recipient reads another language: this is in {text.language}, and needs translation")
        if out is None:
            shared.terminal.lines(content.decode().rstrip("\n").split("\n"))
        else:
            shared.terminal.line(f"wrote {out}")

    return say
