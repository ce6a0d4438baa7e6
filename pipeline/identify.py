"""Identifying: whose row it is and which referral it is about, where a plan's files say so by member number and authorization number.

Looks only among what was sent to the row's own provider, so that nothing can be learned of anybody else. To which loop of a referral
the row belongs, `match` decides.
"""

from __future__ import annotations

import polars as pl

from pipeline.findings import row_failures
from pipeline.persons import with_person


def identify_members(rows: pl.DataFrame, loops: pl.DataFrame, members: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find each row's member by the plan's own number: as written, or else without the zeros before it where that means one person only.

    rows: `at`, `provider_id`, `received_at`, `plan_member_id`, `cin`, `cin_text`. loops: with `sent_at`. members: current versions.
    Returns the rows with `cin` as one of the member found, null where nobody who was sent to the provider has the number; and failures
    (R205) where the row has a CIN that is not that member's.
    """
    numbers = with_person(members.select("cin", number="plan_member_id"), members).select("person", "number").unique(maintain_order=True)
    asked = rows.select("at", "provider_id", "received_at", sought="plan_member_id")
    candidates = asked.join(_held(loops, members), on="provider_id", maintain_order="left").join(
        numbers, on="person", maintain_order="left"
    )
    meant = _meant(candidates.filter(_was_sent()), "person").filter(pl.len().over("at") == 1).select("at", found="person")
    named = with_person(rows, members).join(meant, on="at", how="left", maintain_order="left")
    other = named.filter((pl.col("person") != pl.col("found")).fill_null(value=False))
    agrees = (pl.col("person") == pl.col("found")).fill_null(value=False)
    found = named.with_columns(cin=pl.when(agrees).then("cin").otherwise("found")).drop("person", "found")
    return found, row_failures(other, "R205", "cin")


def identify_referrals(
    rows: pl.DataFrame, loops: pl.DataFrame, members: pl.DataFrame, authorizations: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Find which of the member's referrals each row may be about: by authorization number, else by service, else as there is one only.

    rows: `at`, `plan`, `provider_id`, `received_at`, `person`, `service_asked`, `authorization_number`, its text, `is_asked`. loops: with
    `sent_at`. authorizations: `plan`, `referral_id`, `authorization_number`.
    Returns the rows with `service_asked` filled in where it was found, and `is_asked` taken from those that an error speaks of already;
    the referrals allowed (`at`, `referral_id`), all for one service; and failures (R206, R207).
    """
    number, is_unreadable = pl.col("authorization_number"), pl.col("authorization_number").is_null() & _text().is_not_null()
    asked = rows.filter(pl.col("person").is_not_null() & ~is_unreadable)
    theirs = (
        asked.select("at", "plan", "provider_id", "received_at", "person", told="service_asked", sought=number)
        .join(_held(loops, members), on=["plan", "provider_id", "person"], maintain_order="left")
        .filter(_was_sent())
    )
    by_number = _meant(theirs.join(authorizations.rename({"authorization_number": "number"}), on=["plan", "referral_id"]), "referral_id")
    meant = theirs.filter(pl.col("sought").is_null()).select("at", "referral_id")
    agreeing = (
        theirs.join(pl.concat([meant, by_number]).unique(maintain_order=True), on=["at", "referral_id"], how="semi", maintain_order="left")
        .filter((pl.col("told") == pl.col("service")).fill_null(value=True))
        .select("at", "referral_id", "service")
        .unique(maintain_order=True)
    )
    of_one_service = pl.col("service").n_unique().over("at") == 1
    disagrees = theirs.filter(pl.col("sought").is_not_null()).join(agreeing, on="at", how="anti")["at"]
    unclear = agreeing.filter(~of_one_service)["at"]
    allowed = agreeing.filter(of_one_service)
    services = allowed.select("at", found="service").unique(maintain_order=True)
    found = rows.join(services, on="at", how="left", maintain_order="left").with_columns(
        service_asked=pl.coalesce("service_asked", "found"),
        is_asked=pl.col("is_asked") & ~is_unreadable & ~pl.col("at").is_in(pl.concat([disagrees, unclear]).implode()),
    )
    failures = [
        row_failures(rows.filter(pl.col("at").is_in(places.implode())), rule, "authorization_number")
        for rule, places in (("R206", unclear), ("R207", disagrees))
    ]
    return found.drop("found"), allowed.select("at", "referral_id"), pl.concat(failures)


def _text() -> pl.Expr:
    return pl.col("authorization_number_text")


def _held(loops: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Loops that were sent, each with its member's person."""
    sent = loops.filter(pl.col("sent_at").is_not_null())
    return (
        with_person(sent, members).select("plan", "provider_id", "person", "referral_id", "service", "sent_at").unique(maintain_order=True)
    )


def _was_sent() -> pl.Expr:
    return pl.col("sent_at") <= pl.col("received_at")


def _meant(candidates: pl.DataFrame, what: str) -> pl.DataFrame:
    """What the number sought may mean: whatever has it as written, else whatever has it without the zeros before it.

    candidates: `at`, `sought`, `number` and `what`. Returns `at` and `what`, each pair once.
    """
    as_written = candidates.filter(pl.col("sought") == pl.col("number"))
    without_zeros = candidates.filter(pl.col("sought").str.strip_chars_start("0") == pl.col("number").str.strip_chars_start("0"))
    others = without_zeros.join(as_written, on="at", how="anti", maintain_order="left")
    return pl.concat([as_written, others]).select("at", what).unique(maintain_order=True)
