"""Work that is measured or prepared in a process of its own: `python -m bench.work NAME ARGUMENTS` prints its answer as JSON.

`seconds` is what the work took once everything was loaded; modules are imported before the clock starts.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

Answer = dict[str, object]


def make_plan(folder: str, providers: str, rows: str, faulty: str, *formats: str) -> Answer:
    """Extracts and roster of a synthetic plan into a workspace, and every provider's file beside it."""
    from bench.plans import Size, members, referrals, roster, write_files

    size, root = Size(int(providers), int(rows), formats, faulty == "True"), Path(folder)
    roster(size).write_csv(root / "providers.csv")
    members(size).write_csv(root / "intake" / "members.csv")
    referrals(size).write_csv(root / "intake" / "referrals.csv")
    write_files(size, root / "mailboxes")
    return {"rows": size.all_rows}


def make_file(path: str, rows: str) -> Answer:
    """One ECM Return Transmission File of one provider as CSV."""
    from bench.plans import Size, answers
    from schemas.layouts import RTF_ECM

    answers(RTF_ECM, Size(1, int(rows))).drop("place").write_csv(path)
    return {"bytes": Path(path).stat().st_size}


def read_csv(*paths: str) -> Answer:
    """Nothing but reading: every file by polars alone, all columns as text."""
    import polars as pl

    began = time.perf_counter()
    rows = sum(pl.read_csv(path, infer_schema=False).height for path in paths)
    return {"seconds": time.perf_counter() - began, "rows": rows}


def read_folder(folder: str) -> Answer:
    """`read_csv` of every file that a plan's providers sent."""
    return read_csv(*(str(path) for path in sorted(Path(folder).glob("*/to_plan/**/*.csv"))))


def validate(path: str) -> Answer:
    """Read one file as it is read on arrival, and hold it against all rules that need no plan. Returns findings by rule."""
    from datetime import date

    from config.load import load_profile
    from pipeline.findings import counts_by_rule
    from pipeline.offline import check_file
    from pipeline.read import ReadLimits, read

    profile = load_profile("dhcs")
    large = 2**36
    limits = ReadLimits(file_bytes=large, rows=20_000_000, columns=512, cell_characters=65_536, unpacked_bytes=large)
    began = time.perf_counter()
    checked = check_file(read(Path(path).read_bytes(), Path(path).name, limits), None, profile, date(2025, 11, 3))
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "rows": checked.rows["read"], "rejected": checked.rows["rejected"], **counts_by_rule(checked.findings)}


def ingest(folder: str, as_of: str) -> Answer:
    """Everything that `clr ingest` does, to the commit."""
    from pipeline.ingest import ingest as judge

    context = _context(folder, as_of)
    began = time.perf_counter()
    counts = judge(context).counts  # type: ignore[arg-type]
    return {"seconds": time.perf_counter() - began, **counts}


def emit(folder: str, as_of: str, kind: str) -> Answer:
    """Everything that `clr emit` does, to the commit."""
    from pipeline.emit import emit as make

    context = _context(folder, as_of)
    began = time.perf_counter()
    counts = make(context, kind).counts  # type: ignore[arg-type]
    return {"seconds": time.perf_counter() - began, **counts}


def grow(folder: str, told: str, times: str) -> Answer:
    """Give a store that many earlier months like what another store holds."""
    from bench.growth import grown

    return {"events": grown(Path(folder) / "store", Path(told) / "store", int(times))}


def fetch(url: str, host_key: str, private_key: str, target: str) -> Answer:
    """Every file of every mailbox over one connection."""
    from sftp import paramiko_folder  # noqa: F401 - loaded before the clock starts
    from sftp.endpoint import Endpoint, open_folder

    Path(target).mkdir()
    endpoint = Endpoint(url, host_key=host_key, private_key=Path(private_key))
    began = time.perf_counter()
    with open_folder(endpoint) as folder:
        boxes = [skipped.name for skipped in folder.survey("").skipped]
        wanted = [(f"{box}/to_plan/{file.name}", Path(target) / file.name) for box in boxes for file in folder.list(f"{box}/to_plan")]
        fetched = sum(getattr(result, "size", 0) for result in folder.fetch_many(wanted, 2**30))
    return {"seconds": time.perf_counter() - began, "bytes": fetched}


def write_again(folder: str, target: str) -> Answer:
    """The same workbooks by XlsxWriter alone: the cells, drop-downs and widths of those in a folder."""
    from bench.xlsxwriter_peer import write_again as write

    return write(Path(folder), Path(target))


def _context(folder: str, as_of: str) -> object:
    from datetime import UTC, datetime

    import pipeline.judgement  # noqa: F401 - loaded before the clock starts
    from pipeline.run import Context
    from pipeline.workspace import open_workspace

    workspace = open_workspace(Path(folder))
    moment = datetime.fromisoformat(as_of).replace(tzinfo=workspace.settings.plan.zone).astimezone(UTC)
    return Context(workspace, moment, os.environ)


WORKS: dict[str, Callable[..., Answer]] = {
    work.__name__: work for work in (make_plan, make_file, read_csv, read_folder, validate, ingest, emit, grow, fetch, write_again)
}


def main() -> None:
    """Do one work and print its answer."""
    name, *arguments = sys.argv[1:]
    print(json.dumps(WORKS[name](*arguments)))


if __name__ == "__main__":
    main()
