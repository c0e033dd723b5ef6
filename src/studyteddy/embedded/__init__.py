"""Private PostgreSQL and Valkey servers for `./teddy up` and tests: one data folder, nothing to install."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from studyteddy.embedded.folder import DataFolder
from studyteddy.embedded.postgres import ADMIN, APP, OWNER, Postgres
from studyteddy.embedded.valkey import Valkey


@dataclass(frozen=True)
class Engines:
    """URLs of the two running engines, including the passwords."""

    database_url: str
    """For the application role, which owns nothing."""
    migration_database_url: str
    """For the owner of the schema."""
    admin_database_url: str
    """For the superuser, for tests that create databases."""
    redis_url: str
    postgres_pid: int
    redis_pid: int


@contextmanager
def engines(data_dir: Path, *, durable: bool = True) -> Iterator[Engines]:
    """Run both engines in `data_dir` until the block ends; `durable=False` trades durability for speed."""
    folder = DataFolder.at(data_dir)
    with ExitStack() as stack:
        stack.enter_context(folder.locked())
        postgres, valkey = Postgres(folder, durable=durable), Valkey(folder, durable=durable)
        for engine in (postgres, valkey):
            stack.callback(engine.stop)
            engine.start()
        yield Engines(
            database_url=postgres.url(APP),
            migration_database_url=postgres.url(OWNER),
            admin_database_url=postgres.url(ADMIN, ADMIN),
            redis_url=valkey.url(),
            postgres_pid=postgres.pid,
            redis_pid=valkey.pid,
        )
