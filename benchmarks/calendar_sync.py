"""The process in which a calendar account is synchronized, so that its CPU and memory are those of a worker.

It synchronizes the account for the first time, and then as often as it is told to, without anything new. The provider
is in memory: what is measured is the program's own work. Prints a `Cost` as JSON.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
from msgspec.structs import replace

from benchmarks.measure import cpu_ns
from benchmarks.world import run
from studyteddy.bootstrap.runtime import runtime
from studyteddy.events import CalendarAccountDue
from studyteddy.features.calendar.formats.vevents import RemoteEvent, written
from studyteddy.features.calendar.providers.provider import Changes, RemoteCalendar, Resource, Window
from studyteddy.features.calendar.service import account_sync
from studyteddy.features.calendar.service.connections import Connections
from studyteddy.platform.identity import Identity
from studyteddy.platform.settings import load

PAGE = 250
"""Events of an answer, as many as Google's and Microsoft's have."""
SPREAD = timedelta(days=420)
"""The time over which the events are spread, from 20 days ago."""
AGAIN = timedelta(minutes=2)
"""After which a calendar is read again."""


class Order(msgspec.Struct, frozen=True):
    """What to synchronize: an account of a user, with so many events, and how many times without anything new."""

    user_id: UUID
    account_id: UUID
    events: int
    times: int
    postgres_pid: int


class Cost(msgspec.Struct, frozen=True):
    """What it cost: seconds, and ms of CPU, of the first time and of one without anything new; memory in MiB."""

    seconds: float
    cpu: float
    reader_cpu: float
    """Of the processes that read events."""
    database_cpu: float
    peak: float
    reader_peak: float
    requests: int
    idle_seconds: float
    idle_cpu: float
    idle_database_cpu: float
    idle_requests: int


class OneCalendar:
    """A provider with one calendar in which nothing changes; it counts its answers."""

    def __init__(self, events: int) -> None:
        self.requests = 0
        begin = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)
        self._resources = [_resource(number, begin + SPREAD * number / events) for number in range(events)]

    def open(self, *_: object, **__: object) -> OneCalendar:
        return self

    async def calendars(self) -> list[RemoteCalendar]:
        self.requests += 1
        return [RemoteCalendar("calendar", "Calendar", writable=True)]

    def needs_tags(self, token: str) -> bool:
        return False

    async def changes(self, ref: str, token: str, known: Mapping[str, str], window: Window) -> AsyncIterator[Changes]:
        found = [] if token else self._resources
        for first in range(0, max(len(found), 1), PAGE):
            self.requests += 1
            is_last = first + PAGE >= len(found)
            yield Changes(found[first : first + PAGE], [], "1" if is_last else "", not token, is_last)


def _resource(number: int, begin: datetime) -> Resource:
    event = RemoteEvent(
        uid=f"{number:06}@calendar.example",
        title=f"Lecture {number}: waves and optics",
        start=begin,
        end=begin + timedelta(minutes=90),
        is_busy=True,
        description="Bring the exercises of last week, and read the chapter before.",
        location="Room 12",
    )
    return Resource(f"calendar/{number:06}", f'"{number}"', written(event))


class _Meter:
    """Reads seconds, CPU and the database's CPU; times in ms."""

    def __init__(self, postgres_pid: int) -> None:
        self._postgres = postgres_pid
        self._before = self._read()

    def spent(self) -> tuple[float, float, float, float]:
        """Return the seconds since the last time, and ms of CPU of this process, its children and the database."""
        before, self._before = self._before, self._read()
        seconds, cpu, children, database = (now - then for now, then in zip(self._before, before, strict=True))
        return seconds, cpu * 1e3, children * 1e3, database / 1e6

    def _read(self) -> tuple[float, float, float, float]:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = children.ru_utime + children.ru_stime
        return time.perf_counter(), time.process_time(), used, cpu_ns(self._postgres)


async def main(order: Order, settings: dict[str, str]) -> None:
    """Synchronize, and print the cost."""
    ahead = timedelta()
    provider, identity = OneCalendar(order.events), Identity(order.user_id, order.user_id)
    connections = cast(Connections, provider)
    async with runtime(load(settings), clock=lambda: datetime.now(UTC) + ahead, name="bench") as running:

        async def synchronize() -> None:
            due = CalendarAccountDue(order.account_id, running.db.clock())
            await account_sync.sync(running.db, connections, identity, 1, due, pause=timedelta(hours=1))

        meter = _Meter(order.postgres_pid)
        await synchronize()
        seconds, cpu, reader_cpu, database_cpu = meter.spent()
        first = Cost(seconds, cpu, reader_cpu, database_cpu, *_peaks(), provider.requests, 0, 0, 0, 0)
        for number in range(order.times + 1):
            if number == 1:  # the first one warms up
                meter.spent()
                provider.requests = 0
            ahead += AGAIN
            await synchronize()
        seconds, cpu, _, database_cpu = (value / order.times for value in meter.spent())
    cost = replace(first, idle_seconds=seconds, idle_cpu=cpu, idle_database_cpu=database_cpu)
    print(msgspec.json.encode(replace(cost, idle_requests=provider.requests // order.times)).decode())


def _peaks() -> tuple[float, float]:
    """Return the most memory that this process, and one of its children, had."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    own, child = (resource.getrusage(one).ru_maxrss / 1024 for one in whose)
    return own, child


if __name__ == "__main__":
    asked: dict[str, Any] = msgspec.json.decode(sys.stdin.buffer.read())
    run(main(msgspec.convert(asked["order"], Order), asked["settings"]))
