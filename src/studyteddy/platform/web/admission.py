"""Admission of requests: authentication, rate limits and scopes, before the body is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256

from studyteddy.platform.errors import Problem, TooManyRequests, invalid
from studyteddy.platform.identity import IdempotencyKey, Identity
from studyteddy.platform.security.authorization import Authorizer
from studyteddy.platform.web.binding import Operation, Request
from studyteddy.platform.web.rate_limits import Limit, Limiter, Verdict, spend
from studyteddy.platform.web.routing import Route

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class Admission:
    """Admits requests: signed-in users within the general limit, anonymous clients within the anonymous one."""

    def __init__(self, authorizer: Authorizer, limiter: Limiter, limits: Mapping[str, Limit]) -> None:
        self._authorizer = authorizer
        self._limiter = limiter
        self._general = limits["general"]
        self._anonymous = limits["anonymous"]

    async def identify(self, route: Route, request: Request) -> Identity | None:
        """Return the caller, or None on a public route; raise 401, 403 or 429.

        Nothing is done for a stranger before the anonymous limit: a credential that this process hasn't verified yet
        counts against it before a signature is checked or a key is looked up. A verified one doesn't.
        """
        if route.public:
            await self._limit(self._anonymous, request.client, request)
            return None
        authorization = request.headers.get(b"authorization", b"")
        verified = self._authorizer.recognize(authorization)
        if verified is not None:
            await self._limit(self._general, verified.hex, request)
            known = await self._authorizer.identify(authorization)
        else:
            await self._limit_unverified(authorization, request)
            known = await self._authorizer.identify(authorization)
            await self._limit(self._general, known.user_id.hex, request)
        await self.admit(known, route)
        return known

    async def admit(self, known: Identity, route: Route) -> None:
        """Raise 403 unless the caller may use the route."""
        await self._authorizer.admit(known, route.scope)

    async def _limit_unverified(self, authorization: bytes, request: Request) -> None:
        """Count a credential that this process hasn't verified yet; raise 429, except for a signed token.

        Otherwise a flood would also refuse those who have signed in from the same address with another process.
        """
        try:
            await self._limit(self._anonymous, request.client, request)
        except TooManyRequests:
            if not self._authorizer.vouches(authorization):
                raise

    async def charge(self, cost: int, request: Request) -> None:
        """Count a request as `cost` requests, one of which `identify` has counted; raise 429."""
        assert request.identity is not None
        # More than the burst would never be allowed.
        more = min(cost, self._general.burst) - 1
        if more > 0:
            await self._limit(self._general, request.identity.user_id.hex, request, more)

    async def count_anonymous(self, problem: Problem, request: Request) -> Problem:
        """Count a 404 or 405 that no other limit has counted against the client's address; return the answer."""
        if request.limit_headers or problem.status not in (404, 405):
            return problem
        try:
            await self._limit(self._anonymous, request.client, request)
        except TooManyRequests as refusal:
            return refusal
        return problem

    async def admit_socket(self, address: str) -> None:
        """Count a WebSocket handshake against the client's address, before its ticket is looked up; raise 429."""
        await spend(self._limiter, self._anonymous, address)

    async def _limit(self, limit: Limit, principal: str, request: Request, cost: int = 1) -> None:
        verdict = await self._limiter.take(limit, principal, cost)
        request.limit_headers = _headers(limit, verdict)
        if not verdict.allowed:
            raise TooManyRequests(retry_after=verdict.retry_after / 1000)


def identity_of(known: Identity, operation: Operation, request: Request) -> Identity:
    """Return the caller with the request's id, client and idempotency key; requires the body."""
    return Identity(
        known.user_id,
        known.session_id,
        known.scopes,
        known.expires_at,
        request.id,
        request.client,
        _idempotency(operation, request),
        operation.route.traffic_class,
        client=request.header(b"user-agent") or "",
        controls_account=operation.route.scope == "account" and request.method not in ("GET", "HEAD"),
    )


def _headers(limit: Limit, verdict: Verdict) -> list[tuple[bytes, bytes]]:
    state = b'"%b";r=%d;t=%d' % (limit.name.encode(), verdict.remaining, -(-verdict.reset // 1000))
    return [(b"ratelimit-policy", limit.policy), (b"ratelimit", state)]


def _idempotency(operation: Operation, request: Request) -> IdempotencyKey | None:
    key = request.header(b"idempotency-key")
    if key is None or not operation.route.replayable:
        return None
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise invalid("Idempotency-Key", "malformed", "Must be 1 to 200 visible ASCII characters.")
    content = f"{operation.name}\0{request.path}\0".encode() + request.query_string + b"\0" + request.body
    return IdempotencyKey(key, operation.name, sha256(content).digest(), operation.status)
