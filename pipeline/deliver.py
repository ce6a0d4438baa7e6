"""Delivering: files in the outbox go to their mailboxes, the print vendor and the portal, and count as delivered once they lie there.

Repeating a delivery does no harm: the same file takes the same name. A notice is sent when the last of its files is delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import polars as pl

from pipeline.destinations import Destination, destinations
from pipeline.fates import laid_down
from pipeline.names import digest
from pipeline.queues import publish_queues
from pipeline.run import Context, Job, lock, start
from sftp.connections import Connections
from sftp.errors import TransportError
from sftp.folder import RemoteFolder
from sftp.names import is_own_temporary
from sftp.retries import removed

LAST = ("receipt", "notice-manifest")  # kinds of files that tell of other files


@dataclass
class Delivered:
    """What a delivery did. out_of_reach: where nothing could be written, with the kind of fault. lost: files not in the outbox.

    notices: those that were sent by it.
    """

    counts: dict[str, int] = field(default_factory=dict)
    out_of_reach: list[tuple[str, str]] = field(default_factory=list)
    lost: int = 0
    notices: int = 0

    @property
    def attention(self) -> bool:
        return bool(self.out_of_reach or self.lost)


def deliver(context: Context, kinds: Collection[str] | None = None) -> Delivered:
    """Deliver every file, or those of some kinds, that is not delivered yet.

    A mailbox out of reach keeps its files in the outbox; the others are served.
    """
    done = Delivered()
    places = destinations(context.workspace, context.environment)
    with lock(context):
        waiting = _waiting(context, kinds)
        delivered = _send(context, waiting, places, done) if waiting.height else waiting
        if delivered.height:
            job = start(context, "deliver")
            now = pl.lit(context.as_of, dtype=pl.Datetime("us", "UTC"))
            _record(job, delivered.with_columns(delivered_at=now), done)
            job.commit({"delivered": delivered.height}, attention=done.attention)
        _clear(context, places)
        done.counts = {"waiting": waiting.height, "delivered": delivered.height}
    return done


def _waiting(context: Context, kinds: Collection[str] | None) -> pl.DataFrame:
    """Files made and not delivered. Receipts and manifests come last: when one appears, the files that it counts are there."""
    undelivered = context.snapshot().current("deliveries").filter(pl.col("delivered_at").is_null())
    if kinds is not None:
        undelivered = undelivered.filter(pl.col("kind").is_in(kinds))
    return undelivered.sort("provider_id", pl.col("kind").is_in(LAST), "produced_at", "file_name")


def _record(job: Job, delivered: pl.DataFrame, done: Delivered) -> None:
    """Let files count as delivered, and notices as sent whose files are all there."""
    job.run.append("deliveries", delivered)
    before = job.before.current("deliveries")
    key = ["provider_id", "file_name"]
    after = pl.concat([before.join(delivered, on=key, how="anti"), delivered.select(before.columns)])
    notices = job.before.current("notices")
    sent = laid_down(notices, after, job.context.workspace.settings, job.context.as_of)
    done.notices = sent.height
    if sent.height:
        job.run.append("notices", sent)
        publish_queues(job, pl.concat([notices.join(sent, on="notice_id", how="anti"), sent]))


def _clear(context: Context, places: Mapping[str, Destination]) -> None:
    """Take delivered files out of the outbox, those included that a killed run left there."""
    outbox = context.workspace.folder("outbox")
    lying = [(place, path) for place in sorted(places) for path in sorted((outbox / place).glob("*"))]
    if not lying:
        return
    delivered = context.snapshot().current("deliveries").filter(pl.col("delivered_at").is_not_null())
    known = set(delivered.select("provider_id", "file_name").iter_rows())
    for place, path in lying:
        if (place, path.name) in known:
            path.unlink()


def _send(context: Context, waiting: pl.DataFrame, places: Mapping[str, Destination], done: Delivered) -> pl.DataFrame:
    """Put every provider's files, several mailboxes at once. Returns the rows of `waiting` that lie in their mailboxes now."""
    parts = [part for part in waiting.partition_by("provider_id", maintain_order=True) if part["provider_id"][0] in places]
    done.lost += waiting.height - sum(part.height for part in parts)

    def attempt(part: pl.DataFrame) -> tuple[list[str], str | None, int]:
        place = part["provider_id"][0]
        target = places[place].folder
        sent: list[str] = []
        lost: set[str] = set()

        def put(folder: RemoteFolder) -> None:
            folder.make_folder(target)
            for skipped in folder.survey(target).skipped:
                if is_own_temporary(skipped.name):  # cut off in a run that was killed; this one holds the lock
                    removed(folder, f"{target}/{skipped.name}")
            for name, sha256 in part.select("file_name", "sha256").iter_rows():
                if name in sent:
                    continue
                path = context.workspace.folder("outbox") / place / name
                if not path.is_file() or digest(path.read_bytes()) != sha256:
                    lost.add(name)
                    continue
                folder.put(path, f"{target}/{name}")
                sent.append(name)

        try:
            connections.with_retries(places[place].endpoint, put)
        except TransportError as error:
            return sent, type(error).__name__, len(lost)
        return sent, None, len(lost)

    with Connections() as connections:
        return _gather(context, parts, attempt, waiting, done)


def _gather(
    context: Context,
    parts: Sequence[pl.DataFrame],
    attempt: Callable[[pl.DataFrame], tuple[list[str], str | None, int]],
    waiting: pl.DataFrame,
    done: Delivered,
) -> pl.DataFrame:
    delivered = [waiting.clear()]
    with ThreadPoolExecutor(context.workspace.settings.profile.collection.mailboxes_at_once) as pool:
        for number, (part, (sent, fault, lost)) in enumerate(zip(parts, pool.map(attempt, parts), strict=True), start=1):
            context.progress("delivering files", number, len(parts))
            done.lost += lost
            if fault is not None:
                done.out_of_reach.append((part["provider_id"][0], fault))
            delivered.append(part.filter(pl.col("file_name").is_in(sent)))
    return pl.concat(delivered)
