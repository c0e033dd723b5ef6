"""Health checks: liveness, readiness, and the state of each component."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import msgspec

from studyteddy.platform import telemetry
from studyteddy.platform.cache import Redis, RedisUnavailable, ping
from studyteddy.platform.db.database import Database
from studyteddy.platform.errors import NotFound, Problem, Unavailable
from studyteddy.platform.jobs import store
from studyteddy.platform.jobs.registry import LANES
from studyteddy.platform.telemetry import JOBS_DEAD, JOBS_WAITING
from studyteddy.platform.web.binding import Answer
from studyteddy.platform.web.routing import Router

router = Router("", tag="health")
Result = TypeVar("Result")


_HELD = 1.0
"""Seconds for which a result answers every request: however many ask, the components are checked once a second."""
_HELD_IF_NOT_READY = 0.2
"""So that a load balancer learns quickly that the process is ready again."""


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of checking one component."""

    ok: bool
    ms: float = 0.0
    detail: str = ""


class HealthReport(msgspec.Struct, frozen=True):
    """`ok`, `degraded` (works without Redis), or `down`, with the check of each component."""

    status: str
    checks: dict[str, Check]


class Held(Generic[Result]):
    """The result of a check, held for some seconds; concurrent calls wait for the same one."""

    def __init__(
        self, check: Callable[[], Awaitable[Result]], seconds: Callable[[Result], float] = lambda _: _HELD
    ) -> None:
        self._check = check
        self._seconds = seconds
        self._running: asyncio.Task[Result] | None = None
        self._until = 0.0

    async def __call__(self) -> Result:
        if self._running is None or (self._running.done() and time.monotonic() >= self._until):
            self._running = asyncio.ensure_future(self._run())
        # A caller that is cancelled doesn't cancel the check of the others.
        return await asyncio.shield(self._running)

    async def _run(self) -> Result:
        result = await self._check()
        self._until = time.monotonic() + self._seconds(result)
        return result


class Health:
    """Checks components. Ready: PostgreSQL responds, its schema is recent enough, and no shutdown is pending."""

    def __init__(self, db: Database, redis: Redis, *, schema: Callable[[], Awaitable[str]], expected: str) -> None:
        self._db = db
        self._redis = redis
        self._schema = schema
        self._expected = expected
        self.draining = False
        self._reason = Held(self._check_ready, lambda reason: _HELD_IF_NOT_READY if reason else _HELD)
        self._report = Held(self._check_components)
        self._gauges = Held(lambda: _timed(self._queue))

    async def ready(self) -> str:
        """Return why the process isn't ready, or an empty string if it is."""
        return "draining" if self.draining else await self._reason()

    async def _check_ready(self) -> str:
        try:
            found = await self._schema()
        except Problem as fault:
            return fault.detail
        return "" if found >= self._expected else f"the schema is at revision {found}, but {self._expected} is required"

    async def report(self) -> HealthReport:
        """Return the state of every component, at most a second old."""
        return await self._report()

    async def _check_components(self) -> HealthReport:
        checks = {
            "database": await _timed(self._db.ping),
            "redis": await _timed(lambda: ping(self._redis)),
            "queue": await _timed(self._queue),
        }
        down = not checks["database"].ok
        degraded = not all(check.ok for check in checks.values())
        return HealthReport("down" if down else "degraded" if degraded else "ok", checks)

    async def _queue(self) -> str:
        async with self._db.system("worker") as tx:
            depths, dead = await store.depths(tx)
        for lane in LANES:
            JOBS_WAITING.labels(lane).set(next((depth.waiting for depth in depths if depth.lane == lane), 0))
        JOBS_DEAD.set(dead)
        oldest = max((depth.oldest for depth in depths), default=0.0)
        return f"{sum(depth.waiting for depth in depths)} due, oldest {oldest:.1f} s, {dead} dead"

    async def refresh(self) -> None:
        """Update the gauges of the job queue, at most once a second."""
        await self._gauges()


async def _timed(check: Callable[[], Awaitable[Any]]) -> Check:
    started = time.perf_counter()
    try:
        found = await check()
    except (Problem, RedisUnavailable) as fault:
        return Check(False, detail=str(fault))
    return Check(True, round((time.perf_counter() - started) * 1000, 2), found if isinstance(found, str) else "")


@router.get("/health/live", public=True, limited=False)
async def get_liveness() -> HealthReport:
    """Check that the process is alive."""
    return HealthReport("ok", {})


@router.get("/health/ready", public=True, limited=False, errors=(Unavailable,))
async def get_readiness(health: Health) -> HealthReport:
    """Check that the process accepts requests."""
    if reason := await health.ready():
        raise Unavailable(f"Not ready: {reason}.", retry_after=1)
    return HealthReport("ok", {})


@router.get("/health", public=True)
async def get_health(health: Health) -> HealthReport:
    """Check the health of every component."""
    return await health.report()


@router.get("/metrics", public=True, errors=(NotFound,))
async def get_metrics(health: Health, metrics_here: bool) -> Answer:
    """Get all metrics in the Prometheus text format; in production, on an internal port only."""
    if not metrics_here:
        raise NotFound()
    await health.refresh()
    return Answer(telemetry.metrics(), media_type=b"text/plain; version=0.0.4; charset=utf-8")
