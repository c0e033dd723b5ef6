"""A calendar provider in memory, with the faults of real ones: for histories of changes on both sides."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from studyteddy.features.calendar.formats.ics_edit import moved
from studyteddy.features.calendar.providers.caldav_account import CalDavCredential
from studyteddy.features.calendar.providers.provider import (
    Account,
    Changes,
    Gone,
    Owner,
    OwnEvent,
    RemoteCalendar,
    Resource,
    Stale,
    Window,
    Written,
)

HOLIDAYS = "holidays"


@dataclass
class Stored:
    """An event of a calendar."""

    etag: str
    body: bytes


@dataclass
class MemoryCalendar:
    """A calendar with the log of its changes."""

    name: str
    writable: bool = True
    color: str = ""
    events: dict[str, Stored] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def put(self, ref: str, body: bytes) -> str:
        """Add or replace an event, as a person would, and return its entity tag."""
        self.events[ref] = Stored(f'"{uuid4().hex}"', body)
        self.log.append(ref)
        return self.events[ref].etag

    def remove(self, ref: str) -> None:
        del self.events[ref]
        self.log.append(ref)


@dataclass
class MemoryProvider:
    """Implements `Provider`. `fault` is called before and after each request, and may raise."""

    calendars_by_ref: dict[str, MemoryCalendar] = field(default_factory=dict)
    fault: Callable[[str], None] = lambda _: None
    forgets_tokens: bool = False
    page: int = 2
    requests: list[str] = field(default_factory=list)
    address: str = "ada@example.org"

    def _asked(self, what: str) -> None:
        self.requests.append(what)
        self.fault(f"before {what}")

    def _answered(self, what: str) -> None:
        self.fault(f"after {what}")

    def calendar(self, ref: str) -> MemoryCalendar:
        if ref not in self.calendars_by_ref:
            raise Gone
        return self.calendars_by_ref[ref]

    def ours(self) -> MemoryCalendar:
        """Return the calendar of ours."""
        return next(one for one in self.calendars_by_ref.values() if one.name == "Study Teddy")

    async def owner(self) -> Owner:
        return Owner(self.address, self.address)

    async def calendars(self) -> list[RemoteCalendar]:
        self._asked("list")
        found = [RemoteCalendar(ref, one.name, one.writable, one.color) for ref, one in self.calendars_by_ref.items()]
        self._answered("list")
        return found

    async def make_calendar(self, name: str, *, slug: str) -> RemoteCalendar:
        self._asked("make")
        self.calendars_by_ref.setdefault(slug, MemoryCalendar(name))
        self._answered("make")
        return RemoteCalendar(slug, name, writable=True)

    def needs_tags(self, token: str) -> bool:
        return False

    async def changes(self, ref: str, token: str, known: Mapping[str, str], window: Window) -> AsyncIterator[Changes]:
        self._asked("changes")
        calendar = self.calendar(ref)
        is_full = not token or self.forgets_tokens
        refs = sorted(calendar.events if is_full else set(calendar.log[int(token) :]))
        end = str(len(calendar.log))
        for begin in range(0, max(len(refs), 1), self.page):
            asked = refs[begin : begin + self.page]
            there = {one: calendar.events[one] for one in asked if one in calendar.events}
            found = [Resource(one, stored.etag, stored.body) for one, stored in there.items()]
            gone = [one for one in asked if one not in there]
            is_last = begin + self.page >= len(refs)
            self._answered("changes")
            yield Changes(found, gone, end if is_last else "", is_full, is_last)

    async def get(self, ref: str) -> Resource:
        self._asked("get")
        stored = self._stored(ref)
        return Resource(ref, stored.etag, stored.body)

    async def create(self, calendar: str, event: OwnEvent) -> Written:
        self._asked("create")
        ref = f"{calendar}/{event.id}"
        found = self.calendar(calendar)
        body = moved(found.events[ref].body if ref in found.events else shell(event.id), **times(event))
        etag = found.put(ref, body)
        self._answered("create")
        return Written(ref, etag)

    async def update(self, ref: str, etag: str, event: OwnEvent) -> Written:
        self._asked("update")
        stored = self._stored(ref)
        if stored.etag != etag:
            raise Stale
        new = self.calendar(ref.rpartition("/")[0]).put(ref, moved(stored.body, **times(event)))
        self._answered("update")
        return Written(ref, new)

    async def delete(self, ref: str, etag: str) -> None:
        self._asked("delete")
        calendar = self.calendars_by_ref.get(ref.rpartition("/")[0])
        if calendar is not None and ref in calendar.events:
            if etag and calendar.events[ref].etag != etag:
                raise Stale
            calendar.remove(ref)
        self._answered("delete")

    def _stored(self, ref: str) -> Stored:
        events = self.calendar(ref.rpartition("/")[0]).events
        if ref not in events:
            raise Gone
        return events[ref]


class Found(MemoryProvider):
    """A provider that is also what is connected to."""

    async def found(self) -> CalDavCredential:
        return CalDavCredential("https://cal.example", "ada", "secret", Account("", "https://cal.example/", ""))


def times(event: OwnEvent) -> dict[str, Any]:
    return {"title": event.title, "starts_at": event.starts_at, "ends_at": event.ends_at, "now": datetime.now(UTC)}


def shell(id: UUID) -> bytes:
    return wrapped(f"UID:focus-{id}@studyteddy")


def event(uid: str, title: str, begin: datetime, end: datetime, *more: str) -> bytes:
    """Return an event as other programs write it."""
    return wrapped(
        f"UID:{uid}", f"SUMMARY:{title}", f"DTSTART:{begin:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}", *more
    )


def wrapped(*lines: str) -> bytes:
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Other//EN", "BEGIN:VEVENT", *lines, "END:VEVENT"]
    return "\r\n".join([*text, "END:VCALENDAR", ""]).encode(errors="replace")
