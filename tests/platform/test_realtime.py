"""Live connections: who gets in, what they hear, and that neither Redis nor a slow neighbour makes them miss it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import httpx2
import pytest
import websockets
from tests.cast import PASSWORD, Person, join
from tests.chaos.place import Ground, admin, ground, until
from tests.conftest import serving, settings_for
from websockets.asyncio.client import ClientConnection

from studyteddy import bootstrap
from studyteddy.bootstrap import Runtime
from studyteddy.platform import migrations
from studyteddy.platform.cache import Redis
from studyteddy.platform.db import Database
from studyteddy.platform.event import Event, Gone, public
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.realtime import Hub


@public("test.said", shows="Gone")
class Said(Event, frozen=True):
    """Said by a test."""


@dataclasses.dataclass
class Place:
    """One API process: its resources, its address, and a worker."""

    url: str
    running: Runtime

    @asynccontextmanager
    async def talk(self, person: Person) -> AsyncIterator[Person]:
        """The same person, talking to this process."""
        headers = person.http.headers
        async with httpx2.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=20) as http:
            yield dataclasses.replace(person, http=http)

    async def work(self) -> int:
        return await bootstrap.worker(self.running).run_due()


@asynccontextmanager
async def place(soil: Ground, **settings: str) -> AsyncIterator[Place]:
    async with (
        bootstrap.runtime(settings_for(soil.engines, **settings)) as running,
        bootstrap.background(running),
        serving(running) as url,
    ):
        yield Place(url, running)


@pytest.fixture(scope="module")
def soil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Engines that this module may stop."""
    with ground(tmp_path_factory.mktemp("soil"), durable=False) as found:
        migrations.upgrade(found.engines.migration_database_url)
        yield found


@pytest.fixture(scope="module")
async def first(soil: Ground) -> AsyncIterator[Place]:
    async with place(soil) as found:
        yield found


@pytest.fixture(scope="module")
async def second(soil: Ground) -> AsyncIterator[Place]:
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
async def sql(soil: Ground) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    async with admin(soil.engines) as connection:
        yield connection


# Opening and hearing.


async def ticket_of(person: Person) -> str:
    return str((await person.post("/api/realtime/ticket")).json()["ticket"])


def open_with(url: str, ticket: str, resume: int | None = None, **options: Any) -> websockets.connect:
    tail = "" if resume is None else f"&resume={resume}"
    return websockets.connect(f"{url.replace('http', 'ws')}/ws?ticket={ticket}{tail}", proxy=None, **options)


@asynccontextmanager
async def live(at: Place, person: Person, resume: int | None = None) -> AsyncIterator[ClientConnection]:
    """A socket that has been greeted."""
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
    """101 when the socket opened, else what refused it."""
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
    """Commits an event of which Redis is never told."""
    async with Database(at.running.db.pool).transaction(_identity(person)) as tx:
        tx.publish(Said(), Gone(new_id()))


async def burst(person: Person, count: int) -> None:
    """So many tasks, several at a time; a pool of connections has no more."""
    gate = asyncio.Semaphore(8)

    async def add(n: int) -> None:
        async with gate:
            await person.task(f"{n}")

    await asyncio.gather(*(add(n) for n in range(count)))


def _identity(person: Person) -> Identity:
    return Identity(UUID(person.user["id"]), new_id())


# Who gets in.


async def test_of_two_that_race_with_one_ticket_one_gets_in(first: Place, second: Place, alice: Person) -> None:
    for _ in range(5):
        ticket = await ticket_of(alice)
        found = await asyncio.gather(status_of(open_with(first.url, ticket)), status_of(open_with(second.url, ticket)))
        assert sorted(found) == [101, 403]
        assert await status_of(open_with(first.url, ticket)) == 403


