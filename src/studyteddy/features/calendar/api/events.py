"""Routes for what is in a student's calendars."""

from __future__ import annotations

from studyteddy.features.calendar.schemas.events import Availability, AvailabilityQuery, CalendarEvents, Window
from studyteddy.features.calendar.service import events
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.routing import Router

router = Router("/api/calendar", tag="calendar")


@router.get("/events")
async def get_calendar_events(db: Database, identity: Identity, query: Window) -> CalendarEvents:
    """Get the events of your calendars in a time of at most 62 days."""
    return await events.between(db.reading(identity), identity.user_id, query)


@router.get("/availability")
async def get_availability(db: Database, identity: Identity, query: AvailabilityQuery) -> Availability:
    """Get the times without a busy event or a planned focus session, of at least so many minutes."""
    return await events.availability(db.reading(identity), identity.user_id, query, now=db.clock())
