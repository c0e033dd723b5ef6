"""Rate limits: GCRA, exact across processes in one Redis call on the server's clock.

Without Redis each process limits by itself, to its share; it never opens. A limit is written `count/seconds:burst`.
"""

from __future__ import annotations

import time
from collections import OrderedDict

import hiredis
import msgspec

from studyteddy.platform.cache import Away, Redis

# KEYS[1]; ARGV: microseconds a request, burst. Gives allowed, remaining, ms until a retry helps, ms until all is free.
_GCRA = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local step, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local next = arrival + step
local earliest = next - step * burst
if earliest > now then
  return {0, 0, math.ceil((earliest - now) / 1000), math.ceil((arrival - now) / 1000)}
end
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000) + 1)
return {1, math.floor((now - earliest) / step), 0, math.ceil((next - now) / 1000)}
"""


class Limit(msgspec.Struct, frozen=True):
    """So many requests in so many seconds; `burst` of them at once."""

    name: str
    count: int
    seconds: int
    burst: int

    @property
    def step(self) -> int:
        """Microseconds that one request uses up."""
        return max(self.seconds * 1_000_000 // self.count, 1)

    @property
    def policy(self) -> bytes:
        """The value of the `RateLimit-Policy` header."""
        return f'"{self.name}";q={self.count};w={self.seconds}'.encode()


class Verdict(msgspec.Struct, frozen=True):
    """Whether a request may pass, and what its client should know; times in milliseconds."""

    allowed: bool
    remaining: int
    retry_after: int
    reset: int


def parse(name: str, text: str) -> Limit:
    """`600/60:120` as a limit; raises `ValueError`."""
    rate, _, burst = text.partition(":")
    count, _, seconds = rate.partition("/")
    limit = Limit(name, int(count), int(seconds), int(burst or count))
    if min(limit.count, limit.seconds, limit.burst) < 1:
        raise ValueError(f"a limit is count/seconds:burst, all at least 1, not {text!r}")
    return limit


class Limiter:
    """Decides over requests. `processes` is how many share a limit while Redis is away."""

    def __init__(self, redis: Redis, *, processes: int = 1, most_keys: int = 100_000) -> None:
        self._redis = redis
        self._processes = processes
        self._most_keys = most_keys
        self._sha: bytes | None = None
        self._arrivals: OrderedDict[str, int] = OrderedDict()

    async def take(self, limit: Limit, principal: str) -> Verdict:
        """Counts one request of `principal` against `limit`."""
        try:
            return await self._shared(limit, f"limit:{limit.name}:{principal}")
        except (Away, hiredis.ReplyError):
            return self._local(limit, f"{limit.name}:{principal}")

    async def _shared(self, limit: Limit, key: str) -> Verdict:
        if self._sha is None:
            self._sha = await self._redis.call("SCRIPT", "LOAD", _GCRA)
        try:
            found = await self._redis.call("EVALSHA", self._sha, 1, key, limit.step, limit.burst)
        except hiredis.ReplyError as fault:
            if "NOSCRIPT" not in str(fault):
                raise
            found = await self._redis.call("EVAL", _GCRA, 1, key, limit.step, limit.burst)
        return Verdict(found[0] == 1, found[1], found[2], found[3])

    def _local(self, limit: Limit, key: str) -> Verdict:
        # Whole microseconds, as in Redis: fractions would refuse the first request of a fresh key now and then.
        now = time.monotonic_ns() // 1000
        step = limit.step * self._processes
        burst = max(limit.burst // self._processes, 1)
        arrival = max(self._arrivals.get(key, now), now)
        earliest = arrival + step - step * burst
        if earliest > now:
            return Verdict(False, 0, -((now - earliest) // 1000), -((now - arrival) // 1000))
        self._arrivals[key] = arrival + step
        self._arrivals.move_to_end(key)
        if len(self._arrivals) > self._most_keys:
            self._arrivals.popitem(last=False)
        return Verdict(True, (now - earliest) // step, 0, -((now - arrival - step) // 1000))
