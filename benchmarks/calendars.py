"""What calendars of others cost: listing the events of a week, and synchronizing an account."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import msgspec

from benchmarks.bench import Bench
from benchmarks.calendar_sync import Cost, Order
from benchmarks.contenders import Void
from benchmarks.load import Load, request
from benchmarks.load import Order as LoadOrder
from benchmarks.measure import Meter, spread
from benchmarks.report import Headline, Report
from benchmarks.world import ROOT, Person, Server, World, ours

STORED, EVENTS, TIMES = 2_000, 20_000, 40
CONNECTIONS = 8
LISTS = {"a week with 30 of 2,000 stored events": 460, "a week with 2,000 events": 7}
"""Over how many days the stored events of a student are spread, from today."""


def steps(bench: Bench) -> int:
    return (bench.rounds + 1) * len(LISTS) + 2


def run(bench: Bench) -> Report:
    made = bench.world
    costs: dict[str, list[tuple[float, float]]] = {name: [] for name in LISTS}
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        bench.step("storing events")
        asked = {name: listing(made, person, LISTS[name]) for name, person in zip(LISTS, made.people, strict=False)}
        server = ours(made, folder)
        ending.callback(server.stop)
        for number in range(-1, bench.rounds):
            for name, sent in asked.items():
                bench.step("warming up" if number < 0 else f"round {number + 1}: {name}")
                cost = list_cost(bench, made, server, sent)
                if number >= 0:
                    costs[name].append(cost)
    bench.step("synchronizing an account")
    return report(costs, synchronized(made, made.people[len(LISTS)], EVENTS // 10 if bench.quick else EVENTS))


def listing(made: World, person: Person, days: int) -> bytes:
    """Store events of a student, and return the request for those of a week."""
    made.do(
        _FEED.format(user=person.user_id, feed=uuid4(), count=STORED, days=days) + ";\nVACUUM ANALYZE calendar_events"
    )
    begin = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    week = {"from": begin.isoformat(), "to": (begin + timedelta(days=7)).isoformat()}
    return request("GET", f"/api/calendar/events?{urlencode(week)}", person.token)


def list_cost(bench: Bench, made: World, server: Server, sent: bytes) -> tuple[float, float]:
    """Return the CPU of the server and of the database for a request, in µs."""
    meter = Meter(server=server.pid, postgres=made.engines.postgres_pid)
    with Load(LoadOrder(server.port, [sent], CONNECTIONS, bench.seconds)) as load:
        meter.reset()
        load.go()
        result = load.result()
        span = meter.span()
    if result.bad or not result.answered:
        raise Void(f"events of a week: {result.statuses}, {result.lost} without a response")
    server_cpu, database = (span.cpu[name] / 1e3 / result.answered for name in ("server", "postgres"))
    return server_cpu, database


def synchronized(made: World, person: Person, events: int) -> Cost:
    """Synchronize an account of a student in a process of its own."""
    account_id = uuid4()
    made.do(_ACCOUNT.format(user=person.user_id, account=account_id))
    order = Order(person.user_id, account_id, events, TIMES, made.engines.postgres_pid)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.calendar_sync"],
        input=msgspec.json.encode({"order": order, "settings": made.environment()}),
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise Void(done.stderr.decode()[-3000:])
    kept = made.number(f"SELECT count(*) FROM calendar_events WHERE user_id = '{person.user_id}'")
    if kept != events:
        raise Void(f"{kept} of {events} events were kept")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Cost)


def report(costs: dict[str, list[tuple[float, float]]], cost: Cost) -> Report:
    page = Report("Calendars", "What does it cost to list the events of calendars, and to synchronize an account?")
    rows = []
    for name, runs in costs.items():
        server, database = (spread(values, 0) for values in zip(*runs, strict=True))
        page.headlines.append(Headline(f"list {name}: server CPU", f"{server} µs"))
        rows.append([name, server, database])
    idle = f"{cost.idle_cpu:.1f} ms"
    first = f"{cost.seconds:.1f} s, {cost.peak:.0f} MiB, {cost.requests} requests"
    page.headlines += [
        Headline("synchronize an idle calendar account: worker CPU", idle),
        Headline("first synchronization of 20,000 events", first),
    ]
    page.add("Events of a week", ["", "server CPU µs/request", "PostgreSQL µs"], rows)
    page.add(
        "Synchronization of an account",
        ["", "seconds", "worker CPU ms", "readers CPU ms", "PostgreSQL ms", "peak MiB, worker / reader", "requests"],
        [
            [
                "first, 20,000 events",
                f"{cost.seconds:.1f}",
                f"{cost.cpu:.0f}",
                f"{cost.reader_cpu:.0f}",
                f"{cost.database_cpu:.0f}",
                f"{cost.peak:.0f} / {cost.reader_peak:.0f}",
                f"{cost.requests}",
            ],
            [
                "later, nothing new",
                f"{cost.idle_seconds:.3f}",
                f"{cost.idle_cpu:.1f}",
                "–",
                f"{cost.idle_database_cpu:.1f}",
                "–",
                f"{cost.idle_requests}",
            ],
        ],
        "The provider is in memory and answers at once, 250 events at a time. The peak of the worker includes the"
        " program itself, and the texts of the 20,000 events, which the provider holds. Readers are the processes that"
        " read events.",
    )
    return page


_FEED = """
INSERT INTO calendar_feeds (user_id, id, name, address, host, asked_at, next_run, added, changed, removed, problems,
                            failures, etag, last_modified, created_at)
VALUES ('{user}', '{feed}', 'Calendar', '\\x00', 'calendar.example', now(), now() + interval '1 year', 0, 0, 0, '{{}}',
        0, '', '', now());
INSERT INTO calendar_events (user_id, id, feed_id, uid, recurrence_id, title, description, location, url, starts_at,
                             ends_at, busy, deadline)
SELECT '{user}', gen_random_uuid(), '{feed}', n || '@calendar.example', '', 'Lecture ' || n || ': waves and optics',
       'Bring the exercises of last week, and read the chapter before.', 'Room 12', '', at, at + interval '90 minutes',
       true, false
  FROM generate_series(0, {count} - 1) AS n,
       LATERAL (SELECT date_trunc('day', now(), 'UTC') + n * interval '1 day' * {days} / {count}) AS day(at)
"""
_ACCOUNT = """
INSERT INTO calendar_accounts (user_id, id, provider, owner_key, address, credential, access, state, failures, writes,
                               asked_at, next_sync_at, created_at)
VALUES ('{user}', '{account}', 'google', 'ada', 'ada@example.org', '\\x00', 'busy', 'ok', 0, false,
        now() - interval '1 hour', now() + interval '1 year', now())
"""
