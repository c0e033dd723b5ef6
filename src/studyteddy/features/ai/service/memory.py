"""What the tutor remembers: only what the student says it should, all of which can be changed and deleted."""

from __future__ import annotations

from uuid import UUID

import msgspec

from studyteddy.features.ai.schemas.memory import (
    AiSettings,
    DataKind,
    Fact,
    FactChanges,
    FactList,
    NewFact,
    NoSuchFact,
    TooManyFacts,
    UnknownMessage,
)
from studyteddy.features.ai.store import chats as chats_store
from studyteddy.features.ai.store import memory as store
from studyteddy.features.ai.tutoring import remembering
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.ids import new_id
from studyteddy.platform.web.merge_patch import merged

MAX_FACTS = 100


async def facts(reader: Reader, user_id: UUID) -> FactList:
    """Return all that is remembered."""
    return FactList(await store.facts(reader, user_id))


async def add(tx: Tx, new: NewFact) -> Fact:
    """Remember a fact; raise 409 `too_many_facts`, 422 `no_such_message`."""
    await tx.lock_user()
    if new.message_id is not None and await chats_store.get_message(tx, tx.user_id, new.message_id) is None:
        raise invalid("/messageId", UnknownMessage.code, UnknownMessage.title, UnknownMessage)
    fact = await store.add(tx, tx.user_id, new_id(), new, most=MAX_FACTS, at=tx.now)
    if fact is None:
        raise TooManyFacts()
    return fact


async def update(tx: Tx, fact_id: UUID, changes: FactChanges) -> Fact:
    """Change a fact; raise 404."""
    current = await store.lock(tx, tx.user_id, fact_id)
    changed = current and await store.update(tx, tx.user_id, merged(current, changes), at=tx.now)
    if changed is None:
        raise NoSuchFact()
    return changed


async def delete(tx: Tx, fact_id: UUID) -> None:
    """Forget a fact; raise 404."""
    if not await store.delete(tx, tx.user_id, fact_id):
        raise NoSuchFact()


async def settings(reader: Reader, user_id: UUID) -> AiSettings:
    """Return the kinds of data that aren't sent."""
    stored = await store.settings(reader, user_id)
    return AiSettings(msgspec.convert(stored.off, list[DataKind]) if stored else [])


async def set_settings(tx: Tx, new: AiSettings) -> AiSettings:
    """Set the kinds of data that aren't sent."""
    chosen = AiSettings(list(dict.fromkeys(new.off)))
    await store.set_settings(tx, tx.user_id, chosen.off)
    return chosen


async def asked(reader: Reader, user_id: UUID, message: str, off: AiSettings) -> str | None:
    """Return what a message asks to remember, None if it doesn't, or if nothing more may be remembered."""
    text = remembering.asked(message)
    if text is None or "preference" in off.off or len(await store.facts(reader, user_id)) >= MAX_FACTS:
        return None
    return text


async def remember(tx: Tx, text: str, message_id: UUID) -> None:
    """Remember what an answered message asks to remember."""
    new = NewFact("preference", text, message_id)
    await store.add(tx, tx.user_id, new_id(), new, most=MAX_FACTS, at=tx.now)


async def known(tx: Tx, off: AiSettings) -> list[str]:
    """Return the texts of the facts that may be sent."""
    return [one.text for one in await store.facts(tx, tx.user_id) if one.kind not in off.off]
