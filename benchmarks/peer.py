"""A peer to compare with: a NestJS program with its own tables in its own database on the same PostgreSQL.

`--peer DIR` names a folder with `nest/` (sources), `sql/` (schema.sql, seed.sql) and `queue/` (bullmq.js). It is built
once, in a temporary copy; its live connections (`peer_sockets.py`) and its queue (`peer_jobs.py`) run from there
unchanged. HTTP requests go to a second copy with equivalents of what our program does on each request: a rate limiter
that counts in Redis (the throttler's default store keeps one timer per request and searches all of them when one ends,
which would distort the comparison), the headers of helmet, and CORS. If these can't be added, the page says so.
The peer authenticates with HS256 and expects an instant as `dueDate`.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec

from benchmarks.bench import Bench
from benchmarks.contenders import Case, Contender
from benchmarks.load import request
from benchmarks.world import KEYS, Server, World, plain_token
from benchmarks.world import run as in_loop

WARM = 12.0
"""V8 keeps optimising for minutes; this many seconds bring an endpoint close to its final speed."""
VARIANTS = {"N1": {}, "N1prep": {"DRIVER": "pg", "PREP": "1"}}
ADDED = ("@nestjs/throttler@6", "@fastify/helmet@13")
PATIENCE = 600
DATABASE = "peer"

MAIN = (
    ("import { AppModule }", "import helmet from '@fastify/helmet';\nimport { AppModule }"),
    (
        "  app.useGlobalPipes(",
        "  await app.register(helmet);\n  app.enableCors({ origin: ['https://study.example'], credentials: true });\n"
        "  app.useGlobalPipes(",
    ),
)
SHARED_HITS = """
class SharedHits {
  private redis: any = new Redis(process.env.REDIS_URL!);
  constructor() {
    const lua = "local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end " +
      "return {n, redis.call('PTTL', KEYS[1])}";
    this.redis.defineCommand('hit', { numberOfKeys: 1, lua });
  }
  async increment(key: string, ttl: number) {
    const [totalHits, left] = await this.redis.hit('throttle:' + key, ttl);
    return { totalHits, timeToExpire: Math.ceil(left / 1000), isBlocked: false, timeToBlockExpire: 0 };
  }
}

