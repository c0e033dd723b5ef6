"""Every SQL statement of the program, found by looking into its modules, and which of them belong to no user."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import studyteddy
from studyteddy.platform import db
from studyteddy.platform.db import Statement

SOURCE = Path(studyteddy.__file__).parent
HOMES = re.compile(r"(.*\.store|platform\.tidy|platform\.revocation|bootstrap\.runtime)")
"""Modules that may hold statements."""

SYSTEM = {
    "features.auth.store._FIND": "sign_in: the account of an e-mail address, before anyone is known",
    "features.auth.store._OWNER": "sign_in: whose session a refresh token belongs to",
    "platform.realtime.store._CONSUME": "sign_in: a ticket tells whose socket this is",
    "platform.realtime.store._COUNTERS": "relay: the last event numbers of everyone connected to this process",
    "platform.revocation._RECENT": "relay: the sessions that ended lately, whoever they belong to",
    "platform.jobs.store._CLAIM": "worker: due jobs of all users",
    "platform.jobs.store._CLAIM_SUSPECT": "worker: a job whose worker died",
    "platform.jobs.store._ANY_SUSPECT": "worker: whether there is such a job",
    "platform.jobs.store._FINISH": "worker: by id and attempt",
    "platform.jobs.store._BEAT": "worker: by id and attempt",
    "platform.jobs.store._RETRY": "worker: by id and attempt",
    "platform.jobs.store._GIVE_BACK": "worker: by id and attempt",
    "platform.jobs.store._BURY": "worker: by id and attempt",
    "platform.jobs.store._DEAD": "operate: the dead letters",
    "platform.jobs.store._REVIVE": "operate: dead letters are queued again",
    "platform.jobs.store._DEPTHS": "worker: how much waits",
    "platform.jobs.store._DEAD_COUNT": "worker: how many dead letters there are",
    "platform.tidy.OLD.events": "tidy: by age",
    "platform.tidy.OLD.idempotency_keys": "tidy: by age",
    "platform.tidy.OLD.realtime_tickets": "tidy: by age",
    "platform.tidy.OLD.sessions": "tidy: by age",
    "platform.tidy.OLD.jobs_dead": "tidy: by age",
}
"""Statements that see rows of several users: the purpose of their transaction, and why."""


class Placed(NamedTuple):
    """A statement and where it lies."""

    place: str
    statement: Statement[Any]

    @property
    def is_read(self) -> bool:
        """Whether it may run outside a transaction, with the owner set by the statement itself."""
        sql = self.statement.sql.lstrip()
        return self.place not in SYSTEM and sql.startswith("SELECT") and "FOR UPDATE" not in sql and "$1" in sql


@cache
def modules() -> tuple[ModuleType, ...]:
    names = [found.name for found in pkgutil.walk_packages(studyteddy.__path__, "studyteddy.")]
    return tuple(importlib.import_module(name) for name in names if not name.endswith("__main__"))


@cache
def statements() -> tuple[Placed, ...]:
    """Every statement: the globals of all modules, and what `pages()` makes."""
    return tuple(one for module in modules() for one in _in_module(module))


def _in_module(module: ModuleType) -> Iterator[Placed]:
    short = module.__name__.removeprefix("studyteddy.")
    for name, value in vars(module).items():
        if isinstance(value, Statement):
            yield Placed(f"{short}.{name}", value)
        elif isinstance(value, dict):
            yield from (
                Placed(f"{short}.{name}.{key}", one) for key, one in value.items() if isinstance(one, Statement)
            )
    if "pages" in vars(module) and HOMES.fullmatch(short):
        yield from (Placed(f"{short}.pages[{n}]", one) for n, one in enumerate(module.pages()))


def reads() -> list[Placed]:
    """Statements that a feature may run outside a transaction."""
    return [one for one in statements() if one.is_read]


def raw() -> dict[str, str]:
    """The SQL constants of platform/db.py, which are no `Statement`s."""
    verb = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
    return {name: text for name, text in vars(db).items() if isinstance(text, str) and verb.match(text)}


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every source file as its path below `studyteddy/` and its syntax tree."""
    for path in sorted(SOURCE.rglob("*.py")):
        yield str(path.relative_to(SOURCE)), ast.parse(path.read_text())
