"""Static analysis of a statement's text: whose rows it touches, and which of its columns may be null."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import sqlglot
from sqlglot import exp

OWNER = exp.Placeholder(this="p1")
Query = exp.Select | exp.Insert | exp.Update | exp.Delete | exp.SetOperation
_QUERIES = (exp.Select, exp.Insert, exp.Update, exp.Delete, exp.SetOperation)


@cache
def parse(text: str) -> exp.Expr:
    """Return the syntax tree; `$1` becomes the placeholder `:p1`, since the parser takes `$1, $` for a quote."""
    return sqlglot.parse_one(re.sub(r"\$(\d+)", r":p\1", text), dialect="postgres")


def tables(text: str) -> list[exp.Table]:
    """Return every table that a statement names, including its common table expressions."""
    return list(parse(text).find_all(exp.Table))


def selects_everything(text: str) -> bool:
    """Return whether a star selects the result's columns; a star inside the statement is allowed."""
    return any(_is_star(one) for one in _outputs(parse(text)))


def nullable_columns(text: str, not_null: set[tuple[str, str]]) -> list[bool | None]:
    """Return for each result column whether it may be null, or `None` if the text doesn't determine it."""
    query = parse(text)
    tables = {relation.alias: relation for relation in _relations(query)}
    return [_nullable(one, tables, not_null) for one in _outputs(query)]


def unowned(text: str, user_tables: Iterable[str]) -> list[str]:
    """Return the parts of a statement that touch a user's rows without naming the owner as `$1`."""
    return list(_OwnerCheck(frozenset(user_tables)).faults(parse(text), {}, {}))


@dataclass
class _Relation:
    """A source of rows. `outer` marks the nullable side of a join."""

    alias: str
    table: str
    inner: exp.Expr | None = None
    outer: bool = False


@dataclass
class _Derived:
    """Rows of a common table expression: whether all are the owner's, and whether they are accounts."""

    owned: bool
    accounts: bool


@dataclass
class _OwnerCheck:
    tables: frozenset[str]

    def faults(self, query: exp.Expr, outside: dict[str, str], derived: dict[str, _Derived]) -> Iterator[str]:
        """Yield violations in a query nested in one whose owned relations are `outside`: alias to owner column."""
        derived = dict(derived)
        for part in query.args["with_"].expressions if query.args.get("with_") else []:
            found = list(self.faults(part.this, outside, derived))
            derived[part.alias] = self._derived(part.this, clean=not found)
            yield from found
        relations = [one for one in _relations(query) if not isinstance(query, exp.Insert)]
        owned = outside | self._owned(query, relations, outside, derived)
        for relation in relations:
            if relation.table in self.tables and relation.table not in derived and relation.alias not in owned:
                yield f"{relation.alias or relation.table} has no owner"
        yield from self._writing(query, derived)
        if isinstance(query, exp.Insert) and (target := _target(query)).table in self.tables:
            owned = owned | {target.alias: self.owner_column(target.table)}
        for inner in _subqueries(query):
            yield from self.faults(inner, owned, derived)

    def owner_column(self, table: str) -> str:
        return "id" if table == "users" else "user_id"

    def _derived(self, query: exp.Expr, *, clean: bool) -> _Derived:
        named = {table.name for table in query.find_all(exp.Table)}
        return _Derived(clean and bool(named & self.tables), "users" in named)

    def _owned(
        self, query: exp.Expr, relations: list[_Relation], outside: dict[str, str], derived: dict[str, _Derived]
    ) -> dict[str, str]:
        """Return the relations whose every row is the owner's: alias to owner column."""
        owned = {
            one.alias: "id" if derived[one.table].accounts else "user_id"
            for one in relations
            if one.table in derived and derived[one.table].owned
        }
        mine = [one for one in relations if one.table in self.tables and one.table not in derived]
        for _ in mine:  # each round may find one more, through its equality with those of the round before
            for relation in mine:
                column = self.owner_column(relation.table)
                for left, right in _equalities(query, relation):
                    if _names(left, relation, column, mine) and _is_owner(right, {**outside, **owned}):
                        owned[relation.alias] = column
        return owned

    def _writing(self, query: exp.Expr, derived: dict[str, _Derived]) -> Iterator[str]:
        if isinstance(query, exp.Update):
            column = self.owner_column(_target(query).table)
            changed = [one.this.name for one in query.expressions if isinstance(one, exp.EQ)]
            if _target(query).table in self.tables and column in changed:
                yield f"{_target(query).table} changes its owner"
        if isinstance(query, exp.Insert) and _target(query).table in self.tables:
            yield from self._inserting(query, derived)

    def _inserting(self, query: exp.Insert, derived: dict[str, _Derived]) -> Iterator[str]:
        table = _target(query).table
        names = [one.name for one in query.this.expressions]
        column = self.owner_column(table)
        if column not in names:
            yield f"{table} is added to without an owner"
            return
        for row in _rows(query.expression):
            if not _is_owner_value(row[names.index(column)], query.expression, derived):
                yield f"{table} is added to with another owner"
        conflict = query.args.get("conflict")
        if conflict and conflict.expressions and column not in {one.name for one in conflict.args["conflict_keys"]}:
            yield f"{table} may change a row of another owner in a conflict"


