"""Migrations: Alembic revisions that hold SQL, run by the owner of the schema, never by the application."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

ROOT = Path(__file__).resolve().parents[3]
APP_ROLE = "study_app"


def upgrade(url: str, *, app_role: str = APP_ROLE, to: str = "head") -> None:
    """Brings the database behind `url` to revision `to`; `app_role` is granted what the application needs."""
    config = _config()
    config.attributes["url"] = _for_sqlalchemy(url)
    config.attributes["app_role"] = app_role
    command.upgrade(config, to)


def latest() -> str:
    """The revision this program was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise LookupError("there are no migrations")
    return head


def known(revision: str) -> bool:
    """Whether this program knows `revision`; a newer program's revision is unknown."""
    return any(found.revision == revision for found in ScriptDirectory.from_config(_config()).walk_revisions())


async def current(url: str) -> str | None:
    """The revision of the database behind `url`, or nothing before the first migration."""
    connection = await asyncpg.connect(url, timeout=2)
    try:
        if await connection.fetchval("SELECT to_regclass('public.alembic_version')") is None:
            return None
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision
    finally:
        await connection.close()


def run(op: Any, sql: str) -> None:
    """Runs several statements in the revision's transaction; `{app}` stands for the application's role."""
    role = op.get_context().config.attributes["app_role"].replace('"', '""')
    connection = op.get_bind().connection.dbapi_connection
    connection.run_async(lambda driver: driver.execute(sql.replace("{app}", f'"{role}"')))


def app_role(database_url: str) -> str:
    """The role that `database_url` signs in as."""
    return urlsplit(database_url).username or APP_ROLE


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _for_sqlalchemy(url: str) -> str:
    return url.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+asyncpg://", 1)
