"""A student's account on a CalDAV server, as the synchronization uses every provider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import msgspec

from studyteddy.features.calendar.formats.ics import CalendarEvent, written
from studyteddy.features.calendar.formats.ics_edit import moved
from studyteddy.features.calendar.providers import caldav_sync
from studyteddy.features.calendar.providers.caldav import CalDav
from studyteddy.features.calendar.providers.provider import (
    Account,
    Changes,
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
from studyteddy.platform.egress import Allowed

_REFRESH: Final = timedelta(hours=1)


class CalDavCredential(msgspec.Struct, frozen=True):
    """How to sign in, and where the calendars were found."""

    url: str
    username: str
    password: str
    account: Account | None = None

    def __repr__(self) -> str:
        return "CalDavCredential(...)"


class CalDavAccount:
    """Implements `Provider`. The calendars are found with the first request, unless the credential says where.

    `own` has the refs of calendars that we made.
    """

    def __init__(
        self, credential: CalDavCredential, allow: Allowed, *, clock: Callable[[], datetime], own: Collection[str] = ()
    ) -> None:
        self._credential = credential
        self._own = set(own)
        self._dav = CalDav(credential.url, credential.username, credential.password, allow)
        self._clock = clock

    async def found(self) -> CalDavCredential:
        """Return the credential with where the calendars are."""
        return msgspec.structs.replace(self._credential, account=await self._account())

    async def owner(self) -> Owner:
        account, username = await self._account(), self._credential.username
        host = urlsplit(account.home).hostname or ""
        address = username if "@" in username else f"{username} ({host})"
        return Owner((account.principal or account.home)[:500], address[:320])

    async def calendars(self) -> list[RemoteCalendar]:
        return listed(await self._dav.calendars(await self._account()), self._own)

    async def make_calendar(self, name: str, *, slug: str) -> RemoteCalendar:
        made = await self._dav.make_calendar(await self._account(), name, slug=slug)
        self._own.add(made.ref)
        return made

    def needs_tags(self, token: str) -> bool:
        return caldav_sync.needs_tags(token)

    def changes(self, ref: str, token: str, known: Mapping[str, str], window: Window) -> AsyncIterator[Changes]:
        return self._dav.changes(ref, token, known or None)

    async def get(self, ref: str) -> Resource:
        return await self._dav.get(ref)

    async def create(self, calendar: str, event: OwnEvent) -> Written:
        ref = self._dav.resource_ref(calendar, f"focus-{event.id}.ics")
        try:
            return Written(ref, await self._dav.put(ref, _body(event, self._clock())))
        except Stale:
            pass
        try:
            return await self.update(ref, (await self._dav.get(ref)).etag, event)
        except Gone:  # another resource has the UID
            raise Failing("rejected") from None

    async def update(self, ref: str, etag: str, event: OwnEvent) -> Written:
        current = await self._dav.get(ref)
        if current.etag != etag:
            raise Stale
        try:
            body = moved(
                current.body, title=event.title, starts_at=event.starts_at, ends_at=event.ends_at, now=self._clock()
            )
        except ValueError:
            body = _body(event, self._clock())
        return Written(ref, await self._dav.put(ref, body, etag))

    async def delete(self, ref: str, etag: str) -> None:
        await self._dav.delete(ref, etag)

    async def _account(self) -> Account:
        if self._credential.account is None:
            self._credential = msgspec.structs.replace(self._credential, account=await self._dav.discover())
        assert self._credential.account is not None
        return self._credential.account


def _body(event: OwnEvent, now: datetime) -> bytes:
    shown = CalendarEvent(
        uid=f"focus-{event.id}@studyteddy",
        title=event.title,
        start=event.starts_at,
        minutes=round((event.ends_at - event.starts_at).total_seconds() / 60),
        busy=True,
        changed_at=now.astimezone(UTC),
    )
    return written("Study Teddy", [shown], refresh=_REFRESH).replace("METHOD:PUBLISH\r\n", "").encode()
