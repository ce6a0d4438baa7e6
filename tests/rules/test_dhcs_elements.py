"""Every data element that DHCS lists is held by a column of ours, and that column says what DHCS says, or why it does not.

`docs/dhcs-elements.csv` is the transcription of Tables 1 to 10. Its column `difference` holds parts separated by ` | `, each
`ASPECT in PLACE, PLACE: reason`.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from schemas.codes import plain_words
from schemas.columns import Element
from schemas.dhcs import ELEMENTS, DhcsElement
from schemas.layouts import INBOUND, LAYOUTS, OUTBOUND
from schemas.tables import TABLES

TRANSCRIPT = Path(__file__).parents[2] / "docs/dhcs-elements.csv"
with TRANSCRIPT.open(encoding="utf-8", newline="") as lines:
    ASKED = {(int(row["table"]), int(row["row"])): row for row in csv.DictReader(lines)}
ROWS_OF_TABLE = {1: 16, 2: 9, 3: 6, 4: 7, 5: 2}
DATE = "MM/DD/YYYY"
FORMATS = {  # what the guidance says, and our formats that say the same
    "": None,
    "text; No fixed current address when homeless": {"text"},
    "ten digits": {"NPI"},
    "ten digits, or 0000000000": {"phone"},
    DATE: {"date", "birth date"},
    "Last, First, Title": set[str](),  # no format of ours: wherever it is asked for, the transcription says why it is taken as text
    "code of the 834": set[str](),
}
CARRIERS = {"ecm_carrier": {"MIF": "mif", "RTF": "rtf-ecm"}, "cs_carrier": {"ASF": "asf", "RTF": "rtf-cs"}}
INTERNAL = "internal"
NAMES = [f"{element.table}.{element.row} {element.name}" for element in ELEMENTS]


def asked(element: DhcsElement) -> dict[str, str]:
    return ASKED[element.table, element.row]


def differences(element: DhcsElement) -> set[tuple[str, str]]:
    """Aspect and place wherever a layout says something else than the guidance."""
    return {
        (aspect, kind)
        for kind, column in element.held.items()
        if kind in LAYOUTS
        for aspect, agrees in compared(asked(element), kind, LAYOUTS[kind].elements()[column]).items()
        if not agrees
    }


def compared(row: dict[str, str], kind: str, column: Element) -> dict[str, bool]:
    names = {plain_words(name) for name in (row["element"], *row["other_names"].split("; ")) if name}
    headings = (column.header, *column.aliases) if kind in INBOUND else (column.header,)
    formats = FORMATS[row["format"]]
    return {
        # The plan's own extracts have short names of their own for everything.
        "name": kind not in (*INBOUND, *OUTBOUND) or not names.isdisjoint(map(plain_words, headings)),
        "need": column.need.value == row["need"],
        "format": formats is None or column.format.name in formats,
        "codes": not row["codes"] or column.format.allowed == row["codes"],
    }


def explained(element: DhcsElement) -> list[tuple[str, str]]:
    """Aspect and place of every difference for which the transcription gives a reason."""
    found = []
    for part in filter(None, asked(element)["difference"].split(" | ")):
        told = re.fullmatch(r"(name|need|format|codes) in ([a-z, -]+): \S.+", part)
        assert told, part
        found += [(told[1], place) for place in told[2].split(", ")]
    return found


def test_every_element_of_the_guidance_is_declared_under_its_name() -> None:
    assert {(one.table, one.row): one.name for one in ELEMENTS} == {place: row["element"] for place, row in ASKED.items()}
    assert len(ELEMENTS) == len(ASKED)
    assert {table: sum(place[0] == table for place in ASKED) for table in ROWS_OF_TABLE} == ROWS_OF_TABLE


@pytest.mark.parametrize("element", ELEMENTS, ids=NAMES)
def test_every_element_is_held_by_a_column_of_the_store(element: DhcsElement) -> None:
    kept = {place: column for place, column in element.held.items() if place in TABLES}
    assert kept
    for table, column in kept.items():
        assert column in TABLES[table]
        if asked(element)["format"] == DATE:
            assert TABLES[table][column].is_temporal(), f"{table}.{column} is no date"
    assert all(column in LAYOUTS[kind].elements() for kind, column in element.held.items() if kind not in TABLES)


@pytest.mark.parametrize("element", ELEMENTS, ids=NAMES)
def test_every_element_stands_in_the_files_that_the_guidance_sends_it_with(element: DhcsElement) -> None:
    for column, kinds in CARRIERS.items():
        carrier = asked(element)[column]
        if carrier != INTERNAL:
            assert kinds[carrier] in element.held, carrier
            source = LAYOUTS[kinds[carrier]].elements()[element.held[kinds[carrier]]].source
            assert source.startswith("CLR guidance")
            assert re.search(rf"\b{element.table}\b", source), source


@pytest.mark.parametrize("element", ELEMENTS, ids=NAMES)
def test_a_layout_says_what_the_guidance_says_or_the_transcription_why_not(element: DhcsElement) -> None:
    assert sorted(explained(element)) == sorted(differences(element))


@pytest.mark.parametrize("element", ELEMENTS, ids=NAMES)
def test_a_column_is_not_older_than_the_element_that_it_holds(element: DhcsElement) -> None:
    assert {LAYOUTS[kind].elements()[column].since for kind, column in element.held.items() if kind in LAYOUTS} <= {element.since}


@pytest.mark.parametrize("place", ASKED, ids=lambda place: f"{place[0]}.{place[1]}")
def test_the_transcription_says_when_a_conditional_element_is_needed(place: tuple[int, int]) -> None:
    row = ASKED[place]
    assert row["need"] in {"R", "C", "O"}
    assert bool(row["condition"]) == (row["need"] == "C")
    assert row["format"] in FORMATS
    assert {row["ecm_carrier"], row["cs_carrier"]} <= {"MIF", "ASF", "RTF", INTERNAL}
