"""Migrations: Alembic revisions with SQL, run by the schema's owner, never by the application's role."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from alembic import command
from alembic.config import Config

from studyteddy.platform.db.schema import MIGRATIONS

APP_ROLE = "study_app"


def upgrade(url: str, *, app_role: str = APP_ROLE, to: str = "head") -> None:
    """Migrate the database at `url` to revision `to`; grant `app_role` what the application needs."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = _for_sqlalchemy(url)
    config.attributes["app_role"] = app_role
    command.upgrade(config, to)


def run(op: Any, sql: str) -> None:
    """Run several statements in the revision's transaction; `{app}` is replaced by the application's role."""
    role = op.get_context().config.attributes["app_role"].replace('"', '""')
    run_with(op, lambda driver: driver.execute(sql.replace("{app}", f'"{role}"')))


def run_with(op: Any, work: Callable[[Any], Awaitable[Any]]) -> None:
    """Call `work` with the revision's connection, in its transaction, for changes that need more than SQL."""
    bind = op.get_bind()
    bind.exec_driver_sql("SELECT")  # SQLAlchemy starts the transaction with its first statement
    bind.connection.dbapi_connection.run_async(work)


def app_role(database_url: str) -> str:
    """Return the role that `database_url` connects as."""
    return urlsplit(database_url).username or APP_ROLE


def _for_sqlalchemy(url: str) -> str:
    return f"postgresql+asyncpg://{url.partition('://')[2]}"
