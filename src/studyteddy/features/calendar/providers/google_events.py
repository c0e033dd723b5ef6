"""Events of Google Calendar as resources, and what changed in a calendar, by sync tokens.

Google expands series into instances with ids of their own (docs/adr/0029). Sources: the discovery document, and
https://developers.google.com/workspace/calendar/api/guides/sync.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from studyteddy.features.calendar.formats import vevents
from studyteddy.features.calendar.formats.vevents import RemoteEvent
from studyteddy.features.calendar.providers import google_api
from studyteddy.features.calendar.providers.google_api import Etag, Id
from studyteddy.features.calendar.providers.provider import Changes, Failing, Resource, Window
from studyteddy.features.calendar.providers.rest import Rest

MARK: Final = "studyTeddy"
"""The private property of events that we wrote; its value is the event's id with us."""
FIELDS: Final = (
    "id,etag,status,summary,start,end,transparency,eventType,recurrence,recurringEventId,"
    "attendees(self,responseStatus),extendedProperties/private"
)
"""What is asked for of an event: nobody's address, and no description."""
_QUERY: Final = {
    "singleEvents": "true",
    "maxResults": "250",
    "maxAttendees": "1",  # only the student, if there are more
    "fields": f"nextPageToken,nextSyncToken,items({FIELDS})",
}
"""The parameters of both full rounds and increments: a sync token belongs to them."""
_FREE_TYPES: Final = frozenset({"workingLocation", "birthday"})
_DAY: Final = timedelta(days=1)
MAX_TITLE: Final = 1000

Instant = Annotated[datetime, Meta(tz=True)]


class When(msgspec.Struct, rename="camel"):
    """An instant, or a day."""

    day: date | None = msgspec.field(default=None, name="date")
    date_time: Instant | None = None

    def value(self) -> datetime | date:
        """Return the instant in UTC, or the day; raise `ValueError` or `OverflowError`."""
        if self.date_time is not None:
            return self.date_time.astimezone(UTC)
        if self.day is None:
            raise ValueError("neither an instant nor a day")
        return self.day


class Attendee(msgspec.Struct, rename="camel"):
    self: bool = False
    response_status: str = ""


class Properties(msgspec.Struct):
    private: dict[str, str] = {}


class Item(msgspec.Struct, rename="camel"):
    """An event, or an instance of a series. Of a cancelled one only the id is sure to be there."""

    id: Id
    etag: Etag = ""
    status: str = ""
    summary: str = ""
    start: When | None = None
    end: When | None = None
    transparency: str = ""
    event_type: str = ""
    recurrence: list[str] = []
    recurring_event_id: str = ""
    attendees: list[Attendee] = []
    extended_properties: Properties = msgspec.field(default_factory=Properties)

    @property
    def is_cancelled(self) -> bool:
        return self.status == "cancelled"

    @property
    def uid(self) -> str:
        """Return what the event is known by: those that we wrote as in other calendars of ours."""
        ours = self.extended_properties.private.get(MARK)
        return f"focus-{ours}@studyteddy" if ours else self.id

    @property
    def is_busy(self) -> bool:
        declined = any(one.self and one.response_status == "declined" for one in self.attendees)
        return self.transparency != "transparent" and self.event_type not in _FREE_TYPES and not declined

    def times(self) -> tuple[datetime | date, datetime | date]:
        """Return the start and the end, which isn't included; raise `ValueError` or `OverflowError`."""
        if self.start is None:
            raise ValueError("no start")
        start = self.start.value()
        return start, self.end.value() if self.end is not None else start


def resource(calendar: str, item: Item) -> Resource:
    """Return an event as a resource; raise `ValueError` or `OverflowError` if it has no times that can be read."""
    start, end = item.times()
    body = vevents.written(RemoteEvent(item.uid, item.summary[:MAX_TITLE], start, end, is_busy=item.is_busy))
    return Resource(f"{calendar}/{google_api.segment(item.id)}", item.etag, body)


