"""What holds for every test: on CI nothing may be skipped, and `--wheel-in` names a built wheel to test instead of a fresh one."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A slow machine proves nothing, so no example has a deadline; on CI every run tries the same examples, so that red means a change.
settings.register_profile("clr", deadline=None, derandomize=bool(os.environ.get("CI")), suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("clr")

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else every process that a test starts compiles all sources again


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The two years take longest and go first, so that no idle core waits for them at the end."""
    items.sort(key=lambda item: item.path.parent.name != "year")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--wheel-in", type=Path, default=None, help="folder of the wheel that tests/packaging shall test; default: build one")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_skip_on_ci(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_skip_on_ci(report)
    return report


def _fail_skip_on_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    """A skip on CI means that a server or a tool is missing there, and that something goes untested in silence."""
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"nothing is skipped on CI, but this would be: {reason}"
