"""What a person sees in the terminal: results on stdout, talk and progress on stderr.

Progress bars appear on a terminal only, so that cron's mail stays short.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    import polars as pl

ROWS_SHOWN = 200
FILE_WIDTH = 240  # of a result that goes into a file or a pipe: no terminal folds it


class Terminal:
    """Where results and talk go.

    With `as_json` the result is one JSON object; with `quiet` there is no talk, with `verbose`
    every step is told even where no bars can be shown.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        self.as_json = as_json
        self._verbose = verbose
        self._out = Console(highlight=False, soft_wrap=True)
        if not self._out.is_terminal:
            self._out.width = FILE_WIDTH
        self._talk = Console(stderr=True, highlight=False, soft_wrap=True, quiet=quiet)
        self._faults = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Talk: one line on stderr."""
        self._talk.print(escape(text))

    def fault(self, text: str) -> None:
        """Why a command ended early: one line on stderr, also when there is no talk, for cron would else mail nothing."""
        self._faults.print(escape(text))

    def result(self, data: Mapping[str, object], show: Callable[[], None]) -> None:
        """The result of a command: as JSON, or as `show` prints it."""
        if self.as_json:
            print(json.dumps(data, default=_as_json, ensure_ascii=False))  # noqa: T201 - this is the place that prints
        else:
            show()

    def counts(self, title: str, counts: Mapping[str, int]) -> None:
        """One line: what a step did."""
        told = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items() if number) or "nothing to do"
        self._out.print(f"[bold]{escape(title)}[/bold]  {escape(told)}")

    def line(self, text: str) -> None:
        """One line of a result."""
        self._out.print(escape(text))

    def lines(self, texts: Iterable[str]) -> None:
        """Lines of a result."""
        for text in texts:
            self.line(text)

    def paragraph(self, text: str, *, indent: int = 0, style: str = "") -> None:
        """One paragraph of a result: folded between words on a terminal, one line in a file or a pipe."""
        margin = " " * indent
        width = self._out.width if self._out.is_terminal else len(margin) + len(text) + 1
        for line in wrap(text, width, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False):
            self._out.print(escape(line), style=style or None)

    def steps(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """One line for each step: what it did."""
        for step, of_step in counts.items():
            self.counts(step, of_step)

    def tables(self, *frames: pl.DataFrame) -> None:
        """Frames as tables, one below the other."""
        for place, frame in enumerate(frames):
            if place:
                self.line("")
            self.table(frame)

    def table(self, frame: pl.DataFrame, title: str = "") -> None:
        """A frame as a table; of a long one the first rows, saying how many there are."""
        table = Table(title=escape(title) or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
        for name, dtype in frame.schema.items():
            table.add_column(escape(name), justify="right" if dtype.is_numeric() else "left", overflow="fold")
        for row in frame.head(ROWS_SHOWN).iter_rows():
            table.add_row(*(escape(_as_text(value)) for value in row))
        self._out.print(table)
        if frame.height > ROWS_SHOWN:
            self._out.print(f"… {frame.height - ROWS_SHOWN:,} more rows; `clr export` writes all of them")

    @contextmanager
    def progress(self) -> Iterator[Callable[[str, int, int], None]]:
        """Bars for as long as a command works; gives the function that moves them: what, done, of how many."""
        if self._talk.quiet or not (self._talk.is_terminal or self._verbose):
            yield lambda _what, _done, _of: None
            return
        if not self._talk.is_terminal:
            yield lambda what, done, of: self.say(f"{what}: {done} of {of}")
            return
        columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._talk) as bars:
            tasks: dict[str, TaskID] = {}

            def move(what: str, done: int, of: int) -> None:
                if what not in tasks or bars.tasks[tasks[what]].finished:
                    tasks[what] = bars.add_task(what, total=of)
                bars.update(tasks[what], completed=done, total=of)

            yield move


def records(frame: pl.DataFrame) -> list[dict[str, object]]:
    """A frame as JSON has it: one object for each row."""
    return [dict(row) for row in frame.iter_rows(named=True)]


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return value.strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else str(value)


def _as_json(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no part of a result")
