"""The transaction: the connection, the time, and the events and jobs of one unit of work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Literal, TypeVar, overload
from uuid import UUID

import asyncpg
import msgspec

from studyteddy.platform import event_format
from studyteddy.platform.db import event_numbers, idempotency
from studyteddy.platform.db.advisory_locks import AdvisoryLock
from studyteddy.platform.db.driver_errors import DRIVER, as_problem, passing, run
from studyteddy.platform.db.outbox import Announcement, NewJob
from studyteddy.platform.db.source import Source
from studyteddy.platform.db.statements import Nothing, Statement
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.event import Event, SecurityEvent
from studyteddy.platform.identity import Identity
from studyteddy.platform.telemetry import QUERY_TIME

R = TypeVar("R")
T = TypeVar("T")
Purpose = Literal["sign_in", "worker", "relay", "tidy", "operate"]
"""Why a system transaction may see rows of several users. Each row-level security policy names its purposes."""

MAX_CLIENT_LENGTH = 300
"""The characters of a user agent that are kept; it is somebody else's text."""
ROLLBACK_SECONDS = 1.0
"""How long a rollback may take; after that, the connection is terminated."""
_PREFETCHED_ROWS = 500

_CHANGE_TIME = QUERY_TIME.labels("transaction")
_encode = msgspec.json.Encoder().encode


