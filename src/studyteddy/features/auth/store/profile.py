"""SQL statements for profiles and preferences."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy.features.auth.schemas.accounts import User
from studyteddy.features.auth.schemas.profile import Preferences
from studyteddy.features.auth.store.accounts import USER
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.local_time.dates import DayBoundary

_DAY_BOUNDARY = Statement(DayBoundary, "SELECT time_zone, day_start::int FROM users WHERE id = $1")

_UPDATE = Statement(
    User,
    f"""
UPDATE users SET name = $2, time_zone = $3, day_start = $4, locale = $5, week_start = $6, updated_at = $7
 WHERE id = $1 RETURNING {USER}""",
)

_PREFERENCES = Statement(
    Preferences, "SELECT preferences FROM users WHERE id = $1", msgspec.json.Decoder(Preferences).decode
)

_SET_PREFERENCES = Statement(Nothing, "UPDATE users SET preferences = $2 WHERE id = $1")


async def day_boundary(reader: Reader, user_id: UUID) -> DayBoundary | None:
    return await reader.one(_DAY_BOUNDARY, user_id)


async def update(tx: Tx, user_id: UUID, changed: User, *, at: datetime) -> User | None:
    hours, _, minutes = changed.day_start.partition(":")
    start = int(hours) * 60 + int(minutes)
    return await tx.one(
        _UPDATE, user_id, changed.name, changed.time_zone, start, changed.locale, changed.week_start, at
    )


async def preferences(reader: Reader, user_id: UUID) -> Preferences | None:
    return await reader.one(_PREFERENCES, user_id)


async def set_preferences(tx: Tx, user_id: UUID, new: Preferences) -> None:
    await tx.do(_SET_PREFERENCES, user_id, msgspec.json.encode(new).decode())
