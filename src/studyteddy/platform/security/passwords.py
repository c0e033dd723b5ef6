"""Password hashing: limited, queued fairly, in threads that leave one core to the API."""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import bcrypt

from studyteddy.platform.errors import TooManyRequests
from studyteddy.platform.security.fair_queue import FairQueue, Requester

R = TypeVar("R")


class GuessBudget(Protocol):
    """Counts guesses at passwords and codes."""

    async def count(self, requester: Requester) -> None:
        """Count one guess; raise 429 if none is left."""

    async def give_back(self, requester: Requester) -> None:
        """Undo the count of a guess that was right."""


class Passwords:
    """bcrypt over an HMAC, so that every character counts.

    A hash keeps a core busy for a fraction of a second, so refuse what can be refused before asking for one.
    Each verification counts as a guess of the requester; whoever finds everything else right too calls `succeeded`.
    """

    def __init__(self, pepper: bytes, *, guesses: GuessBudget, cost: int) -> None:
        self._pepper = pepper
        self._cost = cost
        self._guesses = guesses
        threads = max((os.cpu_count() or 2) - 1, 1)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="bcrypt")
        self._queue = FairQueue(threads)
        self.evaluations = 0
        # Costs the same to verify as any hash, and no password has it.
        self._decoy = bcrypt.gensalt(cost).decode() + 31 * "."

    async def hash(self, password: str, *, requester: Requester) -> str:
        """Hash a new password; raise 429 or 503 if too many wait."""
        digest = self._digest(password)
        return await self._evaluate(lambda: bcrypt.hashpw(digest, bcrypt.gensalt(self._cost)).decode(), requester)

    async def verify(self, password: str, hashed: str | None, *, requester: Requester) -> bool:
        """Verify a password with exactly one evaluation, even if the account has no password or doesn't exist.

        Each call counts as a guess. Raise 429 if the requester has no guess left, 429 or 503 if too many wait.
        """
        await self._guesses.count(requester)
        digest = self._digest(password)
        same = await self._evaluate(lambda: bcrypt.checkpw(digest, (hashed or self._decoy).encode()), requester)
        return same and hashed is not None

    async def succeeded(self, requester: Requester) -> None:
        """Give back the guess of a requester who has proved everything, not only the password."""
        await self._guesses.give_back(requester)

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _digest(self, password: str) -> bytes:
        text = unicodedata.normalize("NFC", password).encode()
        return base64.b64encode(hmac.digest(self._pepper, text, "sha256"))

    async def _evaluate(self, work: Callable[[], R], requester: Requester) -> R:
        await self._queue.acquire(requester)
        try:
            if requester.gone is not None and await requester.gone():
                raise TooManyRequests("The connection was closed while the request waited.")
            self.evaluations += 1
            future = self._threads.submit(work)
        except BaseException:
            self._queue.release()
            raise
        # The thread gives the slot back, not the request: a request that is cancelled leaves its thread busy.
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._queue.release))
        return await asyncio.wrap_future(future)
