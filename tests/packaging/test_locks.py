"""The locks are complete, and no file of the project says where packages come from: that is the machine's to know."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = ROOT / "requirements" / "run.lock"
DEV = ROOT / "requirements" / "dev.lock"

# In two halves, so that this file is not the one that names them.
INDEX_OPTIONS = ["--" + option for option in ("index" + "-url", "extra-" + "index", "find-" + "links", "trusted-" + "host")]
REGISTRY_HOSTS = [".".join(host) for host in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("deb", "debian", "org"))]

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DEPENDENCIES: list[str] = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
TOOLS: list[str] = PROJECT["project"]["optional-dependencies"]["dev"]


@pytest.mark.parametrize("requirement", DEPENDENCIES)
def test_every_dependency_is_pinned_for_running(requirement: str) -> None:
    assert _name(requirement) in _pins(RUN)


@pytest.mark.parametrize("requirement", DEPENDENCIES + TOOLS)
def test_every_dependency_and_tool_is_pinned_for_development(requirement: str) -> None:
    assert _name(requirement) in _pins(DEV)


def test_what_is_developed_with_is_what_runs() -> None:
    assert _pins(RUN).items() <= _pins(DEV).items()


@pytest.mark.parametrize("lock", [RUN, DEV], ids=lambda lock: lock.name)
def test_a_lock_holds_only_comments_exact_versions_and_digests(lock: Path) -> None:
    allowed = re.compile(r"( *#.*|[a-z0-9-]+==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|)")
    assert [line for line in lock.read_text(encoding="utf-8").splitlines() if not allowed.fullmatch(line)] == []


@pytest.mark.parametrize("lock", [RUN, DEV], ids=lambda lock: lock.name)
def test_every_pin_of_a_lock_has_a_digest(lock: Path) -> None:
    assert [name for name, (_, digests) in _pins(lock).items() if not digests] == []


def test_no_tracked_file_names_a_registry_or_an_index() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, encoding="utf-8").stdout
    files = [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]
    assert RUN in files, "the search must reach the tracked files"
    assert [
        (path.name, word)
        for path in files
        for word in INDEX_OPTIONS + REGISTRY_HOSTS
        if word in path.read_text(encoding="utf-8", errors="ignore")
    ] == []


def _pins(lock: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Version and digests by package."""
    found = re.findall(r"^([a-z0-9-]+)==(\S+).*((?:\n    --hash=\S+.*)*)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: (version, frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", hashes))) for name, version, hashes in found}


def _name(requirement: str) -> str:
    """The package's name as locks write it, without extras and versions."""
    (name,) = re.findall(r"^[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", name).lower()
