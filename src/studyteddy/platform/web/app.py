"""The ASGI application: one way through for every request, from its headers to its answer."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import msgspec
import structlog

from studyteddy.platform import versions
from studyteddy.platform.db import Replay
from studyteddy.platform.errors import (
    InternalError,
    MethodNotAllowed,
    Problem,
    TooManyRequests,
    Unavailable,
    document,
    invalid,
)
from studyteddy.platform.gate import Gate
from studyteddy.platform.identity import IdempotencyKey, Identity
from studyteddy.platform.limits import Limit, Limiter, Verdict
from studyteddy.platform.settings import Settings
from studyteddy.platform.telemetry import REQUESTS, RESPONSE_TIME
from studyteddy.platform.web import compression
from studyteddy.platform.web.binding import Answer, Endpoint, Request, read_body
from studyteddy.platform.web.routing import Route, Table

log = structlog.get_logger("studyteddy.web")
Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]
Health = Callable[[str], Awaitable[Answer]]

_encode = msgspec.json.Encoder().encode
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_TRACE = re.compile(rb"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")
PATIENCE = 10.0
"""Seconds that a request may take."""

_FIXED = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]


class App:
    """Serves routes with resources. `socket` takes the live connections, `drain()` begins the end."""

    def __init__(
        self,
        routes: Iterable[Route],
        resources: Mapping[str, object],
        *,
        settings: Settings,
        gate: Gate,
        limiter: Limiter,
        limits: Mapping[str, Limit],
        socket: Callable[[Scope, Receive, Send, str], Awaitable[None]],
    ) -> None:
        self._table = Table()
        for route in routes:
            self._table.add(route.method, route.path, Endpoint(route, resources))
        self._gate = gate
        self._limiter = limiter
        self._general = limits["general"]
        self._anonymous = limits["anonymous"]
        self._socket = socket
        self._fixed = list(_FIXED)
        if settings.environment == "production":
            self._fixed.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
        self._origins = {one.strip() for one in settings.allowed_origins.split(",") if one.strip()}
        self._proxies = [ip_network(one.strip()) for one in settings.trusted_proxies.split(",") if one.strip()]
        self._log_sample = settings.log_sample
        self._numbers = itertools.count()
        self._prefix = os.urandom(6).hex()
        self._clocks: dict[tuple[str, int], Any] = {}
        self._watch = _Watch(PATIENCE)
        self.draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send, self._origin_fault(scope))

    # One request.

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request = self._request(scope)
        extra: list[tuple[bytes, bytes]] = []
        endpoint: Endpoint | None = None
        task = self._watch.begin()
        try:
            if scope["method"] == "OPTIONS":
                answer = Answer(b"", 204)
            else:
                endpoint, values = self._table.find(_method(scope["method"]), request.path)
                answer = await self._respond(endpoint, values, request, receive, extra)
        except Problem as problem:
            if not extra:
                await self._limit_stranger(request, extra, problem)
            answer = _problem(problem, request)
        except Replay as replay:
            answer = Answer(replay.body, replay.status, headers=((b"idempotent-replayed", b"true"),))
        except asyncio.CancelledError:
            if not self._watch.cut(task):
                raise
            answer = _problem(Unavailable("This took too long: try again.", retry_after=2), request)
        except Exception as fault:
            log.error("web.broke", route=_name(endpoint), request_id=request.id, exc_info=fault)
            answer = _problem(InternalError(), request)
        finally:
            self._watch.end(task)
        answer = self._finish(answer, endpoint, request)
        await self._send(send, request, answer, extra, bodiless=scope["method"] == "HEAD")
        self._measure(endpoint, answer.status, started, request)

    async def _respond(
        self,
        endpoint: Endpoint,
        values: list[str],
        request: Request,
        receive: Receive,
        extra: list[tuple[bytes, bytes]],
    ) -> Answer:
        route = endpoint.route
        if not route.public:
            known = await self._gate.identify(request.headers.get(b"authorization", b""))
            await self._limit(self._general, known.user_id.hex, extra)
            await self._gate.admit(known, route.scope)
        elif route.limited:
            await self._limit(self._anonymous, request.client, extra)
        if route.method != "GET":
            request.body = await read_body(receive, request.headers, route.largest)
        if not route.public:
            request.identity = Identity(
                known.user_id,
                known.session_id,
                known.scopes,
                known.expires_at,
                request.id,
                request.client,
                _idempotency(endpoint, request),
            )
        shown = await endpoint.call(request, values)
        if isinstance(shown, Answer):
            return shown
        return Answer(_encode(shown) if shown is not None else b"", endpoint.status(shown))

    async def _limit(self, limit: Limit, principal: str, extra: list[tuple[bytes, bytes]]) -> None:
        verdict = await self._limiter.take(limit, principal)
        extra += _limit_headers(limit, verdict)
        if not verdict.allowed:
            raise TooManyRequests(retry_after=verdict.retry_after / 1000)

    async def _limit_stranger(self, request: Request, extra: list[tuple[bytes, bytes]], problem: Problem) -> None:
        """Failed sign-ins and unknown addresses count against the client's address."""
        if problem.status in (401, 404, 405):
            verdict = await self._limiter.take(self._anonymous, request.client)
            extra += _limit_headers(self._anonymous, verdict)

    # Its beginning.

    def _request(self, scope: Scope) -> Request:
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id")
        trace = _TRACE.fullmatch(headers.get(b"traceparent", b""))
        if given and _REQUEST_ID.fullmatch(given):
            request_id = given.decode()
        elif trace:
            request_id = trace[1].decode()
        else:
            request_id = f"{self._prefix}-{next(self._numbers):x}"
        request = Request(headers, request_id, scope["path"], scope["query_string"], scope["scheme"] == "https")
        request.client = self._client(scope, headers)
        return request

    def _client(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        """The client's address: walking back from our end, the first hop that is not a trusted proxy."""
        address: str = (scope.get("client") or ("unknown", 0))[0]
        if not self._proxies or b"x-forwarded-for" not in headers:
            return address
        hops = [hop.strip() for hop in headers[b"x-forwarded-for"].decode("latin-1").split(",")]
        while hops and _within(address, self._proxies):
            address = hops.pop()
        return address[:45]

    def _origin_fault(self, scope: Scope) -> str:
        """Why a socket's `Origin` is refused, or nothing: the served host and the allow-list may come."""
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        host = headers.get(b"host", b"").decode("latin-1")
        if not origin or origin in self._origins or origin.partition("://")[2] == host:
            return ""
        return "this origin may not open live connections"

    # Its end.

    def _finish(self, answer: Answer, endpoint: Endpoint | None, request: Request) -> Answer:
        """Adds the ETag of a single object, answers 304 to who has it, and compresses."""
        headers = [*answer.headers, *request.answer_headers]
        body, status = answer.body, answer.status
        coding = None
        secret = endpoint is None or endpoint.route.secret
        if len(body) >= compression.LEAST and not secret and b"accept-encoding" in request.headers:
            coding = compression.choose(request.headers[b"accept-encoding"])
        if endpoint is not None and status in endpoint.tagged and not secret:
            tag = versions.etag(body)
            headers.append((b"etag", f'"{tag}-{coding}"'.encode() if coding else b'"%b"' % tag.encode()))
            headers.append((b"cache-control", b"private, no-cache"))
            known = request.header(b"if-none-match") if endpoint.route.method == "GET" else None
            if known and versions.matches(known, tag):
                return Answer(b"", 304, headers=(*headers, (b"vary", b"Accept-Encoding")))
        elif not any(name == b"cache-control" for name, _ in headers):
            headers.append((b"cache-control", b"private, no-store"))
        if not secret:
            headers.append((b"vary", b"Accept-Encoding"))
        if coding:
            body = compression.compress(body, coding)
            headers.append((b"content-encoding", coding.encode()))
        return Answer(body, status, answer.media_type, tuple(headers), answer.pieces)

    async def _send(
        self,
        send: Send,
        request: Request,
        answer: Answer,
        extra: list[tuple[bytes, bytes]],
        *,
        bodiless: bool,
    ) -> None:
        headers = [(b"x-request-id", request.id.encode()), *self._fixed, *extra, *answer.headers]
        given = {name for name, _ in answer.headers}
        if b"content-security-policy" in given:
            headers = [pair for pair in headers if pair[0] != b"content-security-policy" or pair in answer.headers]
        if answer.status not in (204, 304):
            headers.append((b"content-type", answer.media_type))
            if answer.pieces is None:
                headers.append((b"content-length", b"%d" % len(answer.body)))
        if self._origins:
            headers += self._cors(request)
        if self.draining:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if answer.pieces is not None and not bodiless:
            async for piece in answer.pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"" if bodiless else answer.body})

    def _cors(self, request: Request) -> list[tuple[bytes, bytes]]:
        origin = request.header(b"origin")
        if origin not in self._origins:
            return [(b"vary", b"Origin")]
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-allow-methods", b"GET, POST, PATCH, PUT, DELETE"),
            (
                b"access-control-allow-headers",
                b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id",
            ),
            (
                b"access-control-expose-headers",
                b"ETag, Idempotent-Replayed, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id",
            ),
            (b"access-control-max-age", b"600"),
            (b"vary", b"Origin"),
        ]

    def _measure(self, endpoint: Endpoint | None, status: int, started: float, request: Request) -> None:
        name = _name(endpoint)
        clocks = self._clocks.get((name, status))
        if clocks is None:
            clocks = self._clocks[(name, status)] = (
                REQUESTS.labels(name, str(status)),
                RESPONSE_TIME.labels(name),
            )
        elapsed = time.perf_counter() - started
        clocks[0].inc()
        clocks[1].observe(elapsed)
        if status >= 500 or elapsed > 1.0 or (self._log_sample and _sampled(request.id, self._log_sample)):
            user = request.identity.user_id.hex if request.identity else None
            log.info(
                "web.request",
                route=name,
                status=status,
                ms=round(elapsed * 1000, 2),
                request_id=request.id,
                user=user,
            )


