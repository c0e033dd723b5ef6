"""SQL statements for the user's own focus presets."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from studyteddy.features.focus.schemas.presets import NewPreset, Preset
from studyteddy.platform.creation import Creation
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported

MAX_PRESETS = 20

_COLUMNS = "id, name, work_minutes, short_break_minutes, long_break_minutes, cycles, false AS built_in, version"

_ALL = Statement(
    Preset,
    f'SELECT {_COLUMNS} FROM focus_presets WHERE user_id = $1 ORDER BY lower(name) COLLATE "C", id LIMIT {MAX_PRESETS}',
)

_GET = Statement(Preset, f"SELECT {_COLUMNS} FROM focus_presets WHERE user_id = $1 AND id = $2")

_GET_CREATED = Statement(Preset, f"{_GET.sql} AND fingerprint = $3")

_LOCK = Statement(Preset, f"{_GET.sql} FOR UPDATE")

_COUNT = Statement(int, "SELECT count(*)::int FROM focus_presets WHERE user_id = $1")

_ADD = Statement(
    Preset,
    f"""
INSERT INTO focus_presets (user_id, id, name, work_minutes, short_break_minutes, long_break_minutes, cycles,
                           created_at, updated_at, fingerprint)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9) ON CONFLICT DO NOTHING RETURNING {_COLUMNS}""",
)

_UPDATE = Statement(
    Preset,
    f"""
UPDATE focus_presets SET name = $3, work_minutes = $4, short_break_minutes = $5, long_break_minutes = $6, cycles = $7,
       updated_at = $8, version = version + 1
 WHERE user_id = $1 AND id = $2 RETURNING {_COLUMNS}""",
)

_DELETE = Statement(Nothing, "DELETE FROM focus_presets WHERE user_id = $1 AND id = $2")

DATA_EXPORTS = [
    exported(
        "focus_presets",
        "id, name, work_minutes, short_break_minutes, long_break_minutes, cycles, created_at, updated_at",
    )
]


async def of_user(reader: Reader, user_id: UUID) -> list[Preset]:
    """Return the user's presets, by name."""
    return await reader.all(_ALL, user_id)


async def get(reader: Reader, user_id: UUID, preset_id: UUID) -> Preset | None:
    return await reader.one(_GET, user_id, preset_id)


async def get_created(reader: Reader, user_id: UUID, preset_id: UUID, fingerprint: bytes) -> Preset | None:
    """Return a preset if a request with this fingerprint created it."""
    return await reader.one(_GET_CREATED, user_id, preset_id, fingerprint)


async def lock(tx: Tx, user_id: UUID, preset_id: UUID) -> Preset | None:
    return await tx.one(_LOCK, user_id, preset_id)


async def count(tx: Tx, user_id: UUID) -> int:
    return await tx.one(_COUNT, user_id) or 0


async def add(tx: Tx, user_id: UUID, creation: Creation, new: NewPreset, *, at: datetime) -> Preset | None:
    """Add a preset; return None if its id or its name is taken."""
    return await tx.one(
        _ADD,
        user_id,
        creation.id,
        new.name,
        new.work_minutes,
        new.short_break_minutes,
        new.long_break_minutes,
        new.cycles,
        at,
        creation.fingerprint,
    )


async def update(tx: Tx, user_id: UUID, changed: Preset, *, at: datetime) -> Preset | None:
    """Update a preset; return None if its new name is taken."""
    try:
        return await tx.one(
            _UPDATE,
            user_id,
            changed.id,
            changed.name,
            changed.work_minutes,
            changed.short_break_minutes,
            changed.long_break_minutes,
            changed.cycles,
            at,
        )
    except asyncpg.UniqueViolationError:
        return None


async def delete(tx: Tx, user_id: UUID, preset_id: UUID) -> None:
    await tx.do(_DELETE, user_id, preset_id)
