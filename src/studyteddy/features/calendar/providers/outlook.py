"""Calendars at Microsoft, in Outlook and Microsoft 365, through Microsoft Graph.

A calendar's ref is its id, an event's is `calendar/event`, each id percent-encoded: so they are parts of paths. Ids are
immutable ones; they change only when an event leaves the mailbox or goes to its archive.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx2
import msgspec
from msgspec import field

from studyteddy.features.calendar.providers import outlook_api, outlook_events, outlook_sync
from studyteddy.features.calendar.providers.outlook_api import BASE, Api
from studyteddy.features.calendar.providers.outlook_events import MINE, GraphEvent
from studyteddy.features.calendar.providers.provider import (
    MAX_CALENDARS,
    Changes,
    Channel,
    Failing,
    Owner,
    OwnEvent,
    RemoteCalendar,
    Resource,
    Window,
    Written,
    listed,
)
from studyteddy.features.calendar.providers.rest import AccessTokens, Answer

_PAGE, _MAX_PAGES = "100", 100
"""Calendars on a page of a list, and its pages."""
MAX_NAME: Final = 200
MAX_SECRET: Final = 128
"""Characters that Microsoft sends back with each notification."""
NAMES: Final = 5
"""How many names are tried for our calendar if others have them."""


class _Calendar(msgspec.Struct, rename="camel"):
    id: str
    name: str | None = None
    can_edit: bool | None = None
    hex_color: str | None = None


class _Calendars(msgspec.Struct):
    value: list[_Calendar]
    next_link: str = field(default="", name="@odata.nextLink")


class _Events(msgspec.Struct):
    value: list[GraphEvent]


class _User(msgspec.Struct, rename="camel"):
    id: str
    mail: str | None = None
    user_principal_name: str | None = None


class _Subscription(msgspec.Struct, rename="camel"):
    id: str
    expiration_date_time: datetime


class Outlook:
    """A student's account at Microsoft: a `Provider`, and subscriptions to its changes.

    `own` has the refs of calendars that we made.
    """

    def __init__(
        self, http: httpx2.AsyncClient, tokens: AccessTokens, base: str = BASE, *, own: Collection[str] = ()
    ) -> None:
        self._api = Api(http, tokens, base)
        self._own = set(own)

    async def owner(self) -> Owner:
        """Return whose account it is."""
        answer = await self._api.send("GET", "me", query={"$select": "id,mail,userPrincipalName"})
        user = outlook_api.parsed(_succeeded(answer).data, _User)
        if not outlook_api.is_id(user.id):
            raise Failing("invalid_response")
        return Owner(user.id[:500], (user.mail or user.user_principal_name or "")[:320])

    async def calendars(self) -> list[RemoteCalendar]:
        """Return the calendars, ours first, in Microsoft's order; at most 100."""
        link, query = "me/calendars", {"$top": _PAGE}
        found = dict[str, RemoteCalendar]()
        for _ in range(_MAX_PAGES):
            answer = _succeeded(await self._api.send("GET", link, query=query or None))
            page = outlook_api.parsed(answer.data, _Calendars)
            found |= {one.ref: one for one in map(_calendar, page.value)}
            link, query = page.next_link, {}
            if not link or (len(found) >= MAX_CALENDARS and self._own <= found.keys()):
                break
        return listed(found.values(), self._own)

    async def make_calendar(self, name: str, *, slug: str) -> RemoteCalendar:
        """Create a calendar for our events, or return the one that `slug` made before.

        The slug is an extended property of it. A calendar of the student with the same name isn't touched: Microsoft
        refuses a second one with that name, so ours gets a number.
        """
        made = await self._made_calendar(name, slug)
        self._own.add(made.ref)
        return made

    async def _made_calendar(self, name: str, slug: str) -> RemoteCalendar:
        mine = [{"id": MINE, "value": slug}]
        for number in range(1, NAMES + 1):
            answer = await self._api.send("GET", "me/calendars", query=_filter(slug))
            found = outlook_api.parsed(_succeeded(answer).data, _Calendars).value
            if found:
                return _calendar(found[0])
            body = {"name": f"{name} {number}" if number > 1 else name, "singleValueExtendedProperties": mine}
            answer = await self._api.send("POST", "me/calendars", body=body)
            if answer.status != 409:  # a calendar of that name: the student's, or ours, if an answer was lost
                return _calendar(outlook_api.parsed(_succeeded(answer).data, _Calendar))
        raise Failing("rejected")

    def needs_tags(self, token: str) -> bool:
        """Return whether occurrences of series have to be known, of which increments don't tell that they are gone."""
        return bool(token)

    def changes(self, ref: str, token: str, known: Mapping[str, str], window: Window) -> AsyncIterator[Changes]:
        """Yield what changed in a calendar since `token`, as `Provider.changes` says; a part has about 50 events."""
        return outlook_sync.changes(self._api, ref, token, known, window, own=ref in self._own)

    async def get(self, ref: str) -> Resource:
        """Return an event; raise `Gone`."""
        answer = _succeeded(await self._api.send("GET", outlook_api.event_path(ref)))
        found = outlook_events.resource(ref.partition("/")[0], outlook_api.parsed(answer.data, dict[str, Any]))
        if found is None:
            raise Failing("invalid_response")
        return found

    async def create(self, calendar: str, event: OwnEvent) -> Written:
        """Create an event in a calendar of ours, or bring the one that an earlier try made to this content.

        An earlier one is found by its extended property; two tries at a time by their `transactionId`, for which
        Microsoft creates one event. Raise `Gone` if the calendar doesn't exist.
        """
        path, key = outlook_api.events_path(calendar), str(event.id)
        found = await self._find(path, key)
        if found is None:
            body = _content(event) | {
                "isReminderOn": False,
                "singleValueExtendedProperties": [{"id": MINE, "value": key}],
            }
            answer = await self._api.send("POST", path, body=body | {"transactionId": key})
            if answer.status == 409:
                found = await self._find(path, key)
                # Nothing is there: what an earlier try made was deleted.
                answer = await self._api.send("POST", path, body=body) if found is None else answer
            found = found or outlook_api.parsed(_succeeded(answer).data, GraphEvent)
        written = Written(f"{calendar}/{outlook_api.segment(found.id)}", outlook_api.etag(found.etag))
        if found.is_like(event):
            return written
        return await self.update(written.ref, written.etag, event)

    async def _find(self, path: str, key: str) -> GraphEvent | None:
        """Return the event of ours with this id."""
        answer = _succeeded(await self._api.send("GET", path, query=_filter(key)))
        events = outlook_api.parsed(answer.data, _Events).value
        return events[0] if events else None

    async def update(self, ref: str, etag: str, event: OwnEvent) -> Written:
        """Change the title and time of an event of ours that has this entity tag; raise `Stale` and `Gone`."""
        answer = await self._api.send("PATCH", outlook_api.event_path(ref), etag=etag, body=_content(event))
        changed = outlook_api.parsed(_succeeded(answer).data, GraphEvent)
        return Written(ref, outlook_api.etag(changed.etag))

    async def delete(self, ref: str, etag: str) -> None:
        """Delete an event that has this entity tag, or any if it is ""; do nothing if it's gone; raise `Stale`."""
        answer = await self._api.send("DELETE", outlook_api.event_path(ref), etag=etag)
        if answer.status not in (404, 410):
            _succeeded(answer)

    async def subscribe(self, ref: str, url: str, lifecycle_url: str, secret: str, expires_at: datetime) -> Channel:
        """Ask for a notification at `url` of each change in a calendar, with `secret`, at most 128 characters.

        Microsoft first sends a validation to both addresses. After a lost answer there may be a second subscription
        that nobody knows, until it expires. Raise `Failing("unsupported")` if this calendar can't be subscribed to.
        """
        if len(secret) > MAX_SECRET:
            raise ValueError("the secret is too long")
        body = {
            "changeType": "created,updated,deleted",
            "notificationUrl": url,
            "lifecycleNotificationUrl": lifecycle_url,
            "resource": outlook_api.events_path(ref),
            "expirationDateTime": _instant(expires_at),
            "clientState": secret,
        }
        answer = await self._api.send("POST", "subscriptions", body=body, retries=0)
        if answer.status in (400, 403):
            raise Failing("unsupported")
        return _channel(answer)

    async def renew(self, channel: str, expires_at: datetime) -> Channel:
        """Extend a subscription; raise `Gone` if it doesn't exist any more."""
        body = {"expirationDateTime": _instant(expires_at)}
        return _channel(await self._api.send("PATCH", f"subscriptions/{outlook_api.segment(channel)}", body=body))

    async def unsubscribe(self, channel: str) -> None:
        """End a subscription; do nothing if it's gone."""
        answer = await self._api.send("DELETE", f"subscriptions/{outlook_api.segment(channel)}")
        if answer.status not in (404, 410):
            _succeeded(answer)


