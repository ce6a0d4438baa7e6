"""Collecting: what providers put into their mailboxes goes into the archive, with the moment it was first seen.

The first sighting starts every clock and is stored before anything is fetched, so that no failure afterwards can restart it. What the
files say is not looked at here.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import polars as pl

from pipeline.archive import keep
from pipeline.names import digest_name
from pipeline.run import Context, lock, start
from pipeline.workspace import private_folder
from schemas.submissions import Arrivals, Sightings
from sftp.connections import Connections
from sftp.endpoint import Endpoint
from sftp.errors import NoSuchRemoteFile, TransportError
from sftp.folder import Listing, RemoteFolder
from sftp.retries import moved

SIGHTING = ("plan", "provider_id", "file_name", "size", "modified_at")
FETCH_AT_MOST = 4  # times the size limit: a file somewhat too large is still taken, and told to be so
INCOMING = ".incoming-"  # where a file is put before its digest is known
T = TypeVar("T")


@dataclass(frozen=True)
class Mailbox:
    """One provider's mailbox."""

    provider_id: str
    endpoint: Endpoint
    to_plan: str
    processed: str


@dataclass
class Collected:
    """What a collection did.

    out_of_reach: mailboxes that could not be read, with the kind of fault. skipped: entries left alone, with the reason.
    """

    counts: dict[str, int] = field(default_factory=dict)
    out_of_reach: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    @property
    def attention(self) -> bool:
        return bool(self.out_of_reach)


def collect(context: Context, sleep: Callable[[float], None] = time.sleep) -> Collected:
    """Take every file that is new and no longer growing; then, and only then, move it aside in its mailbox.

    A mailbox out of reach does not stop the others.
    """
    mailboxes = _mailboxes(context)
    done = Collected()
    with lock(context), Connections() as connections:
        listings = _survey(context, connections, mailboxes, done)
        sightings = _store_sightings(context, listings)
        if sightings.is_empty():
            done.counts = {"mailboxes": len(listings), "seen": 0, "growing": 0, "collected": 0}
            return done
        arrived = context.snapshot().read("arrivals")
        waiting = sightings.join(arrived, on=["provider_id", "file_name", "size", "modified_at"], how="anti", maintain_order="left")
        done.counts = {
            "mailboxes": len(listings),
            "seen": sum(len(listing.files) for listing in listings.values()),
            "growing": 0,
            "collected": 0,
        }
        if waiting.height:
            sleep(context.workspace.settings.profile.collection.settle_seconds)
            settled = _settled(waiting, _survey(context, connections, [box for box in mailboxes if box.provider_id in listings], done))
            done.counts["growing"] = waiting.height - settled.height
            done.counts["collected"] = _fetch(context, connections, mailboxes, settled, done)
        _move_aside(context, connections, mailboxes, listings, done)
    return done


def _mailboxes(context: Context) -> list[Mailbox]:
    folders = context.workspace.settings.profile.folders
    endpoints = context.workspace.endpoints(context.environment)
    return [
        Mailbox(
            provider_id,
            endpoints[provider_id],
            f"{mailbox}/{folders.to_plan}",
            f"{mailbox}/{folders.to_plan}/{folders.processed}",
        )
        for provider_id, mailbox in context.workspace.roster.select("provider_id", "mailbox").iter_rows()
    ]


def _survey(context: Context, connections: Connections, mailboxes: Sequence[Mailbox], done: Collected) -> dict[str, Listing]:
    """List all mailboxes, several at once."""
    listings: dict[str, Listing] = {}

    def survey(box: Mailbox, folder: RemoteFolder) -> Listing:
        try:
            return folder.survey(box.to_plan)
        except NoSuchRemoteFile:  # a provider's first night
            folder.make_folder(box.to_plan)
            return Listing((), ())

    for box, listing in _each(context, connections, mailboxes, survey, done, "listing mailboxes"):
        listings[box.provider_id] = listing
        ours = context.workspace.settings.profile.folders.processed
        told = [(box.provider_id, skipped.reason) for skipped in listing.skipped if skipped.name != ours]
        done.skipped.extend(one for one in told if one not in done.skipped)
    return listings


def _store_sightings(context: Context, listings: dict[str, Listing]) -> pl.DataFrame:
    """All files that lie in the mailboxes now, with the moment each was first seen; new ones are stored at once."""
    rows = [
        (context.workspace.plan, provider_id, file.name, file.size, file.modified_at, context.as_of)
        for provider_id, listing in sorted(listings.items())
        for file in listing.files
    ]
    seen = pl.DataFrame(rows, schema=Sightings.polars_schema(), orient="row")
    if seen.is_empty():
        return seen
    known = context.snapshot().read("sightings")
    new = seen.join(known, on=SIGHTING, how="anti", maintain_order="left")
    if new.height:
        job = start(context, "sight")
        job.run.append("sightings", new)
        job.commit({"sightings": new.height}, attention=False)
    first = pl.concat([known, new]).group_by(SIGHTING).agg(pl.col("first_seen_at").min())
    return seen.drop("first_seen_at").join(first, on=SIGHTING, how="inner", maintain_order="left")


