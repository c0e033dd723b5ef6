"""A student's account of Google Calendar (https://developers.google.com/workspace/calendar/api/v3/reference).

What may be read is what the student allowed (`oauth`): our own calendar, and of the others when the student is busy, or
their events. Refs are ids as segments of a path: of a calendar one, of an event that of its calendar and its own.
"""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from studyteddy.features.calendar.providers import google_api, google_busy, google_events
from studyteddy.features.calendar.providers.google_api import CalendarId, Etag, segment
from studyteddy.features.calendar.providers.google_events import FIELDS, MARK, Item
from studyteddy.features.calendar.providers.oauth import GOOGLE_EVENTS_SCOPE
from studyteddy.features.calendar.providers.provider import (
    Changes,
    Channel,
    Failing,
    Gone,
    Owner,
    OwnEvent,
    RemoteCalendar,
    Resource,
    Stale,
    Window,
    Written,
    listed,
)
from studyteddy.features.calendar.providers.rest import Rest

MAX_NAME: Final = 200
_WRITERS: Final = frozenset({"owner", "writer", "writerWithoutPrivateAccess"})
_EVENTS, _BUSY = "events:", "busy:"
"""How our tokens begin: what was read. After `events:` follows Google's sync token."""
_QUIETLY: Final = {"sendUpdates": "none"}
"""Nobody gets a mail about what we write."""


class _Calendar(msgspec.Struct, rename="camel"):
    """A calendar in the student's list."""

    id: CalendarId
    summary: str = ""
    summary_override: str = ""
    description: str = ""
    background_color: str = ""
    access_role: str = ""
    data_owner: str = ""
    primary: bool = False
    hidden: bool = False
    deleted: bool = False


class _Written(msgspec.Struct):
    etag: Etag


class _Channel(msgspec.Struct, rename="camel"):
    resource_id: str
    expiration: int


