"""The worker: claims due jobs in batches and runs them; jobs of a crashed worker are claimed again.

Up to twenty local jobs run in one transaction whose last statement deletes exactly those rows at those attempts;
otherwise everything rolls back and each job runs alone. Outside jobs, which call external services, run under a lease
that a heartbeat extends. So do slow ones, which call servers that users chose: they have slots of their own, and few of
a user run at a time.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
import structlog
from prometheus_client import Counter, Histogram

from studyteddy.platform.db.database import Database
from studyteddy.platform.db.driver_errors import CONTENTION
from studyteddy.platform.db.outbox import NewJob
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs import store
from studyteddy.platform.jobs.registry import LANES, Job, Lane, Registry
from studyteddy.platform.jobs.store import Claimed
from studyteddy.platform.telemetry import JOB_RAN, JOB_WAITED, JOBS_DONE

log = structlog.get_logger("studyteddy.jobs")
_NO_USER = UUID(int=0)


class Policy(msgspec.Struct, frozen=True):
    """Limits and timing of a worker; times in seconds."""

    lease: float = 30.0
    beat: float = 10.0
    poll: float = 1.0
    attempts: int = 8
    backoff: float = 1.0
    group: int = 20
    slots: int = 20
    """Jobs that run at a time in each of the lanes `outside` and `slow`."""
    per_user: int = 3
    """Slow jobs of one user that run at a time."""
    drain: float = 30.0


class LeaseLost(Exception):
    """The lease expired, and another worker claimed the job."""


class Worker:
    """Runs the jobs of one worker process. `wake()` triggers an immediate poll; polling alone is sufficient."""

    def __init__(self, db: Database, registry: Registry, resources: Mapping[str, object], policy: Policy) -> None:
        registry.check(resources)
        self._db = db
        self._jobs = registry.jobs
        self._resources = resources
        self._policy = policy
        self._held: dict[int, tuple[Claimed, asyncio.Task[Any]]] = {}
        self._tasks: dict[asyncio.Task[None], Lane] = {}
        self._woken = asyncio.Event()
        self._stopping = False
        self._last_beat = time.monotonic()
        self._revoked: set[int] = set()

    def wake(self) -> None:
        """Poll immediately: there may be new jobs."""
        self._woken.set()

    def stop(self) -> None:
        """Start no more jobs; `run` returns when the running ones have finished."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Run jobs until `stop()` is called."""
        heartbeat = asyncio.ensure_future(self._beat_forever())
        scheduler = asyncio.ensure_future(self._schedule_forever())
        try:
            while not self._stopping:
                self._woken.clear()
                if not await self._poll():
                    await self._idle()
            await self._drain()
        finally:
            for task in (heartbeat, scheduler, *self._tasks):
                task.cancel()
            await asyncio.gather(heartbeat, scheduler, *self._tasks, return_exceptions=True)

    async def run_due(self) -> int:
        """Run all due jobs and return how many were started; for tests and one-shot commands."""
        started = 0
        while found := await self._poll():
            started += found
            await asyncio.gather(*self._tasks)
        return started

    async def _idle(self) -> None:
        pause = self._policy.poll * random.uniform(0.8, 1.2)
        try:
            async with asyncio.timeout(pause):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _poll(self) -> int:
        """Poll the lanes once and return how many jobs were started; pause if the database is unavailable."""
        try:
            async with self._db.system("worker") as tx:
                suspect = await store.any_suspect(tx, LANES)
                outside = await self._claim(tx, "outside")
                slow = await self._claim(tx, "slow")
                local = await store.claim(tx, "local", limit=self._policy.group, lease=self._policy.lease)
            for job in outside:
                self._start_outside(job, "outside")
            for job in slow:
                self._start_outside(job, "slow")
            if local:
                await self._run_group(local)
            return len(outside) + len(slow) + len(local) + (await self._run_suspect() if suspect else 0)
        except Unavailable as fault:
            log.warning("jobs.database_unavailable", detail=fault.detail)
            await asyncio.sleep(random.uniform(0.2, 0.6))
            return 0

    async def _claim(self, tx: Tx, lane: Lane) -> list[Claimed]:
        policy = self._policy
        free = policy.slots - sum(used == lane for used in self._tasks.values())
        if free <= 0:
            return []
        if lane == "slow":
            return await store.claim_slow(tx, lane, limit=free, lease=policy.lease, per_user=policy.per_user)
        return await store.claim(tx, lane, limit=free, lease=policy.lease)

    async def _run_suspect(self) -> int:
        """Run one job whose worker died, alone in this process, since it may have caused the crash."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._policy.lease)
        if self._tasks:
            return 0
        async with self._db.system("worker") as tx:
            job = await store.claim_suspect(tx, LANES, lease=self._policy.lease)
        if job is None:
            return 0
        if job.attempt > self._policy.attempts:
            await self._bury(job, "the worker crashed each time it ran this job")
        elif job.kind in self._jobs and not self._jobs[job.kind].local:
            await asyncio.wait([self._start_outside(job, self._jobs[job.kind].lane)])
        else:
            await self._attempt([job])
        return 1

    # Local jobs: effects and completion in one transaction.

    async def _run_group(self, jobs: list[Claimed]) -> None:
        # Sorted by user id, so that concurrent groups lock counters and rows in the same order.
        jobs = sorted(jobs, key=lambda job: (job.user_id.int if job.user_id else 0, job.id))
        if await self._attempt(jobs) or (self._stopping and len(jobs) > 1 and await self._released(jobs)):
            return
        if len(jobs) > 1:
            for job in jobs:
                await self._attempt([job])

    async def _released(self, jobs: list[Claimed]) -> bool:
        async with self._db.system("worker") as tx:
            await store.give_back(tx, jobs)
        return True

    async def _attempt(self, jobs: list[Claimed]) -> bool:
        """Run the jobs in one transaction; a single job that fails is retried later or buried."""
        running = asyncio.ensure_future(self._in_one_transaction(jobs))
        for job in jobs:
            self._held[job.id] = job, running
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError:
            running.cancel()
            raise
        finally:
            for job in jobs:
                self._held.pop(job.id, None)
        return await self._settle(jobs, running)

    async def _settle(self, jobs: list[Claimed], running: asyncio.Future[None]) -> bool:
        fault = asyncio.CancelledError("cancelled") if running.cancelled() else running.exception()
        if fault is None:
            return True
        if len(jobs) == 1 and not isinstance(fault, LeaseLost) and jobs[0].id not in self._revoked:
            await self._failed(jobs[0], fault)
        self._revoked.difference_update(job.id for job in jobs)
        return False

    async def _in_one_transaction(self, jobs: list[Claimed]) -> None:
        async with self._db.system("worker") as tx:
            for job in jobs:
                tx.continue_request(job.request_id)
                if job.user_id and job.user_id != tx.user_id:
                    await tx.act_as(job.user_id, alone=True)
                started = time.perf_counter()
                definition = self._definition(job)
                await definition.handler(**self._arguments(definition, job, tx))
                self._measure(job, started)
            await tx.flush()
            if not await store.finish(tx, jobs):
                raise LeaseLost()

    # Outside and slow jobs: run under a lease and must be idempotent.

    def _start_outside(self, job: Claimed, lane: Lane) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self._run_outside(job))
        self._held[job.id] = job, task
        self._tasks[task] = lane
        task.add_done_callback(lambda done: self._ended(job, done))
        return task

    def _ended(self, job: Claimed, task: asyncio.Task[None]) -> None:
        self._held.pop(job.id, None)
        del self._tasks[task]
        self._revoked.discard(job.id)
        self._woken.set()
        if not task.cancelled() and (fault := task.exception()):
            log.error("jobs.not_settled", job=job.id, kind=job.kind, error=repr(fault))

    async def _run_outside(self, job: Claimed) -> None:
        started = time.perf_counter()
        try:
            definition = self._definition(job)
            await definition.handler(**self._arguments(definition, job, None))
        except asyncio.CancelledError as fault:
            if job.id in self._revoked:
                return
            await self._failed(job, fault)
            if self._stopping:
                raise
        except Exception as fault:
            await self._failed(job, fault)
        else:
            async with self._db.system("worker") as tx:
                if not await store.finish(tx, [job]):
                    log.warning("jobs.lease_lost", job=job.id, kind=job.kind)
            self._measure(job, started)

    # Failures.

    async def _failed(self, job: Claimed, fault: BaseException) -> None:
        contention = isinstance(fault.__cause__, CONTENTION) or isinstance(fault, CONTENTION)
        JOBS_DONE.labels(job.kind, "failed").inc()
        log.warning(
            "jobs.failed", job=job.id, kind=job.kind, attempt=job.attempt, error=repr(fault), request_id=job.request_id
        )
        if job.attempt >= self._policy.attempts and not contention:
            await self._bury(job, repr(fault)[:2000])
            return
        delay = random.uniform(0, min(self._policy.backoff * 2**job.attempt, 600.0))
        async with self._db.system("worker") as tx:
            await store.retry(tx, job, delay=delay, error=repr(fault)[:2000], uncounted=contention)

    async def _bury(self, job: Claimed, error: str) -> None:
        JOBS_DONE.labels(job.kind, "dead").inc()
        log.error("jobs.dead", job=job.id, kind=job.kind, attempt=job.attempt, error=error, request_id=job.request_id)
        async with self._db.system("worker") as tx:
            await store.bury(tx, job, error=error)

    # Leases.

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(self._policy.beat)
            held = list(self._held.values())
            try:
                async with self._db.system("worker") as tx:
                    held_ids = (
                        await store.beat(tx, [job for job, _ in held], lease=self._policy.lease) if held else set()
                    )
                self._last_beat = time.monotonic()
                self._revoke([(job, task) for job, task in held if job.id not in held_ids])
            except Exception as fault:  # any error: without heartbeats, the worker would lose its jobs
                log.warning("jobs.no_beat", error=repr(fault))
                if time.monotonic() - self._last_beat > self._policy.lease:
                    self._revoke(held)

    def _revoke(self, lost: list[tuple[Claimed, asyncio.Task[Any]]]) -> None:
        for job, task in lost:
            if job.id in self._held and not task.done():
                self._revoked.add(job.id)
                log.warning("jobs.lease_lost", job=job.id, kind=job.kind)
                task.cancel()

    # Schedules.

    async def _schedule_forever(self) -> None:
        while True:
            try:
                await self.schedule_due()
            except Exception as fault:  # any error: the next slot is tried again
                log.warning("jobs.not_scheduled", error=repr(fault))
            await asyncio.sleep(self._policy.poll * random.uniform(0.8, 1.2))

    async def schedule_due(self) -> None:
        """Enqueue each schedule whose slot is due, once across workers; of missed slots, only the latest."""
        for job in self._jobs.values():
            if job.every is None:
                continue
            async with self._db.system("worker") as tx:
                slot = await store.take_slot(tx, job.kind, period=job.every.total_seconds())
                if slot is not None:
                    tx.enqueue(NewJob(job.kind, job.lane, "{}", unique_key=str(slot)))
                    self._woken.set()

    # Shutdown.

    async def _drain(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._policy.drain)

    # Helpers.

    def _definition(self, job: Claimed) -> Job:
        try:
            return self._jobs[job.kind]
        except KeyError:
            raise LookupError(f"unknown job {job.kind}: this worker may run an older version of the program") from None

    def _arguments(self, definition: Job, job: Claimed, tx: Tx | None) -> dict[str, object]:
        arguments: dict[str, object] = {name: self._resources[name] for name in definition.resources}
        if definition.payload is not None:
            arguments[definition.payload_name] = msgspec.json.decode(job.payload, type=definition.payload)
        if tx is not None:
            arguments["tx"] = tx
        if definition.takes_id:
            arguments["job_id"] = job.id
        if definition.takes_identity:
            arguments["identity"] = Identity(
                job.user_id or _NO_USER, _NO_USER, request_id=job.request_id, traffic_class=job.kind
            )
        return arguments

    def _measure(self, job: Claimed, started: float) -> None:
        done, ran, waited = _metrics(job.kind)
        done.inc()
        ran.observe(time.perf_counter() - started)
        waited.observe(job.waited)


@cache
def _metrics(kind: str) -> tuple[Counter, Histogram, Histogram]:
    """Return the metrics of a kind of job, cached: the program has a fixed number of kinds."""
    return JOBS_DONE.labels(kind, "done"), JOB_RAN.labels(kind), JOB_WAITED.labels(kind)