@Controller('health')"""
LIMITED = "ThrottlerModule.forRoot({ throttlers: [{ ttl: 60000, limit: 1e9 }], storage: new SharedHits() as any })"
MODULE = (
    (
        "import { AuthGuard,",
        "import { APP_GUARD } from '@nestjs/core';\n"
        "import { SkipThrottle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';\n"
        "import { AuthGuard,",
    ),
    ("@Controller('health')", SHARED_HITS),
    ("@Get() ok()", "@SkipThrottle() @Get() ok()"),  # our program does not limit it either
    ("imports: [PassportModule,", f"imports: [{LIMITED}, PassportModule,"),
    ("providers: [JwtStrategy,", "providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }, JwtStrategy,"),
)


@contextmanager
def contenders(bench: Bench, folder: Path) -> Iterator[list[Contender]]:
    """The variants of the peer: built, with data, and running."""
    assert bench.peer is not None
    bench.step("building the peer")
    built, missing = build(plain(bench), folder / "nest")
    bench.step("loading the peer's database")
    url = fill(bench.world, bench.peer / "sql")
    asking = Asking(url)
    environment = production(bench.world) | {"DATABASE_URL": url, "UV_THREADPOOL_SIZE": "4"}
    command = node(built / "dist" / "main.js")
    with ExitStack() as ending:
        found = []
        for name, extra in VARIANTS.items():
            server = Server(name, command, environment | extra, folder, alive="/health")
            ending.callback(server.stop)
            found.append(Contender(name, server, asking.prepared, foreign=True, warm=WARM, without=missing))
        yield found


def production(made: World) -> dict[str, str]:
    """The settings of all programs of the peer."""
    return {"NODE_ENV": "production", "REDIS_URL": made.engines.redis_url, "JWT_SECRET": KEYS["SIGNING_KEY"]}


def node(*words: Path | str) -> list[str]:
    return [shutil.which("node") or "node", *map(str, words)]


def plain(bench: Bench) -> Path:
    """An unchanged built copy of the peer, created when first needed; it contains `queue/`."""
    assert bench.peer is not None
    target = bench.folder / "peer"
    if not target.exists():
        making = target.with_suffix(".making")
        shutil.copytree(bench.peer / "nest", making, ignore=shutil.ignore_patterns("node_modules", "dist"))
        shutil.copytree(bench.peer / "queue", making / "queue")
        npm(making, "install", "--no-audit", "--no-fund", "--ignore-scripts")
        npm(making, "run", "build")
        making.rename(target)
    return target


def build(source: Path, target: Path) -> tuple[Path, str]:
    """A copy with the additions, or the source itself and a note about what could not be added."""
    shutil.copytree(source, target, symlinks=True)
    try:
        npm(target, "install", "--no-audit", "--no-fund", "--ignore-scripts", *ADDED)
        patch(target / "src" / "main.ts", MAIN)
        patch(target / "src" / "app.module.ts", MODULE)
        npm(target, "run", "build")
    except (RuntimeError, LookupError) as fault:
        return source, f"without throttler, helmet and CORS, which could not be added: {str(fault)[:200]}"
    return target, ""


def patch(path: Path, changes: tuple[tuple[str, str], ...]) -> None:
    """Replaces texts in a file; raises `LookupError` unless each occurs exactly once."""
    text = path.read_text()
    for place, instead in changes:
        if text.count(place) != 1:
            raise LookupError(f"{path.name} has no single `{place}`")
        text = text.replace(place, instead)
    path.chmod(0o644)
    path.write_text(text)


def npm(folder: Path, *words: str) -> None:
    done = subprocess.run(["npm", *words], cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        raise RuntimeError(f"npm {words[0]}: {(done.stderr or done.stdout)[-1500:]}")


def fill(made: World, sql: Path) -> str:
    """Creates the peer's database with as many tasks as ours; returns its URL."""
    url = made.engines.admin_database_url.rpartition("/")[0] + f"/{DATABASE}"
    each = 25
    texts = [(sql / name).read_text() for name in ("schema.sql", "seed.sql")]
    seed = re.sub(r"(?<!:):tasks\b", str(each), re.sub(r"(?<!:):users\b", str(max(made.tasks // each, 100)), texts[1]))
    made.do(f"DROP DATABASE IF EXISTS {DATABASE}")
    made.do(f"CREATE DATABASE {DATABASE}")
    in_loop(scripts(url, [texts[0], seed]))
    return url


async def scripts(url: str, texts: list[str]) -> None:
    """Runs scripts statement by statement in one session, like psql."""
    connection = await asyncpg.connect(url, timeout=PATIENCE)
    for text in texts:
        lines = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        for statement in lines.split(";\n"):
            if statement.strip():
                await connection.execute(statement)
    await connection.close()


class Asking:
    """Builds requests for the peer."""

    PATHS = {"unread count": "/health/auth", "live": "/health"}  # noqa: RUF012 - a constant

    def __init__(self, url: str) -> None:
        self._random = random.Random(11)
        self._people = in_loop(people(url))

    def prepared(self, case: Case, count: int) -> list[bytes]:
        case = replace_path(case, self.PATHS.get(case.name))
        return [self._one(case, *self._random.choice(self._people), n) for n in range(count)]

    def _one(self, case: Case, token: str, subject_id: UUID, tasks: list[UUID], number: int) -> bytes:
        if case.name == "complete":
            return request("POST", case.path.format(self._random.choice(tasks)), token)
        if case.name != "create":
            return request("GET", case.path, token if case.name != "live" else "")
        body = {
            "title": f"Solve problem set {number}",
            "description": "Pages 10-12, show the steps",
            "subjectId": subject_id,
            "dueDate": "2026-12-24T10:30:00.000Z",
            "priority": "high",
            "estimatedMinutes": 45,
        }
        return request("POST", case.path, token, msgspec.json.encode(body))


def replace_path(case: Case, path: str | None) -> Case:
    return case._replace(path=path) if path else case


async def people(url: str) -> list[tuple[str, UUID, list[UUID]]]:
    """Token, one subject and all tasks of every user."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(
        "SELECT t.user_id, (SELECT id FROM subjects WHERE user_id = t.user_id LIMIT 1), array_agg(t.id)"
        " FROM tasks AS t GROUP BY t.user_id"
    )
    await connection.close()
    return [(plain_token(user_id), subject_id, tasks) for user_id, subject_id, tasks in rows]
