"""SQL statements for data exports."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.auth.schemas.data_export import ExpiredExport, Export, StoredExport
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported

_EXPORT = "id, status, progress::int, size, created_at, finished_at"

_ADD = Statement(Export, f"INSERT INTO exports (user_id, id, created_at) VALUES ($1, $2, $3) RETURNING {_EXPORT}")

_PAGE = Statement(
    Export, f"SELECT {_EXPORT} FROM exports WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 50"
)

_GET = Statement(Export, f"SELECT {_EXPORT} FROM exports WHERE user_id = $1 AND id = $2")

_GET_STORED = Statement(StoredExport, "SELECT status, token FROM exports WHERE user_id = $1 AND id = $2")

_SET_PROGRESS = Statement(
    Export,
    f"UPDATE exports SET progress = $3 WHERE user_id = $1 AND id = $2 AND status = 'running' RETURNING {_EXPORT}",
)

_FINISH = Statement(
    Export,
    f"""
UPDATE exports SET status = 'ready', progress = 100, size = $3, finished_at = $4, token = $5
 WHERE user_id = $1 AND id = $2 AND status = 'running' RETURNING {_EXPORT}""",
)

_DELETE = Statement(Nothing, "DELETE FROM exports WHERE user_id = $1 AND id = $2")

_EXPIRED = Statement(
    ExpiredExport,
    "SELECT user_id, id FROM exports WHERE created_at < now() - interval '7 days'"
    " AND coalesce(finished_at < now() - interval '7 days', true) LIMIT $1",
)

DATA_EXPORTS = [exported("exports", "id, status, size, created_at, finished_at")]


async def add(tx: Tx, user_id: UUID, export_id: UUID, *, at: datetime) -> Export:
    added = await tx.one(_ADD, user_id, export_id, at)
    assert added is not None
    return added


async def page(reader: Reader, user_id: UUID) -> list[Export]:
    return await reader.all(_PAGE, user_id)


async def get(reader: Reader, user_id: UUID, export_id: UUID) -> Export | None:
    return await reader.one(_GET, user_id, export_id)


async def get_stored(reader: Reader, user_id: UUID, export_id: UUID) -> StoredExport | None:
    return await reader.one(_GET_STORED, user_id, export_id)


async def set_progress(tx: Tx, user_id: UUID, export_id: UUID, percent: int) -> Export | None:
    """Set the progress; return None if the data export was cancelled or is finished."""
    return await tx.one(_SET_PROGRESS, user_id, export_id, percent)


async def finish(tx: Tx, user_id: UUID, export_id: UUID, *, token: str, size: int, at: datetime) -> Export | None:
    """Mark a data export as ready, with its file; return None if it was cancelled or is finished."""
    return await tx.one(_FINISH, user_id, export_id, size, at, token)


async def delete(tx: Tx, user_id: UUID, export_id: UUID) -> bool:
    return await tx.do(_DELETE, user_id, export_id) == 1


async def expired(tx: Tx, limit: int) -> list[ExpiredExport]:
    """Return expired data exports of all users, in a retention transaction."""
    return await tx.all(_EXPIRED, limit)
