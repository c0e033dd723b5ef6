"""The measured environment: private PostgreSQL and Valkey, sample tasks, users with tokens, and servers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import random
import signal
import sys
import time
from collections import deque
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import jwt

from benchmarks.load import exchange, request
from benchmarks.measure import OTHER_CORE, SERVER_CORE, pin
from studyteddy.embedded import Engines, engines
from studyteddy.embedded.engine import free_port
from studyteddy.embedded.process import Child
from studyteddy.platform.db import migrations
from studyteddy.platform.security.access_tokens import AccessTokens
from studyteddy.platform.settings import Settings, key_bytes, load

ROOT = Path(__file__).resolve().parents[1]
TASKS_EACH, SUBJECTS_EACH = 25, 5
PLAIN = "bench_plain"
PLAIN_PASSWORD = "loopback-only-for-measuring"
TOKEN_SECONDS = 8 * 3600
T = TypeVar("T")


def secret(name: str) -> str:
    """A deterministic key of 32 bytes for benchmarks."""
    return base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode().rstrip("=")


KEYS = {
    "SIGNING_KEY": secret("signing"),
    "REFRESH_KEY": secret("refresh"),
    "CURSOR_KEY": secret("cursor"),
    "PASSWORD_PEPPER": secret("pepper"),
    "SEALING_KEYS": f"k1:{secret('sealing')}",
}
ENDLESS = "900000000/60:900000000"
RAISED = dict.fromkeys(("LIMIT_GENERAL", "LIMIT_ANONYMOUS", "LIMIT_LOGIN_ADDRESS", "LIMIT_LOGIN_ACCOUNT"), ENDLESS)
"""The rate limiter does all its work but never rejects a request."""


@dataclass(frozen=True)
class Person:
    """A user with an access token of the program (`token`) and an HS256 token for other servers (`plain`)."""

    user_id: UUID
    session_id: UUID
    subject_id: UUID
    token: str
    plain: str


@dataclass
class World:
    """Everything that runs during a measurement."""

    engines: Engines
    people: list[Person] = field(default_factory=list)
    tasks: int = 0
    pending: deque[tuple[Person, UUID]] = field(default_factory=deque)

    @property
    def admin_url(self) -> str:
        return self.engines.admin_database_url.rpartition("/")[0] + "/study"

    @property
    def plain_url(self) -> str:
        """URL with a role that bypasses row-level security, as most programs use."""
        head, _, tail = self.admin_url.partition("://")
        return f"{head}://{PLAIN}:{PLAIN_PASSWORD}@{tail.partition('@')[2]}"

    def environment(self, **more: str) -> dict[str, str]:
        """As in production, except for the rate limits and the sampled log."""
        return {
            "DATABASE_URL": self.engines.database_url,
            "MIGRATION_DATABASE_URL": self.engines.migration_database_url,
            "REDIS_URL": self.engines.redis_url,
            "ENVIRONMENT": "production",
            "PUBLIC_URL": "https://study.example",
            "MAIL_URL": "smtp://127.0.0.1:9",
            "STORAGE_URL": "file:///tmp/study-teddy-benchmark",
            "LOG_SAMPLE": "0",
            "CONNECTIONS_PER_ADDRESS": "100000",
            **KEYS,
            **RAISED,
            **more,
        }

    def settings(self, **more: str) -> Settings:
        return load(self.environment(**more))

    def do(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """Runs a statement as administrator."""
        return run(self._do(sql, args))

    async def _do(self, sql: str, args: Sequence[object]) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.admin_url)
        try:
            return await connection.fetch(sql, *args) if args else await self._script(connection, sql)
        finally:
            await connection.close()

    async def _script(self, connection: asyncpg.Connection[asyncpg.Record], sql: str) -> list[asyncpg.Record]:
        parts = [part for part in sql.split(";\n") if part.strip()]
        for part in parts[:-1]:
            await connection.execute(part)
        return await connection.fetch(parts[-1])

    def number(self, sql: str) -> int:
        return int(self.do(sql)[0][0])

    def fresh(self, count: int) -> list[tuple[Person, UUID]]:
        """Open tasks; when they run out, all completed tasks are reopened."""
        if len(self.pending) < count:
            self.do(_REOPEN + ";\nVACUUM ANALYZE tasks")
            self._find_pending()
        return [self.pending.popleft() for _ in range(min(count, len(self.pending)))]

    def give_back(self, unused: Sequence[tuple[Person, UUID]]) -> None:
        self.pending.extendleft(unused)

    def _find_pending(self) -> None:
        by_id = {person.user_id: person for person in self.people}
        found = [
            (by_id[row["user_id"]], row["id"])
            for row in self.do("SELECT user_id, id FROM tasks WHERE status = 'pending'")
            if row["user_id"] in by_id
        ]
        random.Random(7).shuffle(found)
        self.pending = deque(found)

    def forget_events(self) -> None:
        """Empties the tables that grow with each change."""
        self.do("TRUNCATE events, jobs")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine on the event loop of the program."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


@contextmanager
def world(folder: Path, tasks: int) -> Iterator[World]:
    """PostgreSQL and Valkey on the other core, with schema and data."""
    with engines(folder / "data", durable=True) as found:
        for pid in (found.postgres_pid, found.redis_pid):
            pin(pid, OTHER_CORE)
        migrations.upgrade(found.migration_database_url)
        made = World(found, tasks=tasks)
        users = max(tasks // TASKS_EACH, 100)
        for statement in SEED.split(";\n"):
            made.do(statement.format(users=users, tasks=TASKS_EACH, subjects=SUBJECTS_EACH))
        made.people = people(made)
        made._find_pending()
        yield made


def people(made: World, which: str = "ORDER BY u.id") -> list[Person]:
    """All users with a session, or those selected by `which`, with tokens that outlast the longest run."""
    tokens = AccessTokens(key_bytes(KEYS["SIGNING_KEY"]), clock=lambda: time.time() + TOKEN_SECONDS)
    rows = made.do(
        "SELECT u.id, s.id, (SELECT id FROM subjects WHERE user_id = u.id LIMIT 1)"
        f" FROM users AS u JOIN sessions AS s ON s.user_id = u.id {which}"
    )
    return [
        Person(user_id, session_id, subject_id, tokens.issue(user_id, session_id), plain_token(user_id))
        for user_id, session_id, subject_id in rows
    ]


def plain_token(user_id: UUID) -> str:
    """A token signed with HS256 and a shared secret, as most programs use."""
    now = int(time.time())
    return jwt.encode({"sub": str(user_id), "iat": now, "exp": now + TOKEN_SECONDS}, KEYS["SIGNING_KEY"], "HS256")


class Server:
    """A running server process, pinned to a core."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        port: int = 0,
        core: int | None = SERVER_CORE,
        alive: str = "/health/live",
        patience: float = 30.0,
    ) -> None:
        self.name = name
        self.port = port or free_port()
        self._log = folder / f"{name.replace(' ', '-')}.log"
        place = {"PORT": str(self.port), "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "PATH": os.environ["PATH"]}
        with self._log.open("wb") as output:
            self._child = Child(command, environment={**environment, **place}, output=output)
        self.pid = self._child.pid
        if core is not None:
            pin(self.pid, core)
        self._await(alive, patience)

    def _await(self, path: str, patience: float) -> None:
        giving_up = time.monotonic() + patience
        while time.monotonic() < giving_up and self._child.alive:
            with suppress(OSError, ValueError):
                if exchange(self.port, request("GET", path))[0] == 200:
                    return
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"{self.name} does not respond:\n{self.said()}")

    def said(self) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-3000:]

    def stop(self, patience: float = 5.0) -> None:
        self._child.stop(signal.SIGTERM, timeout=patience)


