"""Rows older than a search column are found by search after the migration, like new rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from tests.contracts.conftest import Connection

from studyteddy.embedded import Engines
from studyteddy.platform.db import migrations, schema
from studyteddy.platform.fulltext import vector

SEARCH = ScriptDirectory(str(schema.MIGRATIONS)).get_revision("0006")
TITLES = ["Read chapter 5", "Prüfung & 'Quiz' \\ :*", "数学の宿題", "🧸", "Smørrebrød"]
MANY = 4_500
"""More rows than one batch of the backfill."""


@pytest.fixture(scope="module")
async def old(engine: Engines) -> AsyncIterator[Connection]:
    """An older database with rows, migrated to the latest revision; read by a role that bypasses the policies."""
    addresses = (engine.admin_database_url, engine.migration_database_url)
    inside, owner = (address.rpartition("/")[0] + "/old" for address in addresses)
    admin = await asyncpg.connect(engine.admin_database_url)
    await admin.execute("CREATE DATABASE old OWNER study_owner")
    try:
        await asyncio.to_thread(migrations.upgrade, owner, to=str(SEARCH.down_revision))
        connection = await asyncpg.connect(inside)
        await connection.execute(ROWS.format(many=MANY))
        await connection.execute(MORE, TITLES)
        await asyncio.to_thread(migrations.upgrade, owner)
        yield connection
        await connection.close()
    finally:
        await admin.execute("DROP DATABASE old WITH (FORCE)")
        await admin.close()


ROWS = """
INSERT INTO users (id, email, name, created_at, updated_at)
SELECT gen_random_uuid(), n || '@example.org', 'Someone', now(), now() FROM generate_series(1, 3) AS n;
INSERT INTO subjects (id, user_id, name, color, description, resources, created_at, updated_at)
SELECT gen_random_uuid(), id, 'Español', '#000000', 'Años', '[{{"url": "x", "title": "Canción"}}]', now(), now()
  FROM users;
INSERT INTO tasks (id, user_id, title, created_at, updated_at)
SELECT gen_random_uuid(), (SELECT min(id::text)::uuid FROM users), 'Task ' || n, now(), now()
  FROM generate_series(1, {many}) AS n
"""
MORE = """
WITH given AS (
    INSERT INTO tasks (id, user_id, title, description, labels, created_at, updated_at)
    SELECT gen_random_uuid(), u.id, title, 'About ' || title, ARRAY['Übung', 'two words'], now(), now()
      FROM users AS u CROSS JOIN unnest($1::text[]) AS title RETURNING user_id, id
)
INSERT INTO subtasks (id, user_id, task_id, title, position, created_at, updated_at)
SELECT gen_random_uuid(), user_id, given.id, 'Étape ' || n, n, now(), now() FROM given, generate_series(0, 1) AS n"""


TOGETHER = """
SELECT (own::tsvector || steps::tsvector)::text AS words
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS given(own, steps, n) ORDER BY n"""


async def test_every_task_has_its_search_words(old: Connection) -> None:
    rows = await old.fetch("SELECT id, title, description, labels, words::text AS words FROM tasks")
    assert len(rows) == MANY + 3 * len(TITLES)
    own = [vector((row["title"], "A"), (" ".join(row["labels"]), "B"), (row["description"], "D")) for row in rows]
    steps = ["etape:1C 0:2C 1:2C" if row["labels"] else "" for row in rows]
    assert [row["words"] for row in rows] == [one["words"] for one in await old.fetch(TOGETHER, own, steps)]


async def test_every_subtask_and_subject_has_its_search_words(old: Connection) -> None:
    steps = await old.fetch("SELECT title, words::text AS words FROM subtasks")
    assert len(steps) == 6 * len(TITLES)
    assert {row["words"] for row in steps if row["title"] == "Étape 1"} == {"'1':2C 'etape':1C"}
    subjects = await old.fetch("SELECT words::text AS words FROM subjects")
    assert [row["words"] for row in subjects] == ["'anos':3 'cancion':2B 'espanol':1A"] * 3


async def test_the_policies_are_forced_again(old: Connection) -> None:
    tables = await old.fetch(
        "SELECT relname FROM pg_class WHERE relname IN ('tasks', 'subtasks', 'subjects') AND relforcerowsecurity"
    )
    assert len(tables) == 3
