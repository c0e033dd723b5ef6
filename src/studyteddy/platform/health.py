"""Health: what works, what does not, and whether to send requests here."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from studyteddy.platform import telemetry
from studyteddy.platform.cache import Away, Redis, ping
from studyteddy.platform.db import Database
from studyteddy.platform.errors import NotFound, Problem, Unavailable
from studyteddy.platform.jobs import store as queue
from studyteddy.platform.telemetry import JOBS_DEAD, JOBS_WAITING
from studyteddy.platform.web.binding import Answer
from studyteddy.platform.web.routing import Router

router = Router("", tag="health")


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part: whether it answers, how fast, and what else is known."""

    ok: bool
    ms: float = 0.0
    detail: str = ""


class HealthReport(msgspec.Struct, frozen=True):
    """`ok`, `degraded` (works without Redis) or `down`, and every part by name."""

    status: str
    checks: dict[str, Check]


class Health:
    """Watches the parts. Ready means: PostgreSQL answers, its schema fits, and no end is near."""

    def __init__(self, db: Database, redis: Redis, *, schema: Callable[[], Awaitable[str]], expected: str) -> None:
        self._db = db
        self._redis = redis
        self._schema = schema
        self._expected = expected
        self.draining = False

    async def ready(self) -> str:
        """Why no requests should come here; nothing when they may."""
        if self.draining:
            return "draining"
        try:
            found = await self._schema()
        except Problem as fault:
            return fault.detail
        return "" if found >= self._expected else f"the schema is {found}, this program needs {self._expected}"

    async def report(self) -> HealthReport:
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
            depths, dead = await queue.depths(tx)
        for lane in ("local", "outside"):
            JOBS_WAITING.labels(lane).set(next((depth.waiting for depth in depths if depth.lane == lane), 0))
        JOBS_DEAD.set(dead)
        oldest = max((depth.oldest for depth in depths), default=0.0)
        return f"{sum(depth.waiting for depth in depths)} due, oldest {oldest:.1f} s, {dead} dead"

    async def refresh(self) -> None:
        """Brings the gauges of the queue up to date."""
        await _timed(self._queue)


async def _timed(check: Callable[[], Awaitable[Any]]) -> Check:
    started = time.perf_counter()
    try:
        found = await check()
    except (Problem, Away) as fault:
        return Check(False, detail=str(fault))
    return Check(True, round((time.perf_counter() - started) * 1000, 2), found if isinstance(found, str) else "")


@router.get("/health/live", public=True, limited=False)
async def get_liveness() -> HealthReport:
    """The process answers."""
    return HealthReport("ok", {})


@router.get("/health/ready", public=True, limited=False, errors=(Unavailable,))
async def get_readiness(health: Health) -> HealthReport:
    """Requests may come here."""
    if why := await health.ready():
        raise Unavailable(f"Not ready: {why}.", retry_after=1)
    return HealthReport("ok", {})


@router.get("/health", public=True, limited=False)
async def get_health(health: Health) -> HealthReport:
    """Every part: whether it answers, and how fast."""
    return await health.report()


@router.get("/metrics", public=True, limited=False, errors=(NotFound,))
async def get_metrics(health: Health, metrics_here: bool) -> Answer:
    """All metrics in Prometheus' text format; in production on an internal port only."""
    if not metrics_here:
        raise NotFound()
    await health.refresh()
    return Answer(telemetry.metrics(), media_type=b"text/plain; version=0.0.4; charset=utf-8")
