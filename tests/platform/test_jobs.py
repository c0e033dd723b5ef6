"""The job queue and its worker: no job is lost or repeated, whatever jobs do (the quick half of the gate)."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import msgspec
import pytest
from tests.chaos import jobs as jobs_module
from tests.chaos.harness import admin, database, until
from tests.chaos.jobs import RequestedJobs, Work, deliver, order, write
from tests.conftest import settings_for

from studyteddy.bootstrap import runtime
from studyteddy.bootstrap.runtime import Runtime
from studyteddy.embedded import Engines
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.outbox import NewJob
from studyteddy.platform.db.statements import Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.event import Deleted, Event, public
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.jobs import store
from studyteddy.platform.jobs.registry import Handler, Jobs, Registry
from studyteddy.platform.jobs.worker import Policy, Worker

jobs, schedules = RequestedJobs("test_jobs"), Jobs("schedules")
NOBODY = UUID(int=0)
ran: list[str] = []
begun, released = asyncio.Event(), asyncio.Event()


@public("job.told", shows="Gone")
class Told(Event, frozen=True):
    """Published by a job."""

    name: str


@jobs.task
async def count(tx: Tx, payload: Work) -> None:
    """Count the run, then do what the payload says."""
    ran.append(payload.name)
    await jobs_module.perform(payload)


@jobs.task
async def wait_inside(tx: Tx, payload: Work, identity: Identity) -> None:
    """Write, then wait with an open transaction until released."""
    ran.append(payload.name)
    await write(tx, Work(payload.name), identity)
    begun.set()
    await released.wait()
    await jobs_module.perform(payload)


@jobs.task
async def wait_outside(db: Database, payload: Work) -> None:
    """Wait without a transaction until released."""
    ran.append(payload.name)
    begun.set()
    await released.wait()


@jobs.task
async def tell(tx: Tx, payload: Work, identity: Identity) -> None:
    """Publish an event to its user."""
    ran.append(payload.name)
    await asyncio.sleep(0)
    tx.publish(Told(payload.name), Deleted(new_id()))


@jobs.task
async def pass_on(tx: Tx, payload: Work) -> None:
    """Enqueue another job."""
    tx.enqueue(order(write, payload))


class Row(msgspec.Struct, frozen=True):
    """A job in the queue."""

    kind: str
    attempt: int
    leased: bool
    due_in: float
    last_error: str | None


@dataclass
class Desk:
    """A runtime with its own database, and workers for it."""

    running: Runtime
    sql: asyncpg.Connection[asyncpg.Record]
    users: list[UUID]

    def worker(self, *features: Jobs, **policy: float) -> Worker:
        given: dict[str, float] = {"lease": 5.0, "beat": 1.0, "poll": 0.05, "backoff": 0.001, "attempts": 3}
        settings = Policy(**(given | policy))  # type: ignore[arg-type]
        return Worker(self.running.db, Registry(features or [jobs, jobs_module.jobs]), self.running.resources, settings)

    async def put(self, *orders: NewJob, user: UUID | None = None, request_id: str = "") -> None:
        db = self.running.db
        identity = Identity(user, NOBODY, request_id=request_id) if user else None
        async with db.transaction(identity) if identity else db.system("worker") as tx:
            tx.continue_request(request_id)
            for one in orders:
                tx.enqueue(one)

    async def writes(self, handler: Handler, names: list[str], **work: object) -> None:
        await self.put(*(order(handler, msgspec.convert({"name": name, **work}, Work)) for name in names))

    async def effects(self) -> list[str]:
        return [row["name"] for row in await self.sql.fetch("SELECT name FROM effects ORDER BY name")]

    async def rows(self) -> list[Row]:
        found = await self.sql.fetch(
            "SELECT kind, attempt, leased, extract(epoch FROM run_at - now())::float8, last_error FROM jobs ORDER BY id"
        )
        return [Row(*row) for row in found]

    async def expire(self) -> None:
        """Let every lease expire."""
        await self.sql.execute("UPDATE jobs SET run_at = now() - interval '1 second' WHERE leased")

    async def finish(self, worker: Worker, within: float = 10.0) -> None:
        """Run until the queue is empty."""

        async def empty() -> bool:
            await worker.run_due()
            return not await self.rows()

        await until(empty, within=within, every=0.005)

    async def dead(self) -> list[asyncpg.Record]:
        return await self.sql.fetch("SELECT * FROM jobs_dead ORDER BY id")


@pytest.fixture(scope="module")
async def house(engine: Engines) -> AsyncIterator[Desk]:
    found = await database(engine)
    async with runtime.runtime(settings_for(found)) as running, admin(found) as sql:
        await sql.execute(jobs_module.EFFECTS)
        users = [new_id() for _ in range(5)]
        for user in users:
            await sql.execute(
                "INSERT INTO users (id, email, name, created_at, updated_at) VALUES ($1, $2, 'One', now(), now())",
                user,
                f"{user}@example.org",
            )
            await sql.execute("INSERT INTO event_counters (user_id) VALUES ($1)", user)
        yield Desk(running, sql, users)


@pytest.fixture
async def desk(house: Desk) -> Desk:
    await house.sql.execute("TRUNCATE jobs, jobs_dead, effects, events, schedules")
    await house.sql.execute("UPDATE event_counters SET last_seq = 0")
    ran.clear()
    begun.clear()
    released.clear()
    return house


# Groups.


async def test_a_group_commits_effects_and_completion_together(desk: Desk) -> None:
    await desk.writes(write, [f"{n:02}" for n in range(20)])
    assert await desk.worker().run_due() == 20
    assert await desk.effects() == [f"{n:02}" for n in range(20)]
    assert await desk.sql.fetchval("SELECT count(DISTINCT xmin::text) FROM effects") == 1
    assert await desk.rows() == []


async def test_a_failing_job_does_not_block_its_group(desk: Desk) -> None:
    await desk.writes(write, ["a", "b", "c"])
    await desk.writes(write, ["bad"], how="fail")
    await desk.writes(write, ["d", "e"])
    await desk.worker(backoff=60).run_due()
    assert await desk.effects() == ["a", "b", "c", "d", "e"]
    (left,) = await desk.rows()
    assert (left.attempt, left.leased) == (1, False)
    assert left.last_error is not None
    assert "bad cannot be done" in left.last_error


async def test_groups_lock_users_in_a_consistent_order(desk: Desk) -> None:
    mixed = [(user, f"{n}") for n in range(60) for user in desk.users]
    random.Random(7).shuffle(mixed)
    for user, name in mixed:
        await desk.put(order(tell, Work(name)), user=user)
    workers = [desk.worker(), desk.worker(), desk.worker()]
    await asyncio.gather(*(worker.run_due() for worker in workers))
    assert len(ran) == len(mixed), "a deadlock made some of them run again"
    for user in desk.users:
        log = await desk.sql.fetch("SELECT seq FROM events WHERE user_id = $1 ORDER BY seq", user)
        assert [row["seq"] for row in log] == list(range(1, 61))
        assert await desk.sql.fetchval("SELECT last_seq FROM event_counters WHERE user_id = $1", user) == 60


# Failures.


@pytest.mark.parametrize("handler", [write, deliver])
async def test_a_job_that_keeps_failing_becomes_a_dead_letter(desk: Desk, handler: Handler) -> None:
    await desk.put(order(handler, Work("bad", "fail")), user=desk.users[0], request_id="request-1")
    await desk.finish(desk.worker(attempts=3))
    (dead,) = await desk.dead()
    assert (dead["attempt"], dead["user_id"], dead["request_id"]) == (3, desk.users[0], "request-1")
    assert json.loads(dead["payload"]) == {"name": "bad", "how": "fail", "takes": 0.0}
    assert "bad cannot be done" in dead["last_error"]
    assert await desk.effects() == []


async def test_a_job_runs_once_per_attempt(desk: Desk) -> None:
    await desk.writes(count, ["bad"], how="fail")
    await desk.finish(desk.worker(attempts=5))
    assert ran == ["bad"] * 5


async def test_retry_delays_grow_up_to_ten_minutes(desk: Desk) -> None:
    # A delay is random between 0 and its bound: one that ends before the round does is followed by the next attempt.
    await desk.writes(write, [str(n) for n in range(40)], how="fail")
    for attempt, bound in ((1, 20), (2, 40), (3, 80), (40, 600)):
        await desk.sql.execute("UPDATE jobs SET run_at = now(), attempt = $1", attempt - 1)
        await desk.worker(backoff=10, attempts=50).run_due()
        pauses = [row.due_in for row in await desk.rows() if row.attempt == attempt]
        assert len(pauses) > 20
        assert bound / 2 < max(pauses) <= bound


async def test_a_revived_dead_letter_keeps_its_payload(desk: Desk) -> None:
    await desk.writes(count, ["bad"], how="fail")
    await desk.finish(desk.worker(attempts=1))
    async with desk.running.db.system("operate") as tx:
        (letter,) = await store.dead(tx)
        assert letter.kind == "test_jobs.count"
        assert await store.revive(tx, [letter.id + 1]) == 0
        assert await store.revive(tx, [letter.id]) == 1
    assert await desk.dead() == []
    ran.clear()
    await desk.sql.execute("UPDATE jobs SET payload = replace(payload, 'fail', 'well')")
    await desk.finish(desk.worker())
    assert ran == ["bad"]


async def test_an_unknown_kind_becomes_a_dead_letter_without_affecting_its_group(desk: Desk) -> None:
    await desk.put(
        order(write, Work("a")), NewJob("gone.forgotten", "local", "{}"), NewJob("gone.forgotten", "outside", "{}")
    )
    await desk.finish(desk.worker(attempts=2))
    assert await desk.effects() == ["a"]
    dead = await desk.dead()
    assert [letter["lane"] for letter in dead] == ["local", "outside"]
    assert all("unknown job gone.forgotten" in letter["last_error"] for letter in dead)


async def test_an_invalid_payload_becomes_a_dead_letter(desk: Desk) -> None:
    await desk.put(NewJob("chaos.write", "local", '{"name": 5}'), order(write, Work("a")))
    await desk.finish(desk.worker(attempts=1))
    assert (await desk.effects(), len(await desk.dead())) == (["a"], 1)


@pytest.mark.parametrize("handler", [write, deliver])
async def test_a_cancelled_handler_is_retried(desk: Desk, handler: Handler) -> None:
    await desk.writes(handler, ["a", "b"], how="cancelled")
    worker = desk.worker(attempts=5, backoff=60)
    await worker.run_due()
    rows = await desk.rows()
    assert [(row.attempt, row.leased) for row in rows] == [(1, False), (1, False)]
    assert all("CancelledError" in (row.last_error or "") for row in rows)
    await desk.sql.execute("UPDATE jobs SET run_at = now(), payload = replace(payload, 'cancelled', 'well')")
    await desk.finish(worker)
    assert await desk.effects() == ["a", "b"]


async def test_a_deadlock_is_not_counted_as_an_attempt(desk: Desk) -> None:
    await desk.writes(write, ["a"], how="deadlock")
    await desk.worker(attempts=1, backoff=60).run_due()
    (row,) = await desk.rows()
    assert (row.attempt, row.leased) == (0, False)


async def test_a_lock_timeout_is_not_counted_as_an_attempt(desk: Desk) -> None:
    await desk.put(order(tell, Work("a")), user=desk.users[0])
    async with desk.sql.transaction():
        await desk.sql.execute("UPDATE event_counters SET last_seq = 0 WHERE user_id = $1", desk.users[0])
        await desk.worker(attempts=1, backoff=60).run_due()
    (row,) = await desk.rows()
    assert (row.attempt, row.leased, ran) == (0, False, ["a"])


# Scheduling.


async def test_a_delayed_job_waits(desk: Desk) -> None:
    await desk.put(order(write, Work("a"), delay=30))
    worker = desk.worker()
    assert await worker.run_due() == 0
    (row,) = await desk.rows()
    assert 25 < row.due_in <= 30
    await desk.sql.execute("UPDATE jobs SET run_at = now()")
    assert await worker.run_due() == 1


async def test_one_job_per_unique_key_is_queued(desk: Desk) -> None:
    for name in ("first", "second"):
        await desk.put(order(write, Work(name), unique_key="k"), order(deliver, Work(name), unique_key="k"))
    assert len(await desk.rows()) == 2
    await desk.finish(desk.worker())
    assert await desk.effects() == ["first", "first"]
    await desk.put(order(write, Work("third"), unique_key="k"))
    await desk.finish(desk.worker())
    assert await desk.effects() == ["first", "first", "third"]


async def test_a_rolled_back_transaction_enqueues_nothing(desk: Desk) -> None:
    async def change_and_fail() -> None:
        async with desk.running.db.system("worker") as tx:
            tx.enqueue(order(write, Work("a")))
            await tx.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change_and_fail()
    assert await desk.rows() == []


async def test_a_commit_wakes_the_worker(desk: Desk) -> None:
    worker = desk.worker(poll=60)
    desk.running.hub.listen_for_jobs(worker.wake)
    working = asyncio.ensure_future(worker.run())
    await asyncio.sleep(0.2)
    await desk.writes(write, ["a"])

    async def done() -> bool:
        return await desk.effects() == ["a"]

    await until(done, within=5)
    worker.stop()
    await asyncio.wait_for(working, 5)


@schedules.every(seconds=0.05)
async def tick(tx: Tx) -> None:
    """A schedule with a very short period."""


async def test_two_schedulers_fill_a_hundred_slots_with_a_hundred_jobs(desk: Desk) -> None:
    workers = [desk.worker(schedules), desk.worker(schedules)]
    seen: set[int] = set()
    filled: list[int] = []
    slot = "SELECT floor(extract(epoch FROM now()) / 0.05)::bigint"

    async def fill() -> bool:
        before = await desk.sql.fetchval(slot)
        await asyncio.gather(*(worker.schedule_due() for worker in workers))
        if await desk.sql.fetchval(slot) == before:
            seen.add(before)
        filled.extend(int(row["unique_key"]) for row in await desk.sql.fetch("DELETE FROM jobs RETURNING unique_key"))
        return len(seen) == 100

    await until(fill, within=60, every=0.015)
    assert len(filled) == len(set(filled))
    assert seen <= set(filled)


async def test_of_missed_slots_only_the_latest_is_filled(desk: Desk) -> None:
    await desk.worker(schedules).schedule_due()
    await asyncio.sleep(0.3)
    await desk.worker(schedules).schedule_due()
    assert len(await desk.rows()) == 2


# Lanes.


async def test_jobs_of_one_lane_never_wait_for_those_of_another(desk: Desk) -> None:
    for lane in ("outside", "slow"):
        await desk.put(*(order(wait_outside, Work(lane))._replace(lane=lane) for _ in range(5)))
    await desk.writes(write, ["local"])
    working = asyncio.ensure_future(desk.worker(slots=2).run_due())
    await until(lambda: len(ran) == 4, within=5)
    assert (sorted(ran), await desk.effects()) == (["outside"] * 2 + ["slow"] * 2, ["local"])
    released.set()
    assert (await working, len(ran), await desk.rows()) == (11, 10, [])


async def test_few_slow_jobs_of_a_user_run_at_a_time_in_all_workers(desk: Desk) -> None:
    first, second = desk.users[:2]
    for user, name, number in ((first, "a", 10), (second, "b", 2), (None, "nobody", 4)):
        await desk.put(*(order(wait_outside, Work(name))._replace(lane="slow") for _ in range(number)), user=user)
    working = [asyncio.ensure_future(desk.worker().run_due())]
    await until(lambda: len(ran) == 9, within=5)
    working.append(asyncio.ensure_future(desk.worker().run_due()))
    assert (await working[1], sorted(ran)) == (0, ["a"] * 3 + ["b"] * 2 + ["nobody"] * 4)
    released.set()
    assert (await working[0], await desk.rows()) == (16, [])


# Leases and fencing.


async def test_a_local_job_that_outlives_its_lease_has_no_effects(desk: Desk) -> None:
    await desk.writes(wait_inside, ["a"])
    late, successor = desk.worker(beat=60), desk.worker(beat=60)
    first = asyncio.ensure_future(late.run_due())
    await asyncio.wait_for(begun.wait(), 5)
    await desk.expire()
    second = asyncio.ensure_future(successor.run_due())
    await until(lambda: len(ran) == 2, within=5)
    released.set()
    await asyncio.gather(first, second)
    assert (await desk.effects(), await desk.rows(), ran) == (["a"], [], ["a", "a"])


async def test_an_outside_job_that_outlives_its_lease_does_not_affect_its_successor(desk: Desk) -> None:
    await desk.writes(wait_outside, ["a"])
    late, successor = desk.worker(beat=60), desk.worker(beat=60)
    first = asyncio.ensure_future(late.run_due())
    await asyncio.wait_for(begun.wait(), 5)
    await desk.expire()
    async with desk.running.db.system("worker") as tx:
        taken = await store.claim_suspect(tx, ["outside"], lease=30)
    assert taken is not None
    assert taken.attempt == 2
    released.set()
    await first
    assert [(row.attempt, row.leased) for row in await desk.rows()] == [(2, True)]
    await desk.expire()
    await successor.run_due()
    assert (ran, await desk.rows()) == (["a", "a"], [])


@pytest.mark.parametrize("handler", [wait_inside, wait_outside])
async def test_a_worker_that_lost_a_lease_stops_without_retrying(desk: Desk, handler: Handler) -> None:
    await desk.writes(handler, ["a"])
    worker = desk.worker(beat=0.05)
    running = asyncio.ensure_future(worker.run_due())
    await asyncio.wait_for(begun.wait(), 5)
    await desk.sql.execute("UPDATE jobs SET attempt = attempt + 1")  # another worker claimed it
    await asyncio.sleep(0)
    beating = asyncio.ensure_future(worker.run())
    await asyncio.wait_for(running, 5)
    worker.stop()
    await asyncio.wait_for(beating, 5)
    (row,) = await desk.rows()
    assert (ran, row.attempt, row.leased, row.last_error) == (["a"], 2, True, None)
    assert await desk.effects() == []


async def test_heartbeats_extend_the_lease_of_a_long_job(desk: Desk) -> None:
    await desk.writes(wait_outside, ["a"])
    worker, other = desk.worker(lease=1.0, beat=0.1), desk.worker()
    working = asyncio.ensure_future(worker.run())
    await asyncio.wait_for(begun.wait(), 5)
    for _ in range(15):
        await asyncio.sleep(0.1)
        assert await other.run_due() == 0
    released.set()
    worker.stop()
    await asyncio.wait_for(working, 5)
    assert (ran, await desk.rows()) == (["a"], [])


async def test_jobs_of_an_unresponsive_worker_run_alone(desk: Desk) -> None:
    """Any of them may have crashed the worker, so each runs alone."""
    await desk.writes(write, ["a", "b", "c"])
    async with desk.running.db.system("worker") as tx:
        assert len(await store.claim(tx, "local", limit=20, lease=0.01)) == 3
    await asyncio.sleep(0.05)
    await desk.finish(desk.worker())
    assert await desk.effects() == ["a", "b", "c"]
    assert await desk.sql.fetchval("SELECT count(DISTINCT xmin::text) FROM effects") == 3


async def test_a_job_whose_workers_all_crashed_is_buried_without_another_attempt(desk: Desk) -> None:
    await desk.writes(count, ["poison"], how="kill")
    await desk.sql.execute("UPDATE jobs SET attempt = 3, leased = true, run_at = now()")
    await desk.worker(attempts=3).run_due()
    (dead,) = await desk.dead()
    assert (ran, dead["last_error"]) == ([], "the worker crashed each time it ran this job")


# Shutdown.


async def test_a_group_that_fails_during_shutdown_keeps_its_attempts(desk: Desk) -> None:
    await desk.writes(wait_inside, ["a"], how="fail")
    await desk.writes(count, ["b", "c"])
    worker = desk.worker()
    working = asyncio.ensure_future(worker.run())
    await asyncio.wait_for(begun.wait(), 5)
    worker.stop()
    released.set()
    await asyncio.wait_for(working, 5)
    assert [(row.attempt, row.leased) for row in await desk.rows()] == [(0, False)] * 3
    assert max(row.due_in for row in await desk.rows()) <= 0


async def test_running_jobs_finish_before_shutdown(desk: Desk) -> None:
    await desk.writes(wait_outside, ["a"])
    await desk.writes(wait_inside, ["b"])
    worker = desk.worker()
    working = asyncio.ensure_future(worker.run())
    await until(lambda: len(ran) == 2, within=5)
    worker.stop()
    await asyncio.sleep(0.1)
    assert not working.done()
    released.set()
    await asyncio.wait_for(working, 5)
    assert (await desk.effects(), await desk.rows()) == (["b"], [])


# Parameters of jobs.


async def test_the_request_id_is_passed_to_jobs_and_their_jobs(desk: Desk) -> None:
    first, second = desk.users[:2]
    await desk.put(order(write, Work("a")), order(pass_on, Work("b")), user=first, request_id="request-1")
    await desk.put(order(pass_on, Work("c")), user=first, request_id="request-2")
    await desk.put(order(pass_on, Work("d")), order(deliver, Work("e")), user=second, request_id="request-3")
    await desk.finish(desk.worker())
    caused = {row["name"]: row["request_id"] for row in await desk.sql.fetch("SELECT name, request_id FROM effects")}
    assert caused == {"a": "request-1", "b": "request-1", "c": "request-2", "d": "request-3", "e": "request-3"}


def test_a_worker_does_not_start_without_the_resources_of_its_jobs() -> None:
    lonely = RequestedJobs("lonely")

    @lonely.task
    async def send(db: Database, mailer: object) -> None:
        """Take a mailer."""

    with pytest.raises(LookupError, match=r"test_jobs\.send takes 'mailer'"):
        Worker(Database(None), Registry([lonely]), {"db": None}, Policy())  # type: ignore[arg-type]


def test_a_job_is_either_local_or_outside() -> None:
    with pytest.raises(TypeError, match="either `tx` or `db`"):

        @RequestedJobs("torn").task
        async def torn(tx: Tx, db: Database) -> None:
            """Take both."""


# Volume.


@pytest.mark.parametrize(
    ("claim", "arguments"),
    [
        (store._CLAIM, ("local", 20, 30.0)),
        (store._CLAIM_SLOW, ("local", 20, 30.0, 3)),
        (store._CLAIM_SUSPECT, (["local", "outside"], 30.0)),
    ],
    ids=["due", "slow", "suspect"],
)
async def test_two_hundred_thousand_future_jobs_cost_a_claim_nothing(
    desk: Desk, claim: Statement[store.Claimed], arguments: tuple[object, ...]
) -> None:
    await desk.sql.execute(
        "INSERT INTO jobs (kind, lane, payload, run_at, leased) SELECT"
        " 'chaos.write', 'local', '{}', now() + interval '1 day', n % 10 = 0 FROM generate_series(1, 200000) AS n"
    )
    await desk.sql.execute("ANALYZE jobs")
    await desk.writes(write, ["a"])
    await desk.sql.execute("UPDATE jobs SET leased = $1 WHERE run_at <= now()", claim is store._CLAIM_SUSPECT)
    async with desk.running.db.system("worker") as tx:
        plan = "\n".join(await tx.all(Statement(str, f"EXPLAIN (ANALYZE, BUFFERS) {claim.sql}"), *arguments))
    assert "jobs_due" in plan, plan
    assert "Seq Scan on jobs" not in plan, plan
    assert _pages(plan) < 200, plan
    assert max(row.attempt for row in await desk.rows()) == 1


def _pages(plan: str) -> int:
    """Return the maximum number of pages that a step of the plan accessed."""
    lines = [line for line in plan.splitlines() if "Buffers: shared" in line]
    return max(sum(int(count) for count in re.findall(r"(?:hit|read)=(\d+)", line)) for line in lines)
