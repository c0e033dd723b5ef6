"""What the web layer costs: the same action behind our own web layer and behind a framework.

Both read the same page with the same code and pool, verify tokens through the same cache, and check the same
revocations. Neither limits requests nor adds metrics or headers beyond what its request path always does. The framework
is used as sparingly as possible: one dependency, no middleware, structs in and out.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from benchmarks.bench import Bench
from benchmarks.contenders import CASES, Contender, Run
from benchmarks.load import Load, Order
from benchmarks.measure import Meter, median, ratios, spread
from benchmarks.report import Headline, Report
from benchmarks.requests import CONNECTIONS, PREPARED, Asking, compare_shapes
from benchmarks.world import reference
from studyteddy.bootstrap.runtime import Runtime, application, runtime
from studyteddy.features.tasks.schemas.lists import ListedTask, TaskQuery
from studyteddy.features.tasks.service import lists
from studyteddy.platform.identity import Identity
from studyteddy.platform.settings import Settings
from studyteddy.platform.web.app import App
from studyteddy.platform.web.pagination import Page
from studyteddy.platform.web.rate_limits import Limit, Limiter, Verdict

CASE = CASES[0]
NAMES = ("kernel", "litestar", "floor")
SHOWN = {
    "kernel": "our web layer, no rate limits",
    "litestar": "Litestar 2, one dependency",
    "floor": "minimal ASGI app",
}


class Unlimited:
    """Accepts every request."""

    async def take(self, limit: Limit, principal: str) -> Verdict:
        return Verdict(True, limit.burst, 0, 0)


@asynccontextmanager
async def kernel(settings: Settings) -> AsyncIterator[App]:
    """The program without rate limits."""
    async with runtime(settings, name="bench-kernel") as running:
        yield application(replace(running, limiter=cast(Limiter, Unlimited())))


@asynccontextmanager
async def litestar(settings: Settings) -> AsyncIterator[Any]:
    """The same action behind the framework."""
    async with runtime(settings, name="bench-litestar") as running:
        yield framework_app(running)


def framework_app(running: Runtime) -> Any:
    """The framework resolves signatures in this module, which imports it only when this function is called."""
    from litestar import Litestar, Request, get
    from litestar.di import Provide

    class Asked:
        """Everything that a handler needs, from one dependency."""

        def __init__(self, identity: Identity, query: TaskQuery) -> None:
            self.identity = identity
            self.query = query

    async def asked(request: Request[Any, Any, Any]) -> Asked:
        identity = await identified(running, request.headers)
        return Asked(identity, TaskQuery(limit=int(request.query_params.get("limit", 50))))

    async def list_tasks(asked: Asked) -> Page[ListedTask]:
        reading = running.db.reading(asked.identity)
        return await lists.page(reading, asked.identity.user_id, asked.query, running.cursors)

    for function in (asked, list_tasks):  # postponed annotations can't resolve these local names
        function.__annotations__ = {"asked": Asked, "request": Request[Any, Any, Any]} | (
            {"return": Asked} if function is asked else {"return": Page[ListedTask]}
        )
    asked.__annotations__.pop("asked")
    list_tasks.__annotations__.pop("request")
    handlers = [get("/api/tasks")(list_tasks), get("/health/live")(live)]
    return Litestar(handlers, dependencies={"asked": Provide(asked)}, openapi_config=None)


async def live() -> dict[str, str]:
    return {"status": "ok"}


async def identified(running: Runtime, headers: Mapping[str, str]) -> Identity:
    """Authenticates as the program does."""
    known: Identity = running.access_tokens.verify(headers["authorization"][7:])
    await running.revocations.check(known)
    return known


def steps(bench: Bench) -> int:
    return bench.rounds + 1


def run(bench: Bench) -> Report:
    made = bench.world
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        contenders = []
        for name in NAMES:
            server = reference(made, folder, name)
            ending.callback(server.stop)
            contenders.append(Contender(name, server, Asking(made, True).prepared))
        compare_shapes(contenders, [CASE])
        return report(rounds(bench, contenders))


def rounds(bench: Bench, contenders: list[Contender]) -> dict[str, list[Run]]:
    """Measures every contender in every round, in rotating order."""
    engines = {"postgres": bench.world.engines.postgres_pid, "valkey": bench.world.engines.redis_pid}
    meter = Meter(**engines, **{one.name: one.server.pid for one in contenders})
    found: dict[str, list[Run]] = {one.name: [] for one in contenders}
    for number in range(-1, bench.rounds):
        bench.step(f"round {number + 1}" if number >= 0 else "warming up")
        turn = number % len(contenders)
        for one in [*contenders[turn:], *contenders[:turn]]:
            done = measured(one, meter, bench.seconds if number >= 0 else one.warm)
            if number >= 0:
                found[one.name].append(done)
    return found


def measured(one: Contender, meter: Meter, seconds: float) -> Run:
    with Load(Order(one.server.port, one.ask(CASE, PREPARED), CONNECTIONS, seconds)) as load:
        meter.reset()
        load.go()
        result = load.result()
        span = meter.span()
    if result.bad:
        raise RuntimeError(f"{one.name}: {result.statuses}\n{one.server.said()}")
    cpu, database = (span.cpu[name] / 1e3 / result.answered for name in (one.name, "postgres"))
    alien = span.foreign(result.cpu_ns)
    return Run(cpu, database, result.answered / result.seconds, result.p50, result.p99, alien)


def report(found: dict[str, list[Run]]) -> Report:
    page = Report("The web layer", "What does the web layer cost per request, compared with a framework?")
    own, other, floor = ([run.cpu for run in found[name]] for name in NAMES)
    beside = ratios(own, other)
    page.headlines.append(
        Headline(
            "list 20 tasks: server CPU of our web layer relative to Litestar",
            spread(beside),
            "≤ 1.0",
            median(beside) <= 1,
        )
    )
    rows = [
        [
            SHOWN[name],
            spread([run.cpu for run in runs], 0),
            spread(ratios([run.cpu for run in runs], floor)),
            f"{median([run.rate for run in runs]):.0f}",
            f"{median([run.alien for run in runs]):.2f}",
        ]
        for name, runs in found.items()
    ]
    page.add("List 20 tasks", ["", "CPU µs/request", "× minimal ASGI app", "requests/s", "other load"], rows)
    return page
