"""The database: statements, single reads, and the transaction that carries time and events.

Two walls stand round every student's rows. The first is in the statements: one that touches a student's
rows takes the owner as `$1`. The second is in PostgreSQL: row-level security compares each row's owner with
`app.user_id`, which is set for one transaction only (`set_config(…, true)`), in the round trip of `BEGIN`.

A read outside a transaction passes the second wall in its own single round trip: the statement is
wrapped so that its `$1` *is* the value that `set_config` returned. The rows cannot be looked for before the
owner is set, since looking for them needs that value (docs/adr/0004).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar, overload
from uuid import UUID

import asyncpg
import msgspec

from studyteddy.platform.errors import KeyReused, StillRunning, Unavailable
from studyteddy.platform.event import Event
from studyteddy.platform.identity import IdempotencyKey, Identity
from studyteddy.platform.pool import Pool
from studyteddy.platform.telemetry import QUERY_TIME

R = TypeVar("R")
T = TypeVar("T")
Purpose = Literal["sign_in", "worker", "relay", "tidy", "operate"]
"""Why a system transaction sees rows of several users; each policy names the purposes that pass it."""

_READ_TIME = QUERY_TIME.labels("read")
_CHANGE_TIME = QUERY_TIME.labels("transaction")
_encode = msgspec.json.Encoder().encode
_OWNER = "SELECT set_config('app.user_id', ($1::uuid)::text, true)::uuid AS id"


class Statement(Generic[R]):
    """One SQL text and what a row of it becomes: a struct, built by position, or a single value.

    `SELECT` lists its columns in the order of the struct's fields; a contract test compares them.
    """

    __slots__ = ("_guarded", "build", "row", "sql")

    def __init__(self, row: type[R], sql: str, build: Callable[..., R] | None = None) -> None:
        self.row = row
        self.sql = sql
        self._guarded = ""
        self.build = build or (row if issubclass(row, msgspec.Struct) else None)

    @property
    def guarded(self) -> str:
        """The same read with the owner set in the same statement.

        `OFFSET 0` keeps the planner from merging the read into the join: then it can only be run once for each
        row of `owner`, after that row was made.
        """
        if not self._guarded:
            inner, owners = re.subn(r"\$1(?!\d)", "owner.id", self.sql)
            if not owners:
                raise ValueError(f"a read names its owner as $1: {self.sql}")
            self._guarded = f"SELECT found.* FROM ({_OWNER}) AS owner CROSS JOIN LATERAL (\n{inner}\nOFFSET 0) AS found"
        return self._guarded

    def rows(self, records: list[Any]) -> list[R]:
        build = self.build
        return [build(*record) for record in records] if build else [record[0] for record in records]

    def keyed(self, records: list[Any]) -> list[tuple[R, str]]:
        """Rows whose last column, as text, is the key they are sorted by."""
        assert self.build is not None
        return [(self.build(*record[:-1]), str(record[-1])) for record in records]


class Nothing(msgspec.Struct, frozen=True):
    """What a statement without rows gives."""


class JobOrder(NamedTuple):
    """A job to be written with the change that asks for it."""

    kind: str
    lane: str
    payload: str
    delay: float = 0.0
    unique_key: str | None = None


class Reaction(NamedTuple):
    """A job that an event starts."""

    kind: str
    lane: str


class Announcement(NamedTuple):
    """What a commit made true: events for the user's sockets, in order, and lanes with new jobs."""

    user_id: UUID
    messages: list[bytes]
    lanes: frozenset[str]


class Replay(Exception):
    """This idempotency key was answered before; here is that answer."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__("replayed")
        self.status = status
        self.body = body


class Reader(Protocol):
    """What a store's reading functions need: a single read or an open transaction."""

    async def one(self, statement: Statement[R], user_id: UUID, *args: object) -> R | None: ...
    async def all(self, statement: Statement[R], user_id: UUID, *args: object) -> list[R]: ...
    async def keyed(self, statement: Statement[R], user_id: UUID, *args: object) -> list[tuple[R, str]]: ...


