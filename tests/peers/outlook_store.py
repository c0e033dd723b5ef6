"""What the emulated Outlook holds: calendars, events, series with their occurrences, and when each of them changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)


@dataclass
class Stored:
    """An event; `values` are the other properties of the vendor's model."""

    id: str
    calendar: str
    start: datetime
    end: datetime
    type: str = "singleInstance"
    master: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    mark: str = ""
    """Our extended property."""
    changed: int = 0

    @property
    def etag(self) -> str:
        return f'W/"key+{self.changed}=="'

    def is_in(self, since: datetime, until: datetime) -> bool:
        return self.start < until and self.end > since


@dataclass
class Calendar:
    """A calendar; a shared one isn't in the student's mailbox."""

    id: str
    name: str
    can_edit: bool = True
    hex_color: str = ""
    mark: str = ""
    is_shared: bool = False


class Store:
    """A mailbox. What a student does in Outlook are methods; each makes a new version."""

    def __init__(self) -> None:
        self.version = 1
        self.calendars: dict[str, Calendar] = {}
        self.events: dict[str, Stored] = {}
        self.deleted: dict[str, tuple[str, int]] = {}
        """Calendars and versions of deletions by the id of an event."""
        self._ids = 0

    def new_id(self) -> str:
        self._ids += 1
        return f"AAkALg-{self._ids:04d}_aB="

    def add_calendar(self, name: str, **values: Any) -> str:
        key = self.new_id()
        self.calendars[key] = Calendar(key, name, **values)
        return key

    def add(self, calendar: str, start: datetime, *, length: timedelta = HOUR, mark: str = "", **values: Any) -> str:
        key = self.new_id()
        self.events[key] = Stored(key, calendar, start, start + length, values=values, mark=mark)
        self._touch(key)
        return key

    def add_series(self, calendar: str, starts: Sequence[datetime], length: timedelta = HOUR, **values: Any) -> str:
        master = self.add(calendar, starts[0], length=length, **values)
        self.events[master].type = "seriesMaster"
        self.reschedule(master, starts, length)
        return master

    def reschedule(self, master: str, starts: Sequence[datetime], length: timedelta = HOUR) -> None:
        """Give a series other times; the ids of occurrences come from their days."""
        for one in self.occurrences(master):
            del self.events[one.id]
        series = self.events[master]
        series.start, series.end = starts[0], starts[0] + length
        for start in starts:
            key = f"{master[:-1]}-{start:%Y%m%d}="
            self.events[key] = Stored(key, series.calendar, start, start + length, "occurrence", master)
        self._touch(master)

    def edit(self, key: str, *, start: datetime | None = None, **values: Any) -> None:
        event = self.events[key]
        if start is not None:
            event.start, event.end = start, start + (event.end - event.start)
        if event.master:
            event.type = "exception"
            event.values = self.events[event.master].values | event.values
        event.values = event.values | values
        self._touch(key)

    def remove(self, key: str) -> None:
        """Delete an event, or an occurrence, which leaves no trace but a changed series."""
        event = self.events.pop(key)
        if event.master:
            self._touch(event.master)
            return
        self.version += 1
        self.deleted[key] = (event.calendar, self.version)
        for one in self.occurrences(key):
            del self.events[one.id]

    def occurrences(self, master: str) -> list[Stored]:
        return [one for one in self.events.values() if one.master == master]

    def _touch(self, key: str) -> None:
        self.version += 1
        event = self.events[key]
        event.changed = self.version
        if event.master:
            self.events[event.master].changed = self.version

    def rows(self, calendar: str, since: datetime, until: datetime, version: int) -> Iterator[tuple[str, str]]:
        """Yield what changed after a version: ids, and how each is told: `event`, `stub` or `removed`."""
        for one in list(self.events.values()):
            if one.calendar != calendar or one.master or one.changed <= version:
                continue
            family = [member for member in self.occurrences(one.id) if member.is_in(since, until)]
            if one.is_in(since, until) if one.type == "singleInstance" else family:
                yield one.id, "event"
                yield from ((member.id, "stub" if member.type == "occurrence" else "event") for member in family)
            elif version:
                yield one.id, "removed"
        if version:
            yield from (
                (key, "removed") for key, (where, at) in self.deleted.items() if where == calendar and at > version
            )


def local_time(at: datetime, zone: str) -> dict[str, str]:
    """Return a time as Outlook writes it: with seven decimals."""
    zones = {"UTC": UTC, "W. Europe Standard Time": ZoneInfo("Europe/Berlin"), "tzone://Microsoft/Custom": UTC}
    local = at.astimezone(zones.get(zone) or ZoneInfo(zone))
    return {"dateTime": f"{local:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": zone}


def instant(text: dict[str, str]) -> datetime:
    """Return a time that a client wrote."""
    local = datetime.fromisoformat(text["dateTime"][:19])
    return local.replace(tzinfo=ZoneInfo(text["timeZone"])).astimezone(UTC)
