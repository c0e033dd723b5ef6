"""The transaction: it carries the connection, the time, and what it will announce."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Literal, TypeVar, overload
from uuid import UUID

import asyncpg
import msgspec

from studyteddy.platform.db.faults import DRIVER, as_problem, passing, run
from studyteddy.platform.db.orders import Announcement, JobOrder, Replay
from studyteddy.platform.db.source import Source
from studyteddy.platform.db.statement import Nothing, Statement
from studyteddy.platform.errors import KeyReused, StillRunning, Unavailable
from studyteddy.platform.event import Event
from studyteddy.platform.identity import IdempotencyKey, Identity
from studyteddy.platform.telemetry import QUERY_TIME

R = TypeVar("R")
T = TypeVar("T")
Purpose = Literal["sign_in", "worker", "relay", "tidy", "operate"]
"""Why a system transaction sees rows of several users; each policy names the purposes that pass it."""

_CHANGE_TIME = QUERY_TIME.labels("transaction")
_encode = msgspec.json.Encoder().encode


class Tx:
    """One open transaction: its connection, its time, its user, and what it will announce.

    Nothing is announced before the commit. Events get their numbers and rows, and jobs their rows, in the last
    statement before it, so that a user's numbers rise without gaps in the order of the commits.
    """

    __slots__ = (
        "_answer",
        "_connection",
        "_db",
        "_identity",
        "_messages",
        "_orders",
        "_purpose",
        "_told",
        "address",
        "now",
        "request_id",
        "user_id",
    )

    def __init__(self, db: Source, *, identity: Identity | None = None, purpose: Purpose | None = None) -> None:
        self._db = db
        self._identity = identity
        self._purpose = purpose
        self._connection: Any = None
        self._messages: list[tuple[str, bytes]] = []
        self._orders: list[tuple[JobOrder, str]] = []
        self._told: list[Announcement] = []
        self._answer: tuple[int, bytes] | None = None
        self.user_id = identity.user_id if identity else UUID(int=0)
        self.request_id = identity.request_id if identity else ""
        self.address = identity.address if identity else ""
        self.now = db.clock()

    async def __aenter__(self) -> Tx:
        self._connection = await self._db.acquire()
        try:
            await run(self._connection.execute(f"BEGIN; {self._settings()}"))
            if self._identity and self._identity.idempotency:
                await self._replay(self._identity.idempotency)
        except BaseException:
            await self._abandon()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if fault is not None:
            await self._abandon()
            if isinstance(fault, DRIVER):
                raise as_problem(fault) from fault
            return
        try:
            await self.flush()
            if self._answer is not None and self._identity and self._identity.idempotency:
                await self._remember(self._identity.idempotency, *self._answer)
            if await run(self._connection.execute("COMMIT")) != "COMMIT":
                raise Unavailable("The change could not be kept: try again.", retry_after=1)
        except BaseException:
            await self._abandon()
            raise
        self._db.release(self._connection)
        for announcement in self._told:
            self._db.announce(announcement)

    async def one(self, statement: Statement[R], *args: object) -> R | None:
        """The first row, or nothing."""
        with _CHANGE_TIME.time():
            record = await self._connection.fetchrow(statement.sql, *args)
        if record is None:
            return None
        return statement.build(*record) if statement.build else record[0]

    async def all(self, statement: Statement[R], *args: object) -> list[R]:
        """Every row; the statement bounds their number."""
        return statement.rows(await self._fetch(statement, *args))

    async def keyed(self, statement: Statement[R], *args: object) -> list[tuple[R, str]]:
        """Every row with the key it is sorted by."""
        return statement.keyed(await self._fetch(statement, *args))

    async def stream(self, statement: Statement[R], *args: object) -> AsyncIterator[R]:
        """Every row, some hundreds at a time, all of one moment if nothing else commits in between."""
        cursor = self._connection.cursor(statement.sql, *args, prefetch=500)
        async for record in cursor:
            yield statement.rows([record])[0]

    async def do(self, statement: Statement[Nothing], *args: object) -> int:
        """Runs a change and gives the number of rows it touched."""
        with _CHANGE_TIME.time():
            status: str = await self._connection.execute(statement.sql, *args)
        return int(status.rpartition(" ")[2])

    @overload
    def publish(self, event: Event, shown: msgspec.Struct) -> None: ...
    @overload
    def publish(self, event: Event) -> None: ...
    def publish(self, event: Event, shown: msgspec.Struct | None = None) -> None:
        """Announces `event` with the commit: its jobs always, and to the user's clients `shown` if it is public."""
        if (event.shows is None) is not (shown is None):
            raise TypeError(f"{event.tag} is {'public: say what it shows' if event.shows else 'internal'}")
        if shown is not None:
            self._messages.append((event.tag, _encode(shown)))
        payload = _encode(event).decode()
        for kind, lane in self._db.reactions.get(type(event), ()):
            self.enqueue(JobOrder(kind, lane, payload))

    def enqueue(self, order: JobOrder) -> None:
        """Writes a job with the commit."""
        self._orders.append((order, self.request_id))

    def reply(self, value: T) -> T:
        """Makes `value` the answer of this request: kept with the change if an idempotency key came with it."""
        if self._identity and self._identity.idempotency:
            self._answer = self._identity.idempotency.status(value), _encode(value) if value is not None else b""
        return value

    def continue_request(self, request_id: str) -> None:
        """What follows was caused by that request; its id goes on to the jobs it asks for."""
        self.request_id = request_id

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that is taken back alone when it raises: its rows, and what it published, asked for and replied.

        What ends the whole transaction still does: after a deadlock, a time-out or a lost connection nothing of it
        can be kept, whoever catches the fault.
        """
        await run(self._connection.execute("SAVEPOINT part"))
        before = [*self._messages], [*self._orders], [*self._told], self._answer, self.user_id, self.request_id
        try:
            yield
        except Exception as fault:
            if not passing(fault):
                await run(self._connection.execute("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part"))
                self._messages, self._orders, self._told, self._answer, self.user_id, self.request_id = before
            raise
        await run(self._connection.execute("RELEASE SAVEPOINT part"))

    async def act_as(self, user_id: UUID, *, alone: bool = False) -> None:
        """Goes on as this user. A system transaction visits its users in the order of their ids.

        `alone` lets no other such transaction act for them until this one ends: what both sum up stays right.
        """
        await self.flush()
        self.user_id = user_id
        await self._connection.execute(_SET_USER_ALONE if alone else _SET_USER, str(user_id))

    async def in_turn(self) -> None:
        """Lets no other command that asks for this act for the user until this one ends.

        A command that locks several things of a user asks first: else two could wait for each other in a ring.
        """
        await run(self._connection.execute(_IN_TURN, self.user_id))

    async def flush(self) -> None:
        """Numbers and stores what was published so far."""
        if not self._messages and not self._orders:
            return
        messages, orders = self._messages, self._orders
        self._messages, self._orders = [], []
        jobs = _encode([(*order, request_id) for order, request_id in orders]).decode()
        if messages:
            told = _encode([(name, shown.decode()) for name, shown in messages]).decode()
            first = await run(self._connection.fetchval(_ANNOUNCE, self.user_id, jobs, self.now, told, len(messages)))
        else:
            first = await run(self._connection.fetchval(_ENQUEUE, self.user_id, jobs))
        if messages and first is None:
            raise LookupError(f"user {self.user_id} has no event counter")
        at = _encode(self.now)
        wire = [
            b'{"seq":%d,"type":"%b","at":%b,"data":%b}' % (first + n, name.encode(), at, data)
            for n, (name, data) in enumerate(messages)
        ]
        self._told.append(Announcement(self.user_id, wire, frozenset(order.lane for order, _ in orders)))

    async def _fetch(self, statement: Statement[Any], *args: object) -> list[Any]:
        with _CHANGE_TIME.time():
            records: list[Any] = await self._connection.fetch(statement.sql, *args)
        return records

    def _settings(self) -> str:
        # Both values are ours (a UUID, a name from a closed list): nothing from outside enters this text.
        if self._identity:
            return f"SELECT set_config('app.user_id', '{self._identity.user_id}', true)"
        return f"SELECT set_config('app.purpose', '{self._purpose}', true)"

    async def _replay(self, key: IdempotencyKey) -> None:
        # Two statements: the second one's snapshot must be younger than the lock.
        if not await run(self._connection.fetchval(_TRY_KEY, self.user_id, key.scope, key.key)):
            raise StillRunning(retry_after=1)
        past = await run(self._connection.fetchrow(_PAST_ANSWER, self.user_id, key.scope, key.key))
        if past is None:
            return
        if past["fingerprint"] != key.fingerprint:
            raise KeyReused()
        raise Replay(past["status"], past["body"])

    async def _remember(self, key: IdempotencyKey, status: int, body: bytes) -> None:
        await run(self._connection.execute(_REMEMBER, self.user_id, key.scope, key.key, key.fingerprint, status, body))

    async def _abandon(self) -> None:
        """Rolls back and returns the connection; one that cannot be rolled back is thrown away."""
        connection, self._connection = self._connection, None
        try:
            await asyncio.wait_for(connection.execute("ROLLBACK"), 1.0)
        except BaseException as fault:
            with suppress(asyncpg.InterfaceError):  # the pool lets go of a lost connection by itself
                connection.terminate()
            if not isinstance(fault, Exception):
                raise  # a cancellation; else what went wrong before says more than a failed rollback
        finally:
            self._db.release(connection)


_SET_USER = "SELECT set_config('app.user_id', $1, true)"

_SET_USER_ALONE = f"{_SET_USER}, pg_advisory_xact_lock(hashtextextended($1::text, 11))"

_IN_TURN = "SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 13))"

# Lists go as one JSON text each: six arrays cost the driver a multiple of that.
_QUEUED = """
    INSERT INTO jobs (user_id, kind, lane, payload, run_at, unique_key, request_id)
    SELECT nullif($1::uuid, '00000000-0000-0000-0000-000000000000'), o ->> 0, o ->> 1, o ->> 2,
           now() + (o ->> 3)::float8 * interval '1 second', o ->> 4, o ->> 5
      FROM json_array_elements($2::json) AS o
    ON CONFLICT DO NOTHING"""

_ENQUEUE = f"WITH queued AS ({_QUEUED}) SELECT 0"

_ANNOUNCE = f"""
WITH taken AS (
    UPDATE event_counters SET last_seq = last_seq + $5 WHERE user_id = $1 RETURNING last_seq - $5 AS base
), told AS (
    INSERT INTO events (user_id, seq, at, type, data)
    SELECT $1, taken.base + e.n, $3::timestamptz, e.told ->> 0, e.told ->> 1
      FROM taken, json_array_elements($4::json) WITH ORDINALITY AS e(told, n)
), queued AS ({_QUEUED})
SELECT base + 1 FROM taken"""

_TRY_KEY = "SELECT pg_try_advisory_xact_lock(hashtextextended($1::uuid::text || $2::text || ' ' || $3::text, 7))"

_PAST_ANSWER = """
SELECT fingerprint, status, body FROM idempotency_keys
 WHERE user_id = $1 AND scope = $2 AND key = $3 AND created_at > now() - interval '24 hours'"""

_REMEMBER = """
INSERT INTO idempotency_keys (user_id, scope, key, fingerprint, status, body) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (user_id, scope, key) DO UPDATE
   SET fingerprint = EXCLUDED.fingerprint, status = EXCLUDED.status, body = EXCLUDED.body, created_at = now()"""
