"""A worker process like `studyteddy work` that runs the jobs of these tests: `python -m tests.chaos.worker_main`."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace

from tests.chaos.jobs import jobs

from studyteddy.bootstrap import runtime
from studyteddy.platform.jobs.registry import Registry
from studyteddy.platform.settings import load
from studyteddy.platform.telemetry import configure_logs


async def main() -> None:
    """Run the worker until SIGTERM."""
    async with runtime.runtime(load(os.environ), name="worker") as running:
        worker = runtime.worker(replace(running, registry=Registry([jobs])))
        running.hub.listen_for_jobs(worker.wake)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        print("working", flush=True)
        await worker.run()


if __name__ == "__main__":
    configure_logs("warning")
    asyncio.run(main())
