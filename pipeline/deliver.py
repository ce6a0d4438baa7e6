"""Delivering: files in the outbox go into the providers' mailboxes, and count as delivered once they lie there.

Repeating a delivery does no harm: the same file takes the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import polars as pl

from pipeline.names import digest
from pipeline.run import Context, lock, start
from sftp.connections import Connections
from sftp.endpoint import Endpoint
from sftp.errors import TransportError
from sftp.folder import RemoteFolder
from sftp.names import is_own_temporary
from sftp.retries import removed


@dataclass
class Delivered:
    """What a delivery did. out_of_reach: mailboxes that could not be written to, with the kind of fault. lost: files not in the outbox."""

    counts: dict[str, int] = field(default_factory=dict)
    out_of_reach: list[tuple[str, str]] = field(default_factory=list)
    lost: int = 0

    @property
    def attention(self) -> bool:
        return bool(self.out_of_reach or self.lost)


def deliver(context: Context) -> Delivered:
    """Deliver every file that is not delivered yet. A mailbox out of reach keeps its files in the outbox; the others are served."""
    done = Delivered()
    endpoints = context.workspace.endpoints(context.environment)
    with lock(context):
        waiting = _waiting(context)
        delivered = _send(context, waiting, endpoints, done)
        if delivered.height:
            job = start(context, "deliver")
            job.run.append("deliveries", delivered.with_columns(delivered_at=pl.lit(context.as_of, dtype=pl.Datetime("us", "UTC"))))
            job.commit({"delivered": delivered.height}, attention=done.attention)
        _clear(context)
        done.counts = {"waiting": waiting.height, "delivered": delivered.height}
    return done


def _waiting(context: Context) -> pl.DataFrame:
    """Files made and not delivered, receipts last: when a receipt appears, the findings that it counts are there."""
    undelivered = context.snapshot().current("deliveries").filter(pl.col("delivered_at").is_null())
    return undelivered.sort("provider_id", pl.col("kind") == "receipt", "produced_at", "file_name")


def _clear(context: Context) -> None:
    """Take delivered files out of the outbox, those included that a killed run left there."""
    outbox = context.workspace.folder("outbox")
    delivered = context.snapshot().current("deliveries").filter(pl.col("delivered_at").is_not_null())
    known = set(delivered.select("provider_id", "file_name").iter_rows())
    for path in sorted(outbox.glob("*/*")):
        if (path.parent.name, path.name) in known:
            path.unlink()


def _send(context: Context, waiting: pl.DataFrame, endpoints: dict[str, Endpoint], done: Delivered) -> pl.DataFrame:
    """Put every provider's files, several mailboxes at once. Returns the rows of `waiting` that lie in their mailboxes now."""
    folders = context.workspace.settings.profile.folders
    mailboxes = dict(context.workspace.roster.select("provider_id", "mailbox").iter_rows())
    parts = [part for part in waiting.partition_by("provider_id", maintain_order=True) if part["provider_id"][0] in mailboxes]
    done.lost += waiting.height - sum(part.height for part in parts)

    def attempt(part: pl.DataFrame) -> tuple[list[str], str | None, int]:
        provider_id = part["provider_id"][0]
        sent: list[str] = []
        lost: set[str] = set()

        def put(folder: RemoteFolder) -> None:
            target = f"{mailboxes[provider_id]}/{folders.from_plan}"
            folder.make_folder(target)
            for skipped in folder.survey(target).skipped:
                if is_own_temporary(skipped.name):  # cut off in a run that was killed; this one holds the lock
                    removed(folder, f"{target}/{skipped.name}")
            for name, sha256 in part.select("file_name", "sha256").iter_rows():
                if name in sent:
                    continue
                path = context.workspace.folder("outbox") / provider_id / name
                if not path.is_file() or digest(path.read_bytes()) != sha256:
                    lost.add(name)
                    continue
                folder.put(path, f"{target}/{name}")
                sent.append(name)

        try:
            connections.with_retries(endpoints[provider_id], put)
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
