"""API key routes."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.auth.schemas.api_keys import ApiKeyList, CreatedApiKey, NewApiKey, TooManyKeys
from studyteddy.features.auth.service import api_keys
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.routing import Router

router = Router("/api/auth", tag="auth", scope="account")


@router.get("/api-keys")
async def list_api_keys(db: Database, identity: Identity) -> ApiKeyList:
    """List your API keys."""
    return await api_keys.page(db.reading(identity), identity.user_id)


@router.post("/api-keys", status=201, secret=True, errors=(TooManyKeys,))
async def create_api_key(tx: Tx, body: NewApiKey) -> CreatedApiKey:
    """Create an API key. The key is shown only once."""
    return await api_keys.create(tx, body)


@router.delete("/api-keys/{key_id}")
async def revoke_api_key(tx: Tx, key_id: UUID) -> None:
    """Revoke an API key. It stops working immediately."""
    await api_keys.revoke(tx, key_id)
