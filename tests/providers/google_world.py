"""Our client of Google Calendar beside the emulator that it talks to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from tests.peers.dav_script import Request
from tests.peers.google_calendar import GoogleCalendarServer, google_calendar

from studyteddy.features.calendar.formats.feeds import FeedEvent, read_feed
from studyteddy.features.calendar.providers.google import GoogleCalendar
from studyteddy.features.calendar.providers.oauth import GOOGLE_BUSY_SCOPES, GOOGLE_EVENTS_SCOPE
from studyteddy.features.calendar.providers.provider import Changes, Provider, Resource, SignInRequired, Window
from studyteddy.features.calendar.providers.rest import Rest

ALICE = "alice@example.com"
BUSY = GOOGLE_BUSY_SCOPES
EVENTS = (*GOOGLE_BUSY_SCOPES, GOOGLE_EVENTS_SCOPE)
WINDOW = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Fixed:
    """One access token for ever."""

    token: str

    async def get(self, rejected: str = "") -> str:
        if rejected:
            raise SignInRequired
        return self.token


@dataclass
class World:
    """The emulator, and what is needed to talk to it."""

    server: GoogleCalendarServer
    http: httpx2.AsyncClient

    def client(self, *scopes: str, own: tuple[str, ...] = (), token: str = "") -> GoogleCalendar:
        scopes = scopes or EVENTS
        rest = Rest(self.http, self.server.api, Fixed(token or self.server.oauth.granted(*scopes)))
        return GoogleCalendar(rest, scopes=scopes, own=own)

    def put(self, id: str, day: int = 1, *, calendar: str = ALICE, **more: Any) -> str:
        """Store an event of an hour as the student would, and return its ref."""
        times = {"start": at(day), "end": at(day, 10)} if id not in self.server.calendars[calendar].documents else {}
        self.server.put(calendar, id, **{**times, "summary": id.capitalize(), **more})
        return f"{calendar}/{id}"

    async def listed(self, **query: str) -> httpx2.Response:
        """Return a list of events without our client."""
        headers = {"authorization": f"Bearer {self.server.oauth.granted(*EVENTS)}"}
        return await self.http.get(f"{self.server.api}/calendars/{ALICE}/events", params=query, headers=headers)

    def queries(self, method: str) -> list[dict[str, list[str]]]:
        return [parse_qs(urlsplit(one.path).query) for one in self.sent(method)]

    def sent(self, method: str) -> list[Request]:
        """Return the requests to a method, such as `events.list`."""
        return [one for one in self.server.requests if self.server.method_of(one) == method]


@asynccontextmanager
async def world(*broken: str) -> AsyncIterator[World]:
    """Run an emulator that breaks these rules."""
    async with google_calendar() as server, httpx2.AsyncClient(trust_env=False) as http:
        server.broken.update(broken)
        yield World(server, http)


def at(day: int, hour: int = 9, month: int = 12) -> dict[str, str]:
    return {"dateTime": f"2026-{month:02}-{day:02}T{hour:02}:00:00Z"}


def weekly(count: int, hour: int = 10) -> dict[str, Any]:
    """Return a lecture in Berlin from 19 October 2026 on; on 25 October its offset changes."""
    times = {"start": hour, "end": hour + 2}
    zoned = {
        name: {"dateTime": f"2026-10-19T{one:02}:00:00+02:00", "timeZone": "Europe/Berlin"}
        for name, one in times.items()
    }
    return {"summary": "Lecture", **zoned, "recurrence": [f"RRULE:FREQ=WEEKLY;COUNT={count}"]}


async def since(
    client: Provider,
    token: str = "",
    *,
    calendar: str = ALICE,
    known: Mapping[str, str] | None = None,
    window: Window = WINDOW,
) -> Changes:
    """Return all that changed, as one part; only the last part has a token, and a full round begins it anew."""
    parts = [part async for part in client.changes(calendar, token, known or {}, window)]
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert [bool(part.token) for part in parts] == [part.is_last for part in parts]
    kinds = [part.is_full for part in parts]
    assert kinds == sorted(kinds)
    parts = [part for part in parts if part.is_full == kinds[-1]]
    changed = {one.ref: one for part in parts for one in part.changed}
    removed = [one for part in parts for one in part.removed]
    return Changes(list(changed.values()), removed, parts[-1].token, kinds[-1], is_last=True)


def tags(changes: Changes) -> dict[str, str]:
    return {one.ref: one.etag for one in changes.changed}


def refs(changes: Changes) -> list[str]:
    return sorted(tags(changes))


async def read(resource: Resource) -> FeedEvent:
    """Return the event that our reader of calendars sees."""
    feed = await read_feed(resource.body, zone="Europe/Berlin", since=date(2026, 1, 1), until=date(2027, 12, 31))
    assert feed.is_complete
    (event,) = feed.events
    return event
