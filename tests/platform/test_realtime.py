"""WebSocket connections: access, delivery, and no lost events because of Redis or slow clients."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import httpx2
import pytest
import websockets
from starlette.types import Message
from starlette.websockets import WebSocket
from tests.cast import PASSWORD, Person, join
from tests.chaos.harness import EngineHandles, admin, running_engines, until
from tests.conftest import serving, settings_for
from websockets.asyncio.client import ClientConnection

from studyteddy import __version__
from studyteddy.bootstrap import catalogue, runtime
from studyteddy.bootstrap.runtime import Runtime
from studyteddy.features.auth.service import sessions
from studyteddy.platform import telemetry
from studyteddy.platform.cache import Redis
from studyteddy.platform.db import migrations
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.event import Deleted, Event, public
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.realtime.hub import Hub


@public("test.said", shows="Gone")
class Said(Event, frozen=True):
    """Published by a test."""


@dataclasses.dataclass
class Place:
    """One API process: its resources, its address, and a worker."""

    url: str
    running: Runtime

    @asynccontextmanager
    async def talk(self, person: Person) -> AsyncIterator[Person]:
        """The same user, connected to this process."""
        headers = person.http.headers
        async with httpx2.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=20) as http:
            yield dataclasses.replace(person, http=http)

    async def work(self) -> int:
        return await runtime.worker(self.running).run_due()


@asynccontextmanager
async def place(soil: EngineHandles, **settings: str) -> AsyncIterator[Place]:
    async with runtime.runtime(settings_for(soil.engines, **settings)) as running, serving(running) as url:
        yield Place(url, running)


@pytest.fixture(scope="module")
def soil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineHandles]:
    """Engines that this module can stop."""
    with running_engines(tmp_path_factory.mktemp("soil"), durable=False) as found:
        migrations.upgrade(found.engines.migration_database_url)
        yield found


@pytest.fixture(scope="module")
async def first(soil: EngineHandles) -> AsyncIterator[Place]:
    async with place(soil) as found:
        yield found


@pytest.fixture(scope="module")
async def second(soil: EngineHandles) -> AsyncIterator[Place]:
    """Another process of the same system."""
    async with place(soil) as found:
        yield found


@pytest.fixture
async def alice(first: Place) -> AsyncIterator[Person]:
    person = await join(first.url, "Alice")
    await first.work()
    yield person
    await person.http.aclose()


@pytest.fixture
async def sql(soil: EngineHandles) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    async with admin(soil.engines) as connection:
        yield connection


# Helpers.


async def ticket_of(person: Person) -> str:
    return str((await person.post("/api/realtime/ticket")).json()["ticket"])


def open_with(url: str, ticket: str, resume: int | None = None, **options: Any) -> websockets.connect:
    tail = "" if resume is None else f"&resume={resume}"
    return websockets.connect(f"{url.replace('http', 'ws')}/ws?ticket={ticket}{tail}", proxy=None, **options)


@asynccontextmanager
async def live(at: Place, person: Person, resume: int | None = None) -> AsyncIterator[ClientConnection]:
    """Open a socket and receive its hello."""
    async with open_with(at.url, await ticket_of(person), resume) as socket:
        assert (await said(socket))["type"] == "hello"
        yield socket


async def said(socket: ClientConnection, within: float = 5.0) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), within))
    return message


async def heard(socket: ClientConnection, count: int, within: float = 5.0) -> list[dict[str, Any]]:
    async with asyncio.timeout(within):
        return [await said(socket, within) for _ in range(count)]


async def status_of(opening: websockets.connect) -> int:
    """Return 101 if the socket opened, else the status of the rejection."""
    try:
        async with opening:
            return 101
    except websockets.InvalidStatus as refusal:
        return refusal.response.status_code


async def close_code(socket: ClientConnection, within: float) -> int | None:
    with contextlib.suppress(websockets.ConnectionClosed):
        async with asyncio.timeout(within):
            while True:
                await socket.recv()
    return socket.close_code


async def last_number(person: Person) -> int:
    return int((await person.get("/api/changes", params={"since": 2**53})).json()["nextSeq"])


async def say_quietly(at: Place, person: Person) -> None:
    """Commit an event that isn't published to Redis."""
    async with Database(at.running.db.pool).transaction(_identity(person)) as tx:
        tx.publish(Said(), Deleted(new_id()))


