"""Connections: what a client may send and hold before anybody knows who it is, and how the server refuses more."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from tests.cast import Person
from tests.conftest import System, settings_for

from studyteddy.bootstrap import runtime
from studyteddy.bootstrap.processes import server_config
from studyteddy.platform.web import connections
from studyteddy.platform.web.connections import Connections, Timeouts
from studyteddy.platform.web.protocols import MAX_HEADERS, HttpProtocol

HELLO = b"GET /health/live HTTP/1.1\r\nHost: teddy\r\n\r\n"
UPGRADE = (
    b"Host: teddy\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
OTHER = b"Connection: Upgrade\r\nUpgrade: other\r\n"
FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


class Answer:
    """A raw HTTP answer."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in lines}

    def is_problem(self, status: int, code: str) -> bool:
        """Whether it is this problem, with the headers of every answer, and the last one of its connection."""
        assert (self.status, self.headers["content-type"]) == (status, "application/problem+json"), self.body
        found: dict[str, Any] = json.loads(self.body)
        assert (found["status"], found["code"], found["requestId"]) == (status, code, self.headers["x-request-id"])
        assert {name: self.headers.get(name) for name in FIXED} == FIXED
        assert self.headers["permissions-policy"].startswith("camera=()")
        return self.headers["connection"] == "close"


class Line:
    """A connection on which a test sends bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def rest(self, within: float = 5.0) -> bytes:
        """Everything until the server ends the connection."""
        async with asyncio.timeout(within):
            try:
                return await self.reader.read()
            except ConnectionError:  # the server closed it while the test was still sending
                return bytes(self.reader._buffer)  # type: ignore[attr-defined]

    async def one(self, within: float = 5.0) -> Answer:
        """One answer with a length, on a connection that stays open."""
        async with asyncio.timeout(within):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = Answer(head).headers.get("content-length", "0")
            return Answer(head + await self.reader.readexactly(int(length)))


@asynccontextmanager
async def line(url: str) -> AsyncIterator[Line]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


async def answer_to(url: str, *pieces: bytes) -> Answer:
    """The answer to these bytes, sent one piece after the other, on a connection that then ends."""
    async with line(url) as client:
        try:
            for piece in pieces:
                await client.send(piece)
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        return Answer(await client.rest())


# What a request may contain.


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (b"garbage\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.0\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.1\r\nHost: a/b@c\r\n\r\n", 400, "malformed_request"),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
            "malformed_request",
        ),
        (b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed_request"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "uri_too_long"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a: b\r\n" * 200 + b"\r\n", 431, "headers_too_large"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + b"a" * 40_000 + b"\r\n\r\n", 431, "headers_too_large"),
        (b"POST /ws HTTP/1.1\r\n" + UPGRADE + b"\r\n", 400, "malformed_request"),
        (b"CONNECT /ws HTTP/1.1\r\n" + UPGRADE + b"\r\n", 400, "malformed_request"),
        (b"GET /ws HTTP/1.0\r\n" + UPGRADE + b"\r\n", 400, "malformed_request"),
        (b"GET /ws HTTP/1.1\r\n" + UPGRADE + b"Content-Length: 5\r\n\r\nhello", 400, "malformed_request"),
        (b"GET /ws HTTP/1.1\r\n" + UPGRADE + b"a: b\r\n" * 100 + b"\r\n", 431, "headers_too_large"),
    ],
    ids=lambda one: one[:30].decode() if isinstance(one, bytes) else str(one),
)
async def test_a_request_beyond_the_limits_is_refused_by_the_server_itself(
    system: System, request_: bytes, status: int, code: str
) -> None:
    assert (await answer_to(system.url, request_)).is_problem(status, code)


async def test_a_request_within_the_limits_is_answered(system: System) -> None:
    most = b"x: " + b"a" * 300 + b"\r\n"
    async with line(system.url) as client:
        await client.send(b"GET /health/live HTTP/1.1\r\nHost: [::1]:8000\r\n" + most * 98 + b"\r\n")
        assert (await client.one()).status == 200
        await client.send(b"GET /health/live HTTP/1.0\r\nHost: teddy\r\n\r\n")
        assert (await client.one()).status == 200


async def test_endless_headers_stop_at_the_limit(system: System) -> None:
    """16 MiB in one header, and 600,000 headers; the server doesn't read to their end."""
    for endless in (b"a" * 65_536, b"a: b\r\n" * 10_000):
        async with line(system.url) as client:
            await client.send(b"GET / HTTP/1.1\r\nHost: a\r\nx: ")
            sent = 0
            try:
                while sent < 16 << 20 and not client.reader.at_eof():
                    await client.send(endless)
                    sent += len(endless)
                    await asyncio.sleep(0.001)
            except ConnectionError:
                pass
            assert sent < 8 << 20


