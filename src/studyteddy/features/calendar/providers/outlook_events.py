"""Events of Microsoft Graph as iCalendar objects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec import field

from studyteddy.features.calendar.formats import feed_zones
from studyteddy.features.calendar.formats.feeds import MAX_DESCRIPTION, MAX_LOCATION, MAX_TITLE
from studyteddy.features.calendar.formats.vevents import RemoteEvent, written
from studyteddy.features.calendar.providers import outlook_api
from studyteddy.features.calendar.providers.provider import OwnEvent, Resource

MINE: Final = "String {8d2f6c1e-5a53-4f0b-9a43-0d5b7e6d1c42} Name StudyTeddy"
"""An extended property of the calendars and events that we make: the slug, or the id. Nobody else sees it."""
_FREE: Final = frozenset({"free", "workingElsewhere"})
_NOON: Final = timedelta(hours=12)


class _Time(msgspec.Struct, rename="camel"):
    """A `dateTimeTimeZone`: local, with up to seven decimals, and the name of a zone, of IANA or of Windows."""

    date_time: str
    time_zone: str | None = None


class _Response(msgspec.Struct):
    response: str | None = None


class _Location(msgspec.Struct, rename="camel"):
    display_name: str | None = None


class _Property(msgspec.Struct):
    id: str
    value: str | None = None


class GraphEvent(msgspec.Struct, rename="camel"):
    """An `event`, as far as it is read."""

    id: str
    start: _Time
    end: _Time
    etag: str | None = field(default=None, name="@odata.etag")
    series_master_id: str | None = None
    subject: str | None = None
    body_preview: str | None = None
    is_all_day: bool | None = None
    is_cancelled: bool | None = None
    show_as: str | None = None
    response_status: _Response | None = None
    location: _Location | None = None
    single_value_extended_properties: list[_Property] | None = None

    @property
    def uid(self) -> str:
        """Return what the event is known by: one that we wrote, if our property was asked for, as elsewhere."""
        properties = self.single_value_extended_properties or []
        ours = next((one.value for one in properties if one.id.lower() == MINE.lower()), None)
        return f"focus-{ours}@studyteddy" if ours else self.id

    def is_like(self, event: OwnEvent) -> bool:
        """Return whether title and time are those of an event of ours."""
        try:
            times = (_moment(self.start), _moment(self.end))
        except ValueError:
            return False
        return self.subject == event.title and times == (event.starts_at, event.ends_at) and not self.is_all_day


def resource(calendar: str, data: Mapping[str, Any]) -> Resource | None:
    """Return an event in a calendar, or None if it can't be read."""
    try:
        event = msgspec.convert(data, GraphEvent)
        start, end = _moment(event.start), _moment(event.end)
    except (msgspec.ValidationError, ValueError):
        return None
    declined = event.response_status is not None and event.response_status.response == "declined"
    body = RemoteEvent(
        uid=event.uid,
        title=(event.subject or "")[:MAX_TITLE],
        start=_day(start) if event.is_all_day else start,
        end=max(_day(end), _day(start) + timedelta(days=1)) if event.is_all_day else end,
        is_busy=event.show_as not in _FREE and not declined,
        is_cancelled=bool(event.is_cancelled),
        description=(event.body_preview or "")[:MAX_DESCRIPTION],
        location=(event.location.display_name or "" if event.location else "")[:MAX_LOCATION],
    )
    return Resource(f"{calendar}/{outlook_api.segment(event.id)}", _etag(event), written(body))


def series_tag(master: str) -> str:
    """Return how the entity tags begin of all events that belong to a series."""
    return f'"{sha256(master.encode()).hexdigest()[:16]}:'


def _etag(event: GraphEvent) -> str:
    """Return an entity tag; that of an event in a series names the series, so that `known` tells what belongs to it."""
    tag = outlook_api.etag(event.etag)
    return f'{series_tag(event.series_master_id)}{tag.removeprefix("W/")[1:-1]}"' if event.series_master_id else tag


def _moment(time: _Time) -> datetime:
    """Return a time in UTC, or without a zone if its zone is unknown; raise `ValueError`."""
    zone = feed_zones.known(time.time_zone or "UTC")
    local = datetime.fromisoformat(time.date_time[:19]).replace(tzinfo=None)
    if not 1 < local.year < 9999:
        raise ValueError("the year is out of range")
    return local if zone is None else local.replace(tzinfo=zone).astimezone(UTC)


def _day(moment: datetime) -> date:
    """Return the day of a midnight, also if that was converted to UTC from a zone at most twelve hours away."""
    return (moment.replace(tzinfo=None) + _NOON).date()
