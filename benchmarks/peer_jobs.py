"""The job queue of the peer: BullMQ on Node.js, with the same Valkey as the program."""

from __future__ import annotations

import os
import subprocess

import msgspec

from benchmarks.bench import Bench
from benchmarks.measure import JobCost, Meter
from benchmarks.peer import PATIENCE, node, plain, production

COUNT, QUICK_COUNT = 40_000, 10_000


class Said(msgspec.Struct, frozen=True):
    """What the program reports: elapsed seconds, and CPU seconds of its process."""

    wall: float
    cpu: float


class Queue:
    """Enqueues and runs jobs, each time in a new process on this thread's core."""

    def __init__(self, bench: Bench) -> None:
        self._program = plain(bench) / "queue" / "bullmq.js"
        self._environment = production(bench.world) | {"PATH": os.environ["PATH"]}
        self._valkey = bench.world.engines.redis_pid
        self._count = QUICK_COUNT if bench.quick else COUNT

    def measured(self, what: str) -> JobCost:
        """Runs `enqueue`, or `work` for the jobs enqueued before; raises `RuntimeError` on failure."""
        meter = Meter(valkey=self._valkey)
        before = os.times()
        done = subprocess.run(
            node(self._program, what, str(self._count)),
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        after, span = os.times(), meter.span()
        if done.returncode:
            raise RuntimeError(f"bullmq.js {what}: {done.stderr[-1500:]}")
        said = msgspec.json.decode(done.stdout.strip().rpartition("\n")[2], type=Said)
        spent = sum(after[2:4]) - sum(before[2:4])
        alien = span.foreign(int(spent * 1e9))
        return JobCost(
            said.cpu * 1e6 / self._count, span.cpu["valkey"] / 1e3 / self._count, self._count / said.wall, alien
        )
