"""Recognising a file: which layout a sheet has, on which row its headings stand, and which column is which.

Decides by headings alone, never by the file's name. Whether the cells below are right is judged elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import polars as pl

from config.layout import elements_of
from config.profile import LayoutChoice, Profile
from pipeline.corrections import NUMBERS, numbers_in, without_emptied
from pipeline.day_numbers import ROW_FAILURE, read_day_numbers
from pipeline.findings import FAILURE, no_failures
from pipeline.near_headings import looked_for, telling, with_meant, with_near
from pipeline.read_grid import Sheet
from schemas.codes import plain_words
from schemas.columns import Element, Need
from schemas.corrections import answered, is_added
from schemas.formats import INVISIBLE, clean
from schemas.layouts import CLR_ELEMENTS, INBOUND, OTF, OUTBOUND, RTF_CS, RTF_ECM

HEADER_WITHIN = 30  # rows
ENOUGH_HEADINGS = 4  # fewer are no header row
HEADING_FAULTS = frozenset({"F012", "F013", "F014"})  # what stands below the other headings can be judged all the same
RETURN_FILES = (RTF_ECM, RTF_CS)
ZERO_WIDTH = re.compile("[\u200b-\u200d\u2060\ufeff]")
NO_CELL = {"element": pl.lit(None, dtype=pl.String), "value": pl.lit(None, dtype=pl.String)}
TO_CLEAN = f"^$|^[{INVISIBLE}]|[{INVISIBLE}]$"
NO_ROW_FAILURES = pl.DataFrame(schema=ROW_FAILURE)


@dataclass(frozen=True)
class Recognised:
    """A sheet whose layout is known, or the reasons why none is.

    rows: `row`, `line`, then one String column for each element of the plan's layout, cleaned; null where blank or where the file lacks it.
    headings: element to the file's own heading, or to the plan's where the file has none. failures: pairs of rule and detail;
    row_failures: `pipeline.day_numbers.ROW_FAILURE`. extra: `row` and the columns under headings that the layout does not know, by heading.
    header, cells: the sheet itself, its headings as written and the rows below them (`row`, c1 to cN). tracker: the sheet with an
    outreach tracker beside a return file. answers: the submissions that added headings of files given back name. numbers: `row`,
    `corrects_row`, as the cells below them say. found: elements that have exactly one column. headings_on, above: the row of the
    headings, and the rows before it, like `cells`.
    """

    kind: str | None = None
    sheet: str = ""
    headings: Mapping[str, str] = field(default_factory=dict)
    rows: pl.DataFrame = field(default_factory=pl.DataFrame)
    failures: tuple[tuple[str, str], ...] = ()
    row_failures: pl.DataFrame = field(default_factory=pl.DataFrame)
    extra: pl.DataFrame = field(default_factory=pl.DataFrame)
    header: tuple[str, ...] = ()
    cells: pl.DataFrame = field(default_factory=pl.DataFrame)
    tracker: Recognised | None = None
    answers: tuple[str, ...] = ()
    numbers: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=NUMBERS))
    found: frozenset[str] = frozenset()
    headings_on: int = 1
    above: pl.DataFrame = field(default_factory=pl.DataFrame)

    def headings_of(self, submission_id: str) -> list[tuple[str, str, str]]:
        """Rows of `pipeline.findings.HEADINGS`."""
        return [(submission_id, name, heading) for name, heading in self.headings.items()]

    def failures_of_rows(self, submission_id: str) -> pl.DataFrame:
        """`row_failures` as failures of a submission."""
        if not self.row_failures.height:
            return no_failures()
        rows = self.row_failures.with_columns(
            submission_id=pl.lit(submission_id), severity=pl.lit(None, dtype=pl.String), allowed=pl.lit(None, dtype=pl.String)
        )
        return rows.select(FAILURE.names())


@dataclass(frozen=True)
class _Header:
    sheet: Sheet
    kind: str
    row: int
    columns: dict[str, list[tuple[str, str]]]  # element to the columns that its heading stands over, with the heading as written
    texts: tuple[str, ...]
    unused: dict[str, str]  # columns under headings that the layout does not know
    added: dict[str, str]  # columns under headings that a file given back has
    rivals: tuple[str, ...] = ()  # other layouts that fit as well


class Headings:
    """Which element a heading means, for every layout that a file may have, with the profile's own aliases."""

    def __init__(self, kinds: tuple[str, ...], choices: Mapping[str, LayoutChoice]) -> None:
        self.kinds = kinds
        self._choices = choices
        self._elements = {kind: elements_of(kind, choices.get(kind)) for kind in kinds}
        self.meanings = {kind: _meanings(elements) for kind, elements in self._elements.items()}
        self.words = frozenset(words for meanings in self.meanings.values() for words in meanings)
        self.enough = {kind: min(ENOUGH_HEADINGS, len(self.required(kind))) for kind in kinds}

    def required(self, kind: str) -> tuple[str, ...]:
        """Elements whose column a file of this kind must have."""
        needed = [name for name, element in self.elements(kind).items() if element.need is Need.REQUIRED]
        return tuple(dict.fromkeys((*needed, *(CLR_ELEMENTS if kind in RETURN_FILES else ()))))

    def elements(self, kind: str) -> Mapping[str, Element]:
        """The elements that are read, as the plan has them."""
        return self._elements[kind]

    def element(self, kind: str, heading: str) -> str | None:
        """The element that a heading means in a layout."""
        return self.meanings[kind].get(heading_words(heading))

    def is_ignored(self, kind: str, heading: str) -> bool:
        """Whether the profile passes over a column without a word."""
        choice = self._choices.get(kind)
        return choice is not None and heading_words(heading) in {plain_words(text) for text in choice.ignored}

    def sheet(self, kind: str) -> str:
        """The only sheet that the profile allows for a layout, if it names one."""
        choice = self._choices.get(kind)
        return choice.sheet if choice else ""


