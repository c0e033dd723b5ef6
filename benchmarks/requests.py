"""The CPU time of requests, compared with a minimal ASGI application and with common stacks.

One server process runs alone on its core, everything else on the other. All servers run at the same time and take
turns, in a different order each round, so that a disturbance affects all of them.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

import msgspec

from benchmarks import peer
from benchmarks.bench import Bench
from benchmarks.contenders import CASES, Case, Contender, Run, Void
from benchmarks.load import Load, Order, Result, exchange, request
from benchmarks.measure import Meter, median, pss_mib, ratios, spread, tree
from benchmarks.report import Headline, Report
from benchmarks.world import Person, World, ours, reference

CONNECTIONS = 32
PREPARED = 8_000
MOST_A_SECOND = 6_000
"""More completions per second than any server reaches; unused tasks are returned."""

SHOWN = {
    "ours": "Study Teddy",
    "floor": "minimal ASGI app",
    "usual": "FastAPI + ORM",
    "N1": "NestJS",
    "N1prep": "tuned NestJS",
}
"""How the tables name the servers."""
Aims = tuple[float, ...]
FLOOR, USUAL = (2.0, 1.5), (0.25,)
PEER: dict[str, tuple[tuple[str, Aims], ...]] = {
    "list 20 tasks": (("N1prep", (0.80, 0.55)), ("N1", (0.45,))),
    "create": (("N1prep", (0.60, 0.35)), ("N1", (0.45,))),
    "complete": (("N1prep", (0.55, 0.30)), ("N1", (0.45,))),
}
"""The required limit of a ratio, and the long-term target."""


def steps(bench: Bench) -> int:
    return (bench.rounds + 1) * len(CASES) + (2 if bench.peer else 0)


def run(bench: Bench) -> Report:
    """Runs all contenders, cases and rounds."""
    made = bench.world
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        contenders = list(started(made, folder, ending))
        if bench.peer:
            contenders += ending.enter_context(peer.contenders(bench, folder))
        shapes = compare_shapes(contenders)
        found = Rounds(bench, contenders).run()
        memory = [[SHOWN[one.name], f"{pss_mib(tree(one.server.pid)):.0f}"] for one in contenders]
    return report(found, contenders, shapes, memory)


def started(made: World, folder: Path, ending: ExitStack) -> Iterator[Contender]:
    """The program and the two references."""
    servers = [
        (ours(made, folder), True),
        (reference(made, folder, "floor"), True),
        (reference(made, folder, "usual", url=made.plain_url), False),
    ]
    for server, own_tokens in servers:
        ending.callback(server.stop)
        asking = Asking(made, own_tokens)
        yield Contender(server.name, server, asking.prepared, fresh=asking.completions)


class Asking:
    """Builds requests for one server."""

    def __init__(self, made: World, own_tokens: bool) -> None:
        self._people = made.people
        self._own = own_tokens
        self._random = random.Random(11)

    def token(self, person: Person) -> str:
        return person.token if self._own else person.plain

    def prepared(self, case: Case, count: int) -> list[bytes]:
        return [self._one(case, self._random.choice(self._people), n) for n in range(count)]

    def _one(self, case: Case, person: Person, number: int) -> bytes:
        if case.path == "/health/live":
            return request("GET", case.path)
        if case.name != "create":
            return request("GET", case.path, self.token(person))
        body = {
            "title": f"Solve problem set {number}",
            "description": "Pages 10-12, show the steps",
            "subjectId": person.subject_id,
            "dueDate": "2026-12-24",
            "priority": "high",
            "estimatedMinutes": 45,
            "labels": ["exam"],
        }
        return request("POST", case.path, self.token(person), msgspec.json.encode(body))

    def completions(self, tasks: Sequence[tuple[Person, UUID]]) -> list[bytes]:
        return [request("POST", f"/api/tasks/{task}/complete", self.token(person)) for person, task in tasks]


class Rounds:
    """The runs, by case and contender."""

    def __init__(self, bench: Bench, contenders: Sequence[Contender], cases: Sequence[Case] = CASES) -> None:
        self._bench = bench
        self._made = bench.world
        self._contenders = contenders
        self._cases = cases
        engines = {"postgres": self._made.engines.postgres_pid, "valkey": self._made.engines.redis_pid}
        self._meter = Meter(**engines, **{one.name: one.server.pid for one in contenders})
        self._found: dict[str, dict[str, list[Run]]] = {
            case.name: {one.name: [] for one in contenders} for case in cases
        }

    def run(self) -> dict[str, dict[str, list[Run]]]:
        """Runs a warm-up round, which does not count, and then the rounds that do."""
        for number in range(-1, self._bench.rounds):
            for case in self._cases:
                self._bench.step("warming up" if number < 0 else f"round {number + 1}: {case.name}")
                turn = number % len(self._contenders)
                for one in [*self._contenders[turn:], *self._contenders[:turn]]:
                    done = self._one(case, one, one.warm if number < 0 else self._bench.seconds)
                    if number >= 0:
                        self._found[case.name][one.name].append(done)
        return self._found

    def _one(self, case: Case, one: Contender, seconds: float) -> Run:
        if case.name == "complete" and one.fresh:
            tasks = self._made.fresh(int(seconds * MOST_A_SECOND))
            order = Order(one.server.port, one.fresh(tasks), CONNECTIONS, seconds, again=False)
        else:
            tasks = []
            order = Order(one.server.port, one.ask(case, PREPARED), CONNECTIONS, seconds)
        with self._checked(case, one) as counted, Load(order) as load:
            self._meter.reset()
            load.go()
            result = load.result()
            span = self._meter.span()
            counted.append(result)
        self._made.give_back(tasks[result.sent :])
        cpu, database = (span.cpu[name] / 1e3 / result.answered for name in (one.name, "postgres"))
        rate = result.answered / result.seconds
        return Run(cpu, database, rate, result.p50, result.p99, span.foreign(result.cpu_ns))

    @contextmanager
    def _checked(self, case: Case, one: Contender) -> Iterator[list[Result]]:
        """Raises `Void` unless every response succeeded and every change created its event and jobs."""
        looks = case.writes and not one.foreign
        if looks:
            self._made.forget_events()
        counted: list[Result] = []
        yield counted
        (result,) = counted
        if result.bad or not result.answered:
            raise Void(f"{one.name}, {case.name}: {result.statuses}, {result.lost} without a response")
        if looks:
            for table, each in (("events", case.events), ("jobs", case.jobs)):
                found = self._made.number(f"SELECT count(*) FROM {table}")
                if found != each * result.answered:
                    raise Void(f"{one.name}, {case.name}: {result.answered} responses but {found} {table}")


def compare_shapes(contenders: Sequence[Contender], cases: Sequence[Case] = CASES) -> str:
    """Sends one request to each server and compares the fields of the responses with ours."""
    apart = []
    for case in cases:
        if case.name == "complete":
            continue  # the same object as for create; its effects are counted in the database
        shapes = {one.name: shape(one, case) for one in contenders if not one.foreign}
        if len(set(shapes.values())) > 1:
            apart.append(f"{case.name}: {shapes}")
    if apart:
        raise Void("the responses differ in shape: " + "; ".join(apart))
    return "All servers except the peer return the same statuses and fields."


def shape(one: Contender, case: Case) -> tuple[object, ...]:
    """Status and fields of a response, and the number and fields of its items."""
    status, body = exchange(one.server.port, one.ask(case, 1)[0])
    if status != case.status:
        raise Void(f"{one.name}, {case.name}: {status} {body[:300]!r}\n{one.server.said()}")
    found = msgspec.json.decode(body)
    items = found.get("items", [])
    return status, tuple(found), len(items), tuple(items[0]) if items else ()


def report(
    found: dict[str, dict[str, list[Run]]], contenders: Sequence[Contender], shapes: str, memory: list[list[str]]
) -> Report:
    """Tables by case, and the ratios with their targets."""
    page = Report(
        "Requests", "What does a request cost the server, compared with a minimal application and with common stacks?"
    )
    for case in CASES:
        runs = found[case.name]
        page.headlines += headlines(case, runs)
        page.add(case.name, HEADER, [row(one.name, runs) for one in contenders], case_note(case))
    notes = [shapes, *{f"The peer ran {one.without}." for one in contenders if one.without}]
    page.add("Memory of one process after the benchmark", ["", "PSS MiB"], memory, " ".join(notes))
    return page


HEADER = [
    "",
    "CPU µs/request",
    f"× {SHOWN['floor']}",
    f"× {SHOWN['usual']}",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "PostgreSQL µs",
    "other load",
]


def row(name: str, runs: dict[str, list[Run]]) -> list[str]:
    mine = runs[name]
    beside = [spread(ratios(cpu(mine), cpu(runs[other]))) for other in ("floor", "usual")]
    middle = [f"{median([getattr(run, key) for run in mine]):.{digits}f}" for key, digits in COLUMNS]
    return [SHOWN[name], spread(cpu(mine), 0), *beside, *middle]


COLUMNS = (("rate", 0), ("p50", 1), ("p99", 1), ("postgres", 0), ("alien", 2))


def headlines(case: Case, runs: dict[str, list[Run]]) -> Iterator[Headline]:
    """The program relative to each of the others."""
    if case.name == "live":
        return  # only in its table: the request does no work
    for other, aims in (("floor", FLOOR), ("usual", USUAL), *PEER.get(case.name, ())):
        if runs.get(other):
            beside = ratios(cpu(runs["ours"]), cpu(runs[other]))
            wanted = ", then ".join(f"{aim}" for aim in aims)
            reached = median(beside) <= aims[0]
            yield Headline(
                f"{case.name}: server CPU relative to {SHOWN[other]}", spread(beside), f"≤ {wanted}", reached
            )


def cpu(runs: Sequence[Run]) -> list[float]:
    return [run.cpu for run in runs]


def case_note(case: Case) -> str:
    notes = {
        "complete": "Each request completed an open task and created one event and three jobs.",
        "create": "Each request created one event.",
        "unread count": "The cheapest authenticated read. The peer only checks the token here.",
        "live": "No authentication, rate limit or database: the cost of the server and the web layer alone.",
    }
    return notes.get(case.name, "")
