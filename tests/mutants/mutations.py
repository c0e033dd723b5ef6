"""Every small change ("mutation") of a module: one for each place and way, as a replacement of its text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "-", ast.Sub: "+", ast.Mult: "//", ast.FloorDiv: "*"}
_SQL = (
    (re.compile(r"\bAND\b"), "OR"),
    (re.compile(r"(?<![<>])<(?![=>])"), ">"),
    (re.compile(r"(?<![<>-])>(?![=>])"), "<"),
    (re.compile(r"\bIS NULL\b"), "IS NOT NULL"),
    (re.compile(r"\bIS NOT NULL\b"), "IS NULL"),
    (re.compile(r"\bDESC\b"), "ASC"),
    (re.compile(r" FOR (NO KEY )?UPDATE\b| FOR SHARE\b"), ""),
    (re.compile(r"\bcoalesce\(", re.IGNORECASE), "nullif("),
)
_STATEMENT = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LOGS = ("log.", "_log.", "typer.")


class Mutation(NamedTuple):
    """One change: `before`, at this line and column (both from 1) of the file, becomes `after`."""

    file: str
    line: int
    column: int
    before: str
    after: str
    defines: str
    """The module's name that contains it, if it is outside functions; then it counts for whatever uses that name."""

    def applied(self, source: str) -> str:
        """Return the mutated text of the file."""
        lines = source.splitlines(keepends=True)
        start = sum(map(len, lines[: self.line - 1])) + self.column - 1
        assert source[start : start + len(self.before)] == self.before, self
        return source[:start] + self.after + source[start + len(self.before) :]


def mutations(root: Path, file: str) -> list[Mutation]:
    """Return every mutation of a file below `root`."""
    source = (root / file).read_text()
    return list(_Finder(file, source).all())


class _Finder:
    def __init__(self, file: str, source: str) -> None:
        self._file = file
        self._source = source
        self._lines = source.splitlines(keepends=True)
        self._tree = ast.parse(source)

    def all(self) -> Iterator[Mutation]:
        for top in self._tree.body:
            if isinstance(top, ast.Import | ast.ImportFrom):
                continue
            if isinstance(top, ast.ClassDef):
                for part in (*top.bases, *top.keywords, *top.body):
                    yield from self._of(part, "" if isinstance(part, _FUNCTIONS) else top.name)
            else:
                yield from self._of(top, _defined(top))

    def _of(self, top: ast.AST, defines: str) -> Iterator[Mutation]:
        for node in _walk(top):
            for place, after in self._changes(node):
                yield self._mutation(place, after, defines)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _STATEMENT.search(node.value):
                yield from self._sql(node, defines)

    def _changes(self, node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
        """Yield the changes of one node: what is replaced, and by what."""
        yield from self._changed_conditions(node)
        match node:
            case ast.BinOp() if type(node.op) in _ARITHMETIC and not _has_text(node):
                yield node, f"{self._text(node.left)} {_ARITHMETIC[type(node.op)]} {self._text(node.right)}"
            case ast.Constant(value=bool(value)):
                yield node, str(not value)
            case ast.Constant(value=int(value) | float(value)):
                yield node, f"{value + 1}"
            case ast.Call(func=ast.Attribute(attr="compare_digest") | ast.Name(id="compare_digest")):
                yield node, f"({self._text(node.args[0])} == {self._text(node.args[1])})"
            case ast.Expr(value=ast.Call() | ast.Await()) if not self._text(node).startswith(_LOGS):
                yield node, "pass"
            case ast.Raise():
                yield node, "pass"
            case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
                yield value, "None"

    def _changed_conditions(self, node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
        match node:
            case ast.Compare(left=left, ops=[operation], comparators=[right]):
                after = _COMPARISONS.get(type(operation))
                if after:
                    yield node, f"{self._text(left)} {after} {self._text(right)}"
            case ast.BoolOp(op=ast.And()):
                yield node, " or ".join(f"({self._text(one)})" for one in node.values)
            case ast.BoolOp():
                yield node, " and ".join(f"({self._text(one)})" for one in node.values)
            case ast.UnaryOp(op=ast.Not()):
                yield node, self._text(node.operand)
            case ast.If() | ast.IfExp() | ast.While() if not isinstance(node.test, ast.UnaryOp | ast.Compare):
                yield node.test, f"not ({self._text(node.test)})"

    def _sql(self, node: ast.Constant, defines: str) -> Iterator[Mutation]:
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            for pattern, after in _SQL:
                for found in pattern.finditer(self._lines[number - 1]):
                    yield Mutation(self._file, number, found.start() + 1, found.group(), after, defines)

    def _mutation(self, node: ast.AST, after: str, defines: str) -> Mutation:
        before = self._text(node)
        line = self._lines[node.lineno - 1]  # type: ignore[attr-defined]
        column = len(line.encode()[: node.col_offset].decode()) + 1  # type: ignore[attr-defined]
        return Mutation(self._file, node.lineno, column, before, after, defines)  # type: ignore[attr-defined]

    def _text(self, node: ast.AST) -> str:
        return ast.get_source_segment(self._source, node) or ""


def _defined(top: ast.AST) -> str:
    """Return the name that a statement of a module defines, or an empty string."""
    match top:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return ""


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the node and what it contains, but no annotations, docstrings, parts of f-strings, or `frozen=True`.

    That a value can't be changed isn't visible from outside.
    """
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.keyword) and node.arg == "frozen":
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "ctx", "returns", "decorator_list", "type_params") or isinstance(node, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _walk(child)


def _has_text(node: ast.BinOp) -> bool:
    return any(isinstance(one, ast.JoinedStr) or _is_text(one) for one in ast.walk(node))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