class _Watch:
    """Cuts requests that take too long. One timer for all of them: a timer for each costs more than a small query."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._begun: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> asyncio.Task[Any]:
        """The running request's task, watched from now on."""
        task = asyncio.current_task()
        assert task is not None
        loop = task.get_loop()
        self._begun[task] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(0.5, self._look, loop)
        return task

    def end(self, task: asyncio.Task[Any]) -> None:
        self._begun.pop(task, None)
        self._late.discard(task)

    def cut(self, task: asyncio.Task[Any]) -> bool:
        """Whether it was we who cancelled it; then it may go on to say so."""
        if task not in self._late:
            return False
        task.uncancel()
        return True

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        for task, begun in self._begun.items():
            if loop.time() - begun > self._patience and task not in self._late:
                self._late.add(task)
                task.cancel()
        self._timer = loop.call_later(0.5, self._look, loop) if self._begun else None


def _method(method: str) -> str:
    return "GET" if method == "HEAD" else method


def _name(endpoint: Endpoint | None) -> str:
    return f"{endpoint.route.method} {endpoint.route.path}" if endpoint else "unknown"


def _sampled(request_id: str, share: float) -> bool:
    return hash(request_id) % 10_000 < share * 10_000


def _within(address: str, networks: list[IPv4Network | IPv6Network]) -> bool:
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:
        return False


