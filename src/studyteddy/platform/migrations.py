"""Migrations: Alembic revisions that hold SQL, run by the owner of the schema, never by the application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from alembic import command
from alembic.config import Config

from studyteddy.platform.schema import MIGRATIONS

APP_ROLE = "study_app"


def upgrade(url: str, *, app_role: str = APP_ROLE, to: str = "head") -> None:
    """Brings the database behind `url` to revision `to`; `app_role` is granted what the application needs."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = _for_sqlalchemy(url)
    config.attributes["app_role"] = app_role
    command.upgrade(config, to)


def run(op: Any, sql: str) -> None:
    """Runs several statements in the revision's transaction; `{app}` stands for the application's role."""
    role = op.get_context().config.attributes["app_role"].replace('"', '""')
    run_with(op, lambda driver: driver.execute(sql.replace("{app}", f'"{role}"')))


def run_with(op: Any, work: Callable[[Any], Awaitable[Any]]) -> None:
    """Hands the revision's connection, inside its transaction, to `work`: for what SQL alone cannot say."""
    bind = op.get_bind()
    bind.exec_driver_sql("SELECT")  # the transaction begins with the first statement that the binding itself sees
    bind.connection.dbapi_connection.run_async(work)


def app_role(database_url: str) -> str:
    """The role that `database_url` signs in as."""
    return urlsplit(database_url).username or APP_ROLE


def _for_sqlalchemy(url: str) -> str:
    return url.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+asyncpg://", 1)