async def changes(
    rest: Rest, calendar: str, token: str, known: Mapping[str, str], window: Window, *, own: bool
) -> AsyncIterator[Changes]:
    """Yield what changed since a sync token of Google, or everything in the window, as `Provider.changes` says.

    In other calendars than our `own` one, copies of our events are left out: they are in the plan already.
    """
    round_ = _Round(calendar, known, window, own=own)
    if token:
        try:
            async for part in round_.parts(rest, {**_QUERY, "syncToken": token}, is_full=False):
                yield part
            return
        except google_api.DeadToken:
            pass
    bounds = {"timeMin": timestamp(window.since), "timeMax": timestamp(window.until)}
    async for part in round_.parts(rest, {**_QUERY, **bounds}, is_full=True):
        yield part


class _Round:
    """A reading of a calendar."""

    def __init__(self, calendar: str, known: Mapping[str, str], window: Window, *, own: bool) -> None:
        self._calendar = calendar
        self._known = known
        self._window = window
        self._own = own
        self._instances = defaultdict[str, list[str]](list)
        """Known refs by that of their series: with it the ids of instances begin."""
        for ref in known:
            self._instances[ref.rpartition("_")[0]].append(ref)
        self._singles = set[str]()
        """Refs of events that came, rather than instances of them."""
        self._series = dict[str, None]()
        """Refs of the series of instances that came."""

    async def parts(self, rest: Rest, query: Mapping[str, str], *, is_full: bool) -> AsyncIterator[Changes]:
        async for page in google_api.pages(rest, f"calendars/{self._calendar}/events", query):
            is_last = not page.next_page_token
            if is_last and not page.next_sync_token:  # an answer without content isn't an empty calendar
                raise Failing("invalid_response")
            changed, removed = self._sorted(page.items)
            if is_last:  # events that are repeated since
                removed += [ref for ref in self._series if ref in self._known and ref not in self._singles]
            token = page.next_sync_token if is_last else ""
            yield Changes(changed, removed, token, is_full, is_last)

    def _sorted(self, items: list[Any]) -> tuple[list[Resource], list[str]]:
        """Return the events, and the refs of what isn't there, or isn't in the window.

        What can't be read is in neither. Google sends all instances of a series that changed, whenever they are.
        """
        changed, removed = dict[str, Resource](), dict[str, None]()
        for one in items:
            try:
                item = msgspec.convert(one, Item)
                ref = self._ref(item.id)
                found = None if item.is_cancelled or not self._counts(item) else resource(self._calendar, item)
            except (msgspec.ValidationError, ValueError, OverflowError):
                continue
            if item.recurring_event_id:
                self._series[self._ref(item.recurring_event_id)] = None
            elif not item.recurrence:  # not repeated, or not any more
                self._singles.add(ref)
                removed |= dict.fromkeys(self._instances.get(ref, ()))
            changed.pop(ref, None)
            removed[ref] = None
            if found is not None:
                changed[ref] = found
        return list(changed.values()), [ref for ref in removed if ref not in changed]

    def _ref(self, id: str) -> str:
        return f"{self._calendar}/{google_api.segment(id)}"

    def _counts(self, item: Item) -> bool:
        """Return whether an event is in the window, no series, and no copy of ours."""
        if item.recurrence or (not self._own and MARK in item.extended_properties.private):
            return False
        start, end = item.times()
        return _instant(end) + _slack(end) > self._window.since and _instant(start) - _slack(start) < self._window.until


def timestamp(at: datetime) -> str:
    """Return an instant as Google wants it (RFC 3339)."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _instant(at: datetime | date) -> datetime:
    return at if isinstance(at, datetime) else datetime.combine(at, time(), UTC)


def _slack(at: datetime | date) -> timedelta:
    """Return how far a day may be from UTC."""
    return timedelta() if isinstance(at, datetime) else _DAY
