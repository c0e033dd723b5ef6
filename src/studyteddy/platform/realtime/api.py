"""Tickets for WebSocket connections, and the event log over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.realtime import store
from studyteddy.platform.realtime.hub import TICKET_SECONDS, Hub
from studyteddy.platform.web.routing import Router

router = Router("/api", tag="realtime")
_PAGE = 200


class NewTicket(msgspec.Struct, frozen=True, rename="camel"):
    """A ticket that opens one WebSocket connection: `/ws?ticket=…`."""

    ticket: str
    expires_in: int
    """Seconds."""


class ChangesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Query parameters of the event log."""

    since: Annotated[int, Meta(ge=0, le=2**53, description="The last event number you received.")] = 0


class LoggedEvent(msgspec.Struct, frozen=True):
    """A committed change; `data` is the object as in GET responses, or the id of a deleted object."""

    seq: int
    type: str
    at: datetime
    data: msgspec.Raw


class Changes(msgspec.Struct, frozen=True, rename="camel"):
    """Events in order. If `reset` is true, some events have expired: reload everything and continue from `nextSeq`."""

    items: list[LoggedEvent]
    next_seq: int
    reset: bool


@router.post("/realtime/ticket", secret=True, scope="account")
async def create_ticket(hub: Hub, identity: Identity) -> NewTicket:
    """Create a ticket for one WebSocket connection, valid for 30 seconds."""
    return NewTicket(await hub.admit(identity), TICKET_SECONDS)


@router.get("/changes")
async def list_changes(db: Database, identity: Identity, query: ChangesQuery) -> Changes:
    """List your events after a given number, as sent over the WebSocket."""
    reading = db.reading(identity)
    span = await store.span(reading, identity.user_id)
    if query.since > span.last or query.since < span.first - 1:
        return Changes([], span.last, True)
    found = await store.after(reading, identity.user_id, seq=query.since, limit=_PAGE)
    items = [LoggedEvent(one.seq, one.type, one.at, msgspec.Raw(one.data.encode())) for one in found]
    return Changes(items, found[-1].seq if found else query.since, False)
