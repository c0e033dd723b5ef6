"""What a request saves by the Redis client of our own, beside redis-py and coredis.

One application, served once on each client: the limiter asks Redis on every request, a change is announced through it.
The other clients have the surface of ours by the adapters of `redis_peers.py`; those that are not installed are left
out, and the page says so.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import msgspec

from benchmarks.bench import Bench
from benchmarks.contenders import Case, Contender, Run
from benchmarks.measure import SERVER_CORE, median, pinned, ratios, spread
from benchmarks.redis_peers import PEERS, Client, installed, library
from benchmarks.report import Headline, Report
from benchmarks.requests import Asking, Rounds, compare_shapes, cpu
from benchmarks.world import reference
from benchmarks.world import run as in_loop
from studyteddy.bootstrap.catalogue import ROUTERS
from studyteddy.bootstrap.runtime import runtime
from studyteddy.features.auth.service import sessions
from studyteddy.platform.cache import Redis, RedisUnavailable
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.realtime.hub import Hub
from studyteddy.platform.settings import Settings
from studyteddy.platform.web.admission import Admission
from studyteddy.platform.web.app import App
from studyteddy.platform.web.rate_limits import Limiter
from studyteddy.platform.web.routing import Router

WORTH = 0.90
"""What a request may cost, as a share of what it costs with another client, for ours to stay."""
DECIDING = ("redis-py, one connection", "redis-py, pool", "coredis", "coredis, connection")
CASES = (
    Case("hello", "/api/hello"),
    Case("unread count", "/api/notifications/unread-count"),
    Case("list 20 tasks", "/api/tasks?limit=20"),
    Case("create", "/api/tasks", 201, events=1),
)
NOTES = {
    "hello": "Sign-in and limit, then a constant: no request of the program can owe more of its cost to Redis.",
    "unread count": "The cheapest request of the program that signs in and reads.",
    "create": "Each creation wrote its event and published it.",
}
BURST, MESSAGES, CALLERS = 32, 6_400, 32
CHANNEL = "events:0190c1d2e3f4700080000000000000aa"
MESSAGE = b'{"seq":12,"type":"task.created","at":"2026-11-01T08:00:00Z","data":{"task":{"title":"%b"}}}' % (b"x" * 200)

hello_router = Router("/api/hello", tag="benchmarks")


class Greeting(msgspec.Struct, frozen=True):
    """A constant."""

    hello: str


@hello_router.get()
async def greet(identity: Identity) -> Greeting:
    """Somebody who is signed in."""
    return Greeting("world")


@asynccontextmanager
async def served(settings: Settings, peer: Callable[[str], Client]) -> AsyncIterator[App]:
    """The program with its limiter and its hub on this client."""
    redis, listener = (cast(Redis, peer(settings.redis_url)) for _ in range(2))
    async with runtime(settings, name="bench-redis") as running:
        hub = Hub(running.db, redis, listener, sessions, build=running.build)
        db = Database(running.db.pool, clock=running.db.clock, reactions=running.db.reactions, announce=hub.announce)
        limiter = Limiter(redis, processes=settings.api_processes)
        ours = replace(running, redis=redis, hub=hub, db=db, limiter=limiter)
        admission = Admission(ours.authorizer, limiter, ours.limits)
        async with redis, listener:
            yield App([*ROUTERS, hello_router], ours.resources, settings=settings, admission=admission)


applications = {name: partial(served, peer=peer) for name, peer in PEERS.items()}
"""By the name of the client, for `serving.py`."""


def steps(bench: Bench) -> int:
    return (bench.rounds + 1) * (len(CASES) + 1) + 1


def run(bench: Bench) -> Report:
    made, peers = bench.world, installed()
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        contenders = []
        for name in peers:
            server = reference(made, folder, name)
            ending.callback(server.stop)
            contenders.append(Contender(name, server, Asking(made, True).prepared))
        compare_shapes(contenders, CASES)
        found = Rounds(bench, contenders, CASES).run()
    messages: dict[str, list[float]] = {name: [] for name in peers}
    for number in range(-1, bench.rounds):
        bench.step("messages")
        for name in rotated(list(peers), number):
            cost = message_cost(peers[name], made.engines.redis_url)
            if number >= 0:
                messages[name].append(cost)
    bench.step("Redis falls silent")
    silence = {name: silent(peer, made.engines.redis_url, made.engines.redis_pid) for name, peer in peers.items()}
    return report(found, messages, silence)


def rotated(names: list[str], number: int) -> list[str]:
    turn = number % len(names)
    return [*names[turn:], *names[:turn]]


# Messages.


def message_cost(peer: Callable[[str], Client], url: str) -> float:
    """µs of client CPU that a message costs its process, which publishes it and hears it."""
    with pinned(SERVER_CORE):
        return in_loop(published(peer(url), peer(url)))


async def published(speaker: Client, listener: Client) -> float:
    heard = Heard()
    listener.on_connect = lambda: listener.subscribe(CHANNEL)
    listener.on_push = heard.note
    async with speaker, listener:
        await heard.wait(subscriptions=1)
        for count in (MESSAGES // 10, MESSAGES):
            heard.messages, began = 0, time.thread_time_ns()
            for sent in range(BURST, count + 1, BURST):
                for _ in range(BURST):
                    speaker.send("PUBLISH", CHANNEL, MESSAGE)
                await heard.wait(messages=sent)
    return (time.thread_time_ns() - began) / 1e3 / heard.messages


class Heard:
    """Counts what is pushed, and wakes who waits for so much of it."""

    def __init__(self) -> None:
        self.messages = self.subscriptions = 0
        self._bell = asyncio.Event()

    def note(self, push: Sequence[Any]) -> None:
        self.messages += push[0] == b"message"
        self.subscriptions += push[0] == b"subscribe"
        self._bell.set()

    async def wait(self, messages: int = 0, subscriptions: int = 0) -> None:
        async with asyncio.timeout(10):
            while self.messages < messages or self.subscriptions < subscriptions:
                self._bell.clear()
                await self._bell.wait()


# Silence.


def silent(peer: Callable[[str], Client], url: str, pid: int) -> tuple[float, float]:
    """Milliseconds until the first and the last of many simultaneous commands fail when Redis falls silent."""
    waits = in_loop(waited(peer(url), pid))
    return min(waits), max(waits)


async def waited(client: Client, pid: int) -> list[float]:
    async with client:
        await asyncio.gather(*(client.call("PING") for _ in range(CALLERS)))
        with stopped(pid):
            return list(await asyncio.gather(*(until_away(client) for _ in range(CALLERS))))


async def until_away(client: Client) -> float:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(20):
            await client.call("PING")
    except (RedisUnavailable, TimeoutError):
        return (time.perf_counter() - began) * 1e3
    raise RuntimeError("a Redis that is stopped has answered")


@contextmanager
def stopped(pid: int) -> Any:
    """A process that keeps its connections and says nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


