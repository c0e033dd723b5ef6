"""Words to search for, on tasks, steps and subjects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alembic import op

from studyteddy.platform.migrations import run, run_with
from studyteddy.platform.words import vector

revision = "0006"
down_revision = "0005"

TABLES = ("subjects", "subtasks", "tasks")
COLUMNS = "".join(f"ALTER TABLE {table} ADD COLUMN words tsvector NOT NULL DEFAULT '';\n" for table in TABLES)

# Policies hide every row from the owner of the schema too, unless they are not forced for as long as this takes.
UNFORCED = "".join(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;\n" for table in TABLES)
FORCED = "".join(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n" for table in TABLES)

SUBJECTS = """
SELECT user_id, id, name, description,
       (SELECT string_agg(one ->> 'title', ' ') FROM jsonb_array_elements(resources) AS one) AS links
  FROM subjects"""
STEPS = "SELECT user_id, id, title FROM subtasks"
TASKS = "SELECT user_id, id, title, description, array_to_string(labels, ' ') AS labels FROM tasks"
WITH_STEPS = """
UPDATE tasks AS t SET words = t.words || steps.words
  FROM (SELECT user_id, task_id, string_agg(words::text, ' ')::tsvector AS words
          FROM subtasks GROUP BY user_id, task_id) AS steps
 WHERE t.user_id = steps.user_id AND t.id = steps.task_id"""


def upgrade() -> None:
    run(op, COLUMNS + UNFORCED)
    run_with(op, _fill)
    run(op, FORCED)


async def _fill(driver: Any) -> None:
    """The words of what is there already, made as the program makes them. About a minute for a million tasks."""
    await _each(driver, "subjects", SUBJECTS, lambda row: vector(
        (row["name"], "A"), (row["links"] or "", "B"), (row["description"], "D")))  # fmt: skip
    await _each(driver, "subtasks", STEPS, lambda row: vector((row["title"], "C")))
    await _each(driver, "tasks", TASKS, lambda row: vector(
        (row["title"], "A"), (row["labels"], "B"), (row["description"], "D")))  # fmt: skip
    await driver.execute(WITH_STEPS)


async def _each(driver: Any, table: str, select: str, words: Callable[[Any], str]) -> None:
    """Some thousands at a time, so that memory does not grow with the table."""
    change = f"UPDATE {table} SET words = $3::tsvector WHERE user_id = $1 AND id = $2"  # noqa: S608
    made: list[tuple[Any, Any, str]] = []
    async for row in driver.cursor(select, prefetch=2000):
        made.append((row["user_id"], row["id"], words(row)))
        if len(made) == 2000:
            await driver.executemany(change, made)
            made.clear()
    await driver.executemany(change, made)
