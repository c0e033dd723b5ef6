"""Every statement on the history of tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from studyteddy.features.tasks.schemas import Change, ChangeKind, Delta
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.pages import Position
from studyteddy.platform.personal import exported

_changes = msgspec.json.Decoder(dict[str, Delta])
_COLUMNS = "id, at, kind, subtask_id, changes, undone"


def _change(*columns: Any) -> Change:
    id, at, kind, subtask_id, changes, undone = columns
    return Change(id, at, kind, subtask_id, _changes.decode(changes), undone)


_NOTE = Statement(
    Nothing,
    """
INSERT INTO task_changes (user_id, task_id, id, at, kind, subtask_id, changes) VALUES ($1, $2, $3, $4, $5, $6, $7)""",
)

_PAGE = Statement(
    Change,
    f"""
SELECT {_COLUMNS}, id::text AS sort_key FROM task_changes
 WHERE user_id = $1 AND task_id = $2 AND ($3::uuid IS NULL OR id < $3::uuid) ORDER BY id DESC LIMIT $4""",
    _change,
)

_LOCK = Statement(
    Change,
    f"SELECT {_COLUMNS} FROM task_changes WHERE user_id = $1 AND task_id = $2 AND id = $3 FOR UPDATE",
    _change,
)

_MARK_UNDONE = Statement(
    Nothing, "UPDATE task_changes SET undone = true WHERE user_id = $1 AND task_id = $2 AND id = $3"
)

HOLDINGS = [exported("task_changes", "id, task_id, at, kind, subtask_id, changes, undone", order="task_id, id")]


async def note(
    tx: Tx, user_id: UUID, task_id: UUID, change_id: UUID, kind: ChangeKind, changes: dict[str, Delta], *,
    at: datetime, subtask_id: UUID | None = None,
) -> None:  # fmt: skip
    """Writes a line of a task's history."""
    await tx.do(_NOTE, user_id, task_id, change_id, at, kind, subtask_id, msgspec.json.encode(changes).decode())


async def page(
    reader: Reader, user_id: UUID, task_id: UUID, *, after: Position | None, limit: int
) -> list[tuple[Change, str]]:
    """The history of a task, the latest first, each line with its sort key."""
    return await reader.keyed(_PAGE, user_id, task_id, after.id if after else None, limit)


async def lock(tx: Tx, user_id: UUID, task_id: UUID, change_id: UUID) -> Change | None:
    return await tx.one(_LOCK, user_id, task_id, change_id)


async def mark_undone(tx: Tx, user_id: UUID, task_id: UUID, change_id: UUID) -> None:
    await tx.do(_MARK_UNDONE, user_id, task_id, change_id)
