"""Matching: the loop that each row of a Return Transmission File belongs to.

The provider is the one whose mailbox the file came from, never what the file says. Whether the row then changes anything is
`settle`'s business.
"""

from __future__ import annotations

import polars as pl

from pipeline.findings import row_failures
from schemas.codes import ECM_SERVICE, Program

LOOP = ("plan", "referral_id", "loop")
CIN_CHANGES = 4  # how often a person's CIN is followed through records that were combined
GENERATIONS = r"\b(?:jr|sr|ii|iii|iv)\b"


def match(rows: pl.DataFrame, loops: pl.DataFrame, members: pl.DataFrame, providers: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find each row's loop, and what its member and provider columns say wrongly.

    rows: values of one kind (`pipeline.validate.read_values`) with `provider_id`, `program`, `received_at` (first sighting).
    loops: `schemas.history.Loops` with `sent_at` (when the first MIF or ASF with the loop was made; null when not sent).
    members, providers: current versions.
    Returns the rows with `person` (the member's current CIN), `referral_id`, `loop`, `sent_on` (null where nothing matches), and failures.
    """
    service = (
        pl.lit(ECM_SERVICE)
        if "service" not in rows.columns
        else pl.when(pl.col("program") == Program.ECM).then(pl.lit(ECM_SERVICE)).otherwise("service")
    )
    asked = with_person(rows.with_columns(service_asked=service, about=pl.coalesce("status_date", "production_date")), members)
    matched = _place(asked, loops, members)
    failures = pl.concat(
        [
            row_failures(_unknown(matched), "R201", "cin"),
            *_names(matched, members),
            row_failures(_another_npi(matched, providers), "R204", "provider_npi"),
            row_failures(matched.filter(pl.col("status_date") < pl.col("sent_on")), "R315", "status_date"),
        ]
    )
    return matched.drop("service_asked", "about"), failures


def match_attempts(
    rows: pl.DataFrame, loops: pl.DataFrame, members: pl.DataFrame, providers: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same for rows of an Initial Outreach Tracker: the ECM loop that the provider held on the day of the attempt."""
    asked = with_person(rows.with_columns(service_asked=pl.lit(ECM_SERVICE), about="outreach_date"), members)
    matched = _place(asked, loops, members)
    failures = [row_failures(_unknown(matched), "R201", "cin"), row_failures(_another_npi(matched, providers), "R204", "provider_npi")]
    return matched.drop("service_asked", "about"), pl.concat(failures)


def with_person(frame: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Add `person`: the CIN by which the member is known now, through CINs that were given up."""
    known = (
        members.filter(pl.col("previous_cin").is_not_null())
        .select(cin="previous_cin", now="cin")
        .unique("cin", keep="last", maintain_order=True)
    )
    for _ in range(CIN_CHANGES - 1):
        later = known.select(now="cin", later="now")
        known = known.join(later, on="now", how="left", maintain_order="left").select("cin", now=pl.coalesce("later", "now"))
    followed = frame.join(known, on="cin", how="left", maintain_order="left")
    return followed.with_columns(person=pl.coalesce("now", "cin")).drop("now")


def _place(rows: pl.DataFrame, loops: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """The provider's latest loop sent on or before the status date, else its earliest; only loops sent before the file was received."""
    held = with_person(loops.filter(pl.col("sent_at").is_not_null()), members)
    candidates = (
        rows.with_row_index("at")
        .select("at", "provider_id", "person", "service_asked", "about", "received_at")
        .join(
            held.select("provider_id", "person", "referral_id", "loop", "sent_on", "sent_at", service_asked="service"),
            on=["provider_id", "person", "service_asked"],
            how="inner",
            maintain_order="left",
        )
        .filter(pl.col("sent_at") <= pl.col("received_at"))
        .with_columns(before=pl.col("sent_on") <= pl.col("about"))
    )
    in_order = candidates.sort("at", "sent_on", "referral_id", "loop", maintain_order=True)
    latest_before = in_order.filter("before").unique("at", keep="last", maintain_order=True)
    earliest = in_order.unique("at", keep="first", maintain_order=True)
    found = (
        pl.concat([latest_before, earliest]).unique("at", keep="first", maintain_order=True).select("at", "referral_id", "loop", "sent_on")
    )
    return rows.with_row_index("at").join(found, on="at", how="left", maintain_order="left").drop("at")


def _unknown(matched: pl.DataFrame) -> pl.DataFrame:
    return matched.filter(pl.col("referral_id").is_null() & pl.col("cin").is_not_null() & pl.col("service_asked").is_not_null())


def _names(matched: pl.DataFrame, members: pl.DataFrame) -> list[pl.DataFrame]:
    """Only of members that were sent to this provider: a name is never compared for anybody else."""
    held = members.select(person="cin", first=_bare("first_name"), last=_bare("last_name"))
    compared = (
        matched.filter(pl.col("referral_id").is_not_null())
        .join(held, on="person", how="inner", maintain_order="left")
        .with_columns(
            first_differs=(_bare("member_first_name") != pl.col("first")).fill_null(value=False),
            last_differs=(_bare("member_last_name") != pl.col("last")).fill_null(value=False),
        )
    )
    both = pl.col("first_differs") & pl.col("last_differs")
    return [
        row_failures(compared.filter(both), "R202", "member_last_name"),
        row_failures(compared.filter(pl.col("first_differs") & ~both), "R203", "member_first_name"),
        row_failures(compared.filter(pl.col("last_differs") & ~both), "R203", "member_last_name"),
    ]


def _bare(name: str) -> pl.Expr:
    """A name without case, accents, suffixes and punctuation."""
    return (
        pl.col(name)
        .str.normalize("NFKD")
        .str.to_lowercase()
        .str.replace_all(r"\p{M}", "")
        .str.replace_all(r"[^\p{L}\s]", " ")
        .str.replace_all(GENERATIONS, " ")
        .str.replace_all(r"\s+", "")
    )


def _another_npi(matched: pl.DataFrame, providers: pl.DataFrame) -> pl.DataFrame:
    own = providers.select("provider_id", provider_npi="npi").unique()
    return matched.filter(pl.col("provider_npi").is_not_null()).join(
        own, on=["provider_id", "provider_npi"], how="anti", maintain_order="left"
    )