class Database:
    """The pool of one process. `reactions` says which jobs an event starts; `announce` is told of commits."""

    def __init__(
        self,
        pool: Pool,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        reactions: Mapping[type[Event], tuple[Reaction, ...]] | None = None,
        announce: Callable[[Announcement], None] = lambda _: None,
    ) -> None:
        self.pool = pool
        self.clock = clock
        self.reactions = reactions or {}
        self.announce = announce

    def transaction(self, identity: Identity) -> Tx:
        """A transaction of this user: `async with db.transaction(identity) as tx`."""
        return Tx(self, identity=identity)

    def system(self, purpose: Purpose) -> Tx:
        """A transaction that belongs to no user, for the short list of statements that need it."""
        return Tx(self, purpose=purpose)

    def reading(self, identity: Identity) -> Reading:
        """Single reads of this user, each its own snapshot and round trip."""
        return Reading(self)

    async def acquire(self) -> Any:
        """A connection; 503 when none is free within a second."""
        try:
            return await self.pool.acquire()
        except _AWAY as fault:
            raise Unavailable("The database is away for the moment: try again shortly.", retry_after=1) from fault

    def release(self, connection: Any) -> None:
        self.pool.release(connection)

    async def ping(self) -> None:
        """Raises `Unavailable` unless PostgreSQL answers."""
        connection = await self.acquire()
        try:
            await _run(connection.execute("SELECT 1"))
        finally:
            self.release(connection)


class Reading:
    """Reads outside a transaction: one statement, one round trip, both walls."""

    __slots__ = ("_db",)

    def __init__(self, db: Database) -> None:
        self._db = db

    async def one(self, statement: Statement[R], user_id: UUID, *args: object) -> R | None:
        found = await self.all(statement, user_id, *args)
        return found[0] if found else None

    async def all(self, statement: Statement[R], user_id: UUID, *args: object) -> list[R]:
        return statement.rows(await self._fetch(statement, user_id, *args))

    async def keyed(self, statement: Statement[R], user_id: UUID, *args: object) -> list[tuple[R, str]]:
        return statement.keyed(await self._fetch(statement, user_id, *args))

    async def _fetch(self, statement: Statement[Any], *args: object) -> list[Any]:
        connection = await self._db.acquire()
        try:
            started = time.perf_counter()
            records: list[Any] = await connection.fetch(statement.guarded, *args)
            _READ_TIME.observe(time.perf_counter() - started)
            return records
        except _DRIVER as fault:
            raise _as_problem(fault) from fault
        finally:
            self._db.release(connection)


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

    def __init__(self, db: Database, *, identity: Identity | None = None, purpose: Purpose | None = None) -> None:
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
            await _run(self._connection.execute(f"BEGIN; {self._settings()}"))
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
            if isinstance(fault, _DRIVER):
                raise _as_problem(fault) from fault
            return
        try:
            await self.flush()
            if self._answer is not None and self._identity and self._identity.idempotency:
                await self._remember(self._identity.idempotency, *self._answer)
            if await _run(self._connection.execute("COMMIT")) != "COMMIT":
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

    async def act_as(self, user_id: UUID, *, alone: bool = False) -> None:
        """Goes on as this user. A system transaction visits its users in the order of their ids.

        `alone` lets no other such transaction act for them until this one ends: what both sum up stays right.
        """
        await self.flush()
        self.user_id = user_id
        await self._connection.execute(_SET_USER_ALONE if alone else _SET_USER, str(user_id))

    async def flush(self) -> None:
        """Numbers and stores what was published so far."""
        if not self._messages and not self._orders:
            return
        messages, orders = self._messages, self._orders
        self._messages, self._orders = [], []
        columns = zip(*((*order, request_id) for order, request_id in orders), strict=True) if orders else [()] * 6
        jobs = (self.user_id, *columns)
        if messages:
            types, data = [name for name, _ in messages], [shown.decode() for _, shown in messages]
            first = await _run(self._connection.fetchval(_ANNOUNCE, *jobs, self.now, types, data))
        else:
            first = await _run(self._connection.fetchval(_ENQUEUE, *jobs))
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
        if not await _run(self._connection.fetchval(_TRY_KEY, self.user_id, key.scope, key.key)):
            raise StillRunning(retry_after=1)
        past = await _run(self._connection.fetchrow(_PAST_ANSWER, self.user_id, key.scope, key.key))
        if past is None:
            return
        if past["fingerprint"] != key.fingerprint:
            raise KeyReused()
        raise Replay(past["status"], past["body"])

    async def _remember(self, key: IdempotencyKey, status: int, body: bytes) -> None:
        await _run(self._connection.execute(_REMEMBER, self.user_id, key.scope, key.key, key.fingerprint, status, body))

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

