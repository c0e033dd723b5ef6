"""A worker process like `studyteddy work`, with the jobs of these tests: `python -m tests.chaos.worker_main`."""

from __future__ import annotations

import asyncio
import os
import signal

from tests.chaos.jobs import jobs

from studyteddy import bootstrap
from studyteddy.platform.jobs import Registry
from studyteddy.platform.settings import load
from studyteddy.platform.telemetry import configure_logs


async def main() -> None:
    """Works until SIGTERM."""
    async with bootstrap.runtime(load(os.environ), name="worker") as running:
        running.registry = Registry([jobs])
        worker = bootstrap.worker(running)
        running.hub.listen_for_jobs(worker.wake)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        print("working", flush=True)
        await worker.run()


if __name__ == "__main__":
    configure_logs("warning")
    asyncio.run(main())