async def burst(person: Person, count: int) -> None:
    """Create tasks concurrently, limited by the size of the connection pool."""
    gate = asyncio.Semaphore(8)

    async def add(n: int) -> None:
        async with gate:
            await person.task(f"{n}")

    await asyncio.gather(*(add(n) for n in range(count)))


def _identity(person: Person) -> Identity:
    return Identity(UUID(person.user["id"]), new_id())


# Access.


async def test_a_ticket_can_be_used_once(first: Place, second: Place, alice: Person) -> None:
    for _ in range(5):
        ticket = await ticket_of(alice)
        found = await asyncio.gather(status_of(open_with(first.url, ticket)), status_of(open_with(second.url, ticket)))
        assert sorted(found) == [101, 403]
        assert await status_of(open_with(first.url, ticket)) == 403


async def test_an_expired_or_unknown_ticket_is_rejected(
    first: Place, alice: Person, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    ticket = await ticket_of(alice)
    await sql.execute("UPDATE realtime_tickets SET expires_at = now()")
    assert await status_of(open_with(first.url, ticket)) == 403
    assert await status_of(open_with(first.url, "00" * 24)) == 403
    assert await status_of(open_with(first.url, "")) == 403


async def test_a_ticket_of_a_revoked_session_is_rejected(first: Place, alice: Person) -> None:
    ticket = await ticket_of(alice)
    assert (await alice.post("/api/auth/logout")).status_code == 200
    assert await status_of(open_with(first.url, ticket)) == 403


async def test_only_allowed_origins_can_connect(first: Place, alice: Person) -> None:
    ticket = await ticket_of(alice)
    assert await status_of(open_with(first.url, ticket, origin="https://evil.example")) == 403
    own = await status_of(open_with(first.url, ticket, origin=first.url))
    assert own == 101, "the refused origin used the ticket up, or ours is refused"
    assert await status_of(open_with(first.url, await ticket_of(alice))) == 101


async def test_sockets_open_only_at_their_path(first: Place, alice: Person) -> None:
    address = f"{first.url.replace('http', 'ws')}/api/ws?ticket={await ticket_of(alice)}"
    assert await status_of(websockets.connect(address, proxy=None)) == 403


# Delivery.


async def test_resuming_sends_missed_events_and_then_live_ones(first: Place, alice: Person) -> None:
    for n in range(5):
        await alice.task(f"{n}")
    start = await last_number(alice) - 4
    async with live(first, alice, resume=start) as socket:
        missed = await heard(socket, 4)
        await alice.task("live")
        missed += await heard(socket, 1)
    assert [event["seq"] for event in missed] == list(range(start + 1, start + 6))
    assert [event["data"]["title"] for event in missed] == ["1", "2", "3", "4", "live"]


async def test_resuming_during_a_burst_neither_misses_nor_repeats_events(
    first: Place, second: Place, alice: Person
) -> None:
    start = await last_number(alice)
    writing = asyncio.ensure_future(burst(alice, 150))
    async with live(first, alice, resume=start) as one, live(second, alice, resume=start) as two:
        for socket in (one, two):
            numbers = [event["seq"] for event in await heard(socket, 150, within=15)]
            assert numbers == list(range(start + 1, start + 151))
    await writing


async def test_without_a_number_only_new_events_are_sent(first: Place, alice: Person) -> None:
    await alice.task("before")
    async with live(first, alice) as socket:
        await alice.task("after")
        assert (await said(socket))["data"]["title"] == "after"


async def test_an_unavailable_number_causes_a_reset(
    first: Place, alice: Person, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    for n in range(6):
        await alice.task(f"{n}")
    await sql.execute("DELETE FROM events WHERE user_id = $1 AND seq <= 3", alice.user["id"])
    for behind, reset in ((None, True), (0, False), (4, False), (-1, True)):
        last = await last_number(alice)
        number = 2 if behind is None else last - behind
        async with open_with(first.url, await ticket_of(alice), number) as socket:
            greeting = [await said(socket)]
            if reset:
                assert greeting.pop() == {"type": "reset", "nextSeq": last}
                greeting = [await said(socket)]
            assert [(one["type"], one["lastSeq"]) for one in greeting] == [("hello", last)]
            missed = [] if reset else await heard(socket, last - number)
            assert [event["seq"] for event in missed] == ([] if reset else list(range(number + 1, last + 1)))
            await alice.task("live")
            assert (await said(socket))["seq"] == last + 1


async def test_the_greeting_has_the_time_and_the_build_of_the_server(first: Place, alice: Person) -> None:
    before = datetime.now(UTC)
    async with open_with(first.url, await ticket_of(alice)) as socket:
        greeting = await said(socket)
    assert before <= datetime.fromisoformat(greeting.pop("now")) <= datetime.now(UTC)
    assert greeting == {"type": "hello", "lastSeq": await last_number(alice), "build": __version__}


async def test_another_process_delivers_immediately(first: Place, second: Place, alice: Person) -> None:
    async with live(second, alice) as socket:
        for n in range(10):
            started = time.monotonic()
            await alice.task(f"{n}")
            assert (await said(socket))["data"]["title"] == f"{n}"
            assert time.monotonic() - started < 1.0


async def test_the_log_over_http_has_the_same_events(first: Place, alice: Person) -> None:
    start = await last_number(alice)
    async with live(first, alice, resume=0) as socket:
        for n in range(210):
            await alice.task(f"{n}")
        events = await heard(socket, start + 210, within=10)
    page = (await alice.get("/api/changes", params={"since": start})).json()
    assert page == {"items": events[start : start + 200], "nextSeq": start + 200, "reset": False}
    rest = (await alice.get("/api/changes", params={"since": page["nextSeq"]})).json()
    assert (rest["items"], rest["nextSeq"]) == (events[start + 200 :], start + 210)
    nothing = (await alice.get("/api/changes", params={"since": rest["nextSeq"]})).json()
    assert nothing == {"items": [], "nextSeq": start + 210, "reset": False}


async def test_the_log_reports_expired_events(alice: Person, sql: asyncpg.Connection[asyncpg.Record]) -> None:
    for n in range(4):
        await alice.task(f"{n}")
    last = await last_number(alice)
    await sql.execute("DELETE FROM events WHERE user_id = $1 AND seq <= 2", alice.user["id"])
    for since in (1, last + 1):
        found = (await alice.get("/api/changes", params={"since": since})).json()
        assert found == {"items": [], "nextSeq": last, "reset": True}
    found = (await alice.get("/api/changes", params={"since": 2})).json()
    assert ([event["seq"] for event in found["items"]], found["reset"]) == (list(range(3, last + 1)), False)


async def test_internal_events_are_never_sent(first: Place, sql: asyncpg.Connection[asyncpg.Record]) -> None:
    person = await join(first.url, "Carol")
    async with live(first, person, resume=0) as socket:
        await first.work()
        assert (await said(socket))["type"] == "notification.created"
    internal = [kind.tag for kind in catalogue.catalogue() if kind.shows is None]
    assert "user.registered" in internal
    assert await sql.fetchval("SELECT count(*) FROM events WHERE type = ANY($1)", internal) == 0
    await person.http.aclose()


# Redis loses messages, stops, or becomes unresponsive.


@asynccontextmanager
async def redis_of(soil: EngineHandles) -> AsyncIterator[Redis]:
    async with Redis(soil.engines.redis_url) as redis:
        yield redis


async def test_a_listener_is_connected_once(soil: EngineHandles, first: Place, alice: Person) -> None:
    async def listeners() -> set[bytes]:
        found: str = (await redis.call("CLIENT", "LIST", "TYPE", "pubsub")).decode()
        return {line.split()[0].encode() for line in found.splitlines()}

    async with live(first, alice), redis_of(soil) as redis:
        await asyncio.sleep(0.1)
        before = await listeners()
        await asyncio.sleep(1.5)
        assert before
        assert await listeners() == before


async def test_a_lost_message_is_filled_by_the_next_one(first: Place, second: Place, alice: Person) -> None:
    async with live(second, alice) as socket:
        start = await last_number(alice)
        for _ in range(5):
            await say_quietly(first, alice)
        await alice.task("loud")
        events = await heard(socket, 6, within=1.5)
    assert [event["seq"] for event in events] == list(range(start + 1, start + 7))
    assert events[-1]["data"]["title"] == "loud"


async def test_a_lost_message_without_a_next_one_is_found_by_the_sweep(first: Place, alice: Person) -> None:
    async with live(first, alice) as socket:
        await say_quietly(first, alice)
        assert (await said(socket, within=3.5))["type"] == "test.said"


async def test_disconnected_listeners_miss_nothing(
    soil: EngineHandles, first: Place, second: Place, alice: Person
) -> None:
    start = await last_number(alice)
    async with live(second, alice) as socket, redis_of(soil) as redis:
        for n in range(20):
            if n % 4 == 0:
                assert await redis.call("CLIENT", "KILL", "TYPE", "pubsub") >= 1
            await alice.task(f"{n}")
        events = await heard(socket, 20)
    assert [event["seq"] for event in events] == list(range(start + 1, start + 21))


async def test_without_redis_everything_works_a_little_slower(
    soil: EngineHandles, first: Place, second: Place, alice: Person
) -> None:
    async with live(first, alice) as near, live(second, alice) as far:
        await asyncio.to_thread(soil.valkey.stop)
        try:
            task = await alice.task("no redis")
            assert (await alice.get("/api/tasks")).status_code == 200
            assert (await alice.post(f"/api/tasks/{task['id']}/complete")).status_code == 200
            assert await first.work() == 3
            for socket in (near, far):
                types = [event["type"] for event in await heard(socket, 5)]
                assert types[:2] == ["task.created", "task.completed"]
            started = time.monotonic()
            for n in range(5):
                await alice.task(f"{n}")
                assert (await said(near))["data"]["title"] == f"{n}"
            assert time.monotonic() - started < 1.0, "only the sweep found it"
            await heard(far, 5)
            async with second.talk(alice) as there:
                assert (await there.get("/health")).json()["status"] == "degraded"
        finally:
            await asyncio.to_thread(soil.valkey.start)
        for at in (first, second):
            await until(lambda one=at: one.running.redis.connected, within=2)  # type: ignore[misc]
        started = time.monotonic()
        await alice.task("redis again")
        for socket in (near, far):
            assert (await said(socket))["data"]["title"] == "redis again"
        assert time.monotonic() - started < 2


class Proxy:
    """A proxy to Redis that can become unresponsive: it accepts connections but doesn't reply."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._hearing = asyncio.Event()
        self._hearing.set()
        self._stack = AsyncExitStack()
        self._flows: set[asyncio.Task[None]] = set()
        self.url = ""

    async def __aenter__(self) -> Proxy:
        server = await self._stack.enter_async_context(await asyncio.start_server(self._serve, "127.0.0.1", 0))
        port = server.sockets[0].getsockname()[1]
        self.url = self._target._replace(netloc=f":{self._target.password}@127.0.0.1:{port}").geturl()
        return self

    async def __aexit__(self, *_: object) -> None:
        for flow in self._flows:
            flow.cancel()
        await asyncio.gather(*self._flows, return_exceptions=True)
        await self._stack.aclose()

    def go_deaf(self) -> None:
        self._hearing.clear()

    def hear_again(self) -> None:
        self._hearing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        for flow in (self._flow(reader, back), self._flow(there, writer)):
            task = asyncio.ensure_future(flow)
            self._flows.add(task)
            task.add_done_callback(self._flows.discard)

    async def _flow(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    await self._hearing.wait()
                    sink.write(data)
                    await sink.drain()
        finally:
            sink.transport.abort()


async def test_an_unresponsive_redis_costs_less_than_a_second_and_recovers(soil: EngineHandles) -> None:
    async with Proxy(soil.engines.redis_url) as proxy, place(soil, redis_url=proxy.url) as at:
        person = await join(at.url, "Dora")
        await at.work()
        async with live(at, person) as socket:
            proxy.go_deaf()
            for n in range(30):
                started = time.monotonic()
                answer = await person.post("/api/tasks", {"title": f"{n}"})
                assert answer.status_code == 201
                assert time.monotonic() - started < 1.0
            events = await heard(socket, 30)
            assert [event["data"]["title"] for event in events] == [f"{n}" for n in range(30)]
            assert not at.running.redis.connected
            proxy.hear_again()
            await until(lambda: at.running.redis.connected, within=2)
            await person.task("again")
            assert (await said(socket))["data"]["title"] == "again"
        await person.http.aclose()


# Closing.


class Line:
    """A WebSocket connection without a network; the test decides when the client reads."""

    def __init__(self, ticket: str, *, reads: bool) -> None:
        self.scope = {"type": "websocket", "path": "/ws", "query_string": f"ticket={ticket}".encode()}
        self.sent: list[Message] = []
        self._reads = reads
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._incoming.put_nowait({"type": "websocket.connect"})

    async def open(self, hub: Hub) -> asyncio.Task[None]:
        """Open the connection and receive its hello."""
        task = asyncio.ensure_future(hub.serve(WebSocket(self.scope, self._incoming.get, self._send)))
        await until(lambda: len(self.sent) == 2, within=5)
        return task

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.send" and "hello" not in message["text"] and not self._reads:
            await asyncio.Event().wait()
        self.sent.append(message)


@pytest.mark.parametrize("behind", ["live", "in the log"])
async def test_a_slow_client_is_dropped_without_delaying_others(
    soil: EngineHandles, first: Place, alice: Person, behind: str
) -> None:
    async with redis_of(soil) as redis, redis_of(soil) as listener:
        hub = Hub(first.running.db, redis, listener, sessions, build=str, max_queued=16, stall_timeout=0.5)
        slow, quick = Line(await ticket_of(alice), reads=False), Line(await ticket_of(alice), reads=True)
        lost, held = await slow.open(hub), await quick.open(hub)
        if behind == "in the log":
            for _ in range(40):
                await say_quietly(first, alice)
        for n in range(40):
            await alice.task(f"{n}")
        await asyncio.wait_for(lost, 5)
        assert slow.sent[2:] == [{"type": "websocket.close", "code": 4408, "reason": ""}], (
            "it heard something after it was cut"
        )
        hears = 80 if behind == "in the log" else 40
        await until(lambda: len(quick.sent) == 2 + hears, within=5)
        assert not held.done()
        hub.drain()
        await asyncio.wait_for(held, 5)
        assert quick.sent[-1] == {"type": "websocket.close", "code": 1012, "reason": ""}


class Revoked:
    """A session that is revoked between the look at its ticket and the opening of the socket."""

    def __init__(self) -> None:
        self._answers = iter([True])

    async def recently_revoked(self, tx: Tx, seconds: float) -> list[UUID]:
        return []

    async def is_active(self, reader: Reader, user_id: UUID, session_id: UUID) -> bool:
        return next(self._answers, False)

    async def seconds_left(self, reader: Reader, user_id: UUID, session_id: UUID) -> float:
        return 60.0 if next(self._answers, False) else 0.0


async def test_a_session_revoked_while_its_socket_opens_closes_it(
    soil: EngineHandles, first: Place, alice: Person
) -> None:
    async with redis_of(soil) as redis, redis_of(soil) as listener:
        hub = Hub(first.running.db, redis, listener, Revoked(), build=str)
        line = Line(await ticket_of(alice), reads=True)
        await asyncio.wait_for(hub.serve(WebSocket(line.scope, line._incoming.get, line._send)), 5)
    assert line.sent == [
        {"type": "websocket.accept", "subprotocol": None, "headers": []},
        {"type": "websocket.close", "code": 4403, "reason": ""},
    ]


async def test_a_slow_client_that_resumes_far_behind_gets_time(first: Place, alice: Person) -> None:
    await burst(alice, 600)
    last = await last_number(alice)
    async with live(first, alice, resume=0) as socket:
        numbers = []
        for _ in range(last):
            numbers.append((await said(socket))["seq"])
            if len(numbers) % 100 == 0:
                await asyncio.sleep(0.1)
    assert numbers == list(range(1, last + 1))


async def test_revoking_a_session_closes_its_sockets_in_every_process(
    first: Place, second: Place, alice: Person
) -> None:
    async with live(first, alice) as near, live(second, alice) as far:
        assert (await alice.post("/api/auth/logout")).status_code == 200
        assert await close_code(near, within=2) == 4403
        assert await close_code(far, within=2) == 4403


async def test_revoking_a_session_does_not_affect_others(first: Place, alice: Person) -> None:
    async with first.talk(alice) as elsewhere:
        again = await elsewhere.post("/api/auth/login", {"email": alice.email, "password": PASSWORD})
        elsewhere.http.headers["authorization"] = f"Bearer {again.json()['accessToken']}"
        async with live(first, elsewhere) as socket:
            await alice.post("/api/auth/logout")
            await asyncio.sleep(0.6)
            await elsewhere.task("still here")
            assert (await said(socket))["data"]["title"] == "still here"


async def test_draining_moves_clients_to_another_process(soil: EngineHandles, first: Place, alice: Person) -> None:
    async with place(soil) as leaving:
        async with live(leaving, alice) as socket:
            leaving.running.hub.drain()
            assert await close_code(socket, within=2) == 1012
            assert await status_of(open_with(leaving.url, await ticket_of(alice))) == 403
        async with live(first, alice) as elsewhere:
            await alice.task("moved")
            assert (await said(elsewhere))["data"]["title"] == "moved"


# Limits.


async def opened(at: Place, person: Person) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a live connection without a library, whose client answers nothing unless the test does."""
    parts = urlsplit(at.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = (
        f"GET /ws?ticket={await ticket_of(person)} HTTP/1.1\r\nHost: teddy\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    writer.write(head.encode())
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    assert b"hello" in await reader.readuntil(b"}")
    return reader, writer


async def test_a_student_has_at_most_twenty_live_connections(first: Place, alice: Person) -> None:
    async with AsyncExitStack() as stack:
        opened_ones = [await stack.enter_async_context(live(first, alice)) for _ in range(25)]
        assert [await close_code(socket, within=2) for socket in opened_ones[:5]] == [4409] * 5
        await alice.task("heard by twenty")
        for socket in opened_ones[5:]:
            assert (await said(socket))["data"]["title"] == "heard by twenty"


async def test_an_address_has_a_limited_number_of_live_connections_behind_a_proxy(soil: EngineHandles) -> None:
    """The connections of a trusted proxy aren't limited; those of each client behind it are."""
    async with place(soil, trusted_proxies="127.0.0.0/8", connections_per_address="3") as at, AsyncExitStack() as stack:
        people = [await join(at.url, "Dora") for _ in range(5)]
        statuses = []
        addresses = ["2001:db8::1", "2001:db8::2", "2001:DB8:0::3", "2001:db8::4", "2001:db8:0:1::1"]
        for person, address in zip(people, addresses, strict=True):
            opening = open_with(at.url, await ticket_of(person), additional_headers={"x-forwarded-for": address})
            try:
                await stack.enter_async_context(opening)
                statuses.append(101)
            except websockets.InvalidStatus as refusal:
                statuses.append(refusal.response.status_code)
        for person in people:
            await person.http.aclose()
    assert statuses == [101, 101, 101, 429, 101]


@pytest.mark.parametrize("reads", [True, False])
async def test_a_client_that_ignores_its_closing_loses_its_connection(first: Place, alice: Person, reads: bool) -> None:
    """The client never answers the close frame, and doesn't even read it; its connection ends all the same."""
    await alice.get("/api/tasks")  # so that her own connection is open
    await asyncio.sleep(0.2)  # and those of others are closed
    before = open_connections()
    reader, writer = await opened(first, alice)
    assert open_connections() == before + 1
    if not reads:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(20):
            await alice.task("long", description="x" * 10_000)
    await alice.post("/api/auth/logout")
    if reads:
        async with asyncio.timeout(15):
            while await reader.read(65_536):
                pass
    await until(lambda: open_connections() <= before, within=15)
    writer.transport.abort()


def open_connections() -> int:
    """How many connections of clients the servers of this process hold."""
    return int(telemetry.CONNECTIONS._value.get())


@pytest.mark.parametrize(
    "frame", [b"\x89\x80\0\0\0\0", b"\x82\x81\0\0\0\0x", b"\x8a\x80\0\0\0\0"], ids=["ping", "data", "pong"]
)
async def test_a_client_that_sends_too_much_is_disconnected(first: Place, alice: Person, frame: bytes) -> None:
    _, writer = await opened(first, alice)
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < 2_000_000 and not writer.transport.is_closing():
            writer.write(frame * 100)
            await writer.drain()
            sent += len(frame) * 100
            await asyncio.sleep(0.001)
    writer.transport.abort()
    assert sent < 2_000_000
    async with live(first, alice) as other:
        await alice.task("still served")
        assert (await said(other))["data"]["title"] == "still served"


@pytest.mark.parametrize("column", ["expires_at", "absolute_expires_at"])
async def test_a_live_connection_ends_with_its_session(
    first: Place, alice: Person, sql: asyncpg.Connection[asyncpg.Record], column: str
) -> None:
    await sql.execute(
        f"UPDATE sessions SET {column} = now() + interval '2 seconds' WHERE user_id = $1", alice.user["id"]
    )
    async with live(first, alice) as socket:
        assert await close_code(socket, within=8) == 4403
    ticket = await ticket_of(alice)
    assert await status_of(open_with(first.url, ticket)) == 403


async def test_a_refreshed_session_keeps_its_live_connection(
    first: Place, alice: Person, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    await sql.execute(
        "UPDATE sessions SET expires_at = now() + interval '2 seconds' WHERE user_id = $1", alice.user["id"]
    )
    async with live(first, alice) as socket:
        refreshed = await alice.post("/api/auth/refresh", {"refreshToken": alice.refresh_token})
        assert refreshed.status_code == 200
        await asyncio.sleep(5)
        await alice.task("still here")
        assert (await said(socket))["data"]["title"] == "still here"
