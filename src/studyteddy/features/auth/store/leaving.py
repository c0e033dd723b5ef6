"""Every statement on archives and on accounts that are to be erased."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.auth.schemas import Export, Overdue
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.personal import exported

_EXPORT = "id, status, progress::int, size, created_at, finished_at"

_ADD_EXPORT = Statement(
    Export, f"INSERT INTO exports (user_id, id, created_at) VALUES ($1, $2, $3) RETURNING {_EXPORT}"
)

_EXPORTS = Statement(
    Export, f"SELECT {_EXPORT} FROM exports WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 50"
)

_GET_EXPORT = Statement(Export, f"SELECT {_EXPORT} FROM exports WHERE user_id = $1 AND id = $2")

_PROGRESS_EXPORT = Statement(
    Export,
    f"UPDATE exports SET progress = $3 WHERE user_id = $1 AND id = $2 AND status = 'running' RETURNING {_EXPORT}",
)

_FINISH_EXPORT = Statement(
    Export,
    f"""
UPDATE exports SET status = 'ready', progress = 100, size = $3, finished_at = $4
 WHERE user_id = $1 AND id = $2 AND status = 'running' RETURNING {_EXPORT}""",
)

_DELETE_EXPORT = Statement(Nothing, "DELETE FROM exports WHERE user_id = $1 AND id = $2")

_OVERDUE = Statement(
    Overdue,
    "SELECT user_id, id FROM exports WHERE created_at < now() - interval '7 days'"
    " AND coalesce(finished_at < now() - interval '7 days', true) LIMIT $1",
)

_SCHEDULE_DELETION = Statement(Nothing, "UPDATE users SET deletion_at = $2 WHERE id = $1")

_TO_END = Statement(
    UUID,
    """
SELECT id FROM users
 WHERE deletion_at < now() AND disabled_at IS NULL LIMIT $1""",
)

_TO_ERASE = Statement(UUID, "SELECT id FROM users WHERE deletion_at < now() - interval '20 minutes' LIMIT $1")

_ERASE = Statement(Nothing, "DELETE FROM users WHERE id = $1")

HOLDINGS = [exported("exports", "id, status, size, created_at, finished_at")]


async def add_export(tx: Tx, user_id: UUID, export_id: UUID, *, at: datetime) -> Export:
    added = await tx.one(_ADD_EXPORT, user_id, export_id, at)
    assert added is not None
    return added


async def exports(reader: Reader, user_id: UUID) -> list[Export]:
    return await reader.all(_EXPORTS, user_id)


async def get_export(reader: Reader, user_id: UUID, export_id: UUID) -> Export | None:
    return await reader.one(_GET_EXPORT, user_id, export_id)


async def progress_export(tx: Tx, user_id: UUID, export_id: UUID, percent: int) -> Export | None:
    """The archive with its progress; nothing when it was cancelled or is finished."""
    return await tx.one(_PROGRESS_EXPORT, user_id, export_id, percent)


async def finish_export(tx: Tx, user_id: UUID, export_id: UUID, *, size: int, at: datetime) -> Export | None:
    return await tx.one(_FINISH_EXPORT, user_id, export_id, size, at)


async def delete_export(tx: Tx, user_id: UUID, export_id: UUID) -> bool:
    return await tx.do(_DELETE_EXPORT, user_id, export_id) == 1


async def overdue_exports(tx: Tx, most: int) -> list[Overdue]:
    """Archives that are over, whoever they belong to, in a transaction for tidying."""
    return await tx.all(_OVERDUE, most)


async def schedule_deletion(tx: Tx, user_id: UUID, *, at: datetime | None) -> None:
    """Says when the account is to be erased, or that it stays."""
    await tx.do(_SCHEDULE_DELETION, user_id, at)


async def accounts_to_end(tx: Tx, most: int) -> list[UUID]:
    """Accounts whose grace is over and that can still be signed in to, in a transaction for tidying."""
    return await tx.all(_TO_END, most)


async def accounts_to_erase(tx: Tx, most: int) -> list[UUID]:
    """Accounts whose last access token has ended, in a transaction for tidying."""
    return await tx.all(_TO_ERASE, most)


async def erase(tx: Tx, user_id: UUID) -> None:
    """Deletes the account; every row of it goes along."""
    await tx.do(_ERASE, user_id)
