"""The findings on a provider's file, beside its own cells: as a list, and as its own sheet with what to correct.

Decides how findings are shown. The sheet can be corrected and sent back as it is: its added heading tells what it answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from outputs import workbooks
from outputs.tables import table_csv
from outputs.workbooks import Column, Comment, Sheet, Style, workbook
from schemas.corrections import added_heading, is_added
from schemas.findings import Findings, in_order
from schemas.rule import Severity

FILE_SHEET = "File"
UNREAD = "Rows"  # the name kept free when no sheet could be read
FILE_COLUMNS = (Column("Rule", 8), Column("Severity", 10), Column("Row", 8), Column("What was found", 100, Style.WRAPPED))
MOST_COMMENTS = 2_000  # Excel opens a workbook with more of them slowly; the added column has every message
NARROWEST, WIDEST = 12, 32  # characters of a column
_LOUDEST_FIRST = pl.Enum([severity.value for severity in Severity])
_CELL = {Severity.ERROR.value: Style.ERROR, Severity.WARNING.value: Style.WARNING}
_ADDED_CELL = {Severity.ERROR.value: Style.ERROR_WRAPPED, Severity.WARNING.value: Style.WARNING_WRAPPED}
_Marks = dict[int, dict[int, Style]]


@dataclass(frozen=True)
class OwnSheet:
    """A sheet of the provider's file. headers, cells: its own headings, and its rows below them (`row`, c1 to cN).

    numbers: `row`, `number`: the row of the file that is answered, which a corrected row says again when it comes back.
    headings_on: the row of the headings. above: the rows before it, like `cells`.
    """

    name: str
    headers: tuple[str, ...]
    cells: pl.DataFrame
    numbers: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"row": pl.Int64, "number": pl.Int64}))
    headings_on: int = 1
    above: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"row": pl.Int64}))


def findings_csv(findings: pl.DataFrame) -> bytes:
    """The findings on one file (columns of `Findings`) as CSV without the submission's id, in their usual order."""
    columns = [name for name in Findings.polars_schema() if name != "submission_id"]
    return table_csv(in_order(findings).select(columns))


def findings_workbook(own: Sequence[OwnSheet], findings: pl.DataFrame, produced_on: date, answers: str = "") -> bytes:
    """The provider's own sheets with one more column that says what to correct; before them one of what concerns the whole file, if any.

    own: the sheets that were read; none when none could be. Findings name their sheet where there are two. findings: columns of
    `Findings`, those of this file. answers: the submission that the added heading names. Cells with an error are red and with a warning
    yellow, with the message as a comment; a finding on a row that no sheet has stands on the first sheet.
    """
    loudest_first = findings.with_columns(pl.col("severity").cast(_LOUDEST_FIRST)).sort(
        "severity", "rule", "row", "column", "message", nulls_last=False, maintain_order=True
    )
    first = own[0].name if own else UNREAD
    is_on = [pl.col("sheet").fill_null(first).eq(one.name) & pl.col("row").is_in(one.cells["row"].implode()) for one in own]
    on_file = loudest_first.filter(~pl.any_horizontal(pl.lit(value=False), *is_on).fill_null(value=False))
    sheets = []
    if not on_file.is_empty() or not own:
        sheets.append(_file_sheet(on_file, beside=workbooks.sheet_name(first)))
    for one, on_it in zip(own, is_on, strict=True):
        sheets.append(_own_sheet(one, loudest_first.filter(on_it), added_heading(answers)))
    return workbook(sheets, produced_on)


def _file_sheet(findings: pl.DataFrame, beside: str) -> Sheet:
    name = FILE_SHEET if beside.lower() != FILE_SHEET.lower() else f"{FILE_SHEET} findings"
    message = pl.concat_str(pl.format("Sheet {}: ", "sheet").fill_null(""), "message")
    return Sheet(name, FILE_COLUMNS, findings.select(pl.col("rule", "severity", "row").cast(pl.String), message))


def _own_sheet(one: OwnSheet, findings: pl.DataFrame, added: str) -> Sheet:
    headers = one.headers
    # A file that was corrected and sent back may bring the column of the last round with it: it is replaced.
    own = [place for place, text in enumerate(headers) if not is_added(text)]
    columns = [Column(headers[place], min(max(len(headers[place]) + 2, NARROWEST), WIDEST)) for place in own]
    rows = one.cells.join(_messages(findings, one.numbers), on="row", how="left", maintain_order="left").select(
        *(pl.col(f"c{place + 1}") for place in own), "messages"
    )
    marks, comments = _marks(one.cells, [headers[place] for place in own], findings)
    last = Column(added, 70, Style.WRAPPED, Style.HEADING_OPEN)
    above = one.above.select("row", *(f"c{place + 1}" for place in own)).iter_rows() if one.above.height else ()
    return Sheet(
        workbooks.sheet_name(one.name),
        (*columns, last),
        rows,
        filtered=True,
        marks=marks,
        comments=comments,
        headings_on=one.headings_on,
        numbers=one.cells["row"].to_list(),
        above=[(number, texts) for number, *texts in above],
    )


def _messages(findings: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """What the added column says: `row`, and `messages`: the row's number, and one message on a line."""
    line = pl.format("{} ({}): {}", "rule", pl.col("severity").cast(pl.String), "message")
    lines = findings.group_by("row", maintain_order=True).agg(line.unique(maintain_order=True).str.join("\n").alias("messages"))
    numbered = lines.join(numbers, on="row", how="left", maintain_order="left")
    return numbered.select("row", messages=pl.concat_str(pl.format("Row {}: ", "number").fill_null(""), "messages"))


def _marks(sheet: pl.DataFrame, headers: list[str], findings: pl.DataFrame) -> tuple[_Marks, tuple[Comment, ...]]:
    """How cells with findings look, and what their comments say; of several findings the loudest, which comes first, gives the look."""
    row_of: Mapping[int, int] = {number: place for place, number in enumerate(sheet["row"])}
    column_of = {heading: place for place, heading in reversed(list(enumerate(headers)))}
    marks: _Marks = {}
    messages: dict[tuple[int, int], list[str]] = {}
    for row, heading, severity, message in findings.select("row", "column", pl.col("severity").cast(pl.String), "message").iter_rows():
        if severity not in _CELL:
            continue
        place = row_of[row]
        marks.setdefault(len(headers), {}).setdefault(place, _ADDED_CELL[severity])
        if heading in column_of:
            marks.setdefault(column_of[heading], {}).setdefault(place, _CELL[severity])
            messages.setdefault((place, column_of[heading]), []).append(message)
    cells = sorted(messages)[:MOST_COMMENTS]
    return marks, tuple(Comment(sheet["row"][place], column, "\n".join(dict.fromkeys(messages[place, column]))) for place, column in cells)
