"""The calendars of one Google account, as our emulator keeps them: events, series, and what changed when."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

Event = dict[str, Any]
HORIZON = (datetime(2026, 1, 1), datetime(2028, 1, 1))
"""Between these local times series are expanded."""


@dataclass
class Calendar:
    """A calendar. Each change of it has a version; documents are events, series, and exceptions of series."""

    id: str
    summary: str
    role: str = "owner"
    description: str = ""
    color: str = "#0088aa"
    zone: str = "Europe/Berlin"
    primary: bool = False
    hidden: bool = False
    app_created: bool = False
    watchable: bool = True
    deleted: bool = False
    by_offset: bool = False
    """Series are expanded by the offset of their first instance: wrong."""
    version: int = 0
    listed: int = 0
    """The version of the whole account at which this entry of the list changed."""
    forgotten: int = -1
    """Sync tokens of this version and earlier ones have expired."""
    documents: dict[str, Event] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    vanished: dict[str, tuple[int, Event]] = field(default_factory=dict)
    """Instances that their series doesn't have any more: the version, and the tombstone."""

    def put(self, document: Event) -> Event:
        """Store a document, and return it as it is then."""
        id = document["id"]
        before = {one["id"]: one for one in self.instances(self.documents.get(id, {}))}
        self.version += 1
        document = {
            "kind": "calendar#event",
            "iCalUID": f"{id}@google.com",
            "status": "confirmed",
            "created": "2026-11-01T00:00:00.000Z",
            "creator": {"email": "alice@example.com", "self": True},
            "organizer": {"email": self.id, "self": True},
            "reminders": {"useDefault": True},
            "sequence": 0,
            **document,
            "htmlLink": f"https://calendar.example/event?eid={id}",
            "etag": f'"{self.version}000"',
            "updated": f"{datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=self.version):%Y-%m-%dT%H:%M:%S.000Z}",
        }
        self.documents[id], self.versions[id] = document, self.version
        after = {one["id"] for one in self.instances(document)}
        for instance in before.values():
            if instance["id"] not in after:
                self.vanished[instance["id"]] = self.version, tombstone(instance)
                self.documents.pop(instance["id"], None)
                self.versions.pop(instance["id"], None)
        for one in after:
            self.vanished.pop(one, None)
        return document

    def find(self, id: str) -> Event | None:
        """Return a document, or an instance that has none."""
        if id in self.documents:
            return self.documents[id]
        series = self.documents.get(id.rpartition("_")[0], {})
        return next((one for one in self.instances(series) if one["id"] == id), None)

    def all(self, *, single: bool) -> Iterator[Event]:
        """Yield what there is now: instances instead of series, or series and exceptions."""
        for document in list(self.documents.values()):
            cancelled = document["status"] == "cancelled"
            if "recurringEventId" in document:
                series = self.documents[document["recurringEventId"]]
                if series["status"] != "cancelled" and not (single and cancelled):
                    yield tombstone(document) if cancelled else document
            elif "recurrence" in document and single:
                yield from (one for one in self.instances(document) if one["id"] not in self.documents)
            elif not cancelled:
                yield document

    def changed(self, since: int, *, single: bool) -> Iterator[Event]:
        """Yield what changed after a version, with tombstones."""
        for id, version in list(self.versions.items()):
            document = self.documents[id]
            if version <= since:
                continue
            if "recurrence" in document and single:
                yield from (one for one in self.instances(document) if one["id"] not in self.documents)
            else:
                yield tombstone(document) if document["status"] == "cancelled" else document
        if single:
            yield from (dead for version, dead in list(self.vanished.values()) if version > since)

    def instances(self, series: Event) -> list[Event]:
        """Return the instances of a series without its exceptions, in its named time zone; none of anything else."""
        if "recurrence" not in series or series.get("status") == "cancelled":
            return []
        begin, length = moment(series["start"], self.zone), None
        length = moment(series["end"], self.zone) - begin
        all_day = "date" in series["start"]
        zone = ZoneInfo(series["start"].get("timeZone", self.zone))
        local = begin.astimezone(zone).replace(tzinfo=None)
        rule = rrulestr(re.sub(r"(UNTIL=[0-9T]+)Z", r"\1", "\n".join(series["recurrence"])), dtstart=local)
        found = list[Event]()
        for one in rule.between(*HORIZON, inc=True):
            at = begin + (one - local) if self.by_offset else one.replace(tzinfo=zone).astimezone(UTC)
            found.append(_instance(series, one.date() if all_day else at, length))
        return found


def _instance(series: Event, at: datetime | date, length: timedelta) -> Event:
    own = {name: value for name, value in copy.deepcopy(series).items() if name != "recurrence"}
    day = not isinstance(at, datetime)
    name = f"{at:%Y%m%d}" if day else f"{at:%Y%m%dT%H%M%SZ}"
    start = when(at, series["start"].get("timeZone"))
    end = when(at + length, series["end"].get("timeZone"))
    more = {"recurringEventId": series["id"], "originalStartTime": start}
    return {**own, "id": f"{series['id']}_{name}", "start": start, "end": end, **more}


def when(at: datetime | date, zone: str | None = None) -> dict[str, str]:
    if not isinstance(at, datetime):
        return {"date": at.isoformat()}
    local = at.astimezone(ZoneInfo(zone)) if zone else at.astimezone(UTC)
    return {"dateTime": local.isoformat().replace("+00:00", "Z"), **({"timeZone": zone} if zone else {})}


def tombstone(document: Event) -> Event:
    """Return what is left of a cancelled event: of others than instances, only the id is sure to be there."""
    names = ("kind", "etag", "id", "recurringEventId", "originalStartTime")
    return {**{name: document[name] for name in names if name in document}, "status": "cancelled"}


def moment(at: dict[str, str], zone: str) -> datetime:
    """Return the instant of a start or an end; a day begins in the zone of the calendar."""
    if "dateTime" in at:
        found = datetime.fromisoformat(at["dateTime"])
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(at.get("timeZone", zone)))
    return datetime.combine(date.fromisoformat(at["date"]), time(), ZoneInfo(zone))


def merged(document: Event, patch: Event) -> Event:
    """Return a document with a patch: objects are merged, None removes."""
    result = dict(document)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merged(result[name], value)
        else:
            result[name] = _without_nulls(value)
    return result


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return value