_QUEUED = """
    INSERT INTO jobs (user_id, kind, lane, payload, run_at, unique_key, request_id)
    SELECT nullif($1::uuid, '00000000-0000-0000-0000-000000000000'), o.kind, o.lane, o.payload,
           now() + o.delay * interval '1 second', o.unique_key, o.request_id
      FROM unnest($2::text[], $3::text[], $4::text[], $5::float8[], $6::text[], $7::text[])
           AS o(kind, lane, payload, delay, unique_key, request_id)
    ON CONFLICT DO NOTHING"""

_ENQUEUE = f"WITH queued AS ({_QUEUED}) SELECT 0"

_ANNOUNCE = f"""
WITH taken AS (
    UPDATE event_counters SET last_seq = last_seq + cardinality($9::text[])
     WHERE user_id = $1 RETURNING last_seq - cardinality($9::text[]) AS base
), told AS (
    INSERT INTO events (user_id, seq, at, type, data)
    SELECT $1, taken.base + e.n, $8::timestamptz, e.type, e.data
      FROM taken, unnest($9::text[], $10::text[]) WITH ORDINALITY AS e(type, data, n)
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


_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was told of the server's end between two statements
    asyncpg.TooManyConnectionsError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.ReadOnlySQLTransactionError,  # after a failover: this server is a standby now
)
_DRIVER = (asyncpg.PostgresError, *_AWAY)
CONTENTION = (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError, asyncpg.SerializationError)
"""Faults of the moment: nobody did wrong, trying again helps, and no attempt is counted."""
_BUSY = (*CONTENTION, asyncpg.QueryCanceledError, asyncpg.InsufficientResourcesError)


def _as_problem(fault: BaseException) -> BaseException:
    if isinstance(fault, _BUSY):
        return Unavailable("The database is busy with this very thing: try again.", retry_after=1)
    if isinstance(fault, _AWAY):
        return Unavailable("The database is away for the moment: try again shortly.", retry_after=1)
    return fault


async def _run(call: Any) -> Any:
    try:
        return await call
    except _DRIVER as fault:
        raise _as_problem(fault) from fault


@asynccontextmanager
async def connect(
    url: str,
    *,
    size: int = 10,
    statement_cache: bool = True,
    statement_timeout: float = 3.0,
    name: str = "studyteddy",
) -> AsyncIterator[Pool]:
    """A pool of at most `size` connections, with our timeouts (docs: promises, "Timeouts")."""
    settings = {
        "application_name": name,
        "statement_timeout": str(int(statement_timeout * 1000)),
        "lock_timeout": "1000",
        "idle_in_transaction_session_timeout": "10000",
        "jit": "off",
        "TimeZone": "UTC",
    }
    cached = 400 if statement_cache else 0
    pool = Pool(
        lambda: asyncpg.connect(url, timeout=1.0, statement_cache_size=cached, server_settings=settings), size=size
    )
    try:
        yield pool
    finally:
        await pool.close()
