"""The page that sets `clr validate` beside other validators: what it says of ours is what ours says today."""

from pathlib import Path

import pytest

from bench.comparison import NOTHING, REGTECH, VERSION, main, said_by_clr
from bench.comparison_files import FAULTS, Fault

PAGE = (Path(__file__).parents[2] / "docs/comparison.md").read_text("utf-8")
TABLE = PAGE[PAGE.index("| kind of fault") :].partition("\n\n")[0].splitlines()
ON_PAGE = {kind: (ours, other) for kind, ours, other, _ in ([cell.strip() for cell in line.strip("|").split("|")] for line in TABLE[2:])}


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_the_page_says_of_each_kind_of_fault_what_clr_says_today(fault: Fault, tmp_path: Path) -> None:
    assert ON_PAGE[fault.kind][0] == said_by_clr(fault, tmp_path)


def test_the_page_has_every_kind_of_fault_once_and_no_other() -> None:
    assert list(ON_PAGE) == [fault.kind for fault in FAULTS]
    assert len(TABLE) - 2 == len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_the_page_says_of_the_validator_that_was_read_what_is_written_down() -> None:
    assert [ON_PAGE[fault.kind][1] for fault in FAULTS] == [REGTECH[fault.name] for fault in FAULTS]


def test_only_a_file_that_clr_reads_as_it_is_has_nothing_to_be_told() -> None:
    """A fault that came to nothing by a slip of this comparison would stand here: all that is below is read, not overlooked."""
    silent = {fault.name for fault in FAULTS if ON_PAGE[fault.kind][0] == NOTHING}

    assert silent == {"clean.csv", "clean.xlsx", "bom.csv", "title.csv", "case.csv", "order.csv", "code.csv", "spelling.csv"}


def test_without_the_other_validator_the_script_says_what_to_install(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--frictionless", str(tmp_path / "frictionless")]) == 2

    told = capsys.readouterr()
    assert f"frictionless[excel]=={VERSION}" in told.err
    assert not told.out


def test_the_page_counts_the_files_that_stop_the_validator_that_was_read() -> None:
    stopped = sum(said.startswith("stops") for said in REGTECH.values())

    assert f"stops at {stopped} of the {len(FAULTS)} files" in PAGE
