"""A wheel and an environment that has it installed, far from the sources.

Both are made once a session and without the network: what the project needs is read from the environment that runs the tests.
"""

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "outputs", "pipeline", "schemas", "sftp")


@pytest.fixture(scope="session")
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one wheel of `--wheel-in`, else one built from a source distribution, so that it proves both."""
    folder: Path | None = request.config.getoption("--wheel-in")
    if folder is None:
        # A copy, because a build leaves folders behind, and what an older build left would end up in the wheel.
        sources = tmp_path_factory.mktemp("sources")
        for package in PACKAGES:
            shutil.copytree(ROOT / package, sources / package, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, sources)
        folder = tmp_path_factory.mktemp("dist")
        _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, sources)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment holding the wheel; other packages are lent by a `.pth` file.

    A lent folder's own `.pth` files are not read, so the editable install of this project does not come along.
    """
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    paths = sysconfig.get_paths(scheme="venv", vars={"base": str(home), "platbase": str(home)})
    Path(paths["purelib"], "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    python = Path(paths["scripts"], "python")
    _run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    return Path(paths["scripts"])


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    if done.returncode:
        pytest.fail(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}", pytrace=False)