def ours(made: World, folder: Path, *, name: str = "ours", core: int | None = SERVER_CORE, **more: str) -> Server:
    """The program as it runs in production."""
    environment = made.environment(METRICS_PORT=str(free_port()), **more)
    return Server(name, [sys.executable, "-m", "studyteddy", "serve"], environment, folder, core=core)


def reference(made: World, folder: Path, name: str, *, url: str = "") -> Server:
    """A reference application from this folder, with the same server and options."""
    environment = made.environment(**({"DATABASE_URL": url} if url else {}))
    return Server(name, [sys.executable, "-m", "benchmarks.serving", name], environment, folder)


_REOPEN = """
UPDATE tasks SET status = 'pending', completed_at = NULL, completed_on = NULL, on_time = NULL
 WHERE status = 'completed'"""

# Ids increase over time, and tasks of one user are scattered, as if added day by day.
_ID = """(lpad(to_hex({at}), 12, '0') || '7' || substr(md5({salt}), 1, 3) || 'a' || substr(md5({salt}), 5, 15))::uuid"""


def _id(at: str, salt: str) -> str:
    return _ID.format(at=at, salt=salt)


SEED = f"""
INSERT INTO users (id, email, name, created_at, updated_at)
SELECT {_id("1700000000000 + n", "'user' || n")}, 'student' || n || '@example.org', 'Student ' || n, now(), now()
  FROM generate_series(1, {{users}}) AS n;
INSERT INTO event_counters (user_id) SELECT id FROM users;
INSERT INTO sessions (id, user_id, expires_at, absolute_expires_at)
SELECT gen_random_uuid(), id, now() + interval '7 days', now() + interval '30 days' FROM users;
INSERT INTO subjects (id, user_id, name, color, created_at, updated_at)
SELECT {_id("1710000000000 + n", "u.id::text || n")}, u.id, 'Subject ' || n, '#7c3aed', now(), now()
  FROM generate_series(1, {{subjects}}) AS n, users AS u;
INSERT INTO tasks (id, user_id, subject_id, title, description, status, priority, due_date, due_zone, estimated_minutes,
                   labels, completed_at, completed_on, on_time, completions, created_at, updated_at, words)
SELECT {_id("1720000000000 + n * 1000000", "u.id::text || n")}, u.id, s.id,
       'Read chapter ' || n || ' and answer the questions',
       'Notes for chapter ' || n || ': summarise, then quiz; ' || repeat('lorem ipsum ', 6),
       CASE WHEN n % 5 = 0 THEN 'completed' ELSE 'pending' END,
       (ARRAY['low', 'medium', 'high', 'urgent'])[1 + n % 4], DATE '2026-11-01' + (n * 7 % 60), 'UTC', 15 + n,
       ARRAY['exam'], CASE WHEN n % 5 = 0 THEN now() END, CASE WHEN n % 5 = 0 THEN current_date END,
       CASE WHEN n % 5 = 0 THEN true END, CASE WHEN n % 5 = 0 THEN 1 ELSE 0 END, now(), now(),
       ('read:1A chapter:2A ' || n || ':3A and:4A answer:5A the:6A questions:7A exam:8B notes:9 for:10 chapter:11 '
        || n || ':12 summarise:13 then:14 quiz:15 lorem:16 ipsum:17')::tsvector
  FROM generate_series(1, {{tasks}}) AS n
  JOIN users AS u ON true
  JOIN subjects AS s ON s.user_id = u.id AND s.name = 'Subject ' || (1 + n % {{subjects}})
 ORDER BY n, u.id;
CREATE ROLE {PLAIN} LOGIN BYPASSRLS PASSWORD '{PLAIN_PASSWORD}';
GRANT CONNECT ON DATABASE study TO {PLAIN};
GRANT USAGE ON SCHEMA public TO {PLAIN};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {PLAIN};
VACUUM ANALYZE
"""
