"""Every SQL statement of the program, collected from its modules, and the list of system statements."""

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
from studyteddy.bootstrap import catalogue
from studyteddy.bootstrap.catalogue import SEALED_COLUMNS
from studyteddy.platform.db import event_numbers, idempotency, transaction
from studyteddy.platform.db.statements import Statement
from studyteddy.platform.security import encryption

SOURCE = Path(studyteddy.__file__).parent
HOMES = re.compile(
    r"(.*\.store(\.\w+)?|platform\.security\.(audit_log|encryption)|platform\.privacy\.\w+|bootstrap\.runtime)"
)
"""Modules that may define statements."""

BUILT = {
    "platform/privacy/data_export.py": "a table's export, from its columns: found in `DATA_EXPORTS`",
    "platform/privacy/retention.py": "a table's retention, from its key and condition: found in `RETENTION`",
    "platform/security/encryption.py": "a column's key rotation, from its names: found in `SEALED_COLUMNS`",
}
"""Modules whose functions build statements from names that stores pass to them."""

SYSTEM = {
    "features.auth.store.accounts._FIND": "sign_in: the account of an email address, before sign-in",
    "features.auth.store.sessions._OWNER_OF": "sign_in: the owner of the session of a refresh token",
    "features.auth.store.api_keys._FIND_HOLDER": "sign_in: the owner of an API key",
    "features.auth.store.one_time_tokens._FIND": "sign_in: the owner of a token from a mail",
    "features.auth.store.oauth._ADD_FLOW": "sign_in: an OAuth flow starts, before the user is known",
    "features.auth.store.oauth._CONSUME_FLOW": "sign_in: an OAuth flow returns",
    "features.auth.store.oauth._FIND_ACCOUNT": "sign_in: the account linked to an OAuth identity",
    "features.auth.store.oauth._FIND_PENDING": "sign_in: the account of a sign-in that needs more proof",
    "features.auth.store.account_deletion._DUE": "tidy: accounts whose grace period is over",
    "features.auth.store.account_deletion._ERASABLE": "tidy: accounts whose grace period is over",
    "features.attachments.store._ABANDONED": "tidy: attachments that were never uploaded",
    "features.auth.store.data_export._EXPIRED": "tidy: data exports older than seven days",
    "features.auth.store.admin._FIND": "operate: the account of an email address, for an operator",
    "features.auth.store.admin._USER_IDS": "operate: every account, to verify the audit logs",
    "features.ai.store.material._WAITING": "tidy: attachments with passages that have no embedding yet",
    "features.ai.store.usage._OPEN_CALLS": "tidy: calls of language models whose process ended",
    "features.calendar.store.consent._GET": "sign_in: who began to connect an account",
    "features.calendar.store.accounts._STALE": "tidy: how many accounts were not synchronized lately",
    "features.calendar.store.accounts._DUE": "tidy: calendar accounts of all students that are to be synchronized",
    "features.calendar.store.channels._FIND": "sign_in: whose calendar a notification is about",
    "features.calendar.store.feeds._DUE": "tidy: calendars of all students that are to be read",
    "features.focus.store.sessions._OVERDUE": "tidy: students with an overdue focus session",
    "platform.security.audit_log._ADD_ANONYMOUS": "sign_in: what was attempted without signing in",
    "platform.security.audit_log._UNSEALED": "tidy: entries to be sealed",
    "platform.security.audit_log._LAST_SEAL": "tidy: the last seal of the chain",
    "platform.security.audit_log._ADD_SEAL": "tidy: a seal is added to the chain",
    "platform.security.audit_log._MARK_SEALED": "tidy: an entry is sealed once",
    "platform.security.audit_log._SEALED": "operate: the seals are checked",
    "platform.security.audit_log._SEALS": "operate: the seals are checked",
    "platform.security.encryption.pages[ai_keys.secret: outdated]": "operate: secrets sealed with an older key",
    "platform.security.encryption.pages[ai_keys.secret: replace]": "operate: re-sealed with the current key",
    "platform.security.encryption.pages[calendar_accounts.credential: outdated]": "operate: sealed with an older key",
    "platform.security.encryption.pages[calendar_accounts.credential: replace]": "operate: re-sealed, current key",
    "platform.security.encryption.pages[calendar_feeds.address: outdated]": "operate: sealed with an older key",
    "platform.security.encryption.pages[calendar_feeds.address: replace]": "operate: re-sealed with the current key",
    "platform.security.encryption.pages[second_factors.secret: outdated]": "operate: secrets sealed with an older key",
    "platform.security.encryption.pages[second_factors.secret: replace]": "operate: re-sealed with the current key",
    "platform.realtime.store._CONSUME": "sign_in: the owner of a WebSocket ticket",
    "platform.realtime.store._COUNTERS": "relay: the last event numbers of everyone connected to this process",
    "features.auth.store.sessions._RECENTLY_REVOKED": "relay: recently ended sessions of all users",
    "platform.jobs.store._CLAIM": "worker: due jobs of all users",
    "platform.jobs.store._CLAIM_SLOW": "worker: due jobs of all users, few of each",
    "platform.jobs.store._CLAIM_SUSPECT": "worker: a job whose worker died",
    "platform.jobs.store._ANY_SUSPECT": "worker: whether there is such a job",
    "platform.jobs.store._FINISH": "worker: by id and attempt",
    "platform.jobs.store._BEAT": "worker: by id and attempt",
    "platform.jobs.store._RETRY": "worker: by id and attempt",
    "platform.jobs.store._GIVE_BACK": "worker: by id and attempt",
    "platform.jobs.store._BURY": "worker: by id and attempt",
    "platform.jobs.store._DEAD": "operate: the dead letters",
    "platform.jobs.store._REVIVE": "operate: dead letters are queued again",
    "platform.jobs.store._DEPTHS": "worker: the length of each queue",
    "platform.jobs.store._DEAD_COUNT": "worker: the number of dead letters",
    "platform.privacy.retention.pages[calendar_changes]": "tidy: by age",
    "platform.privacy.retention.pages[calendar_channels]": "tidy: by age",
    "platform.privacy.retention.pages[calendar_conflicts]": "tidy: by age",
    "platform.privacy.retention.pages[calendar_connections]": "tidy: by age",
    "platform.privacy.retention.pages[calendar_events]": "tidy: by age",
    "platform.privacy.retention.pages[events]": "tidy: by age",
    "platform.privacy.retention.pages[idempotency_keys]": "tidy: by age",
    "platform.privacy.retention.pages[realtime_tickets]": "tidy: by age",
    "platform.privacy.retention.pages[sessions]": "tidy: by age",
    "platform.privacy.retention.pages[mail_tokens]": "tidy: by age",
    "platform.privacy.retention.pages[sign_in_flows]": "tidy: by age",
    "platform.privacy.retention.pages[pending_sign_ins]": "tidy: by age",
    "platform.privacy.retention.pages[task_changes]": "tidy: by age",
    "platform.privacy.retention.pages[jobs_dead]": "tidy: by age",
    "platform.privacy.retention.pages[ai_calls]": "tidy: by age",
    "platform.privacy.retention.pages[ai_days]": "tidy: by age",
    "platform.privacy.retention.pages[ai_proposals]": "tidy: by age",
    "platform.privacy.retention.pages[ai_assessed_exercises]": "tidy: by age",
}
"""Statements that see rows of several users: the purpose of their transaction, and the reason."""


