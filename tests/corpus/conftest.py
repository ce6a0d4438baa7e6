"""The corpus that is the proof, made, read and judged once for all tests of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.offline import Checked
from tests.corpus.judged import Arrived, Corpus, checked_alone, corpus, judged_on_arrival

FILES = 2_000
OF_ENGAGEMENT = ("R101", "R130", "R301", "R310", "R320", "R321", "R401", "R403", "R404")  # what a closing engagement bears on


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A corpus under the state's guidance alone."""
    return corpus(tmp_path_factory.mktemp("corpus"), FILES)


@pytest.fixture(scope="session")
def alone(made: Corpus) -> Mapping[str, Checked]:
    """Every file of it checked by itself."""
    return checked_alone(made)


@pytest.fixture(scope="session")
def arrived(made: Corpus) -> Arrived:
    """Every file of it judged on arrival."""
    return judged_on_arrival(made)


@pytest.fixture(scope="session")
def of_engagement(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Files under a profile in which an engagement closes a loop by itself."""
    return corpus(tmp_path_factory.mktemp("engagement"), 120, "chpiv", rules=OF_ENGAGEMENT)


@pytest.fixture(scope="session")
def of_merged(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Files in the layouts of a plan that has its own, keyed on its own numbers."""
    return corpus(tmp_path_factory.mktemp("merged"), 150, "merged", seed=3)


@pytest.fixture
def folder(made: Corpus) -> Path:
    """Where the corpus lies."""
    return made.folder