async def test_no_more_lines_are_parsed_than_allowed_however_they_arrive(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One read of the server can contain tens of thousands, whose parsing would hold up everybody else."""
    parsed = 0
    parse = HttpProtocol.on_header

    def count(protocol: HttpProtocol, name: bytes, value: bytes) -> None:
        nonlocal parsed
        parsed += 1
        parse(protocol, name, value)

    monkeypatch.setattr(HttpProtocol, "on_header", count)
    lines = b"".join(b"x: %d\r\n" % number for number in range(10_000))
    assert (await answer_to(system.url, b"GET /health/live HTTP/1.1\r\nHost: teddy\r\n" + lines)).status == 431
    assert parsed == MAX_HEADERS + 1


async def test_endless_trailers_stop_at_the_limit(system: System) -> None:
    head = b"POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + CHUNKED
    body = b"1\r\n{\r\n0\r\n"
    assert (await answer_to(system.url, head + body, b"a: b\r\n" * 10_000)).is_problem(431, "headers_too_large")
    assert (await answer_to(system.url, head + body, b"a: " + b"b" * 60_000)).is_problem(431, "headers_too_large")


async def test_trailers_are_not_headers(system: System, alice: Person) -> None:
    head = b"POST /api/tasks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + CHUNKED
    trailers = f"0\r\nAuthorization: Bearer {alice.access_token}\r\n\r\n".encode()
    async with line(system.url) as client:
        await client.send(head + b'd\r\n{"title":"x"}\r\n' + trailers)
        assert (await client.one()).status == 401


async def test_many_pipelined_requests_end_the_connection(system: System) -> None:
    async with line(system.url) as client:
        await client.send(HELLO * 5000)
        answers = (await client.rest()).count(b"HTTP/1.1 200")
    assert answers < 100


async def test_a_few_pipelined_requests_are_answered_in_order(system: System) -> None:
    async with line(system.url) as client:
        await client.send(
            b"".join(HELLO.replace(b"\r\n\r\n", b"\r\nX-Request-Id: pipelined-%d\r\n\r\n" % n) for n in range(5))
        )
        assert [(await client.one()).headers["x-request-id"] for _ in range(5)] == [f"pipelined-{n}" for n in range(5)]


async def test_after_an_unknown_upgrade_nothing_is_taken_for_a_request(system: System) -> None:
    """The parser takes a body after `Upgrade` for the other protocol; its bytes must not become a request."""
    smuggled = b"GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n"
    head = b"POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n" + OTHER + b"\r\n"
    async with line(system.url) as client:
        await client.send(head % len(smuggled))
        await asyncio.sleep(0.05)
        await client.send(smuggled)
        assert (await client.rest()).count(b"HTTP/1.1") == 1


async def test_a_websocket_handshake_waits_for_no_other_answer(system: System) -> None:
    async with line(system.url) as client:
        await client.send(HELLO + b"GET /ws?ticket=x HTTP/1.1\r\n" + UPGRADE + b"\r\n")
        assert (await client.rest()).count(b"HTTP/1.1") <= 1


# How long a request may take to arrive.


IMPATIENT = Timeouts(header=0.4, discard=0.4, send=0.4, close=0.3, sweep=0.1)
"""Short limits, so that the tests don't wait for the real ones."""


@pytest.fixture
async def url(system: System) -> AsyncIterator[str]:
    async with server(system, Connections(total=100, per_address=100, timeouts=IMPATIENT)) as address:
        yield address


@pytest.mark.parametrize("sent", [b"", b"\r\n"], ids=["nothing", "an empty line"])
@pytest.mark.parametrize("after", ["the start", "a request"])
async def test_a_connection_without_a_request_ends(url: str, sent: bytes, after: str) -> None:
    async with line(url) as client:
        if after == "a request":
            await client.send(HELLO)
            assert (await client.one()).status == 200
            sent = sent or b"G"  # without anything, the time limit of idle connections holds
        await client.send(sent)
        assert (await client.rest()).count(b"HTTP/1.1 200") == 0


async def test_headers_have_a_time_limit_however_they_drip(url: str) -> None:
    async with line(url) as client:
        await client.send(HELLO)
        assert (await client.one()).status == 200
        await client.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
        sent = 0
        try:
            for sent in range(50):  # noqa: B007
                await client.send(b"a: b\r\n")
                await asyncio.sleep(0.05)
        except ConnectionError:
            pass
        assert sent < 40
        assert Answer(await client.rest()).is_problem(408, "request_timeout")


async def test_the_rest_of_an_answered_body_has_a_time_limit(url: str) -> None:
    """A refused upload may end, so that its client reads the answer, but not drip for ever."""
    async with line(url) as client:
        await client.send(b"POST /api/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        assert (await client.one()).status == 401
        sent = 0
        try:
            for sent in range(100):  # noqa: B007
                await client.send(b"a")
                await asyncio.sleep(0.05)
        except ConnectionError:
            pass
        assert sent < 60


async def test_an_answered_body_that_ends_leaves_the_connection_open(url: str) -> None:
    async with line(url) as client:
        await client.send(b"POST /api/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
        assert (await client.one()).status == 401
        await client.send(b"abc")
        await asyncio.sleep(0.8)
        await client.send(HELLO)
        assert (await client.one()).status == 200


async def test_a_client_that_does_not_read_is_disconnected(system: System) -> None:
    held = Connections(total=100, per_address=100, timeouts=IMPATIENT)
    request_ = b"GET /api/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"
    async with server(system, held) as url, line(url) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(500):
            if client.writer.transport.is_closing():
                break
            client.writer.write(request_)
            await asyncio.sleep(0.01)
        await until_empty(held)


async def test_a_client_that_reads_slowly_gets_all_of_its_answers(system: System) -> None:
    """The time limit is for clients without progress, not for slow ones."""
    timeouts = Timeouts(send=1.5, sweep=0.1)
    held = Connections(total=100, per_address=100, timeouts=timeouts)
    async with server(system, held) as url, AsyncExitStack() as stack:
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)  # else it would show its progress in leaps
        narrow.connect((urlsplit(url).hostname, urlsplit(url).port))
        client = Line(*await asyncio.open_connection(sock=narrow))
        stack.callback(client.writer.transport.abort)
        await client.send(b"GET /api/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 15)
        began, received, expected = time.monotonic(), 0, 15 * len(system.running.openapi_document())
        while received < expected:
            async with asyncio.timeout(5):
                piece = await client.reader.read(65536)
            assert piece, "cut off"
            received += len(piece)
            await asyncio.sleep(0.02)
        assert time.monotonic() - began > timeouts.send


class Reader:
    """A connection whose client leaves so much unread."""

    def __init__(self, unsent: int) -> None:
        self.unsent = unsent
        self.aborted = False

    def check(self, now: float) -> None:
        pass

    def abort(self) -> None:
        self.aborted = True


async def test_what_an_address_leaves_unread_is_limited() -> None:
    proxy = [ip_network("10.0.0.0/8")]
    held = Connections(total=100, per_address=100, trusted=proxy)
    mebibyte = 1024 * 1024
    hoarders = [Reader(size * mebibyte) for size in (5, 20, 10)]
    other, behind_proxy = Reader(30 * mebibyte), [Reader(30 * mebibyte) for _ in range(3)]
    for one in hoarders:
        assert held.admit(one, "203.0.113.1")
    assert held.admit(other, "203.0.113.2")
    for one in behind_proxy:
        assert held.admit(one, "10.1.2.3")
    held._sweep(asyncio.get_running_loop())
    assert [one.aborted for one in hoarders] == [False, True, False]
    assert not any(one.aborted for one in (other, *behind_proxy))
    for one in (*hoarders, other, *behind_proxy):
        held.release(one)


# How many connections there may be.


@asynccontextmanager
async def server(system: System, held: Connections, **settings: str) -> AsyncIterator[str]:
    """Another server of the same system with these limits."""
    async with runtime.runtime(settings_for(system.engines, **settings)) as running:
        app = runtime.application(running)
        config = server_config(app, running.settings, port=0, host="127.0.0.1", connections=held)
        found = uvicorn.Server(config)
        task = asyncio.ensure_future(found._serve())
        while not found.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{found.servers[0].sockets[0].getsockname()[1]}"
        finally:
            found.should_exit = True
            await task


async def until_empty(held: Connections) -> None:
    async with asyncio.timeout(10):
        while held.count:  # noqa: ASYNC110 - it has no event for it
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(("total", "per_address"), [(5, 100), (100, 5)])
async def test_a_connection_too_many_is_refused_and_makes_room_again(
    system: System, total: int, per_address: int
) -> None:
    held = Connections(total=total, per_address=per_address)
    async with server(system, held) as url:
        async with AsyncExitStack() as stack:
            for _ in range(5):
                client = await stack.enter_async_context(line(url))
                await client.send(HELLO)
                assert (await client.one()).status == 200
            for _ in range(3):
                refused = await answer_to(url)
                assert refused.is_problem(503, "unavailable")
                assert refused.headers["retry-after"] == "5"
            await client.send(HELLO)
            assert (await client.one()).status == 200
        await until_empty(held)
        async with line(url) as client:
            await client.send(HELLO)
            assert (await client.one()).status == 200


async def test_a_live_connection_counts_until_it_ends(system: System, alice: Person) -> None:
    held = Connections(total=100, per_address=2)
    async with server(system, held) as url:
        async with line(url) as first, line(url) as second:
            for client in (first, second):
                ticket = (await alice.post("/api/realtime/ticket")).json()["ticket"]
                await client.send(f"GET /ws?ticket={ticket} HTTP/1.1\r\n".encode() + UPGRADE + b"\r\n")
                assert (await client.one()).status == 101
            assert (await answer_to(url)).status == 503
        await until_empty(held)


async def test_trusted_proxies_are_not_limited_by_address(system: System) -> None:
    held = Connections(total=100, per_address=1, trusted=[ip_network("10.0.0.0/8"), ip_network("127.0.0.0/8")])
    async with server(system, held) as url, line(url) as first, line(url) as second:
        for client in (first, second):
            await client.send(HELLO)
            assert (await client.one()).status == 200


def test_the_limits_leave_descriptors_for_the_database_and_other_addresses(system: System) -> None:
    found = connections.from_settings(settings_for(system.engines, connections_per_address="100000"))
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert found._total == descriptors - 110
    assert found._per_address == found._total // 2


# Refused protocols have the headers of every answer.


@pytest.mark.parametrize("path", ["/ws?ticket=wrong", "/ws", "/api/nowhere"])
async def test_a_refused_handshake_is_a_problem_and_writes_no_log(
    system: System, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    answer = await answer_to(system.url, f"GET {path} HTTP/1.1\r\n".encode() + UPGRADE + b"\r\n")
    assert (answer.status, answer.headers["content-type"]) == (403, "application/problem+json")
    assert json.loads(answer.body)["code"] == "forbidden"
    assert {name: answer.headers.get(name) for name in FIXED} == FIXED
    assert "permissions-policy" in answer.headers
    await asyncio.sleep(0.05)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("without", "status"),
    [(b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 400), (b"Sec-WebSocket-Version: 13\r\n", 400)],
)
async def test_an_invalid_handshake_is_a_problem(system: System, without: bytes, status: int) -> None:
    answer = await answer_to(system.url, b"GET /ws HTTP/1.1\r\n" + UPGRADE.replace(without, b"") + b"\r\n")
    assert answer.is_problem(status, "malformed_request")
