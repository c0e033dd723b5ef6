"""A lane: work that keeps a core busy, in threads of its own, with a bounded queue before them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from studyteddy.platform.errors import TooManyRequests

R = TypeVar("R")


class Lane:
    """`threads` at work and `queue` waiting; beyond that `run` raises `TooManyRequests` at once."""

    def __init__(self, name: str, *, threads: int, queue: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = threads + queue
        self._under_way = 0

    async def run(self, work: Callable[[], R]) -> R:
        """What `work` gives; the event loop goes on meanwhile."""
        if self._under_way >= self._most:
            raise TooManyRequests("Many people are doing this right now: try again in a moment.", retry_after=2)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
