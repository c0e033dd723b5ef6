"""A student's own key for the language model."""

from __future__ import annotations

from studyteddy.features.ai.schemas.own_keys import AiKeysOff, NewKey, OwnKey
from studyteddy.features.ai.service import own_keys
from studyteddy.features.ai.service.usage import Ai
from studyteddy.features.auth.schemas.passwords import WrongPassword
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.web.routing import Router

router = Router("/api/ai", tag="ai", scope="account")


@router.get("/key")
async def get_ai_key(db: Database, identity: Identity, ai: Ai) -> OwnKey:
    """Get whether your own AI key is kept, and whether this server allows one. The key itself is never shown."""
    return await own_keys.get(db.reading(identity), identity, ai.own_keys)


@router.put("/key", errors=(AiKeysOff, WrongPassword))
async def set_ai_key(db: Database, passwords: Passwords, identity: Identity, ai: Ai, body: NewKey) -> OwnKey:
    """Keep your own AI key. AI then uses it instead of the server's, and your daily tokens aren't limited."""
    return await own_keys.keep(db, identity, body, ai.own_keys, passwords=passwords)


@router.delete("/key")
async def delete_ai_key(tx: Tx) -> None:
    """Delete your own AI key. AI then uses the server's, within your daily tokens."""
    await own_keys.delete(tx)
