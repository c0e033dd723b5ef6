"""SQL statements for facts, and for the kinds of data that aren't sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from studyteddy.features.ai.schemas.memory import Fact, NewFact, StoredSettings
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported

_FACT = """f.id, f.kind, f.text, f.message_id,
    (SELECT m.chat_id FROM ai_messages m WHERE m.user_id = f.user_id AND m.id = f.message_id) AS chat_id,
    f.created_at, f.updated_at"""

_ALL = Statement(Fact, f"SELECT {_FACT} FROM ai_facts f WHERE f.user_id = $1 ORDER BY f.created_at, f.id LIMIT 100")

_LOCK = Statement(Fact, f"SELECT {_FACT} FROM ai_facts f WHERE f.user_id = $1 AND f.id = $2 FOR UPDATE")

_ADD = Statement(
    Fact,
    f"""
INSERT INTO ai_facts AS f (user_id, id, kind, text, message_id, created_at, updated_at)
SELECT $1, $2, $3, $4, $5, $6, $6 WHERE (SELECT count(*) FROM ai_facts WHERE user_id = $1) < $7
RETURNING {_FACT}""",
)

_UPDATE = Statement(
    Fact,
    f"""
UPDATE ai_facts f SET kind = $3, text = $4, updated_at = $5 WHERE f.user_id = $1 AND f.id = $2
RETURNING {_FACT}""",
)

_DELETE = Statement(Nothing, "DELETE FROM ai_facts WHERE user_id = $1 AND id = $2")

_SETTINGS = Statement(StoredSettings, "SELECT off FROM ai_settings WHERE user_id = $1")

_SET_SETTINGS = Statement(
    Nothing,
    "INSERT INTO ai_settings (user_id, off) VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE SET off = EXCLUDED.off",
)

DATA_EXPORTS = [
    exported("ai_facts", "id, kind, text, message_id, created_at, updated_at"),
    exported("ai_settings", "off", order="user_id"),
]


async def facts(reader: Reader, user_id: UUID) -> list[Fact]:
    """Return all facts, oldest first."""
    return await reader.all(_ALL, user_id)


async def lock(tx: Tx, user_id: UUID, fact_id: UUID) -> Fact | None:
    """Lock and return a fact."""
    return await tx.one(_LOCK, user_id, fact_id)


async def add(tx: Tx, user_id: UUID, fact_id: UUID, new: NewFact, *, most: int, at: datetime) -> Fact | None:
    """Add a fact; return None if there are `most` already. The caller holds the user's lock."""
    return await tx.one(_ADD, user_id, fact_id, new.kind, new.text, new.message_id, at, most)


async def update(tx: Tx, user_id: UUID, fact: Fact, *, at: datetime) -> Fact | None:
    """Change a fact."""
    return await tx.one(_UPDATE, user_id, fact.id, fact.kind, fact.text, at)


async def delete(tx: Tx, user_id: UUID, fact_id: UUID) -> bool:
    """Delete a fact; return whether there was one."""
    return await tx.do(_DELETE, user_id, fact_id) == 1


async def settings(reader: Reader, user_id: UUID) -> StoredSettings | None:
    """Return the kinds of data that aren't sent, if the student has ever chosen them."""
    return await reader.one(_SETTINGS, user_id)


async def set_settings(tx: Tx, user_id: UUID, off: Sequence[str]) -> None:
    """Set the kinds of data that aren't sent."""
    await tx.do(_SET_SETTINGS, user_id, list(off))
