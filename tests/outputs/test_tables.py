import csv
import datetime as dt
from io import BytesIO, StringIO

import fastexcel
import polars as pl
import pytest

from outputs.tables import table_csv, table_parquet, table_workbook
from tests.outputs.conftest import opened

FRAME = pl.DataFrame(
    {
        "cin": ["90000001A", None],
        "number": ["00012", ""],
        "count": [7, None],
        "day": [dt.date(2026, 3, 5), None],
        "at": [dt.datetime(2026, 3, 6, 5, 0, tzinfo=dt.UTC), None],
        "yes": [True, None],
    },
    schema_overrides={"at": pl.Datetime("us", "UTC")},
)


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode(), newline="")))


def test_a_table_as_csv_keeps_zeros_and_writes_days_and_moments_in_iso() -> None:
    assert read(table_csv(FRAME)) == [
        ["cin", "number", "count", "day", "at", "yes"],
        ["90000001A", "00012", "7", "2026-03-05", "2026-03-06T05:00:00Z", "true"],
        ["", "", "", "", "", ""],
    ]


def test_moments_in_a_zone_have_its_offset_and_their_microseconds() -> None:
    at = dt.datetime(2026, 7, 6, 5, 0, 0, 250_000, tzinfo=dt.UTC)
    frame = pl.DataFrame({"at": [at]}).with_columns(pl.col("at").dt.convert_time_zone("America/Los_Angeles"))
    (written,) = read(table_csv(frame))[1]
    assert written == "2026-07-05T22:00:00.250-07:00"
    assert dt.datetime.fromisoformat(written) == at


def test_a_csv_is_bare_utf_8_for_programs() -> None:
    assert table_csv(pl.DataFrame({"name": ["Núñez"]})) == "name\nNúñez\n".encode()


def test_a_hostile_text_is_no_formula_in_a_csv(hostile: str) -> None:
    ((written,),) = read(table_csv(pl.DataFrame({"text": [hostile]})))[1:]
    assert written in (hostile, "'" + hostile)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r", "\N{FULLWIDTH EQUALS SIGN}"))


def test_a_number_below_zero_stays_a_number() -> None:
    assert table_csv(pl.DataFrame({"days": [-3]})) == b"days\n-3\n"


def test_parquet_gives_the_very_frame_back() -> None:
    assert pl.read_parquet(BytesIO(table_parquet(FRAME))).equals(FRAME)


def test_a_workbook_has_texts_as_text_and_numbers_days_and_moments_as_such() -> None:
    sheet = opened(table_workbook(FRAME, "loops"))["loops"]
    assert [cell.value for cell in sheet[1]] == FRAME.columns
    assert [cell.value for cell in sheet[2]] == ["90000001A", "00012", 7, dt.datetime(2026, 3, 5), dt.datetime(2026, 3, 6, 5), True]  # noqa: DTZ001
    assert sheet["E2"].number_format.endswith('"Z"')  # a worksheet has no zones: the look of the cell says that it is UTC
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:F3")


def test_another_reader_finds_the_types_too() -> None:
    read_back = fastexcel.read_excel(table_workbook(FRAME, "loops")).load_sheet("loops").to_polars()
    assert read_back.row(0) == ("90000001A", "00012", 7.0, dt.datetime(2026, 3, 5), dt.datetime(2026, 3, 6, 5), True)  # noqa: DTZ001


def test_a_value_that_excel_does_not_know_is_written_as_text() -> None:
    frame = pl.DataFrame({"span": ["a"]}, schema={"span": pl.Enum(["a"])})
    assert opened(table_workbook(frame, "t"))["t"]["A2"].value == "a"


def test_more_rows_than_a_worksheet_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="1,048,576"):
        table_workbook(pl.DataFrame({"n": pl.int_range(1_048_576, eager=True)}), "n")


def test_the_same_frame_gives_the_same_bytes() -> None:
    for write in (table_csv, table_parquet, lambda frame: table_workbook(frame, "t")):
        assert write(FRAME) == write(FRAME.clone())


def test_a_table_without_rows_has_its_headings() -> None:
    assert table_csv(FRAME.clear()) == b"cin,number,count,day,at,yes\n"
    assert opened(table_workbook(FRAME.clear(), "t"))["t"].max_row == 1