# The page.


def report(
    found: dict[str, dict[str, list[Run]]], messages: dict[str, list[float]], silence: dict[str, tuple[float, float]]
) -> Report:
    page = Report("Redis clients", "What does a request save by the Redis client of our own?")
    for case in CASES:
        runs = found[case.name]
        page.headlines += headlines(case.name, runs)
        page.add(case.name, HEADER, [row(name, runs) for name in runs], NOTES.get(case.name, ""))
    ours = messages["ours"]
    rows = [[name, spread(costs, 1), spread(ratios(ours, costs))] for name, costs in messages.items()]
    page.add(
        "A message",
        ["", "CPU µs/message", "ours against it"],
        rows,
        f"One process publishes {len(MESSAGE)} bytes and hears them, {BURST} messages at a time. All of them arrived.",
    )
    page.add(
        "Redis falls silent",
        ["", "first command fails after, ms", "last, ms"],
        [[name, f"{first:.0f}", f"{last:.0f}"] for name, (first, last) in silence.items()],
        f"{CALLERS} commands at the same moment while Redis is stopped and its connections stay open; each client has"
        " a deadline of 150 ms.",
    )
    page.parts.append(tried(list(found[CASES[0].name])))
    return page


HEADER = ["", "CPU µs/request", "ours against it", "requests/s", "p50 ms", "p99 ms", "foreign cores"]


def row(name: str, runs: dict[str, list[Run]]) -> list[str]:
    beside = spread(ratios(cpu(runs["ours"]), cpu(runs[name])))
    columns = (("rate", 0), ("p50", 1), ("p99", 1), ("alien", 2))
    middle = [f"{median([getattr(run, key) for run in runs[name]]):.{digits}f}" for key, digits in columns]
    return [name, spread(cpu(runs[name]), 0), beside, *middle]


def headlines(case: str, runs: dict[str, list[Run]]) -> Iterator[Headline]:
    """Ours against the others. What is no client by itself but a part of ours built on one decides nothing."""
    for name, theirs in runs.items():
        beside = ratios(cpu(runs["ours"]), cpu(theirs))
        if name in DECIDING:
            reached = median(beside) < WORTH
            yield Headline(f"{case}: server CPU against {name}", spread(beside), f"< {WORTH:.2f}", reached)
        elif name != "ours":
            yield Headline(f"{case}: server CPU against {name}", spread(beside))


def tried(names: list[str]) -> str:
    """Which versions ran, and what was left out."""
    libraries = sorted({library(name) for name in names} | {"uvloop"})
    lines = ["## Versions", ", ".join(f"{one} {version(one)}" for one in libraries) + "."]
    missing = sorted({library(name) for name in PEERS} - set(libraries))
    lines += [f"`{one}` is not installed and was left out; `pip install {one}` adds it." for one in missing]
    return "\n\n".join(lines)
