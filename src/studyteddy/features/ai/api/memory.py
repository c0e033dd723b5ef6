"""What the tutor remembers, and what isn't sent."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.ai.schemas.memory import (
    AiSettings,
    Fact,
    FactChanges,
    FactList,
    NewFact,
    TooManyFacts,
    UnknownMessage,
)
from studyteddy.features.ai.service import memory
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.routing import Router

router = Router("/api/ai", tag="ai")


@router.get("/memory")
async def list_facts(db: Database, identity: Identity) -> FactList:
    """List what the tutor remembers about you, oldest first."""
    return await memory.facts(db.reading(identity), identity.user_id)


@router.post("/memory", status=201, errors=(TooManyFacts, UnknownMessage))
async def create_fact(tx: Tx, body: NewFact) -> Fact:
    """Have the tutor remember a fact. It remembers nothing by itself, only what you say that it should."""
    return await memory.add(tx, body)


@router.patch("/memory/{fact_id}")
async def update_fact(tx: Tx, fact_id: UUID, body: FactChanges) -> Fact:
    """Change a fact."""
    return await memory.update(tx, fact_id, body)


@router.delete("/memory/{fact_id}")
async def delete_fact(tx: Tx, fact_id: UUID) -> None:
    """Have the tutor forget a fact."""
    await memory.delete(tx, fact_id)


@router.get("/settings")
async def get_ai_settings(db: Database, identity: Identity) -> AiSettings:
    """Get the kinds of your data that are never sent to a language model."""
    return await memory.settings(db.reading(identity), identity.user_id)


@router.put("/settings")
async def set_ai_settings(tx: Tx, body: AiSettings) -> AiSettings:
    """Set the kinds of your data that are never sent. What you ask about is always sent."""
    return await memory.set_settings(tx, body)
