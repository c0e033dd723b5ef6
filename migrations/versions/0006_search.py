"""Add full-text search to tasks, subtasks, and subjects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alembic import op

from studyteddy.platform.db.migrations import run, run_with
from studyteddy.platform.fulltext import vector

revision = "0006"
down_revision = "0005"

TABLES = ("subjects", "subtasks", "tasks")
COLUMNS = "".join(f"ALTER TABLE {table} ADD COLUMN words tsvector NOT NULL DEFAULT '';\n" for table in TABLES)

# Forced policies hide all rows from the schema's owner too, so they aren't forced during this migration.
UNFORCED = "".join(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;\n" for table in TABLES)
FORCED = "".join(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n" for table in TABLES)

SUBJECTS = """
SELECT user_id, id, name, description,
       (SELECT string_agg(one ->> 'title', ' ') FROM jsonb_array_elements(resources) AS one) AS links
  FROM subjects"""
SUBTASKS = "SELECT user_id, id, title FROM subtasks"
TASKS = "SELECT user_id, id, title, description, array_to_string(labels, ' ') AS labels FROM tasks"
WITH_SUBTASKS = """
UPDATE tasks AS t SET words = t.words || steps.words
  FROM (SELECT user_id, task_id, string_agg(words::text, ' ')::tsvector AS words
          FROM subtasks GROUP BY user_id, task_id) AS steps
 WHERE t.user_id = steps.user_id AND t.id = steps.task_id"""


def upgrade() -> None:
    run(op, COLUMNS + UNFORCED)
    run_with(op, _fill)
    run(op, FORCED)


async def _fill(driver: Any) -> None:
    """Fill the words of existing rows, computed as in the program. Takes about a minute for a million tasks."""
    await _each(
        driver,
        "subjects",
        SUBJECTS,
        lambda row: vector((row["name"], "A"), (row["links"] or "", "B"), (row["description"], "D")),
    )
    await _each(driver, "subtasks", SUBTASKS, lambda row: vector((row["title"], "C")))
    await _each(
        driver, "tasks", TASKS, lambda row: vector((row["title"], "A"), (row["labels"], "B"), (row["description"], "D"))
    )
    await driver.execute(WITH_SUBTASKS)


async def _each(driver: Any, table: str, select: str, words: Callable[[Any], str]) -> None:
    """Update in batches, so that memory use doesn't grow with the table."""
    update = f"UPDATE {table} SET words = $3::tsvector WHERE user_id = $1 AND id = $2"
    batch: list[tuple[Any, Any, str]] = []
    async for row in driver.cursor(select, prefetch=2000):
        batch.append((row["user_id"], row["id"], words(row)))
        if len(batch) == 2000:
            await driver.executemany(update, batch)
            batch.clear()
    await driver.executemany(update, batch)
