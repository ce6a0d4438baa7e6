"""Where a report lies: in the folder of its day, and of what it knew, where that is not the knowledge of its day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pipeline.holdings import plan_day
from pipeline.run import Context


def day_folder(context: Context, known_at: datetime) -> Path:
    """The folder of a report made now. On other knowledge than that of its moment it has one of its own.

    So it never takes the place of a report that was sent.
    """
    settings = context.workspace.settings
    day, known_on = plan_day(context.as_of, settings), plan_day(known_at, settings)
    return context.workspace.folder("reports") / (f"{day}" if known_at == context.as_of else f"{day}_known_{known_on}")
