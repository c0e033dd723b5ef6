"""Which tests run which lines: measured once, so that a mutant meets only the tests that can notice it."""

from __future__ import annotations

import ast
import re
import sqlite3
from collections import defaultdict
from pathlib import Path

from coverage.numbits import numbits_to_nums

Tests = dict[tuple[str, int], set[str]]
"""The ids of the tests that run a line (file below the root, number)."""


def read(database: Path, root: Path) -> Tests:
    """Read coverage's database, whose contexts are the ids of the tests."""
    found: Tests = defaultdict(set)
    connection = sqlite3.connect(database)
    rows = connection.execute(
        "SELECT f.path, c.context, b.numbits FROM line_bits AS b"
        " JOIN file AS f ON f.id = b.file_id JOIN context AS c ON c.id = b.context_id WHERE c.context <> ''"
    )
    for path, context, numbits in rows:
        for number in numbits_to_nums(numbits):
            found[(Path(path).relative_to(root).as_posix(), number)].add(context)
    connection.close()
    return found


def running(source: str, line: int) -> int:
    """Return the line that runs when this one counts: for one of a function's header, the first of its body."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno <= line < node.body[0].lineno:
            is_docstring = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
            return node.body[is_docstring and len(node.body) > 1].lineno
    return line


def users(source: str, name: str) -> list[int]:
    """Return the lines of a module that mention a name of its own."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    return [number for number, line in enumerate(source.splitlines(), 1) if word.search(line)]
