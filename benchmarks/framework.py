"""What the web layer costs: one action behind our own layer and behind a framework's, with everything else the same.

Both read the same page with the same code over the same pool, check tokens through the same cache and look at the
same revocations; neither limits, measures or adds headers of its own accord beyond what its way through does anyway.
The framework is written as sparingly as it allows: one dependency, no middleware, structs in and out.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.load import Load, Order
from benchmarks.measure import Meter, median, ratios, spread
from benchmarks.report import Headline, Report
from benchmarks.requests import CASES, CONNECTIONS, PREPARED, Asking, Contender, Run, compare_shapes
from benchmarks.world import reference
from studyteddy.bootstrap import Runtime, application, background, runtime
from studyteddy.features.tasks import service as tasks
from studyteddy.features.tasks.schemas import Task, TaskQuery
from studyteddy.platform.identity import Identity
from studyteddy.platform.limits import Limit, Verdict
from studyteddy.platform.pages import Page
from studyteddy.platform.settings import Settings
from studyteddy.platform.web import App

CASE = CASES[0]
NAMES = ("kernel", "litestar", "floor")
SHOWN = {"kernel": "our own layer, no limits", "litestar": "Litestar 2, one dependency", "floor": "floor"}


class Unlimited:
    """Lets everybody pass without asking anybody."""

    async def take(self, limit: Limit, principal: str) -> Verdict:
        return Verdict(True, limit.burst, 0, 0)


@asynccontextmanager
async def kernel(settings: Settings) -> AsyncIterator[App]:
    """The program as it is, without limits."""
    async with runtime(settings, name="bench-kernel") as running, background(running):
        running.resources["limiter"] = Unlimited()
        yield application(running)


@asynccontextmanager
async def litestar(settings: Settings) -> AsyncIterator[Any]:
    """The same action in the framework."""
    async with runtime(settings, name="bench-litestar") as running, background(running):
        yield framework_app(running)


def framework_app(running: Runtime) -> Any:
    """Signatures are resolved from this module, which holds none of the framework's names before this is called."""
    from litestar import Litestar, Request, get
    from litestar.di import Provide

    class Asked:
        """Everything a handler needs, found by one dependency."""

        def __init__(self, identity: Identity, query: TaskQuery) -> None:
            self.identity = identity
            self.query = query

    async def asked(request: Request[Any, Any, Any]) -> Asked:
        identity = await identified(running, request.headers)
        return Asked(identity, TaskQuery(limit=int(request.query_params.get("limit", 50))))

    async def list_tasks(asked: Asked) -> Page[Task]:
        reading = running.db.reading(asked.identity)
        return await tasks.page(reading, asked.identity.user_id, asked.query, running.resources["cursors"])

    for function in (asked, list_tasks):  # under postponed annotations these names are not the module's
        function.__annotations__ = {"asked": Asked, "request": Request[Any, Any, Any]} | (
            {"return": Asked} if function is asked else {"return": Page[Task]}
        )
    asked.__annotations__.pop("asked")
    list_tasks.__annotations__.pop("request")
    handlers = [get("/api/tasks")(list_tasks), get("/health/live")(live)]
    return Litestar(handlers, dependencies={"asked": Provide(asked)}, openapi_config=None)


async def live() -> dict[str, str]:
    return {"status": "ok"}


async def identified(running: Runtime, headers: Mapping[str, str]) -> Identity:
    """As the program does it."""
    known: Identity = running.resources["access_tokens"].verify(headers["authorization"][7:])
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
    """Everyone in every round, in rotating order."""
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
    page = Report("The web layer", "What does a request pay for its way through, in our own layer and in a framework?")
    own, other, floor = ([run.cpu for run in found[name]] for name in NAMES)
    beside = ratios(own, other)
    page.headlines.append(
        Headline(
            "list 20 tasks: server CPU, our own layer against Litestar", spread(beside), "≤ 1.0", median(beside) <= 1
        )
    )
    rows = [
        [
            SHOWN[name], spread([run.cpu for run in runs], 0), spread(ratios([run.cpu for run in runs], floor)),
            f"{median([run.rate for run in runs]):.0f}", f"{median([run.alien for run in runs]):.2f}",
        ]
        for name, runs in found.items()
    ]  # fmt: skip
    page.add("List 20 tasks", ["", "CPU µs/request", "x floor", "requests/s", "foreign"], rows)
    return page
