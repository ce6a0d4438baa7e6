"""A synthetic plan of any size, quickly: providers, members, referrals, and the Return Transmission Files that answer them.

Regular on purpose: of every fifty rows one has a mistyped CIN and one a day that does not exist, and both are rejected; one has a short
phone number where none is needed, which is a warning. So the accounting of every run is known before it starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import xlsxwriter  # type: ignore[import-untyped] # has annotations, but does not say so

from schemas.layouts import EXTRACTS as EXTRACT_LAYOUTS
from schemas.layouts import LAYOUTS, RTF_CS, RTF_ECM

EXTRACTS, LISTS, NIGHT = "2025-09-05T08:00", "2025-09-15T09:00", "2025-11-03T21:00"  # in plan time: the days of a synthetic plan
CS_SERVICE = "Housing Deposits"
REJECTED_OF_50, WARNED_OF_50 = 2, 1
XLSX = "xlsx"


@dataclass(frozen=True)
class Size:
    """How many providers, and how many referrals each of them reports on; formats take turns among the providers of a program."""

    providers: int
    rows: int
    formats: tuple[str, ...] = ("csv",)
    faulty: bool = True

    @property
    def all_rows(self) -> int:
        return self.providers * self.rows

    @property
    def rejected(self) -> int:
        return self.providers * REJECTED_OF_50 * (self.rows // 50) if self.faulty else 0


def roster(size: Size) -> pl.DataFrame:
    """`schemas.providers.Providers` as texts: ECM and Community Supports in turn."""
    places = range(size.providers)
    return _complete(
        "providers",
        pl.DataFrame({"place": places}).select(
            provider_id=pl.format("P{}", pl.col("place").cast(pl.String).str.zfill(5)),
            name=pl.format("Provider {}", "place"),
            npi=pl.Series([npi(place) for place in places]),
            programs=pl.when(pl.col("place") % 2 == 0).then(pl.lit("ECM")).otherwise(pl.lit("CS")),
            mailbox=pl.format("box{}", pl.col("place").cast(pl.String).str.zfill(5)),
            file_format=pl.Series([format_of(size, place) for place in places]),
            effective=pl.lit("2025-01-01"),
        ),
    )


def format_of(size: Size, place: int) -> str:
    """The format that a provider sends."""
    return size.formats[place // 2 % len(size.formats)]


def people(size: Size) -> pl.DataFrame:
    """One row for each referral: `place` of the provider, `at` its row, `number`, and the member's `cin`, `first_name`, `last_name`."""
    return pl.DataFrame({"number": pl.int_range(size.all_rows, eager=True)}).select(
        "number",
        place=pl.col("number") // size.rows,
        at=pl.col("number") % size.rows,
        cin=pl.format("9{}A", pl.col("number").cast(pl.String).str.zfill(7)),
        first_name=_name("number"),
        last_name=_name(pl.col("number") * 7 + 3),
    )


def members(size: Size) -> pl.DataFrame:
    """`schemas.members.Members` as texts."""
    return _complete(
        "members",
        people(size).select(
            "cin",
            "first_name",
            "last_name",
            plan_member_id=pl.col("number").cast(pl.String).str.zfill(8),
            date_of_birth=pl.lit("1980-02-03"),
            gender=pl.lit("F"),
            phone=pl.lit("6195550100"),
            address=pl.format("{} Main Street", "number"),
            city=pl.lit("San Diego"),
            state=pl.lit("CA"),
            zip=pl.lit("92101"),
            homeless=pl.lit("N"),
        ),
    )


def referrals(size: Size) -> pl.DataFrame:
    """`schemas.referrals.Referrals` as texts: one for each member, approved and placed."""
    return _complete(
        "referrals",
        people(size).select(
            "cin",
            referral_id=pl.format("R{}", "number"),
            program=pl.when(_is_ecm()).then(pl.lit("ECM")).otherwise(pl.lit("CS")),
            service=pl.when(_is_ecm()).then(pl.lit("ECM")).otherwise(pl.lit(CS_SERVICE)),
            referral_date=pl.lit("2025-09-01"),
            referral_type=pl.lit("1"),
            referring_org_name=pl.lit("County Clinic"),
            request_received_at=pl.lit("2025-09-01T09:00"),
            authorization_status=pl.lit("Approved"),
            authorization_number=pl.format("A{}", "number"),
            authorization_effective=pl.lit("2025-09-03"),
            authorization_end=pl.lit("2026-09-02"),
            decision_at=pl.lit("2025-09-03T10:00"),
            expedited=pl.lit("N"),
            provider_id=pl.format("P{}", pl.col("place").cast(pl.String).str.zfill(5)),
            assigned_at=pl.lit("2025-09-04T10:00"),
        ),
    )


