"""The channels that leave files: a mailbox, the print vendor, the portal. Each makes its files and says what became of the notices in them.

Which notice goes by which channel was decided before; how files travel is the business of `pipeline.deliver`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import polars as pl

from outputs.letters import UnprintableLetters
from outputs.notice_texts import NoticeText
from outputs.portal_feed import message_feed
from outputs.print_batch import print_batch
from pipeline.destinations import PORTAL, PRINT, drops
from pipeline.fates import QUEUED, SENT, Fate
from pipeline.names import digest, digest_name
from pipeline.run import Job
from schemas.notices import NoticeState

NOTICE, BATCH, MANIFEST, FEED, AUTHORIZATIONS = "notice", "notice-letters", "notice-manifest", "notice-feed", "authorizations"
FILE_KINDS = (NOTICE, BATCH, MANIFEST, FEED, AUTHORIZATIONS)  # kinds of deliveries
LETTERS_IN_A_BATCH = 250  # of twice as many, setting the pages takes more than twice as long
MANUAL = NoticeState.MANUAL.value
UNPRINTABLE = "the letter has characters that no font has"


@dataclass(frozen=True)
class Message:
    """A notice and its words.

    notice: its row of `schemas.notices.Notices`, with `destination`. fields: its row of `NoticeFields`.
    """

    notice: Mapping[str, Any]
    fields: Mapping[str, Any]
    text: NoticeText

    @property
    def notice_id(self) -> str:
        return str(self.notice["notice_id"])


class Channel(Protocol):
    """A way by which notices go out. Each of the names in `config.notices.Channel` but `manual` is one."""

    def send(self, messages: Sequence[Message], job: Job, told: list[Fate]) -> None:
        """Send messages, or give them to the run's files, and add to `told` what became of each.

        It is added message by message, so that what was sent counts even when something stops the run before the last.
        """
        ...


class Mailboxes:
    """Two files for each notice, as page and as text, in the recipient's mailbox."""

    def send(self, messages: Sequence[Message], job: Job, told: list[Fate]) -> None:
        for message in messages:
            name = f"NOTICE_{job.run.plan}_{message.notice_id}"
            for ending, content in (("html", message.text.html), ("txt", message.text.text)):
                job.deliver(str(message.notice["destination"]), f"{name}.{ending}", content.encode(), kind=NOTICE, rows=1)
            told.append(Fate(message.notice_id, QUEUED, name))


class PrintVendor:
    """Letters as one PDF with a table of addressees and a manifest, in batches."""

    def __init__(self, *, delivered: bool) -> None:
        self._delivered = delivered

    def send(self, messages: Sequence[Message], job: Job, told: list[Fate]) -> None:
        ordered = sorted(messages, key=lambda one: (one.notice["due_at"], one.notice_id))
        for first in range(0, len(ordered), LETTERS_IN_A_BATCH):
            self._batch(ordered[first : first + LETTERS_IN_A_BATCH], job, told)

    def _batch(self, messages: Sequence[Message], job: Job, told: list[Fate]) -> None:
        """One batch. A letter that cannot be printed waits for a person, and keeps no other from going."""
        if not messages:
            return
        name = _batch_name("LETTERS", messages, job)
        try:
            files = print_batch(name, [(one.notice_id, *_addressee(one), one.text) for one in messages], job.context.as_of)
        except UnprintableLetters as error:
            told.extend(Fate(messages[place].notice_id, MANUAL, why_manual=UNPRINTABLE) for place in error.places)
            self._batch([one for place, one in enumerate(messages) if place not in error.places], job, told)
            return
        for file_name, content in files.items():
            kind = MANIFEST if file_name.endswith(".json") else BATCH
            _put(job, PRINT, file_name, content, kind, len(messages), delivered=self._delivered)
        told.extend(_handed_over(messages, name, files, delivered=self._delivered))


class PortalFeed:
    """One feed with every message, for the portal to show to whom it is for."""

    def __init__(self, *, delivered: bool) -> None:
        self._delivered = delivered

    def send(self, messages: Sequence[Message], job: Job, told: list[Fate]) -> None:
        if not messages:
            return
        ending = job.context.workspace.settings.notices.portal.format
        name = _batch_name("MESSAGES", messages, job)
        rows = [dict(one.notice) | {"language": one.text.language} | _words(one.text) for one in messages]
        files = {f"{name}.{ending}": message_feed(rows, ending)}
        for file_name, content in files.items():
            _put(job, PORTAL, file_name, content, FEED, len(messages), delivered=self._delivered)
        told.extend(_handed_over(messages, name, files, delivered=self._delivered))


class WaitingOnPortal:
    """Messages of which a mail will only say that they wait: they are in the feed before the mail goes."""

    def __init__(self, portal: PortalFeed) -> None:
        self._portal = portal

    def send(self, messages: Sequence[Message], job: Job, told: list[Fate]) -> None:
        laid: list[Fate] = []
        self._portal.send(messages, job, laid)
        told.extend(replace(one, state=QUEUED, evidence=None) for one in laid)


def feed_if_changed(job: Job, name: str, content: bytes) -> bool:
    """Let a feed take the place of the one before, unless that is the same. Returns whether it did."""
    context = job.context
    travels = PORTAL in drops(context.workspace)
    if travels:
        known = job.before.current("deliveries").filter(pl.col("provider_id") == PORTAL, pl.col("file_name") == name)["sha256"].to_list()
    else:
        path = context.workspace.folder("outbox") / PORTAL / name
        known = [digest(path.read_bytes())] if path.is_file() else []
    if digest(content) in known:
        return False
    _put(job, PORTAL, name, content, AUTHORIZATIONS, content.count(b"\n") - 1, delivered=travels)
    return True


def _put(job: Job, place: str, name: str, content: bytes, kind: str, rows: int, *, delivered: bool) -> None:
    """A file that travels, or one that stays in the outbox until somebody takes it."""
    if delivered:
        job.deliver(place, name, content, kind=kind, rows=rows)
    else:
        job.publish(f"outbox/{place}/{name}", content)


def _handed_over(messages: Sequence[Message], name: str, files: Mapping[str, bytes], *, delivered: bool) -> list[Fate]:
    if delivered:
        return [Fate(one.notice_id, QUEUED, name) for one in messages]
    first = next(iter(files.values()))
    evidence = f"{name} lies in the outbox to be taken, sha256 {digest(first)[:16]}"
    return [Fate(one.notice_id, SENT, name, evidence) for one in messages]


def _batch_name(what: str, messages: Sequence[Message], job: Job) -> str:
    return digest_name(f"{what}_{job.run.plan}_{job.context.today}_", *(one.notice_id for one in messages))


def _addressee(message: Message) -> tuple[str, list[str]]:
    """Name, and the lines of the address: those of the fields, or else what the notice has as its contact."""
    lines = list(message.fields.get("address") or [])
    return str(message.notice["recipient"] or ""), lines or [str(message.notice["contact"] or "")]


def _words(text: NoticeText) -> dict[str, str]:
    return {"subject": text.subject, "text": text.text, "html": text.html}
