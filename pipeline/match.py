"""Matching: the loop that each row of a Return Transmission File belongs to.

The provider is the one whose mailbox the file came from, never what the file says. Whether the row then changes anything is
`settle`'s business.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from config.layout import AUTHORIZATION_NUMBER, PLAN_MEMBER_ID
from config.profile import LayoutChoice
from pipeline.findings import no_failures, row_failures
from pipeline.identify import identify_members, identify_referrals
from pipeline.persons import with_person
from schemas.codes import ECM_SERVICE, Program

LOOP = ("plan", "referral_id", "loop")
GENERATIONS = r"\b(?:jr|sr|ii|iii|iv)\b"


def match(
    rows: pl.DataFrame,
    loops: pl.DataFrame,
    members: pl.DataFrame,
    providers: pl.DataFrame,
    choice: LayoutChoice,
    authorizations: Callable[[], pl.DataFrame],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find each row's loop, and what its member and provider columns say wrongly.

    rows: values of one kind (`pipeline.validate.read_values`) with `provider_id`, `program`, `received_at` (first sighting).
    loops: `schemas.history.Loops` with `sent_at` (when the first MIF or ASF with the loop was made; null when not sent).
    members, providers: current versions. choice: how the plan's files tell member and referral. authorizations: gives the numbers
    that referrals have or had (`plan`, `referral_id`, `authorization_number`).
    Returns the rows with `person` (the member's current CIN), `service`, `referral_id`, `loop`, `sent_on` (null where nothing matches), and
    failures.
    """
    service = (
        pl.lit(ECM_SERVICE)
        if "service" not in rows.columns
        else pl.when(pl.col("program") == Program.ECM).then(pl.lit(ECM_SERVICE)).otherwise("service")
    )
    asked = rows.with_columns(service_asked=service, about=pl.coalesce("status_date", "production_date")).with_row_index("at")
    asked, allowed, misnamed = _identify(asked, loops, members, choice, authorizations)
    matched = _place(asked, loops, members, allowed)
    failures = pl.concat(
        [
            misnamed,
            row_failures(_unknown(matched), "R201", choice.key),
            *_names(matched, members),
            row_failures(_another_npi(matched, providers), "R204", "provider_npi"),
            row_failures(matched.filter(pl.col("status_date") < pl.col("sent_on")), "R315", "status_date"),
        ]
    )
    return matched.drop("service", "about", "is_asked", strict=False).rename({"service_asked": "service"}), failures


def match_attempts(
    rows: pl.DataFrame, loops: pl.DataFrame, members: pl.DataFrame, providers: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same for rows of an Initial Outreach Tracker: the ECM loop that the provider held on the day of the attempt."""
    asked = with_person(rows.with_columns(service_asked=pl.lit(ECM_SERVICE), about="outreach_date").with_row_index("at"), members)
    matched = _place(asked.with_columns(is_asked=pl.col("cin").is_not_null()), loops, members)
    failures = [row_failures(_unknown(matched), "R201", "cin"), row_failures(_another_npi(matched, providers), "R204", "provider_npi")]
    return matched.drop("about", "is_asked").rename({"service_asked": "service"}), pl.concat(failures)


def _identify(
    asked: pl.DataFrame, loops: pl.DataFrame, members: pl.DataFrame, choice: LayoutChoice, authorizations: Callable[[], pl.DataFrame]
) -> tuple[pl.DataFrame, pl.DataFrame | None, pl.DataFrame]:
    """Add `person`, and `is_asked` (the row says whom and what it is about); the referrals that it may be about, None for any; failures."""
    failures = [no_failures()]
    if choice.key == PLAN_MEMBER_ID:
        asked, found = identify_members(asked, loops, members)
        failures.append(found)
    asked = with_person(asked, members).with_columns(is_asked=pl.col(choice.key).is_not_null())
    if choice.referral_key != AUTHORIZATION_NUMBER:
        return asked.with_columns(is_asked=pl.col("is_asked") & pl.col("service_asked").is_not_null()), None, pl.concat(failures)
    asked, allowed, found = identify_referrals(asked, loops, members, authorizations())
    return asked, allowed, pl.concat([*failures, found])


def _place(rows: pl.DataFrame, loops: pl.DataFrame, members: pl.DataFrame, allowed: pl.DataFrame | None = None) -> pl.DataFrame:
    """The provider's latest loop sent on or before the status date, else its earliest; only loops sent before the file was received.

    allowed: the referrals (`at`, `referral_id`) that come into question, where not all do.
    """
    held = with_person(loops.filter(pl.col("sent_at").is_not_null()), members)
    candidates = (
        rows.select("at", "provider_id", "person", "service_asked", "about", "received_at")
        .join(
            held.select("provider_id", "person", "referral_id", "loop", "sent_on", "sent_at", service_asked="service"),
            on=["provider_id", "person", "service_asked"],
            how="inner",
            maintain_order="left",
        )
        .filter(pl.col("sent_at") <= pl.col("received_at"))
        .with_columns(before=pl.col("sent_on") <= pl.col("about"))
    )
    if allowed is not None:
        candidates = candidates.join(allowed, on=["at", "referral_id"], how="semi", maintain_order="left")
    in_order = candidates.sort("at", "sent_on", "referral_id", "loop", maintain_order=True)
    latest_before = in_order.filter("before").unique("at", keep="last", maintain_order=True)
    earliest = in_order.unique("at", keep="first", maintain_order=True)
    found = (
        pl.concat([latest_before, earliest]).unique("at", keep="first", maintain_order=True).select("at", "referral_id", "loop", "sent_on")
    )
    return rows.join(found, on="at", how="left", maintain_order="left").drop("at")


def _unknown(matched: pl.DataFrame) -> pl.DataFrame:
    return matched.filter(pl.col("referral_id").is_null() & pl.col("is_asked"))


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
