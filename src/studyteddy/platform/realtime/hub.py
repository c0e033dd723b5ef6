"""The hub: the WebSocket connections of one process.

After a commit, its events are published to the user's Redis channel; every hub forwards them to that user's sockets, in
order. Gaps in the numbers are filled from the event log, and a periodic check of the counters finds events that Redis
lost. A socket that is too slow is closed; the client resumes with the last number it received.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import Counter, deque
from collections.abc import Callable
from hashlib import sha256
from math import inf
from typing import Any
from uuid import UUID

import msgspec
import structlog
from starlette.datastructures import QueryParams
from starlette.websockets import WebSocket

from studyteddy.platform import event_format
from studyteddy.platform.cache import Redis
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.outbox import Announcement
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.errors import Problem, TooManyRequests, Unavailable
from studyteddy.platform.identity import Identity
from studyteddy.platform.realtime import store
from studyteddy.platform.security.revocation import Sessions
from studyteddy.platform.telemetry import SOCKETS, SOCKETS_DROPPED
from studyteddy.platform.web.addresses import address_principal, client_address

log = structlog.get_logger("studyteddy.hub")

TICKET_SECONDS = 30
_PAGE = 50
"""Events read from the log at once: each can have tens of kilobytes, and many sockets may be filled at a time."""
_MAX_QUEUED_BYTES = 1024 * 1024
_CHANNEL = "events:"
MAX_PER_STUDENT = 20
"""Open sockets of one student in this process; another one closes the oldest."""
UNAUTHORIZED, REVOKED, TOO_SLOW, REPLACED, GOING_AWAY = 4401, 4403, 4408, 4409, 1012
"""Close codes: invalid ticket or origin; session revoked or expired; client too slow; replaced by a newer connection
of the same student; server shutting down."""


class _Socket:
    """A WebSocket connection and its queue of events."""

    __slots__ = (
        "_limit",
        "closing",
        "ended",
        "expires",
        "filling",
        "identity",
        "last",
        "newest",
        "queue",
        "queued",
        "ready",
    )

    def __init__(self, identity: Identity, limit: int) -> None:
        self.identity = identity
        self.expires = inf
        """When its session expires, unless it has been extended by then; in seconds of the monotonic clock."""
        self.last = 0
        """The highest event number queued."""
        self.newest = 0
        """The highest event number known to be committed."""
        self.queue: deque[bytes] = deque()
        self.queued = 0
        """Bytes in the queue."""
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        self.filling = True
        """Live events aren't queued: the log is being read, or the starting position isn't known yet."""
        self.closing = 0
        self._limit = limit

    def enqueue(self, message: bytes) -> None:
        if len(self.queue) >= self._limit or (self.queue and self.queued > _MAX_QUEUED_BYTES):
            self.drop()
            return
        self.queue.append(message)
        self.queued += len(message)
        self.ready.set()

    def dequeue(self) -> bytes:
        message = self.queue.popleft()
        self.queued -= len(message)
        return message

    def drop(self) -> None:
        SOCKETS_DROPPED.inc()
        self.close(TOO_SLOW)

    def close(self, code: int) -> None:
        self.closing = self.closing or code
        self.ended.set()


class Hub:
    """The sockets of this process, and the users' channels that it subscribes to."""

    def __init__(
        self,
        db: Database,
        redis: Redis,
        listener: Redis,
        sessions: Sessions,
        *,
        build: Callable[[], str],
        max_queued: int = 256,
        per_address: int = 256,
        sweep: float = 2.0,
        stall_timeout: float = 10.0,
    ) -> None:
        self._db = db
        self._redis = redis
        self._listener = listener
        self._sessions = sessions
        self._build = build
        self._max_queued = max_queued
        self._per_address = per_address
        self._sweep = sweep
        self._stall_timeout = stall_timeout
        self._sockets: dict[UUID, dict[_Socket, None]] = {}
        """The sockets of each student, the oldest first."""
        self._by_address: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self.draining = False
        self.on_jobs: Callable[[], None] = lambda: None
        self._wake_planned = False
        listener.on_connect = self._subscribe_all
        listener.on_push = self._on_message

    # After commits.

    def announce(self, announcement: Announcement) -> None:
        """Announce a commit to every process: events to the user's sockets, jobs to the workers."""
        channel = f"{_CHANNEL}{announcement.user_id.hex}"
        for message in announcement.messages:
            if self._redis.connected:
                self._redis.send("PUBLISH", channel, message)
            else:
                self._deliver(announcement.user_id, message)
        if announcement.lanes and not self._wake_planned:
            self._wake_planned = True
            asyncio.get_running_loop().call_later(0.005, self._wake_workers)

    def _wake_workers(self) -> None:
        self._wake_planned = False
        self._redis.send("PUBLISH", "jobs", b"1")
        self.on_jobs()

    def _on_message(self, push: list[Any]) -> None:
        """Handle a message from Redis."""
        if push[0] != b"message":
            return
        channel, message = push[1], push[2]
        if channel == b"jobs":
            self.on_jobs()
        elif channel.startswith(_CHANNEL.encode()):
            self._deliver(UUID(channel[7:].decode()), message)

    def listen_for_jobs(self, wake: Callable[[], None]) -> None:
        """Call `wake` when any process has committed jobs."""
        self.on_jobs = wake
        self._listener.subscribe("jobs")

    # Delivery.

    def _deliver(self, user_id: UUID, message: bytes) -> None:
        seq = event_format.read_seq(message)
        for socket in self._sockets.get(user_id, ()):
            if socket.filling or seq > socket.last + 1:
                self._fill(socket, seq)
            elif seq == socket.last + 1:
                socket.last = seq
                socket.enqueue(message)

    def _fill(self, socket: _Socket, newest: int) -> None:
        """Queue the socket's missing events from the log; meanwhile, no live events are queued."""
        socket.newest = max(socket.newest, newest)
        if socket.filling:
            return
        socket.filling = True
        task = asyncio.ensure_future(self._fill_from_log(socket))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fill_from_log(self, socket: _Socket) -> None:
        reading = self._db.reading(socket.identity)
        try:
            while not socket.closing and socket.last < socket.newest:
                found = await store.after(reading, socket.identity.user_id, seq=socket.last, limit=_PAGE)
                for event in found:
                    await self._wait_for_room(socket)
                    socket.enqueue(event_format.write(event.seq, event.type, event.at, event.data.encode()))
                    socket.last = event.seq
                if not found:  # the next sweep tries again
                    break
        except Problem as fault:
            log.warning("hub.log_unavailable", detail=fault.detail)
        finally:
            socket.filling = False

    async def _wait_for_room(self, socket: _Socket) -> None:
        """Wait until the client has read enough of the log; drop it after ten seconds without progress."""
        deadline = time.monotonic() + self._stall_timeout
        while self._is_full(socket) and not socket.closing:
            if time.monotonic() > deadline:
                socket.drop()
            await asyncio.sleep(0.05)

    def _is_full(self, socket: _Socket) -> bool:
        return len(socket.queue) >= self._max_queued // 2 or socket.queued > _MAX_QUEUED_BYTES // 2

    async def run(self) -> None:
        """Sweep periodically: find events lost by Redis, and sockets whose session has expired."""
        while True:
            await asyncio.sleep(self._sweep if self._listener.connected else self._sweep / 4)
            if not self._sockets:
                continue
            try:
                async with self._db.system("relay") as tx:
                    counters = await store.counters(tx, list(self._sockets))
                await self._end_expired()
            except Exception as fault:  # any error: the sockets rely on the next sweep
                log.warning("hub.sweep_failed", error=repr(fault))
                continue
            for counter in counters:
                for socket in self._sockets.get(counter.user_id, ()):
                    if counter.last > socket.last:
                        self._fill(socket, counter.last)

    async def _end_expired(self) -> None:
        """Close the sockets whose session has expired; a refresh of its tokens may have extended it meanwhile."""
        now = time.monotonic()
        due = [socket for sockets in self._sockets.values() for socket in sockets if socket.expires <= now]
        for socket in due:
            await self._renew(socket, self._db.reading(socket.identity))

    async def _renew(self, socket: _Socket, reader: Reader) -> None:
        """Read when the socket's session expires; close the socket if it has ended."""
        left = await self._sessions.seconds_left(reader, socket.identity.user_id, socket.identity.session_id)
        socket.expires = time.monotonic() + left
        if left <= 0:
            socket.close(REVOKED)

    # Connections.

    async def admit(self, identity: Identity) -> str:
        """Create a ticket that opens one connection for this session; only its hash is stored."""
        ticket = os.urandom(24).hex()
        async with self._db.transaction(identity) as tx:
            await store.add_ticket(
                tx, identity.user_id, hash=_hash(ticket), session_id=identity.session_id, seconds=TICKET_SECONDS
            )
        return ticket

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one WebSocket connection, from checking its ticket to closing it; raise 429 if its address has many."""
        if self.draining:
            await websocket.close(GOING_AWAY)
            return
        address = address_principal(client_address((websocket.scope.get("client") or ("", 0))[0]))
        if self._by_address[address] >= self._per_address:
            raise TooManyRequests("Too many live connections from this address. Close some of them.", retry_after=30)
        self._by_address[address] += 1
        try:
            await self._serve(websocket)
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    async def _serve(self, websocket: WebSocket) -> None:
        given, resume = _parameters(websocket)
        try:
            ticket = await self._consume(given)
        except Unavailable:
            ticket = None
        if ticket is None:
            await websocket.close(UNAUTHORIZED, "invalid ticket")
            return
        await websocket.accept()
        await self._run_socket(Identity(ticket.user_id, ticket.session_id), resume, websocket)

    async def _consume(self, ticket: str) -> store.Ticket | None:
        async with self._db.system("sign_in") as tx:
            found = await store.consume_ticket(tx, hash=_hash(ticket))
            if found is None:
                return None
            await tx.act_as(found.user_id)
            left = await self._sessions.seconds_left(tx, found.user_id, found.session_id)
            return found if left > 0 else None

    async def _run_socket(self, identity: Identity, resume: int | None, websocket: WebSocket) -> None:
        socket = _Socket(identity, self._max_queued)
        self._add(socket)
        tasks = [asyncio.ensure_future(_until_disconnect(websocket)), asyncio.ensure_future(socket.ended.wait())]
        try:
            await self._handshake(socket, resume, websocket)
            tasks.append(asyncio.ensure_future(_write(socket, websocket)))
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except Problem as fault:
            log.warning("hub.handshake_failed", detail=fault.detail)
            socket.close(GOING_AWAY)
        finally:
            self._remove(socket)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if socket.closing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await websocket.close(socket.closing)

    async def _handshake(self, socket: _Socket, resume: int | None, websocket: WebSocket) -> None:
        reading, identity = self._db.reading(socket.identity), socket.identity
        # Checked again: only from now on does a revocation find this socket.
        await self._renew(socket, reading)
        if socket.closing:
            return
        span = await store.span(reading, identity.user_id)
        if resume is not None and not span.first - 1 <= resume <= span.last:
            await websocket.send_text(f'{{"type":"reset","nextSeq":{span.last}}}')
            resume = None
        hello = {"type": "hello", "lastSeq": span.last, "now": self._db.clock(), "build": self._build()}
        await websocket.send_text(msgspec.json.encode(hello).decode())
        socket.last = span.last if resume is None else resume
        socket.filling = False
        self._fill(socket, span.last)

    def _add(self, socket: _Socket) -> None:
        SOCKETS.inc()
        sockets = self._sockets.setdefault(socket.identity.user_id, {})
        sockets[socket] = None
        if len(sockets) == 1:
            self._listener.subscribe(f"{_CHANNEL}{socket.identity.user_id.hex}")
        if len(sockets) > MAX_PER_STUDENT:
            open_ones = [one for one in sockets if not one.closing]
            for oldest in open_ones[:-MAX_PER_STUDENT]:
                oldest.close(REPLACED)

    def _remove(self, socket: _Socket) -> None:
        SOCKETS.dec()
        sockets = self._sockets[socket.identity.user_id]
        del sockets[socket]
        if not sockets:
            del self._sockets[socket.identity.user_id]
            self._listener.unsubscribe(f"{_CHANNEL}{socket.identity.user_id.hex}")

    def _subscribe_all(self) -> None:
        channels = [f"{_CHANNEL}{user_id.hex}" for user_id in self._sockets]
        for n in range(0, len(channels), 500):
            self._listener.subscribe(*channels[n : n + 500])
        self._listener.subscribe("jobs")

    def end_session(self, session_id: UUID) -> None:
        """Close the sockets of a revoked session."""
        for sockets in self._sockets.values():
            for socket in sockets:
                if socket.identity.session_id == session_id:
                    socket.close(REVOKED)

    def drain(self) -> None:
        """Close every socket, so that clients resume with another process."""
        self.draining = True
        for sockets in self._sockets.values():
            for socket in sockets:
                socket.close(GOING_AWAY)


async def _until_disconnect(websocket: WebSocket) -> None:
    """Read and discard what the client sends, to detect when it disconnects."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _write(socket: _Socket, websocket: WebSocket) -> None:
    while not socket.closing:
        await socket.ready.wait()
        socket.ready.clear()
        while socket.queue and not socket.closing:
            await websocket.send_text(socket.dequeue().decode())


def _parameters(websocket: WebSocket) -> tuple[str, int | None]:
    """Return `ticket` and `resume`, without the caches that the WebSocket would keep as long as the connection."""
    query = QueryParams(websocket.scope["query_string"])
    return query.get("ticket", ""), _number(query.get("resume", ""))


def _hash(ticket: str) -> bytes:
    return sha256(b"ticket\0" + ticket.encode()).digest()


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
