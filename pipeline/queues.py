"""The queues of notices as files: what is still to go, and what waits for a person.

Which notices these are follows from their state.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from outputs.contact_exceptions import contact_exceptions
from outputs.notice_queue import notice_queue
from outputs.notice_texts import notice_texts
from pipeline.notice_fields import with_language
from pipeline.notices import OPEN_STATES, overdue
from pipeline.recipients import TO_BE_MENDED
from pipeline.run import Job
from schemas.languages import ENGLISH
from schemas.notices import NoticeState

BY_HAND = (NoticeState.MANUAL.value, NoticeState.FAILED.value)


def publish_queues(job: Job, notices: pl.DataFrame) -> None:
    """Let `queue.csv`, `manual.csv` and `exceptions.csv` appear with a run.

    notices: as they stand after it, as `schemas.notices.Notices`.
    """
    workspace = job.context.workspace
    zone, own = workspace.settings.plan.zone, workspace.root / workspace.settings.notices.templates
    texts = notice_texts(own if own.is_dir() else None)
    outstanding = overdue(notices.filter(pl.col("state").is_in(OPEN_STATES)), job.context.as_of)
    queue = with_translation(with_language(outstanding, job.before.current("members")), texts.letters())
    job.publish("outbox/notices/queue.csv", notice_queue(queue, zone))
    job.publish("outbox/notices/manual.csv", notice_queue(queue.filter(pl.col("state").is_in(BY_HAND)), zone))
    to_be_mended = pl.any_horizontal(pl.col("why_manual").str.starts_with(reason) for reason in TO_BE_MENDED)
    job.publish("outbox/notices/exceptions.csv", contact_exceptions(queue.filter(to_be_mended), zone))


def with_translation(notices: pl.DataFrame, letters: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """Notices with `needs_translation`: their recipient reads a language that there is no such letter in. letters: kind and language."""
    written = pl.DataFrame(letters, schema={"kind": pl.String, "language": pl.String}, orient="row").with_columns(is_written=True)
    joined = notices.join(written, on=["kind", "language"], how="left", maintain_order="left")
    reads_english = pl.col("language") == ENGLISH
    return joined.with_columns(needs_translation=~(reads_english | pl.col("is_written").fill_null(value=False))).drop("is_written")