class Placed(NamedTuple):
    """A statement and the place where it is defined."""

    place: str
    statement: Statement[Any]

    @property
    def is_read(self) -> bool:
        """Return whether it may run outside a transaction, with the owner set by the statement itself."""
        sql = self.statement.sql.lstrip()
        return self.place not in SYSTEM and sql.startswith("SELECT") and "FOR UPDATE" not in sql and "$1" in sql


@cache
def modules() -> tuple[ModuleType, ...]:
    names = [found.name for found in pkgutil.walk_packages(studyteddy.__path__, "studyteddy.")]
    return tuple(importlib.import_module(name) for name in names if not name.endswith("__main__"))


@cache
def statements() -> tuple[Placed, ...]:
    """Return every statement: the globals of all modules, and those that functions build."""
    return (*(one for module in modules() for one in _in_module(module)), *_built())


def _built() -> Iterator[Placed]:
    """Yield the statements that the modules of `BUILT` build for the tables and columns that stores name."""
    by_hand = {id(value) for module in modules() for value in vars(module).values() if isinstance(value, Statement)}
    for holding in catalogue.DATA_EXPORTS:
        if holding.export is not None and id(holding.export) not in by_hand:
            yield Placed(f"platform.privacy.data_export.pages[{holding.table}]", holding.export)
    for expiring in catalogue.RETENTION:
        yield Placed(f"platform.privacy.retention.pages[{expiring.table}]", expiring.delete)
    for column in SEALED_COLUMNS:
        place = f"platform.security.encryption.pages[{column.table}.{column.column}"
        yield Placed(f"{place}: outdated]", encryption._outdated(column))
        yield Placed(f"{place}: replace]", encryption._replace(column))


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
    """Return the statements that a feature may run outside a transaction."""
    return [one for one in statements() if one.is_read]


def raw() -> dict[str, str]:
    """Return the SQL constants of a transaction itself, which aren't `Statement`s."""
    verb = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
    return {
        name: text
        for module in (transaction, idempotency, event_numbers)
        for name, text in vars(module).items()
        if isinstance(text, str) and verb.match(text)
    }


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Yield every source file as its path below `studyteddy/` and its syntax tree."""
    for path in sorted(SOURCE.rglob("*.py")):
        yield str(path.relative_to(SOURCE)), ast.parse(path.read_text())
