"""SQL statements for search over tasks, subtasks and subjects."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.tasks.schemas.search import Hit
from studyteddy.platform.db.statements import Reader, Statement
from studyteddy.platform.fulltext import rank, wanted
from studyteddy.platform.web.pagination import Position

# Includes the beginning of descriptions for the snippets; nearly always that is the whole description.
_PAGE = Statement(
    Hit,
    f"""
SELECT hit.kind, hit.id, hit.task_id, hit.title, hit.description AS snippet, hit.rank, hit.rank::text AS sort_key
  FROM {wanted("$3")} AS query CROSS JOIN LATERAL (
    SELECT 'task' AS kind, t.id, NULL::uuid AS task_id, t.title, left(t.description, 2000) AS description,
           {rank("t.words", "query")} AS rank
      FROM tasks AS t WHERE t.user_id = $1 AND t.words @@ query.words
    UNION ALL
    SELECT 'subtask', b.id, b.task_id, b.title, NULL, {rank("b.words", "query")}
      FROM subtasks AS b WHERE b.user_id = $1 AND b.words @@ query.words
    UNION ALL
    SELECT 'subject', s.id, NULL, s.name, s.description, {rank("s.words", "query")}
      FROM subjects AS s WHERE s.user_id = $1 AND s.words @@ query.words) AS hit
 WHERE $4::text IS NULL OR (hit.rank, hit.id) < ($4::text::int, $5::uuid)
 ORDER BY hit.rank DESC, hit.id DESC LIMIT $2""",
)


async def page(
    reader: Reader, user_id: UUID, words: list[str], *, after: Position | None, limit: int
) -> list[tuple[Hit, str]]:
    """Return what contains all these words, best match first, each with its sort key; `snippet` is the description."""
    return await reader.keyed(_PAGE, user_id, limit, words, after.key if after else None, after.id if after else None)
