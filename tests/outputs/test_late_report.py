import csv
import datetime as dt
from html.parser import HTMLParser
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from jinja2 import UndefinedError

from outputs.late_report import CLASSES, MOST_MEMBERS_ON_A_PAGE, late_csv, late_members_csv, late_page, late_workbook
from outputs.pages import page
from schemas.lateness import LateMembers, Lateness, LatenessClass
from tests.outputs.conftest import opened

ZONE = ZoneInfo("America/Los_Angeles")
AS_OF = dt.datetime(2026, 3, 9, 8, 0, tzinfo=ZONE)
DUE = dt.datetime(2026, 3, 6, 7, 59, 59, tzinfo=dt.UTC)


def row(provider_id: str, class_: str, **others: Any) -> dict[str, Any]:
    return {
        "plan": "iehp",
        "period": "2026-02",
        "provider_id": provider_id,
        "provider_name": f"Provider {provider_id}",
        "program": "ECM",
        "class_": class_,
        "due_at": DUE,
        "received_at": None,
        "days_late": 0,
        "members_expected": 10,
        "members_missing": 0,
        "consecutive_periods": 0,
        "last_accepted_at": None,
        "contact_email": "rtf@example.org",
    } | others


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=Lateness.polars_schema())


def missing(*cins: str) -> pl.DataFrame:
    rows = [{"period": "2026-02", "provider_id": "P1", "program": "ECM", "cin": cin, "referral_id": f"R-{cin}"} for cin in cins]
    return pl.DataFrame(rows, schema=LateMembers.polars_schema())


LATENESS = frame(
    row("P4", "on_time", received_at=dt.datetime(2026, 3, 4, 18, 0, tzinfo=dt.UTC)),
    row("P3", "late", days_late=2, consecutive_periods=1, received_at=dt.datetime(2026, 3, 8, 6, 30, tzinfo=dt.UTC)),
    row("P2", "missing", days_late=4, consecutive_periods=1, contact_email=None),
    row("P1", "missing", days_late=4, consecutive_periods=3, members_missing=2, program="CS"),
    row("P5", "nothing_due", members_expected=0),
)
MEMBERS = missing("90000002C", "90000001A")