def recognise(sheets: tuple[Sheet, ...], headings: Headings) -> Recognised:
    """Find the one sheet that has a layout which a provider (or the plan) may send, and the outreach tracker beside a return file.

    A workbook that the plan sent out comes back with the plan's own sheet beside the answer: only the answer is read. Of return file and
    tracker, one without rows is passed over for the other.
    """
    headers = [header for sheet in sheets if (header := _best_header(sheet, headings)) is not None]
    answers = [header for header in headers if header.kind not in OUTBOUND and headings.sheet(header.kind) in ("", header.sheet.name)]
    returns = [header for header in answers if header.kind != OTF]
    trackers = [header for header in answers if header.kind == OTF]
    if trackers and not any(_has_rows(header) for header in returns):
        returns, trackers = [header for header in trackers if _has_rows(header)] or returns or trackers, []
    trackers = [header for header in trackers if _has_rows(header)]
    if not returns:
        own = "It seems to be the plan's own file: fill in its sheet RTF."
        return Recognised(failures=(("F011", own if headers else _nothing_found(sheets, headings)),))
    if (several := next((headers for headers in (returns, trackers) if len(headers) > 1), None)) is not None:
        names = ", ".join(f"{header.sheet.name} ({header.kind})" for header in several)
        return Recognised(failures=(("F015", names),))
    if returns[0].rivals:
        return Recognised(failures=(("F034", telling((returns[0].kind, *returns[0].rivals))),))
    found = _read_below(returns[0], headings)
    return _told_of_answers(replace(found, tracker=_read_below(trackers[0], headings)) if trackers else found)


def _told_of_answers(found: Recognised) -> Recognised:
    """The file with all the submissions that its headings name, on both sheets, and the failure to name only one."""
    answers = tuple(dict.fromkeys((*found.answers, *(found.tracker.answers if found.tracker else ()))))
    several = (("F033", ", ".join(answers)),) if len(answers) > 1 else ()
    return replace(found, answers=answers, failures=(*found.failures, *several))