class GoogleCalendar:
    """A student's account: `Provider`, and notifications.

    `scopes` are those that the student granted. `own` has the refs of calendars that we made: they are read by sync
    tokens even if only the scopes of `oauth.GOOGLE_BUSY_SCOPES` are granted.
    """

    def __init__(self, rest: Rest, *, scopes: Collection[str], own: Collection[str] = ()) -> None:
        self._rest = rest
        self._reads_events = GOOGLE_EVENTS_SCOPE in scopes
        self._own = set(own)

    async def owner(self) -> Owner:
        """Return whose account it is: the id of the primary calendar is the address of the account."""
        data = google_api.succeeded(await self._rest.send("GET", "users/me/calendarList/primary"))
        address = google_api.converted(data, _Calendar).id
        return Owner(address.lower(), address)

    async def calendars(self) -> list[RemoteCalendar]:
        """Return ours and the calendars that the student doesn't hide, in Google's order; at most 100."""
        shown = (one for one in await self._listed() if not one.hidden or segment(one.id) in self._own)
        return listed(map(_remote, shown), self._own)

    async def make_calendar(self, name: str, *, slug: str) -> RemoteCalendar:
        """Create a calendar for our events, or return the one that `slug`, a word of its description, made before."""
        found = await self._listed()
        account = next((one.id for one in found if one.primary), "")
        for one in found:
            is_ours = one.access_role == "owner" and one.data_owner in ("", account) and not one.primary
            if is_ours and slug in one.description.split():
                self._own.add(segment(one.id))
                return _remote(one)
        # Never sent twice: a second try has to look for what the first one made.
        body = {"summary": name, "description": f"Study Teddy {slug}"}
        data = google_api.succeeded(await self._rest.send("POST", "calendars", body=body, retries=0), writes=True)
        made = google_api.converted(data, _Calendar)
        made.access_role = "owner"
        self._own.add(segment(made.id))
        return _remote(made)

    async def _listed(self) -> list[_Calendar]:
        """Return all calendars in the student's list, with those that are hidden."""
        found = dict[str, _Calendar]()
        query = {"maxResults": "250", "showHidden": "true"}
        async for page in google_api.pages(self._rest, "users/me/calendarList", query):
            for item in page.items:
                try:
                    one = msgspec.convert(item, _Calendar)
                except msgspec.ValidationError:
                    continue
                if not one.deleted:
                    found[one.id] = one
        return list(found.values())

    def needs_tags(self, token: str) -> bool:
        """Return whether instances of series have to be known, of which increments don't tell that they are gone."""
        return token.startswith(_EVENTS)

    async def changes(self, ref: str, token: str, known: Mapping[str, str], window: Window) -> AsyncIterator[Changes]:
        """Yield what changed in a calendar, as `Provider.changes` says; without its events, always a full round."""
        own = ref in self._own
        if not own and not self._reads_events:
            yield Changes(await google_busy.blocks(self._rest, ref, window), [], _BUSY, is_full=True, is_last=True)
            return
        synced = token.removeprefix(_EVENTS) if token.startswith(_EVENTS) else ""
        async for part in google_events.changes(self._rest, ref, synced, known, window, own=own):
            yield msgspec.structs.replace(part, token=f"{_EVENTS}{part.token}") if part.is_last else part

    async def get(self, ref: str) -> Resource:
        """Return an event; raise `Gone`, also for one that is cancelled: Google keeps those for a while."""
        item = await self._item(ref)
        try:
            return google_events.resource(ref.partition("/")[0], item)
        except (ValueError, OverflowError):
            raise Failing("invalid_response") from None

    async def _item(self, ref: str, *, cancelled: bool = False) -> Item:
        answer = await self._rest.send("GET", _path(ref), query={"maxAttendees": "1", "fields": FIELDS})
        item = google_api.converted(google_api.succeeded(answer), Item)
        if item.is_cancelled and not cancelled:
            raise Gone
        return item

    async def create(self, calendar: str, event: OwnEvent) -> Written:
        """Create an event in a calendar of ours, or bring the one that an earlier try made to this content.

        One that the student deleted is there again.
        """
        id = _id(event)
        body = {"id": id, **_content(event), "extendedProperties": {"private": {MARK: str(event.id)}}}
        answer = await self._rest.send("POST", f"calendars/{calendar}/events", query=_QUIETLY, body=body)
        ref = f"{calendar}/{id}"
        if answer.status == 409:
            item = await self._item(ref, cancelled=True)
            if not item.is_cancelled and _has(item, event):
                return Written(ref, item.etag)
            return await self._patch(ref, item.etag, event, status="confirmed")
        return Written(ref, google_api.converted(google_api.succeeded(answer, writes=True), _Written).etag)

    async def update(self, ref: str, etag: str, event: OwnEvent) -> Written:
        """Change the title and time of an event of ours that has this entity tag, and nothing else of it.

        Raise `Stale` if it has another one, unless it has this content already: an earlier answer was lost then. Raise
        `Gone`.
        """
        try:
            return await self._patch(ref, etag, event)
        except Stale:
            item = await self._item(ref)
            if not _has(item, event):
                raise
            return Written(ref, item.etag)

    async def _patch(self, ref: str, etag: str, event: OwnEvent, **more: str) -> Written:
        body = {**_content(event), **more}
        for name in ("start", "end"):
            body[name]["date"] = None  # the student may have made it all day
        headers = {"if-match": etag} if etag else {}
        answer = await self._rest.send("PATCH", _path(ref), query=_QUIETLY, headers=headers, body=body)
        return Written(ref, google_api.converted(google_api.succeeded(answer, writes=True), _Written).etag)

    async def delete(self, ref: str, etag: str) -> None:
        """Delete an event that has this entity tag, or any if it is ""; do nothing if it's gone; raise `Stale`."""
        headers = {"if-match": etag} if etag else {}
        answer = await self._rest.send("DELETE", _path(ref), query=_QUIETLY, headers=headers)
        try:
            google_api.succeeded(answer)
        except Gone:
            pass
        except Stale:
            try:
                await self._item(ref)
            except Gone:
                return
            raise

    async def watch(self, ref: str, channel_id: str, secret: str, url: str) -> Channel | None:
        """Ask for notifications to an https URL of ours; None if Google has none for this calendar: ask it regularly.

        `channel_id` is new for each subscription; each notification has `secret`, of at most 256 characters. Nothing
        renews a subscription: begin another one before it expires.
        """
        if ref not in self._own and not self._reads_events:
            return None
        body = {"id": channel_id, "type": "web_hook", "address": url, "token": secret}
        answer = await self._rest.send("POST", f"calendars/{ref}/events/watch", body=body, retries=0)
        if answer.status == 400 and "pushNotSupportedForRequestedResource" in google_api.reasons(answer):
            return None
        data = google_api.succeeded(answer)
        try:
            found = msgspec.convert(data, _Channel, strict=False)  # the expiration is a number as a text
            return Channel(found.resource_id, datetime.fromtimestamp(found.expiration / 1000, UTC))
        except (msgspec.ValidationError, ValueError, OverflowError, OSError):
            raise Failing("invalid_response") from None

    async def stop(self, channel_id: str, resource: str) -> None:
        """End a subscription; do nothing if it has ended."""
        answer = await self._rest.send("POST", "channels/stop", body={"id": channel_id, "resourceId": resource})
        if answer.status != 404:
            google_api.succeeded(answer)


def _remote(calendar: _Calendar) -> RemoteCalendar:
    name = " ".join((calendar.summary_override or calendar.summary).split())[:MAX_NAME]
    color = calendar.background_color.lower()
    return RemoteCalendar(
        segment(calendar.id),
        name or "Calendar",
        calendar.access_role in _WRITERS,
        color if re.fullmatch(r"#[0-9a-f]{6}", color) else "",
    )


def _path(ref: str) -> str:
    calendar, _, event = ref.partition("/")
    return f"calendars/{calendar}/events/{event}"


def _id(event: OwnEvent) -> str:
    """Return the id of an event of ours with Google: base32hex in lower case (RFC 4648, section 7)."""
    return base64.b32hexencode(event.id.bytes).decode().rstrip("=").lower()


def _content(event: OwnEvent) -> dict[str, Any]:
    return {"summary": event.title, "start": _when(event.starts_at), "end": _when(event.ends_at)}


def _when(at: datetime) -> dict[str, Any]:
    return {"dateTime": google_events.timestamp(at)}


def _has(item: Item, event: OwnEvent) -> bool:
    """Return whether an event has the content of ours; Google keeps whole seconds."""
    try:
        start, end = (google_events.timestamp(at) if isinstance(at, datetime) else "" for at in item.times())
    except (ValueError, OverflowError):
        return False
    ours = _content(event)
    return item.summary == event.title and start == ours["start"]["dateTime"] and end == ours["end"]["dateTime"]