def _succeeded(answer: Answer) -> Answer:
    if answer.status >= 300:
        raise outlook_api.failure(answer)
    return answer


def _calendar(calendar: _Calendar) -> RemoteCalendar:
    name = " ".join((calendar.name or "").split())[:MAX_NAME] or "Calendar"
    color = (calendar.hex_color or "").lower()
    is_color = re.fullmatch(r"#[0-9a-f]{6}", color)
    return RemoteCalendar(
        outlook_api.segment(calendar.id), name, writable=bool(calendar.can_edit), color=color if is_color else ""
    )


def _channel(answer: Answer) -> Channel:
    made = outlook_api.parsed(_succeeded(answer).data, _Subscription)
    try:
        return Channel(made.id, made.expiration_date_time.astimezone(UTC))
    except OverflowError:
        raise Failing("invalid_response") from None


def _filter(value: str) -> dict[str, str]:
    """Return a query for what has our extended property with this value."""
    literal = value.replace("'", "''")
    condition = f"ep/id eq '{MINE}' and ep/value eq '{literal}'"
    return {"$filter": f"singleValueExtendedProperties/Any(ep: {condition})"}


def _content(event: OwnEvent) -> dict[str, Any]:
    return {"subject": event.title, "start": _time(event.starts_at), "end": _time(event.ends_at), "isAllDay": False}


def _time(at: datetime) -> dict[str, str]:
    return {"dateTime": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}", "timeZone": "UTC"}


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
