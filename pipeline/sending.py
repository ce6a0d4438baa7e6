"""Sending: notices that are queued go out by their channels, each once; what became of each is in the ledger when the run has committed.

What is owed, to whom and by when, was decided before; the words are those of the templates.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl
import polars.selectors as cs

from outputs.notice_texts import NoticeTexts, TemplateFault, notice_texts
from outputs.portal_feed import authorization_feed
from pipeline.authorizations import authorizations
from pipeline.channels import FILE_KINDS, Channel, Mailboxes, Message, PortalFeed, PrintVendor, WaitingOnPortal, feed_if_changed
from pipeline.deliver import Delivered, deliver
from pipeline.destinations import PORTAL, PRINT, drops
from pipeline.fates import QUEUED, SENT, Fate, next_versions, stem
from pipeline.mail import MAIL_SERVER, MAILS_AT_ONCE, Mail, MailServerOut, mail_server
from pipeline.notice_fields import notice_fields
from pipeline.notices import OPEN_STATES, Owed
from pipeline.queues import publish_queues
from pipeline.routes import routed
from pipeline.run import Context, Job, lock, start
from pipeline.store import Snapshot
from schemas.history import Closures
from schemas.notices import NoticeState

JOB, FEED_JOB = "notices-send", "portal-feed"


@dataclass
class Sent:
    """What sending did.

    counts: notices `sent`, `under_way` (their files wait to be delivered), `failed`, `manual` (all that wait for a person), and `waiting`.
    put_off: those to which the mail server said that it needs time.
    unwritten: `notice_id` and what is wrong with its template. out_of_reach: whom nothing could be sent to, with the kind of fault.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("sent", "under_way", "failed", "manual", "waiting"), 0))
    unwritten: list[tuple[str, str]] = field(default_factory=list)
    out_of_reach: list[tuple[str, str]] = field(default_factory=list)
    put_off: int = 0

    @property
    def attention(self) -> bool:
        return bool(self.unwritten or self.out_of_reach or self.put_off or self.counts["failed"])


def send(context: Context, *, everything: bool = True, sleep: Callable[[float], None] = time.sleep) -> tuple[Delivered, Sent]:
    """Write the queued notices, deliver files, and mail what goes by mail. everything: files of other kinds are delivered as well."""
    sent = Sent()
    with lock(context) as held:
        write_out(held, sent)
        feed_authorizations(held)
        delivered = deliver(held, None if everything else FILE_KINDS)
        mail_out(held, sent, sleep)
        sent.counts["sent"] += delivered.notices
        _count(held.snapshot().current("notices"), sent)
    return delivered, sent


def write_out(context: Context, sent: Sent) -> None:
    """Write the notices that go as files, and let the files wait to be delivered; where a person is needed the ledger says why."""
    with lock(context):
        job = start(context, JOB)
        known = job.before.current("notices")
        waiting = known.filter(pl.col("state").is_in(OPEN_STATES) & pl.col("sent_as").is_null())
        if waiting.is_empty():
            return
        owed = _parties(job.before, context)
        ways = routed(waiting, owed, context.workspace.settings)
        channels = _file_channels(context)
        messages, fates = _written(ways.filter(pl.col("state") == QUEUED, pl.col("channel").is_in(channels)), owed, context, sent)
        for name, channel in channels.items():
            channel.send([one for one in messages if one.notice["channel"] == name], job, fates)
        _record(job, known, ways.select(known.columns), fates, sent)


def feed_authorizations(context: Context) -> None:
    """Let the portal show each provider the authorizations of its members, where the plan wants that; what has not changed stays."""
    settings = context.workspace.settings
    if not settings.notices.portal.authorizations:
        return
    with lock(context):
        job = start(context, FEED_JOB)
        before = job.before
        rows = authorizations(before.current("referrals"), before.current("members"), before.read("assignments"))
        in_plan_time = rows.with_columns(cs.datetime(time_zone="*").dt.convert_time_zone(settings.plan.time_zone))
        made = 0
        for provider_id in context.workspace.roster["provider_id"]:
            content = authorization_feed(in_plan_time.filter(pl.col("provider_id") == provider_id).drop("provider_id"))
            made += feed_if_changed(job, f"AUTHORIZATIONS_{settings.plan.id}_{provider_id}.csv", content)
        if made:
            job.commit({"files": made}, attention=False)


def mail_out(context: Context, sent: Sent, sleep: Callable[[float], None] = time.sleep) -> None:
    """Mail the notices that go by mail, a few to a commit: only those of one commit could be sent again after the machine went down."""
    mail = mail_server(context, sleep)
    if mail is None:
        return
    with lock(context):
        ready = _ready(context.snapshot(), link=mail.link)
        if ready.is_empty():
            return
        owed = _parties(context.snapshot(), context)
        ways = ready.with_columns(destination=pl.lit(None, dtype=pl.String))
        with mail:
            for part in ways.sort("due_at", "notice_id").iter_slices(MAILS_AT_ONCE):
                if not _mailed(context, mail, part, owed, sent):
                    break


