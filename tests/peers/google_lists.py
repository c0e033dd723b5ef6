"""Lists of the emulator of Google Calendar: pages, sync tokens, windows, and free and busy times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.peers.google_store import Calendar, Event, moment
from tests.peers.google_wire import Refused

NOT_WITH_SYNC_TOKEN = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
MAX_RANGE = timedelta(days=93)
Query = Mapping[str, list[str]]


class Lists:
    """Answers of lists. A page may have fewer items than were asked for, or none: `page_size`, `empty_pages`."""

    def __init__(self, keeps: Callable[[str], bool]) -> None:
        self._keeps = keeps
        self.page_size = 2500
        self.empty_pages = False
        self.version = 0
        self._pages: dict[str, tuple[list[Any], str, str]] = {}
        """What follows after a page: items, the sync token at the end, and the one that was asked with."""

    def touch(self, calendar: Calendar) -> None:
        """Note that an entry of the list of calendars changed."""
        self.version += 1
        calendar.listed = self.version

    def calendars(self, calendars: list[Calendar], query: Query) -> Any:
        hidden = query.get("showHidden") == ["true"]
        since = query.get("syncToken", [""])[0]
        found = [one for one in calendars if (not one.deleted or since) and (hidden or not one.hidden)]
        if since:
            found = [one for one in found if one.listed > int(since.removeprefix("list-"))]
        entries = [self.entry(one) for one in found]
        return {"kind": "calendar#calendarList", **self._page(entries, query, f"list-{self.version}", default=100)}

    def entry(self, calendar: Calendar) -> Any:
        flags = {"primary": calendar.primary, "hidden": calendar.hidden, "deleted": calendar.deleted}
        described = {"description": calendar.description} if calendar.description else {}
        return {
            "kind": "calendar#calendarListEntry",
            "etag": '"1"',
            "id": calendar.id,
            "summary": calendar.summary,
            **described,
            "timeZone": calendar.zone,
            "backgroundColor": calendar.color,
            "foregroundColor": "#000000",
            "colorId": "1",
            "accessRole": calendar.role,
            "defaultReminders": [],
            **({} if calendar.primary else {"dataOwner": "alice@example.com"}),
            **{name: True for name, value in flags.items() if value},
        }

    def events(self, calendar: Calendar, query: Query) -> Any:
        single = query.get("singleEvents") == ["true"] and self._keeps("single_events")
        if query.get("orderBy") == ["startTime"] and not single:
            raise Refused(400, "badRequest")
        token = f"{calendar.id} {single} {calendar.version}"
        if "syncToken" in query:
            found = self._increment(calendar, query, single=single)
        else:
            found = self._full(calendar, query, single=single)
        head = {"kind": "calendar#events", "etag": '"p1"', "summary": calendar.summary, "timeZone": calendar.zone}
        more = {"updated": "2026-11-01T00:00:00.000Z", "accessRole": calendar.role, "defaultReminders": []}
        items = [self.seen(event, query) for event in found]
        page = self._page(items, query, "" if "orderBy" in query else token, default=250)
        return {**head, **more, **page}

    def _full(self, calendar: Calendar, query: Query, *, single: bool) -> list[Event]:
        found = list(calendar.all(single=single))
        if not self._keeps("no_tombstones_in_full_lists"):
            found += [one for one in calendar.changed(-1, single=single) if one["status"] == "cancelled"]
        since, until = (_bound(query, name) for name in ("timeMin", "timeMax"))
        return [one for one in found if self._is_within(calendar, one, since, until)]

    def _is_within(self, calendar: Calendar, event: Event, since: datetime | None, until: datetime | None) -> bool:
        if "start" not in event or "recurrence" in event:
            return True
        start, end = moment(event["start"], calendar.zone), moment(event["end"], calendar.zone)
        if not self._keeps("window"):
            return True
        return (since is None or end > since) and (until is None or start < until)

    def _increment(self, calendar: Calendar, query: Query, *, single: bool) -> list[Event]:
        if any(name in query for name in NOT_WITH_SYNC_TOKEN) and self._keeps("sync_token_alone"):
            raise Refused(400, "badRequest")
        if query.get("showDeleted") == ["false"]:
            raise Refused(400, "badRequest")
        match query["syncToken"][0].split(" "):
            case [id, asked, version] if id == calendar.id and version.isdecimal():
                since = int(version)
            case _:
                raise Refused(400, "invalid")
        if asked != str(single):
            raise Refused(400, "badRequest")  # undefined, says Google: not the parameters of the first time
        if since <= calendar.forgotten:
            if self._keeps("dead_token"):
                raise Refused(410, "fullSyncRequired")
            return []
        found = list(calendar.changed(since, single=single))
        if not self._keeps("deleted_in_increments"):
            found = [one for one in found if one["status"] != "cancelled"]
        return found

    def seen(self, event: Event, query: Query) -> Event:
        """Return an event with at most so many attendees as are asked for."""
        limit = int(query.get("maxAttendees", ["1000"])[0])
        attendees = event.get("attendees", [])
        if len(attendees) <= limit:
            return event
        kept = [one for one in attendees if one.get("self")] if self._keeps("max_attendees") else []
        return {**event, "attendees": kept, "attendeesOmitted": True}

    def _page(self, items: list[Any], query: Query, sync_token: str, *, default: int) -> dict[str, Any]:
        asked_with = query.get("syncToken", [""])[0]
        limit = min(int(query.get("maxResults", [str(default)])[0]), self.page_size)
        if "pageToken" in query:
            known = self._pages.get(query["pageToken"][0])
            if known is None or known[2] != asked_with:
                raise Refused(400, "invalid")
            items, sync_token, _ = known
        elif self.empty_pages:
            limit = 0
        rest = items[limit:]
        page = {"items": items[:limit]}
        if (rest or not limit) and self._keeps("pages"):
            token = f"page-{len(self._pages)}"
            self._pages[token] = rest, sync_token, asked_with
            return {**page, "nextPageToken": token}
        return {**page, **({"nextSyncToken": sync_token} if sync_token and self._keeps("sync_token") else {})}


def free_busy(calendars: Mapping[str, Calendar], asked: Any, keeps: Callable[[str], bool]) -> Any:
    since, until = datetime.fromisoformat(asked["timeMin"]), datetime.fromisoformat(asked["timeMax"])
    if until <= since:
        raise Refused(400, "timeRangeEmpty")
    if until - since > MAX_RANGE and keeps("range"):
        raise Refused(400, "timeRangeTooLong")
    found = dict[str, Any]()
    for item in asked["items"]:
        calendar = calendars.get(item["id"])
        if calendar is None or calendar.deleted:
            errors = [{"domain": "global", "reason": "notFound"}] if keeps("calendar_errors") else []
            found[item["id"]] = {"busy": [], **({"errors": errors} if errors else {})}
        else:
            found[item["id"]] = {"busy": _busy(calendar, since, until, keeps)}
    times = {"timeMin": asked["timeMin"], "timeMax": asked["timeMax"]}
    return {"kind": "calendar#freeBusy", **times, "calendars": found}


def _busy(calendar: Calendar, since: datetime, until: datetime, keeps: Callable[[str], bool]) -> list[dict[str, str]]:
    """Return the periods, clipped; those that overlap or touch are one."""
    merged = list[list[datetime]]()
    events = [one for one in calendar.all(single=True) if _blocks(one) or not keeps("opaque")]
    periods = sorted((moment(one["start"], calendar.zone), moment(one["end"], calendar.zone)) for one in events)
    for start, end in periods:
        start, end = max(start, since), min(end, until)
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return [{"start": _utc(start), "end": _utc(end)} for start, end in merged]


def _blocks(event: Event) -> bool:
    declined = any(one.get("self") and one.get("responseStatus") == "declined" for one in event.get("attendees", []))
    free = event.get("transparency") == "transparent" or event.get("eventType") == "workingLocation"
    return not declined and not free


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _bound(query: Query, name: str) -> datetime | None:
    return datetime.fromisoformat(query[name][0]) if name in query else None
