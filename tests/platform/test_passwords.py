"""Hashing: counted, refused and left before it costs anything."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator

import pytest

from studyteddy.platform.errors import TooManyRequests
from studyteddy.platform.security.fair_queue import Requester
from studyteddy.platform.security.passwords import Passwords

STRANGER = Requester("203.0.113.9", "account")


class Budget:
    """A budget of so many guesses."""

    def __init__(self) -> None:
        self.left = 1_000

    async def count(self, _: Requester) -> None:
        if not self.left:
            raise TooManyRequests()
        self.left -= 1

    async def give_back(self, _: Requester) -> None:
        self.left += 1


@pytest.fixture
def budget() -> Budget:
    return Budget()


@pytest.fixture
async def passwords(budget: Budget) -> AsyncIterator[Passwords]:
    found = Passwords(b"p" * 32, guesses=budget, cost=4)
    yield found
    found.close()


async def test_a_password_matches_its_hash_only(passwords: Passwords) -> None:
    hashed = await passwords.hash("correct horse", requester=STRANGER)
    assert await passwords.verify("correct horse", hashed, requester=STRANGER)
    assert not await passwords.verify("correct Horse", hashed, requester=STRANGER)
    assert not await passwords.verify("nobody's password", None, requester=STRANGER)


@pytest.mark.parametrize(("cores", "threads"), [(None, 1), (1, 1), (2, 1), (8, 7)])
def test_the_threads_leave_one_core_to_the_requests(
    budget: Budget, monkeypatch: pytest.MonkeyPatch, cores: int | None, threads: int
) -> None:
    """An unknown number of cores counts as two."""
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    found = Passwords(b"p" * 32, guesses=budget, cost=4)
    assert found._threads._max_workers == found._queue._free == threads
    found.close()


async def test_the_decoy_has_the_form_of_a_hash(passwords: Passwords) -> None:
    """Otherwise an unknown account would take other work."""
    assert len(passwords._decoy) == len(await passwords.hash("correct horse", requester=STRANGER))


async def test_a_guess_without_budget_is_not_evaluated(passwords: Passwords, budget: Budget) -> None:
    budget.left = 2
    for _ in range(2):
        assert not await passwords.verify("guess", None, requester=STRANGER)
    with pytest.raises(TooManyRequests):
        await passwords.verify("guess", None, requester=STRANGER)
    assert passwords.evaluations == 2


async def test_nothing_is_evaluated_for_a_client_that_has_gone(passwords: Passwords) -> None:
    async def gone() -> bool:
        return True

    for _ in range(5):
        with pytest.raises(TooManyRequests):
            await passwords.verify("guess", None, requester=Requester("203.0.113.9", "account", gone=gone))
    assert passwords.evaluations == 0
    assert not await passwords.verify("guess", None, requester=STRANGER)


async def test_a_cancelled_request_does_not_free_the_thread_that_still_works_for_it(passwords: Passwords) -> None:
    """Otherwise requests that are cancelled again and again would queue behind each other in the thread pool."""
    release, threads = threading.Event(), passwords._threads._max_workers
    working = [asyncio.create_task(passwords._evaluate(release.wait, STRANGER)) for _ in range(threads)]
    await asyncio.sleep(0.01)
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    waiting = asyncio.create_task(passwords.verify("guess", None, requester=STRANGER))
    await asyncio.sleep(0.01)
    assert passwords._queue.waiting == 1
    release.set()
    assert not await waiting
