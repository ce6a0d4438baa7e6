"""What a plan does not ask for is not demanded, whichever layouts were looked at before."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from config.load import load_profile
from pipeline.validate import judge_for, judge_rows, read_values
from schemas.rtf import RtfCs
from tests.rules.files import TODAY, good_row


def test_a_column_that_is_not_asked_for_stays_so_in_a_layout_that_is_built_later() -> None:
    class Later(RtfCs):
        """The same layout, whose schema is built after that of another with the same checks."""

    RtfCs.to_schema()
    judge = replace(judge_for("rtf-cs", load_profile("merged")), layout=Later)
    told = good_row("rtf-cs", 1) | {"plan_member_id": "1", "new_address": "Y", "address": "1 Main St", "city": "San Diego", "zip": "92101"}
    cells = {name: pl.Series([told.get(name)], dtype=pl.String) for name in judge.elements}
    rows = pl.DataFrame(cells).with_columns(submission_id=pl.lit("S1"), row=2, line=2, today=pl.lit(TODAY))
    assert judge_rows(read_values(rows, judge), judge)["rule"].to_list() == []
