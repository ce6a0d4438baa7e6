"""Decides how each notice that is not sent yet goes: by the channel of its recipient's kind, and by what is special to an organization.

It sends nothing, and knows nobody's server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from config.notices import Organization
from config.settings import Settings
from pipeline.notices import Owed
from pipeline.recipients import BY_HAND, NO_CONTACT, NO_DENIAL_REASON, NO_ELECTRONIC_ADDRESS, NO_POSTAL_ADDRESS
from schemas.codes import plain_words
from schemas.notices import NoticeState, RecipientKind

NO_MAILBOX = "no SFTP mailbox of the recipient is known"
NO_AGREEMENT = "a fax number is on file, but no agreement that it may be used"
ORGANIZATIONS = (RecipientKind.REFERRING_ENTITY.value, RecipientKind.PCP.value, RecipientKind.PROVIDER.value)
WITHOUT_ADDRESS = (NO_CONTACT, NO_ELECTRONIC_ADDRESS)  # what a mailbox or the portal makes good
SENDABLE = (NoticeState.QUEUED.value, NoticeState.MANUAL.value, NoticeState.FAILED.value)


@dataclass(frozen=True)
class Route:
    """A way to a recipient. destination: whose mailbox, by `provider_id` or by the name that the settings give an organization."""

    channel: str
    contact: str | None
    destination: str | None = None
    why_manual: str | None = None


@dataclass(frozen=True)
class _Party:
    """What an organization can be recognised by."""

    npi: str | None
    name: str | None
    provider_id: str | None


def routed(notices: pl.DataFrame, owed: Owed, settings: Settings) -> pl.DataFrame:
    """The way of each notice as settings say now.

    notices: those that are open and not on their way, as `schemas.notices.Notices`. Returns them with `channel`, `contact`, `state` and
    `why_manual` as they should be, and `destination`. A notice that was refused or came back waits for a person until its way is another.
    """
    known = _Known(owed, settings)
    routes = [_fitting(row, known) for row in notices.iter_rows(named=True)]
    told = pl.DataFrame(
        [(one.channel, one.contact, one.destination, one.why_manual) for one in routes],
        schema=dict.fromkeys(("channel", "contact", "destination", "why_manual"), pl.String),
        orient="row",
    )
    changed = (pl.col("channel") != pl.col("channel_before")) | pl.col("contact").ne_missing(pl.col("contact_before"))
    came_back = pl.col("outcome").is_not_null() | (pl.col("state") == NoticeState.FAILED.value)
    stays = came_back & (~changed | pl.col("why_manual").is_not_null())
    state = pl.when("stays").then("state").when(pl.col("why_manual").is_null()).then(pl.lit("queued")).otherwise(pl.lit("manual"))
    return (
        notices.rename({name: f"{name}_before" for name in ("channel", "contact", "why_manual")})
        .hstack(told)
        .with_columns(stays=stays)
        .with_columns(
            state=state,
            channel=pl.when("stays").then("channel_before").otherwise("channel"),
            contact=pl.when("stays").then("contact_before").otherwise("contact"),
            why_manual=pl.when("stays").then("why_manual_before").otherwise("why_manual"),
        )
        .select(*notices.columns, "destination")
    )


class _Known:
    """What is known of organizations, to be asked row by row."""

    def __init__(self, owed: Owed, settings: Settings) -> None:
        self.notices = settings.notices
        self.referring = {row[0]: row[1:] for row in owed.referrals.select("referral_id", "referring_org_npi", "referring_org_name").rows()}
        self.pcps = dict(_pcp_npis(owed.members))
        self.providers = {row[0]: row[1:] for row in owed.providers.select("provider_id", "npi", "name").rows()}
        self.mailboxes = dict(owed.providers.select("provider_id", "mailbox").rows())
        once = owed.providers.filter(pl.col("npi").is_not_null() & ~pl.col("npi").is_duplicated())
        self.by_npi = dict(once.select("npi", "provider_id").rows())

    def party(self, row: Mapping[str, Any]) -> _Party | None:
        """The organization that a notice goes to; None for people."""
        kind = row["recipient_kind"]
        if kind == RecipientKind.PROVIDER.value:
            npi, name = self.providers.get(row["provider_id"], (None, row["recipient"]))
            return _Party(npi, name, row["provider_id"])
        if kind == RecipientKind.PCP.value:
            npi = self.pcps.get(row["cin"])
            return _Party(npi, row["recipient"], self.by_npi.get(npi))
        if kind == RecipientKind.REFERRING_ENTITY.value:
            npi, name = self.referring.get(row["referral_id"], (None, None))
            return _Party(npi, name or row["recipient"], self.by_npi.get(npi))
        return None

    def special(self, party: _Party) -> tuple[str, Organization] | None:
        """What the settings say of an organization, with their name for it: found by roster, then NPI, then name."""
        own = self.notices.organizations.items()
        for key, one in own:
            if one.provider_id is not None and one.provider_id == party.provider_id:
                return key, one
        for key, one in own:
            if one.npi is not None and one.npi == party.npi:
                return key, one
        for key, one in own:
            if one.name is not None and party.name is not None and plain_words(one.name) == plain_words(party.name):
                return key, one
        return None


def _fitting(row: Mapping[str, Any], known: _Known) -> Route:
    party = known.party(row)
    kept = Route(row["channel"], row["contact"], None, row["why_manual"])
    if row["why_manual"] == NO_DENIAL_REASON:
        return kept
    if party is None:
        return _no_longer_by_hand(row, known.notices.channels[row["recipient_kind"]], kept)
    key, special = known.special(party) or ("", Organization())
    chosen = special.channel or known.notices.channels[row["recipient_kind"]]
    mailbox = party.provider_id if party.provider_id in known.providers else (key if special.mailbox else None)
    if chosen == "sftp":
        folder = special.mailbox or known.mailboxes.get(mailbox or "")
        return Route("sftp", folder, mailbox) if mailbox else _by_hand(row, special, NO_MAILBOX)
    if chosen == "portal" and (row["recipient"] is not None or party.npi is not None):
        return Route("portal", special.email or row["contact"])
    if not key:
        return _no_longer_by_hand(row, chosen, kept)
    if chosen == "email":
        email = special.email or next(_emails(row), None)
        return Route("email", email) if email else _by_hand(row, special, NO_ELECTRONIC_ADDRESS)
    return _by_hand(row, special, BY_HAND if chosen == "manual" else NO_POSTAL_ADDRESS)


def _no_longer_by_hand(row: Mapping[str, Any], chosen: str, kept: Route) -> Route:
    """The way of a notice that was queued while its channel was manual, and now is another for which its contact is fit."""
    contact = row["contact"]
    if kept.why_manual != BY_HAND or contact is None:
        return kept
    electronic, phone = "@" in contact, contact.isdigit()
    fit = {"email": electronic, "print": not electronic and not phone, "portal": True}
    return Route(chosen, contact) if fit.get(chosen, False) else kept


def _by_hand(row: Mapping[str, Any], special: Organization, why: str) -> Route:
    if special.fax is None:
        return Route("manual", row["contact"], None, why)
    if special.fax_agreement is None:
        return Route("manual", row["contact"], None, NO_AGREEMENT)
    return Route("manual", special.fax, None, f"to be faxed; agreement on file: {special.fax_agreement}")


def _emails(row: Mapping[str, Any]) -> Iterator[str]:
    if row["contact"] is not None and "@" in row["contact"]:
        yield row["contact"]


def _pcp_npis(members: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """By each CIN that a member has had; the row of the new number stands for the old one too."""
    for cin, previous, npi in members.select("cin", "previous_cin", "pcp_npi").iter_rows():
        yield cin, npi
        if previous is not None:
            yield previous, npi