def named_as_agreed(file_name: str, kind: str, profile: Profile) -> bool:
    """Whether a file's name is what the profile asks for."""
    choice = profile.layouts.get(kind)
    return not choice or not choice.file_name or re.fullmatch(choice.file_name, file_name) is not None


@lru_cache(maxsize=10_000)  # headings are the same words in every file
def heading_words(text: str) -> str:
    """A heading without case, punctuation, repeated blanks and the marks that nobody sees."""
    return plain_words(ZERO_WIDTH.sub("", text))


def _has_rows(header: _Header) -> bool:
    return not header.sheet.cells.filter(pl.col("row") > header.row).is_empty()


def _meanings(elements: Mapping[str, Element]) -> dict[str, str]:
    return {plain_words(text): name for name, element in elements.items() for text in (element.header, *element.aliases)}


def _best_header(sheet: Sheet, headings: Headings) -> _Header | None:
    """The row, and the layout, that most headings agree with. Of layouts that agree equally, the smaller one fits better."""
    found: list[tuple[int, int, _Header]] = []
    names = [name for name in sheet.cells.columns if name not in ("row", "line")]
    for record in sheet.cells.head(HEADER_WITHIN).iter_rows(named=True):
        if record["row"] > HEADER_WITHIN:
            break
        texts = {name: record[name] for name in names if record[name] is not None}
        if sum(heading_words(text) in headings.words for text in texts.values()) < min(headings.enough.values()):
            continue  # no layout can find enough in this row: so it is with nearly every row
        for kind in headings.kinds:
            columns: dict[str, list[tuple[str, str]]] = {}
            for name, text in texts.items():
                if (element := headings.element(kind, text)) is not None:
                    columns.setdefault(element, []).append((name, text))
            if len(columns) >= headings.enough[kind]:
                known = {name for places in columns.values() for name, _ in places}
                others = {name: text.strip() for name, text in texts.items() if name not in known}
                added = {name: text for name, text in others.items() if is_added(text)}
                unused = {name: text for name, text in others.items() if name not in added}
                found.append(
                    (
                        len(columns),
                        -len(headings.elements(kind)),
                        _Header(sheet, kind, record["row"], columns, tuple(record[name] or "" for name in names), unused, added),
                    )
                )
    if not found:
        return None
    return _with_rivals(max(found, key=lambda one: (one[0], one[1], -one[2].row))[2], [one for _, _, one in found], headings)


def _with_rivals(best: _Header, found: list[_Header], headings: Headings) -> _Header:
    """The best header with the other layouts that know exactly the same columns of its row: nothing tells which of them it is.

    A layout whose required columns are all there has no rival that lacks some of its own: so a tracker is told from a return file that
    has the columns of a tracker too.
    """
    if best.kind in OUTBOUND:
        return best
    known = [one for one in found if one.row == best.row and one.kind not in (best.kind, *OUTBOUND) and one.unused == best.unused]
    if _is_whole(best, headings):
        known = [one for one in known if _is_whole(one, headings)]
    return replace(best, rivals=tuple(one.kind for one in known))


def _is_whole(header: _Header, headings: Headings) -> bool:
    return set(headings.required(header.kind)) <= set(header.columns)


def _nothing_found(sheets: tuple[Sheet, ...], headings: Headings) -> str:
    rows = (
        (sheet.name, int(row), [heading_words(text) for text in texts if text is not None])
        for sheet in sheets
        for row, _, *texts in sheet.cells.head(2 * HEADER_WITHIN).iter_rows()
    )
    kinds = [kind for kind in headings.kinds if kind not in OUTBOUND]
    shown = [kind for kind in kinds if kind in INBOUND] or kinds
    return looked_for(shown, rows, headings.meanings, HEADER_WITHIN)


