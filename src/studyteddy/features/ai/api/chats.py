"""The tutor."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from uuid import UUID

import msgspec

from studyteddy.features.ai.schemas.chats import (
    AnotherMessage,
    AssessedChat,
    Chat,
    ChatMessage,
    ChatQuery,
    NewMessage,
    StillAnswering,
    UnknownChat,
)
from studyteddy.features.ai.schemas.own_keys import OWN_KEY
from studyteddy.features.ai.schemas.usage import AiUnavailable, CallsUsedUp, TokensUsedUp
from studyteddy.features.ai.service import chats
from studyteddy.features.ai.service.chats import Event
from studyteddy.features.ai.service.usage import Ai
from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks.schemas.tasks import UnknownTask
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.binding import Answer, Request
from studyteddy.platform.web.pagination import Cursors, Page
from studyteddy.platform.web.rate_limits import Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/ai", tag="ai")
TIMEOUT = 65.0
MEDIA = "text/event-stream"
_EVENT_ID = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([0-9]{1,6})")
_HEADERS = ((b"cache-control", b"no-store"), (b"x-accel-buffering", b"no"))
"""nginx passes every event on at once."""


@router.post(
    "/tutor",
    secret=True,
    media=MEDIA,
    timeout=TIMEOUT,
    errors=(
        AnotherMessage,
        AssessedChat,
        StillAnswering,
        AiUnavailable,
        TokensUsedUp,
        UnknownChat,
        UnknownTask,
        UnknownSubject,
        CallsUsedUp,
        *OWN_KEY,
    ),
)
async def ask_tutor(
    db: Database,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    ai: Ai,
    identity: Identity,
    request: Request,
    body: NewMessage,
) -> Answer:
    """Send a message to the tutor. The response is a stream of events: `meta`, `move`, `delta`, `citations`, `done`.

    The tutor gives hints before answers. For assessed work it never gives the solution: each sentence is checked before
    it is sent. After a lost connection, send the message again with the id of the last event as `Last-Event-ID`: what
    else had come follows. Closing or losing the connection stops the response.
    """
    if seen := _EVENT_ID.fullmatch(request.header(b"last-event-id") or ""):
        events = await chats.again(db.reading(identity), identity.user_id, UUID(seen[1]), body.message, int(seen[2]))
        return _stream(_listed(events, seen[1], int(seen[2])))
    await spend(limiter, limits["ai_tutor"], identity.user_id.hex)
    return _stream(request.until_gone(_numbered(chats.answer(db, ai, identity, body))))


@router.get("/chats")
async def list_chats(db: Database, identity: Identity, cursors: Cursors, query: ChatQuery) -> Page[Chat]:
    """List your chats with the tutor, the latest first."""
    return await chats.page(db.reading(identity), identity.user_id, query, cursors)


@router.get("/chats/{chat_id}")
async def list_chat_messages(
    db: Database, identity: Identity, cursors: Cursors, chat_id: UUID, query: ChatQuery
) -> Page[ChatMessage]:
    """List the messages of a chat, the oldest first."""
    return await chats.messages(db.reading(identity), identity.user_id, chat_id, query, cursors)


@router.get("/history")
async def list_history(db: Database, identity: Identity, cursors: Cursors, query: ChatQuery) -> Page[ChatMessage]:
    """List your messages to the tutor and its responses in all chats, the latest first."""
    return await chats.history(db.reading(identity), identity.user_id, query, cursors)


@router.delete("/chats/{chat_id}")
async def delete_chat(tx: Tx, chat_id: UUID) -> None:
    """Delete a chat with its messages."""
    await chats.delete(tx, chat_id)


def _stream(pieces: AsyncGenerator[bytes]) -> Answer:
    return Answer(b"", 200, MEDIA.encode(), _HEADERS, pieces)


async def _numbered(events: AsyncGenerator[Event]) -> AsyncGenerator[bytes]:
    number, message_id = 0, ""
    async with aclosing(events):
        async for event in events:
            number += 1
            message_id = message_id or str(getattr(event.data, "message_id", ""))
            yield _written(event, message_id, number)


async def _listed(events: list[Event], message_id: str, after: int) -> AsyncGenerator[bytes]:
    for number, event in enumerate(events, after + 1):
        yield _written(event, message_id, number)


def _written(event: Event, message_id: str, number: int) -> bytes:
    data = msgspec.json.encode(event.data)
    return b"id: %b/%d\nevent: %b\ndata: %b\n\n" % (message_id.encode(), number, event.name.encode(), data)