def answers(kind: str, size: Size, first: int = 0) -> pl.DataFrame:
    """The rows of all files of a kind, `place` and the layout's headings as columns, texts or null."""
    elements = LAYOUTS[kind].elements()
    rows = people(size).filter(_is_ecm() if kind == RTF_ECM else ~_is_ecm(), pl.col("place") >= first)
    npis = dict(enumerate(npi(place) for place in range(size.providers)))
    wrong = pl.when(pl.lit(size.faulty)).then(pl.col("at") % 50).otherwise(-1)
    closed, declined = pl.col("at") % 5 == 1, pl.col("at") % 5 == 2
    fields = {
        "plan_identifier": pl.lit("MYPLAN"),
        "plan_name": pl.lit("My Health Plan"),
        "plan_member_id": pl.col("number").cast(pl.String).str.zfill(8),
        "cin": pl.when(wrong == 7).then(pl.col("cin").str.head(8)).otherwise("cin"),
        "member_last_name": pl.col("last_name"),
        "member_first_name": pl.col("first_name"),
        "new_address": pl.lit("N"),
        "new_phone": pl.lit("N"),
        "homeless": pl.lit("N"),
        "member_acuity": pl.lit("Medium"),
        "service": pl.lit(CS_SERVICE),
        "authorization_number": pl.format("A{}", "number"),
        "care_plan_revised": pl.lit("10/02/2025"),
        "care_conference": pl.lit("10/09/2025"),
        "assessment_started": pl.lit("09/20/2025"),
        "latest_encounter": pl.format("10/{}/2025", (pl.col("number") % 28 + 1).cast(pl.String).str.zfill(2)),
        "care_manager_name": pl.format("{} {}", "last_name", "first_name"),
        "care_manager_phone": pl.when(wrong == 31).then(pl.lit("619555")).otherwise(pl.lit("6195550111")),
        "outreach_date": pl.lit("10/02/2025"),
        "provider_phone": pl.when((wrong == 31) & ~_is_ecm()).then(pl.lit("619555")).otherwise(pl.lit("6195550112")),
        "care_manager_email": pl.lit("manager@provider.example"),
        "in_person": (pl.col("number") % 4).cast(pl.String),
        "telephonic": (pl.col("number") % 3).cast(pl.String),
        "production_date": pl.lit("10/31/2025"),
        "reporting_period": pl.lit("10/2025"),
        "provider_name": pl.format("Provider {}", "place"),
        "provider_npi": pl.col("place").replace_strict(npis, return_dtype=pl.String),
        "referral_status": pl.when(closed)
        .then(pl.lit("Referral Loop Closed"))
        .when(declined)
        .then(pl.lit("Declined"))
        .otherwise(pl.lit("Outreach Initiated")),
        "status_date": pl.when(wrong == 19)
        .then(pl.lit("09/31/2025"))
        .otherwise(pl.format("10/{}/2025", (pl.col("number") % 28 + 1).cast(pl.String).str.zfill(2))),
        "closure_reason": pl.when(closed).then(pl.lit("Services Received")).when(declined).then(pl.lit("Service Provider Declined")),
    }
    none = pl.lit(None, dtype=pl.String)
    return rows.select("place", *(fields.get(name, none).alias(element.header) for name, element in elements.items()))


def write_files(size: Size, mailboxes: Path) -> None:
    """Put every provider's file into its mailbox, as a provider would."""
    for kind in (RTF_ECM, RTF_CS):
        for part in answers(kind, size).partition_by("place", maintain_order=True):
            place = part["place"][0]
            form = format_of(size, place)
            folder = mailboxes / f"box{place:05}" / "to_plan"
            folder.mkdir(parents=True)
            path = folder / f"RTF_{place:05}_202510.{form}"
            if form == XLSX:
                write_workbook(part.drop("place"), path)
            else:
                part.drop("place").write_csv(path)


def write_workbook(rows: pl.DataFrame, path: Path) -> None:
    """A workbook with shared strings, as Excel itself writes them."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": datetime(2025, 10, 31, tzinfo=UTC)})
        sheet = book.add_worksheet("RTF")
        sheet.write_row(0, 0, rows.columns)
        for number, row in enumerate(rows.iter_rows(), start=1):
            sheet.write_row(number, 0, ["" if cell is None else cell for cell in row])


def npi(place: int) -> str:
    """A number in the form of an NPI, with the check digit of the standard (Luhn over 80840 and nine digits)."""
    body = f"1{place:08}"
    digits = [int(digit) for digit in f"80840{body}"]
    total = sum(sum(divmod(2 * digit, 10)) if at % 2 == 0 else digit for at, digit in enumerate(reversed(digits)))
    return f"{body}{-total % 10}"


def _is_ecm() -> pl.Expr:
    return pl.col("place") % 2 == 0


def _name(number: str | pl.Expr) -> pl.Expr:
    """A name of six letters that follows from a number."""
    value = pl.col(number) if isinstance(number, str) else number
    letters = [(value // 26**power % 26 + 97).cast(pl.UInt32) for power in range(5)]
    table = {number: chr(number) for number in range(97, 123)}
    return pl.concat_str(pl.lit("M"), *(letter.replace_strict(table, return_dtype=pl.String) for letter in letters))


def _complete(kind: str, rows: pl.DataFrame) -> pl.DataFrame:
    none = pl.lit(None, dtype=pl.String)
    return rows.select((pl.col(name) if name in rows.columns else none).alias(name) for name in EXTRACT_LAYOUTS[kind].elements())
