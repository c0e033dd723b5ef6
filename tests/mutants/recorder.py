"""A pytest plugin: records which test runs which line, and how long each test takes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

FOLDER = Path(os.environ["MUTANTS_FOLDER"])
_coverage = coverage.Coverage(data_file=str(FOLDER / "coverage.db"), source=["src/studyteddy"], config_file=False)
_seconds: dict[str, float] = {}


def pytest_configure() -> None:
    _coverage.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Attribute what runs during a test to it, also if another task or thread runs it."""
    _coverage.switch_context(item.nodeid)
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid] = _seconds.get(report.nodeid, 0.0) + report.duration


def pytest_unconfigure() -> None:
    _coverage.stop()
    _coverage.save()
    (FOLDER / "seconds.json").write_text(json.dumps(_seconds))