def _outputs(query: exp.Expr) -> list[exp.Expr]:
    if isinstance(query, exp.Select):
        return list(query.expressions)
    returning = query.args.get("returning")
    return list(returning.expressions) if returning else []


def _is_star(one: exp.Expr) -> bool:
    return isinstance(one, exp.Star) or (isinstance(one, exp.Column) and isinstance(one.this, exp.Star))


def _nullable(one: exp.Expr, tables: dict[str, _Relation], not_null: set[tuple[str, str]]) -> bool | None:
    one = one.unalias()
    if isinstance(one, exp.Cast):
        return _nullable(one.this, tables, not_null)
    if isinstance(one, exp.Count | exp.Is | exp.Exists) or (isinstance(one, exp.Not) and isinstance(one.this, exp.Is)):
        return False
    if not isinstance(one, exp.Column):
        return None
    known = {table for table, _ in not_null}
    of = [tables.get(one.table)] if one.table else list(tables.values())
    if len(of) != 1 or of[0] is None or of[0].table not in known:
        return None
    return of[0].outer or (of[0].table, one.name) not in not_null


def _target(query: exp.Expr) -> _Relation:
    table = query.this.this if isinstance(query.this, exp.Schema) else query.this
    return _Relation(table.alias_or_name, table.name)


def _relations(query: exp.Expr) -> Iterator[_Relation]:
    if isinstance(query, exp.Insert | exp.Update | exp.Delete):
        yield _target(query)
    source = query.args.get("from_")
    sources = [(source.this, "")] if source else []
    sources += [(one, "") for one in query.args.get("using") or []]
    sources += [(one.this, one.side) for one in query.args.get("joins") or []]
    for one, side in sources:
        table = one.name if isinstance(one, exp.Table) else ""
        yield _Relation(one.alias_or_name, table, one, outer=bool(side))
        for join in one.args.get("joins") or []:
            yield _Relation(join.this.alias_or_name, join.this.name, join.this, outer=bool(join.side))


def _equalities(query: exp.Expr, relation: _Relation) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """Yield both directions of each equality that every row of `relation` must satisfy."""
    where = query.args.get("where")
    conditions = [where.this] if where else []
    for source in (query, *(one.inner for one in _relations(query) if isinstance(one.inner, exp.Table))):
        for join in (source.args.get("joins") or []) if source else []:
            if join.args.get("on") and (not join.side or join.this.alias_or_name == relation.alias):
                conditions += [join.args["on"]] if join.side in ("", "LEFT") else []
    for condition in conditions:
        for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
            if isinstance(part, exp.EQ):
                yield part.left, part.right
                yield part.right, part.left


def _names(one: exp.Expr, relation: _Relation, column: str, mine: list[_Relation]) -> bool:
    """Return whether an expression is the owner column of `relation`, unqualified only if there is no other table."""
    if not isinstance(one, exp.Column) or one.name != column:
        return False
    return one.table == relation.alias if one.table else len(mine) == 1


def _is_owner(one: exp.Expr, owned: dict[str, str]) -> bool:
    one = _unwrapped(one)
    if isinstance(one, exp.Column):
        return bool(one.table) and owned.get(one.table) == one.name
    return one == OWNER


def _unwrapped(one: exp.Expr) -> exp.Expr:
    while isinstance(one, exp.Cast | exp.Paren | exp.Nullif):
        one = one.this
    return one


def _rows(source: exp.Expr) -> list[list[exp.Expr]]:
    if isinstance(source, exp.Values):
        return [list(row.expressions) for row in source.expressions]
    return [[one.unalias() for one in source.expressions]]


def _is_owner_value(value: exp.Expr, source: exp.Expr, derived: dict[str, _Derived]) -> bool:
    value = _unwrapped(value)
    if not isinstance(value, exp.Column):
        return value == OWNER
    for relation in _relations(source):
        found = derived.get(relation.table)
        if found and found.owned and value.table in ("", relation.alias):
            return value.name == ("id" if found.accounts else "user_id")
    return False


def _subqueries(query: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the queries directly inside this one, without its common table expressions."""
    waiting = [one for name, one in query.args.items() if name != "with_"]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, _QUERIES):
            yield one
        elif isinstance(one, exp.Expr):
            waiting += one.args.values()
