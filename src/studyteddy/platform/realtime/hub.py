"""The hub: the live sockets of one process.

After a commit its events go to the user's Redis channel; every hub forwards them to that user's sockets, in order. A
gap in the numbers is filled from the log, and a sweep over the counters finds what Redis lost. A socket that does
not keep up is cut; it resumes with the last number it saw.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import msgspec
import structlog

from studyteddy.platform.cache import Redis
from studyteddy.platform.db import Announcement, Database
from studyteddy.platform.errors import Problem, Unavailable
from studyteddy.platform.identity import Identity
from studyteddy.platform.realtime import store
from studyteddy.platform.telemetry import SOCKETS, SOCKETS_CUT

log = structlog.get_logger("studyteddy.hub")
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]

TICKET_SECONDS = 30
_PAGE = 500
_CHANNEL = "events:"
REFUSED, ENDED, TOO_SLOW, GOING_AWAY = 4401, 4403, 4408, 1012
"""Close codes: no valid ticket or origin; the session was ended; too slow; resume elsewhere."""

_encode = msgspec.json.Encoder().encode


class _Socket:
    """One live connection: what it has been given, and what waits for it."""

    __slots__ = ("_most", "closing", "ended", "filling", "identity", "last", "newest", "queue", "ready")

    def __init__(self, identity: Identity, most: int) -> None:
        self.identity = identity
        self.last = 0
        """The greatest event number that was queued for it."""
        self.newest = 0
        """The greatest event number that is known to be committed."""
        self.queue: deque[bytes] = deque()
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        self.filling = True
        """Nothing live is queued: the log is being read, or it is not decided yet where this socket begins."""
        self.closing = 0
        self._most = most

    def give(self, message: bytes) -> None:
        if len(self.queue) >= self._most:
            self.cut()
        self.queue.append(message)
        self.ready.set()

    def cut(self) -> None:
        SOCKETS_CUT.inc()
        self.close(TOO_SLOW)

    def close(self, code: int) -> None:
        self.closing = self.closing or code
        self.ended.set()


class Hub:
    """Knows the sockets of this process, and which users' channels it listens to."""

    def __init__(
        self,
        db: Database,
        redis: Redis,
        listener: Redis,
        *,
        most_behind: int = 256,
        sweep: float = 2.0,
        patience: float = 10.0,
    ) -> None:
        self._db = db
        self._redis = redis
        self._listener = listener
        self._most_behind = most_behind
        self._sweep = sweep
        self._patience = patience
        self._sockets: dict[UUID, set[_Socket]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.draining = False
        self.on_jobs: Callable[[], None] = lambda: None
        self._wake_planned = False
        listener.on_connect = self._subscribe_all
        listener.on_push = self._hear

    # After a commit.

    def announce(self, announcement: Announcement) -> None:
        """Tells every process of a commit: its events to the user's sockets, its jobs to the workers."""
        channel = f"{_CHANNEL}{announcement.user_id.hex}"
        for message in announcement.messages:
            if self._redis.connected:
                self._redis.tell("PUBLISH", channel, message)
            else:
                self._deliver(announcement.user_id, message)
        if announcement.lanes and not self._wake_planned:
            self._wake_planned = True
            asyncio.get_running_loop().call_later(0.005, self._wake_workers)

    def _wake_workers(self) -> None:
        self._wake_planned = False
        self._redis.tell("PUBLISH", "jobs", b"1")
        self.on_jobs()

    def _hear(self, push: list[Any]) -> None:
        """A message from Redis."""
        if push[0] != b"message":
            return
        channel, message = push[1], push[2]
        if channel == b"jobs":
            self.on_jobs()
        elif channel.startswith(_CHANNEL.encode()):
            self._deliver(UUID(channel[7:].decode()), message)

    def listen_for_jobs(self, wake: Callable[[], None]) -> None:
        """Calls `wake` when any process has committed jobs."""
        self.on_jobs = wake
        self._listener.subscribe("jobs")

    # To the sockets.

    def _deliver(self, user_id: UUID, message: bytes) -> None:
        seq = int(message[7 : message.index(b",")])  # {"seq":12,…
        for socket in self._sockets.get(user_id, ()):
            if socket.filling or seq > socket.last + 1:
                self._fill(socket, seq)
            elif seq == socket.last + 1:
                socket.last = seq
                socket.give(message)

    def _fill(self, socket: _Socket, newest: int) -> None:
        """Has the log give what the socket misses; while that runs, nothing else is queued for it."""
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
                    await self._room(socket)
                    socket.give(_wire(event))
                    socket.last = event.seq
                if not found:  # the sweep will look again
                    break
        except Problem as fault:
            log.warning("hub.log_away", detail=fault.detail)
        finally:
            socket.filling = False

    async def _room(self, socket: _Socket) -> None:
        """Waits for a client to take in what it asked for; one that does not is cut after ten seconds."""
        patient_until = time.monotonic() + self._patience
        while len(socket.queue) >= self._most_behind // 2 and not socket.closing:
            if time.monotonic() > patient_until:
                socket.cut()
            await asyncio.sleep(0.05)

    async def run(self) -> None:
        """Sweeps for ever: what Redis lost reaches the sockets all the same."""
        while True:
            await asyncio.sleep(self._sweep if self._listener.connected else self._sweep / 4)
            if not self._sockets:
                continue
            try:
                async with self._db.system("relay") as tx:
                    counters = await store.counters(tx, list(self._sockets))
            except Exception as fault:  # whatever it is, the sockets rely on the next sweep
                log.warning("hub.not_swept", error=repr(fault))
                continue
            for counter in counters:
                for socket in self._sockets.get(counter.user_id, ()):
                    if counter.last > socket.last:
                        self._fill(socket, counter.last)

    # Coming and going.

    async def admit(self, identity: Identity) -> str:
        """A ticket that opens one connection for this session; only its hash is kept."""
        ticket = os.urandom(24).hex()
        async with self._db.transaction(identity) as tx:
            await store.add_ticket(
                tx,
                identity.user_id,
                hash=_hash(ticket),
                session_id=identity.session_id,
                seconds=TICKET_SECONDS,
            )
        return ticket

    async def serve(self, scope: dict[str, Any], receive: Receive, send: Send, refused: str) -> None:
        """One live connection from its ticket to its end."""
        await receive()  # websocket.connect
        if scope["path"] != "/ws" or refused or self.draining:
            await send(
                {
                    "type": "websocket.close",
                    "code": GOING_AWAY if self.draining else REFUSED,
                    "reason": refused,
                }
            )
            return
        query = parse_qs(scope["query_string"].decode("latin-1"))
        try:
            ticket = await self._consume(query.get("ticket", [""])[0])
        except Unavailable:
            ticket = None
        if ticket is None:
            await send({"type": "websocket.close", "code": REFUSED, "reason": "no valid ticket"})
            return
        await send({"type": "websocket.accept"})
        await self._converse(Identity(ticket.user_id, ticket.session_id), _number(query.get("resume")), receive, send)

    async def _consume(self, ticket: str) -> store.Ticket | None:
        async with self._db.system("sign_in") as tx:
            return await store.consume_ticket(tx, hash=_hash(ticket))

    async def _converse(self, identity: Identity, resume: int | None, receive: Receive, send: Send) -> None:
        socket = _Socket(identity, self._most_behind)
        self._add(socket)
        tasks = [asyncio.ensure_future(_until_gone(receive)), asyncio.ensure_future(socket.ended.wait())]
        try:
            await self._greet(socket, resume, send)
            tasks.append(asyncio.ensure_future(_write(socket, send)))
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except Problem as fault:
            log.warning("hub.not_greeted", detail=fault.detail)
            socket.close(GOING_AWAY)
        finally:
            self._remove(socket)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if socket.closing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await send({"type": "websocket.close", "code": socket.closing})

    async def _greet(self, socket: _Socket, resume: int | None, send: Send) -> None:
        span = await store.span(self._db.reading(socket.identity), socket.identity.user_id)
        if resume is not None and not span.first - 1 <= resume <= span.last:
            await send({"type": "websocket.send", "text": f'{{"type":"reset","nextSeq":{span.last}}}'})
            resume = None
        await send({"type": "websocket.send", "text": f'{{"type":"hello","lastSeq":{span.last}}}'})
        socket.last = span.last if resume is None else resume
        socket.filling = False
        self._fill(socket, span.last)

    def _add(self, socket: _Socket) -> None:
        SOCKETS.inc()
        same = self._sockets.setdefault(socket.identity.user_id, set())
        same.add(socket)
        if len(same) == 1:
            self._listener.subscribe(f"{_CHANNEL}{socket.identity.user_id.hex}")

    def _remove(self, socket: _Socket) -> None:
        SOCKETS.dec()
        same = self._sockets[socket.identity.user_id]
        same.discard(socket)
        if not same:
            del self._sockets[socket.identity.user_id]
            self._listener.unsubscribe(f"{_CHANNEL}{socket.identity.user_id.hex}")

    def _subscribe_all(self) -> None:
        channels = [f"{_CHANNEL}{user_id.hex}" for user_id in self._sockets]
        for n in range(0, len(channels), 500):
            self._listener.subscribe(*channels[n : n + 500])
        self._listener.subscribe("jobs")

    def end_session(self, session_id: UUID) -> None:
        """Closes the sockets of a revoked session."""
        for sockets in self._sockets.values():
            for socket in sockets:
                if socket.identity.session_id == session_id:
                    socket.close(ENDED)

    def drain(self) -> None:
        """Tells every client to resume elsewhere."""
        self.draining = True
        for sockets in self._sockets.values():
            for socket in sockets:
                socket.close(GOING_AWAY)


async def _until_gone(receive: Receive) -> None:
    """Clients have nothing to say; what they send is read and dropped, so that their going is noticed."""
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def _write(socket: _Socket, send: Send) -> None:
    while not socket.closing:
        await socket.ready.wait()
        socket.ready.clear()
        while socket.queue and not socket.closing:
            await send({"type": "websocket.send", "text": socket.queue.popleft().decode()})


def _wire(event: store.Stored) -> bytes:
    return b'{"seq":%d,"type":"%b","at":%b,"data":%b}' % (
        event.seq,
        event.type.encode(),
        _encode(event.at),
        event.data.encode(),
    )


def _hash(ticket: str) -> bytes:
    return sha256(b"ticket\0" + ticket.encode()).digest()


def _number(values: list[str] | None) -> int | None:
    return int(values[0]) if values and values[0].isascii() and values[0].isdigit() and len(values[0]) < 16 else None
