"""Rate limits: GCRA, exact across processes with one Redis call, based on the Redis server's clock.

Without Redis, each process enforces its share of the limit locally. A limit is written `count/seconds:burst`.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256

import hiredis
import msgspec

from studyteddy.platform.cache import Redis, RedisUnavailable
from studyteddy.platform.errors import TooManyRequests
from studyteddy.platform.identity import Identity
from studyteddy.platform.security.fair_queue import SIGNED_IN, Requester
from studyteddy.platform.web.addresses import address_principal

# KEYS[1]; ARGV: microseconds per request, burst, cost in requests (negative to give back).
# Returns allowed, remaining, ms until a retry, ms until a full reset.
_GCRA = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local step, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local next = math.max(arrival + step * cost, now)
local earliest = next - step * burst
if earliest > now then
  return {0, 0, math.ceil((earliest - now) / 1000), math.ceil((arrival - now) / 1000)}
end
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000) + 1)
return {1, math.floor((now - earliest) / step), 0, math.ceil((next - now) / 1000)}
"""


_REMEMBERED = 1.0
"""Seconds at most for which a refusal is repeated without asking Redis."""


class Limit(msgspec.Struct, frozen=True):
    """`count` requests per `seconds`, up to `burst` at once."""

    name: str
    count: int
    seconds: int
    burst: int

    @property
    def step(self) -> int:
        """Microseconds of the limit's period that one request uses."""
        return max(self.seconds * 1_000_000 // self.count, 1)

    @property
    def policy(self) -> bytes:
        """The value of the `RateLimit-Policy` header."""
        return f'"{self.name}";q={self.count};w={self.seconds}'.encode()


class Verdict(msgspec.Struct, frozen=True):
    """Whether a request is allowed, with the values of the rate limit headers; times in milliseconds."""

    allowed: bool
    remaining: int
    retry_after: int
    reset: int


def parse(name: str, text: str) -> Limit:
    """Parse a limit such as `600/60:120`; raise `ValueError` if it is invalid."""
    rate, _, burst = text.partition(":")
    count, _, seconds = rate.partition("/")
    limit = Limit(name, int(count), int(seconds), int(burst or count))
    if min(limit.count, limit.seconds, limit.burst) < 1:
        raise ValueError(f"a limit must be count/seconds:burst, each at least 1, not {text!r}")
    return limit


class Limiter:
    """Enforces rate limits. `processes` is how many processes share a limit while Redis is unavailable.

    A principal that is an address is counted as its site (`address_principal`). After a refusal, the same principal is
    refused from memory until a request could be allowed, at most for a second, so that a flood doesn't reach Redis.
    """

    def __init__(self, redis: Redis, *, processes: int = 1, max_keys: int = 100_000) -> None:
        self._redis = redis
        self._processes = processes
        self._max_keys = max_keys
        self._sha: bytes | None = None
        self._arrivals: OrderedDict[str, int] = OrderedDict()
        self._refused: OrderedDict[str, tuple[float, Verdict]] = OrderedDict()

    async def take(self, limit: Limit, principal: str, cost: int = 1) -> Verdict:
        """Count a request of `principal` against `limit`, as `cost` requests; a refused one isn't counted."""
        if ":" in principal:
            principal = address_principal(principal)
        key = f"{limit.name}:{principal}"
        if self._refused and (refused := self._refusal(key)):
            return refused
        try:
            verdict = await self._shared(limit, f"limit:{key}", cost)
        except (RedisUnavailable, hiredis.ReplyError):
            return self._local(limit, key, cost)
        if not verdict.allowed and cost == 1:  # a cheaper request may still be allowed
            self._remember(key, verdict)
        return verdict

    async def give_back(self, limit: Limit, principal: str) -> None:
        """Undo the count of one request of `principal` against `limit`."""
        if ":" in principal:
            principal = address_principal(principal)
        key = f"{limit.name}:{principal}"
        self._refused.pop(key, None)
        try:
            await self._shared(limit, f"limit:{key}", -1)
        except (RedisUnavailable, hiredis.ReplyError):
            self._local(limit, key, -1)

    def _refusal(self, key: str) -> Verdict | None:
        """Return the last refusal of this key if it still holds."""
        until, verdict = self._refused.get(key, (0.0, None))
        if verdict is None or time.monotonic() >= until:
            return None
        return verdict

    def _remember(self, key: str, verdict: Verdict) -> None:
        self._refused[key] = time.monotonic() + min(verdict.retry_after / 1000, _REMEMBERED), verdict
        self._refused.move_to_end(key)
        if len(self._refused) > self._max_keys:
            self._refused.popitem(last=False)

    async def _shared(self, limit: Limit, key: str, cost: int) -> Verdict:
        if self._sha is None:
            self._sha = await self._redis.call("SCRIPT", "LOAD", _GCRA)
        try:
            found = await self._redis.call("EVALSHA", self._sha, 1, key, limit.step, limit.burst, cost)
        except hiredis.ReplyError as fault:
            if "NOSCRIPT" not in str(fault):
                raise
            found = await self._redis.call("EVAL", _GCRA, 1, key, limit.step, limit.burst, cost)
        return Verdict(found[0] == 1, found[1], found[2], found[3])

    def _local(self, limit: Limit, key: str, cost: int) -> Verdict:
        # Whole microseconds, as in Redis: with fractions, the first request of a new key is sometimes rejected.
        now = time.monotonic_ns() // 1000
        step = limit.step * self._processes
        burst = max(limit.burst // self._processes, 1)
        arrival = max(self._arrivals.get(key, now), now)
        following = max(arrival + step * min(cost, burst), now)
        earliest = following - step * burst
        if earliest > now:
            return Verdict(False, 0, -((now - earliest) // 1000), -((now - arrival) // 1000))
        self._arrivals[key] = following
        self._arrivals.move_to_end(key)
        if len(self._arrivals) > self._max_keys:
            self._arrivals.popitem(last=False)
        return Verdict(True, (now - earliest) // step, 0, -((now - following) // 1000))


async def spend(limiter: Limiter, limit: Limit, principal: str) -> None:
    """Count one request of `principal` against `limit`; raise 429 if it is used up."""
    verdict = await limiter.take(limit, principal)
    if not verdict.allowed:
        raise TooManyRequests(retry_after=verdict.retry_after / 1000)


_KNOWN = 3
"""The known devices of an account together have as many guesses as this many of them."""


class Guesses:
    """The guesses that are left for the password and the codes of an account.

    Strangers use up those of their network and of all strangers, everyone else only those of their own device or of
    the account's sessions: so nobody's wrong guesses lock the owner out of a device that has signed in before. All
    known devices of an account together have those of three, however many have been collected.
    """

    def __init__(self, limiter: Limiter, limits: Mapping[str, Limit]) -> None:
        self._limiter = limiter
        self._address = limits["login_address"]
        self._account = limits["login_account"]
        own = self._account
        self._known = Limit("login_known", _KNOWN * own.count, own.seconds, _KNOWN * own.burst)

    async def count(self, requester: Requester) -> None:
        """Count one guess before its secret is checked; raise 429 if none is left."""
        if not requester.known:
            await spend(self._limiter, self._address, requester.address)
        elif requester.device != SIGNED_IN:
            await spend(self._limiter, self._known, requester.account)
        await spend(self._limiter, self._account, requester.principal)

    async def give_back(self, requester: Requester) -> None:
        """Undo the count of a guess that was right: only wrong ones use up what is left."""
        if not requester.known:
            await self._limiter.give_back(self._address, requester.address)
        elif requester.device != SIGNED_IN:
            await self._limiter.give_back(self._known, requester.account)
        await self._limiter.give_back(self._account, requester.principal)


def signed_in(identity: Identity) -> Requester:
    """Return the requester of a signed-in request."""
    return Requester(address_principal(identity.address), identity.user_id.hex, SIGNED_IN)


def email_principal(email: str) -> str:
    """Return the principal of an e-mail address: a digest, so that Redis holds no addresses."""
    return sha256(email.lower().encode()).hexdigest()[:32]
