"""Contacts: what providers report of a member's address, phone number and home, which of it is new, and what other providers are told.

The plan's own member data are never touched: what the plan's systems make of a change is theirs to decide.
"""

from __future__ import annotations

import polars as pl

from pipeline.names import digest_names
from pipeline.persons import with_person
from schemas.codes import plain
from schemas.contacts import CONTACT_VALUES, PARTY, ContactChanges, ContactKind, ContactReports
from schemas.history import LOOP, RECEIPT_ORDER
from schemas.submissions import RowOutcome

TOLD = {  # when a row says that something is new, and which of its columns say what (DHCS member-level information sharing, RTF)
    ContactKind.ADDRESS: ((pl.col("new_address") == "Y") & pl.col("address").is_not_null(), ("address", "city", "state", "zip")),
    ContactKind.PHONE: ((pl.col("new_phone") == "Y") & pl.col("phone").is_not_null(), ("phone",)),
    ContactKind.HOMELESS: (pl.col("homeless").is_not_null(), ("homeless",)),
}
NOT_KNOWN = "0000000000"  # stands for a phone number that nobody knows


def contact_reports(rows: pl.DataFrame, loops: pl.DataFrame) -> pl.DataFrame:
    """What rows of merged files say of contact data, once for each row and kind.

    rows: values of Return Transmission Files with `referral_id`, `loop`, `provider_id`, `received_at`, `submission_id`, `row` and
    `outcome`. loops: `schemas.history.Loops`. Returns `schemas.contacts.ContactReports`, by row.
    """
    told = rows.filter(pl.col("outcome").is_in([RowOutcome.ACCEPTED.value, RowOutcome.UNCHANGED.value]))
    of_member = told.drop("cin").join(loops.select(*LOOP, "cin"), on=LOOP, how="inner", maintain_order="left")
    parts = [
        of_member.filter(says_so).with_columns(
            *(pl.lit(None, dtype=pl.String).alias(name) for name in CONTACT_VALUES if name not in columns), what=pl.lit(kind.value)
        )
        for kind, (says_so, columns) in TOLD.items()
    ]
    reports = pl.concat(part.select(ContactReports.polars_schema().names()) for part in parts)
    return reports.sort("received_at", "submission_id", "row", "what")


def contact_changes(reports: pl.DataFrame) -> pl.DataFrame:
    """The changes that reports amount to: each thing that a provider says of a member and did not say the time before.

    reports: all reports of the parties (`schemas.contacts.PARTY`) asked about, in any order; the order of receipt decides. What is said
    again after something else is a change again. Letter case and punctuation make no change. Returns `schemas.contacts.ContactChanges`.
    """
    said = pl.struct(plain(pl.col(name).fill_null("")) for name in CONTACT_VALUES)
    in_order = reports.with_columns(said=said).sort(*PARTY, *RECEIPT_ORDER)
    changes = in_order.filter(pl.col("said").ne_missing(pl.col("said").shift(1).over(PARTY)))
    counted = changes.with_columns(time=pl.int_range(1, pl.len() + 1).over(*PARTY, "said"))
    names = digest_names("C", counted.select(*PARTY, "time", "said").unnest("said"))
    return counted.with_columns(change_id=names).select(ContactChanges.polars_schema().names()).sort("change_id")


def confirmations(changes: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Those changes that tell the plan nothing: a party's first word on homelessness, when the plan holds the same.

    changes: all of the parties asked about. members: current versions, former CINs among them.
    """
    first = changes.sort(*PARTY, *RECEIPT_ORDER).unique(PARTY, keep="first", maintain_order=True)
    held = with_person(members, members).select("plan", "person", held=pl.col("homeless").fill_null("N")).unique(["plan", "person"])
    said = with_person(first.filter(pl.col("what") == ContactKind.HOMELESS), members)
    same = said.join(held, on=["plan", "person"], how="inner", maintain_order="left").filter(pl.col("homeless") == pl.col("held"))
    return same.select(changes.columns)


def supplemental_contacts(changes: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Phone number and address that providers reported last of a member, where the plan's own are others.

    changes: `schemas.contacts.ContactChanges`. members: current versions, former CINs of a member among them.
    Returns `plan`, `cin`, `supplemental_phone` and `supplemental_address` (null where there is nothing to add), by CIN.
    """
    latest = (
        with_person(changes, members)
        .sort(*RECEIPT_ORDER)
        .unique(["plan", "person", "what"], keep="last", maintain_order=True)
        .with_columns(line=_address_line())
    )
    phones = latest.filter(pl.col("what") == ContactKind.PHONE).select("plan", "person", reported_phone="phone")
    addresses = latest.filter(pl.col("what") == ContactKind.ADDRESS).select("plan", "person", reported_address="line")
    known = (
        with_person(members, members)
        .join(phones, on=["plan", "person"], how="left", maintain_order="left")
        .join(addresses, on=["plan", "person"], how="left", maintain_order="left")
    )
    new_phone = pl.col("reported_phone").ne_missing(pl.col("phone")) & (pl.col("reported_phone") != NOT_KNOWN)
    new_address = plain(pl.col("reported_address")).ne_missing(plain(_address_line()))
    return known.select(
        "plan",
        "cin",
        supplemental_phone=pl.when(new_phone).then("reported_phone"),
        supplemental_address=pl.when(new_address).then("reported_address"),
    ).sort("plan", "cin")


def _address_line() -> pl.Expr:
    """An address on one line; null without a street."""
    street = pl.concat_str("address", "city", separator=", ", ignore_nulls=True)
    rest = pl.concat_str("state", "zip", separator=" ", ignore_nulls=True)
    line = pl.when(rest == "").then(street).otherwise(pl.concat_str(street, rest, separator=", "))
    return pl.when(pl.col("address").is_not_null()).then(line)
