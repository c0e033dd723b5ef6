"""Schema revisions: the one that this version of the program needs, and the one of a database.

Revisions are read from file names, since the API and the worker don't run migrations.
"""

from __future__ import annotations

from pathlib import Path

import asyncpg

CONNECT_SECONDS = 2.0
MIGRATIONS = Path(__file__).resolve().parents[4] / "migrations"


def latest() -> str:
    """Return the revision that this version of the program needs."""
    return _revisions()[-1]


def known(revision: str) -> bool:
    """Return whether `revision` exists in this version; those of newer versions don't."""
    return revision in _revisions()


async def current(url: str) -> str | None:
    """Return the revision of the database at `url`, or `None` before the first migration."""
    connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
    try:
        if await connection.fetchval("SELECT to_regclass('public.alembic_version')") is None:
            return None
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision
    finally:
        await connection.close()


def _revisions() -> list[str]:
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
