"""Private PostgreSQL and Valkey for `./teddy up` and for tests: one data folder, nothing to install."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from studyteddy.embedded.folder import DataFolder, InUse, Trouble
from studyteddy.embedded.postgres import ADMIN, APP, OWNER, Postgres
from studyteddy.embedded.valkey import Valkey

__all__ = ["DataFolder", "Engines", "InUse", "Postgres", "Trouble", "Valkey", "engines"]


@dataclass(frozen=True)
class Engines:
    """Addresses of two running engines; each holds its password."""

    database_url: str
    """As the application role, which owns nothing."""
    migration_database_url: str
    """As the owner of the schema."""
    admin_database_url: str
    """As the superuser, for tests that make databases."""
    redis_url: str
    postgres_pid: int
    redis_pid: int


@contextmanager
def engines(data_dir: Path, *, durable: bool = True) -> Iterator[Engines]:
    """Both engines, running in `data_dir` until the block ends; `durable=False` trades safety for speed."""
    folder = DataFolder.at(data_dir)
    with ExitStack() as ending:
        ending.enter_context(folder.locked())
        postgres, valkey = Postgres(folder, durable=durable), Valkey(folder, durable=durable)
        for engine in (postgres, valkey):
            ending.callback(engine.stop)
            engine.start()
        yield Engines(
            database_url=postgres.url(APP),
            migration_database_url=postgres.url(OWNER),
            admin_database_url=postgres.url(ADMIN, ADMIN),
            redis_url=valkey.url(),
            postgres_pid=postgres.pid,
            redis_pid=valkey.pid,
        )