class Tx:
    """An open transaction: its connection, time, user, and outbox.

    Nothing is announced before the commit. Events and jobs are stored by the last statement before it, so a user's
    event numbers have no gaps and follow the order of the commits.
    """

    __slots__ = (
        "_announcements",
        "_answer",
        "_connection",
        "_db",
        "_events",
        "_identity",
        "_jobs",
        "_purpose",
        "address",
        "client",
        "now",
        "request_id",
        "user_id",
    )

    def __init__(self, db: Source, *, identity: Identity | None = None, purpose: Purpose | None = None) -> None:
        self._db = db
        self._identity = identity
        self._purpose = purpose
        self._connection: Any = None
        self._events: list[tuple[str, bytes]] = []
        self._jobs: list[tuple[NewJob, str]] = []
        self._announcements: list[Announcement] = []
        self._answer: tuple[int, bytes] | None = None
        self.user_id = identity.user_id if identity else UUID(int=0)
        self.request_id = identity.request_id if identity else ""
        self.address = identity.address if identity else ""
        self.client = identity.client[:MAX_CLIENT_LENGTH] if identity else ""
        self.now = db.clock()

    async def __aenter__(self) -> Tx:
        if self._identity:
            self._connection = await self._db.acquire(self.user_id, self._identity.traffic_class)
        else:
            self._connection = await self._db.acquire(None, self._purpose or "")
        try:
            await run(self._connection.execute(f"BEGIN; {self._settings()}"))
            if self._identity and self._identity.controls_account and self._db.check_session:
                await self._db.check_session(self, self._identity)
            if self._identity and self._identity.idempotency:
                await idempotency.begin(self._connection, self.user_id, self._identity.idempotency)
        except BaseException as fault:
            await self._abandon()
            if isinstance(fault, DRIVER):
                raise as_problem(fault) from fault
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
                await idempotency.record(self._connection, self.user_id, self._identity.idempotency, *self._answer)
            if await run(self._connection.execute("COMMIT")) != "COMMIT":
                raise Unavailable("The change could not be saved. Try again.", retry_after=1)
        except BaseException:
            await self._abandon()
            raise
        self._db.release(self._connection)
        for announcement in self._announcements:
            self._db.announce(announcement)

    async def one(self, statement: Statement[R], *args: object) -> R | None:
        """Return the first row, or None."""
        with _CHANGE_TIME.time():
            record = await self._connection.fetchrow(statement.sql, *args)
        if record is None:
            return None
        return statement.build(*record) if statement.build else record[0]

    async def all(self, statement: Statement[R], *args: object) -> list[R]:
        """Return every row; the statement limits their number."""
        return statement.rows(await self._fetch(statement, *args))

    async def keyed(self, statement: Statement[R], *args: object) -> list[tuple[R, str]]:
        """Return every row with its sort key."""
        return statement.keyed(await self._fetch(statement, *args))

    async def stream(self, statement: Statement[R], *args: object) -> AsyncIterator[R]:
        """Yield every row, fetched in batches; a consistent snapshot if nothing else commits in between."""
        cursor = self._connection.cursor(statement.sql, *args, prefetch=_PREFETCHED_ROWS)
        async for record in cursor:
            yield statement.rows([record])[0]

    async def do(self, statement: Statement[Nothing], *args: object) -> int:
        """Run a change and return the number of affected rows."""
        with _CHANGE_TIME.time():
            status: str = await self._connection.execute(statement.sql, *args)
        return int(status.rpartition(" ")[2])

    @overload
    def publish(self, event: Event, shown: msgspec.Struct) -> None: ...
    @overload
    def publish(self, event: Event) -> None: ...
    def publish(self, event: Event, shown: msgspec.Struct | None = None) -> None:
        """Publish `event` with the commit: start its jobs and, if it is public, send `shown` to the user's clients."""
        if isinstance(event, SecurityEvent):
            event = msgspec.structs.replace(event, at=self.now, client=self.client, address=self.address)
        if (event.shows is None) is not (shown is None):
            raise TypeError(f"{event.tag} is {'public: say what it shows' if event.shows else 'internal'}")
        if shown is not None:
            self._events.append((event.tag, _encode(shown)))
        payload = _encode(event).decode()
        for kind, lane in self._db.reactions.get(type(event), ()):
            self.enqueue(NewJob(kind, lane, payload))

    def enqueue(self, job: NewJob) -> None:
        """Add a job with the commit."""
        self._jobs.append((job, self.request_id))

    def reply(self, value: T) -> T:
        """Return `value`, recorded as the response for the request's idempotency key, if it has one."""
        if self._identity and self._identity.idempotency:
            self.record_answer(self._identity.idempotency.status(value), _encode(value) if value is not None else b"")
        return value

    def record_answer(self, status: int, body: bytes) -> None:
        """Record the response for the request's idempotency key, if it has one, in the same commit."""
        self._answer = status, body

    def continue_request(self, request_id: str) -> None:
        """Attribute what follows to that request; its id is passed on to the jobs that are added."""
        self.request_id = request_id

    def set_client(self, client: str, address: str) -> None:
        """Attribute what follows to a client that isn't signed in yet, by its user agent and network address."""
        self.client, self.address = client[:MAX_CLIENT_LENGTH], address

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Run a block that is rolled back alone if it raises: its rows, events, jobs and recorded response.

        After a deadlock, a timeout or a lost connection, the whole transaction fails, even if the exception is caught.
        """
        await run(self._connection.execute("SAVEPOINT part"))
        before = [*self._events], [*self._jobs], [*self._announcements], self._answer, self.user_id, self.request_id
        try:
            yield
        except Exception as fault:
            if not passing(fault):
                await run(self._connection.execute("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part"))
                self._events, self._jobs, self._announcements, self._answer, self.user_id, self.request_id = before
            raise
        await run(self._connection.execute("RELEASE SAVEPOINT part"))

    async def act_as(self, user_id: UUID, *, alone: bool = False) -> None:
        """Continue as this user. A system transaction visits its users in the order of their ids.

        With `alone`, no other such transaction acts for the user until this one ends, so sums that both update stay
        correct.
        """
        await self.flush()
        self.user_id = user_id
        await self._connection.execute(_SET_USER_ALONE if alone else _SET_USER, str(user_id))

    async def lock_user(self) -> None:
        """Serialise the user's commands that call this, until the transaction ends.

        A command that locks several rows of a user calls it first: otherwise two of them could deadlock.
        """
        await run(self._connection.execute(_LOCK_USER, self.user_id))

    async def flush(self) -> None:
        """Number and store what has been published so far."""
        if not self._events and not self._jobs:
            return
        published, added = self._events, self._jobs
        self._events, self._jobs = [], []
        jobs = _encode([(*job, request_id) for job, request_id in added]).decode()
        wire: list[bytes] = []
        if published:
            events = _encode([(name, data.decode()) for name, data in published]).decode()
            first = await event_numbers.store_events(
                self._connection, self.user_id, jobs, events=events, count=len(published), at=self.now
            )
            wire = [event_format.write(first + n, name, self.now, data) for n, (name, data) in enumerate(published)]
        else:
            await event_numbers.store_jobs(self._connection, self.user_id, jobs)
        self._announcements.append(Announcement(self.user_id, wire, frozenset(job.lane for job, _ in added)))

    async def _fetch(self, statement: Statement[Any], *args: object) -> list[Any]:
        with _CHANGE_TIME.time():
            records: list[Any] = await self._connection.fetch(statement.sql, *args)
        return records

    def _settings(self) -> str:
        # Both values are internal (a UUID, a name from a closed list), so no outside input enters this text.
        if self._identity:
            return f"SELECT set_config('app.user_id', '{self._identity.user_id}', true)"
        return f"SELECT set_config('app.purpose', '{self._purpose}', true)"

    async def _abandon(self) -> None:
        """Roll back and release the connection, or terminate it if it can't be rolled back."""
        connection, self._connection = self._connection, None
        try:
            await asyncio.wait_for(connection.execute("ROLLBACK"), ROLLBACK_SECONDS)
        except BaseException as fault:
            with suppress(asyncpg.InterfaceError):  # the pool discards a lost connection by itself
                connection.terminate()
            if not isinstance(fault, Exception):
                raise  # a cancellation; otherwise the original error says more than a failed rollback
        finally:
            self._db.release(connection)


_SET_USER = "SELECT set_config('app.user_id', $1, true)"

_SET_USER_ALONE = f"{_SET_USER}, {AdvisoryLock.USER_JOBS.hold('$1::text')}"

_LOCK_USER = f"SELECT {AdvisoryLock.USER_COMMANDS.hold('$1::uuid::text')}"
