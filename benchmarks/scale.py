"""Whether requests cost the same with twenty times as many students, and what a very long task list costs.

Two databases in the same run: students have the same number of tasks in both, but one has twenty times as many
students. Tasks are stored in the order of creation, so those of one student are scattered. One student of the larger
database has 20,000 tasks.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.bench import Bench
from benchmarks.contenders import Void
from benchmarks.load import Load, Order, exchange, request
from benchmarks.measure import OTHER_CORE, Meter, median, pin, ratios, spread
from benchmarks.report import Headline, Report
from benchmarks.world import SUBJECTS_EACH, TASKS_EACH, Person, Server, World, _id, ours, people
from studyteddy.embedded import engines
from studyteddy.platform.db import migrations

TIMES = 20
"""The size of the larger database relative to the smaller one."""
PEOPLE, PREPARED = 8_000, 8_000
LONG_OWNER = "student0@example.org"
CONNECTIONS = 16
SCALE_AIM, DEEP_AIM = 1.3, 1.5
PAGE = 200


class Case(NamedTuple):
    """One kind of request."""

    name: str
    path: str


CASES = (
    Case("list 20 tasks", "/api/tasks?limit=20"),
    Case("today", "/api/tasks/today?limit=20"),
    Case("search tasks", "/api/tasks?q=chapter%207&limit=20"),
    Case("search everything", "/api/search?q=chapter%207&limit=20"),
)
LONG = (
    Case("the first page", "/api/tasks?limit=50"),
    Case("a late page", "/api/tasks?limit=50&cursor={cursor}"),
    Case("today", "/api/tasks/today?limit=50"),
    Case("search tasks, few match", "/api/tasks?q=chapter%20777&limit=50"),
    Case("search tasks, all match", "/api/tasks?q=chap&limit=50"),
    Case("search everything", "/api/search?q=chapter%20777&limit=50"),
)
"""Requests of the student with the very long list, one after the other."""


@dataclass
class Side:
    """One of the two databases with its server and the requests of its students."""

    name: str
    made: World
    server: Server
    meter: Meter
    prepared: Callable[[Case], list[bytes]]


class Run(NamedTuple):
    """CPU of the server and of PostgreSQL in µs per request; latency in ms; cores busy with other programs."""

    cpu: float
    postgres: float
    p50: float
    p99: float
    alien: float

    @property
    def both(self) -> float:
        return self.cpu + self.postgres


def steps(bench: Bench) -> int:
    return 2 * (TASKS_EACH + 3) + bench.rounds + 2


def run(bench: Bench) -> Report:
    """Runs both databases, all cases and all rounds."""
    tasks = min(bench.tasks, 25_000) if bench.quick else bench.tasks
    long = 2_000 if bench.quick else 20_000
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(dir=bench.folder)))
        sides = [
            ending.enter_context(side(bench, folder, name, count, long))
            for name, count in (("smaller", tasks), ("larger", tasks * TIMES))
        ]
        found = compare(bench, sides)
        bench.step("the very long list")
        owner = _owner(sides[1].made)
        deep = _deep(sides[1].server, owner, long)
        paths = [Case(case.name, case.path.format(cursor=deep)) for case in LONG]
        alone = [
            [_once(sides[1], case, [_get(case, owner)], 1, bench.seconds) for case in paths]
            for _ in range(bench.rounds)
        ]
    return report(tasks, long, found, list(zip(*alone, strict=True)))


@contextmanager
def side(bench: Bench, folder: Path, name: str, tasks: int, long: int) -> Iterator[Side]:
    """A database with data and its server. Measuring writes nothing, so the database need not be durable."""
    with ExitStack() as ending:
        found = ending.enter_context(engines(folder / name, durable=False))
        migrations.upgrade(found.migration_database_url)
        made = World(found, tasks=tasks)
        fill(bench, made, name, long)
        for pid in (found.postgres_pid, found.redis_pid):
            pin(pid, OTHER_CORE)
        made.people = people(made, f"WHERE u.email <> '{LONG_OWNER}' ORDER BY random() LIMIT {PEOPLE}")
        server = ours(made, folder, name=name)
        ending.callback(server.stop)
        chance = random.Random(11)

        def prepared(case: Case) -> list[bytes]:
            return [_get(case, chance.choice(made.people)) for _ in range(PREPARED)]

        yield Side(name, made, server, Meter(postgres=found.postgres_pid, server=server.pid), prepared)


def fill(bench: Bench, made: World, name: str, long: int) -> None:
    """Inserts the students, then one task for each, then the next; builds the indexes at the end."""
    students = made.tasks // TASKS_EACH
    bench.step(f"{name}: {students:,} students")
    made.do(STUDENTS.format(students=students))
    indexes = [str(row[0]) for row in made.do(INDEXES)]
    made.do(";\n".join([*(f"DROP INDEX {row[0]}" for row in made.do(NAMES)), "SELECT 1"]))
    for number in range(1, TASKS_EACH + 1):
        bench.step(f"{name}: {number * students:,} tasks")
        made.do(TASKS.format(n=number, students=students, every=max(students * TASKS_EACH // long, 1)))
    bench.step(f"{name}: indexes")
    made.do(";\n".join(["SET maintenance_work_mem = '1GB'", *indexes, "VACUUM ANALYZE", "SELECT 1"]))


def compare(bench: Bench, sides: Sequence[Side]) -> dict[str, dict[str, list[Run]]]:
    """Runs a warm-up round, then the rounds that count; the databases take turns."""
    asked = {side.name: {case.name: side.prepared(case) for case in CASES} for side in sides}
    found: dict[str, dict[str, list[Run]]] = {case.name: {side.name: [] for side in sides} for case in CASES}
    for number in range(-1, bench.rounds):
        bench.step("warming up" if number < 0 else f"round {number + 1}")
        for case in CASES:
            for one in sides if number % 2 else sides[::-1]:
                done = _once(one, case, asked[one.name][case.name], CONNECTIONS, bench.seconds)
                if number >= 0:
                    found[case.name][one.name].append(done)
    return found


def _once(one: Side, case: Case, asked: list[bytes], connections: int, seconds: float) -> Run:
    with Load(Order(one.server.port, asked, connections, seconds)) as load:
        one.meter.reset()
        load.go()
        result = load.result()
        span = one.meter.span()
    if result.bad or not result.answered:
        raise Void(f"{one.name}, {case.name}: {result.statuses}, {result.lost} without a response")
    cpu, postgres = (span.cpu[name] / 1e3 / result.answered for name in ("server", "postgres"))
    return Run(cpu, postgres, result.p50, result.p99, span.foreign(result.cpu_ns))


def _get(case: Case, person: Person) -> bytes:
    return request("GET", case.path, person.token)


def _owner(made: World) -> Person:
    (person,) = people(made, f"WHERE u.email = '{LONG_OWNER}'")
    return person


class _Page(msgspec.Struct, rename="camel"):
    items: list[msgspec.Raw]
    next_cursor: str | None


def _deep(server: Server, owner: Person, long: int) -> str:
    """The cursor after nine tenths of the very long list, reached page by page."""
    path = f"/api/tasks?limit={PAGE}"
    cursor, seen = "", 0
    while seen < long * 9 // 10:
        status, body = exchange(server.port, request("GET", path + cursor, owner.token))
        page = msgspec.json.decode(body, type=_Page)
        if status != 200 or page.next_cursor is None:
            raise Void(f"the long list ends after {seen} tasks: {status}")
        seen += len(page.items)
        cursor = f"&cursor={page.next_cursor}"
    return cursor.removeprefix("&cursor=")


def report(tasks: int, long: int, found: dict[str, dict[str, list[Run]]], alone: Sequence[Sequence[Run]]) -> Report:
    page = Report("Scale", "Do requests cost the same with twenty times as many students?")
    for name, runs in found.items():
        beside = _beside(runs["larger"], runs["smaller"])
        page.headlines.append(
            Headline(
                f"{name}: CPU with {tasks * TIMES:,} tasks relative to {tasks:,}",
                spread(beside),
                f"≤ {SCALE_AIM}",
                median(beside) <= SCALE_AIM,
            )
        )
    deep = _beside(alone[1], alone[0])
    page.headlines.append(
        Headline(
            f"late page of {long:,} tasks: CPU relative to the first page",
            spread(deep),
            f"≤ {DEEP_AIM}",
            median(deep) <= DEEP_AIM,
        )
    )
    search = spread([run.both / 1e3 for run in alone[3]], 0)
    page.headlines.append(Headline(f"search among {long:,} tasks of one student: CPU", f"{search} ms"))
    rows = [
        [name, size, *_cells(runs[size]), spread(_beside(runs[size], runs["smaller"]))]
        for name, runs in found.items()
        for size in ("smaller", "larger")
    ]
    page.add(
        f"{TASKS_EACH} tasks per student",
        ["", "database", *COLUMNS, "server + PostgreSQL, × smaller"],
        rows,
        f"{tasks:,} tasks and {tasks * TIMES:,} tasks; {PEOPLE:,} of the students send requests.",
    )
    page.add(
        f"{long:,} tasks of one student",
        ["", *COLUMNS, "× first page"],
        [[case.name, *_cells(runs), spread(_beside(runs, alone[0]))] for case, runs in zip(LONG, alone, strict=True)],
        f"In the larger database, one request at a time. The late page starts after {long * 9 // 10:,} tasks.",
    )
    return page


COLUMNS = ["server CPU µs", "PostgreSQL CPU µs", "p50 ms", "p99 ms", "other load"]


def _cells(runs: Sequence[Run]) -> list[str]:
    cpu = [spread([getattr(run, side) for run in runs], 0) for side in ("cpu", "postgres")]
    return [*cpu, *(f"{median([getattr(run, key) for run in runs]):.2f}" for key in ("p50", "p99", "alien"))]


def _beside(ours: Sequence[Run], theirs: Sequence[Run]) -> list[float]:
    return ratios([run.both for run in ours], [run.both for run in theirs])


INDEXES = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index
 WHERE indrelid = 'tasks'::regclass AND NOT indisprimary AND NOT indisunique ORDER BY indexrelid"""
