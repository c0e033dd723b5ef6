"""SQL statements for the history of tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from studyteddy.features.tasks.schemas.history import Change, ChangeKind, Delta
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.privacy.retention import expiring
from studyteddy.platform.web.pagination import Position

_changes = msgspec.json.Decoder(dict[str, Delta])
_COLUMNS = "id, at, kind, subtask_id, changes, undone"


def _change(*columns: Any) -> Change:
    id, at, kind, subtask_id, changes, undone = columns
    return Change(id, at, kind, subtask_id, _changes.decode(changes), undone)


_ADD = Statement(
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
    Change, f"SELECT {_COLUMNS} FROM task_changes WHERE user_id = $1 AND task_id = $2 AND id = $3 FOR UPDATE", _change
)

_MARK_UNDONE = Statement(
    Nothing, "UPDATE task_changes SET undone = true WHERE user_id = $1 AND task_id = $2 AND id = $3"
)

DATA_EXPORTS = [exported("task_changes", "id, task_id, at, kind, subtask_id, changes, undone", order="task_id, id")]

RETENTION = (expiring("task_changes", "(user_id, task_id, id)", "at < now() - interval '365 days'"),)


async def add(
    tx: Tx,
    user_id: UUID,
    task_id: UUID,
    change_id: UUID,
    kind: ChangeKind,
    changes: dict[str, Delta],
    *,
    at: datetime,
    subtask_id: UUID | None = None,
) -> None:
    """Add an entry to a task's history."""
    await tx.do(_ADD, user_id, task_id, change_id, at, kind, subtask_id, msgspec.json.encode(changes).decode())


async def page(
    reader: Reader, user_id: UUID, task_id: UUID, *, after: Position | None, limit: int
) -> list[tuple[Change, str]]:
    """Return the history of a task, latest first, each entry with its sort key."""
    return await reader.keyed(_PAGE, user_id, task_id, after.id if after else None, limit)


async def lock(tx: Tx, user_id: UUID, task_id: UUID, change_id: UUID) -> Change | None:
    return await tx.one(_LOCK, user_id, task_id, change_id)


async def mark_undone(tx: Tx, user_id: UUID, task_id: UUID, change_id: UUID) -> None:
    await tx.do(_MARK_UNDONE, user_id, task_id, change_id)
