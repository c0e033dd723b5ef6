"""docs/limits.md has the fixed figures of the program, and only those."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from tests.contracts.snapshot import ROOT

import studyteddy

PACKAGE = Path(studyteddy.__file__).parent
AREAS = ("platform/security", "platform/db", "features/auth", "features/tasks")
NO_LIMITS = {"features.tasks.store.tasks._RECURRENCE"}
"""Numbers that bound nothing, such as the place of a column."""


def test_the_page_has_the_figures_of_the_code() -> None:
    rows = re.findall(
        r"^\| .+ \| ([\d.]+)(?: s| bytes)? \| `([\w.]+)` \|$", (ROOT / "docs/limits.md").read_text(), re.M
    )
    found = {name: figure for figure, name in rows}
    assert len(found) == len(rows), "a figure is listed twice"
    assert found == {name: figure for name, figure in _figures() if name not in NO_LIMITS}


def _figures() -> Iterator[tuple[str, str]]:
    """Yield the numbers that modules of the program define: full name and figure; lengths of time in seconds."""
    for path in sorted(one for area in AREAS for one in (PACKAGE / area).rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        module = importlib.import_module(f"studyteddy.{name}")
        for constant in _assigned(ast.parse(path.read_text())):
            value = getattr(module, constant)
            if isinstance(value, timedelta):
                value = value.total_seconds()
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield f"{name}.{constant}", f"{value:g}" if isinstance(value, float) else str(value)


def _assigned(module: ast.Module) -> Iterator[str]:
    """Yield the names that a module assigns."""
    for statement in module.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        for target in targets:
            yield from (one.id for one in ast.walk(target) if isinstance(one, ast.Name)) if target else ()