def _mailed(context: Context, mail: Mail, part: pl.DataFrame, owed: Owed, sent: Sent) -> bool:
    """Send some mails and commit what became of them. Returns whether the server can be asked for more."""
    job = start(context, JOB)
    known = job.before.current("notices")
    messages, fates = _written(part, owed, context, sent)
    try:
        mail.send(messages, job, fates)
    except MailServerOut as error:
        sent.out_of_reach.append((MAIL_SERVER, error.kind))
        told = {one.notice_id for one in fates}
        fates += [Fate(one.notice_id, QUEUED, tried=f"{MAIL_SERVER}: {error.kind}") for one in messages if one.notice_id not in told]
        return False
    finally:
        _record(job, known, part.select(known.columns), fates, sent)
    sent.put_off += sum(one.state == QUEUED for one in fates if one.notice_id not in dict(sent.unwritten))
    return True


def _file_channels(context: Context) -> dict[str, Channel]:
    """The channels that leave files, by their names in the settings."""
    delivered = drops(context.workspace)
    portal = PortalFeed(delivered=PORTAL in delivered)
    channels: dict[str, Channel] = {"sftp": Mailboxes(), "print": PrintVendor(delivered=PRINT in delivered), "portal": portal}
    smtp = context.workspace.settings.notices.smtp
    if smtp is not None and smtp.mode == "link":
        channels["email"] = WaitingOnPortal(portal)
    return channels


def _written(ways: pl.DataFrame, owed: Owed, context: Context, sent: Sent) -> tuple[list[Message], list[Fate]]:
    """Notices in words, by `notice_id`. One that cannot be written stays where it is, and the others are not kept from going."""
    if ways.is_empty():
        return [], []
    settings = context.workspace.settings
    own = context.workspace.root / settings.notices.templates
    texts: NoticeTexts = notice_texts(own if own.is_dir() else None)
    rows = {str(row["notice_id"]): row for row in ways.iter_rows(named=True)}
    fields = notice_fields(ways.drop("destination"), owed, settings, context.as_of)
    messages, fates = [], []
    for number, row in enumerate(fields.sort("notice_id").iter_rows(named=True), start=1):
        context.progress("writing notices", number, fields.height)
        notice_id = str(row["notice_id"])
        try:
            messages.append(Message(rows[notice_id], row, texts.write(row)))
        except TemplateFault as fault:
            sent.unwritten.append((notice_id, str(fault)))
            fates.append(Fate(notice_id, QUEUED, tried=f"template {fault}"))
    return messages, fates


def _record(job: Job, known: pl.DataFrame, ways: pl.DataFrame, fates: Sequence[Fate], sent: Sent) -> None:
    """Commit what became of notices, and the queues as they are then."""
    after = next_versions(ways, fates, job.context.workspace.settings, job.context.as_of)
    standing = pl.concat([ways.join(after, on="notice_id", how="anti", maintain_order="left"), after])
    changed = standing.join(known, on=known.columns, how="anti", nulls_equal=True, maintain_order="left").sort("notice_id")
    if changed.is_empty():
        return
    counts = dict(changed.group_by("state").len().sort("state").iter_rows())
    for state in (SENT, NoticeState.FAILED.value):
        sent.counts[state] += counts.get(state, 0)
    job.run.append("notices", changed)
    publish_queues(job, pl.concat([known.join(changed, on="notice_id", how="anti"), changed]))
    job.commit(counts, attention=bool(sent.unwritten or sent.out_of_reach or counts.get(NoticeState.FAILED.value)))


def _count(standing: pl.DataFrame, sent: Sent) -> None:
    queued = standing.filter(pl.col("state") == QUEUED)
    sent.counts["manual"] = standing.filter(pl.col("state") == NoticeState.MANUAL.value).height
    sent.counts["under_way"] = queued.filter(pl.col("sent_as").is_not_null()).height
    sent.counts["waiting"] = queued.height - sent.counts["under_way"]


def _ready(snapshot: Snapshot, *, link: bool) -> pl.DataFrame:
    """Notices that can be mailed now: of those that wait on the portal, only those that lie there."""
    waiting = snapshot.current("notices").filter((pl.col("state") == QUEUED) & (pl.col("channel") == "email"))
    if not link:
        return waiting
    under_way = snapshot.current("deliveries").filter(pl.col("delivered_at").is_null()).select(sent_as=stem())
    return waiting.filter(pl.col("sent_as").is_not_null()).join(under_way, on="sent_as", how="anti", maintain_order="left")


def _parties(snapshot: Snapshot, context: Context) -> Owed:
    """Who is told and spoken of. What is told stands in the ledger already, so nothing is folded."""
    return Owed(
        referrals=snapshot.current("referrals"),
        members=snapshot.current("members"),
        providers=context.workspace.roster,
        assignments=snapshot.read("assignments"),
        closures=Closures.no_rows(),
    )