async def test_an_expired_or_unknown_ticket_is_refused(
    first: Place, alice: Person, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    ticket = await ticket_of(alice)
    await sql.execute("UPDATE realtime_tickets SET expires_at = now()")
    assert await status_of(open_with(first.url, ticket)) == 403
    assert await status_of(open_with(first.url, "00" * 24)) == 403
    assert await status_of(open_with(first.url, "")) == 403


async def test_a_ticket_of_a_session_that_ended_is_refused(first: Place, alice: Person) -> None:
    ticket = await ticket_of(alice)
    assert (await alice.post("/api/auth/logout")).status_code == 200
    assert await status_of(open_with(first.url, ticket)) == 403


async def test_a_foreign_origin_is_refused_and_our_own_is_not(first: Place, alice: Person) -> None:
    ticket = await ticket_of(alice)
    assert await status_of(open_with(first.url, ticket, origin="https://evil.example")) == 403
    own = await status_of(open_with(first.url, ticket, origin=first.url))
    assert own == 101, "the refused origin used the ticket up, or ours is refused"
    assert await status_of(open_with(first.url, await ticket_of(alice))) == 101


async def test_sockets_open_nowhere_else(first: Place, alice: Person) -> None:
    address = f"{first.url.replace('http', 'ws')}/api/ws?ticket={await ticket_of(alice)}"
    assert await status_of(websockets.connect(address, proxy=None)) == 403


# What is heard.


async def test_resuming_gives_what_was_missed_and_then_what_happens(first: Place, alice: Person) -> None:
    for n in range(5):
        await alice.task(f"{n}")
    start = await last_number(alice) - 4
    async with live(first, alice, resume=start) as socket:
        missed = await heard(socket, 4)
        await alice.task("live")
        missed += await heard(socket, 1)
    assert [event["seq"] for event in missed] == list(range(start + 1, start + 6))
    assert [event["data"]["title"] for event in missed] == ["1", "2", "3", "4", "live"]


async def test_resuming_in_the_middle_of_a_burst_misses_and_doubles_nothing(
    first: Place, second: Place, alice: Person
) -> None:
    start = await last_number(alice)
    writing = asyncio.ensure_future(burst(alice, 150))
    async with live(first, alice, resume=start) as one, live(second, alice, resume=start) as two:
        for socket in (one, two):
            numbers = [event["seq"] for event in await heard(socket, 150, within=15)]
            assert numbers == list(range(start + 1, start + 151))
    await writing


async def test_without_a_number_only_what_happens_from_now_on(first: Place, alice: Person) -> None:
    await alice.task("before")
    async with live(first, alice) as socket:
        await alice.task("after")
        assert (await said(socket))["data"]["title"] == "after"


async def test_a_number_that_is_too_old_or_too_new_is_a_reset(
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
            assert greeting == [{"type": "hello", "lastSeq": last}]
            missed = [] if reset else await heard(socket, last - number)
            assert [event["seq"] for event in missed] == ([] if reset else list(range(number + 1, last + 1)))
            await alice.task("live")
            assert (await said(socket))["seq"] == last + 1


async def test_another_process_hears_it_at_once(first: Place, second: Place, alice: Person) -> None:
    async with live(second, alice) as socket:
        for n in range(10):
            started = time.monotonic()
            await alice.task(f"{n}")
            assert (await said(socket))["data"]["title"] == f"{n}"
            assert time.monotonic() - started < 1.0


async def test_the_log_over_http_is_the_same(first: Place, alice: Person) -> None:
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


async def test_the_log_says_when_it_no_longer_reaches_back(
    alice: Person, sql: asyncpg.Connection[asyncpg.Record]
) -> None:
    for n in range(4):
        await alice.task(f"{n}")
    last = await last_number(alice)
    await sql.execute("DELETE FROM events WHERE user_id = $1 AND seq <= 2", alice.user["id"])
    for since in (1, last + 1):
        found = (await alice.get("/api/changes", params={"since": since})).json()
        assert found == {"items": [], "nextSeq": last, "reset": True}
    found = (await alice.get("/api/changes", params={"since": 2})).json()
    assert ([event["seq"] for event in found["items"]], found["reset"]) == (list(range(3, last + 1)), False)


async def test_internal_events_never_leave(first: Place, sql: asyncpg.Connection[asyncpg.Record]) -> None:
    person = await join(first.url, "Carol")
    async with live(first, person, resume=0) as socket:
        await first.work()
        assert (await said(socket))["type"] == "notification.created"
    internal = [kind.tag for kind in bootstrap.catalogue() if kind.shows is None]
    assert "user.registered" in internal
    assert await sql.fetchval("SELECT count(*) FROM events WHERE type = ANY($1)", internal) == 0
    await person.http.aclose()


# When Redis loses, dies, or goes deaf.


@asynccontextmanager
async def redis_of(soil: Ground) -> AsyncIterator[Redis]:
    async with Redis(soil.engines.redis_url) as redis:
        yield redis


async def test_a_listener_is_connected_once(soil: Ground, first: Place, alice: Person) -> None:
    async def listeners() -> set[bytes]:
        found: str = (await redis.call("CLIENT", "LIST", "TYPE", "pubsub")).decode()
        return {line.split()[0].encode() for line in found.splitlines()}

    async with live(first, alice), redis_of(soil) as redis:
        await asyncio.sleep(0.1)
        before = await listeners()
        await asyncio.sleep(1.5)
        assert before
        assert await listeners() == before


async def test_a_lost_message_is_filled_in_at_the_next_one(first: Place, second: Place, alice: Person) -> None:
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


async def test_cut_listeners_miss_nothing(soil: Ground, first: Place, second: Place, alice: Person) -> None:
    start = await last_number(alice)
    async with live(second, alice) as socket, redis_of(soil) as redis:
        for n in range(20):
            if n % 4 == 0:
                assert await redis.call("CLIENT", "KILL", "TYPE", "pubsub") >= 1
            await alice.task(f"{n}")
        events = await heard(socket, 20)
    assert [event["seq"] for event in events] == list(range(start + 1, start + 21))


async def test_without_redis_everything_works_a_little_slower(
    soil: Ground, first: Place, second: Place, alice: Person
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
    """A way to Redis that can go deaf: connections stay open and are accepted, and nothing is answered."""

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


async def test_a_deaf_redis_costs_less_than_a_second_and_comes_back_by_itself(soil: Ground) -> None:
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


# Who has to go.


class Line:
    """A live connection without a network: when its client reads is up to the test."""

    def __init__(self, ticket: str, *, reads: bool) -> None:
        self.scope = {"type": "websocket", "path": "/ws", "query_string": f"ticket={ticket}".encode()}
        self.sent: list[dict[str, Any]] = []
        self._reads = reads
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._incoming.put_nowait({"type": "websocket.connect"})

    async def open(self, hub: Hub) -> asyncio.Task[None]:
        """Opens it; it is greeted when this returns."""
        task = asyncio.ensure_future(hub.serve(self.scope, self._incoming.get, self._send, ""))
        await until(lambda: len(self.sent) == 2, within=5)
        return task

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send" and "hello" not in message["text"] and not self._reads:
            await asyncio.Event().wait()
        self.sent.append(message)


@pytest.mark.parametrize("behind", ["live", "in the log"])
async def test_a_slow_reader_is_cut_and_nobody_waits_for_it(
    soil: Ground, first: Place, alice: Person, behind: str
) -> None:
    async with redis_of(soil) as redis, redis_of(soil) as listener:
        hub = Hub(first.running.db, redis, listener, most_behind=16, patience=0.5)
        slow, quick = Line(await ticket_of(alice), reads=False), Line(await ticket_of(alice), reads=True)
        lost, held = await slow.open(hub), await quick.open(hub)
        if behind == "in the log":
            for _ in range(40):
                await say_quietly(first, alice)
        for n in range(40):
            await alice.task(f"{n}")
        await asyncio.wait_for(lost, 5)
        assert slow.sent[2:] == [{"type": "websocket.close", "code": 4408}], "it heard something after it was cut"
        hears = 80 if behind == "in the log" else 40
        await until(lambda: len(quick.sent) == 2 + hears, within=5)
        assert not held.done()
        hub.drain()
        await asyncio.wait_for(held, 5)
        assert quick.sent[-1] == {"type": "websocket.close", "code": 1012}


async def test_a_slow_reader_that_resumes_far_behind_is_given_time(first: Place, alice: Person) -> None:
    await burst(alice, 600)
    last = await last_number(alice)
    async with live(first, alice, resume=0) as socket:
        numbers = []
        for _ in range(last):
            numbers.append((await said(socket))["seq"])
            if len(numbers) % 100 == 0:
                await asyncio.sleep(0.1)
    assert numbers == list(range(1, last + 1))


async def test_a_session_that_ends_closes_its_sockets_everywhere(first: Place, second: Place, alice: Person) -> None:
    async with live(first, alice) as near, live(second, alice) as far:
        assert (await alice.post("/api/auth/logout")).status_code == 200
        assert await close_code(near, within=2) == 4403
        assert await close_code(far, within=2) == 4403


async def test_ending_one_session_leaves_the_others_alone(first: Place, alice: Person) -> None:
    async with first.talk(alice) as elsewhere:
        again = await elsewhere.post("/api/auth/login", {"email": alice.email, "password": PASSWORD})
        elsewhere.http.headers["authorization"] = f"Bearer {again.json()['accessToken']}"
        async with live(first, elsewhere) as socket:
            await alice.post("/api/auth/logout")
            await asyncio.sleep(0.6)
            await elsewhere.task("still here")
            assert (await said(socket))["data"]["title"] == "still here"


async def test_draining_sends_everyone_elsewhere(soil: Ground, first: Place, alice: Person) -> None:
    async with place(soil) as leaving:
        async with live(leaving, alice) as socket:
            leaving.running.hub.drain()
            assert await close_code(socket, within=2) == 1012
            assert await status_of(open_with(leaving.url, await ticket_of(alice))) == 403
        async with live(first, alice) as elsewhere:
            await alice.task("moved")
            assert (await said(elsewhere))["data"]["title"] == "moved"
