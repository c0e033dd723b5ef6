"""What an open stream of the tutor costs, and how 200 of them affect other requests.

A model on another core streams words at a steady rate to 200 students at once, through one server process.
"""

from __future__ import annotations

import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.bench import Bench
from benchmarks.contenders import Case
from benchmarks.load import Load, Order, Result, exchange, request
from benchmarks.measure import OTHER_CORE, SERVER_CORE, Meter, median, pinned, pss_mib, ratios, spread, tree
from benchmarks.report import Headline, Report
from benchmarks.requests import Asking
from benchmarks.world import ENDLESS, Person, Server, World, ours

STREAMS, RATE = 200, 10.0
PACE, CONNECTIONS = 100.0, 8
SETTLE, PAUSE = 2.0, 0.0531
"""Seconds after opening or closing the streams, and between two that open: no fraction of the time between two words,
or the words of all streams would come in bursts, as those of different students don't."""
AIM = 1.1
"""The most that the streams may multiply the p99 of other requests by."""
LIST = Case("list 20 tasks", "/api/tasks?limit=20")
MESSAGE = {"message": "What is the idea of a mean? I know how to add numbers.", "assessed": False}
SETTINGS = {
    "AI_MODEL": "slow",
    "LIMIT_AI_TUTOR": ENDLESS,
    "AI_DAILY_TOKENS": "1000000000",
    "AI_TOTAL_DAILY_TOKENS": "1000000000000",
}


class Cost(NamedTuple):
    """What the streams of a round cost."""

    cpu: float
    """Server CPU, µs per word."""
    words: float
    """Words per second of all streams."""
    alien: float


def steps(bench: Bench) -> int:
    return 2 * bench.rounds + 1


def run(bench: Bench) -> Report:
    made = bench.world
    calm, busy, costs = [], [], []
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        model = slow_model(folder)
        ending.callback(model.stop)
        server = ours(made, folder, core=SERVER_CORE, **{"AI_URL": f"http://127.0.0.1:{model.port}/v1", **SETTINGS})
        ending.callback(server.stop)
        ending.enter_context(pinned(OTHER_CORE))
        order = Order(server.port, Asking(made, True).prepared(LIST, 2_000), CONNECTIONS, bench.seconds, pace=PACE)
        bench.step("warming up")
        listing(order)
        before = pss_mib(tree(server.pid))
        with Streams(server, made.people[:STREAMS]):
            kib = (pss_mib(tree(server.pid)) - before) * 1024 / STREAMS
            listing(order)
        for number in range(bench.rounds):
            bench.step(f"round {number + 1}: without streams")
            calm.append(listing(order))
            bench.step(f"round {number + 1}: with {STREAMS} streams")
            with Streams(server, made.people[:STREAMS]) as streams:
                costs.append(cost(bench, made, server, model))
                busy.append(listing(order))
                streams.check()
    return report(kib, calm, busy, costs)


def slow_model(folder: Path) -> Server:
    """The model; its port comes from its environment."""
    program = "import asyncio, os, sys; from benchmarks.slow_model import main;"
    command = [sys.executable, "-c", f"{program} asyncio.run(main(int(os.environ['PORT']), {RATE}))"]
    return Server("model", command, {}, folder, core=OTHER_CORE, alive="/words")


class Streams:
    """One open response of the tutor for each of some students."""

    def __init__(self, server: Server, people: Sequence[Person]) -> None:
        self._port = server.port
        self._lines = []
        for person in people:
            self._lines.append(self._open(person))
            time.sleep(PAUSE)
        self._lines = [self._begun(line, person) for line, person in zip(self._lines, people, strict=True)]
        time.sleep(SETTLE)

    def _open(self, person: Person) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        line.sendall(request("POST", "/api/ai/tutor", person.token, msgspec.json.encode(MESSAGE)))
        return line

    def _begun(self, line: socket.socket, person: Person) -> socket.socket:
        """Wait for the beginning of a response; if the server has too much to do, ask again as it says."""
        while (got := line.recv(262_144)).startswith(b"HTTP/1.1 503"):
            line.close()
            time.sleep(1.0)
            line = self._open(person)
        if not got.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"a stream was refused: {got[-300:]!r}")
        return line

    def check(self) -> None:
        """Raise unless all streams are open, and something came on each."""
        for line in self._lines:
            got = line.recv(262_144)
            if not got or b"event: done" in got:
                raise RuntimeError(f"a stream ended: {got[-300:]!r}")

    def __enter__(self) -> Streams:
        return self

    def __exit__(self, *_: object) -> None:
        for line in self._lines:
            line.close()
        time.sleep(SETTLE)


def cost(bench: Bench, made: World, server: Server, model: Server) -> Cost:
    """What the open streams cost while nothing else is asked."""
    meter = Meter(server=server.pid, model=model.pid, postgres=made.engines.postgres_pid, valkey=made.engines.redis_pid)
    words = said(model)
    time.sleep(bench.seconds)
    span, count = meter.span(), said(model) - words
    return Cost(span.cpu["server"] / 1e3 / max(count, 1), count / span.seconds, span.foreign())


def said(model: Server) -> int:
    return int(exchange(model.port, request("GET", "/words"))[1])


def listing(order: Order) -> Result:
    with Load(order) as load:
        load.go()
        result = load.result()
    if result.bad:
        raise RuntimeError(f"list requests failed: {result.statuses}, {result.lost} without a response")
    return result


def report(kib: float, calm: list[Result], busy: list[Result], costs: list[Cost]) -> Report:
    page = Report(
        "Streams of the tutor", f"What do {STREAMS} open streams cost, and how do they affect other requests?"
    )
    slower = ratios([one.p99 for one in busy], [one.p99 for one in calm])
    page.headlines += [
        Headline("memory per open stream of the tutor", f"{kib:.0f} KiB"),
        Headline("server CPU per word of a stream", f"{spread([one.cpu for one in costs], 0)} µs"),
        Headline(
            f"list requests beside {STREAMS} streams: p99 relative to without",
            spread(slower),
            f"≤ {AIM:g}",
            median(slower) <= AIM,
        ),
    ]
    rows = [
        ["without streams", spread([one.p50 for one in calm], 1), spread([one.p99 for one in calm], 1), ""],
        ["with streams", spread([one.p50 for one in busy], 1), spread([one.p99 for one in busy], 1), spread(slower)],
    ]
    words = median([one.words for one in costs])
    page.add(
        f"{PACE:.0f} list requests per second on {CONNECTIONS} connections",
        ["", "p50 ms", "p99 ms", "× without"],
        rows,
        f"Each stream gets {RATE:g} words a second from the model, {words:,.0f} in all; a word is a chunk of the model,"
        f" and a sentence of the response is checked and sent at its end. Other load:"
        f" {median([one.alien for one in costs]):.2f}.",
    )
    return page
