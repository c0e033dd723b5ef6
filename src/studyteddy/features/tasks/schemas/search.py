"""Requests and responses for search."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.fields import Cursor, Limit, Searched


class SearchQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A search over tasks, subtasks and subjects."""

    q: Searched
    limit: Limit = 50
    cursor: Cursor | None = None


class Hit(msgspec.Struct, frozen=True, rename="camel"):
    """A search result: a task, a subtask of the task `taskId`, or a subject."""

    kind: Literal["task", "subtask", "subject"]
    id: UUID
    task_id: UUID | None
    title: str
    snippet: Annotated[str | None, Meta(description="The excerpt of the description that matches, if any.")]
    rank: Annotated[int, Meta(description="Higher is better; comparable only within one search.")]
