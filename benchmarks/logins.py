"""How 100 simultaneous logins affect other requests: hashing one password takes 250 ms of CPU."""

from __future__ import annotations

import socket
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import msgspec

from benchmarks.bench import Bench
from benchmarks.contenders import Case
from benchmarks.load import Load, Order, Result, request, whole
from benchmarks.measure import Meter, median, percentile, ratios, spread
from benchmarks.report import Headline, Report
from benchmarks.requests import Asking
from benchmarks.world import KEYS, World, ours
from benchmarks.world import run as in_loop
from studyteddy.platform.security.fair_queue import Requester
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.settings import key_bytes

LOGINS, COST = 100, 12
PACE, CONNECTIONS, SECONDS = 200.0, 16, 6.0
PASSWORD = "six weeks of study"
AIM = 50.0
LIST = Case("list 20 tasks", "/api/tasks?limit=20")


def steps(bench: Bench) -> int:
    return bench.rounds


def run(bench: Bench) -> Report:
    made = bench.world
    emails = prepare(made)
    calm, stormy, answers, alien = [], [], [], []
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        server = ours(made, folder, core=None, BCRYPT_COST=str(COST))
        ending.callback(server.stop)
        asking = Asking(made, True)
        order = Order(server.port, asking.prepared(LIST, 4_000), CONNECTIONS, SECONDS, pace=PACE)
        meter = Meter(server=server.pid, postgres=made.engines.postgres_pid, valkey=made.engines.redis_pid)
        for number in range(bench.rounds):
            bench.step(f"round {number + 1}")
            calm.append(listing(order, None))
            meter.reset()
            logins = Logins(server.port, emails)
            stormy.append(listing(order, logins))
            alien.append(meter.span().foreign(stormy[-1].cpu_ns))
            answers.append(logins)
    return report(calm, stormy, answers, alien)


def prepare(made: World) -> list[str]:
    """Gives 100 users a password. They share one hash; its verification is not cached."""
    passwords = Passwords(key_bytes(KEYS["PASSWORD_PEPPER"]), guesses=Unlimited(), cost=COST)
    hashed = in_loop(passwords.hash(PASSWORD, requester=Requester("benchmark", "benchmark")))
    passwords.close()
    ids = [person.user_id for person in made.people[-LOGINS:]]
    rows = made.do("UPDATE users SET password_hash = $1 WHERE id = ANY($2) RETURNING email", hashed, ids)
    return [row["email"] for row in rows]


class Unlimited:
    """Counts no guesses."""

    async def count(self, _: Requester) -> None: ...
    async def give_back(self, _: Requester) -> None: ...


def listing(order: Order, logins: Logins | None) -> Result:
    """Sends list requests at a steady rate; after one second, starts the logins if there are any."""
    with Load(order) as load:
        load.go()
        if logins:
            time.sleep(1.0)
            logins.all_at_once()
        result = load.result()
    if result.bad:
        raise RuntimeError(f"list requests failed: {result.statuses}, {result.lost} without a response")
    return result


class Logins:
    """100 connections that log in at the same moment."""

    def __init__(self, port: int, emails: list[str]) -> None:
        bodies = [msgspec.json.encode({"email": email, "password": PASSWORD}) for email in emails]
        self._requests = [request("POST", "/api/auth/login", body=body) for body in bodies]
        self._lines = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in emails]
        self.statuses: Counter[str] = Counter()
        self.seconds: list[float] = []

    def all_at_once(self) -> None:
        """Sends all requests and waits for the responses in the same order."""
        began = time.perf_counter()
        for line, sent in zip(self._lines, self._requests, strict=True):
            line.sendall(sent)
        for line in self._lines:
            got = b""
            while not whole(got):
                got += line.recv(65_536) or b"HTTP/1.1 000 \r\n\r\n"
            self.statuses[got[9:12].decode()] += 1
            self.seconds.append(time.perf_counter() - began)
            line.close()


def report(calm: list[Result], stormy: list[Result], answers: list[Logins], alien: list[float]) -> Report:
    page = Report("Logins", f"How do {LOGINS} simultaneous logins affect other users' list requests?")
    statuses = sum((one.statuses for one in answers), Counter[str]())
    each = ", ".join(f"{count / len(answers):.0f} × {status}" for status, count in sorted(statuses.items()))
    p99 = [one.p99 for one in stormy]
    page.headlines += [
        Headline("list requests during 100 logins: p99", f"{spread(p99, 0)} ms", f"≤ {AIM:.0f} ms", median(p99) <= AIM),
        Headline("responses to the logins", each),
    ]
    rows = [
        ["alone", spread([one.p50 for one in calm], 1), spread([one.p99 for one in calm], 1), ""],
        [
            "during the logins",
            spread([one.p50 for one in stormy], 1),
            spread(p99, 1),
            spread(ratios(p99, [one.p99 for one in calm])),
        ],
    ]
    last = percentile([max(one.seconds) for one in answers], 0.5)
    page.add(
        f"{PACE:.0f} list requests per second on {CONNECTIONS} connections",
        ["", "p50 ms", "p99 ms", "× alone"],
        rows,
        f"bcrypt with cost {COST}. The server is not pinned to a core. All logins were answered within {last:.1f} s:"
        f" {each}. Responses with 429 carry `Retry-After`. Other load: {median(alien):.2f}.",
    )
    return page
