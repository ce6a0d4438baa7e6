"""The queues of notices as files: what is still to go, and what waits for a person.

Which notices these are follows from their state.
"""

from __future__ import annotations

import polars as pl

from outputs.contact_exceptions import contact_exceptions
from outputs.notice_queue import notice_queue
from pipeline.notices import OPEN_STATES, overdue
from pipeline.recipients import TO_BE_MENDED
from pipeline.run import Job
from schemas.notices import NoticeState

BY_HAND = (NoticeState.MANUAL.value, NoticeState.FAILED.value)


def publish_queues(job: Job, notices: pl.DataFrame) -> None:
    """Let `queue.csv`, `manual.csv` and `exceptions.csv` appear with a run.

    notices: as they stand after it, as `schemas.notices.Notices`.
    """
    zone = job.context.workspace.settings.plan.zone
    queue = overdue(notices.filter(pl.col("state").is_in(OPEN_STATES)), job.context.as_of)
    job.publish("outbox/notices/queue.csv", notice_queue(queue, zone))
    job.publish("outbox/notices/manual.csv", notice_queue(queue.filter(pl.col("state").is_in(BY_HAND)), zone))
    to_be_mended = pl.any_horizontal(pl.col("why_manual").str.starts_with(reason) for reason in TO_BE_MENDED)
    job.publish("outbox/notices/exceptions.csv", contact_exceptions(queue.filter(to_be_mended), zone))
