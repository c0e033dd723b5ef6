"""When a student is busy in a calendar of Google whose events we may not read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import unquote

import msgspec

from studyteddy.features.calendar.formats import vevents
from studyteddy.features.calendar.formats.vevents import RemoteEvent
from studyteddy.features.calendar.providers import google_api
from studyteddy.features.calendar.providers.google_events import Instant, timestamp
from studyteddy.features.calendar.providers.provider import Failing, Gone, Resource, Window
from studyteddy.features.calendar.providers.rest import Rest

PIECE: Final = timedelta(days=30)
"""How much is asked for at once: Google refuses more than about three months."""
MAX_BLOCKS: Final = 10_000
TITLE: Final = "Busy"


class _Period(msgspec.Struct):
    start: Instant
    end: Instant


class _Error(msgspec.Struct):
    reason: str = ""


class _Calendar(msgspec.Struct):
    busy: list[_Period] = []
    errors: list[_Error] = []


class _Answer(msgspec.Struct):
    calendars: dict[str, _Calendar]


async def blocks(rest: Rest, calendar: str, window: Window) -> list[Resource]:
    """Return the times in the window at which the student is busy: none touch, and each is named by its start."""
    periods = list[tuple[datetime, datetime]]()
    since = window.since
    while since < window.until:
        until = min(since + PIECE, window.until)
        periods += await _periods(rest, unquote(calendar), since, until)
        if len(periods) > MAX_BLOCKS:
            raise Failing("too_large")
        since = until
    clipped = ((max(start, window.since), min(end, window.until)) for start, end in periods)
    return [_resource(calendar, start, end) for start, end in _merged(sorted(clipped))]


async def _periods(rest: Rest, calendar: str, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    body = {"timeMin": timestamp(since), "timeMax": timestamp(until), "items": [{"id": calendar}]}
    data = google_api.succeeded(await rest.send("POST", "freeBusy", body=body))
    found = google_api.converted(data, _Answer).calendars.get(calendar)
    if found is None:
        raise Failing("invalid_response")
    if found.errors:  # the status is 200
        raise Gone if found.errors[0].reason == "notFound" else Failing("unavailable")
    return [(one.start, one.end) for one in found.busy]


def _merged(periods: list[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Yield periods that are sorted by their start without overlaps, and without empty ones."""
    begin, last = None, None
    for start, end in periods:
        if start >= end:
            continue
        if begin is not None and last is not None and start <= last:
            last = max(last, end)
            continue
        if begin is not None and last is not None:
            yield begin, last
        begin, last = start, end
    if begin is not None and last is not None:
        yield begin, last


def _resource(calendar: str, start: datetime, end: datetime) -> Resource:
    name = f"busy-{start.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    body = vevents.written(RemoteEvent(f"{name}@{calendar}", TITLE, start, end, is_busy=True))
    return Resource(f"{calendar}/{name}", f'"{end.astimezone(UTC):%Y%m%dT%H%M%SZ}"', body)