def _read_below(header: _Header, headings: Headings) -> Recognised:
    failures = _header_failures(header, headings)
    below = without_emptied(header.sheet.cells.filter(pl.col("row") > header.row), list(header.added))
    places = {element: found[0] for element, found in header.columns.items()}
    elements = headings.elements(header.kind)
    texts = _cleaned(below[[name for name, _ in places.values()]])
    none = pl.Series([None] * below.height, dtype=pl.String)
    cleaned = [(texts[places[name][0]] if name in places else none).alias(name) for name in elements]
    as_written = pl.DataFrame([below["row"], below["line"], *cleaned])
    rows, days = as_written, NO_ROW_FAILURES
    if header.sheet.day_zero is not None:
        rows, days = read_day_numbers(as_written, elements, header.sheet.day_zero)
    if not rows.height:
        failures.append(("F017", ""))
    return Recognised(
        kind=header.kind,
        sheet=header.sheet.name,
        headings={name: places[name][1].strip() if name in places else element.header for name, element in elements.items()},
        rows=rows,
        failures=tuple(failures),
        row_failures=pl.concat([_ragged(header), _repeated_headings(as_written, places), days]),
        extra=below.select("row", **{heading: clean(pl.col(name)) for name, heading in header.unused.items() if heading != "row"}),
        header=header.texts,
        cells=below.drop("line"),
        headings_on=header.row,
        above=header.sheet.cells.filter(pl.col("row") < header.row).drop("line"),
        answers=tuple(dict.fromkeys(named for text in header.added.values() if (named := answered(text)))),
        numbers=numbers_in(below, list(header.added)),
        found=frozenset(element for element, found in header.columns.items() if len(found) == 1),
    )


def _cleaned(cells: pl.DataFrame) -> pl.DataFrame:
    """`clean` of every cell. One look at all of them as one long column saves the work, for nearly no file has anything to clean."""
    every = pl.concat([column.rename("") for column in cells], rechunk=False)
    return cells.select(clean(pl.all())) if every.str.contains(TO_CLEAN).any() else cells


def _header_failures(header: _Header, headings: Headings) -> list[tuple[str, str]]:
    failures: list[tuple[str, str]] = []
    twice = [" and ".join(f"“{heading.strip()}”" for _, heading in found) for found in header.columns.values() if len(found) > 1]
    if twice:
        failures.append(("F013", "; ".join(twice)))
    elements = headings.elements(header.kind)
    missing = [name for name in headings.required(header.kind) if name not in header.columns]
    if header.kind in RETURN_FILES and not set(CLR_ELEMENTS) & set(header.columns):
        failures.append(("F012", ""))
        missing = [name for name in missing if name not in CLR_ELEMENTS]
    if missing:
        failures.append(("F014", with_near([elements[name].header for name in missing], header.unused.values())))
    if unknown := [heading for heading in header.unused.values() if not headings.is_ignored(header.kind, heading)]:
        absent = [element.header for name, element in elements.items() if name not in header.columns]
        failures.append(("F024", with_meant(unknown, absent)))
    if header.sheet.hidden:
        failures.append(("F030", header.sheet.name))
    return failures


def _ragged(header: _Header) -> pl.DataFrame:
    if header.sheet.ragged.is_empty():
        return NO_ROW_FAILURES
    ragged = header.sheet.ragged.filter(pl.col("row") > header.row)
    detail = pl.format("{} columns instead of {}", "found", "expected")
    return ragged.select("row", "line", rule=pl.lit("R001"), detail=detail, **NO_CELL)


def _repeated_headings(rows: pl.DataFrame, places: Mapping[str, tuple[str, str]]) -> pl.DataFrame:
    """Rows whose every filled cell says what the heading above it says."""
    if any(not rows[name].null_count() and not (rows[name] == heading.strip()).any() for name, (_, heading) in places.items()):
        return NO_ROW_FAILURES  # a column filled in every row that nowhere repeats its heading
    says_heading = [(pl.col(name) == heading.strip()).fill_null(value=True) for name, (_, heading) in places.items()]
    filled = pl.sum_horizontal(pl.col(name).is_not_null().cast(pl.Int64) for name in places)
    repeated = rows.filter(pl.all_horizontal(says_heading) & (filled >= min(ENOUGH_HEADINGS, len(places))))
    return repeated.select("row", "line", rule=pl.lit("R002"), detail=pl.lit(""), **NO_CELL)