NAMES = INDEXES.replace("pg_get_indexdef(indexrelid)", "indexrelid::regclass::text")

_STUDENT = _id("1700000000000 + {u}", "'user' || {u}")

STUDENTS = f"""
SET session_replication_role = replica;
INSERT INTO users (id, email, name, created_at, updated_at)
SELECT {_STUDENT.format(u="n")}, 'student' || n || '@example.org', 'Student ' || n, now(), now()
  FROM generate_series(0, {{students}}) AS n;
INSERT INTO event_counters (user_id) SELECT id FROM users;
INSERT INTO sessions (id, user_id, expires_at, absolute_expires_at)
SELECT gen_random_uuid(), id, now() + interval '7 days', now() + interval '30 days' FROM users;
INSERT INTO subjects (id, user_id, name, color, created_at, updated_at, words)
SELECT {_id("1710000000000 + n", "u.id::text || n")}, u.id, 'Subject ' || n, '#7c3aed', now(), now(),
       ('subject:1A ' || n || ':2A')::tsvector
  FROM generate_series(0, {SUBJECTS_EACH - 1}) AS n, users AS u;
ANALYZE users, sessions, subjects;
SELECT 1"""

# Task `n` of every student, interleaved with the tasks of student 0, whose chapters are numbered consecutively.
TASKS = f"""
SET session_replication_role = replica;
SET synchronous_commit = off;
INSERT INTO tasks (id, user_id, subject_id, title, description, status, priority, due_date, due_zone, estimated_minutes,
                   labels, completed_at, completed_on, on_time, completions, created_at, updated_at, words)
SELECT {_id("1720000000000 + {n} * 1000000::bigint", "owner || chapter::text")}, owner,
       {_id("1710000000000 + chapter % " + str(SUBJECTS_EACH), "owner::text || chapter % " + str(SUBJECTS_EACH))},
       'Read chapter ' || chapter || ' and answer the questions',
       'Notes for chapter ' || chapter || ': summarise, then quiz; ' || repeat('lorem ipsum ', 6),
       CASE WHEN chapter % 5 = 0 THEN 'completed' ELSE 'pending' END,
       (ARRAY['low', 'medium', 'high', 'urgent'])[1 + chapter % 4], current_date - 20 + chapter * 7 % 60, 'UTC',
       15 + chapter % 100, ARRAY['exam'], CASE WHEN chapter % 5 = 0 THEN now() END,
       CASE WHEN chapter % 5 = 0 THEN current_date END, CASE WHEN chapter % 5 = 0 THEN true END,
       CASE WHEN chapter % 5 = 0 THEN 1 ELSE 0 END, now() - interval '100 days' + interval '1 day' * {{n}}, now(),
       ('read:1A chapter:2A ' || chapter || ':3A and:4A answer:5A the:6A questions:7A exam:8B notes:9 for:10'
        || ' chapter:11 ' || chapter || ':12 summarise:13 then:14 quiz:15 lorem:16 ipsum:17')::tsvector
  FROM generate_series(1, {{students}}) AS u
 CROSS JOIN LATERAL (
    SELECT {_STUDENT.format(u="u")} AS owner, {{n}} AS chapter
    UNION ALL
    SELECT {_STUDENT.format(u="0")}, (({{n}} - 1) * {{students}} + u) / {{every}} + 1 WHERE u % {{every}} = 0
 ) AS one;
SELECT 1"""
