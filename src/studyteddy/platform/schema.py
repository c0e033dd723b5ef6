"""The schema's revisions: which one this program was written for, and which one a database has.

Read from the names of the revisions' files, since running them is no business of the API or the worker.
"""

from __future__ import annotations

from pathlib import Path

import asyncpg

MIGRATIONS = Path(__file__).resolve().parents[3] / "migrations"


def latest() -> str:
    """The revision this program was written for."""
    return _revisions()[-1]


def known(revision: str) -> bool:
    """Whether this program knows `revision`; a newer program's revision is unknown."""
    return revision in _revisions()


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


def _revisions() -> list[str]:
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