class Cells(HTMLParser):
    """The rows of a page's tables as texts, and every tag with its attributes."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def shown(lateness: pl.DataFrame = LATENESS, members: pl.DataFrame = MEMBERS) -> Cells:
    return Cells(late_page(lateness, members, "Inland Plan", "2026-02", AS_OF))


def test_the_csv_has_its_fixed_columns_and_plan_time() -> None:
    heading, first, *_ = csv.reader(StringIO(late_csv(LATENESS, ZONE).decode(), newline=""))
    assert ",".join(heading) == (
        "plan,period,provider_id,provider_name,program,class,due_at,received_at,days_late,members_expected,members_missing,"
        "consecutive_periods,last_accepted_at,contact_email"
    )
    assert first == ["iehp", "2026-02", "P1", "Provider P1", "CS", "missing", "2026-03-05T23:59:59-08:00", "", "4", "10", "2", "3", "", "rtf@example.org"]  # fmt: skip  # noqa: E501


def test_without_a_zone_the_moments_stay_in_that_of_their_columns() -> None:
    local = LATENESS.with_columns(pl.col("due_at", "received_at", "last_accepted_at").dt.convert_time_zone(str(ZONE)))
    assert late_csv(local) == late_csv(LATENESS, ZONE)
    assert b"2026-03-06T07:59:59Z" in late_csv(LATENESS)


def test_the_members_are_listed_in_a_fixed_order() -> None:
    assert late_members_csv(MEMBERS) == (
        b"period,provider_id,program,cin,referral_id\n2026-02,P1,ECM,90000001A,R-90000001A\n2026-02,P1,ECM,90000002C,R-90000002C\n"
    )


def test_the_workbook_has_a_sheet_for_each_class_with_rows_and_one_of_members() -> None:
    book = opened(late_workbook(LATENESS, MEMBERS, ZONE, AS_OF.date()))
    assert book.sheetnames == ["Missing", "Late", "Nothing due", "On time", "Missing members"]
    sheet = book["Missing"]
    headings = [cell.value for cell in sheet[1]]
    assert headings[-4:] == ["Contact", "E-mail", "Phone", "Follow-up"]
    assert [cell.value for cell in sheet["A"]] == ["Provider ID", "P1", "P2"]
    assert [sheet.cell(2, len(headings) - 2).value, sheet.cell(2, len(headings)).value] == ["rtf@example.org", None]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:P3")
    assert [cell.value for cell in book["Missing members"][2]] == ["2026-02", "P1", "Provider P1", "ECM", "90000001A", "R-90000001A"]


def test_numbers_and_moments_of_the_workbook_can_be_reckoned_with_and_are_in_plan_time() -> None:
    sheet = opened(late_workbook(LATENESS, MEMBERS, ZONE, AS_OF.date()))["Late"]
    values = dict(zip([cell.value for cell in sheet[1]], [cell.value for cell in sheet[2]], strict=True))
    assert (values["Days late"], values["Due"]) == (2, dt.datetime(2026, 3, 5, 23, 59, 59))  # noqa: DTZ001 - a worksheet knows no zones
    assert values["Received"] == dt.datetime(2026, 3, 7, 22, 30)  # noqa: DTZ001


def test_with_nobody_late_the_workbook_still_opens() -> None:
    assert opened(late_workbook(frame(), missing(), ZONE, AS_OF.date())).sheetnames == ["Missing members"]


def test_the_page_counts_every_class() -> None:
    read = shown()
    (lists,) = [tag for tag, _ in read.tags if tag == "dl"]
    assert lists
    counted = late_page(LATENESS, MEMBERS, "Inland Plan", "2026-02", AS_OF).decode()
    for one, number in {"Missing": 2, "Rejected": 0, "Late": 1, "Nothing due": 1, "On time": 1}.items():
        assert f'<dt>{one}</dt><dd class="number">{number}</dd>' in counted


def test_every_class_is_declared_for_the_page() -> None:
    assert {one.value for one in CLASSES} == set(LatenessClass)


def test_the_page_sums_up_what_needs_follow_up() -> None:
    text = " ".join(shown().text.split())
    assert "3 of 4 expected reports need follow-up; 1 of them for two periods or more in a row." in text
    assert "2 members were not reported." in text
    assert "Late Return Transmission Files, February 2026" in text
    assert "Inland Plan · due Mar 5, 2026, 11:59 PM · as of Mar 9, 2026, 8:00 AM" in text


def test_the_longest_missing_stands_first_with_its_contact_and_who_is_on_time_stands_apart() -> None:
    rows = [" ".join(cell.split()) for cells in shown().rows for cell in cells[:1]]
    assert rows == [
        "Provider",
        "Provider P1P1 · rtf@example.org",
        "Provider P2P2 · no contact on the roster",
        "Provider P3P3 · rtf@example.org",
        "Provider",
        "Provider P1P1",
        "Provider P1P1",
        "Provider",
        "Provider P5P5 · rtf@example.org",
        "Provider P4P4 · rtf@example.org",
    ]


def test_deadlines_that_differ_have_a_column() -> None:
    other = dt.datetime(2026, 3, 11, 6, 59, 59, tzinfo=dt.UTC)
    read = shown(pl.concat([LATENESS, frame(row("P6", "late", due_at=other, days_late=1, consecutive_periods=1))]))
    assert "Due" in [cell.strip() for cell in read.rows[0]]
    assert "Mar 10, 2026, 11:59 PM" in read.text


def test_with_nobody_late_the_page_says_so() -> None:
    assert "No report needs follow-up." in shown(frame(row("P4", "on_time")), missing()).text
    assert "No report needs follow-up." in shown(frame(), missing()).text


def test_a_long_list_of_members_is_cut_and_says_where_the_rest_is() -> None:
    read = shown(members=missing(*(f"9{number:07}A" for number in range(MOST_MEMBERS_ON_A_PAGE + 1))))
    assert "The first 500 of 501; late_members.csv" in read.text
    assert sum("R-9" in cells[-1] for cells in read.rows) == MOST_MEMBERS_ON_A_PAGE


def test_tables_say_what_they_are_to_a_screen_reader() -> None:
    read = shown()
    tags = [tag for tag, _ in read.tags]
    assert tags.count("caption") == tags.count("table") == 3
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in read.tags if tag == "th")


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    read = shown()
    assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in read.tags}
    assert all(str(attributes["href"]).startswith("mailto:") for tag, attributes in read.tags if tag == "a")
    assert any("default-src 'none'" in str(attributes.get("content")) for tag, attributes in read.tags if tag == "meta")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{7*7}}", '" onload="x', "javascript:alert(1)", "a?bcc=x@example.org"])
def test_hostile_names_and_contacts_are_shown_as_they_are(name: str) -> None:
    read = shown(frame(row("P1", "missing", provider_name=name, contact_email=name)), missing())
    assert name in read.rows[1][0]
    assert not {"script"} & {tag for tag, _ in read.tags}
    (contact,) = [attributes for tag, attributes in read.tags if tag == "a"]
    assert set(contact) == {"href"}
    assert str(contact["href"]).startswith("mailto:")
    assert "?" not in str(contact["href"])


def test_a_moment_without_a_zone_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="aware"):
        late_page(LATENESS, MEMBERS, "Inland Plan", "2026-02", dt.datetime(2026, 3, 9))  # noqa: DTZ001 - the mistake


def test_a_value_missing_from_a_page_stops_it() -> None:
    with pytest.raises(UndefinedError):
        page("late.html.j2", {"plan_name": "Inland Plan"})


def everything(lateness: pl.DataFrame, members: pl.DataFrame) -> list[bytes]:
    return [
        late_csv(lateness, ZONE),
        late_members_csv(members),
        late_workbook(lateness, members, ZONE, AS_OF.date()),
        late_page(lateness, members, "Inland Plan", "2026-02", AS_OF),
    ]


def test_the_order_given_changes_no_byte() -> None:
    assert everything(LATENESS, MEMBERS) == everything(LATENESS.reverse(), MEMBERS.reverse())
