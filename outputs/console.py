"""What a person sees in the terminal: results on stdout, talk and progress on stderr.

Progress bars appear on a terminal only, so that cron's mail stays short.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import cached_property
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console
    from rich.progress import TaskID

ROWS_SHOWN = 200
EXCERPT = 20  # rows of a table that is one of several
FILE_WIDTH = 240  # of a result that goes into a file or a pipe: no terminal folds it


class Terminal:
    """Where results and talk go.

    With `as_json` the result is one JSON object; with `quiet` there is no talk, with `verbose`
    every step is told even where no bars can be shown.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        self.as_json = as_json
        self._quiet = quiet
        self._verbose = verbose
        self._has_bars = False

    @cached_property
    def _out(self) -> Console:
        from rich.console import Console  # takes as long to load as many a command to run: only what is more than plain text needs it

        out = Console(highlight=False, soft_wrap=True)
        if not out.is_terminal:
            out.width = FILE_WIDTH
        return out

    @cached_property
    def _talk(self) -> Console:
        from rich.console import Console

        return Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Talk: one line on stderr, above the bars while there are any."""
        if self._has_bars:
            self._talk.print(text, markup=False, emoji=False)
        elif not self._quiet:
            print(text, file=sys.stderr)  # noqa: T201 - this is the place that prints

    def fault(self, text: str) -> None:
        """Why a command ended early: one line on stderr, also when there is no talk, for cron would else mail nothing."""
        print(text, file=sys.stderr)  # noqa: T201

    def result(self, data: Mapping[str, object], show: Callable[[], None]) -> None:
        """The result of a command: as JSON, or as `show` prints it."""
        if self.as_json:
            print(json.dumps(data, default=_as_json, ensure_ascii=False))  # noqa: T201
        else:
            show()

    def counts(self, title: str, counts: Mapping[str, int]) -> None:
        """One line: what a step did."""
        from rich.markup import escape

        told = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items() if number) or "nothing to do"
        self._out.print(f"[bold]{escape(title)}[/bold]  {escape(told)}")

    def line(self, text: str) -> None:
        """One line of a result."""
        print(text)  # noqa: T201

    def lines(self, texts: Iterable[str]) -> None:
        """Lines of a result."""
        for text in texts:
            self.line(text)

    def paragraph(self, text: str, *, indent: int = 0, style: str = "") -> None:
        """One paragraph of a result: folded between words on a terminal, one line in a file or a pipe."""
        margin = " " * indent
        on_terminal = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if on_terminal else len(margin) + len(text) + 1
        for line in wrap(text, width, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False):
            if style and on_terminal:
                self._out.print(line, style=style, markup=False, emoji=False)
            else:
                self.line(line)

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
        from rich.markup import escape
        from rich.table import Table

        table = Table(title=escape(title) or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
        for name, dtype in frame.schema.items():
            table.add_column(escape(name), justify="right" if dtype.is_numeric() else "left", overflow="fold")
        for row in frame.head(ROWS_SHOWN).iter_rows():
            table.add_row(*(escape(_as_text(value)) for value in row))
        self._out.print(table)
        if frame.height > ROWS_SHOWN:
            self._out.print(f"… {frame.height - ROWS_SHOWN:,} more rows; `clr export` writes all of them")

    def excerpt(self, frame: pl.DataFrame, title: str) -> None:
        """A frame as one of several tables: with `verbose` whole, else its first rows and how many more there are."""
        shown = frame if self._verbose else frame.head(EXCERPT)
        for first in range(0, shown.height, ROWS_SHOWN):
            self.table(shown.slice(first, ROWS_SHOWN), "" if first else title)
        if frame.height > shown.height:
            self.line(f"... and {frame.height - shown.height:,} more; --verbose lists all")

    @contextmanager
    def progress(self) -> Iterator[Callable[[str, int, int], None]]:
        """Bars for as long as a command works; gives the function that moves them: what, done, of how many."""
        on_terminal = sys.stderr.isatty()
        if self._quiet or not (on_terminal or self._verbose):
            yield lambda _what, _done, _of: None
            return
        if not on_terminal:
            yield lambda what, done, of: self.say(f"{what}: {done} of {of}")
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._talk) as bars:
            tasks: dict[str, TaskID] = {}
            self._has_bars = True

            def move(what: str, done: int, of: int) -> None:
                if what not in tasks or bars.tasks[tasks[what]].finished:
                    tasks[what] = bars.add_task(what, total=of)
                bars.update(tasks[what], completed=done, total=of)

            try:
                yield move
            finally:
                self._has_bars = False


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
