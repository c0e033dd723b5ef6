"""Routes that the calendar services of Google and Microsoft call when something in a calendar changed.

They are answered alike whether a channel is known or not, so strangers learn nothing. Their limit is one of their own:
notifications for many students come from a few addresses.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from studyteddy.features.calendar.providers import outlook_notices
from studyteddy.features.calendar.providers.outlook_notices import Notice
from studyteddy.features.calendar.schemas.channels import ValidationQuery
from studyteddy.features.calendar.service import channels
from studyteddy.platform.db.database import Database
from studyteddy.platform.web.binding import Answer, Request
from studyteddy.platform.web.rate_limits import Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/calendar", tag="calendar")

MAX_ID, MAX_SECRET = 64, 256
"""Characters of a channel's id and of its secret, as Google allows."""


@router.post("/google/notifications", status=204, public=True, limited=False, largest=1 << 16)
async def receive_google_notification(
    db: Database, calendar_turns: asyncio.Semaphore, limiter: Limiter, limits: Mapping[str, Limit], request: Request
) -> None:
    """Receive a notification from Google that something in a calendar changed.

    The headers `X-Goog-Channel-ID`, `X-Goog-Channel-Token` and `X-Goog-Resource-State` say all.
    """
    await spend(limiter, limits["calendar_notices"], request.client)
    channel, secret = request.header(b"x-goog-channel-id") or "", request.header(b"x-goog-channel-token") or ""
    state = request.header(b"x-goog-resource-state")
    if state != "sync" and 0 < len(channel) <= MAX_ID and len(secret) <= MAX_SECRET:
        await channels.receive(db, calendar_turns, "google", [Notice(channel, secret, "changed")])


@router.post("/outlook/notifications", public=True, limited=False, media="text/plain", also={type(None): 202})
async def receive_outlook_notifications(
    db: Database,
    calendar_turns: asyncio.Semaphore,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    request: Request,
    query: ValidationQuery,
) -> Answer | None:
    """Receive notifications from Microsoft that something in calendars changed.

    The body is a `changeNotificationCollection` of Microsoft Graph. A validation is answered with its token.
    """
    return await _receive(db, calendar_turns, limiter, limits, request, query)


@router.post("/outlook/lifecycle", public=True, limited=False, media="text/plain", also={type(None): 202})
async def receive_outlook_lifecycle(
    db: Database,
    calendar_turns: asyncio.Semaphore,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    request: Request,
    query: ValidationQuery,
) -> Answer | None:
    """Receive notifications from Microsoft that subscriptions end, or that notifications were lost.

    The body is a `changeNotificationCollection` of Microsoft Graph. A validation is answered with its token.
    """
    return await _receive(db, calendar_turns, limiter, limits, request, query)


async def _receive(
    db: Database,
    calendar_turns: asyncio.Semaphore,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    request: Request,
    query: ValidationQuery,
) -> Answer | None:
    await spend(limiter, limits["calendar_notices"], request.client)
    validation = outlook_notices.validation(query.validation_token)
    if validation is not None:
        return Answer(validation, 200, outlook_notices.HEADERS["content-type"].encode())
    try:
        notices = outlook_notices.notices(request.body)
    except ValueError:
        return None
    await channels.receive(db, calendar_turns, "outlook", notices)
    return None