def _settled(waiting: pl.DataFrame, listings: dict[str, Listing]) -> pl.DataFrame:
    """Files whose size and time did not change between two listings."""
    rows = [(provider_id, file.name, file.size, file.modified_at) for provider_id, listing in listings.items() for file in listing.files]
    now = pl.DataFrame(rows, schema={name: waiting.schema[name] for name in SIGHTING[1:]}, orient="row")
    return waiting.join(now, on=SIGHTING[1:], how="semi", maintain_order="left")


def _fetch(context: Context, connections: Connections, mailboxes: Sequence[Mailbox], settled: pl.DataFrame, done: Collected) -> int:
    """Fetch, archive, and commit the arrivals. A file that fails alone is tried again by the next run."""
    archive = private_folder(context.workspace.folder("archive"))
    bound = context.workspace.settings.profile.limits.file_bytes * FETCH_AT_MOST
    wanted = {str(provider): part.rows(named=True) for (provider,), part in settled.group_by("provider_id", maintain_order=True)}
    rows: list[tuple[object, ...]] = []
    for leftover in archive.glob(f"{INCOMING}*"):  # of a killed run; this one holds the lock
        shutil.rmtree(leftover)
    with tempfile.TemporaryDirectory(dir=archive, prefix=INCOMING) as name:
        incoming = Path(name)

        def fetch(box: Mailbox, folder: RemoteFolder) -> list[tuple[dict[str, object], str]]:
            fetched = []
            places = [
                (f"{box.to_plan}/{file['file_name']}", incoming / digest_name("", box.provider_id, str(place)))
                for place, file in enumerate(wanted[box.provider_id])
            ]
            for _, path in places:
                path.unlink(missing_ok=True)  # of an attempt before
            for file, (_, path), result in zip(wanted[box.provider_id], places, folder.fetch_many(places, bound), strict=True):
                if not isinstance(result, TransportError) and result.size == file["size"]:
                    fetched.append((file, keep(archive, path.read_bytes())))
                    path.unlink()
            return fetched

        boxes = [box for box in mailboxes if box.provider_id in wanted]
        for _, fetched in _each(context, connections, boxes, fetch, done, "fetching files"):
            rows.extend(_arrival(context, file, sha256) for file, sha256 in fetched)
    arrivals = pl.DataFrame(rows, schema=Arrivals.polars_schema(), orient="row").sort("received_at", "submission_id")
    if arrivals.height:
        job = start(context, "collect")
        job.run.append("arrivals", arrivals)
        job.commit({"collected": arrivals.height}, attention=done.attention)
    return arrivals.height


def _arrival(context: Context, file: dict[str, object], sha256: str) -> tuple[object, ...]:
    submission_id = digest_name(
        "S", *(str(file[name]) for name in ("plan", "provider_id", "file_name", "modified_at", "first_seen_at")), sha256
    )
    told = (file["size"], file["modified_at"], file["first_seen_at"])
    return (submission_id, file["plan"], file["provider_id"], file["file_name"], sha256, *told, context.as_of, "sftp")


def _move_aside(
    context: Context, connections: Connections, mailboxes: Sequence[Mailbox], listings: dict[str, Listing], done: Collected
) -> None:
    """The last act: files that are in the archive leave the drop folder. Where the server refuses, the store knows them all the same."""
    arrived = context.snapshot().read("arrivals").select("submission_id", *SIGHTING[1:])
    rows = [(provider_id, file.name, file.size, file.modified_at) for provider_id, listing in listings.items() for file in listing.files]
    lying = pl.DataFrame(rows, schema={name: arrived.schema[name] for name in SIGHTING[1:]}, orient="row")
    aside = lying.join(arrived, on=SIGHTING[1:], how="inner", maintain_order="left")
    wanted = {str(provider): part.rows(named=True) for (provider,), part in aside.group_by("provider_id", maintain_order=True)}

    def move(box: Mailbox, folder: RemoteFolder) -> None:
        folder.make_folder(box.processed)
        for file in wanted[box.provider_id]:
            target = f"{file['submission_id']}_{file['file_name']}"[:255]
            moved(folder, f"{box.to_plan}/{file['file_name']}", f"{box.processed}/{target}")

    boxes = [box for box in mailboxes if box.provider_id in wanted]
    for _ in _each(context, connections, boxes, move, done, "moving files aside"):
        pass


def _each(
    context: Context,
    connections: Connections,
    mailboxes: Sequence[Mailbox],
    action: Callable[[Mailbox, RemoteFolder], T],
    done: Collected,
    what: str,
) -> Iterator[tuple[Mailbox, T]]:
    """Do something in every mailbox, several at once; faults are told, and the others go on. Results come in the order of the mailboxes."""

    def attempt(box: Mailbox) -> T | TransportError:
        try:
            return connections.with_retries(box.endpoint, lambda folder: action(box, folder))
        except TransportError as error:
            return error

    if not mailboxes:
        return
    with ThreadPoolExecutor(context.workspace.settings.profile.collection.mailboxes_at_once) as pool:
        for number, (box, result) in enumerate(zip(mailboxes, pool.map(attempt, mailboxes), strict=True), start=1):
            context.progress(what, number, len(mailboxes))
            if isinstance(result, TransportError):
                done.out_of_reach.append((box.provider_id, type(result).__name__))
            else:
                yield box, result
