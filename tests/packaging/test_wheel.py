"""What is shipped: five top-level packages whose plain names must be ours alone in the environment."""

import json
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "outputs", "pipeline", "schemas", "sftp")
DISTRIBUTION = "closed-loop-referrals"

# Run inside the new environment: who provides the five names, and where they are imported from.
PROVIDERS = f"""
import importlib.metadata, importlib.util, json
providers = importlib.metadata.packages_distributions()
print(json.dumps({{
    name: [sorted(set(providers[name])), importlib.util.find_spec(name).origin] for name in {PACKAGES}
}}))
"""


def test_the_wheel_holds_every_file_of_the_five_packages_and_nothing_else(wheel: Path) -> None:
    shipped = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    written = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert shipped == written


def test_the_wheel_carries_licence_readme_and_the_command(wheel: Path) -> None:
    with ZipFile(wheel) as opened:
        information = {name.partition(".dist-info/")[2]: opened.read(name).decode() for name in opened.namelist() if ".dist-info/" in name}
    assert information["licenses/LICENSE"] == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert information["METADATA"].endswith((ROOT / "README.md").read_text(encoding="utf-8"))
    assert "clr = pipeline.cli:main" in information["entry_points.txt"].splitlines()


def test_no_other_distribution_provides_one_of_the_five_names(installed: Path, tmp_path: Path) -> None:
    found = json.loads(_output(tmp_path, installed / "python", "-c", PROVIDERS))
    environment = installed.parent.resolve()
    assert {name: providers for name, (providers, _) in found.items()} == {name: [DISTRIBUTION] for name in PACKAGES}
    assert all(Path(origin).resolve().is_relative_to(environment) for _, origin in found.values())


@pytest.mark.parametrize("command", [("clr",), ("python", "-m", "pipeline")], ids=" ".join)
def test_the_command_starts_where_the_sources_are_not(installed: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    name, *arguments = command
    assert "ingest" in _output(tmp_path, installed / name, *arguments, "--help")


def _output(folder: Path, *command: str | Path) -> str:
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout
