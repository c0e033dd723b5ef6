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
from studyteddy import bootstrap
from studyteddy.bootstrap.catalogue import SEALED
from studyteddy.platform import sealing
from studyteddy.platform.db import Statement, transaction

SOURCE = Path(studyteddy.__file__).parent
HOMES = re.compile(r"(.*\.store(\.\w+)?|platform\.(tidy|revocation|audit|sealing)|bootstrap\.runtime)")
"""Modules that may hold statements."""

MADE = {
    "platform/personal.py": "a table's archive, from the columns that its store names: found in `HOLDINGS`",
    "platform/sealing.py": "a sealed column's rotation, from its names: found in `SEALED`",
}
"""Modules whose functions make statements out of names that stores give them."""

SYSTEM = {
    "features.auth.store.accounts._FIND": "sign_in: the account of an e-mail address, before anyone is known",
    "features.auth.store.sessions._OWNER": "sign_in: whose session a refresh token belongs to",
    "features.auth.store.keys._HOLDER": "sign_in: whom an API key lets in",
    "features.auth.store.mail_tokens._CONSUME_TOKEN": "sign_in: whose address a link from a mail proves",
    "features.auth.store.identities._ADD_FLOW": "sign_in: somebody goes to sign in elsewhere; nobody knows who",
    "features.auth.store.identities._CONSUME_FLOW": "sign_in: somebody comes back from there",
    "features.auth.store.identities._FIND_LINKED": "sign_in: whose account somebody known elsewhere opens",
    "features.auth.store.leaving._TO_END": "tidy: accounts whose grace is over",
    "features.auth.store.leaving._TO_ERASE": "tidy: accounts whose grace is over, and every access token with it",
    "features.tasks.store.attachments._OVERDUE": "tidy: attachments that never came",
    "features.auth.store.leaving._OVERDUE": "tidy: archives whose seven days are over",
    "features.auth.store.support._FIND_SUPPORTED": "operate: the account of an e-mail address, for an operator",
    "features.focus.store.sessions._OVERDUE": "tidy: students who left a session running",
    "platform.audit._ADD_ANONYMOUS": "sign_in: what was tried by nobody who is known",
    "platform.audit._UNSEALED": "tidy: what is to be sealed",
    "platform.audit._LAST_SEAL": "tidy: where the chain of seals ends",
    "platform.audit._ADD_SEAL": "tidy: the chain goes on",
    "platform.audit._MARK_SEALED": "tidy: an entry is sealed once",
    "platform.audit._SEALED": "operate: the seals are checked",
    "platform.audit._SEALS": "operate: the seals are checked",
    "platform.sealing.pages[second_factors.secret: outdated]": "operate: secrets sealed with an older key",
    "platform.sealing.pages[second_factors.secret: replace]": "operate: they are sealed anew",
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
    "platform.tidy.OLD.mail_tokens": "tidy: by age",
    "platform.tidy.OLD.sign_in_flows": "tidy: by age",
    "platform.tidy.OLD.task_changes": "tidy: by age",
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
    """Every statement: the globals of all modules, and what functions make."""
    return (*(one for module in modules() for one in _in_module(module)), *_made())


def _made() -> Iterator[Placed]:
    """What `platform.personal` and `platform.sealing` make for the tables and columns that stores name."""
    by_hand = {id(value) for module in modules() for value in vars(module).values() if isinstance(value, Statement)}
    for holding in bootstrap.HOLDINGS:
        if holding.export is not None and id(holding.export) not in by_hand:
            yield Placed(f"platform.personal.pages[{holding.table}]", holding.export)
    for column in SEALED:
        place = f"platform.sealing.pages[{column.table}.{column.column}"
        yield Placed(f"{place}: outdated]", sealing._outdated(column))
        yield Placed(f"{place}: replace]", sealing._replace(column))


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
    """The SQL constants of a transaction itself, which are no `Statement`s."""
    verb = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
    return {name: text for name, text in vars(transaction).items() if isinstance(text, str) and verb.match(text)}


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every source file as its path below `studyteddy/` and its syntax tree."""
    for path in sorted(SOURCE.rglob("*.py")):
        yield str(path.relative_to(SOURCE)), ast.parse(path.read_text())
