"""The queue for hashing: shared by address and account, with room for known devices; bounded, and left on time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from studyteddy.platform.errors import Problem, TooManyRequests, Unavailable
from studyteddy.platform.security.fair_queue import FairQueue, Requester

FLOOD = "203.0.113.9"


class Turns:
    """One slot, held by nobody in particular; the names of those who got it, in order."""

    def __init__(self, **bounds: float) -> None:
        self.queue = FairQueue(1, **bounds)  # type: ignore[arg-type]
        self.order: list[str] = []
        self.refused: dict[str, Problem] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def hold(self) -> None:
        await self.queue.acquire(Requester("held", "held"))

    async def ask(self, name: str, address: str, account: str, device: str = "") -> asyncio.Task[None]:
        task = asyncio.create_task(self._ask(name, Requester(address, account, device)))
        self._tasks.append(task)
        await asyncio.sleep(0)
        return task

    async def _ask(self, name: str, requester: Requester) -> None:
        try:
            await self.queue.acquire(requester)
        except Problem as problem:
            self.refused[name] = problem
        else:
            self.order.append(name)

    async def serve(self, count: int) -> list[str]:
        """Give the slot to the next `count`; return who has got it so far."""
        for _ in range(count):
            self.queue.release()
            await asyncio.sleep(0.001)
        return self.order

    async def flood(self, count: int, address: str = FLOOD, account: str = "flood") -> None:
        for n in range(count):
            await self.ask(f"{address} {n}", address, f"{account}-{n}")

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()


@contextmanager
def turns(**bounds: float) -> Iterator[Turns]:
    found = Turns(**bounds)
    try:
        yield found
    finally:
        found.end()


@pytest.mark.parametrize("flood", [17, 500])
async def test_a_flood_from_one_address_keeps_nobody_waiting(flood: int) -> None:
    """Whoever comes from another address has the next turn, or the one after others who came in between."""
    with turns() as found:
        await found.hold()
        await found.flood(flood)
        for n in range(10):
            await found.ask(f"student {n}", f"198.51.100.{n}", f"student-{n}")
        order = await found.serve(11)
        assert sorted(order) == sorted([f"{FLOOD} 0", *(f"student {n}" for n in range(10))])
        for n in range(50):
            await found.ask(f"late {n}", f"198.51.101.{n}", "late")
            assert (await found.serve(1))[-1] == f"late {n}"
        assert (await found.serve(1))[-1] == f"{FLOOD} 1"


async def test_a_round_ends_even_if_new_addresses_keep_coming() -> None:
    with turns() as found:
        await found.hold()
        await found.flood(2)
        for n in range(1_200):
            await found.ask(f"{n}", f"2001:db8:0:{n:x}::/64", "any")
            await found.serve(1)
        assert found.order.index(f"{FLOOD} 1") == 1_001, "after the first one and a round of a thousand addresses"


async def test_after_a_round_those_who_waited_through_it_come_before_new_ones() -> None:
    with turns() as found:
        await found.hold()
        await found.flood(2, "203.0.113.1")
        await found.flood(2, "203.0.113.2")
        assert await found.serve(3) == ["203.0.113.1 0", "203.0.113.2 0", "203.0.113.1 1"]
        await found.ask("new", "198.51.100.1", "new")
        assert (await found.serve(2))[3:] == ["203.0.113.2 1", "new"]


async def test_a_flood_from_many_addresses_neither_fills_the_room_nor_the_turns() -> None:
    with turns() as found:
        await found.hold()
        for n in range(16):
            await found.flood(4, f"203.0.113.{n}")
        assert found.queue.waiting == 32
        await found.ask("student", "198.51.100.1", "student")
        assert found.queue.waiting == 32
        assert "student" not in found.refused
        assert "student" in await found.serve(17)


async def test_a_full_room_of_equals_is_503_and_keeps_a_room_for_known_devices() -> None:
    with turns(room=4) as found:
        await found.hold()
        for n in range(5):
            await found.ask(f"stranger {n}", f"203.0.113.{n}", "any")
        assert isinstance(found.refused["stranger 4"], Unavailable)
        assert found.refused["stranger 4"].retry_after == 2
        await found.ask("known", "203.0.113.4", "any", "device")
        assert list(found.refused) == ["stranger 4"]
        assert "known" in await found.serve(2)


async def test_known_devices_and_strangers_alternate() -> None:
    with turns() as found:
        await found.hold()
        for n in range(3):
            await found.ask(f"known {n}", f"198.51.100.{n}", "any", "device")
            await found.ask(f"stranger {n}", f"203.0.113.{n}", "any")
        order = await found.serve(6)
        kinds = [name.partition(" ")[0] for name in order]
        assert kinds in (["known", "stranger"] * 3, ["stranger", "known"] * 3)


async def test_accounts_of_one_address_take_turns() -> None:
    """A school behind one address, where somebody tries one account again and again."""
    with turns() as found:
        await found.hold()
        for n in range(6):
            await found.ask(f"guess {n}", "192.0.2.1", "guessed")
        for n in range(4):
            await found.ask(f"pupil {n}", "192.0.2.1", f"pupil-{n}")
        assert await found.serve(5) == ["guess 0", "pupil 0", "pupil 1", "pupil 2", "pupil 3"]


async def test_an_account_gives_way_to_others_of_its_address() -> None:
    with turns(share=4) as found:
        await found.hold()
        for n in range(4):
            await found.ask(f"guess {n}", "192.0.2.1", "guessed")
        for n in range(4):
            await found.ask(f"pupil {n}", "192.0.2.1", f"pupil-{n}")
        assert list(found.refused) == ["guess 3", "guess 2", "guess 1", "pupil 3"]
        assert sorted(await found.serve(4)) == ["guess 0", "pupil 0", "pupil 1", "pupil 2"]


async def test_the_share_of_an_address_is_bounded() -> None:
    with turns() as found:
        await found.hold()
        await found.flood(17)
        problem = found.refused[f"{FLOOD} 16"]
        assert isinstance(problem, TooManyRequests)
        assert problem.retry_after == 2
        assert (len(found.refused), found.queue.waiting) == (1, 16)


async def test_whoever_leaves_gets_no_turn() -> None:
    with turns() as found:
        await found.hold()
        gone = await found.ask("gone", FLOOD, "a")
        await found.ask("next", FLOOD, "b")
        gone.cancel()
        await asyncio.sleep(0.001)
        assert found.queue.waiting == 1
        assert await found.serve(1) == ["next"]


async def test_a_turn_that_comes_while_its_requester_leaves_is_passed_on() -> None:
    with turns() as found:
        await found.hold()
        gone = await found.ask("gone", FLOOD, "a")
        await found.ask("next", FLOOD, "b")
        found.queue.release()
        gone.cancel()
        await asyncio.sleep(0.001)
        assert found.order == ["next"]


async def test_waiting_ends_with_503() -> None:
    with turns(patience=0.05) as found:
        await found.hold()
        waiting = await found.ask("patient", FLOOD, "a")
        await waiting
        assert isinstance(found.refused["patient"], Unavailable)
        assert found.queue.waiting == 0
        await found.serve(1)
        await found.ask("next", FLOOD, "a")
        assert found.order == ["next"]


async def test_slots_are_neither_lost_nor_multiplied() -> None:
    queue, most, working = FairQueue(2, patience=0.02), 0, 0

    async def work(n: int) -> None:
        nonlocal most, working
        await queue.acquire(Requester(f"address-{n % 7}", f"account-{n % 3}", "device" if n % 5 == 0 else ""))
        working += 1
        most = max(most, working)
        try:
            await asyncio.sleep(0.001 * (n % 4))
        finally:
            working -= 1
            queue.release()

    tasks = [asyncio.create_task(work(n)) for n in range(300)]
    for n, task in enumerate(tasks):
        if n % 3 == 0:
            await asyncio.sleep(0)
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (most, working, queue.waiting) == (2, 0, 0)
    await queue.acquire(Requester("a", "a"))
    await queue.acquire(Requester("b", "b"))
    with pytest.raises(Unavailable):
        await queue.acquire(Requester("c", "c"))