def _limit_headers(limit: Limit, verdict: Verdict) -> list[tuple[bytes, bytes]]:
    state = b'"%b";r=%d;t=%d' % (limit.name.encode(), verdict.remaining, -(-verdict.reset // 1000))
    return [(b"ratelimit-policy", limit.policy), (b"ratelimit", state)]


def _idempotency(endpoint: Endpoint, request: Request) -> IdempotencyKey | None:
    key = request.header(b"idempotency-key")
    if key is None or not endpoint.replayable:
        return None
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise invalid("Idempotency-Key", "malformed", "An idempotency key is 1 to 200 visible ASCII characters.")
    digest = sha256(
        f"{endpoint.scope}\0{request.path}\0".encode() + request.query_string + b"\0" + request.body
    ).digest()
    return IdempotencyKey(key, endpoint.scope, digest, endpoint.status)


def _problem(problem: Problem, request: Request) -> Answer:
    headers: list[tuple[bytes, bytes]] = [(b"cache-control", b"no-store")]
    if problem.retry_after is not None:
        headers.append((b"retry-after", b"%d" % max(1, -(-problem.retry_after // 1))))
    if isinstance(problem, MethodNotAllowed):
        headers.append((b"allow", ", ".join(problem.known).encode()))
    if problem.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    return Answer(_encode(document(problem, request.id)), problem.status, b"application/problem+json", tuple(headers))
