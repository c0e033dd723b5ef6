"""A thread pool for CPU-bound work, with a bounded queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from studyteddy.platform.errors import TooManyRequests

R = TypeVar("R")


class ThreadPool:
    """At most `threads` calls run and `queue` wait; beyond that, `run` raises `TooManyRequests` immediately."""

    def __init__(self, name: str, *, threads: int, queue: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._limit = threads + queue
        self._pending = 0

    async def run(self, work: Callable[[], R]) -> R:
        """Run `work` in a thread without blocking the event loop, and return its result."""
        if self._pending >= self._limit:
            raise TooManyRequests("The server is busy. Try again in a moment.", retry_after=2)
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._pending -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
