"""`python -m bench.comparison [--frictionless COMMAND]`: `clr validate` and frictionless on the same faults, one row of a table for each.

What cfpb/regtech-data-validator says is written down here, not measured: docs/comparison.md tells how it was found out.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from bench.comparison_files import FAULTS, Fault, headings_of_fields, headings_of_template
from bench.comparison_schema import CHECKLIST, DIALECT, table_schema
from tests.workspaces import clr

AS_OF = "2025-11-03T12:00"
VERSION = "5.21.0"
MISSING = f"""\
frictionless is not installed here. It is no dependency of this project; give it an environment of its own:
  python3 -m venv /tmp/frictionless && /tmp/frictionless/bin/pip install 'frictionless[excel]=={VERSION}'
  python -m bench.comparison --frictionless /tmp/frictionless/bin/frictionless"""
NOTHING = "nothing"
ROWS_SHOWN = 3

# By file: what that validator makes of the same kind of fault in a file of its own layout.
NO_COLUMN = "stops: `ColumnNotFoundError`"
MALFORMED = "stops: `ComputeError`"
NAMES_COLUMN = "stops: `RuntimeError` that names the column"
REGTECH = {
    "clean.csv": NOTHING,
    "clean.xlsx": f"{MALFORMED}; takes CSV and Parquet",
    "pdf.csv": NO_COLUMN,
    "renamed.csv": MALFORMED,
    "empty.csv": "stops: `NoDataError`",
    "headings.csv": "stops: `RuntimeError` about a check",
    "semicolons.csv": NO_COLUMN,
    "cut.csv": "E0080, E0300, E0320, E0340 last row: the cells that are gone are read as blank",
    "quote.csv": MALFORMED,
    "windows.csv": NOTHING,
    "bom.csv": NOTHING,
    "utf16.csv": NO_COLUMN,
    "title.csv": MALFORMED,
    "case.csv": NAMES_COLUMN,
    "misspelt.csv": NAMES_COLUMN,
    "order.csv": NOTHING,
    "twice.csv": f"{NOTHING}; the first is read",
    "missing.csv": NAMES_COLUMN,
    "extra.csv": NOTHING,
    "few.csv": f"{NOTHING} as such: cells are read as blank, and E0300, E0320, E0340 row 4 where they may not be",
    "more.csv": MALFORMED,
    "blank.csv": "E0020 row 4",
    "list.csv": "E0040 row 4",
    "code.csv": "E0040 row 4 (a label where it has codes)",
    "spelling.csv": "E0040 row 4 (a blank before the code)",
    "day.csv": "E0020 row 4",
    "year.csv": "E0020 row 4",
    "european.csv": "E0020 row 4",
    "number.csv": "E0020 row 4",
    "future.csv": "E0321 row 4 (outside of the period)",
    "digit.csv": "no such rule",
    "scientific.csv": f"E0001, E0002 row 4 in an identifier; {NOTHING} in an amount",
    "reason.csv": "E2000 row 4",
    "pair.csv": "E2000 row 4",
    "dates.csv": "E2009 row 4",
    "repeated.csv": "E3000 both rows",
    "contradict.csv": "E3000 both rows",
    "levels.csv": "E0020 row 4; E2000, E2009, E3000 once that is corrected",
    "heading-and-cell.csv": NAMES_COLUMN,
    "lines.csv": "E0020 row 5; E0001 and others row 3 (the blank line)",
    "sheet.xlsx": MALFORMED,
    "many.csv": "E0040 all 1,500 rows",
}


def main(arguments: Sequence[str]) -> int:
    """Print the table. Returns 2 when there is no frictionless to run."""
    parser = argparse.ArgumentParser(prog="python -m bench.comparison")
    parser.add_argument("--frictionless", default="frictionless", help="the command to run; default: the one on PATH")
    command = shutil.which(parser.parse_args(arguments).frictionless)
    if command is None:
        print(MISSING, file=sys.stderr)
        return 2
    print("| kind of fault | clr | regtech-data-validator | frictionless |", "|---|---|---|---|", sep="\n")
    with tempfile.TemporaryDirectory(prefix="clr-bench-") as name:
        for fault in FAULTS:
            cells = (fault.kind, said_by_clr(fault, Path(name)), REGTECH[fault.name], _said_by_frictionless(fault, Path(name), command))
            print(f"| {' | '.join(cells)} |", flush=True)
    return 0


def said_by_clr(fault: Fault, folder: Path) -> str:
    """What `clr validate` finds in the file: rules with their rows, those that reject the whole file in bold."""
    path = folder / fault.name
    path.write_bytes(fault.make(headings_of_template()))
    done = clr(folder, "validate", str(path), "--kind", "rtf-ecm", "--format", "json", as_of=AS_OF)
    found = json.loads(done.out)
    told = _told((_ruled(finding), finding["row"]) for finding in found["findings"])
    return f"{told}; file rejected" if found["status"] == "REJECTED" else told


def _ruled(finding: dict[str, str]) -> str:
    return finding["rule"] if finding["severity"] == "error" else f"{finding['rule']} ({finding['severity']})"


def _said_by_frictionless(fault: Fault, folder: Path, command: str) -> str:
    """What `frictionless validate` finds in the file: types of error with their rows."""
    path, schema, checklist = folder / f"frictionless-{fault.name}", folder / "schema.json", folder / "checklist.json"
    path.write_bytes(fault.make(headings_of_fields()))
    schema.write_text(json.dumps(table_schema()), "utf-8")
    checklist.write_text(json.dumps(CHECKLIST), "utf-8")
    ran = subprocess.run(
        [command, "validate", path.name, "--schema", schema.name, "--checklist", checklist.name, "--dialect", DIALECT, "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report = json.loads(ran.stdout)
    except json.JSONDecodeError:
        return f"stops: {(ran.stdout + ran.stderr).strip().splitlines()[-1]}"
    errors = [*report["errors"], *(error for task in report["tasks"] for error in task["errors"])]
    return _told((f"`{error['type']}`", error.get("rowNumber")) for error in errors)


def _told(found: Iterable[tuple[str, int | None]]) -> str:
    """Findings in order, the rows of each gathered behind it."""
    said = []
    for what, group in groupby(sorted(found, key=lambda one: (one[0], one[1] or 0)), key=lambda one: one[0]):
        of_group = [row for _, row in group]
        rows = [f"{row:,}" for row in dict.fromkeys(of_group) if row is not None]
        more = f" and {len(rows) - ROWS_SHOWN:,} more" if len(rows) > ROWS_SHOWN else ""
        times = f" ({len(of_group)} times)" if len(of_group) > 1 else ""
        said.append(f"{what} row{'s' if len(rows) > 1 else ''} {', '.join(rows[:ROWS_SHOWN])}{more}" if rows else f"{what}{times}")
    return "; ".join(said) or NOTHING


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
